"""Tiles laid side by side: the pixels of a mosaic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


class Cells(NamedTuple):
    """A block of cells: what stands in each, and how it is changed.

    tile : (rows, cols) int32
    mirrored : (rows, cols) bool
    gain, offset : (rows, cols, 3) uint16, the tint in 1/256; empty for none
    """

    tile: NDArray[np.int32]
    mirrored: NDArray[np.bool_]
    gain: NDArray[np.uint16]
    offset: NDArray[np.uint16]


@compiled
def assemble(
    lines: NDArray[np.uint8], index: NDArray[np.int32], y0: int, x0: int, out: NDArray[np.uint8]
) -> None:
    """Lay tiles side by side: the region of the mosaic that begins at line `y0`, byte `x0`.

    lines : (N, h, w * 3) uint8, the tiles' rows of pixels
    index : (rows, cols) int32
    out : (height, width * 3) uint8

    Line by line, so that `out` is written in its order: at tiles of 64 and 32 pixels 12 and 18 GB/s
    on two processors, where cell by cell makes 10 and 12 and ``np.copyto`` of `out` 11 and 12. The
    explicit inner loop is four times as fast here as assigning a slice.
    """
    tile_height, tile_width = lines.shape[1:]
    height, width = out.shape
    first_col, last_col = x0 // tile_width, (x0 + width - 1) // tile_width
    for i in range(height):
        row = index[(y0 + i) // tile_height]
        y = (y0 + i) % tile_height
        line = out[i]
        for c in range(first_col, last_col + 1):
            left = c * tile_width - x0
            first_x = max(-left, 0)
            last_x = min(width - left, tile_width)
            source = lines[row[c], y, first_x:last_x]
            part = line[left + first_x : left + last_x]
            for j in range(part.size):
                part[j] = source[j]


@compiled
def _mirror(source: NDArray[np.uint8], first: int, line: NDArray[np.uint8]) -> None:
    """Copy a line of a tile, turned around, from byte `first` of the result on."""
    last = source.size - 3 - first
    for i in range(0, line.size, 3):
        line[i] = source[last - i]
        line[i + 1] = source[last - i + 1]
        line[i + 2] = source[last - i + 2]


@compiled
def _tint(gain: NDArray[np.uint16], offset: NDArray[np.uint16], line: NDArray[np.uint8]) -> None:
    """Apply one affine map a byte in place: gain and offset in 1/256, counted modulo 2**16.

    No result leaves 0 to 255, so the overflow of a negative offset comes out right; sixteen bits
    rather than 32 double what the processor does at once.
    """
    for i in range(line.size):
        total = np.uint16(np.uint16(np.uint16(line[i]) * gain[i]) + offset[i])
        line[i] = np.uint8(total >> np.uint16(8))


@compiled
def assemble_changed(
    lines: NDArray[np.uint8], cells: Cells, y0: int, x0: int, out: NDArray[np.uint8]
) -> None:
    """Lay tiles side by side as `assemble` does, mirrored and tinted.

    lines, y0, x0, out : as for `assemble`

    A line at a time, while it is in the cache. The maps of a row of cells are spread over a whole
    line first, and then serve all of its lines.
    """
    index, mirrored, gain, offset = cells
    tile_height, tile_width = lines.shape[1:]
    height, width = out.shape
    first_col, last_col = x0 // tile_width, (x0 + width - 1) // tile_width
    gains = np.empty(width, np.uint16)
    offsets = np.empty(width, np.uint16)
    any_mirrored = mirrored.any()
    for i in range(height):
        assemble(lines, index, y0 + i, x0, out[i : i + 1])
        y = (y0 + i) % tile_height
        new_row = i == 0 or y == 0
        row = (y0 + i) // tile_height
        for c in range(first_col, last_col + 1 if new_row or any_mirrored else first_col):
            left = c * tile_width - x0
            first, last = max(left, 0), min(left + tile_width, width)
            if mirrored[row, c]:
                _mirror(lines[index[row, c], y], first - left, out[i, first:last])
            if new_row and gain.size:
                for channel in range(3):
                    gains[first + channel : last : 3] = gain[row, c, channel]
                    offsets[first + channel : last : 3] = offset[row, c, channel]
        if gain.size:
            _tint(gains, offsets, out[i])


@compiled
def sample(
    pixels: NDArray[np.uint8],
    cells: Cells,
    ys: NDArray[np.int64],
    xs: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Draw single pixels of the mosaic: those where lines `ys` and columns `xs` cross.

    pixels : (N, h, w, 3) uint8
    out : (len(ys), len(xs), 3) uint8
    """
    index, mirrored, gain, offset = cells
    height, width = pixels.shape[1:3]
    for i in range(len(ys)):
        row = ys[i] // height
        y = ys[i] % height
        for j in range(len(xs)):
            col = xs[j] // width
            x = xs[j] % width
            if mirrored[row, col]:
                x = width - 1 - x
            out[i, j] = pixels[index[row, col], y, x]
            if gain.size:
                _tint(gain[row, col], offset[row, col], out[i, j])
