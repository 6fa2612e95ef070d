"""Which tile for which cell: one batched nearest-neighbour query, then random picks at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from facemo.machine import processors


def nearest(tiles: NDArray[np.float64], cells: NDArray[np.float64], k: int) -> NDArray[np.intp]:
    """The `k` tiles nearest to each cell, the nearest first.

    tiles : (N, d), cells : (M, d) descriptions; returns (M, min(k, N)) numbers of tiles.

    >>> nearest(np.array([[0.0], [10.0]]), np.array([[7.0]]), k=2)
    array([[1, 0]])
    """
    ranks = np.arange(1, min(k, len(tiles)) + 1)
    return np.asarray(KDTree(tiles).query(cells, k=ranks, workers=processors())[1], np.intp)


def pick(candidates: NDArray[np.intp], rng: np.random.Generator) -> NDArray[np.intp]:
    """One of each row's candidates at random: (M, k) to (M,).

    One draw for the whole grid: no division of the work can change the picks.
    """
    choice = rng.integers(candidates.shape[1], size=(len(candidates), 1))
    return np.take_along_axis(candidates, choice, axis=1)[:, 0]
