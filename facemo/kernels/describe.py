"""How the parts of a tile or a cell differ."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


@compiled
def parts_of(
    blocks: NDArray[np.float64], weights: NDArray[np.float64], out: NDArray[np.float32]
) -> None:
    """Work out what the parts of each differ from its mean by.

    blocks : (M, n, n, 3) float64; weights : (3,), what differences are multiplied by
    out : (M, 3, p) float32, of the n x n blocks and, if there is room for them, the four quarters
    """
    count, n = blocks.shape[:2]
    quarters = out.shape[2] > n * n
    half = n // 2
    for i in range(count):
        for c in range(3):
            total = 0.0
            for y in range(n):
                for x in range(n):
                    total += blocks[i, y, x, c]
            mean = total / (n * n)
            part = out[i, c]
            for q in range(n * n, len(part)):
                part[q] = 0
            for y in range(n):
                for x in range(n):
                    differs = np.float32((blocks[i, y, x, c] - mean) * weights[c])
                    part[y * n + x] = differs
                    if quarters:
                        part[n * n + 2 * (y // half) + x // half] += differs / (half * half)


@compiled
def spread_of(blocks: NDArray[np.float64], out: NDArray[np.float32]) -> None:
    """Work out each channel's standard deviation: (M, n, n, 3) float64 to (M, 3) float32."""
    count, n = blocks.shape[:2]
    for i in range(count):
        for c in range(3):
            total = squares = 0.0
            for y in range(n):
                for x in range(n):
                    total += blocks[i, y, x, c]
                    squares += blocks[i, y, x, c] ** 2
            mean = total / (n * n)
            out[i, c] = np.sqrt(max(squares / (n * n) - mean * mean, 0.0))
