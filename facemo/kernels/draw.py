"""Tiles laid side by side: the pixels of a mosaic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled, prefetch
from facemo.kernels.recolour import move, move_each, mute, rise

AS_IT_IS = 256  # the gain of what is not recoloured: others are below

_CACHE_LINE = 64  # bytes


class Changes(NamedTuple):
    """What makes V variants of their tiles.

    tile : (V,) int32, which tile each is
    mirrored : (V,) bool
    gain, offset : (V, 3) uint16, int32, in 1/256, as facemo.kernels.recolour has them, or AS_IT_IS
        and 0; empty where none is recoloured
    ramp : (V, 4) int32, how light rises across and down each as it is laid, and how it bends across
        and down, as `kernels.recolour.rise` has it; empty where it does neither
    share : (V,) uint16, how much of its colourfulness is muted, in 1/256; empty where `gain` is
    """

    tile: NDArray[np.int32]
    mirrored: NDArray[np.bool_]
    gain: NDArray[np.uint16]
    offset: NDArray[np.int32]
    ramp: NDArray[np.int32]
    share: NDArray[np.uint16]


@compiled
def assemble(
    lines: NDArray[np.uint8],
    index: NDArray[np.int32],
    y0: int,
    x0: int,
    abreast: int,
    out: NDArray[np.uint8],
) -> None:
    """Lay tiles side by side: the region of the mosaic that begins at line `y0`, byte `x0`.

    lines : (N, h, w * 3) uint8, the tiles' rows of pixels
    index : (rows, cols) int32
    abreast : how many cells are drawn at a time, all their lines
    out : (height, width * 3) uint8

    With a whole row abreast `out` is written in its order: at tiles of 64 and 32 pixels 12 and 18
    GB/s on two processors, where cell by cell makes 10 and 12 and ``np.copyto`` of `out` 11 and 12.
    Tiles that no cache holds are read faster some at a time: 40 MB of them at 12 GB/s, not 4 to 7.
    The explicit inner loop is four times as fast here as assigning a slice.
    """
    tile_height, tile_width = lines.shape[1:]
    height, width = out.shape
    first_col, last_col = x0 // tile_width, (x0 + width - 1) // tile_width
    top = 0
    while top < height:
        row = index[(y0 + top) // tile_height]
        bottom = min(top + tile_height - (y0 + top) % tile_height, height)
        for first in range(first_col, last_col + 1, abreast):
            for i in range(top, bottom):
                y = (y0 + i) % tile_height
                line = out[i]
                for c in range(first, min(first + abreast, last_col + 1)):
                    left = c * tile_width - x0
                    first_x = max(-left, 0)
                    last_x = min(width - left, tile_width)
                    source = lines[row[c], y, first_x:last_x]
                    part = line[left + first_x : left + last_x]
                    for j in range(part.size):
                        part[j] = source[j]
        top = bottom


@compiled
def _mirror(source: NDArray[np.uint8], first: int, line: NDArray[np.uint8]) -> None:
    """Copy a line of a tile, turned around, from byte `first` of the result on."""
    last = source.size - 3 - first
    for i in range(0, line.size, 3):
        line[i] = source[last - i]
        line[i + 1] = source[last - i + 1]
        line[i + 2] = source[last - i + 2]


@compiled
def assemble_changed(
    lines: NDArray[np.uint8],
    changes: Changes,
    cells: NDArray[np.int32],
    y0: int,
    x0: int,
    out: NDArray[np.uint8],
) -> None:
    """Lay variants side by side as `assemble` lays tiles, made on the way.

    lines, y0, x0, out : as for `assemble`
    cells : (rows, cols) int32, which variant stands where

    Copied, muted and moved a line at a time, while it is in the cache.
    """
    tile_height, height = lines.shape[1], len(out)
    top = 0
    while top < height:
        y = (y0 + top) % tile_height
        bottom = min(top + tile_height - y, height)
        _lay_row(lines, changes, cells[(y0 + top) // tile_height], y, x0, out[top:bottom])
        top = bottom


@compiled
def _lay_row(
    lines: NDArray[np.uint8],
    changes: Changes,
    row: NDArray[np.int32],
    y0: int,
    x0: int,
    out: NDArray[np.uint8],
) -> None:
    """Lay a row of cells, from line `y0` and byte `x0` of them on.

    Their maps are spread over a whole line first, and then serve all of its lines. What stays as
    it is is laid again over a recoloured line, which takes less than sparing it.

    Counted without a sign and of one array, copying is twice as fast as it is between slices; and
    asking for a tile's next line ahead doubles it again where no cache holds the tiles.
    """
    tile, mirrored = changes.tile, changes.mirrored
    tile_height, tile_width = lines.shape[1:]
    width, flat = out.shape[1], lines.reshape(-1)
    cells = range(x0 // tile_width, (x0 + width - 1) // tile_width + 1)
    recoloured = np.zeros(len(row), np.bool_)
    shares = np.zeros(width // 3, np.uint16)
    scales, wholes = np.zeros(width, np.uint16), np.zeros(width, np.int16)
    gains, offsets = np.zeros(0, np.uint16), np.zeros(0, np.int32)
    if changes.ramp.size:
        gains, offsets = np.zeros(width, np.uint16), np.zeros(width, np.int32)
        _spread_ramps(changes, row, x0, tile_width, recoloured, (shares, gains, offsets))
    elif changes.gain.size:
        _spread(changes, row, x0, tile_width, recoloured, (shares, scales, wholes))
    passes = 2 if recoloured.any() else 1
    for y in range(len(out)):
        line = out[y]
        for again in range(passes):
            for c in cells:
                if again and recoloured[c]:
                    continue
                left = c * tile_width - x0
                first, last = max(left, 0), min(left + tile_width, width)
                start = (np.int64(tile[row[c]]) * tile_height + y0 + y) * tile_width
                for j in range(0, tile_width, _CACHE_LINE):
                    prefetch(flat, start + tile_width + j)
                if mirrored[row[c]]:
                    source = flat[start : start + tile_width]
                    _mirror(source, first - left, line[first:last])
                else:
                    here, there = np.uint64(first), np.uint64(start + first - left)
                    for i in range(np.uint64(last - first)):
                        line[here + i] = flat[there + i]
            if passes > 1 and not again:
                mute(shares, line)
                if not changes.ramp.size:
                    move(scales, wholes, line)
                    continue
                for c in cells:
                    left = c * tile_width - x0
                    part = slice(max(left, 0), min(left + tile_width, width))
                    ramp = changes.ramp[row[c]]
                    down = rise(ramp[1], ramp[3], y0 + y, tile_height)
                    move_each(gains[part], offsets[part], down, line[part])


@compiled
def _spread(
    changes: Changes,
    row: NDArray[np.int32],
    x0: int,
    tile_width: int,
    recoloured: NDArray[np.bool_],
    maps: tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.int16]],
) -> None:
    """Spread the maps of a row's cells over a line, from byte `x0` on, for `mute` and `move`."""
    gain, offset = changes.gain, changes.offset
    shares, scales, wholes = maps
    for c in range(x0 // tile_width, (x0 + scales.size - 1) // tile_width + 1):
        recoloured[c] = gain[row[c], 0] != AS_IT_IS
        left = c * tile_width - x0
        first, last = max(left, 0), min(left + tile_width, scales.size)
        shares[first // 3 : last // 3] = changes.share[row[c]]
        for channel in range(3):
            moved = offset[row[c], channel]
            scale = (moved & 255) << 8 | (gain[row[c], channel] & 255)
            scales[first + channel : last : 3] = scale
            wholes[first + channel : last : 3] = moved >> 8


@compiled
def _spread_ramps(
    changes: Changes,
    row: NDArray[np.int32],
    x0: int,
    tile_width: int,
    recoloured: NDArray[np.bool_],
    maps: tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.int32]],
) -> None:
    """Spread the maps of a row's cells, ramps across too, over a line, for `mute`, `move_each`."""
    shares, gains, offsets = maps
    for c in range(x0 // tile_width, (x0 + gains.size - 1) // tile_width + 1):
        recoloured[c] = changes.gain[row[c], 0] != AS_IT_IS
        left = c * tile_width - x0
        ramp = changes.ramp[row[c]]
        first, last = max(left, 0), min(left + tile_width, gains.size)
        shares[first // 3 : last // 3] = changes.share[row[c]]
        for i in range(first, last):
            x, channel = (i - left) // 3, (i - left) % 3
            gains[i] = changes.gain[row[c], channel]
            across = rise(ramp[0], ramp[2], x, tile_width // 3)
            offsets[i] = changes.offset[row[c], channel] + across


@compiled
def sample(
    pixels: NDArray[np.uint8],
    changes: Changes,
    cells: NDArray[np.int32],
    ys: NDArray[np.int64],
    xs: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Draw single pixels of the mosaic: those where lines `ys` and columns `xs` cross.

    pixels : (N, h, w, 3) uint8
    cells : (rows, cols) int32, which variant stands where
    out : (len(ys), len(xs), 3) uint8
    """
    tile, mirrored, gain, offset, ramp, share = changes
    height, width = pixels.shape[1:3]
    for i in range(len(ys)):
        row = ys[i] // height
        y = ys[i] % height
        for j in range(len(xs)):
            variant = cells[row, xs[j] // width]
            x = xs[j] % width
            out[i, j] = pixels[tile[variant], y, width - 1 - x if mirrored[variant] else x]
            if gain.size and gain[variant, 0] != AS_IT_IS:
                mute(share[variant : variant + 1], out[i, j])
                light = np.int64(0)
                if ramp.size:
                    light += rise(ramp[variant, 0], ramp[variant, 2], x, width)
                    light += rise(ramp[variant, 1], ramp[variant, 3], y, height)
                for channel in range(3):
                    moved = out[i, j, channel] * np.int64(gain[variant, channel])
                    moved = (moved + offset[variant, channel] + light) >> 8
                    out[i, j, channel] = min(max(moved, 0), 255)
