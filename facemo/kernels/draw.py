"""Tiles laid side by side: the pixels of a mosaic."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


class Changes(NamedTuple):
    """What makes V variants of their tiles.

    tile : (V,) int32, which tile each is
    mirrored : (V,) bool
    gain, offset : (V, 3) uint16, int32, the maps of values, 1/256; empty where none is recoloured
    """

    tile: NDArray[np.int32]
    mirrored: NDArray[np.bool_]
    gain: NDArray[np.uint16]
    offset: NDArray[np.int32]


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
def _recolour(gain: NDArray[np.uint16], offset: NDArray[Any], line: NDArray[np.uint8]) -> None:
    """Apply one affine map a byte in place: gain and offset in 1/256, counted modulo 2**16.

    No result leaves 0 to 255, so the overflow of a negative offset comes out right; sixteen bits
    rather than 32 double what the processor does at once.
    """
    for i in range(line.size):
        total = np.uint16(np.uint16(np.uint16(line[i]) * gain[i]) + np.uint16(offset[i]))
        line[i] = np.uint8(total >> np.uint16(8))


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

    A line at a time, while it is in the cache. The maps of a row of cells are spread over a whole
    line first, and then serve all of its lines.
    """
    tile, mirrored, gain, offset = changes
    tile_height, tile_width = lines.shape[1:]
    height, width = out.shape
    first_col, last_col = x0 // tile_width, (x0 + width - 1) // tile_width
    shown, turned = np.empty(last_col + 1, np.int32), np.empty(last_col + 1, np.bool_)
    gains, offsets = np.empty(width, np.uint16), np.empty(width, np.uint16)
    for i in range(height):
        y = (y0 + i) % tile_height
        line = out[i]
        new_row = i == 0 or y == 0
        if new_row:
            row = cells[(y0 + i) // tile_height]
            for c in range(first_col, last_col + 1):
                shown[c], turned[c] = tile[row[c]], mirrored[row[c]]
        for c in range(first_col, last_col + 1):
            left = c * tile_width - x0
            first, last = max(left, 0), min(left + tile_width, width)
            part = line[first:last]
            if turned[c]:
                _mirror(lines[shown[c], y], first - left, part)
            else:
                source = lines[shown[c], y, first - left : last - left]
                for j in range(part.size):
                    part[j] = source[j]
            if new_row and gain.size:
                for channel in range(3):
                    gains[first + channel : last : 3] = gain[row[c], channel]
                    offsets[first + channel : last : 3] = offset[row[c], channel]
        if gain.size:
            _recolour(gains, offsets, line)


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
    tile, mirrored, gain, offset = changes
    height, width = pixels.shape[1:3]
    for i in range(len(ys)):
        row = ys[i] // height
        y = ys[i] % height
        for j in range(len(xs)):
            variant = cells[row, xs[j] // width]
            x = xs[j] % width
            if mirrored[variant]:
                x = width - 1 - x
            out[i, j] = pixels[tile[variant], y, x]
            if gain.size:
                _recolour(gain[variant], offset[variant], out[i, j])
