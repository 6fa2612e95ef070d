"""Tiles that are sure to appear: those that no cell chose go where they cost least."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from facemo.machine import batches
from facemo.planning.cells import FREE, Cells
from facemo.planning.describe import Looks
from facemo.planning.match import nearest

# Tiles that are placed at a time, and cells near each: with as many cells as tiles there is one for
# each of these, however much alike they are. 6,600 that are missing in 142 x 142 cells take 6 s;
# with 1,024 at a time 17 s, for a FLIP of .2126 in place of .2134.
_TOGETHER, _PLACES = 1 << 8, 64


def included(
    library: Looks,
    cells: Cells,
    chosen: NDArray[np.int32],
    wanted: NDArray[np.int32],
    count: int,
    tint: float,
    held: NDArray[np.int32] | None = None,
) -> NDArray[np.int32]:
    """What is `chosen`, changed so that every tile that is `wanted` stands in some cell.

    Those that are missing take the place of others, where that raises the distances of cells and
    tiles least: a matching of least cost, of tiles and cells near them. Nobody else has them, so
    that spacing and uses hold as they did. What is held stays, and one cell of each wanted tile.

    library, count, tint, held : as for `settle.settled`
    chosen : (rows, cols) int32, as that returns it
    wanted : (m,) int32, tiles, those that are not held no more than cells that are not

    Returns (rows, cols) int32.
    """
    used = np.zeros(count, bool)
    used[chosen[chosen >= 0] % count] = True
    missing = wanted[~used[wanted]]
    if not len(missing):
        return chosen
    free = _exchangeable(chosen, wanted, count, held).ravel()
    points = cells.looks.described(tint)[cells.which.ravel()[free]]
    tiles = library.described(tint)
    placed = chosen.ravel()[free]
    far = np.sqrt(((points - tiles[placed % len(tiles)]) ** 2).sum(axis=1))
    left = np.arange(len(points))
    for some in batches(len(missing), _TOGETHER):
        looks = missing[some] + count * np.arange(len(tiles) // count)[:, np.newaxis]
        number, place = _matched(tiles[looks], points[left], far[left])
        placed[left[place]] = looks[number]
        left = np.delete(left, place)
    changed = chosen.copy()
    changed.ravel()[free] = placed
    return changed


def _exchangeable(
    chosen: NDArray[np.int32],
    wanted: NDArray[np.int32],
    count: int,
    held: NDArray[np.int32] | None,
) -> NDArray[np.bool_]:
    """Which cells may lose their tile: (rows, cols) bool; of a wanted tile's all but one."""
    free = chosen >= 0 if held is None else held == FREE
    is_wanted = np.zeros(count, bool)
    is_wanted[wanted] = True
    order = np.argsort(free, axis=None, kind="stable")  # where it is held it is safe already
    tile = chosen.ravel()[order]
    order = order[(tile >= 0) & is_wanted[tile % count]]
    first = np.unique(chosen.ravel()[order] % count, return_index=True)[1]
    free.ravel()[order[first]] = False
    return free


def _matched(
    tiles: NDArray[np.float32], cells: NDArray[np.float32], far: NDArray[np.float32]
) -> tuple[tuple[NDArray[np.intp], NDArray[np.intp]], NDArray[np.intp]]:
    """A cell for each tile, all different, where it costs least.

    tiles : (l, m, d), in each look that they may be laid in; cells : (M, d), M >= m
    far : (M,) float32, how far each cell is from what it has

    Returns the look and tile, two (m,), and the cell of each, (m,).
    """
    looks, count = tiles.shape[:2]
    near, squares = nearest(cells, tiles.reshape(looks * count, -1), max(_PLACES, count))
    cost = (np.sqrt(squares) - far[near]).ravel()
    look, tile = np.divmod(np.repeat(np.arange(looks * count), near.shape[1]), count)
    used, cell = np.unique(near, return_inverse=True)
    pair = tile * len(used) + cell.ravel()
    order = np.lexsort((cost, pair))  # the cheaper of two looks in one cell
    order = order[np.unique(pair[order], return_index=True)[1]]
    weights = cost[order] - cost.min() + 1  # for 0 would mean that they do not match
    edges = csr_matrix((weights, (tile[order], cell.ravel()[order])), (count, len(used)))
    tiles_in_turn, matched = min_weight_full_bipartite_matching(edges)
    of_pair = np.searchsorted(pair[order], tiles_in_turn * len(used) + matched)
    return (look[order[of_pair]], tiles_in_turn), used[matched]
