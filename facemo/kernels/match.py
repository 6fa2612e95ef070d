"""How far cells are from their candidates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


@compiled
def squared_distances(
    tiles: NDArray[np.float32],
    cells: NDArray[np.float32],
    candidates: NDArray[np.int32],
    out: NDArray[np.float32],
) -> None:
    """Measure how far each cell is from each of its candidates.

    tiles : (N, d), cells : (M, d) float32; candidates : (M, k) int32; out : (M, k) float32
    """
    for cell in range(len(cells)):
        for j in range(candidates.shape[1]):
            tile = candidates[cell, j]
            total = np.float32(0)
            for d in range(cells.shape[1]):
                difference = cells[cell, d] - tiles[tile, d]
                total += difference * difference
            out[cell, j] = total
