"""Where the edges in a picture are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


@compiled
def edges_along(greys: NDArray[np.uint8], axis: int, out: NDArray[np.float64]) -> None:
    """Add up how fast greys change, in each row or column.

    In a picture of 64 x 48 it takes a tenth of what expressions over the whole array do, most of
    which is what numpy takes to be called.

    greys : (H, W) uint8
    axis : 0 for rows, 1 for columns
    out : (H,) or (W,) float64, sums of the lengths of gradients, over two pixels each
    """
    rows, cols = greys.shape
    out[:] = 0
    for y in range(rows):
        for x in range(cols):
            down = int(greys[min(y + 1, rows - 1), x]) - int(greys[max(y - 1, 0), x])
            across = int(greys[y, min(x + 1, cols - 1)]) - int(greys[y, max(x - 1, 0)])
            out[x if axis else y] += np.sqrt(down * down + across * across)
