"""The distinct tiles of a mosaic: what has to be encoded, once each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facemo.features import shrink
from facemo.mosaic import Mosaic, numbered

# Tiles handled at a time: what is under way does not count beside the rest.
_BATCH_BYTES = 1 << 20


@dataclass(frozen=True)
class Distinct:
    """The D tiles that a mosaic without tint shows, a tile and its mirror image counted as two.

    tiles : (N, h, w, 3) uint8
    numbers : (D,) int32, which of them
    turned : (D,) bool, whether it is laid left-right mirrored
    grid : (rows, cols) int32, which of the D stands in which cell
    """

    tiles: NDArray[np.uint8]
    numbers: NDArray[np.int32]
    turned: NDArray[np.bool_]
    grid: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def uses(self) -> float:
        """How many cells show each, on average."""
        return self.grid.size / len(self)

    def pixels(self, part: slice, factor: int = 1) -> NDArray[np.uint8]:
        """Some of them, shrunk `factor` times: (d, h / factor, w / factor, 3) uint8."""
        numbers, turned = self.numbers[part], self.turned[part]
        pixels = self.tiles[numbers] if factor == 1 else shrink(self.tiles, factor, numbers)
        pixels[turned] = pixels[turned, :, ::-1]
        return pixels

    def batches(self, most: int = 2**31) -> Iterator[slice]:
        """Slices of about a megabyte, and of at most `most`, that make up all of them."""
        step = max(1, min(most, _BATCH_BYTES // self.tiles[0].nbytes))
        for start in range(0, len(self), step):
            yield slice(start, min(start + step, len(self)))


def distinct(mosaic: Mosaic) -> Distinct:
    """The distinct tiles of `mosaic`, which must not be tinted."""
    assert not mosaic.tint
    assert mosaic.mirrored is not None
    count = len(mosaic.tiles)
    kinds = mosaic.index
    if mosaic.mirrored.any():
        kinds = kinds + mosaic.mirrored * np.int32(count)
    shown, grid = numbered(kinds, 2 * count)
    return Distinct(mosaic.tiles.pixels, shown % np.int32(count), shown >= count, grid)
