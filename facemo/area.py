"""Area averages: how every picture here is shrunk before it is compared."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo import kernels
from facemo.machine import divide


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
