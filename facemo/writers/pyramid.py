"""The reduced levels of a mosaic: of its tiles, shrunk, as far as they can be; then averages."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facemo.kernels import block_sums
from facemo.mosaic import Mosaic, halvings

# A level of so many pixels, 12 MB, is kept as an array, for the smaller ones to be made of.
_KEPT_PIXELS = 1 << 22
# What is drawn of a picture at a time to shrink it.
_DRAWN_BYTES = 4 << 20


class Picture(Protocol):
    """What a level is: anything with the shape of a picture whose regions can be had."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width, 3)."""

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[np.uint8]:
        """A region, as whole pixels."""


class Shrunk:
    """A picture shrunk `factor` times by box averages, drawn when it is asked for.

    Its sides are rounded up; the last line and column average what there is.
    """

    def __init__(self, picture: Picture, factor: int) -> None:
        """Shrink `picture`, of which nothing is drawn yet."""
        self._picture = picture
        self._factor = factor
        height, width = picture.shape[:2]
        self.shape = (-(-height // factor), -(-width // factor), 3)

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[np.uint8]:
        (y0, y1, _), (x0, x1, _) = (
            part.indices(side) for part, side in zip(key, self.shape[:2], strict=True)
        )
        out = np.empty((y1 - y0, x1 - x0, 3), np.uint8)
        factor = self._factor
        step = max(1, _DRAWN_BYTES // (3 * factor * factor * max(x1 - x0, 1)))
        for y in range(y0, y1, step):
            stop = min(y + step, y1)
            part = self._picture[y * factor : stop * factor, x0 * factor : x1 * factor]
            out[y - y0 : stop - y0] = _averages(part, factor)
        return out


def _averages(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """The averages of boxes of `factor` x `factor` pixels, the last of which may be smaller."""
    height, width = pixels.shape[:2]
    missing = -height % factor, -width % factor
    if any(missing):
        pixels = np.pad(pixels, [(0, missing[0]), (0, missing[1]), (0, 0)])
    lines = np.ascontiguousarray(pixels).reshape(1, pixels.shape[0], -1)
    rows, cols = (side // factor for side in pixels.shape[:2])
    sums = np.empty((1, rows, cols, 3), np.uint64)
    block_sums(lines, sums)
    tall, wide = (
        np.minimum(factor, side - factor * np.arange(count)).astype(np.uint64)
        for side, count in ((height, rows), (width, cols))
    )
    counts = (tall[:, np.newaxis] * wide)[:, :, np.newaxis]
    means: NDArray[np.uint8] = ((sums[0] + counts // 2) // counts).astype(np.uint8)
    return means


class Pyramid:
    """The levels of a mosaic, each half the one before, until no side is longer than `least`."""

    def __init__(self, mosaic: Mosaic, least: int) -> None:
        """Take `mosaic` as level 0."""
        self._mosaic = mosaic
        self._kept: dict[int, Picture] = {}
        # 2 ** n times as long as `least` rounds up to n.
        self._levels = 1 + max(0, (-(-max(mosaic.shape[:2]) // least) - 1).bit_length())

    def __len__(self) -> int:
        return self._levels

    def shape(self, n: int) -> tuple[int, int, int]:
        """(height, width, 3) of level `n`, of which 0 is the mosaic itself."""
        height, width = self._mosaic.shape[:2]
        return -(-height >> n), -(-width >> n), 3

    def pixels(self, n: int) -> int:
        """How many pixels level `n` has."""
        height, width = self.shape(n)[:2]
        return height * width

    def __getitem__(self, n: int) -> Picture:
        most = halvings(self._mosaic.tiles.size)
        if n <= most:
            return self._mosaic.reduced(n)
        kept = next(m for m in range(most + 1, n + 1) if self.pixels(m) <= _KEPT_PIXELS or m == n)
        base = Shrunk(self._mosaic.reduced(most), 2 ** (kept - most))
        if self.pixels(kept) > _KEPT_PIXELS:
            return base
        if kept not in self._kept:
            self._kept[kept] = base[:, :]
        return self._kept[kept] if kept == n else Shrunk(self._kept[kept], 2 ** (n - kept))
