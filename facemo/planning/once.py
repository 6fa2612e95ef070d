"""The grid that shows each photo once."""

from __future__ import annotations

import math

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


def once_grid(
    photos: int, rows_per_col: float, cols: int | None = None, rows: int | None = None
) -> tuple[int, int]:
    """(rows, cols) of the grid that shows so many photos once, few of them left over.

    It has as many rows as they fill at its number of columns, or as many columns at its number of
    rows, so that fewer than its longer side has cells are left; of those grids, the one where these
    and the stretch of the target weigh least. A side that is given stays.

    rows_per_col : float
        Rows for each column where nothing is stretched.

    >>> once_grid(200, 1.0), once_grid(1000, 0.75), once_grid(600, 1.0, cols=24)
    ((14, 14), (27, 37), (25, 24))
    """
    if cols is not None:
        return (max(1, photos // cols) if rows is None else rows), cols
    if rows is not None:
        return rows, max(1, photos // rows)
    sides = np.arange(1, photos + 1)
    down, across = np.append(sides, photos // sides), np.append(photos // sides, sides)
    stretch = np.log(down / (across * rows_per_col))
    best = np.argmin(1 - down * across / photos + _STRETCH * stretch**2)
    return int(down[best]), int(across[best])


def check_once(photos: int, rows_per_col: float, cols: int | None, rows: int | None) -> None:
    """Raise an InputError for a number of columns or rows that does not fit so many photos."""
    if cols is None and rows is None:
        return
    down, across = once_grid(photos, rows_per_col, cols, rows)
    best = once_grid(photos, rows_per_col)
    stretch = abs(math.log(down / (across * rows_per_col)))
    least = abs(math.log(best[0] / (best[1] * rows_per_col)))
    left = photos - down * across
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
    some = ", or use max_uses=1 in place of once=True, which leaves photos out" if left >= 0 else ""
    raise InputError(
        f"once=True with {' and '.join(given)}: {across:,} x {down:,} cells {problem}: leave "
        f"{'them' if len(given) > 1 else 'it'} out, for {best[1]:,} x {best[0]:,} cells{some}"
    )
