"""The least tint that exact means can be had for: a transportation problem, solved exactly."""

from __future__ import annotations

import numpy as np
from measure import Floats, Grid, Picture, area_means
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.kernels.compile import compiled

_SHARE = 0.01  # of the cells may show one tile


def least_tint(target: Picture, thumbs: Floats, grid: Grid) -> float:
    """The least mean CIEDE2000 between cells' colours and those of the tiles laid there.

    No tile is laid in more than 1% of the cells, or as many as all tiles need.
    """
    cells = rgb2lab(area_means(target, *grid).reshape(-1, 3) / 255)
    tiles = rgb2lab(thumbs.mean(axis=(1, 2)) / 255)
    costs = np.asarray(deltaE_ciede2000(cells[:, None], tiles[None]))
    most = max(int(len(cells) * _SHARE), -(-len(cells) // len(tiles)))
    return least_cost(costs, most) / len(cells)


def least_cost(costs: Floats, most: int) -> float:
    """The least sum of (cells, tiles) costs, each cell having one tile, each tile `most` cells.

    >>> least_cost(np.float64([[0, 5], [0, 1], [0, 2]]), 2)
    1.0
    """
    cells, tiles = costs.shape
    chosen = np.empty(cells, np.int32)
    _assign(np.ascontiguousarray(costs), np.empty((tiles, most), np.int32), chosen)
    return float(costs[np.arange(cells), chosen].sum())


@compiled
def _assign(costs: Floats, holders: NDArray[np.int32], out: NDArray[np.int32]) -> None:
    """Shortest augmenting paths: cell by cell, the cheapest way of moving others on to make room.

    What a full tile's use is worth is its price, so that each cell has the tile of the least cost
    and price; `holders` has room for the cells of each tile.
    """
    cells, tiles = costs.shape
    most = holders.shape[1]
    held = np.zeros(tiles, np.int32)
    prices, far = np.zeros(tiles), np.empty(tiles)
    mover = np.empty(tiles, np.int32)  # the cell that would move to each tile
    done = np.empty(tiles, np.bool_)
    out[:] = -1
    for cell in range(cells):
        far[:] = costs[cell] + prices
        mover[:], done[:] = cell, False
        while True:
            end = -1
            for tile in range(tiles):
                if not done[tile] and (end < 0 or far[tile] < far[end]):
                    end = tile
            if held[end] < most:
                break
            done[end] = True
            for holder in holders[end]:
                start = far[end] - costs[holder, end] - prices[end]
                for tile in range(tiles):
                    way = start + costs[holder, tile] + prices[tile]
                    if not done[tile] and way < far[tile]:
                        far[tile], mover[tile] = way, holder
        for tile in range(tiles):
            if done[tile]:
                prices[tile] += far[end] - far[tile]
        slot = held[end]
        held[end] += 1
        while True:
            moved = mover[end]
            holders[end, slot] = moved
            left, out[moved] = out[moved], end
            if moved == cell:
                break
            end = left
            slot = 0
            while holders[end, slot] != moved:
                slot += 1
