"""A picture cut into bands of lines, each of a bounded number of bytes."""

from __future__ import annotations

from collections.abc import Iterator

from facemo.machine import batches, processors

# Two bands a processor are under way, in two or three copies; larger ones are no faster.
_BAND_BYTES = 2 << 20


def bands(shape: tuple[int, int, int], multiple: int = 1) -> Iterator[slice]:
    """The bands of a picture of this (height, width, 3), of a multiple of lines but for the last.

    >>> list(bands((20, 100_000, 3), 16))
    [slice(0, 16, None), slice(16, 20, None)]
    """
    return batches(shape[0], _lines(shape, multiple))


def bytes_under_way(shape: tuple[int, int, int], multiple: int = 1) -> int:
    """What the bands of a picture take at a time: two a processor, in about three copies."""
    return 6 * processors() * max(_BAND_BYTES, 3 * shape[1] * _lines(shape, multiple))


def _lines(shape: tuple[int, int, int], multiple: int) -> int:
    return max(_BAND_BYTES // (3 * shape[1]) // multiple, 1) * multiple
