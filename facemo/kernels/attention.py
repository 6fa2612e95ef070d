"""Where in a picture there is most to be seen: its edges, along one axis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


@compiled
def edges_along(grey: NDArray[np.uint8], factor: int, axis: int, out: NDArray[np.float64]) -> None:
    """Add up how steep a picture is that was reduced first, across the other axis.

    grey : (H, W) uint8, reduced to means of blocks of `factor` x `factor`, smaller at the ends
    axis : 0 for a sum a row, 1 for one a column
    out : (rows,) or (cols,) float64

    A pixel is as steep as the difference of its neighbours, those beyond the edge as the edge is.
    """
    height, width = grey.shape
    rows, cols = (height + factor - 1) // factor, (width + factor - 1) // factor
    means = np.zeros((rows, cols), np.float32)
    for y in range(height):
        line, total = grey[y], means[y // factor]
        for col in range(cols):
            for x in range(col * factor, min((col + 1) * factor, width)):
                total[col] += line[x]
    for row in range(rows):
        tall = min((row + 1) * factor, height) - row * factor
        for col in range(cols):
            means[row, col] /= tall * (min((col + 1) * factor, width) - col * factor)
    out[:] = 0
    for row in range(rows):
        for col in range(cols):
            down = means[min(row + 1, rows - 1), col] - means[max(row - 1, 0), col]
            across = means[row, min(col + 1, cols - 1)] - means[row, max(col - 1, 0)]
            out[col if axis else row] += np.sqrt(down * down + across * across)


@compiled
def most_held(edges: NDArray[np.float64], length: float, favourite: float, pull: float) -> float:
    """Where of 65 places, 0 to ``1 - length`` of an axis, a crop begins that has most edges in it.

    edges : (n,) float64, along the axis
    favourite : the place that is left least willingly, 0 to 1 of all places
    pull : what the ones farthest from the middle lose if it is that, as a share of all edges
    """
    side = edges.size
    sums = np.zeros(side + 2)
    for i in range(side):
        sums[i + 1] = sums[i] + edges[i]
    sums[side + 1] = sums[side]
    total = sums[side] if sums[side] > 0 else 1.0
    best, most = 0.0, -np.inf
    for i in range(65):
        begin = (1 - length) * i / 64
        held = 0.0
        for place, sign in ((begin, -1), (begin + length, 1)):
            at = min(place * side, side)
            share = at - int(at)
            held += sign * ((1 - share) * sums[int(at)] + share * sums[int(at) + 1])
        held = held / total - pull * (2 * (i / 64 - favourite)) ** 2
        if held > most:
            best, most = begin, held
    return best
