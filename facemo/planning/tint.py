"""How much tint brings a mosaic near to its target's colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.planning.describe import Looks
from facemo.planning.match import nearest

# With "auto", cells whose mean ΔE2000 exceeds this are brought to it.
_NEAR_ENOUGH = 5.0
_WORTH_IT = 0.05


def needed(library: Looks, cells: Looks, colors: NDArray[np.uint8], k: int) -> float:
    """The tint that cells need if each gets the last of its `k` nearest tiles, 0 to 1."""
    last = nearest(library.described(), cells.described(), k)[0][:, -1]
    return enough(library.means[last].reshape(colors.shape), colors)


def enough(means: NDArray[np.floating], colors: NDArray[np.uint8]) -> float:
    """As little tint as brings cells of these mean colours near enough to `colors`, 0 to 1.

    means, colors : (rows, cols, 3), sRGB values of 0 to 255

    >>> enough(np.zeros((1, 1, 3)), np.full((1, 1, 3), 255, np.uint8))
    0.95
    """
    off = float(deltaE_ciede2000(rgb2lab(means / 255), rgb2lab(colors / 255)).mean())
    tint = round(1 - _NEAR_ENOUGH / max(off, _NEAR_ENOUGH), 2)
    return tint if tint >= _WORTH_IT else 0.0
