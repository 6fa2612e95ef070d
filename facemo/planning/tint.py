"""Whether tiles' colours are near enough to their cells' as they are."""

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


def worth_it(library: Looks, cells: Cells, chosen: NDArray[np.int32]) -> bool:
    """Whether recolouring the tiles `chosen`, (rows, cols) int32, would be seen."""
    some = sampled(chosen.size, _LOOKED_AT)
    means = library.means[chosen.ravel()[some]], cells.colors.reshape(-1, 3)[some]
    apart = deltaE_ciede2000(*(rgb2lab(each / 255) for each in means))
    return bool(apart.mean() > _UNSEEN)
