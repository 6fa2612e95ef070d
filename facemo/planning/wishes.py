"""People's wishes as arrays: which tiles may be used, which have to be, and which stand where."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.mosaic import Mosaic
from facemo.errors import InputError, shown
from facemo.options import Planning
from facemo.planning.cells import FREE, STAYS_EMPTY
from facemo.planning.names import Names
from facemo.planning.terms import Terms
from facemo.tiles import Tiles


class Wishes(NamedTuple):
    """What is wished of tiles, which are counted as if there were no others than those allowed.

    allowed : (n,) int32, the numbers of the tiles that may be used, ascending
    included : (m,) int32, which of these have to be, ascending
    fixed : (f, 3) int32, a row, a column and which of these stands there
    """

    allowed: NDArray[np.int32]
    included: NDArray[np.int32]
    fixed: NDArray[np.int32]


def wishes_of(options: Planning, tiles: Tiles) -> Wishes:
    """The wishes among the options, of these tiles.

    Raises InputError for names that mean none, and for wishes that contradict each other.
    """
    everyone = np.arange(len(tiles), dtype=np.int32)
    if not (options.fixed or options.include or options.exclude):
        return Wishes(everyone, everyone[:0], np.empty((0, 3), np.int32))
    names = Names(tiles)
    excluded = _excluded(options, names, len(tiles))
    place = np.cumsum(~excluded, dtype=np.int32) - np.int32(1)
    pins = (options.fixed or {}).items()
    fixed = [(*cell, place[_pinned(cell, name, names, excluded)]) for cell, name in pins]
    included = np.zeros(len(tiles), bool)
    for name in options.include or ():
        included[_included(name, names, excluded)] = True
    allowed = np.flatnonzero(~excluded).astype(np.int32)
    return Wishes(allowed, place[included], np.array(fixed, np.int32).reshape(-1, 3))


def _excluded(options: Planning, names: Names, count: int) -> NDArray[np.bool_]:
    """Which of `count` tiles are left out: (N,) bool."""
    excluded = np.zeros(count, bool)
    for name in options.exclude or ():
        excluded[_meant("exclude", name, names)] = True
    if excluded.all():
        raise InputError(f"exclude: that leaves none of the {count:,} photos: leave out fewer")
    return excluded


def _meant(option: str, name: str, names: Names) -> NDArray[np.int32]:
    try:
        return names.meant(name)
    except InputError as error:
        raise InputError(f"{option}: {error}") from None


def _pinned(cell: tuple[int, int], name: str, names: Names, excluded: NDArray[np.bool_]) -> int:
    """The number of the tile that a cell is to show."""
    try:
        number = names.one(name)
    except InputError as error:
        raise InputError(f"fixed={cell[0]},{cell[1]}: {error}") from None
    if excluded[number]:
        raise InputError(
            f"fixed={cell[0]},{cell[1]}: {shown(name)} is among those that exclude leaves out: "
            "take it out of one of them"
        )
    return number


def _included(name: str, names: Names, excluded: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The tiles that a name or pattern wants to see; of a pattern's some may be left out."""
    meant = _meant("include", name, names)
    allowed = meant[~excluded[meant]]
    if not len(allowed):
        raise InputError(
            f"include: {shown(name)} is among those that exclude leaves out: take it out of one "
            "of them"
        )
    return allowed


def held_cells(
    wishes: Wishes, terms: Terms, held: NDArray[np.int32] | None = None
) -> NDArray[np.int32] | None:
    """What cells keep, as `settle.settled` has it: (rows, cols) int32, or None if all are free.

    held : the same before any is fixed, for cells that stay empty

    Raises InputError for what the grid, its empty cells and the terms do not allow.
    """
    if len(wishes.fixed):
        held = np.full(terms.grid, FREE) if held is None else held.copy()
        for row, col, tile in wishes.fixed.tolist():
            check_place((row, col), terms.grid)
            if held[row, col] == STAYS_EMPTY:
                raise InputError(f"fixed={row},{col} is a cell that stays empty: fix another one")
            held[row, col] = tile
        _check_uses(wishes.fixed, terms)
        _check_apart(wishes.fixed, terms)
    free = terms.grid[0] * terms.grid[1] if held is None else np.count_nonzero(held == FREE)
    unpinned = len(np.setdiff1d(wishes.included, wishes.fixed[:, 2]))
    if unpinned > free:
        rows, cols = terms.grid
        raise InputError(
            f"include: {unpinned:,} photos are more than the {free:,} free ones of {cols:,} x "
            f"{rows:,} cells: include fewer, or ask for more cells"
        )
    return held


def check_place(cell: tuple[int, int], grid: tuple[int, int]) -> None:
    """Raise an InputError for a cell, (row, col), that the grid has not."""
    (row, col), (rows, cols) = cell, grid
    if row >= rows or col >= cols:
        raise InputError(
            f"fixed={row},{col} is outside of the {cols:,} x {rows:,} cells: rows are 0 to "
            f"{rows - 1:,}, columns 0 to {cols - 1:,}"
        )


def _check_apart(fixed: NDArray[np.int32], terms: Terms) -> None:
    """Raise an InputError for two cells with one tile that see each other."""
    before: dict[int, list[tuple[int, int]]] = {}
    for row, col, tile in fixed.tolist():
        others = np.array(before.setdefault(tile, []), np.int32).reshape(-1, 2)
        before[tile].append((row, col))
        apart = np.maximum(abs(others[:, 0] - row), abs(others[:, 1] - col))
        if len(apart) and apart.min() <= terms.spacing:
            other = others[apart.argmin()].tolist()
            raise InputError(
                f"fixed={other[0]},{other[1]} and fixed={row},{col} are one photo, {apart.min()} "
                f"cell{'s' * bool(apart.min() > 1)} apart, and spacing={terms.spacing} wants "
                f"{terms.spacing + 1}: fix them further apart, or use spacing={apart.min() - 1}"
            )


def _check_uses(fixed: NDArray[np.int32], terms: Terms) -> None:
    """Raise an InputError for a tile that is fixed more often than it may be used."""
    uses = np.unique(fixed[:, 2], return_counts=True)[1].max()
    if terms.max_uses is not None and uses > terms.max_uses:
        limit = "once=True or max_uses=1" if terms.max_uses == 1 else f"max_uses={terms.max_uses}"
        raise InputError(
            f"fixed: one photo is wanted in {uses} cells, and {limit} allows {terms.max_uses}: fix "
            f"it in fewer, or use max_uses={uses} instead"
        )


def met(mosaic: Mosaic, options: Planning) -> str | None:
    """How many of the wishes a mosaic meets, in one line; None if there are none."""
    wishes = wishes_of(options, mosaic.tiles)
    index = mosaic.index
    rows, cols, tile = wishes.fixed.T
    shows = index[rows, cols] == wishes.allowed[tile]
    used = np.zeros(len(mosaic.tiles) + 1, bool)  # one more: an empty cell's is -1
    used[index] = True
    appear = used[wishes.allowed[wishes.included]]
    left_out = np.delete(used[:-1], wishes.allowed)
    parts = [
        f"{sum(there):,} of {len(there):,} {what}"
        for there, what in ((shows, "fixed"), (appear, "included"), (~left_out, "excluded"))
        if len(there)
    ]
    return f"wishes met: {', '.join(parts)}" if parts else None
