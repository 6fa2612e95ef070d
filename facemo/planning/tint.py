"""How far tiles' mean colours are moved, and to what."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.area import sampled
from facemo.planning.cells import Cells
from facemo.planning.describe import Looks

# A mean CIEDE2000 up to which nobody sees that tiles are not recoloured.
_UNSEEN = 1.0
_LOOKED_AT = 1 << 14  # cells
# No mean is moved so near to black or white that nothing is left of a photo.
_ROOM = np.uint8(3)


def foreseen(tint: float | str) -> float:
    """How far means will be moved as far as one knows before anything is chosen, 0 to 1."""
    return 1.0 if isinstance(tint, str) else tint


def moved_to(
    library: Looks, cells: Cells, chosen: NDArray[np.int32], tint: float | str
) -> tuple[float, NDArray[np.uint8]]:
    """How far means are moved, 0 to 1, and to which colours: (rows, cols, 3) uint8, sRGB.

    chosen : (rows, cols) int32, which of the library stands in each cell, -1 for none
    tint : how far it should be, or "auto" for all the way, if that would be seen
    """
    if not isinstance(tint, str):
        return tint, cells.colors
    return float(worth_it(library, cells, chosen)), aimed(cells.colors)


def aimed(colors: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What means are moved to by "auto", for cells of these colours: (..., 3) uint8, sRGB."""
    aims: NDArray[np.uint8] = np.clip(colors, _ROOM, np.uint8(255) - _ROOM)
    return aims


def worth_it(library: Looks, cells: Cells, chosen: NDArray[np.int32]) -> bool:
    """Whether recolouring the tiles `chosen`, (rows, cols) int32, -1 for none, would be seen."""
    chosen, colors = chosen.ravel(), cells.colors.reshape(-1, 3)
    if chosen.min() < 0:
        colors, chosen = colors[chosen >= 0], chosen[chosen >= 0]
    some = sampled(chosen.size, _LOOKED_AT)
    means = library.means[chosen[some]], colors[some]
    apart = deltaE_ciede2000(*(rgb2lab(each / 255) for each in means))
    return bool(apart.mean() > _UNSEEN)
