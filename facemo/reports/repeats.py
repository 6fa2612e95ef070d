"""How evenly tiles are used, and how far their uses keep apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from facemo.machine import batches

# Cells looked at at a time.
_BATCH = 1 << 20
# A tree of more cells than this takes longer, at 4 µs and 150 bytes a cell, than to try distances
# one by one: tiles of so many cells come again soon.
_MANY = 1 << 17


def uses(index: NDArray[np.int32]) -> NDArray[np.int64]:
    """How often each tile stands in a grid, as far as the last one used: (rows, cols) to (N,).

    As everywhere here, -1 stands in empty cells, which count for nothing.

    >>> uses(np.array([[2, 0, 2]], np.int32)).tolist()
    [1, 0, 2]
    """
    counts = np.zeros(int(index.max()) + 1, np.int64)
    flat = index.ravel()
    for some in batches(flat.size, _BATCH):
        counts += np.bincount(flat[some] + 1, minlength=len(counts) + 1)[1:]
    return counts


def equal_neighbours(index: NDArray[np.int32]) -> float:
    """The share of cells whose tile stands above, below, left or right of them, too."""
    equal = np.zeros(index.shape, bool)
    down, across = index[1:] == index[:-1], index[:, 1:] == index[:, :-1]
    equal[1:] |= down
    equal[:-1] |= down
    equal[:, 1:] |= across
    equal[:, :-1] |= across
    return float(equal[index >= 0].mean())


def nearest_repeat(index: NDArray[np.int32]) -> int | None:
    """The smallest distance between two uses of one tile, the larger of down and across.

    index : (rows, cols) int32; returns None where no tile is used twice.

    >>> nearest_repeat(np.array([[0, 1, 2], [3, 1, 0]], np.int32))
    1
    """
    again = (uses(index)[index] > 1) & (index >= 0)
    repeated = int(np.count_nonzero(again))
    if not repeated:
        return None
    if repeated > _MANY:
        return next(d for d in range(1, max(index.shape)) if _repeats_at(index, d))
    # Each tile's uses lie in a plane of their own, further from others than any two in a plane.
    y, x = np.nonzero(again)
    places = np.stack([y, x, index[again].astype(np.int64) * sum(index.shape)], axis=1)
    return int(np.min(KDTree(places).query(places, k=[2], p=np.inf)[0]))


def _repeats_at(index: NDArray[np.int32], distance: int) -> bool:
    """Whether some tile is used twice at just this distance."""
    rows, cols = index.shape
    filled = np.where(index < 0, np.int32(-2), index)  # not even equal to another empty cell
    sides = range(-distance, distance + 1)
    below = [(distance, x) for x in sides]
    beside = [(y, x) for y in range(distance) for x in (-distance, distance)]
    return any(
        (
            index[y + part.start : y + part.stop, max(x, 0) : cols + min(x, 0)]
            == filled[part, max(-x, 0) : cols - max(x, 0)]
        ).any()
        for y, x in below + beside
        if y < rows and abs(x) < cols
        for part in batches(rows - y, _BATCH // cols)
    )
