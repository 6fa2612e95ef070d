"""One tile for each cell: apart from its repeats, and only so often."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


class Choices(NamedTuple):
    """What cells may have.

    tile : (D, c) int32, candidates; a number and the same plus the number of tiles are a tile and
        its mirror image
    cost : (D, c) float32, what each costs
    which : (M,) int32, whose candidates each cell has
    draws : (M,) float64 in [0, 1), which of those that are as good it takes
    """

    tile: NDArray[np.int32]
    cost: NDArray[np.float32]
    which: NDArray[np.int32]
    draws: NDArray[np.float64]


class Bounds(NamedTuple):
    """What keeps cells from taking what is cheapest.

    k : a cell takes at random one of as many
    room : as long as these cost no more than this times what the best costs
    spacing : no tile again within so many cells
    price : of a tile for each time that it is used already
    most : uses of a tile
    """

    k: int
    room: float
    spacing: int
    price: float
    most: int


@compiled
def sort_by(keys: NDArray[np.int32], starts: NDArray[np.int64], out: NDArray[np.int32]) -> None:
    """The places of keys in ascending order, those of equal keys as they come.

    keys : (M,) int32, from 0 to K - 1
    starts : (K + 1,) int64, all 0; how many keys are less than each, afterwards
    out : (M,) int32

    Keys are counted rather than compared: 20 million of 300,000 keys take a tenth of the time of a
    stable sort, and half of its memory.
    """
    for key in keys:
        starts[key + 1] += 1
    for key in range(1, len(starts)):
        starts[key] += starts[key - 1]
    place = starts.copy()
    for i in range(len(keys)):
        out[place[keys[i]]] = i
        place[keys[i]] += 1


@compiled
def choose(
    order: NDArray[np.int32],
    choices: Choices,
    bounds: Bounds,
    uses: NDArray[np.int32],
    grid: NDArray[np.int32],
) -> None:
    """Let cells, in their `order`, take one of the candidates that no near cell has.

    order : (m,) int32, numbers of cells, row by row of the grid
    uses : (n,) int32, how often each tile is used; counted
    grid : (rows, cols) int32, filled; -1 is an empty cell, and stays one where no candidate is
        free. One that has a tile keeps it if it is among those that it may take.
    """
    rows, cols = grid.shape
    k, room, spacing, price, most = bounds
    seen_from = np.full(len(uses), -1, np.int64)
    free, worth = np.empty(k, np.int32), np.empty(k, np.float64)
    for i in range(len(order)):
        row, col = order[i] // cols, order[i] % cols
        before = grid[row, col]
        if before >= 0:
            grid[row, col] = -1
            uses[before % len(uses)] -= 1
        for r in range(max(row - spacing, 0), min(row + spacing + 1, rows)):
            for c in range(max(col - spacing, 0), min(col + spacing + 1, cols)):
                if grid[r, c] >= 0:
                    seen_from[grid[r, c] % len(uses)] = i
        look = choices.which[order[i]]
        count = 0
        for j in range(choices.tile.shape[1]):
            tile = choices.tile[look, j]
            if seen_from[tile % len(uses)] == i or uses[tile % len(uses)] >= most:
                continue
            value = choices.cost[look, j] + price * uses[tile % len(uses)]
            if count == k and value >= worth[k - 1]:
                continue
            # Into its place among the k cheapest, behind its equals.
            place = count if count < k else k - 1
            while place > 0 and worth[place - 1] > value:
                worth[place], free[place] = worth[place - 1], free[place - 1]
                place -= 1
            worth[place], free[place] = value, tile
            count = min(count + 1, k)
        good = 0
        while good < count and not worth[good] > worth[0] * room:  # nor if that is no number
            good += 1
        if good:
            taken = free[int(choices.draws[order[i]] * good)]
            for j in range(good):
                if free[j] == before:
                    taken = before
            grid[row, col] = taken
            uses[taken % len(uses)] += 1


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
            if tile[o] % count == t % count and tile[o] >= 0 and o != c and o != but:
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


class Problem(NamedTuple):
    """Cells that want tiles: near ones, and not the same within `spacing`.

    cells : (M, d) float32, row by row of a grid of `cols`
    weights : (M,) float64, how much the squared distance of each counts
    free : (m,) int32, those of them that want a tile; the others keep what they have
    tiles : (N, d) float32, the tiles and, if there are any, then their mirror images
    norms : (N,) float64, the squared lengths of `tiles`
    stride : how many of the free cells are between one that proposes and the next; no divisor of
        their number
    """

    cells: NDArray[np.float32]
    weights: NDArray[np.float64]
    free: NDArray[np.int32]
    tiles: NDArray[np.float32]
    norms: NDArray[np.float64]
    cols: int
    spacing: int
    stride: int


class Lists(NamedTuple):
    """Where proposals come from.

    by_tile : (N, k) int32, near tiles of each tile
    by_cell : (m, k) int32, near free cells of each free cell
    by_own : (m, k) int32, near tiles of each free cell
    """

    by_tile: NDArray[np.int32]
    by_cell: NDArray[np.int32]
    by_own: NDArray[np.int32]


class State(NamedTuple):
    """What is changed in place.

    tile : (M,) int32, each cell's; -1 for one that is to stay empty
    left : (n,) int32, uses left of a tile and its mirror image, which lies n further on
    owner : (n,) int32, some free cell that has it, wherever left is 0; -1 where none has
    random : (1,) uint64, the random numbers'
    """

    tile: NDArray[np.int32]
    left: NDArray[np.int32]
    owner: NDArray[np.int32]
    random: NDArray[np.uint64]


@compiled
def exchange(
    kinds: NDArray[np.int64],
    ranks: NDArray[np.int64],
    thresholds: NDArray[np.float64],
    problem: Problem,
    lists: Lists,
    state: State,
) -> float:
    """Sweep over the cells, each proposing to take a tile; change `state`.

    Not row by row, where what goes from cell to cell would be seen as lines.

    kinds, ranks, thresholds : (S,), for each sweep: where its tiles come from, which one of the
        list, and how much a proposal may raise the sum of squared distances

    Kinds: 0 near the cell's tile, 1 near the tile of a cell like it, 2 that of a cell like it, 3
    near the cell, 4 any. Returns the mean size of a proposal's gain.
    """
    cells, weights, free, tiles, norms, cols, spacing, stride = problem
    by_tile, by_cell, by_own = lists
    tile, left, owner, random = state
    count = len(left)
    sizes = 0.0
    proposals = 1
    for sweep in range(len(kinds)):
        kind, rank = kinds[sweep], ranks[sweep]
        for i in range(len(free)):
            own = i * stride % len(free)
            c = free[own]
            s = tile[c]
            owner[s % count] = c  # the last cell seen: all owners of a tile get their turn
            if kind == 0:
                t = by_tile[s, rank]
            elif kind == 1:
                t = by_tile[tile[by_cell[own, rank]], _draw(random) % by_tile.shape[1]]
            elif kind == 2:
                t = tile[by_cell[own, rank]]
            elif kind == 3:
                t = by_own[own, rank]
            else:
                t = np.int32(_draw(random) % len(tiles))
            if t == s:
                continue
            gain = weights[c] * (_toward(cells, c, tiles, s, t) + norms[s] - norms[t])
            o = -1
            if left[t % count] == 0 and t % count != s % count:
                o = owner[t % count]
                if o < 0:  # all that have it keep it
                    continue
                u = tile[o]
                gain += weights[o] * (_toward(cells, o, tiles, u, s) + norms[u] - norms[s])
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
def spread(tries: int, problem: Problem, state: State) -> int:
    """Repair the spacing: a cell that sees its own tile moves or exchanges, the best of `tries`.

    What is repaired fits, so that offending cells only get fewer. Returns how many are left.
    """
    cells, weights, free, tiles, norms, cols, spacing, _ = problem
    tile, left, random = state.tile, state.left, state.random
    count = len(left)
    bad, before = len(free), len(free) + 1
    while 0 < bad < before:
        before, bad = bad, 0
        for c in free:
            s = tile[c]
            if _fits(c, s, -1, tile, count, cols, spacing):
                continue
            found, best, best_t, best_o = 0, -np.inf, -1, -1
            first_t, first_o = _draw(random) % len(tiles), _draw(random) % len(free)
            for i in range(max(len(free), len(tiles))):
                t = (first_t + i) % len(tiles)
                unused = i < len(tiles) and left[t % count] > 0
                if unused and _fits(c, t, -1, tile, count, cols, spacing):
                    found += 1
                    gain = weights[c] * (_toward(cells, c, tiles, s, t) + norms[s] - norms[t])
                    if gain > best:
                        best, best_t, best_o = gain, t, -1
                o = free[(first_o + i) % len(free)]
                t = tile[o]
                if (
                    i < len(free)
                    and t % count != s % count
                    and _fits(c, t, o, tile, count, cols, spacing)
                    and _fits(o, s, c, tile, count, cols, spacing)
                ):
                    found += 1
                    gain = weights[c] * _toward(cells, c, tiles, s, t)
                    gain -= weights[o] * _toward(cells, o, tiles, s, t)
                    gain += (weights[c] - weights[o]) * (norms[s] - norms[t])
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
    problem: Problem,
    state: State,
) -> None:
    """Give tiles that nobody has a cell whose tile is used elsewhere too, where it costs least.

    unused : (u,) int64, tiles or mirror images; near : (u, k) int32, free cells near each
    most : what it may cost, in squared distance
    """
    cells, weights, _, tiles, norms, cols, spacing, _ = problem
    tile, left = state.tile, state.left
    count = len(left)
    for i in range(len(unused)):
        t = unused[i]
        least, where = most, -1
        for c in near[i]:
            s = tile[c]
            if left[t % count] < max_uses or left[s % count] > max_uses - 2:
                continue
            cost = weights[c] * (norms[t] - norms[s] - _toward(cells, c, tiles, s, t))
            if cost < least and _fits(c, t, -1, tile, count, cols, spacing):
                least, where = cost, c
        if where >= 0:
            left[tile[where] % count] += 1
            left[t % count] -= 1
            tile[where] = t
