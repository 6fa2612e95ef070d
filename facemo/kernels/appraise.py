"""What it costs to lay a tile in a cell, judged as it will be drawn."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


class Seen(NamedTuple):
    """How M tiles or cells look, float32 each.

    parts : (M, 3, p), what parts of them differ from their mean by, in the space of comparison
    mean : (M, 3), their mean colour there
    evened : (M, 3), the same so that distances are about as large as they look
    rgb : (M, 3), the same in sRGB, 0 to 255
    spread : (M, 3), how much they vary, the standard deviation of each channel in sRGB
    """

    parts: NDArray[np.float32]
    mean: NDArray[np.float32]
    evened: NDArray[np.float32]
    rgb: NDArray[np.float32]
    spread: NDArray[np.float32]


class Prices(NamedTuple):
    """What things cost.

    parts : (p,) float32, each part that differs, by how much
    moved : a mean that is moved, by how far
    lost : contrast that has no room, squared
    tint : how much of the way means are moved, and how far tiles are muted, 0 to 1
    """

    parts: NDArray[np.float32]
    moved: float
    lost: float
    tint: float


@compiled
def _kept(mean: Any, spread: Any) -> Any:
    """How much of its contrast a muted channel keeps: all, if one standard deviation has room."""
    return min(np.float32(1), min(mean, np.float32(255) - mean) / spread)


@compiled
def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> Any:
    a, b, c = one[0] - other[0], one[1] - other[1], one[2] - other[2]
    return np.sqrt(a * a + b * b + c * c)


@compiled
def appraise(
    cells: Seen,
    tiles: Seen,
    weights: NDArray[np.float32],
    candidates: NDArray[np.int32],
    prices: Prices,
    out: NDArray[np.float32],
) -> None:
    """Work out what each candidate costs each cell.

    weights : (M,) float32, how much the likeness of each cell counts
    candidates : (M, c) int32, tiles; out : (M, c) float32
    """
    parts = len(prices.parts)
    tint, left = np.float32(prices.tint), np.float32(1 - prices.tint)
    apart = np.empty(parts, np.float32)
    for i in range(len(candidates)):
        wanted = cells.parts[i]
        for j in range(candidates.shape[1]):
            t = candidates[i, j]
            laid = tiles.parts[t]
            kept = lost = np.float32(0)
            if tint > 0:
                for c in range(3):
                    spread = max(tiles.spread[t, c], np.float32(1e-3))
                    mean = tiles.rgb[t, c] + tint * (cells.rgb[i, c] - tiles.rgb[t, c])
                    channel = _kept(mean, spread)
                    channel += left * (1 - channel)
                    kept += channel / 3
                    lost += (1 - channel) * spread / 3
            else:
                kept = np.float32(1)
            light, a, b = (
                left * (cells.mean[i, 0] - tiles.mean[t, 0]),
                left * (cells.mean[i, 1] - tiles.mean[t, 1]),
                left * (cells.mean[i, 2] - tiles.mean[t, 2]),
            )
            for p in range(parts):
                x = wanted[0, p] - kept * laid[0, p] + light
                y = wanted[1, p] - kept * laid[1, p] + a
                z = wanted[2, p] - kept * laid[2, p] + b
                apart[p] = prices.parts[p] * np.sqrt(x * x + y * y + z * z)
            # Four sums, of which none waits for another.
            total = second = third = fourth = np.float32(0)
            for p in range(0, parts - 3, 4):
                total += apart[p]
                second += apart[p + 1]
                third += apart[p + 2]
                fourth += apart[p + 3]
            for p in range(parts - parts % 4, parts):
                total += apart[p]
            total = weights[i] * (total + (second + third + fourth))
            total += np.float32(prices.moved) * tint * _apart(cells.evened[i], tiles.evened[t])
            out[i, j] = total + np.float32(prices.lost) * lost * lost
