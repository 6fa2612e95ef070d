"""A picture cut into bands of lines, each of a bounded number of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from facemo.machine import processors

# Two bands a processor are under way, in two or three copies; larger ones are no faster.
_BAND_BYTES = 2 << 20


class Band(NamedTuple):
    """`length` lines from line `first` on."""

    first: int
    length: int

    @property
    def stop(self) -> int:
        """The line after its last."""
        return self.first + self.length

    @property
    def lines(self) -> slice:
        """The band as an index."""
        return slice(self.first, self.stop)


def bands(shape: tuple[int, int, int], multiple: int = 1) -> Iterator[Band]:
    """The bands of a picture of this (height, width, 3), of a multiple of lines but for the last.

    >>> list(bands((20, 100_000, 3), 16))
    [Band(first=0, length=16), Band(first=16, length=4)]
    """
    height = shape[0]
    count = _lines(shape, multiple)
    for first in range(0, height, count):
        yield Band(first, min(count, height - first))


def bytes_under_way(shape: tuple[int, int, int], multiple: int = 1) -> int:
    """What the bands of a picture take at a time: two a processor, in about three copies."""
    return 6 * processors() * max(_BAND_BYTES, 3 * shape[1] * _lines(shape, multiple))


def _lines(shape: tuple[int, int, int], multiple: int) -> int:
    return max(_BAND_BYTES // (3 * shape[1]) // multiple, 1) * multiple
