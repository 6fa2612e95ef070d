"""How near a mosaic comes to the best that its photos allow, each so often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.mosaic import Mosaic
from facemo.kernels.auction import Points
from facemo.machine import batches
from facemo.options import Planning, PlanningOptions
from facemo.planning.assign import turned
from facemo.planning.auction import auctioned, least
from facemo.planning.cells import cells_of
from facemo.planning.mask import filled_in, subject_of
from facemo.planning.plan import looks_of
from facemo.planning.target import Target
from facemo.planning.terms import terms_of
from facemo.planning.tint import foreseen
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

    Examples
    --------
    >>> print(Bound(total=102.0, least=100.0, most_used=1, proven=True))
    within 2.0% of the best that each photo once allows (proven)
    """

    total: float
    least: float
    most_used: int
    proven: bool

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
        return f"within {self.above:.1%} of the best that each photo {often} allows ({sure})"


@takes(Planning)
def bound(mosaic: Mosaic, target: Target, **options: Unpack[PlanningOptions]) -> Bound:
    """Prove how near a mosaic comes to the best that its photos allow, each so often.

    "So often" is how often the most used one stands in the mosaic. What else was wished, as that
    repeats be apart, only takes away from what is possible, so that the proof holds for it, too,
    but says less. With `once` it comes within about 1% of the truth; it takes about as long as
    planning.

    Parameters
    ----------
    mosaic : Mosaic
        As `plan` makes one.
    target : array, picture or path
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
        For what is no image.

    Examples
    --------
    >>> tiles = np.repeat(np.uint8([0, 255]), 4 * 4 * 3).reshape(2, 4, 4, 3)
    >>> from facemo import plan
    >>> found = bound(plan(np.eye(1, 2), tiles, cols=2, max_uses=1), np.eye(1, 2), max_uses=1)
    >>> print(found)
    within 0.0% of the best that each photo once allows (proven)
    """
    wanted = Planning.of(options)
    points, tile = _described(mosaic, target, wanted)
    count = len(mosaic.tiles)
    uses = np.bincount(tile % count, minlength=count)
    room = np.zeros(count, np.int32)
    room[wishes_of(wanted, mosaic.tiles).allowed] = uses.max()
    room = np.maximum(room, uses.astype(np.int32))
    found = least(points, auctioned(points, tile, room, _ROUNDS), room)
    return Bound(_total(points, tile), found.total, int(uses.max()), found.proven)


def _described(
    mosaic: Mosaic, target: Target, wanted: Planning
) -> tuple[Points, NDArray[np.int32]]:
    """Cells that show a tile and tiles as `plan` compares them, and which each cell has."""
    (rows, cols), tiles = mosaic.cells.shape, mosaic.tiles
    image = filled_in(
        subject_of(target, wanted.mask, mosaic.background), (rows, cols), mosaic.background
    )
    wanted = replace(wanted, once=False, cols=cols, rows=rows, view=mosaic.view)
    terms = terms_of(wanted, len(tiles), tiles.size, image.shape)
    looks = looks_of(tiles, np.arange(len(tiles), dtype=np.int32), terms)
    some = np.flatnonzero(mosaic.index >= 0).astype(np.int32)
    cells = cells_of(image, terms.grid, terms.detail, terms.space, some, terms.view)
    tile = mosaic.index.ravel()[some]
    if len(looks) > len(tiles):
        tile = tile + np.int32(len(tiles)) * mosaic.mirrored.ravel()[some]
    tint = foreseen(terms.tint)
    wanting = cells.looks.described(tint)[cells.which.ravel()[some]]
    return Points(*turned(wanting, looks.described(tint))), tile


def _total(points: Points, tile: NDArray[np.int32]) -> float:
    """The sum of squared distances."""
    return sum(
        float(((points.cells[some] - points.tiles[tile[some]]) ** 2).sum(dtype=np.float64))
        for some in batches(len(tile), _SUMMED)
    )
