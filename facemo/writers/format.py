"""A format of output: what `save`, `preflight` and the command line need to know of it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from facemo.drawing.mosaic import Mosaic
from facemo.options import Encoding, Progress
from facemo.writers.whole import check_file


class Order(NamedTuple):
    """What is to be written: a mosaic that need not have been planned yet."""

    grid: tuple[int, int]
    tile: tuple[int, int]  # (height, width) in pixels
    tiles: int  # how many distinct ones, at most
    variants: int  # of them, at most
    options: Encoding
    whole: bool = True  # whether no cell stays empty

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
    def repeats(self) -> bool:
        """Whether each variant is laid twice or more, on average."""
        return self.cells >= 2 * self.variants


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
    of_cells: bool = False
    opened: int | None = None


# Bytes a pixel of photos as recoloured tiles of so many pixels a side: the smaller they are, the
# more there is to see in each pixel. Within a quarter of what 200 portraits and 919 photographs
# take; of those that are smooth, or enlarged, it may be twice as much.
_SIDES = 16, 32, 64, 128, 256
_BYTES = {
    "jpeg": (0.70, 0.59, 0.45, 0.35, 0.26),  # at a quality of 92
    "png": (2.15, 2.0, 1.85, 1.65, 1.35),
    "deflate": (2.3, 2.17, 2.0, 1.8, 1.5),
    "zarr": (2.65, 2.55, 2.4, 2.25, 2.05),
}
_QUALITIES, _OF_92 = [10, 50, 75, 85, 92, 97, 100], [0.13, 0.35, 0.53, 0.72, 1, 1.65, 2.9]
# All reduced levels of a picture take so much of what itself does: they have a third of its pixels,
# in each of which there is more to see.
LEVELS = 0.42


def bytes_a_pixel(coding: str, tile: tuple[int, int]) -> float:
    """About how many bytes a pixel takes in a mosaic of tiles of (height, width).

    coding : "jpeg" at a quality of 92, "png", "deflate", as in TIFF, or "zarr"

    >>> bytes_a_pixel("png", (32, 32)), bytes_a_pixel("png", (1, 1))
    (2.0, 2.15)
    """
    return float(np.interp(math.log2(tile[0] * tile[1]) / 2, np.log2(_SIDES), _BYTES[coding]))


def jpeg_bytes(options: Encoding, tile: tuple[int, int]) -> float:
    """Bytes a pixel of JPEG at this quality; chroma at half the resolution saves a sixth."""
    size = bytes_a_pixel("jpeg", tile) * float(np.interp(options.quality, _QUALITIES, _OF_92))
    return size if options.subsampling == "4:4:4" else size * 0.83
