"""How a tile reaches a mean: a map of its values that keeps the contrast inside it.

For each variant and channel an affine map, value * gain + offset, which needs nothing but the
tile's lowest, mean and highest value, and the mean that is wanted.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.area import block_means
from facemo.drawing.variants import Variants
from facemo.kernels.draw import Changes
from facemo.machine import batches, divide

# Which maps these are: a plan's file says so, for it holds no more of them than means.
EDITION = 1

# Of tiles measured at a time: block_means is to stay on the thread that calls it.
_BATCH_BYTES = 1 << 20
# Variants whose maps are worked out at a time, at some 200 bytes each.
_BATCH = 1 << 16


def changes_of(pixels: NDArray[np.uint8], variants: Variants) -> Changes:
    """What makes each variant of its tile.

    pixels : (N, h, w, 3) uint8, the tiles
    """
    recoloured = np.flatnonzero(variants.recoloured)
    if not recoloured.size:
        none = np.empty((0, 3), np.uint16)
        return Changes(variants.tile, variants.mirrored, none, none.astype(np.int32))
    gain = np.full((len(variants), 3), 256, np.uint16)
    offset = np.full((len(variants), 3), 128, np.int32)
    extremes = extremes_of(pixels, np.unique(variants.tile[recoloured]))
    for part in batches(len(recoloured), _BATCH):
        some = recoloured[part]
        gain[some], offset[some] = affine(extremes[variants.tile[some]], variants.mean[some])
    return Changes(variants.tile, variants.mirrored, gain, offset)


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


def means_of(pixels: NDArray[np.uint8], numbers: NDArray[np.int32]) -> NDArray[np.float32]:
    """The mean colours of some of the tiles: (N, h, w, 3) uint8, (D,) int32 to (D, 3) float32."""
    found = np.empty((len(numbers), 3), np.float32)

    def work(part: slice) -> None:
        found[part] = block_means(pixels[numbers[part]], 1)[:, 0, 0]

    step = max(1, _BATCH_BYTES // pixels[0].nbytes)
    divide(work, len(numbers), len(numbers) * pixels[0].nbytes, step)
    return found


def moved(
    means: NDArray[np.float32], colors: NDArray[np.uint8], tint: float
) -> NDArray[np.float32]:
    """Means of tiles moved by `tint` of the way, 0 to 1, to colours: both (..., 3), sRGB."""
    return np.clip(means + np.float32(tint) * (colors - means), np.float32(0), np.float32(255))


def tints(
    variants: Variants,
    means: NDArray[np.float32],
    cells: NDArray[np.int32],
    colors: NDArray[np.uint8],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How far cells' means are moved towards their colours, and how far these are.

    means : (V, 3) float32, the mean colours of the variants' tiles
    cells : (...) int32, which variant stands in each cell
    colors : (..., 3) uint8, sRGB

    Returns two (...) float32, whose quotient is the tint: the part of the move that leads to the
    colour, and the whole way, both times the whole way.
    """
    own = means[cells]
    move, way = np.nan_to_num(variants.mean[cells] - own), colors - own
    return (move * way).sum(axis=-1), (way * way).sum(axis=-1)


def affine(
    extremes: NDArray[np.float32], mean: NDArray[np.float32]
) -> tuple[NDArray[np.uint16], NDArray[np.int32]]:
    """The maps that move tiles to these means, in 1/256.

    extremes : (..., 3, 3) float32, the lowest, mean and highest value of each tile
    mean : (..., 3) float32, sRGB, what their means are moved to

    Returns gain and offset, both (..., 3): a value becomes ``(value * gain + offset) >> 8``, which
    rounds to nearest. The gain is 256 unless a value would leave 0 to 255; then it is what just
    prevents that.
    """
    low, own, high = (extremes[..., i, :] for i in range(3))
    with np.errstate(divide="ignore", invalid="ignore"):
        room = np.fmin(mean / (own - low), (255 - mean) / (high - own))
    gain = np.floor(256 * np.fmin(room, 1))
    offset = np.round(256 * mean + 128 - gain * own)
    # Rounding must not carry an extreme over the edge.
    offset = np.clip(offset, -gain * low, 65535 - gain * high)
    return gain.astype(np.uint16), offset.astype(np.int32)
