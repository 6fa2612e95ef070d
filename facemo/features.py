"""One description for tiles and cells alike, so that they cannot disagree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.kernels import block_sums
from facemo.machine import divide


def tile_means(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The mean colour of each tile: (N, h, w, 3) uint8 to (N, 3) float64, sRGB values of 0 to 255.

    >>> tile_means(np.full((2, 4, 4, 3), 9, np.uint8))
    array([[9., 9., 9.], [9., 9., 9.]])
    """
    count, height, width = pixels.shape[:3]
    sums = np.empty((count, 1, 1, 3), np.uint64)
    lines = pixels.reshape(count, height, width * 3)
    divide(lambda part: block_sums(lines[part], sums[part]), count, pixels.nbytes)
    means: NDArray[np.float64] = sums[:, 0, 0] / (height * width)
    return means


def shrink(pixels: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Tiles shrunk `factor` times by box averages: (N, h, w, 3) to (N, h/factor, w/factor, 3)."""
    count, height, width = pixels.shape[:3]
    small = np.empty((count, height // factor, width // factor, 3), np.uint8)
    lines = pixels.reshape(count, height, width * 3)
    batch = max(1, (8 << 20) // (small[0].nbytes * 8))

    def work(part: slice) -> None:
        for start in range(part.start, part.stop, batch):
            some = slice(start, min(start + batch, part.stop))
            sums = np.empty(small[some].shape, np.uint64)
            block_sums(lines[some], sums)
            small[some] = (sums + factor * factor // 2) // (factor * factor)

    divide(work, count, pixels.nbytes)
    return small
