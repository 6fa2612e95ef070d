"""The terms of a plan: what its options come to for these tiles and this target."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from facemo.errors import InputError
from facemo.kinds import View, Weights
from facemo.options import COLS, DETAIL, EVEN, EXACT, MOST_DETAIL, SHADE, SPACING, Planning
from facemo.planning.once import check_once, once_grid

ASKED = 1 << 15  # cells whose candidates are asked for at a time
# Candidates that are judged as they will be drawn, beside those that cells around may have. Of 64
# columns 32 and 64 in place of 48 move FLIP, seen at 4 pixels a cell, by +3% and -1%; the more
# cells there are, the less one counts.
_JUDGED, _LEAST_JUDGED, _FEW = 40, 16, 1 << 14


# How many cells of a grid, (rows, cols), take a tile: all of them, unless some stay empty.
Filled = Callable[[tuple[int, int]], int]


class Terms(NamedTuple):
    """The options of `plan` with nothing left open, as `facemo.options.Planning` explains them."""

    grid: tuple[int, int]  # (rows, cols)
    detail: int
    space: str
    mirror: bool
    k: int
    spacing: int
    max_uses: int | None
    even: float
    tint: float | str
    shade: float
    weights: Weights
    view: View
    palette: int | str | None
    seed: int


def terms_of(
    options: Planning,
    tiles: int,
    tile: tuple[int, int],
    target: tuple[int, ...],
    filled: Filled = math.prod,
) -> Terms:
    """The terms for so many tiles and for a tile and a target of these (height, width, …).

    Raises InputError for what these cannot give, and says what they can.
    """
    if options.once:
        check_once(tiles, _rows_per_col(target, tile), options.cols, options.rows, filled)
    options = spelt_out(options, tiles, tile, target, filled)
    grid = grid_shape(target, tile, options.cols, options.rows)
    return Terms(
        grid=grid,
        max_uses=_max_uses(options.max_uses, tiles, grid, filled),
        detail=detail_of(options.detail, tile, target, grid),
        spacing=_spacing(options.spacing, tiles, grid),
        space=options.space,
        mirror=options.mirror,
        k=min(options.k, tiles * (1 + options.mirror)),
        even=_even(options),
        tint=options.tint,
        shade=shade_of(options, filled(grid)),
        weights=options.weights,
        view=options.view or "screen",
        palette=options.palette,
        seed=options.seed,
    )


def spelt_out(
    options: Planning,
    tiles: int,
    tile: tuple[int, int],
    target: tuple[int, ...],
    filled: Filled = math.prod,
) -> Planning:
    """`options` with `max_uses`, `cols` and `rows` in place of `once`, which is short for them.

    >>> once = spelt_out(Planning(once=True), 200, (64, 64), (300, 400))
    >>> once.max_uses, once.cols, once.rows
    (1, 16, 12)
    """
    if not options.once:
        return options
    given = options.cols, options.rows
    rows, cols = once_grid(tiles, _rows_per_col(target, tile), *given, filled)
    return replace(options, once=False, max_uses=1, cols=cols, rows=rows)


def grid_shape(
    target: tuple[int, ...], tile: tuple[int, int], cols: int | None, rows: int | None
) -> tuple[int, int]:
    """(rows, cols) of cells for a target and tiles of these (height, width, …).

    The one that is not given follows from both aspects, so that nothing looks stretched.

    >>> grid_shape((300, 400), (64, 64), 100, None)
    (75, 100)
    """
    rows_per_col = _rows_per_col(target, tile)
    if cols is None and rows is not None:
        return rows, max(1, int(rows / rows_per_col + 0.5))
    cols = COLS if cols is None else cols
    return max(1, int(cols * rows_per_col + 0.5)) if rows is None else rows, cols


def _rows_per_col(target: tuple[int, ...], tile: tuple[int, int]) -> float:
    """How many rows of cells a column has where nothing is stretched."""
    return (target[0] * tile[1]) / (target[1] * tile[0])


def detail_of(
    wanted: int | None, tile: tuple[int, int], target: tuple[int, ...], grid: tuple[int, int]
) -> int:
    """How many blocks a cell and a tile have in each direction."""
    cell = (target[0] // grid[0], target[1] // grid[1])
    most = max(1, min(MOST_DETAIL, *tile, *cell))
    if wanted is None:
        return min(DETAIL, most)
    if wanted > most:
        raise InputError(
            f"detail={wanted} is more than tiles of {tile[1]} x {tile[0]} pixels, cells of "
            f"{cell[1]} x {cell[0]} target pixels and the limit of {MOST_DETAIL} give: "
            f"use detail={most}{' or less' * (most > 1)}"
        )
    return wanted


def window(spacing: int, grid: tuple[int, int]) -> int:
    """How many cells of a grid can see each other at this spacing, and so want different tiles."""
    rows, cols = grid
    return min(2 * spacing + 1, rows) * min(2 * spacing + 1, cols)


def most_spacing(tiles: int, grid: tuple[int, int], wanted: int) -> int:
    """The largest spacing up to `wanted` that this many tiles can keep.

    >>> most_spacing(25, (64, 64), wanted=5)
    2
    """
    spacing = wanted
    while window(spacing, grid) > tiles:
        spacing -= 1
    return spacing


def _spacing(wanted: int | None, tiles: int, grid: tuple[int, int]) -> int:
    if wanted is None:
        return most_spacing(tiles, grid, SPACING)
    most = most_spacing(tiles, grid, min(wanted, max(grid)))
    if most < min(wanted, max(grid)):
        raise InputError(
            f"spacing={wanted} takes more than the {tiles:,} tiles there are: use spacing={most}"
            + " or less" * (most > 0)
        )
    return most


def _max_uses(wanted: int | None, tiles: int, grid: tuple[int, int], filled: Filled) -> int | None:
    if wanted is None:
        return None
    cells = filled(grid)
    if tiles * wanted < cells:
        raise InputError(
            f"max_uses={wanted} of {tiles:,} tiles fill {tiles * wanted:,} of the {cells:,} "
            f"cells ({grid[1]} x {grid[0]}): use max_uses={-(-cells // tiles)} or more, "
            "fewer cells, more tiles, or once=True, whose grid fits each of them once"
        )
    return min(wanted, cells)


def _even(options: Planning) -> float:
    """How evenly tiles are used: where repeats may stand together, they are free."""
    if options.even is not None:
        return options.even
    return 0.0 if options.spacing == 0 else EVEN


def shade_of(options: Planning, cells: int) -> float:
    """How far light runs across so many cells as in the target.

    By default it does where each cell may have a variant of its own anyway, as far as means are
    moved.

    >>> [shade_of(Planning(), cells) for cells in (7_500, 75_000)]
    [0.7, 0.0]
    """
    if options.shade is not None:
        return options.shade
    own = options.palette is None or (options.palette == "auto" and cells <= EXACT)
    tint = options.tint if isinstance(options.tint, float) else 1.0
    return SHADE * tint if own else 0.0


def planned_bytes(
    grid: tuple[int, int],
    looks: int,
    library: int,
    detail: int,
    k: int,
    spacing: int,
    capped: bool = False,
) -> int:
    """The memory that planning takes at most, for so many looks of cells and of tiles.

    Each look has its blocks, their description, a few copies of both, and its candidates: 1.3 kB
    measured with the defaults, 0.3 with a detail of 1, 5 with 8. With a cap on uses each look of a
    tile has its neighbours, too, and each cell those and the tiles that it knows of. A cell has
    its look and its colour, its place in the order and its draw, its tile and its variant: 29
    bytes measured.
    """
    candidates = candidates_of(k, spacing, detail, grid[0] * grid[1])
    asked = 16 * candidates * min(looks, ASKED)  # scipy's answers
    described = (looks + library) * (160 + 90 * detail**2)
    known = (640 * grid[0] * grid[1] + 160 * library) * capped
    return grid[0] * grid[1] * 36 + described + looks * 10 * candidates + asked + known


def candidates_of(k: int, spacing: int, detail: int, cells: int) -> int:
    """How many tiles each look is matched with.

    >>> [candidates_of(5, 2, 4, cells) for cells in (4096, 65_536, 262_144)]
    [49, 37, 29]
    """
    if detail == 1:
        return (spacing + 1) ** 2 + 4 * k if spacing else k
    judged = max(_LEAST_JUDGED, int(_JUDGED * min(1.0, _FEW / cells) ** 0.25))
    return max(k, judged) + (spacing + 1) ** 2
