"""Tint: move each cell's mean colour towards the target's, and keep the contrast inside the tile.

For each cell and channel an affine map, value * gain + offset. It commutes with averaging, so
tinting a reduced tile is reducing the tinted tile, and a tint needs nothing but the tile's lowest,
mean and highest value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.area import block_means
from facemo.machine import divide

# Of tiles measured at a time: block_means is to stay on the thread that calls it.
_BATCH_BYTES = 1 << 20


def extremes_of(pixels: NDArray[np.uint8], numbers: NDArray[np.int32]) -> NDArray[np.float32]:
    """The lowest, mean and highest value of each channel of some of the tiles.

    pixels : (N, h, w, 3) uint8
    numbers : (D,) int32, which of them; no others are read

    Returns (N, 3, 3) float32, with zeros for the others.
    """
    found = np.zeros((len(pixels), 3, 3), np.float32)
    height, width = pixels.shape[1:3]

    def work(part: slice) -> None:
        some = numbers[part]
        tiles = pixels[some]
        # Down the lines first, which is thirty times as fast as both axes at once.
        lines = tiles.reshape(-1, height, width * 3)
        low, high = (extreme(axis=1).reshape(-1, width, 3) for extreme in (lines.min, lines.max))
        found[some, 0] = low.min(axis=1)
        found[some, 1] = block_means(tiles, 1)[:, 0, 0]
        found[some, 2] = high.max(axis=1)

    step = max(1, _BATCH_BYTES // pixels[0].nbytes)
    divide(work, len(numbers), len(numbers) * pixels[0].nbytes, step)
    return found


def affine(
    extremes: NDArray[np.float32], colors: NDArray[np.uint8], tint: float
) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
    """The maps that move means by `tint` of the way to `colors`, in 1/256.

    extremes : (..., 3, 3) float32, lowest, mean and highest value of the tile in each cell
    colors : (..., 3) uint8, sRGB

    Returns gain and offset, both (..., 3): a value becomes ``(value * gain + offset) >> 8``, which
    rounds to nearest. The gain is 256 unless a value would leave 0 to 255; then it is what just
    prevents that.
    """
    low, mean, high = (extremes[..., i, :] for i in range(3))
    moved = mean + np.float32(tint) * (colors - mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.fmin(moved / (mean - low), (255 - moved) / (high - mean))
    gain = np.floor(256 * np.fmin(room, 1))
    offset = np.round(256 * moved + 128 - gain * mean)
    # Rounding must not carry an extreme over the edge.
    offset = np.clip(offset, -gain * low, 65535 - gain * high)
    return gain.astype(np.uint16), offset.astype(np.int32)
