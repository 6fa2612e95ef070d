"""Every compiled loop: plain arrays in, `out` filled, nothing else.

A kernel runs on one processor and releases the interpreter's lock; whoever calls it divides `out`
among threads. So kernels may be called from any thread and after a fork, which numba's own
``parallel=True`` forbids under two of its three threading layers, at the same speed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])


def _compiled(function: F) -> F:
    """Compile on first use, and keep the result on disk if there is a place to keep it."""
    try:
        return cast(F, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found no folder to write to
        return cast(F, njit(nogil=True)(function))


@_compiled
def block_sums(lines: NDArray[np.uint8], out: NDArray[np.uint64]) -> None:
    """Sum each tile over a grid of blocks.

    lines : (N, h, w * 3) uint8, the tiles' rows of pixels
    out : (N, rows, cols, 3) uint64

    Where a side does not divide, blocks differ by a pixel: block i begins at ``i * side // count``.
    Adding whole lines before blocks keeps the inner loop vectorised: 16 GB/s, where summing pixel
    by pixel makes 3 and ``np.einsum("nhwc->nc", ...)`` 0.85.
    """
    tiles, height, width3 = lines.shape
    rows, cols = out.shape[1:3]
    width = width3 // 3
    column = np.empty(width3, np.uint32)
    for n in range(tiles):
        for r in range(rows):
            column[:] = 0
            for y in range(r * height // rows, (r + 1) * height // rows):
                line = lines[n, y]
                for i in range(width3):
                    column[i] += line[i]
            for c in range(cols):
                red = green = blue = np.uint64(0)
                for x in range(c * width // cols, (c + 1) * width // cols):
                    red += column[3 * x]
                    green += column[3 * x + 1]
                    blue += column[3 * x + 2]
                out[n, r, c, 0] = red
                out[n, r, c, 1] = green
                out[n, r, c, 2] = blue


@_compiled
def assemble(
    lines: NDArray[np.uint8], index: NDArray[np.int32], y0: int, x0: int, out: NDArray[np.uint8]
) -> None:
    """Lay tiles side by side: the region of the mosaic that begins at line `y0`, byte `x0`.

    lines : (N, h, w * 3) uint8, the tiles' rows of pixels
    index : (rows, cols) int32
    out : (height, width * 3) uint8

    Cell by cell, so that a tile is read once from memory. The explicit inner loop is four times
    as fast here as assigning slices.
    """
    tile_height, tile_width = lines.shape[1:]
    height, width = out.shape
    for r in range(y0 // tile_height, (y0 + height - 1) // tile_height + 1):
        top = r * tile_height - y0
        first_y = max(-top, 0)
        last_y = min(height - top, tile_height)
        for c in range(x0 // tile_width, (x0 + width - 1) // tile_width + 1):
            left = c * tile_width - x0
            first_x = max(-left, 0)
            last_x = min(width - left, tile_width)
            tile = index[r, c]
            for y in range(first_y, last_y):
                source = lines[tile, y, first_x:last_x]
                line = out[top + y, left + first_x : left + last_x]
                for i in range(line.size):
                    line[i] = source[i]


@_compiled
def sample(
    pixels: NDArray[np.uint8],
    index: NDArray[np.int32],
    ys: NDArray[np.int64],
    xs: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Draw single pixels of the mosaic: those where lines `ys` and columns `xs` cross.

    pixels : (N, h, w, 3) uint8
    index : (rows, cols) int32
    out : (len(ys), len(xs), 3) uint8
    """
    height, width = pixels.shape[1:3]
    for i in range(len(ys)):
        row = ys[i] // height
        y = ys[i] % height
        for j in range(len(xs)):
            tile = index[row, xs[j] // width]
            x = xs[j] % width
            for channel in range(3):
                out[i, j, channel] = pixels[tile, y, x, channel]
