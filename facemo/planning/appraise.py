"""What each cell's candidates cost it: found by one query, judged as they will be drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.appraise import Prices, Seen, appraise
from facemo.kernels.match import squared_distances
from facemo.machine import batches, divide
from facemo.planning import terms
from facemo.planning.cells import Cells
from facemo.planning.describe import Looks, part_weights
from facemo.planning.match import Neighbours

# What a cell pays, in steps of L*: 1 for each that its parts differ by on average, blocks and
# quarters alike, and beside that
_MOVED = 0.45  # for each that its mean is moved, about a ΔE2000,
_LOST = 0.004  # and for contrast that has no room, in values of 255, squared.
# With .3, .45, .6 and .9 for a mean that is moved FLIP at 4 pixels a cell was .413, .419, .424 and
# .432 of the first version's, and tint spent a ΔE2000 of 16.9, 15.7, 14.9 and 13.9, but the most
# used tile had .9, 1.0, 1.1 and 1.3% of the cells (24 pairs). Two and a half times as much for
# contrast spared one cell in a thousand.


class Candidates(NamedTuple):
    """What D looks of cells may have, and what that costs.

    tile : (D, c) int32, a tile, or that and the number of tiles for its mirror image
    cost : (D, c) float32, in steps of L*
    """

    tile: NDArray[np.int32]
    cost: NDArray[np.float32]


def judged(
    library: Looks, cells: Cells, tile: NDArray[np.int32], tint: float
) -> NDArray[np.float32]:
    """What it costs each cell to have some tiles, as `Candidates` has it: (M, c) float32.

    tile : (M, c) int32, of the library, for each cell, row by row
    """
    cost = np.empty(tile.shape, np.float32)
    looks, which = cells.looks, cells.which.ravel()
    weights = np.ones(len(looks), np.float32) if cells.weights is None else cells.weights
    prices = Prices(part_weights(looks.detail), _MOVED, _LOST, tint)
    described = library.described(tint), looks.described(tint)

    def work(some: slice) -> None:
        if looks.detail == 1:
            squared_distances(described[0], described[1][which[some]], tile[some], cost[some])
            cost[some] = np.sqrt(cost[some]) * looks.unit * weights[which[some], np.newaxis]
        else:
            wanting = Seen(*(each[which[some]] for each in looks.seen))
            of_cells = weights[which[some]]
            appraise(wanting, library.seen, of_cells, tile[some], prices, cost[some])

    divide(work, len(tile), cost.nbytes * 8, terms.ASKED)
    return cost


def appraised(
    library: Looks,
    looks: Looks,
    count: int,
    tint: float,
    tell: Callable[[float], None] = lambda _: None,
    weights: NDArray[np.float32] | None = None,
) -> Candidates:
    """The `count` candidates nearest to each look, the nearest first, and what they cost.

    library : Looks of the tiles and, if there are any, then of their mirror images
    tint : how much of the way means will be moved, 0 to 1
    tell : called with the share that is done
    weights : (M,) float32, how much the likeness of each look counts, by default 1
    """
    weights = np.ones(len(looks), np.float32) if weights is None else weights
    neighbours = Neighbours(library.described(tint), looks.described(tint))
    count = min(count, len(library))
    found = Candidates(
        np.empty((len(looks), count), np.int32), np.empty((len(looks), count), np.float32)
    )
    prices = Prices(part_weights(looks.detail), _MOVED, _LOST, tint)

    def work(part: slice) -> None:
        tile, distance = neighbours.nearest(part, count)
        found.tile[part] = tile
        if looks.detail == 1:  # nothing inside them to judge
            found.cost[part] = distance * looks.unit * weights[part, np.newaxis]
        else:
            cells = Seen(*(each[part] for each in looks.seen))
            of_cells = weights[part]
            appraise(cells, library.seen, of_cells, found.tile[part], prices, found.cost[part])

    for some in batches(len(looks), terms.ASKED):
        divide(work, some.stop, found.cost[some].nbytes * 8, first=some.start)
        tell(some.stop / len(looks))
    return found
