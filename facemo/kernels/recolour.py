"""The map that recolours a tile: less colourfulness, then a gain and an offset a channel.

Of a value v of a pixel of luma Y first the muted value is made, with a share s of at most a half,
in 1/256: z = ((256 - s) * v + s * Y + 128) >> 8; and of it ``(z * gain + offset) >> 8``, clipped to
0 to 255. Gains are below 256, so that a product and the offset's lower byte fit sixteen bits, of
which a processor counts twice as many at once as of 32.

Where light is to run across a tile, its offsets rise from edge to edge, or bend between them, by as
much in each channel.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled

_U16 = np.uint16
_I16 = np.int16
# How near to a mean is enough, and an offset with which all values become 0 or 255.
_NEAR, _FAR = 1 / 64, (1 << 17) - 2


class Slopes(NamedTuple):
    """What is known of the maps of v variants before their offsets.

    tile : (v,) int32, which tile each is
    share : (v,) uint16, how much of its colourfulness is muted, in 1/256, at most 128
    gain : (v, 3) uint16, in 1/256, below 256
    """

    tile: NDArray[np.int32]
    share: NDArray[np.uint16]
    gain: NDArray[np.uint16]


@compiled
def mute(share: NDArray[np.uint16], line: NDArray[np.uint8]) -> None:
    """Take from pixels, in place, each a share of its colourfulness.

    share : (w,) uint16, in 1/256, at most 128
    line : (w * 3,) uint8

    Their luma is that of ITU-R BT.601, in 1/256.
    """
    for pixel in range(line.size // 3):
        i = 3 * pixel
        less = share[pixel]
        own = _U16(_U16(256) - less)
        red, green, blue = _U16(line[i]), _U16(line[i + 1]), _U16(line[i + 2])
        warm = _U16(_U16(_U16(77) * red) + _U16(_U16(150) * green))
        luma = _U16(_U16(warm + _U16(_U16(29) * blue)) + _U16(128)) >> _U16(8)
        luma = _U16(_U16(less * luma) + _U16(128))
        line[i] = np.uint8(_U16(_U16(own * red) + luma) >> _U16(8))
        line[i + 1] = np.uint8(_U16(_U16(own * green) + luma) >> _U16(8))
        line[i + 2] = np.uint8(_U16(_U16(own * blue) + luma) >> _U16(8))


@compiled
def move(scale: NDArray[np.uint16], whole: NDArray[np.int16], line: NDArray[np.uint8]) -> None:
    """Move muted values, in place, each by a gain and an offset of its own.

    scale : (n,) uint16, the gain, and 256 times the lower byte of the offset
    whole : (n,) int16, what the offset has above that
    line : (n,) uint8
    """
    for i in range(line.size):
        scaled = _U16(_U16(line[i]) * _U16(scale[i] & _U16(255)))
        scaled = _U16(scaled + _U16(scale[i] >> _U16(8))) >> _U16(8)
        moved = _I16(_I16(scaled) + whole[i])
        line[i] = np.uint8(min(max(moved, _I16(0)), _I16(255)))


@compiled
def rise(ramp: int, bend: int, place: int, side: int) -> int:
    """What a ramp adds to the offset of a line or column, in 1/256: nothing on the average of all.

    ramp : values from edge to edge; bend : values from the middle to either edge
    place : which of `side` pixels
    """
    off = 2 * place + 1 - side
    light = ramp * 128 * off // side
    if bend:
        light += bend * 256 * (3 * off * off - side * side + 1) // (3 * side * side)
    return light


@compiled
def move_each(
    gain: NDArray[np.uint16], offset: NDArray[np.int32], more: int, line: NDArray[np.uint8]
) -> None:
    """Move muted values as `move` does, with whole offsets and `more` beside each, in 1/256.

    gain, offset : (n,) uint16, int32; line : (n,) uint8
    """
    down = np.int32(more)
    for i in range(line.size):
        moved = (np.int32(line[i]) * np.int32(gain[i]) + offset[i] + down) >> np.int32(8)
        line[i] = np.uint8(min(max(moved, np.int32(0)), np.int32(255)))


@compiled
def count_values(
    pixels: NDArray[np.uint8],
    numbers: NDArray[np.int32],
    share: NDArray[np.uint16],
    out: NDArray[np.int32],
) -> None:
    """How many muted pixels of some tiles have each value.

    pixels : (N, h, w, 3) uint8
    numbers : (n,) int32, which of them
    share : (n,) uint16, how far each is muted, in 1/256
    out : (n, 3, 256) int32
    """
    line, shares = np.empty(pixels.shape[2] * 3, np.uint8), np.empty(pixels.shape[2], np.uint16)
    for n in range(len(numbers)):
        counts = out[n]
        counts[:] = 0
        shares[:] = share[n]
        for y in range(pixels.shape[1]):
            line[:] = pixels[numbers[n], y].reshape(-1)
            mute(shares, line)
            for i in range(0, line.size, 3):
                for channel in range(3):
                    counts[channel, line[i + channel]] += 1


@compiled
def total(counts: NDArray[np.int32], gain: int, offset: int, levels: NDArray[np.float64]) -> float:
    """The sum of a channel's values after a move, clipping included, or of their light.

    counts : (256,) int32, how many there are of each value
    levels : (256,) float64, what is summed for each value
    """
    sums = 0.0
    for value in range(256):
        moved = (np.int32(value) * np.int32(gain) + np.int32(offset)) >> np.int32(8)
        sums += counts[value] * levels[min(max(moved, np.int32(0)), np.int32(255))]
    return sums


@compiled
def find_offsets(
    counts: NDArray[np.int32],
    tile: NDArray[np.int32],
    gain: NDArray[np.uint16],
    mean: NDArray[np.float64],
    levels: NDArray[np.float64],
    out: NDArray[np.int32],
) -> None:
    """The offsets with which tiles come nearest to means, as they are drawn.

    counts : (n, 3, 256) int32, of muted values
    tile : (v,) int32, whose counts each variant has
    gain : (v, 3) uint16, in 1/256, below 256
    mean : (v, 3) float64, the mean that is wanted of what `levels` has for each value
    levels : (256,) float64, rising
    out : (v, 3) int32, in 1/256

    By bisection, for the mean rises with the offset.
    """
    for v in range(len(tile)):
        for channel in range(3):
            each, slope = counts[tile[v], channel], int(gain[v, channel])
            wanted = np.float64(mean[v, channel]) * each.sum()
            # With the one all values become 0, with the other 255.
            low, high = -65536, 65536
            while high - low > 1:
                middle = (low + high) // 2
                if total(each, slope, middle, levels) < wanted:
                    low = middle
                else:
                    high = middle
            below, above = total(each, slope, low, levels), total(each, slope, high, levels)
            out[v, channel] = low if wanted - below < above - wanted else high


@compiled
def find_ramped_offsets(
    pixels: NDArray[np.uint8],
    slopes: Slopes,
    ramp: NDArray[np.int32],
    mean: NDArray[np.float64],
    levels: NDArray[np.float64],
    out: NDArray[np.int32],
) -> None:
    """As `find_offsets`, for variants across which light runs: what is clipped depends on place.

    pixels : (N, h, w, 3) uint8
    ramp : (v, 4) int32, how light rises, and bends, across and down the tile as it is, not as laid

    By steps as long as what is not clipped needs them, from where nothing would be clipped on.
    """
    height, width = pixels.shape[1:3]
    tile, share, gain = slopes
    line, shares = np.empty(width * 3, np.uint8), np.empty(width, np.uint16)
    values = np.empty((3, height * width), np.int32)
    for v in range(len(tile)):
        shares[:] = share[v]
        for y in range(height):
            line[:] = pixels[tile[v], y].reshape(-1)
            mute(shares, line)
            down = rise(ramp[v, 1], ramp[v, 3], y, height)
            for x in range(width):
                light = down + rise(ramp[v, 0], ramp[v, 2], x, width)
                for channel in range(3):
                    value = np.int64(line[3 * x + channel]) * np.int64(gain[v, channel])
                    values[channel, y * width + x] = value + light
        for channel in range(3):
            out[v, channel] = _offset_of(values[channel], mean[v, channel], levels)


@compiled
def _offset_of(values: NDArray[np.int32], wanted: float, levels: NDArray[np.float64]) -> int:
    """What to add to values, in 1/256, so that their mean, clipped and rounded, comes near."""
    count = values.size
    low, high = -_FAR, _FAR
    above = min(max(int(np.searchsorted(levels, wanted)), 1), 255)
    value = above - (levels[above] - wanted) / (levels[above] - levels[above - 1])
    # Rounding down takes half of what it can.
    offset = int(np.floor(256 * value + 128 - values.sum() / count))
    best, least = offset, np.inf
    while True:
        offset = min(max(offset, low), high)
        total, slope = _moved(values, offset, levels)
        off = wanted - total / count
        if abs(off) < least:
            best, least = offset, abs(off)
        if off > 0:
            low = offset + 1
        else:
            high = offset - 1
        if least < _NEAR or low > high:
            return best
        step = int(np.rint(256 * off * count / max(slope, 1e-6)))
        # Halfway where that leads out of what is left.
        offset = offset + step if low <= offset + step <= high else (low + high) // 2


@compiled
def _moved(
    values: NDArray[np.int32], offset: int, levels: NDArray[np.float64]
) -> tuple[float, float]:
    """The sum that `total` has, and how much it rises with each value that is not clipped."""
    sums = inside = np.int64(0)
    if levels[128] == 128:  # the values themselves: without a table four times as fast
        for i in range(values.size):
            moved = (values[i] + np.int32(offset)) >> np.int32(8)
            held = min(max(moved, np.int32(0)), np.int32(255))
            sums += np.int64(held)
            inside += np.int64(held == moved)
        return float(sums), float(inside)
    light = slope = 0.0
    for i in range(values.size):
        moved = (values[i] + np.int32(offset)) >> np.int32(8)
        held = min(max(moved, np.int32(0)), np.int32(255))
        light += levels[held]
        if held == moved:
            slope += levels[min(held + 1, 255)] - levels[max(held - 1, 0)]
    return light, slope / 2
