"""How much of a picture is to be seen, and what it is laid over where it is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


@compiled
def cover_means(cover: NDArray[np.uint8], rows: int, top: int, out: NDArray[np.float32]) -> None:
    """Average one channel over rectangles whose edges may lie within pixels.

    cover : (H, W) uint8
    rows : how many rectangles divide its height; `top` : which of them `out` begins with
    out : (some of the rows, cols) float32
    """
    height, width = cover.shape
    cols = out.shape[1]
    tall, wide = height / rows, width / cols
    column = np.empty(width, np.float32)
    for r in range(len(out)):
        above, below = (top + r) * tall, (top + r + 1) * tall
        column[:] = 0
        for y in range(int(above), min(int(np.ceil(below)), height)):
            share = np.float32(min(y + 1, below) - max(y, above))
            line = cover[y]
            for x in range(width):
                column[x] += share * line[x]
        for c in range(cols):
            start, stop = c * wide, (c + 1) * wide
            total = 0.0
            for x in range(int(start), min(int(np.ceil(stop)), width)):
                total += (min(x + 1, stop) - max(x, start)) * column[x]
            out[r, c] = total / (tall * wide)


@compiled
def lay_over(
    image: NDArray[np.uint8],
    cover: NDArray[np.uint8],
    ground: NDArray[np.uint8],
    places: tuple[NDArray[np.int64], NDArray[np.int64]],
    out: NDArray[np.uint8],
) -> None:
    """Lay a picture over another, coarser one, as far as it covers it.

    image : (h, w, 3) uint8; cover : (h, w) uint8
    ground : (rows, cols, 3) uint8
    places : (h,) and (w,) int64, which row and which column of it is behind each line and column
    out : (h, w, 3) uint8

    As an expression this takes fourteen times as long: a second of 12 megapixels.
    """
    rows, cols = places
    for y in range(len(image)):
        behind = ground[rows[y]]
        for x in range(image.shape[1]):
            share = np.uint32(cover[y, x])
            for channel in range(3):
                mixed = share * np.uint32(image[y, x, channel])
                mixed += (np.uint32(255) - share) * np.uint32(behind[cols[x], channel])
                out[y, x, channel] = np.uint32(mixed + np.uint32(127)) // np.uint32(255)
