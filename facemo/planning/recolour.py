"""The looks that cells ask for become variants: as few as will do, or each with its own light.

They are muted as far as their means are moved, so that a photo that is hardly recoloured is left as
it is. At any tint muting brings the picture nearer for contrast that the photos lose, but the more
for it the more is moved: FLIP at 4 pixels a cell falls by .008 for a tenth of the contrast at a
tint of .1, by .018 at 1, and the ΔE2000 of 4 x 4 blocks by 1.5 and 2.2 (nine pairs).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.draw import numbered
from facemo.drawing.variants import Variants, with_empty
from facemo.planning.palette import varied
from facemo.planning.shade import Light, shaded


def recoloured(
    tiles: NDArray[np.uint8],
    chosen: NDArray[np.int32],
    colors: NDArray[np.uint8],
    tint: float,
    palette: int | str | None = "auto",
    light: Light | None = None,
    view: str = "screen",
) -> tuple[Variants, NDArray[np.int32]]:
    """The variants that cells show, and which of them each does: Variants, (rows, cols) int32.

    tiles : (N, h, w, 3) uint8
    chosen : (rows, cols) int32, which tile stands in each cell, N more where it is mirrored, -1
        where none does: such cells share a variant without a tile
    colors : (rows, cols, 3) uint8, sRGB, what means are moved to
    tint : how much of the way, 0 to 1
    palette : how many variants at most, "auto" for as many as pay, None for what each cell wants
    light : how it is to run across cells; where it is None it stays, and cells may share variants
    view : what means are averages of, as facemo.area has it
    """
    filled = chosen >= 0
    whole = bool(filled.all())
    if light is not None:
        variants, numbers = shaded(
            tiles, chosen[filled], colors[filled], tint, light.of(filled), view
        )
        cells = np.empty(chosen.shape, np.int32)
        cells[filled] = numbers
    else:
        looks, groups = numbered(
            chosen if whole else np.where(filled, chosen, chosen.max()), 2 * len(tiles)
        )
        if not whole:
            groups[~filled] = -1
        variants, cells = varied(tiles, looks, groups, colors, tint, palette, view)
    variants = replace(variants, muted=np.full(len(variants), tint, np.float32))
    if whole:
        return variants, cells
    return with_empty(variants), np.where(filled, cells, np.int32(len(variants)))
