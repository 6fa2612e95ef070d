"""Very many cells by few: points in runs of neighbours, one of which stands for its run.

Where points are dense, prices are smooth, and what a cell costs is not how far the nearest tile is
but how far all have to go: the mean square of that was 699 with a million cells and 1.2 million
tiles, of the nearest tile 1.4. So an auction of one cell and one tile of each run tells nearly all.
Where colours of cells and tiles are alike, and each has its tile near it, it tells less.
Runs follow a tree that halves the points again and again, so that each part of them has its share;
of cells drawn by chance some colours have more than that, and their prices are far off.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.auction import Points
from facemo.planning.auction import tree_of

_CELLS = 1 << 17  # up to so many cells all take part
_FEW = 1 << 16  # of more, at most so many
_DIMENSIONS = 4  # in more, neighbours are too far apart to stand for each other
_LEAF = 4


class Strata(NamedTuple):
    """Runs of cells, and of uses of tiles, that lie near each other.

    points : one cell of each run, and one tile, with its mirror image if there is any, of each
    cells : (M, length) int32, the numbers of each run's cells; rest : (r,) int32, of those left
        over, fewer than a run
    tiles : (n,) int32, the numbers of tiles in order; ends : (n,) int64, where in all uses, in
        that order, those of each end
    """

    points: Points
    cells: NDArray[np.int32]
    rest: NDArray[np.int32]
    tiles: NDArray[np.int32]
    ends: NDArray[np.int64]

    @property
    def runs(self) -> int:
        """How many runs there are of uses of tiles."""
        return int(self.ends[-1] // self.cells.shape[1])


def strata_of(points: Points, room: NDArray[np.int32]) -> Strata | None:
    """Runs of cells and tiles, or None where all can take part themselves, or have to.

    A tile of more uses than a run would stand for itself again and again.

    room : (n,) int32, how often each tile, and its mirror image n further on, may be used
    """
    cells, tiles = points
    if len(cells) <= _CELLS or cells.shape[1] > _DIMENSIONS:
        return None
    length = -(-len(cells) // _FEW)
    if room.max() > length:
        return None
    order, ranked = tree_of(cells, _LEAF)[1], tree_of(tiles[: len(room)], _LEAF)[1]
    runs = order[: len(order) // length * length].reshape(-1, length)
    ends = np.cumsum(room[ranked], dtype=np.int64)
    middles = np.arange(ends[-1] // length) * length + length // 2
    some = _looks(ranked[np.searchsorted(ends, middles, side="right")], len(room), len(tiles))
    few = Points(cells[runs[:, length // 2]], tiles[some])
    return Strata(few, runs, order[runs.size :], ranked, ends)


def spread_out(strata: Strata, tile: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give the cells of each run the tiles of one: (m,) int32.

    tile : (M,) int32, those that the cells of `strata.points` have, each once
    """
    count, length, runs = len(strata.tiles), strata.cells.shape[1], strata.runs
    look, run = np.divmod(tile, runs)
    uses = run[:, np.newaxis].astype(np.int64) * length + np.arange(length)
    out = np.empty(strata.cells.size + len(strata.rest), np.int32)
    which = strata.tiles[np.searchsorted(strata.ends, uses, side="right")]
    out[strata.cells] = which + look[:, np.newaxis] * count
    # What is left over gets a run that nobody has, or the uses that no run has.
    unused = np.append(np.setdiff1d(np.arange(runs), run), runs)[0]
    last = unused * length + np.arange(len(strata.rest))
    out[strata.rest] = strata.tiles[np.searchsorted(strata.ends, last, side="right")]
    return out


def _looks(tile: NDArray[np.int32], count: int, looks: int) -> NDArray[np.int64]:
    """The numbers of tiles and of their mirror images, if there are as many looks as that."""
    return np.add.outer(np.arange(0, looks, count), tile).ravel()
