"""The pixels of a plan: any region of it, and the means of its cells' blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from facemo.area import block_means
from facemo.drawing.recolour import affine
from facemo.drawing.regions import cells_of
from facemo.kernels.draw import Cells, assemble, assemble_changed, sample
from facemo.machine import batches, divide, require_memory

# Cells whose tint is worked out at a time, at some 200 bytes each.
_TINTED_CELLS = 1 << 16


@dataclass(frozen=True, eq=False)
class Layout:
    """What drawing needs to know of a plan.

    pixels : (N, h, w, 3) uint8, the tiles
    index : (rows, cols) int32, which of them stands in which cell
    mirrored : (rows, cols) bool
    colors : (rows, cols, 3) uint8, sRGB, what means are moved to
    tint : float, how much of the way, 0 to 1
    extremes : (N, 3, 3) float32, what `recolour.extremes_of` says of the tiles; None without a tint
    """

    pixels: NDArray[np.uint8]
    index: NDArray[np.int32]
    mirrored: NDArray[np.bool_]
    colors: NDArray[np.uint8]
    tint: float
    extremes: NDArray[np.float32] | None

    @property
    def tile(self) -> tuple[int, int]:
        """(height, width) of a tile."""
        return self.pixels.shape[1], self.pixels.shape[2]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3) of the picture in pixels."""
        (rows, cols), (height, width) = self.index.shape, self.tile
        return rows * height, cols * width, 3


def draw(plan: Layout, ys: range, xs: range) -> NDArray[np.uint8]:
    """The pixels where lines `ys` and columns `xs` of the picture cross.

    Returns (len(ys), len(xs), 3) uint8, sRGB. Raises InputError for more than fits into memory.

    >>> plan = Layout(np.full((1, 4, 4, 3), 7, np.uint8), np.zeros((2, 2), np.int32),
    ...     np.zeros((2, 2), bool), np.zeros((2, 2, 3), np.uint8), 0, None)
    >>> draw(plan, range(8), range(0, 8, 2)).shape
    (8, 4, 3)
    """
    require_memory(
        len(ys) * len(xs) * 3,
        f"a picture of {len(xs):,} x {len(ys):,} pixels",
        "ask for a smaller region, fewer cells or smaller tiles",
    )
    out = np.empty((len(ys), len(xs), 3), np.uint8)
    if not out.size:
        return out
    step = len(ys)
    if plan.extremes is not None:
        across = len(xs) // plan.tile[1] + 2
        step = max(1, _TINTED_CELLS // across) * plan.tile[0]
    for part in batches(len(ys), step):
        _fill(plan, ys[part], xs, out[part])
    return out


def _fill(plan: Layout, ys: range, xs: range, out: NDArray[np.uint8]) -> None:
    (rows, down), (cols, across) = (
        cells_of(span, side) for span, side in zip((ys, xs), plan.tile, strict=True)
    )
    pixels = plan.pixels
    cells = _cells(plan, rows, cols)
    plain = not cells.gain.size and not cells.mirrored.any()
    if ys.step == xs.step == 1:
        lines, region = pixels.reshape(*pixels.shape[:2], -1), out.reshape(len(ys), -1)

        def work(part: slice) -> None:
            y0, x0 = int(down[0]) + part.start, int(across[0]) * 3
            if plain:
                assemble(lines, cells.tile, y0, x0, region[part])
            else:
                assemble_changed(lines, cells, y0, x0, region[part])
    else:

        def work(part: slice) -> None:
            sample(pixels, cells, down[part], across, out[part])

    divide(work, len(ys), out.nbytes)


def _cells(plan: Layout, rows: slice, cols: slice) -> Cells:
    """What the kernels need of a block of cells."""
    index = np.ascontiguousarray(plan.index[rows, cols])
    mirrored = np.ascontiguousarray(plan.mirrored[rows, cols])
    if plan.extremes is None:
        gain = offset = np.empty((0, 0, 3), np.uint16)
    else:
        gain, shift = affine(plan.extremes[index], plan.colors[rows, cols], plan.tint)
        offset = shift.astype(np.uint16)  # the kernels count modulo 2**16, see _tint there
    return Cells(index, mirrored, gain, offset)


def blocks(plan: Layout, n: int) -> NDArray[np.float64]:
    """The mean colours of n x n blocks of each cell, as drawn: (rows, cols, n, n, 3) float64."""
    drawn: NDArray[np.float64] = block_means(plan.pixels, n)[plan.index]
    drawn[plan.mirrored] = drawn[plan.mirrored][:, :, ::-1]
    if plan.extremes is None:
        return drawn
    gain, offset = affine(plan.extremes[plan.index], plan.colors, plan.tint)
    maps = (part[:, :, np.newaxis, np.newaxis] / 256 for part in (gain, offset - 128))
    tinted: NDArray[np.float64] = np.multiply(drawn, next(maps)) + next(maps)
    return tinted


def numbered(index: NDArray[np.int32], count: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which of `count` tiles an index uses, in their order, and the index in terms of these.

    What ``np.unique(index, return_inverse=True)`` says, without sorting millions of cells.

    >>> numbered(np.array([[7, 2], [2, 7]], np.int32), 9)[1].tolist()
    [[1, 0], [0, 1]]
    """
    used = np.zeros(count, bool)
    used[index] = True
    place = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(used).astype(np.int32), place[index]
