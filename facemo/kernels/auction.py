"""Cells bid for tiles, until what tiles cost keeps all cells apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


class Points(NamedTuple):
    """What is assigned to what: descriptions, whose squared distances are what it costs.

    cells : (m, d), tiles : (N, d) float32, the tiles and, if there are any, their mirror images
    """

    cells: NDArray[np.float32]
    tiles: NDArray[np.float32]


class Offers(NamedTuple):
    """The tiles that each cell knows of.

    tile : (m, k) int32, -1 where there are fewer; first the one that the cell had
    cost : (m, k) float32, squared distances; infinite where there are fewer
    """

    tile: NDArray[np.int32]
    cost: NDArray[np.float32]


class Market(NamedTuple):
    """What tiles cost, use by use; changed in place.

    price : (n, u) float64, of each use of a tile; infinite for those that there are not
    owner : (n, u) int32, the cell that has it, or -1
    least : (n,) float64, the least price of each tile; use : (n,) int32, which use has that
    queue : (m,) int32, the cells that want a tile, as a ring
    place : (2,) int64, where in the ring the first one stands, and how many there are
    """

    price: NDArray[np.float64]
    owner: NDArray[np.int32]
    least: NDArray[np.float64]
    use: NDArray[np.int32]
    queue: NDArray[np.int32]
    place: NDArray[np.int64]


@compiled
def bid(offers: Offers, most: int, step: float, market: Market, tile: NDArray[np.int32]) -> int:
    """Let cells bid in turn: each for what is cheapest for it, up to what makes it no more so.

    The cell that had that use is the next in the queue. Returns how many bids were made, at most
    `most`; the queue is empty when all cells have a tile.

    step : what each bid adds, so that none is in vain
    tile : (m,) int32, changed
    """
    price, owner, least, use, queue, place = market
    count = len(least)
    for done in range(most):
        if place[1] == 0:
            return done
        cell = queue[place[0]]
        place[0] = (place[0] + 1) % len(queue)
        place[1] -= 1
        best, second, taken = np.inf, np.inf, -1
        for j in range(offers.tile.shape[1]):
            t = offers.tile[cell, j]
            if t < 0:
                break
            value = offers.cost[cell, j] + least[t % count]
            if value < best:
                if taken < 0 or t % count != taken % count:
                    second = best
                best, taken = value, t
            elif value < second and t % count != taken % count:
                second = value
        at = taken % count
        mine = use[at]
        price[at, mine] += step + (second - best if second < np.inf else 0.0)
        before = owner[at, mine]
        owner[at, mine] = cell
        tile[cell] = taken
        if before >= 0:
            queue[(place[0] + place[1]) % len(queue)] = before
            place[1] += 1
        for other in range(price.shape[1]):
            if price[at, other] < price[at, use[at]]:
                use[at] = other
        least[at] = price[at, use[at]]
    return most


@compiled
def hear_of(
    found: NDArray[np.int32], points: Points, least: NDArray[np.float64], offers: Offers
) -> None:
    """Put tiles among what cells know of, in place of those that cost most, prices included.

    found : (m, f) int32, some for each cell; least : (n,) float64, what tiles cost
    The first that a cell knows stays.
    """
    cells, tiles = points
    known, cost = offers
    for cell in range(len(found)):
        for t in found[cell]:
            worst, dearest, there = -1, -np.inf, False
            for j in range(known.shape[1]):
                if known[cell, j] < 0:
                    worst, dearest = j, np.inf
                    break
                if known[cell, j] == t:
                    there = True
                    break
                value = cost[cell, j] + least[known[cell, j] % len(least)]
                if j > 0 and value > dearest:
                    worst, dearest = j, value
            if there or worst < 0:
                continue
            apart = np.float32(0)
            for q in range(cells.shape[1]):
                apart += (cells[cell, q] - tiles[t, q]) ** 2
            if apart + least[t % len(least)] < dearest:
                known[cell, worst], cost[cell, worst] = t, apart


@compiled
def lower(points: Points, least: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Lower what a cell would pay to what the cheapest of all tiles costs it, its price included.

    Dimensions are to be in order of their variance: most tiles are out after the first few.

    least : (n,) float64, what tiles cost; out : (m,) float64, lowered where a tile is cheaper
    """
    cells, tiles = points
    size, few = cells.shape[1], min(8, cells.shape[1])
    for first in range(0, len(tiles), 512):  # which stay in the cache
        for cell in range(len(cells)):
            lowest = np.float32(out[cell])
            for t in range(first, min(first + 512, len(tiles))):
                value = np.float32(least[t % len(least)])
                for q in range(few):
                    value += (cells[cell, q] - tiles[t, q]) ** 2
                if value >= lowest:
                    continue
                for q in range(few, size):
                    value += (cells[cell, q] - tiles[t, q]) ** 2
                if value < lowest:
                    lowest = value
            if lowest < out[cell]:
                out[cell] = lowest
