"""Area averages: how every picture here is shrunk before it is compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo import kernels
from facemo.machine import divide

# Of tiles that are read at a time: a library may be larger than memory.
_READ_BYTES = 4 << 20


def area_means(images: NDArray[np.uint8], rows: int, cols: int) -> NDArray[np.float32]:
    """Each image averaged over `rows` x `cols` equal rectangles, which may end within a pixel.

    images : (N, H, W, 3) uint8; returns (N, rows, cols, 3) float32. There may be more rectangles
    than pixels.

    >>> area_means(np.repeat(np.uint8([0, 30, 60]), 3).reshape(1, 1, 3, 3), 1, 2)[0, 0, :, 0]
    array([10., 50.], dtype=float32)
    """
    count, height, width = images.shape[:3]
    lines = np.ascontiguousarray(images).reshape(count, height, width * 3)
    out = np.empty((count, rows, cols, 3), np.float32)
    if count > 1:
        divide(
            lambda part: kernels.area_means(lines[part], 0, rows, out[part]), count, lines.nbytes
        )
    else:

        def work(part: slice) -> None:
            kernels.area_means(lines, part.start, rows, out[:, part])

        divide(work, rows, lines.nbytes)
    return out


def resized(
    pixels: NDArray[np.uint8], numbers: NDArray[np.int32], height: int, width: int
) -> NDArray[np.uint8]:
    """Some of the tiles averaged to another size, rounded.

    pixels : (N, h, w, 3) uint8
    numbers : (D,) int32, which of them; no others are read

    Returns (D, height, width, 3) uint8.

    >>> tiles = np.repeat(np.uint8([0, 30, 60, 90]), 3).reshape(1, 1, 4, 3)
    >>> resized(tiles, np.zeros(1, np.int32), 1, 2)[0, 0, :, 0]
    array([15, 75], dtype=uint8)
    """
    if pixels.shape[1:3] == (height, width):
        return pixels[numbers]
    out = np.empty((len(numbers), height, width, 3), np.uint8)
    batch = max(1, _READ_BYTES // pixels[0].nbytes)
    for first in range(0, len(numbers), batch):
        some = slice(first, first + batch)
        np.rint(area_means(pixels[numbers[some]], height, width), out=out[some], casting="unsafe")
    return out
