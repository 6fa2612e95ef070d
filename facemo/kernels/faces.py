"""A window slid over a picture at all scales: where a cascade of local binary patterns sees faces.

What is looked at most is laid out so that loops over it are vectorised: sums of greys are in four
planes, of even and odd rows and columns, for every other window is looked at each way; and of 16
bits, for no block of a window has a sum that they cannot hold.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled, inlined

_STEP = 2  # pixels from one window to the next
_LEAD = 2  # stages that are computed for all windows of a row together
# Where a window's stages begin. Of the type of a variable: constants are compiled one by one.
_ALL, _AFTER = np.int64(0), np.int64(_LEAD)
_NEAR = 2  # pixels from a window that passes: how far off all others are looked at


class Cascade(NamedTuple):
    """A cascade of boosted features.

    blocks : (F, 4) int32, of each feature the left, top, width and height of one of its 3 x 3
    votes : (F, 256) float32, what each pattern says for a face
    stages : (S,) int32, the number of features up to the end of each stage
    least : (S,) float32, the sum of votes that each asks for
    side : pixels of a window
    """

    blocks: NDArray[np.int32]
    votes: NDArray[np.float32]
    stages: NDArray[np.int32]
    least: NDArray[np.float32]
    side: int


@compiled
def face_windows(
    grey: NDArray[np.uint8],
    cascade: Cascade,
    first: tuple[int, int],
    growth: float,
    seed: float,
    every: float,
    out: NDArray[np.float64],
) -> int:
    """Find windows that every stage of the cascade takes for a face; how many there are.

    grey : (H, W) uint8
    first : (rows, cols) it is brought to first, at most H and W; then smaller by `growth` each time
    seed : what the first two stages together ask of a window; what is near one that passes needs no
        more than each stage asks for
    every : windows are looked at at a step of two pixels, and where they are so many times as large
        as in the first picture, at a step of one
    out : (n, 4) float64, top, left, bottom and right in pixels of `grey`; no more than it holds
    """
    rows, cols = first
    sums = np.empty((_STEP, _STEP, rows // _STEP + 1, cols // _STEP + 1), np.uint16)
    corners = np.empty((_STEP, _STEP, len(cascade.blocks), 16), np.uint32)
    _find_corners(cascade.blocks, sums.shape[2:], corners)
    level, scale, count = grey, 1.0, 0
    while min(rows, cols) >= cascade.side:
        smaller = np.empty((rows, cols), np.uint8)
        shrink(level, smaller)
        level = smaller
        _add_up(level, sums)
        passed = np.zeros((rows - cascade.side + 1, cols - cascade.side + 1), np.bool_)
        origins = _STEP if scale >= every else 1
        if _look(sums, corners, cascade, origins, seed, passed):
            tall, wide = grey.shape[0] / rows, grey.shape[1] / cols
            for y in range(passed.shape[0]):
                for x in range(passed.shape[1]):
                    if passed[y, x] and count < len(out):
                        out[count, 0], out[count, 1] = y * tall, x * wide
                        out[count, 2] = (y + cascade.side) * tall
                        out[count, 3] = (x + cascade.side) * wide
                        count += 1
        scale *= growth
        rows, cols = round(first[0] / scale), round(first[1] / scale)
    return count


@compiled
def shrink(grey: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Bring a picture to another size, by at most a half, each pixel from the four around it.

    grey : (H, W) uint8, at least 2 x 2
    out : (rows, cols) uint8
    """
    height, width = grey.shape
    rows, cols = out.shape
    starts, shares = np.empty(cols, np.uint32), np.empty(cols, np.uint32)
    for x in range(cols):
        place = max((x + 0.5) * width / cols - 0.5, 0)
        starts[x] = min(int(place), width - 2)
        shares[x] = np.uint32(256 * (place - starts[x]))
    between = np.empty(width, np.uint16)
    beyond = between[1:]
    for y in range(rows):
        place = max((y + 0.5) * height / rows - 0.5, 0)
        start = min(int(place), height - 2)
        below = np.uint16(256 * (place - start))
        above = np.uint16(256 - below)
        upper, lower, line = grey[start], grey[start + 1], out[y]
        for x in range(width):
            mixed = np.uint16(np.uint16(upper[x] * above) + np.uint16(lower[x] * below))
            between[x] = mixed >> 8
        for x in range(cols):
            left, right = np.uint32(between[starts[x]]), np.uint32(beyond[starts[x]])
            line[x] = np.uint32(left * (np.uint32(256) - shares[x]) + right * shares[x]) >> 8


@compiled
def _find_corners(
    blocks: NDArray[np.int32], plane: tuple[int, int], out: NDArray[np.uint32]
) -> None:
    """Where in the sums the corners of each feature's blocks are, line by line.

    plane : (rows, cols) of each of the four
    out : (2, 2, F, 16) uint32, from windows in even rows, even columns on, and from those beside
    """
    for below in range(_STEP):
        for beyond in range(_STEP):
            for feature in range(len(blocks)):
                left, top, width, height = blocks[feature]
                for i in range(16):
                    y, x = below + top + i // 4 * height, beyond + left + i % 4 * width
                    row = (y % _STEP * _STEP + x % _STEP) * plane[0] + y // _STEP
                    out[below, beyond, feature, i] = row * plane[1] + x // _STEP


@compiled
def _add_up(grey: NDArray[np.uint8], out: NDArray[np.uint16]) -> None:
    """The sums of the greys above and left of each corner, but for multiples of 65,536.

    out : (2, 2, rows, cols) uint16, those in even and odd rows, even and odd columns
    """
    half, pairs = out.shape[3], grey.shape[1] // _STEP
    below = np.zeros(grey.shape[1] + 1, np.uint16)
    out[0, :, 0] = 0
    for y in range(len(grey)):
        line, place = grey[y], (y + 1) // _STEP
        even, odd = out[(y + 1) % _STEP, 0, place], out[(y + 1) % _STEP, 1, place]
        for x in range(line.size):
            below[x] += line[x]
        total = np.uint16(0)
        for i in range(pairs):
            even[i] = total
            total = np.uint16(total + np.uint16(below[2 * i] + below[2 * i + 1]))
        even[pairs] = total
        for i in range(min(half, pairs + 1)):
            odd[i] = even[i] + below[2 * i]


@compiled
def _look(
    sums: NDArray[np.uint16],
    corners: NDArray[np.uint32],
    cascade: Cascade,
    origins: int,
    seed: float,
    out: NDArray[np.bool_],
) -> bool:
    """Say which windows pass, by their top left pixel, and whether any does; `out` is False.

    origins : 1 for windows at a step of two pixels, from the first on, or 2 for those between, too

    A window a pixel of a plane is looked at: those that reach beyond the picture cost less than to
    go row by row.
    """
    pitch, flat = sums.shape[3], sums.ravel()
    rows, cols = out.shape
    lead = cascade.stages[_LEAD - 1]
    patterns = np.empty((lead, (rows - 1) // _STEP * pitch + (cols + 1) // _STEP), np.uint8)
    any_passes = False
    for below in range(origins):
        for beyond in range(origins):
            here = corners[below, beyond]
            for feature in range(lead):
                _patterns(flat, here[feature], patterns[feature])
            for row in range(below, rows, _STEP):
                for col in range(beyond, cols, _STEP):
                    at = row // _STEP * pitch + col // _STEP
                    total = np.float32(0)
                    for feature in range(lead):
                        total += cascade.votes[feature, patterns[feature, at]]
                    if total >= seed and _passes(flat[at:], here, cascade, _AFTER):
                        any_passes |= _look_near(flat, pitch, corners, cascade, (row, col), out)
    return any_passes


@compiled
def _look_near(
    flat: NDArray[np.uint16],
    pitch: int,
    corners: NDArray[np.uint32],
    cascade: Cascade,
    window: tuple[int, int],
    out: NDArray[np.bool_],
) -> bool:
    """Say which of the windows around one pass, and whether any does that was not known to."""
    (row, col), (rows, cols) = window, out.shape
    any_passes = False
    for y in range(max(row - _NEAR, 0), min(row + _NEAR + 1, rows)):
        for x in range(max(col - _NEAR, 0), min(col + _NEAR + 1, cols)):
            near = flat[y // _STEP * pitch + x // _STEP :]
            if not out[y, x] and _passes(near, corners[y % _STEP, x % _STEP], cascade, _ALL):
                out[y, x] = any_passes = True
    return any_passes


@compiled
def _passes(
    window: NDArray[np.uint16], corners: NDArray[np.uint32], cascade: Cascade, stage: np.int64
) -> bool:
    """Whether every stage from one on takes a window for a face."""
    feature = 0 if stage == 0 else cascade.stages[stage - 1]
    for here in range(stage, cascade.stages.size):
        vote = np.float32(0)
        while feature < cascade.stages[here]:
            vote += cascade.votes[feature, _pattern_at(window, corners[feature])]
            feature += 1
        if vote < cascade.least[here]:
            return False
    return True


@compiled
def _patterns(sums: NDArray[np.uint16], at: NDArray[np.uint32], out: NDArray[np.uint8]) -> None:
    """The patterns of many windows, one after the other: 0.3 ns each, where one alone takes 10.

    at : (16,) uint32, where in `sums` the corners of the first window's blocks are
    """
    a, b, c, d = sums[at[0] :], sums[at[1] :], sums[at[2] :], sums[at[3] :]
    e, f, g, h = sums[at[4] :], sums[at[5] :], sums[at[6] :], sums[at[7] :]
    k, m, n, o = sums[at[8] :], sums[at[9] :], sums[at[10] :], sums[at[11] :]
    p, q, r, s = sums[at[12] :], sums[at[13] :], sums[at[14] :], sums[at[15] :]
    for i in range(out.size):
        upper = a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]
        lower = k[i], m[i], n[i], o[i], p[i], q[i], r[i], s[i]
        out[i] = _pattern(upper, lower)


@inlined
def _pattern_at(sums: NDArray[np.uint16], at: NDArray[np.uint32]) -> np.integer[Any]:
    """The pattern of one window."""
    upper = (
        *(sums[at[0]], sums[at[1]], sums[at[2]], sums[at[3]]),
        *(sums[at[4]], sums[at[5]], sums[at[6]], sums[at[7]]),
    )
    lower = (
        *(sums[at[8]], sums[at[9]], sums[at[10]], sums[at[11]]),
        *(sums[at[12]], sums[at[13]], sums[at[14]], sums[at[15]]),
    )
    return _pattern(upper, lower)


@inlined
def _pattern(upper: tuple[int, ...], lower: tuple[int, ...]) -> np.integer[Any]:
    """Which of the eight blocks around the one in the middle are as bright as it: a bit for each.

    upper, lower : the sums at the corners of 3 x 3 blocks, line by line, two lines in each

    Clockwise from the top left block, the highest bit first.
    """
    s00, s01, s02, s03, s10, s11, s12, s13 = upper
    s20, s21, s22, s23, s30, s31, s32, s33 = lower
    middle = np.uint16(s11 + s22 - s12 - s21)
    return (
        128 * (np.uint16(s00 + s11 - s01 - s10) >= middle)
        + 64 * (np.uint16(s01 + s12 - s02 - s11) >= middle)
        + 32 * (np.uint16(s02 + s13 - s03 - s12) >= middle)
        + 16 * (np.uint16(s12 + s23 - s13 - s22) >= middle)
        + 8 * (np.uint16(s22 + s33 - s23 - s32) >= middle)
        + 4 * (np.uint16(s21 + s32 - s22 - s31) >= middle)
        + 2 * (np.uint16(s20 + s31 - s21 - s30) >= middle)
        + (np.uint16(s10 + s21 - s11 - s20) >= middle)
    )


@compiled
def agree(
    windows: NDArray[np.float64], same: float, part: float, fewest: int, out: NDArray[np.float64]
) -> int:
    """The means of windows that overlap, most of them first; how many there are.

    windows : (n, 4) float64, top, left, bottom and right
    same : what two that are of one face have in common, of what they cover together
    part : what one has in common with a face if it is no face beside it
    fewest : how many are a face
    out : (n, 4) float64
    """
    count = len(windows)
    share = np.empty((count, count), np.float32)
    for i in range(count):
        for j in range(i + 1):
            share[i, j] = share[j, i] = _overlap(windows[i], windows[j])
    left, found = np.ones(count, np.bool_), 0
    while True:
        best, most = -1, 0
        for i in range(count):
            agreeing = 0
            if left[i]:
                for j in range(count):
                    agreeing += left[j] and share[i, j] > same
            if agreeing > most:
                best, most = i, agreeing
        if best < 0:
            return found
        if most >= fewest:
            for side in range(4):
                total = 0.0
                for i in range(count):
                    if left[i] and share[best, i] > same:
                        total += windows[i, side]
                out[found, side] = total / most
            found += 1
        for i in range(count):
            left[i] &= share[best, i] <= part


@compiled
def _overlap(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """What two boxes have in common of what they cover together."""
    tall = min(one[2], other[2]) - max(one[0], other[0])
    wide = min(one[3], other[3]) - max(one[1], other[1])
    if tall <= 0 or wide <= 0:
        return 0.0
    areas = (one[2] - one[0]) * (one[3] - one[1]) + (other[2] - other[0]) * (other[3] - other[1])
    share: float = tall * wide / (areas - tall * wide)
    return share
