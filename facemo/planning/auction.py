"""Tiles at prices: a better assignment, and a proof of how good it is.

Cells bid for tiles (Bertsekas, Annals of Operations Research 14, 1988): each raises the price of
the tile that is cheapest for it, price and squared distance together, until the next is as cheap,
and takes it from the cell that had it. Prices begin at nothing, so that tiles which nobody wants
cost nothing; when all cells have a tile, the sum is the least there is but for what each bid adds.

Each cell knows of a few tiles, at first those near the one that it has. The prices then say which
others would be cheaper, which a tree of points at prices finds. With these known, too, the auction
is held again.

Any prices prove how low no assignment can come: each cell pays what is cheapest for it, and what
all uses would fetch comes off again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.auction import Market, Offers, Points, bid, hear_of, lower
from facemo.kernels.match import squared_distances
from facemo.kernels.tree import Tree, cheapest_of, halve, tilt
from facemo.machine import batches, divide
from facemo.planning.match import queried

_DIMENSIONS = 8  # principal components that tiles are sought in; what is left is told by its length
_LEAF = 32
_KNOWN = 48  # tiles that a cell knows of
_NEAR, _FOUND = 8, 16  # tiles that are sought at a time, to begin with and at prices
# What a bid adds, in mean costs of a cell: at first four times as much, which takes a quarter of
# the bids, and finds the prices that other tiles are sought at.
_COARSE_STEP, _STEP = 0.02, 0.005
_BIDS = 1 << 17  # at a time, so that an interrupt need not wait long
_MOST_BIDS = 1000  # a cell: a tenth is usual
_QUERIED = 1 << 12  # cells at a time
# Cells times tiles that all are looked at, one by one, where no tree can tell: 65,536 x 131,072.
_PAIRS = 1 << 33
# Up to so many cells are told what is cheapest exactly. Of a million very many tiles are nearly as
# cheap, and they are told it but for this share of what they pay, which takes off .1% of the proof.
_TOLD_APART, _SLACK = 1 << 17, 5e-4
_ROUNDING = 1e-5  # sums in single precision are off by less than this share


class Priced(NamedTuple):
    """What an auction ends with.

    tile : (m,) int32, each cell's
    price : (n,) float64, what a use of each tile costs, 0 or more
    paid : (m,) float64, what is cheapest for each cell among what it knows, price included
    """

    tile: NDArray[np.int32]
    price: NDArray[np.float64]
    paid: NDArray[np.float64]


class Least(NamedTuple):
    """What no sum of squared distances comes below.

    total : the sum
    proven : whether that is certain; else it is reckoned from a sample of the cells
    """

    total: float
    proven: bool


def auctioned(
    points: Points,
    tile: NDArray[np.int32],
    room: NDArray[np.int32],
    rounds: int,
    tell: Callable[[float], None] = lambda _: None,
) -> Priced:
    """A tile for each cell at about the least sum of squared distances, and prices that show it.

    points : cells (m, d) and tiles (N, d), as `kernels.auction.Points` has them, in principal
        components, that of the largest variance first
    tile : (m,) int32, what to begin with; the better it is, the fewer rounds it takes
    room : (n,) int32, how often each tile, and its mirror image n further on, may be used
    tell : called with the share that is done
    """
    shape = len(tile), min(_KNOWN, len(points.tiles))
    offers = Offers(np.full(shape, -1, np.int32), np.full(shape, np.inf, np.float32))
    price, paid = np.zeros(len(room)), np.zeros(len(tile))
    _hear(points, tile[:, np.newaxis], price, offers)
    _hear(points, _near_own(points, tile), price, offers)
    _hear(points, _of_neighbours(points, tile), price, offers)
    for turn in range(rounds):
        _hear(points, _cheap(points, price, _FOUND)[0], price, offers)
        tell((turn + 0.5) / rounds)
        mean = float(offers.cost[:, 0].mean(dtype=np.float64))
        step = mean * (_STEP if turn == rounds - 1 else _COARSE_STEP)
        found = _auction(offers, room, step) if mean else None
        if found is None:
            break
        tile, price = found
        paid = _lead(tile, price, offers)
        tell((turn + 1) / rounds)
    return Priced(tile, price, paid)


def least(
    points: Points,
    priced: Priced,
    room: NDArray[np.int32],
    among: NDArray[np.float32] | None = None,
) -> Least:
    """What the prices of an auction prove, or beyond so many cells and tiles let expect.

    Tiles are first given the prices at which none is cheaper for a cell than what it has: the sum
    of what cells pay stays, where a single tile overlooked would lower it for all that see it.

    among : (M, d) float32, the cells that took part in the auction, if not all did
    """
    cells, tiles = points
    few = cells.shape[1] <= _DIMENSIONS
    proven = few or len(cells) * len(tiles) <= _PAIRS
    slack = _SLACK * float(priced.paid.mean()) if few and len(cells) > _TOLD_APART else 0.0
    most = float(priced.paid.max())
    turned = Points(tiles, cells if among is None else among)
    # The exact ones, or those that the nearest cells would pay.
    find = cheapest if proven else _nearly
    off = find(turned, most - priced.paid, slack) + slack
    price = np.maximum(most - off, 0).reshape(-1, len(room)).max(axis=0)
    if proven:
        return Least(float(cheapest(points, price, slack).sum() - (price * room).sum()), True)
    some = np.random.default_rng(0).choice(len(cells), _PAIRS // len(tiles), replace=False)
    mean = cheapest(Points(cells[some], tiles), price).mean()
    return Least(float(mean * len(cells) - (price * room).sum()), False)


def cheapest(points: Points, price: NDArray[np.float64], slack: float = 0.0) -> NDArray[np.float64]:
    """What the cheapest of all tiles costs each cell, its price included: (m,) float64.

    Or a very little less, for what rounding may have added; in few dimensions less by up to
    `slack`, which is found sooner. By any prices, of 0 or more, the sum of this, less what all uses
    would fetch, is a sum that no assignment comes below.

    >>> cheapest(Points(np.float32([[0], [0]]), np.float32([[1], [3]])), np.float64([8, 0]))
    array([9., 9.])
    """
    cells, tiles = points
    if cells.shape[1] <= _DIMENSIONS:
        return _cheap(points, price, 1, slack)[1][:, 0] - slack
    out = _nearly(points, price)

    def work(some: slice) -> None:
        lower(Points(cells[some], tiles), price, out[some])

    divide(work, len(cells), cells.nbytes * 8, max(1, (1 << 27) // len(tiles)))
    return out * (1 - _ROUNDING)


def _auction(
    offers: Offers, room: NDArray[np.int32], step: float
) -> tuple[NDArray[np.int32], NDArray[np.float64]] | None:
    """All cells' bids, from prices of nothing; None if they come to no end."""
    cells = len(offers.tile)
    uses = np.arange(max(1, int(room.max())))
    price = np.where(uses < room[:, np.newaxis], 0, np.inf)
    lowest = price[:, 0].copy()
    queue = np.random.default_rng(0).permutation(cells).astype(np.int32)
    owner = np.full(price.shape, -1, np.int32)
    place = np.array([0, cells])
    market = Market(price, owner, lowest, np.zeros(len(room), np.int32), queue, place)
    tile = np.full(cells, -1, np.int32)
    for _ in batches(cells * _MOST_BIDS, _BIDS):
        bid(offers, _BIDS, step, market, tile)
        if not place[1]:
            lowest[room == 0] = 0
            return tile, lowest
    return None


def _near_own(points: Points, tile: NDArray[np.int32]) -> NDArray[np.int32]:
    """Tiles near the one that each cell has: (m, k)."""
    tiles = points.tiles[:, :_DIMENSIONS]
    return queried(tiles, tiles[tile], min(_NEAR, len(tiles)))[0]


def _of_neighbours(points: Points, tile: NDArray[np.int32]) -> NDArray[np.int32]:
    """The tiles of cells that are like each: (m, k)."""
    cells = points.cells[:, :_DIMENSIONS]
    return tile[queried(cells, cells, min(_NEAR, len(cells)))[0]]


def _cheap(
    points: Points, price: NDArray[np.float64], k: int, slack: float = 0.0
) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    """Tiles that are cheapest for each cell, and what they cost, prices included: two (m, k).

    Exactly, or but for `slack`, in few dimensions; of more, what a tile has in the rest is taken
    for what it differs by.
    """
    cells, tiles = points
    off = _each(price, tiles) + (tiles[:, _DIMENSIONS:] ** 2).sum(axis=1, dtype=np.float64)
    few, places = (np.ascontiguousarray(each[:, :_DIMENSIONS]) for each in (tiles, cells))
    tree, order = tree_of(few)
    few, off = few[order], off[order]
    tilt(few, off, tree)
    shape = len(cells), min(k, len(tiles))
    found, cost = np.empty(shape, np.int32), np.empty(shape)

    def work(some: slice) -> None:
        cheapest_of(places[some], few, off, tree, slack, found[some], cost[some])

    divide(work, len(cells), cost.nbytes * 8, _QUERIED)
    return order[found], cost


def tree_of(points: NDArray[np.float32], most: int = _LEAF) -> tuple[Tree, NDArray[np.int32]]:
    """A tree of points with at most `most` in each of its last nodes, and the order it wants."""
    leaves = 1 << max(0, -(-len(points) // most) - 1).bit_length()
    nodes, size = 2 * leaves - 1, points.shape[1]
    first, last = np.zeros(nodes, np.int32), np.zeros(nodes, np.int32)
    low, high, slope = (np.empty((nodes, size)) for _ in range(3))
    tree = Tree(first, last, low, high, slope, np.empty(nodes))
    order = np.arange(len(points), dtype=np.int32)
    halve(points, tree, order)
    return tree, order


def _nearly(points: Points, price: NDArray[np.float64], slack: float = 0.0) -> NDArray[np.float64]:
    """What one of the cheapest tiles costs each cell, its price included: (m,) float64."""
    cells, tiles = points
    found = _cheap(points, price, _FOUND, slack)[0]
    out = np.empty(len(cells))
    each = _each(price, tiles)
    for some in batches(len(cells), _QUERIED):
        apart = np.empty(found[some].shape, np.float32)
        squared_distances(tiles, cells[some], found[some], apart)
        out[some] = (apart + each[found[some]]).min(axis=1)
    return out


def _each(price: NDArray[np.float64], tiles: NDArray[np.float32]) -> NDArray[np.float64]:
    """The prices of all looks, a mirror image's being its tile's: (n,) to (N,)."""
    return np.tile(price, len(tiles) // len(price))


def _hear(
    points: Points, found: NDArray[np.int32], price: NDArray[np.float64], offers: Offers
) -> None:
    def work(some: slice) -> None:
        part = Points(points.cells[some], points.tiles)
        hear_of(found[some], part, price, Offers(offers.tile[some], offers.cost[some]))

    divide(work, len(found), offers.cost.nbytes, _QUERIED)


def _lead(
    tile: NDArray[np.int32], price: NDArray[np.float64], offers: Offers
) -> NDArray[np.float64]:
    """Put what each cell has first among what it knows; returns what is cheapest for each."""
    paid = np.empty(len(tile))

    def work(some: slice) -> None:
        own, (known, cost) = np.arange(some.stop - some.start), (part[some] for part in offers)
        where = (known == tile[some, np.newaxis]).argmax(axis=1)
        for each in (known, cost):
            each[own, where], each[:, 0] = each[:, 0].copy(), each[own, where].copy()
        # Where a cell knows of less, what stands for it costs infinitely much.
        paid[some] = (cost + price[known % len(price)]).min(axis=1)

    divide(work, len(tile), offers.cost.nbytes, _QUERIED)
    return paid
