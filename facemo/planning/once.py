"""The grid that shows each photo once."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from facemo.errors import InputError

# What a stretch costs beside photos that are left over: (its logarithm)² times this, in shares of
# the photos, so that 3% weigh as much as one photo in a hundred, 10% as one in eleven. For 100 to
# 499 photos and targets from 16:9 to 9:16 that leaves 2.7% of them over and stretches by 3.6% on
# average (at most 12 and 9.4%), for 500 to 1,999 1.1 and 2.0%, for 2,000 to 5,000 .6 and 1.2%.
# With a weight of 5: 2.2 and 4.1%, at most 13% of a stretch; with 20: 3.1 and 3.2%. What `cols`
# alone would give leaves 6.6% over.
_STRETCH = 10
_MOST_STRETCH = math.log(1.25)  # that one given side may cause


# Where cells stay empty, grids for more photos are tried: for so many numbers of them, up to so
# many times as many, or as few, as the share of the cells that are filled asks for.
_TRIED, _AROUND = 32, 1.2


def once_grid(
    photos: int,
    rows_per_col: float,
    cols: int | None = None,
    rows: int | None = None,
    filled: Callable[[tuple[int, int]], int] = math.prod,
) -> tuple[int, int]:
    """(rows, cols) of the grid that shows so many photos once, few of them left over.

    It has as many rows as they fill at its number of columns, or as many columns at its number of
    rows, so that fewer than its longer side has cells are left; of those grids, the one where these
    and the stretch of the target weigh least. A side that is given stays.

    rows_per_col : float
        Rows for each column where nothing is stretched.
    filled : function
        How many cells of a grid take a photo: all of them, unless some stay empty.

    >>> once_grid(200, 1.0), once_grid(1000, 0.75), once_grid(600, 1.0, cols=24)
    ((14, 14), (27, 37), (25, 24))
    """
    if filled is not math.prod and None in (cols, rows):
        return _of_filled(photos, rows_per_col, cols, rows, filled)
    if cols is not None:
        return (max(1, photos // cols) if rows is None else rows), cols
    if rows is not None:
        return rows, max(1, photos // rows)
    sides = np.arange(1, photos + 1)
    down, across = np.append(sides, photos // sides), np.append(photos // sides, sides)
    stretch = np.log(down / (across * rows_per_col))
    best = np.argmin(1 - down * across / photos + _STRETCH * stretch**2)
    return int(down[best]), int(across[best])


def _of_filled(
    photos: int,
    rows_per_col: float,
    cols: int | None,
    rows: int | None,
    filled: Callable[[tuple[int, int]], int],
) -> tuple[int, int]:
    """As `once_grid`, where some cells stay empty: of those grids that photos are enough for."""
    about = float(photos)
    for _ in range(3):  # the share that is filled differs a little from grid to grid
        grid = once_grid(max(1, int(about)), rows_per_col, cols, rows)
        about = photos * math.prod(grid) / max(1, filled(grid))
    best, least = (rows or 1, cols or 1), math.inf
    for count in np.geomspace(about / _AROUND, about * _AROUND, _TRIED).astype(int).tolist():
        grid = once_grid(max(1, count), rows_per_col, cols, rows)
        takes = filled(grid)
        loss = 1 - takes / photos + _STRETCH * math.log(grid[0] / (grid[1] * rows_per_col)) ** 2
        if 0 < takes <= photos and loss < least:
            best, least = grid, loss
    return best


def check_once(
    photos: int,
    rows_per_col: float,
    cols: int | None,
    rows: int | None,
    filled: Callable[[tuple[int, int]], int] = math.prod,
) -> None:
    """Raise an InputError for a number of columns or rows that does not fit so many photos."""
    if cols is None and rows is None:
        return
    down, across = once_grid(photos, rows_per_col, cols, rows, filled)
    best = once_grid(photos, rows_per_col, filled=filled)
    stretch = abs(math.log(down / (across * rows_per_col)))
    least = abs(math.log(best[0] / (best[1] * rows_per_col)))
    takes = filled((down, across))
    left = photos - takes
    if left < 0:
        problem = f"are more than the {photos:,} photos"
    elif left >= max(down, across):
        problem = f"leave {left:,} of the {photos:,} photos over"
    elif None in (cols, rows) and stretch > max(_MOST_STRETCH, least):
        problem = f"for {photos:,} photos stretch the target {math.exp(stretch):.3g} times"
    else:
        return
    sides = {"cols": cols, "rows": rows}
    given = [f"{name}={side}" for name, side in sides.items() if side is not None]
    part = "" if takes == down * across else f", of which {takes:,} are to be filled,"
    some = ", or use max_uses=1 in place of once=True, which leaves photos out" if left >= 0 else ""
    raise InputError(
        f"once=True with {' and '.join(given)}: {across:,} x {down:,} cells{part} {problem}: leave "
        f"{'them' if len(given) > 1 else 'it'} out, for {best[1]:,} x {best[0]:,} cells{some}"
    )
