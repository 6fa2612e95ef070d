"""How a tile reaches a mean: a map of its values that keeps the photo inside it.

Up to half of its colourfulness goes, which from afar is what looks garish; then each channel has a
gain and an offset of its own, light may rise and bend across it, and what leaves 0 to 255 is
clipped. How much of its colours and of its contrast a tile loses follows how far it is `muted`.
facemo.kernels.recolour does it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.area import block_means, light_of
from facemo.drawing.variants import Variants
from facemo.kernels.draw import AS_IT_IS, Changes
from facemo.kernels.recolour import Slopes, count_values, find_offsets, find_ramped_offsets
from facemo.kinds import WHITE, Color
from facemo.machine import divide

# Which maps these are: a plan's file says so, for it holds no more of them than means. By the first
# edition values kept their colourfulness, and no gain let one leave 0 to 255.
EDITION = 3

# Standard deviations above _SOFT are brought to it, but no tile is softened more than to _SOFTEST.
_SOFT, _SOFTEST = 44, 0.65
_SHARE = 128  # how much of its colourfulness a tile loses that is muted in full, in 1/256
# How many times a standard deviation may exceed the room between a mean and 0 or 255: with 3 in
# place of 1 photos stay to be seen in what is nearly white or black, a quarter fewer cells lose
# half of their contrast, and FLIP stays as it was.
_CLIPPED = 3.0
_APART = 2  # times what the channel keeps that keeps least
# Of tiles measured at a time: block_means is to stay on the thread that calls it.
_BATCH_BYTES = 1 << 20
# Variants whose maps are worked out at a time: their tiles' counts take 3 kB each.
_BATCH = 1 << 11
# To find a variant's map takes as long as it does to draw so many bytes.
_BYTES_OF_WORK = 1 << 15


def changes_of(
    pixels: NDArray[np.uint8],
    variants: Variants,
    background: Color = WHITE,
    view: str = "screen",
) -> Changes:
    """What makes each variant of its tile.

    pixels : (N, h, w, 3) uint8, the tiles
    background : what is seen where there is no tile, sRGB: a gain of 0 makes any tile that colour
    view : what means are averages of, as facemo.area has it
    """
    recoloured, empty = np.flatnonzero(variants.recoloured), variants.empty
    shaded: NDArray[np.bool_] = np.asarray(variants.ramp.any(axis=1))
    ramp = variants.ramp[: len(variants) if shaded.any() else 0].astype(np.int32)
    tile = np.maximum(variants.tile, 0)
    if not (recoloured.size or empty.any()):
        none = np.empty((0, 3), np.uint16)
        no_share = np.empty(0, np.uint16)
        return Changes(tile, variants.mirrored, none, none.astype(np.int32), ramp, no_share)
    gain = np.full((len(variants), 3), AS_IT_IS, np.uint16)
    offset = np.zeros((len(variants), 3), np.int32)
    gain[empty], offset[empty] = 0, np.array(background, np.int32) * 256
    muted, share = variants.muted, _shares(variants.muted)
    mean, levels = light_of(variants.mean, view), light_of(np.arange(256), view)
    rises = variants.ramp.astype(np.int32)  # across tiles as they are, not as they are laid
    rises[variants.mirrored, 0] *= -1
    # Those of a tile together, so that its values are counted once.
    order = recoloured[np.argsort(variants.tile[recoloured], kind="stable")]

    def work(part: slice) -> None:
        some = order[part]
        counts, which = _counted(pixels, tile[some], share[some])
        # Below 1, where all values would step at the same offsets, and the mean with them.
        wanted = np.floor(256 * gains(spreads(counts)[which], variants.mean[some], muted[some]))
        gain[some] = np.minimum(wanted, AS_IT_IS - 1)
        even = ~shaded[some]
        found = np.empty((int(even.sum()), 3), np.int32)
        find_offsets(counts, which[even], gain[some[even]], mean[some[even]], levels, found)
        offset[some[even]] = found
        ramped = some[~even]
        found = np.empty((len(ramped), 3), np.int32)
        slopes = Slopes(tile[ramped], share[ramped], gain[ramped])
        find_ramped_offsets(pixels, slopes, rises[ramped], mean[ramped], levels, found)
        offset[ramped] = found

    divide(work, len(order), _BYTES_OF_WORK * len(order), _BATCH)
    return Changes(tile, variants.mirrored, gain, offset, ramp, share)


def _shares(muted: NDArray[np.float32]) -> NDArray[np.uint16]:
    """How much of their colourfulness tiles lose, in 1/256: (v,) float32 to (v,) uint16."""
    return np.rint(_SHARE * muted).astype(np.uint16)


def _counted(
    pixels: NDArray[np.uint8], tile: NDArray[np.int32], share: NDArray[np.uint16]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """How many muted pixels of tiles have each value, (n, 3, 256), and whose each has: (v,)."""
    looks, which = np.unique(tile.astype(np.int64) << 8 | share, return_inverse=True)
    counts = np.empty((len(looks), 3, 256), np.int32)
    count_values(pixels, (looks >> 8).astype(np.int32), (looks & 255).astype(np.uint16), counts)
    return counts, which.astype(np.int32)


def contrasts(
    pixels: NDArray[np.uint8], tile: NDArray[np.int32], mean: NDArray[np.float32], muted: float
) -> NDArray[np.float32]:
    """How much of its contrast each of some tiles keeps, moved to a mean: (v, 3) float32.

    tile : (v,) int32, ascending; mean : (v, 3) float32, sRGB
    muted : how far they are muted, 0 to 1
    """
    found, strength = np.empty(mean.shape, np.float32), np.full(len(tile), muted, np.float32)

    def work(part: slice) -> None:
        counts, which = _counted(pixels, tile[part], _shares(strength[part]))
        found[part] = gains(spreads(counts)[which], mean[part], strength[part])

    divide(work, len(tile), _BYTES_OF_WORK * len(tile), _BATCH)
    return found


def spreads(counts: NDArray[np.int32]) -> NDArray[np.float32]:
    """Standard deviations of what was counted: (n, 3, 256) int32, by value, to (n, 3) float32."""
    values = np.arange(256.0)
    pixels = counts.sum(axis=-1)
    mean = counts @ values / pixels
    square = counts @ (values * values) / pixels - mean * mean
    found: NDArray[np.float32] = np.sqrt(np.maximum(square, 0)).astype(np.float32)
    return found


def gains(
    spread: NDArray[np.float32], mean: NDArray[np.float32], muted: NDArray[np.float32]
) -> NDArray[np.float32]:
    """What the contrast of tiles is multiplied with, at most 1.

    spread : (..., 3) float32, the standard deviation of a tile's muted values, a channel
    mean : (..., 3) float32, sRGB, what its mean is to become
    muted : (...) float32, how far it is muted: at 0 it keeps its contrast, at 1 as follows

    Returns (..., 3) float32. Tiles of much contrast are softened, for it disturbs the picture with
    its square; and a third of a standard deviation has room between the mean and 0 and 255: what
    is clipped does not cost a whole tile its contrast. No channel keeps more than twice what
    another does, or shadows in light skin would be red, and those of a white sky yellow.

    >>> spread, mean = np.float32([20, 20, 20]), np.float32([128, 10, 250])
    >>> [gains(spread, mean, np.float32(muted)).tolist() for muted in (1, 0.5, 0)]
    [[1.0, 1.0, 0.75], [1.0, 1.0, 0.875], [1.0, 1.0, 1.0]]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        soft = np.clip(_SOFT / spread.mean(axis=-1, keepdims=True), _SOFTEST, 1)
        room = _CLIPPED * np.minimum(mean, 255 - mean) / spread
    alone = np.fmin(soft, room)
    full = np.minimum(alone, _APART * alone.min(axis=-1, keepdims=True))
    # In this form it is `full`, to the last bit, of what is muted in full.
    found: NDArray[np.float32] = full + (1 - muted[..., np.newaxis]) * (1 - full)
    return found


def means_of(
    pixels: NDArray[np.uint8], numbers: NDArray[np.int32], view: str = "screen"
) -> NDArray[np.float32]:
    """The mean colours of some of the tiles: (N, h, w, 3) uint8, (D,) int32 to (D, 3) float32."""
    found = np.empty((len(numbers), 3), np.float32)

    def work(part: slice) -> None:
        found[part] = block_means(pixels[numbers[part]], 1, view)[:, 0, 0]

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
