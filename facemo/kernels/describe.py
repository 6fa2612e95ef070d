"""Colours as the eye tells them apart, and how the parts of a tile or a cell differ."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled, inlined

# IEC 61966-2-1 (sRGB) to CIE XYZ, D65, over the white point: each row adds up to one.
_XYZ = np.array(
    [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
)
TO_WHITE = _XYZ / _XYZ.sum(axis=1, keepdims=True)
_STEPS = 1 << 12
_EVERY = np.arange(_STEPS + 2) / _STEPS
# Both curves as tables with straight lines between: off by less than .002 of a step of L*, and a
# million colours take 11 ms where ``skimage.color.rgb2lab`` takes 80.
LINEAR = np.where(_EVERY <= 0.04045, _EVERY / 12.92, ((_EVERY + 0.055) / 1.055) ** 2.4)
ROOT = np.where(_EVERY > 0.008856, np.cbrt(_EVERY), 7.787 * _EVERY + 16 / 116)


@inlined
def _looked_up(table: NDArray[np.float64], value: float) -> Any:
    place = min(max(value, 0.0), 1.0) * _STEPS
    below = int(place)
    return table[below] + (place - below) * (table[below + 1] - table[below])


@compiled
def lab(
    colors: NDArray[np.float64],
    linear: NDArray[np.float64],
    root: NDArray[np.float64],
    to_white: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Bring sRGB values of 0 to 255 to CIE 1976 L*a*b*, D65, 2 degrees (CIE 15).

    colors, out : (M, 3) float64
    linear, root, to_white : `LINEAR`, `ROOT`, `TO_WHITE`
    """
    for i in range(len(colors)):
        r = _looked_up(linear, colors[i, 0] / 255)
        g = _looked_up(linear, colors[i, 1] / 255)
        b = _looked_up(linear, colors[i, 2] / 255)
        x = _looked_up(root, r * to_white[0, 0] + g * to_white[0, 1] + b * to_white[0, 2])
        y = _looked_up(root, r * to_white[1, 0] + g * to_white[1, 1] + b * to_white[1, 2])
        z = _looked_up(root, r * to_white[2, 0] + g * to_white[2, 1] + b * to_white[2, 2])
        out[i, 0], out[i, 1], out[i, 2] = 116 * y - 16, 500 * (x - y), 200 * (y - z)


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
