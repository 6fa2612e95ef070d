"""How near a mosaic comes to the best that its photos allow, each so often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.mosaic import Mosaic, require_mosaic
from facemo.kernels.auction import Points
from facemo.machine import batches
from facemo.options import Planning, PlanningOptions
from facemo.planning.assign import of_few, turned
from facemo.planning.auction import Least, auctioned, least
from facemo.planning.cells import cells_of
from facemo.planning.mask import filled_in, subject_of
from facemo.planning.plan import looks_of
from facemo.planning.strata import strata_of
from facemo.planning.target import Target
from facemo.planning.terms import terms_of
from facemo.planning.tint import foreseen
from facemo.planning.weights import weights_of
from facemo.planning.wishes import wishes_of
from facemo.signatures import takes

if TYPE_CHECKING:
    from typing_extensions import Unpack

_ROUNDS = 3
_SUMMED = 1 << 16  # cells at a time


@dataclass(frozen=True)
class Bound:
    """How near a mosaic comes to the best that its photos allow; printed, one line.

    Parameters
    ----------
    total : float
        The sum over all cells of squared distances: of the descriptions, in steps of L*, by which
        `plan` with these options finds tiles for cells.
    least : float
        What no mosaic of these cells and photos comes below that uses none of them more often.
    most_used : int
        How often that is.
    proven : bool
        Whether `least` is certain; of very many cells and details it is reckoned from a sample.
    weighted : bool
        Whether some cells count more, which all count alike here: what they take from others is
        part of the distance.

    Examples
    --------
    >>> print(Bound(total=102.0, least=100.0, most_used=1, proven=True))
    within 2.0% of the best that each photo once allows (proven)
    """

    total: float
    least: float
    most_used: int
    proven: bool
    weighted: bool = False

    @property
    def above(self) -> float:
        """How far the sum is above the least, as a share of that: 0 is the best there is."""
        if self.total <= self.least:
            return 0.0
        return self.total / self.least - 1 if self.least > 0 else float("inf")

    def __str__(self) -> str:
        often = "once" if self.most_used == 1 else f"{self.most_used:,} times"
        sure = "proven" if self.proven else "by a sample"
        if self.above == float("inf"):
            return f"how near the best that each photo {often} allows: nothing could be proven"
        first = ", with what matters more first" if self.weighted else ""
        return f"within {self.above:.1%} of the best that each photo {often} allows ({sure}){first}"


@takes(Planning)
def bound(mosaic: Mosaic, target: Target, **options: Unpack[PlanningOptions]) -> Bound:
    """Prove how near a mosaic comes to the best that its photos allow, each so often.

    "So often" is how often the most used one stands in the mosaic. What else was wished, as that
    repeats be apart or that faces count more, only takes away from what is possible, so that the
    proof holds for it, too, but says less. With `once` it comes within about 1% of the truth; it
    takes about as long as planning.

    Parameters
    ----------
    mosaic : Mosaic
        As `plan` makes one.
    target : path, picture or array
        What it was planned for.
    {options}

    Returns
    -------
    Bound
        The sum of squared distances, and what no assignment comes below: by linear programming
        duality, the sum over cells of the least distance and price less what all uses would
        fetch, for any prices; those of an auction (Bertsekas 1988) say most.

    Raises
    ------
    InputError
        For what is no mosaic or no image.

    Examples
    --------
    >>> tiles = np.repeat(np.uint8([0, 255]), 4 * 4 * 3).reshape(2, 4, 4, 3)
    >>> from facemo import plan
    >>> found = bound(plan(np.eye(1, 2), tiles, cols=2, max_uses=1), np.eye(1, 2), max_uses=1)
    >>> print(found)
    within 0.0% of the best that each photo once allows (proven)
    """
    require_mosaic(mosaic)
    points, tile, count, weighted = _described(mosaic, target, Planning.of(options))
    uses = np.bincount(tile % count, minlength=count)
    room = np.full(count, uses.max(), np.int32)
    found = _least(points, tile, room)
    return Bound(_total(points, tile), found.total, int(uses.max()), found.proven, weighted)


def _least(points: Points, tile: NDArray[np.int32], room: NDArray[np.int32]) -> Least:
    """What an auction of all cells proves, or of very many, one of those that are like each."""
    strata = strata_of(points, room)
    if strata is None:
        return least(points, auctioned(points, tile, room, _ROUNDS), room)
    few, once = strata.points, np.ones(strata.runs, np.int32)
    priced = auctioned(few, of_few(strata, 0), once, _ROUNDS)
    return least(points, priced, room, few.cells)


def _described(
    mosaic: Mosaic, target: Target, wanted: Planning
) -> tuple[Points, NDArray[np.int32], int, bool]:
    """Cells that show a tile, and tiles that may be used, as `plan` compares them.

    Returns these, which tile each cell has, how many there are, and whether some cells count more.
    """
    (rows, cols), tiles, ground = mosaic.cells.shape, mosaic.tiles, mosaic.background
    image = filled_in(subject_of(target, wanted.mask, ground), (rows, cols), ground)
    allowed = np.union1d(wishes_of(wanted, tiles).allowed, mosaic.variants.tiles).astype(np.int32)
    # How often a tile is used the mosaic says; of less than all cells the options do not know.
    wanted = replace(wanted, once=False, max_uses=None, cols=cols, rows=rows, view=mosaic.view)
    terms = terms_of(wanted, len(tiles), tiles.size, image.shape)
    looks = looks_of(tiles, allowed, terms)
    some = np.flatnonzero(mosaic.index >= 0).astype(np.int32)
    cells = cells_of(image, terms.grid, terms.detail, terms.space, some, terms.view)
    tile = np.searchsorted(allowed, mosaic.index.ravel()[some]).astype(np.int32)
    if len(looks) > len(allowed):
        tile += np.int32(len(allowed)) * mosaic.mirrored.ravel()[some]
    tint = foreseen(terms.tint)
    wanting = cells.looks.described(tint)[cells.which.ravel()[some]]
    points = Points(*turned(wanting, looks.described(tint)))
    weighted = weights_of(terms.weights, image, cells, some) is not None
    return points, tile, len(allowed), weighted


def _total(points: Points, tile: NDArray[np.int32]) -> float:
    """The sum of squared distances."""
    return sum(
        float(((points.cells[some] - points.tiles[tile[some]]) ** 2).sum(dtype=np.float64))
        for some in batches(len(tile), _SUMMED)
    )
