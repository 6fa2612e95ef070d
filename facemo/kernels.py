"""Every compiled loop: plain arrays in, `out` filled, nothing else.

A kernel runs on one processor and releases the interpreter's lock; whoever calls it divides `out`
among threads. So kernels may be called from any thread and after a fork, which numba's own
``parallel=True`` forbids under two of its three threading layers, at the same speed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile on first use, and keep the result on disk if there is a place to keep it."""
    try:
        return cast(F, njit(nogil=True, cache=True)(function))
    except RuntimeError:  # numba found no folder to write to
        return cast(F, njit(nogil=True)(function))


def inlined(function: F) -> F:
    """Compile as part of what calls it.

    A small function that is given an array in an inner loop costs four times its work otherwise,
    in counting references to the array.
    """
    return cast(F, njit(inline="always")(function))


@compiled
def block_sums(lines: NDArray[np.uint8], out: NDArray[np.uint64]) -> None:
    """Sum each tile over a grid of blocks.

    lines : (N, h, w * 3) uint8, the tiles' rows of pixels
    out : (N, rows, cols, 3) uint64

    Where a side does not divide, blocks differ by a pixel: block i begins at ``i * side // count``.
    Adding whole lines before blocks keeps the inner loop vectorised: 16 GB/s, where summing pixel
    by pixel makes 3 and ``np.einsum("nhwc->nc", ...)`` 0.85.
    """
    tiles, height, width3 = lines.shape
    rows, cols = out.shape[1:3]
    width = width3 // 3
    column = np.empty(width3, np.uint32)
    for n in range(tiles):
        for r in range(rows):
            column[:] = 0
            for y in range(r * height // rows, (r + 1) * height // rows):
                line = lines[n, y]
                for i in range(width3):
                    column[i] += line[i]
            for c in range(cols):
                red = green = blue = np.uint64(0)
                for x in range(c * width // cols, (c + 1) * width // cols):
                    red += column[3 * x]
                    green += column[3 * x + 1]
                    blue += column[3 * x + 2]
                out[n, r, c, 0] = red
                out[n, r, c, 1] = green
                out[n, r, c, 2] = blue


@compiled
def area_means(lines: NDArray[np.uint8], first: int, rows: int, out: NDArray[np.float32]) -> None:
    """Average each image over rectangles whose edges may lie within pixels.

    lines : (N, height, width * 3) uint8
    first, rows : `out` begins with row `first` of `rows` that divide the height
    out : (N, some of the rows, cols, 3) float32

    On a picture of 12 megapixels this takes a tenth of the time of ``np.add.reduceat``.
    """
    images, height, width3 = lines.shape
    cols = out.shape[2]
    tall, wide = height / rows, width3 / 3 / cols
    column = np.empty(width3, np.float32)
    total = np.empty(3, np.float64)
    for n in range(images):
        for r in range(out.shape[1]):
            top, bottom = (first + r) * tall, (first + r + 1) * tall
            column[:] = 0
            for y in range(int(top), min(int(np.ceil(bottom)), height)):
                share = np.float32(min(y + 1, bottom) - max(y, top))
                line = lines[n, y]
                for i in range(width3):
                    column[i] += share * line[i]
            for c in range(cols):
                left, right = c * wide, (c + 1) * wide
                total[:] = 0
                for x in range(int(left), min(int(np.ceil(right)), width3 // 3)):
                    across = min(x + 1, right) - max(x, left)
                    for channel in range(3):
                        total[channel] += across * column[3 * x + channel]
                for channel in range(3):
                    out[n, r, c, channel] = total[channel] / (tall * wide)


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
    lines: NDArray[np.uint8],
    index: NDArray[np.int32],
    mirrored: NDArray[np.bool_],
    gain: NDArray[np.uint16],
    offset: NDArray[np.uint16],
    y0: int,
    x0: int,
    out: NDArray[np.uint8],
) -> None:
    """Lay tiles side by side as `assemble` does, mirrored and tinted.

    lines, index, y0, x0, out : as for `assemble`
    mirrored : (rows, cols) bool
    gain, offset : (rows, cols, 3) uint16, the tint in 1/256; empty for none

    A line at a time, while it is in the cache. The maps of a row of cells are spread over a whole
    line first, and then serve all of its lines.
    """
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
    index: NDArray[np.int32],
    mirrored: NDArray[np.bool_],
    gain: NDArray[np.uint16],
    offset: NDArray[np.uint16],
    ys: NDArray[np.int64],
    xs: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Draw single pixels of the mosaic: those where lines `ys` and columns `xs` cross.

    pixels : (N, h, w, 3) uint8
    index, mirrored, gain, offset : as for `assemble_changed`
    out : (len(ys), len(xs), 3) uint8
    """
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


@compiled
def squared_distances(
    tiles: NDArray[np.float32],
    cells: NDArray[np.float32],
    candidates: NDArray[np.int32],
    out: NDArray[np.float32],
) -> None:
    """Measure how far each cell is from each of its candidates.

    tiles : (N, d), cells : (M, d) float32; candidates : (M, k) int32; out : (M, k) float32
    """
    for cell in range(len(cells)):
        for j in range(candidates.shape[1]):
            tile = candidates[cell, j]
            total = np.float32(0)
            for d in range(cells.shape[1]):
                difference = cells[cell, d] - tiles[tile, d]
                total += difference * difference
            out[cell, j] = total


@compiled
def choose(
    order: NDArray[np.int64],
    candidates: NDArray[np.int32],
    draws: NDArray[np.float64],
    tiles: int,
    k: int,
    spacing: int,
    grid: NDArray[np.int32],
) -> None:
    """Give cells, in their `order`, one of their first `k` candidates that no near cell has.

    order : (m,) int64, numbers of cells, row by row of the grid
    candidates : (m, c) int32, the nearest first, for the cells of `order`; a number and the same
        plus `tiles` are one tile and its mirror image
    draws : (m,) float64 in [0, 1), which of the k it is
    grid : (rows, cols) int32, filled; -1 is an empty cell, and stays one where no candidate is free
    """
    rows, cols = grid.shape
    seen_from = np.full(tiles, -1, np.int64)
    free = np.empty(k, np.int32)
    for i in range(len(order)):
        row, col = order[i] // cols, order[i] % cols
        for r in range(max(row - spacing, 0), min(row + spacing + 1, rows)):
            for c in range(max(col - spacing, 0), min(col + spacing + 1, cols)):
                if grid[r, c] >= 0:
                    seen_from[grid[r, c] % tiles] = i
        count = 0
        for candidate in candidates[i]:
            if seen_from[candidate % tiles] != i:
                free[count] = candidate
                count += 1
                if count == k:
                    break
        if count:
            grid[row, col] = free[int(draws[i] * count)]


@compiled
def _toward(
    cells: NDArray[np.float32], c: int, tiles: NDArray[np.float32], s: int, t: int
) -> float:
    """``2 * cells[c] @ (tiles[t] - tiles[s])``; in four sums, of which none waits for another."""
    d = cells.shape[1]
    a = b = e = f = np.float32(0)
    for q in range(0, d - 3, 4):
        a += cells[c, q] * (tiles[t, q] - tiles[s, q])
        b += cells[c, q + 1] * (tiles[t, q + 1] - tiles[s, q + 1])
        e += cells[c, q + 2] * (tiles[t, q + 2] - tiles[s, q + 2])
        f += cells[c, q + 3] * (tiles[t, q + 3] - tiles[s, q + 3])
    for q in range(d - d % 4, d):
        a += cells[c, q] * (tiles[t, q] - tiles[s, q])
    return 2.0 * np.float64((a + b) + (e + f))


@compiled
def _fits(
    c: int, t: int, but: int, tile: NDArray[np.int32], count: int, cols: int, spacing: int
) -> bool:
    """Whether no cell within `spacing` of c has tile t, leaving out c itself and the cell `but`."""
    row, col = c // cols, c % cols
    for y in range(max(0, row - spacing), min(len(tile) // cols, row + spacing + 1)):
        for x in range(max(0, col - spacing), min(cols, col + spacing + 1)):
            o = y * cols + x
            if tile[o] % count == t % count and o != c and o != but:
                return False
    return True


@compiled
def _draw(state: NDArray[np.uint64]) -> Any:
    """31 random bits (xorshift64*: Vigna, ACM Transactions on Mathematical Software 42, 2016)."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return np.int64((x * np.uint64(2685821657736338717)) >> np.uint64(33))


@compiled
def exchange(
    kinds: NDArray[np.int64],
    ranks: NDArray[np.int64],
    thresholds: NDArray[np.float64],
    cells: NDArray[np.float32],
    tiles: NDArray[np.float32],
    norms: NDArray[np.float64],
    by_tile: NDArray[np.int32],
    by_cell: NDArray[np.int32],
    by_own: NDArray[np.int32],
    cols: int,
    spacing: int,
    state: NDArray[np.uint64],
    tile: NDArray[np.int32],
    left: NDArray[np.int32],
    owner: NDArray[np.int32],
) -> float:
    """Sweep over the cells, each proposing to take a tile; change `tile`, `left`, `owner` in place.

    kinds, ranks, thresholds : (S,), for each sweep: where its tiles come from, which one of the
        list, and how much a proposal may raise the sum of squared distances
    cells : (M, d), tiles : (N, d) float32; norms : (N,) float64, the tiles' squared lengths
    by_tile : (N, k) near tiles of each tile, by_cell : (M, k) near cells of each cell, by_own :
        (M, k) near tiles of each cell
    state : (1,) uint64, the random numbers'
    tile : (M,) int32, each cell's; left : (n,) int32, uses left of a tile and its mirror image,
        which lies n further on; owner : (n,) int32, some cell that has it, wherever left is 0

    Kinds: 0 near the cell's tile, 1 near the tile of a cell like it, 2 that of a cell like it, 3
    near the cell, 4 any. Returns the mean size of a proposal's gain.
    """
    count = len(left)
    sizes = 0.0
    proposals = 1
    for sweep in range(len(kinds)):
        kind, rank = kinds[sweep], ranks[sweep]
        for c in range(len(tile)):
            s = tile[c]
            owner[s % count] = c  # the last cell seen: all owners of a tile get their turn
            if kind == 0:
                t = by_tile[s, rank]
            elif kind == 1:
                t = by_tile[tile[by_cell[c, rank]], _draw(state) % by_tile.shape[1]]
            elif kind == 2:
                t = tile[by_cell[c, rank]]
            elif kind == 3:
                t = by_own[c, rank]
            else:
                t = np.int32(_draw(state) % len(tiles))
            if t == s:
                continue
            gain = _toward(cells, c, tiles, s, t) + norms[s] - norms[t]
            o = -1
            if left[t % count] == 0 and t % count != s % count:
                o = owner[t % count]
                u = tile[o]
                gain += _toward(cells, o, tiles, u, s) + norms[u] - norms[s]
            sizes += abs(gain)
            proposals += 1
            if gain <= 1e-7 * norms[t] - thresholds[sweep]:
                continue
            if spacing > 0 and not (
                _fits(c, t, o, tile, count, cols, spacing)
                and (o < 0 or _fits(o, s, c, tile, count, cols, spacing))
            ):
                continue
            tile[c] = t
            owner[t % count] = c
            if o < 0:
                left[t % count] -= 1
                left[s % count] += 1
            else:
                tile[o] = s
                owner[s % count] = o
    return sizes / proposals


@compiled
def spread(
    tries: int,
    cells: NDArray[np.float32],
    tiles: NDArray[np.float32],
    norms: NDArray[np.float64],
    cols: int,
    spacing: int,
    state: NDArray[np.uint64],
    tile: NDArray[np.int32],
    left: NDArray[np.int32],
) -> int:
    """Repair the spacing: a cell that sees its own tile moves or exchanges, the best of `tries`.

    Arguments as for `exchange`. What is repaired fits, so that offending cells only get fewer.
    Returns how many are left.
    """
    count = len(left)
    bad, before = len(tile), len(tile) + 1
    while 0 < bad < before:
        before, bad = bad, 0
        for c in range(len(tile)):
            s = tile[c]
            if _fits(c, s, -1, tile, count, cols, spacing):
                continue
            found, best, best_t, best_o = 0, -np.inf, -1, -1
            first_t, first_o = _draw(state) % len(tiles), _draw(state) % len(tile)
            for i in range(max(len(tile), len(tiles))):
                t = (first_t + i) % len(tiles)
                free = i < len(tiles) and left[t % count] > 0
                if free and _fits(c, t, -1, tile, count, cols, spacing):
                    found += 1
                    gain = _toward(cells, c, tiles, s, t) + norms[s] - norms[t]
                    if gain > best:
                        best, best_t, best_o = gain, t, -1
                o = (first_o + i) % len(tile)
                t = tile[o]
                if (
                    i < len(tile)
                    and t % count != s % count
                    and _fits(c, t, o, tile, count, cols, spacing)
                    and _fits(o, s, c, tile, count, cols, spacing)
                ):
                    found += 1
                    gain = _toward(cells, c, tiles, s, t) - _toward(cells, o, tiles, s, t)
                    if gain > best:
                        best, best_t, best_o = gain, t, o
                if found >= tries:
                    break
            if found == 0:
                bad += 1
            elif best_o < 0:
                left[s % count] += 1
                left[best_t % count] -= 1
                tile[c] = best_t
            else:
                tile[c] = best_t
                tile[best_o] = s
    return bad


@compiled
def place_unused(
    unused: NDArray[np.int64],
    near: NDArray[np.int32],
    most: float,
    max_uses: int,
    cells: NDArray[np.float32],
    tiles: NDArray[np.float32],
    norms: NDArray[np.float64],
    cols: int,
    spacing: int,
    tile: NDArray[np.int32],
    left: NDArray[np.int32],
) -> None:
    """Give tiles that nobody has a cell whose tile is used elsewhere too, where it costs least.

    unused : (u,) int64, tiles or mirror images; near : (u, k) int32, cells near each
    most : what it may cost, in squared distance; further arguments as for `exchange`
    """
    count = len(left)
    for i in range(len(unused)):
        t = unused[i]
        least, where = most, -1
        for c in near[i]:
            s = tile[c]
            if left[t % count] < max_uses or left[s % count] > max_uses - 2:
                continue
            cost = norms[t] - norms[s] - _toward(cells, c, tiles, s, t)
            if cost < least and _fits(c, t, -1, tile, count, cols, spacing):
                least, where = cost, c
        if where >= 0:
            left[tile[where] % count] += 1
            left[t % count] -= 1
            tile[where] = t


# The coordinates by which `leaders` are found: 2 ** 8 cells to look into for each point.
_KEYS = 8


@inlined
def _mixed(cell: int, axis: int) -> np.uint64:
    """A number for a cell's place along an axis; those of all axes make its bucket by exclusive or.

    Multiplied and folded as splitmix64 does.
    """
    key = np.uint64(cell * 64 + axis) * np.uint64(0x9E3779B97F4A7C15)
    key = (key ^ (key >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return key ^ (key >> np.uint64(27))


@compiled
def leaders(
    points: NDArray[np.float32], reach: NDArray[np.float32], out: NDArray[np.int64]
) -> None:
    """Give each point, in their order, to the first leader within reach; else it becomes one.

    points : (N, d) float32, d a multiple of 4
    reach : (N,) float32, above 0; of two points the smaller counts, and within it no point may
    have twice as much
    out : (N,) int64, the number of each point's leader, which may be its own

    Leaders lie in grids over the first eight coordinates, one for each power of two that `reach`
    comes up to, with cells of twice that side. So what a point can reach lies in its cell or the
    nearer neighbour along each axis. Most of what is met there is left after four coordinates, or
    eight; taking four at a time halves the time.
    """
    count, dimensions = points.shape
    keys = min(_KEYS, dimensions)
    buckets = 2
    while buckets < count:
        buckets *= 2
    mask = np.uint64(buckets - 1)
    heads = np.full(buckets, -1, np.int32)
    following = np.empty(count, np.int32)
    own = np.empty(keys, np.uint64)
    beside = np.empty(keys, np.uint64)
    for n in range(count):
        first = n
        home = np.uint64(0)
        level = int(np.ceil(np.log2(reach[n])))
        for near_level in range(level - 1, level + 2):
            side = 2.0 ** (near_level + 1)
            base = np.uint64(near_level + 64) << np.uint64(32)
            for i in range(keys):
                place = points[n, i] / side
                cell = int(np.floor(place))
                own[i] = _mixed(cell, i)
                beside[i] = _mixed(cell + 1 if place - cell >= 0.5 else cell - 1, i) ^ own[i]
                base ^= own[i]
            if near_level == level:
                home = base
            for turn in range(1 << keys):
                # Each step to the next Gray code changes one axis.
                if turn:
                    axis = 0
                    while not (turn >> axis) & 1:
                        axis += 1
                    base ^= beside[axis]
                other = heads[base & mask]
                while other >= 0:
                    if other < first:
                        left = min(reach[n], reach[other])
                        left *= left
                        i = 0
                        while left >= 0 and i < dimensions:
                            a = points[n, i] - points[other, i]
                            b = points[n, i + 1] - points[other, i + 1]
                            c = points[n, i + 2] - points[other, i + 2]
                            d = points[n, i + 3] - points[other, i + 3]
                            left -= (a * a + b * b) + (c * c + d * d)
                            i += 4
                        if left >= 0:
                            first = other
                    other = following[other]
        out[n] = first
        if first == n:
            following[n] = heads[home & mask]
            heads[home & mask] = n
