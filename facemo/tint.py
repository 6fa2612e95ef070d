"""Tint: move each cell's mean colour towards the target's, and keep the contrast inside the tile.

For each cell and channel an affine map, value * gain + offset. It commutes with averaging, so
tinting a reduced tile is reducing the tinted tile, and a tint needs nothing but the tile's lowest,
mean and highest value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.errors import InputError
from facemo.features import block_means
from facemo.machine import divide

# With "auto", cells whose mean ΔE2000 exceeds this are brought to it.
_NEAR_ENOUGH = 5.0
_WORTH_IT = 0.05
# Of tiles measured at a time: block_means is to stay on the thread that calls it.
_BATCH_BYTES = 1 << 20


def whole_or_part(tint: object) -> float:
    """`tint` as a float from 0 to 1, or an InputError."""
    number = isinstance(tint, (int, float, np.number)) and not isinstance(tint, bool)
    if number and 0 <= tint <= 1:  # type: ignore[operator]
        return float(tint)  # type: ignore[arg-type]
    message = f'tint must be a number from 0 to 1, or "auto", got {tint!r}'
    if number and (tint < 0 or tint > 1):  # type: ignore[operator]
        message += f"; the nearest is {0 if tint < 0 else 1}"  # type: ignore[operator]
    raise InputError(message)


def levels(pixels: NDArray[np.uint8], numbers: NDArray[np.int32]) -> NDArray[np.float32]:
    """The lowest, mean and highest value of each channel of some of the tiles.

    pixels : (N, h, w, 3) uint8
    numbers : (D,) int32, which of them; no others are read

    Returns (N, 3, 3) float32, with zeros for the others.
    """
    found = np.zeros((len(pixels), 3, 3), np.float32)
    height, width = pixels.shape[1:3]
    batch = max(1, _BATCH_BYTES // pixels[0].nbytes)

    def work(part: slice) -> None:
        for start in range(part.start, part.stop, batch):
            some = numbers[start : min(start + batch, part.stop)]
            tiles = pixels[some]
            # Down the lines first, which is thirty times as fast as both axes at once.
            lines = tiles.reshape(-1, height, width * 3)
            low, high = (
                extreme(axis=1).reshape(-1, width, 3) for extreme in (lines.min, lines.max)
            )
            found[some, 0] = low.min(axis=1)
            found[some, 1] = block_means(tiles, 1)[:, 0, 0]
            found[some, 2] = high.max(axis=1)

    divide(work, len(numbers), len(numbers) * pixels[0].nbytes)
    return found


def affine(
    levels: NDArray[np.float32], colors: NDArray[np.uint8], tint: float
) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
    """The maps that move means by `tint` of the way to `colors`, in 1/256.

    levels : (..., 3, 3) float32, lowest, mean and highest value of the tile in each cell
    colors : (..., 3) uint8, sRGB

    Returns gain and offset, both (..., 3): a value becomes ``(value * gain + offset) >> 8``, which
    rounds to nearest. The gain is 256 unless a value would leave 0 to 255; then it is what just
    prevents that.
    """
    low, mean, high = (levels[..., i, :] for i in range(3))
    moved = mean + np.float32(tint) * (colors - mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.fmin(moved / (mean - low), (255 - moved) / (high - mean))
    gain = np.floor(256 * np.fmin(room, 1))
    offset = np.round(256 * moved + 128 - gain * mean)
    # Rounding must not carry an extreme over the edge.
    offset = np.clip(offset, -gain * low, 65535 - gain * high)
    return gain.astype(np.uint16), offset.astype(np.int32)


def auto(means: NDArray[np.floating], colors: NDArray[np.uint8]) -> float:
    """As little tint as brings cells of these mean colours near enough to `colors`.

    means, colors : (rows, cols, 3), sRGB values of 0 to 255; returns 0 to 1.
    """
    off = float(deltaE_ciede2000(rgb2lab(means / 255), rgb2lab(colors / 255)).mean())
    tint = round(1 - _NEAR_ENOUGH / max(off, _NEAR_ENOUGH), 2)
    return tint if tint >= _WORTH_IT else 0.0
