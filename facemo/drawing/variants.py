"""The variants of a mosaic: what has to be encoded, once each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facemo.area import shrunk
from facemo.drawing.draw import Layout, numbered
from facemo.machine import batches

# Tiles handled at a time: what is under way does not count beside the rest.
_BATCH_BYTES = 1 << 20


@dataclass(frozen=True)
class Variants:
    """The V looks of tiles that a plan without tint shows; a tile and its mirror image are two.

    pixels : (N, h, w, 3) uint8, the tiles
    tile : (V,) int32, which of them
    mirrored : (V,) bool, whether it is laid left-right mirrored
    cells : (rows, cols) int32, which of the V stands in which cell
    """

    pixels: NDArray[np.uint8]
    tile: NDArray[np.int32]
    mirrored: NDArray[np.bool_]
    cells: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.tile)

    @property
    def uses(self) -> float:
        """How many cells show each, on average."""
        return self.cells.size / len(self)

    def drawn(self, part: slice, factor: int = 1) -> NDArray[np.uint8]:
        """Some of them, shrunk `factor` times: (v, h / factor, w / factor, 3) uint8."""
        tile, mirrored = self.tile[part], self.mirrored[part]
        pixels = self.pixels[tile] if factor == 1 else shrunk(self.pixels, factor, tile)
        pixels[mirrored] = pixels[mirrored, :, ::-1]
        return pixels

    def batches(self, most: int = 2**31) -> Iterator[slice]:
        """Slices of about a megabyte, and of at most `most`, that make up all of them."""
        return batches(len(self), min(most, _BATCH_BYTES // self.pixels[0].nbytes))


def variants(plan: Layout) -> Variants:
    """The variants of `plan`, which must not be tinted."""
    assert plan.extremes is None
    count = len(plan.pixels)
    kinds = plan.index
    if plan.mirrored.any():
        kinds = kinds + plan.mirrored * np.int32(count)
    shown, cells = numbered(kinds, 2 * count)
    return Variants(plan.pixels, shown % np.int32(count), shown >= count, cells)
