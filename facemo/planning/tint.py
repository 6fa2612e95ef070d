"""How much tint brings a mosaic near to its target's colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.area import sampled
from facemo.planning.cells import Cells
from facemo.planning.describe import Looks
from facemo.planning.match import nearest

# With "auto", cells whose mean ΔE2000 exceeds this are brought to it.
_NEAR_ENOUGH = 5.0
_WORTH_IT = 0.05
# Of more cells, so many say how far off they all are: to 0.04, which is a hundredth of the tint.
_LOOKED_AT = 1 << 14


def needed(library: Looks, cells: Cells, k: int) -> float:
    """The tint that cells need if each gets the last of its `k` nearest tiles, 0 to 1."""
    which = cells.which.ravel()[sampled(cells.which.size, _LOOKED_AT)]
    some, counts = np.unique(which, return_counts=True)
    last = nearest(library.described(), cells.looks.described()[some], k)[0][:, -1]
    return enough(library.means[last], cells.looks.colors[some], counts)


def left(library: Looks, cells: Cells, chosen: NDArray[np.int32]) -> float:
    """The tint that cells need of the tiles `chosen` for them, (rows, cols) int32."""
    some = sampled(chosen.size, _LOOKED_AT)
    return enough(library.means[chosen.ravel()[some]], cells.colors.reshape(-1, 3)[some])


def enough(
    means: NDArray[np.floating], colors: NDArray[np.uint8], counts: NDArray[np.intp] | None = None
) -> float:
    """As little tint as brings cells of these mean colours near enough to `colors`, 0 to 1.

    means, colors : (..., 3), sRGB values of 0 to 255
    counts : (...), how many cells have each; by default one

    >>> enough(np.zeros((1, 1, 3)), np.full((1, 1, 3), 255, np.uint8))
    0.95
    """
    each = deltaE_ciede2000(rgb2lab(means / 255), rgb2lab(colors / 255))
    off = float(np.average(each, weights=counts))
    tint = round(1 - _NEAR_ENOUGH / max(off, _NEAR_ENOUGH), 2)
    return tint if tint >= _WORTH_IT else 0.0
