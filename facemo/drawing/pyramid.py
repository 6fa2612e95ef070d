"""The reduced levels of a mosaic: of its variants, shrunk, as far as they can be; then averages."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from facemo.area import box_averages
from facemo.drawing.alpha import WithAlpha, alpha_averages
from facemo.drawing.mosaic import Mosaic
from facemo.machine import batches
from facemo.tiles import halvings

# A level of so many pixels, 12 MB, is kept as an array, for the smaller ones to be made of.
_KEPT_PIXELS = 1 << 22
# Variants that take more than this, shrunk, are not kept for a level, which is then drawn at full
# size and averaged.
_KEPT_BYTES = 64 << 20
# What is drawn of a picture at a time to shrink it.
_DRAWN_BYTES = 4 << 20


class Picture(Protocol):
    """What a level is: anything with the shape of a picture whose regions can be had."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(height, width, 3), or 4 with an alpha channel."""

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[np.uint8]:
        """A region, as whole pixels."""


class Shrunk:
    """A picture shrunk `factor` times by averages of boxes, drawn when it is asked for.

    Its sides are rounded up; the last line and column average what there is.
    """

    def __init__(self, picture: Picture, factor: int, view: str = "screen") -> None:
        """Shrink `picture`, of which nothing is drawn yet; `view` as facemo.area has it."""
        self._picture = picture
        self._factor = factor
        self._view = view
        height, width, channels = picture.shape
        self.shape = (-(-height // factor), -(-width // factor), channels)

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[np.uint8]:
        (y0, y1, _), (x0, x1, _) = (
            part.indices(side) for part, side in zip(key, self.shape[:2], strict=True)
        )
        out = np.empty((y1 - y0, x1 - x0, self.shape[2]), np.uint8)
        factor = self._factor
        step = max(1, _DRAWN_BYTES // (3 * factor * factor * max(x1 - x0, 1)))
        for lines in batches(y1, step, y0):
            whole = slice(lines.start * factor, lines.stop * factor)
            part = self._picture[whole, x0 * factor : x1 * factor]
            out[lines.start - y0 : lines.stop - y0] = self._averages(part)
        return out

    def _averages(self, part: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self.shape[2] == 4:
            return alpha_averages(part, self._factor, self._view)
        averages: NDArray[np.uint8] = box_averages(part[np.newaxis], self._factor, self._view)[0]
        return averages


class Pyramid:
    """The levels of a mosaic, each half the one before, until no side is longer than `least`.

    With `alpha` they have a fourth channel, that of `facemo.drawing.alpha`.
    """

    def __init__(self, mosaic: Mosaic, least: int, alpha: bool = False) -> None:
        """Take `mosaic` as level 0."""
        self._mosaic = mosaic
        self._alpha = alpha
        self._kept: dict[int, Picture] = {}
        # 2 ** n times as long as `least` rounds up to n.
        self._levels = 1 + max(0, (-(-max(mosaic.shape[:2]) // least) - 1).bit_length())

    def __len__(self) -> int:
        return self._levels

    def shape(self, n: int) -> tuple[int, int, int]:
        """(height, width, 3 or 4) of level `n`, of which 0 is the mosaic itself."""
        height, width = self._mosaic.shape[:2]
        return -(-height >> n), -(-width >> n), 4 if self._alpha else 3

    def pixels(self, n: int) -> int:
        """How many pixels level `n` has."""
        height, width = self.shape(n)[:2]
        return height * width

    def __getitem__(self, n: int) -> Picture:
        if self._of_variants(n):
            return self._reduced(n)
        view = self._mosaic.view
        most = halvings(self._mosaic.tiles.size)
        first = most if n > most and self._of_variants(most) else 0
        kept = next(m for m in range(first + 1, n + 1) if self.pixels(m) <= _KEPT_PIXELS or m == n)
        base = Shrunk(self._reduced(first), 2 ** (kept - first), view)
        if self.pixels(kept) > _KEPT_PIXELS:
            return base
        if kept not in self._kept:
            self._kept[kept] = base[:, :]
        return self._kept[kept] if kept == n else Shrunk(self._kept[kept], 2 ** (n - kept), view)

    def _reduced(self, n: int) -> Picture:
        reduced = self._mosaic.reduced(n)
        return WithAlpha(reduced) if self._alpha else reduced

    def _of_variants(self, n: int) -> bool:
        """Whether level `n` is laid of variants, made at its size."""
        tiles = self._mosaic.tiles
        nbytes = len(self._mosaic.variants) * tiles.pixels[0].nbytes >> 2 * n
        return n == 0 or (n <= halvings(tiles.size) and nbytes <= _KEPT_BYTES)
