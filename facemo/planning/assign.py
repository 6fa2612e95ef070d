"""Each tile only so often: a good assignment of tiles to cells, and apart if need be.

A start that keeps to the number of uses is improved by proposals "this cell takes that tile": a
move where the tile has a use left, otherwise an exchange with a cell that has it. The tiles are
near ones, from short neighbour lists. No matrix of cells and tiles is ever built.

Where repeats need not be apart, an auction takes over from there; of very many cells it is held of
one from each run of neighbours, before, and the others take what lies near what that one has.
Otherwise a proposal may at first raise the sum of squared distances a little (threshold accepting:
Dueck and Scheuer, Journal of Computational Physics 90, 1990), which plain descent ends 1 to 3%
above. Without spacing that came .1 to .9% above what the auction can prove to be the least in 3
dimensions, 1 to 4% in 66.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError
from facemo.kernels.auction import Points
from facemo.kernels.settle import Lists, Problem, State, exchange, place_unused, spread
from facemo.machine import batches
from facemo.planning.auction import auctioned
from facemo.planning.cells import FREE
from facemo.planning.match import components, nearest, queried, scatter_of
from facemo.planning.strata import Strata, spread_out, strata_of

_NEIGHBOURS = 32  # the length of each list
_TREE_DIMENSIONS = 8  # principal components that neighbours are sought in
_RANDOM_SWEEPS = 32  # proposals of any tile, one a cell each, before anything else
_NEAR_SWEEPS = 32  # of near tiles, where an auction follows
_FEW_ROUNDS, _ROUNDS = 3, 5  # of the auction, in few dimensions and in more
_PROPOSALS = 25_000_000  # with a falling threshold, in 400 to 2,000 sweeps
_HOT, _COLD = 0.3, 0.003  # first and last threshold, in mean sizes of a proposal's gain
_KINDS = 4  # lists that a proposal may come from, see kernels.exchange
_ANY = 4
_TURNED = 1 << 12  # points at a time
_SWEPT = 1 << 22  # proposals at a time, so that an interrupt need not wait long
_TOLD = 50  # times that a caller hears of sweeps
_TOLD_NEAR = 4  # sweeps of near tiles at a time
_PLACES = 256  # cells that a tile which nobody has may go to
_DEAREST = 4  # what that may cost, in mean costs of a cell
_TRIES = 16  # fitting repairs to choose from


def assigned(
    tiles: NDArray[np.float32],
    cells: NDArray[np.float32],
    grid: tuple[int, int],
    count: int,
    max_uses: int,
    spacing: int,
    seed: int,
    tell: Callable[[float], None] = lambda _: None,
    held: NDArray[np.int32] | None = None,
    weights: NDArray[np.float32] | None = None,
) -> NDArray[np.int32]:
    """A tile for each cell, none more than `max_uses` times, at nearly the least squared distance.

    tiles : (N, d), cells : (rows * cols, d) float32 descriptions, of which the first `count` tiles
    are the tiles and any further ones their mirror images in the same order; count * max_uses is
    at least the number of cells, and count at least `settle.window` of the spacing.

    Where tiles may be used twice and there are cells for all of them, each tile that fits
    somewhere gets a place: one that nobody has goes where it costs least, if that is at most four
    times what a cell costs on average. `tell` is called with the share that is done, and `held`,
    (rows, cols), says which cells keep what they have, as `settle.settled` has it. `weights`,
    (rows * cols,) float32, says how much the distance of each counts, by default 1.

    Returns (rows, cols) int32. Raises InputError if no exchange keeps the spacing.
    """
    # Turned to principal components: distances stay, and the first few hold most of them.
    cells, tiles = turned(cells, tiles)
    norms = (tiles.astype(np.float64) ** 2).sum(axis=1)
    tile = kept(held, grid).ravel()
    left = (max_uses - np.bincount(tile[tile >= 0] % count, minlength=count)).astype(np.int32)
    free = free_cells(held, len(cells))
    wanting = cells if len(free) == len(cells) else cells[free]
    tile[free] = nearest(tiles, wanting, 1)[0][:, 0]
    if not spacing and np.all(np.bincount(tile[free] % count, minlength=count) <= left):
        return tile.reshape(grid)
    # In an auction all cells pay in one coin: where some count more, exchanges do it all.
    auction = not spacing and weights is None
    strata = strata_of(Points(wanting, tiles), left) if auction else None
    # Shares of what is to do, when sweeps begin and when they end.
    begun = 0.5 if strata is not None else 0.0
    swept = 0.1 if auction and strata is None else 1.0
    if strata is None:
        tile[free] = _dealt(tiles, wanting, left, tile[free])
    else:
        tile[free] = spread_out(strata, of_few(strata, seed, _between(tell, 0, begun)))
    left -= np.bincount(tile[free] % count, minlength=count).astype(np.int32)
    random = np.array([seed * 2654435761 % 2**63 + 88172645463325252], np.uint64)
    counts = np.ones(len(cells)) if weights is None else weights.astype(np.float64)
    problem = Problem(cells, counts, free, tiles, norms, grid[1], spacing, _stride(len(free)))
    state = State(tile, left, np.full(count, -1, np.int32), random)
    if spacing and spread(_TRIES, problem, state):
        raise InputError(
            f"spacing={spacing} and max_uses={max_uses} do not hold together here: allow more "
            f"uses, or use spacing={spacing - 1}{' or less' * (spacing > 1)}"
        )
    _improve(problem, state, wanting, auction, seed, _between(tell, begun, swept))
    if auction and strata is None:
        uses = np.bincount(tile[free] % count, minlength=count).astype(np.int32)
        points = Points(wanting, tiles)
        rounds = _FEW_ROUNDS if tiles.shape[1] <= _TREE_DIMENSIONS else _ROUNDS
        told = _between(tell, swept, 1)
        tile[free] = auctioned(points, tile[free], left + uses, rounds, told).tile
        left += uses - np.bincount(tile[free] % count, minlength=count).astype(np.int32)
    if count <= np.count_nonzero(tile >= 0):
        unused = np.flatnonzero(left[np.arange(len(tiles)) % count] == max_uses)
        near = free[_near(wanting, tiles[unused], _PLACES)]
        dearest = _DEAREST * float(((wanting - tiles[tile[free]]) ** 2).sum(axis=1).mean())
        place_unused(unused, near, dearest, max_uses, problem, state)
    return tile.reshape(grid)


def of_few(
    strata: Strata, seed: int, tell: Callable[[float], None] = lambda _: None
) -> NDArray[np.int32]:
    """A tile for each cell that stands for its run, as `assigned` finds it: (M,) int32."""
    (cells, tiles), (runs, _) = strata.points, strata.cells.shape
    return assigned(tiles, cells, (1, runs), strata.runs, 1, 0, seed, tell).ravel()


def _between(tell: Callable[[float], None], first: float, last: float) -> Callable[[float], None]:
    """Tell shares of a part of what is to do, which is done from `first` to `last` of it."""
    return lambda share: tell(first + share * (last - first))


def _improve(
    problem: Problem,
    state: State,
    wanting: NDArray[np.float32],
    auction: bool,
    seed: int,
    tell: Callable[[float], None],
) -> None:
    """Change `state` in place: any tiles, then near ones, then a falling threshold.

    wanting : (m, d) float32, the free cells; auction : whether near ones are enough, for one goes
        on from there, or was held before of some of the cells
    """
    count, tiles, free = len(state.left), problem.tiles, problem.free
    state.owner[state.tile[free] % count] = free
    lists = Lists(_near(tiles, tiles), free[_near(wanting, wanting)], _near(tiles, wanting))
    rng = np.random.default_rng(seed)

    def run(kinds: NDArray[np.int64], ranks: NDArray[np.int64], most: NDArray[np.float64]) -> float:
        sizes = [
            exchange(kinds[some], ranks[some], most[some], problem, lists, state)
            for some in batches(len(kinds), max(1, _SWEPT // len(free)))
        ]
        return sum(sizes) / len(sizes)

    length = min(part.shape[1] for part in lists)
    every = np.divmod(np.arange(_KINDS * length), length)
    run(np.full(_RANDOM_SWEEPS, _ANY), np.zeros(_RANDOM_SWEEPS, int), np.zeros(_RANDOM_SWEEPS))
    if auction:
        few = rng.permutation(len(every[0]))[:_NEAR_SWEEPS]
        for some in batches(len(few), _TOLD_NEAR):
            run(every[0][few[some]], every[1][few[some]], np.zeros(len(few[some])))
            tell(some.stop / len(few))
        return
    size = run(*every, np.zeros(len(every[0])))
    # With mirror images there is twice as much to choose from.
    most = 2000 * len(tiles) // count
    sweeps = int(np.clip(_PROPOSALS * len(tiles) // count // len(free), 400, most))
    kinds, ranks = rng.integers(_KINDS, size=sweeps), rng.integers(length, size=sweeps)
    thresholds = size * np.geomspace(_HOT, _COLD, sweeps)
    for some in batches(sweeps, -(-sweeps // _TOLD)):
        run(kinds[some], ranks[some], thresholds[some])
        tell(some.stop / sweeps)
    for _ in range(2):
        run(*every, np.zeros(len(every[0])))


def _stride(count: int) -> int:
    """A step that leads through all of so many cells, and soon is everywhere among them.

    The golden section of them, or a little more.

    >>> [i * _stride(8) % 8 for i in range(8)]
    [0, 5, 2, 7, 4, 1, 6, 3]
    """
    stride = max(1, round(count * (5**0.5 - 1) / 2))
    while math.gcd(stride, count) > 1:
        stride += 1
    return stride


def turned(
    cells: NDArray[np.float32], tiles: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Both in the principal components of both, the largest variance first."""
    middle = (cells.mean(axis=0) + tiles.mean(axis=0)) / 2
    scatter = np.zeros((len(middle), len(middle)))
    for points in (cells, tiles):
        for some in batches(len(points), _TURNED):
            scatter += scatter_of((points[some] - middle).astype(np.float64)) / len(points)
    axes = components(scatter)
    both = np.empty_like(cells), np.empty_like(tiles)
    for points, out in zip((cells, tiles), both, strict=True):
        for some in batches(len(points), _TURNED):
            out[some] = (points[some] - middle).astype(np.float64) @ axes
    return both


def kept(held: NDArray[np.int32] | None, grid: tuple[int, int]) -> NDArray[np.int32]:
    """The tile that each cell keeps, -1 where it keeps none: (rows, cols) int32, to be filled.

    held : (rows, cols) int32, as `settle.settled` has it, or None

    >>> kept(np.int32([[-1, 5], [-2, -1]]), (2, 2))
    array([[-1,  5],
           [-1, -1]], dtype=int32)
    """
    return np.full(grid, -1, np.int32) if held is None else np.maximum(held, np.int32(-1))


def free_cells(held: NDArray[np.int32] | None, count: int) -> NDArray[np.int32]:
    """The numbers of those of `count` cells that want a tile: (m,) int32; `held` as for `kept`.

    >>> free_cells(np.int32([[-1, 5], [-2, -1]]), 4)
    array([0, 3], dtype=int32)
    """
    if held is None:
        return np.arange(count, dtype=np.int32)
    return np.flatnonzero(held.ravel() == FREE).astype(np.int32)


def _dealt(
    tiles: NDArray[np.float32],
    cells: NDArray[np.float32],
    most: NDArray[np.int32],
    tile: NDArray[np.int32],
) -> NDArray[np.int32]:
    """The nearest tiles of cells, and others for those whose nearest one is used up.

    Which of them follows from the rank of both in the first component.

    most : (n,) int32, uses of a tile; tile : (M,) int32, the nearest; returns (M,) int32
    """
    count, tile = len(most), tile.copy()
    far = ((cells - tiles[tile]) ** 2).sum(axis=1)
    turn = np.lexsort((far, tile % count))  # tile by tile, the nearest cell first
    uses = np.bincount(tile % count, minlength=count)
    place = np.arange(len(tile)) - (np.cumsum(uses) - uses)[tile[turn] % count]
    over = turn[place >= most[tile[turn] % count]]
    left = most - np.minimum(uses, most)
    order = np.argsort(tiles[:count, 0], kind="stable")
    ends = np.cumsum(left[order])
    slots = (np.arange(len(over)) * 2 + 1) * ends[-1] // (2 * max(len(over), 1))
    by_rank = over[np.argsort(cells[over, 0], kind="stable")]
    tile[by_rank] = order[np.searchsorted(ends, slots, side="right")]
    return tile


def _near(
    among: NDArray[np.float32], of: NDArray[np.float32], most: int = _NEIGHBOURS
) -> NDArray[np.int32]:
    """The numbers of the nearest points `among` for each one `of`, in the first components."""
    few_among, few_of = (points[:, :_TREE_DIMENSIONS] for points in (among, of))
    return queried(few_among, few_of, min(most, len(among)))[0]
