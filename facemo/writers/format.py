"""A format of output: what `save`, `preflight` and the command line need to know of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.area import resized
from facemo.drawing.mosaic import Mosaic
from facemo.options import Encoding, Progress
from facemo.writers.measure import measured
from facemo.writers.whole import check_file

_LEAST = 16  # pixels a side: smaller tiles are too few pixels to measure


class Order(NamedTuple):
    """What is to be written: a mosaic that need not have been planned yet."""

    grid: tuple[int, int]
    tile: tuple[int, int]  # (height, width) in pixels
    tiles: int  # about how many distinct ones
    variants: int  # of them, about
    options: Encoding
    filled: float = 1  # which part of the cells does not stay empty
    tint: float = 0  # how far tiles are recoloured that are not as in the sample
    sample: NDArray[np.uint8] | None = None  # some of them, (n, h, w, 3), if they are known

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3) of the picture in pixels."""
        return self.grid[0] * self.tile[0], self.grid[1] * self.tile[1], 3

    @property
    def cells(self) -> int:
        """How many cells it has."""
        return self.grid[0] * self.grid[1]

    @property
    def pixels(self) -> int:
        """How many pixels it has."""
        return self.shape[0] * self.shape[1]

    @property
    def of_variants(self) -> int:
        """How many pixels all variants have."""
        return self.variants * self.tile[0] * self.tile[1]

    @property
    def whole(self) -> bool:
        """Whether no cell stays empty."""
        return self.filled == 1

    @property
    def repeats(self) -> bool:
        """Whether each variant is laid twice or more, on average."""
        return self.cells >= 2 * self.variants

    def shrunk(self, tile: tuple[int, int]) -> Order:
        """The order, with its tiles and the sample of them shrunk to this (height, width)."""
        if self.sample is None or tile == self.tile:
            return self._replace(tile=tile)
        height, width = (
            max(min(_LEAST, old), new)
            for old, new in zip(self.sample.shape[1:3], tile, strict=True)
        )
        every = np.arange(len(self.sample), dtype=np.int32)
        return self._replace(tile=tile, sample=resized(self.sample, every, height, width))


class Forecast(NamedTuple):
    """What it takes: bytes of disk, bytes of memory beside tiles and plan, files."""

    disk: int
    memory: int
    files: int = 1


@dataclass(frozen=True)
class Format:
    """A format, as the module that writes it describes it.

    suffixes : how its files end, the usual one first
    write : ``write(mosaic, path, options, report)``; it reports pixels, or whatever it counts
    forecast : what writing an order will take, before a pixel is drawn
    most_side, most_cells : where it ends, in pixels a side and in cells
    check : raises InputError unless a path can be written
    folder : the folder, links resolved, that writing a path replaces
    printed : whether its size on paper means something
    boundless : whether it is offered where another format ends
    measured : whether it takes what tiles take, so that some are to be looked at
    of_cells : whether it says what stands in which cell, so that pictures without cells have none
    opened : its place among what ``--open`` shows a person, the first first; None if nothing does
    """

    suffixes: tuple[str, ...]
    write: Callable[[Mosaic, str, Encoding, Progress], None]
    forecast: Callable[[Order], Forecast]
    most_side: int = 2**62
    most_cells: int = 2**62
    check: Callable[[str], None] = check_file
    folder: Callable[[str], str] | None = None
    printed: bool = True
    boundless: bool = False
    measured: bool = True
    of_cells: bool = False
    opened: int | None = None


# Bytes a pixel of photos as tiles of so many pixels a side, where there are none to measure: the
# smaller they are, the more there is to see in each pixel.
_SIDES = 16, 32, 64, 128, 256
_BYTES = {
    "jpeg": (0.85, 0.72, 0.55, 0.43, 0.32),  # at a quality of 92
    "png": (2.3, 2.15, 2.0, 1.8, 1.45),
    "deflate": (2.5, 2.35, 2.17, 1.95, 1.63),
    "zarr": (2.85, 2.75, 2.6, 2.45, 2.2),
}
_QUALITIES, _OF_92 = [10, 50, 75, 85, 92, 97, 100], [0.13, 0.35, 0.53, 0.72, 1, 1.65, 2.9]
# What recolouring leaves of that: .65 to .94 of a JPEG or WebP, .8 to 1 of what is compressed
# without loss, for three libraries, two targets, and tiles of 32, 64 and 128 pixels.
_RECOLOURED = {"jpeg": 0.8, "webp": 0.82}
_RECOLOURED_LOSSLESS = 0.92
# All reduced levels of a picture take so much of what itself does: they have a third of its pixels,
# in each of which there is more to see.
LEVELS = 0.42


def bytes_a_pixel(coding: str, order: Order) -> float:
    """About how many bytes a pixel takes, by the order's sample or, without, as photos mostly do.

    coding : "jpeg", "webp", "png", "deflate", as in TIFF, or "zarr"

    >>> order = Order((9, 9), (32, 32), 5, 5, Encoding())
    >>> bytes_a_pixel("png", order), round(bytes_a_pixel("jpeg", order._replace(tint=1)), 3)
    (2.15, 0.576)
    """
    left = _RECOLOURED.get(coding, _RECOLOURED_LOSSLESS)
    share = 1 - (1 - left) * order.tint
    if order.sample is not None:
        return share * measured(coding, order.sample, order.options)
    if coding == "webp":
        return 0.76 * bytes_a_pixel("jpeg", order)
    side = math.log2(math.prod(order.tile)) / 2
    size = share * float(np.interp(side, np.log2(_SIDES), _BYTES[coding]))
    if coding == "jpeg":
        size *= float(np.interp(order.options.quality, _QUALITIES, _OF_92))
        size *= 1 if order.options.subsampling == "4:4:4" else 0.83
    return size
