"""Points that lie near each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled, inlined

# The coordinates by which `leaders` are found: 2 ** 8 cells to look into for each point.
_KEYS = 8


@inlined
def _mixed(cell: int, axis: int) -> np.uint64:
    """A number for a cell's place along an axis; those of all axes make its bucket by exclusive or.

    Multiplied and folded as splitmix64 does.
    """
    key = np.uint64(cell * 64 + axis) * np.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return key ^ (key >> np.uint64(27))


@compiled
def leaders(
    points: NDArray[np.float32], reach: NDArray[np.float32], out: NDArray[np.int64]
) -> None:
    """Give each point, in their order, to the first leader within reach; else it becomes one.

    points : (N, d) float32, d a multiple of 4
    reach : (N,) float32, above 0; of two points the smaller counts, and within it no point may
    have twice as much
    out : (N,) int64, the number of each point's leader, which may be its own

    Leaders lie in grids over the first eight coordinates, one for each power of two that `reach`
    comes up to, with cells of twice that side. So what a point can reach lies in its cell or the
    nearer neighbour along each axis. Most of what is met there is left after four coordinates, or
    eight; taking four at a time halves the time.
    """
    count, dimensions = points.shape
    keys = min(_KEYS, dimensions)
    buckets = 2
    while buckets < count:
        buckets *= 2
    mask = np.uint64(buckets - 1)
    heads = np.full(buckets, -1, np.int32)
    following = np.empty(count, np.int32)
    own = np.empty(keys, np.uint64)
    beside = np.empty(keys, np.uint64)
    for n in range(count):
        first = n
        home = np.uint64(0)
        level = int(np.ceil(np.log2(reach[n])))
        for near_level in range(level - 1, level + 2):
            side = 2.0 ** (near_level + 1)
            base = np.uint64(near_level + 64) << np.uint64(32)
            for i in range(keys):
                place = points[n, i] / side
                cell = int(np.floor(place))
                own[i] = _mixed(cell, i)
                beside[i] = _mixed(cell + 1 if place - cell >= 0.5 else cell - 1, i) ^ own[i]
                base ^= own[i]
            if near_level == level:
                home = base
            for turn in range(1 << keys):
                # Each step to the next Gray code changes one axis.
                if turn:
                    axis = 0
                    while not (turn >> axis) & 1:
                        axis += 1
                    base ^= beside[axis]
                other = heads[base & mask]
                while other >= 0:
                    if other < first:
                        left = min(reach[n], reach[other])
                        left *= left
                        i = 0
                        while left >= 0 and i < dimensions:
                            a = points[n, i] - points[other, i]
                            b = points[n, i + 1] - points[other, i + 1]
                            c = points[n, i + 2] - points[other, i + 2]
                            d = points[n, i + 3] - points[other, i + 3]
                            left -= (a * a + b * b) + (c * c + d * d)
                            i += 4
                        if left >= 0:
                            first = other
                    other = following[other]
        out[n] = first
        if first == n:
            following[n] = heads[home & mask]
            heads[home & mask] = n
