"""What recolouring leaves of the photos in a mosaic."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.area import averaged, block_means, sampled
from facemo.drawing.draw import Layout, blocks
from facemo.machine import divide

# Photos are compared at so many blocks each way: what is finer is hardly seen in a mosaic.
_DETAIL = 8
# Cells that stand for all; a mean of them is off by some ten-thousandths.
_CELLS = 1 << 18
_BATCH_BYTES = 1 << 20
# Of 255: a tile that varies by less is flat, and has nothing to lose.
_FLAT = 1.0


class Intact(NamedTuple):
    """What is left of the photos, cell against tile, as `Score` has it."""

    contrast_kept: float
    washed_out: float
    tint_spent: float


def intact(plan: Layout) -> Intact:
    """What is left of the photos in a mosaic; of more than 262,144 cells as many speak for all.

    >>> from facemo.drawing.variants import Variants
    >>> tile = np.indices((1, 8, 8, 3), np.uint8)[1] * 8
    >>> looks = Variants(np.zeros(2, np.int32), None, np.float32([[28] * 3, [2] * 3]))
    >>> measured = intact(Layout(tile, looks, np.array([[0, 1]], np.int32)))
    >>> round(measured.contrast_kept, 2), measured.washed_out
    (0.58, 0.5)
    """
    cells = plan.cells.ravel() if plan.filled is None else plan.cells[plan.filled]
    cells = cells[sampled(cells.size, _CELLS)]
    numbers, uses = np.unique(cells, return_counts=True)
    kept, spent = np.ones(len(numbers)), np.zeros(len(numbers))
    recoloured = np.flatnonzero(plan.variants.recoloured[numbers])
    nbytes = plan.pixels[0].nbytes

    def work(part: slice) -> None:
        some = recoloured[part]
        kept[some], spent[some] = _compared(plan, numbers[some])

    if recoloured.size:
        _ = plan.changes  # made once, before several threads want it
    divide(work, len(recoloured), len(recoloured) * nbytes, max(1, _BATCH_BYTES // nbytes))
    return Intact(*(float(np.average(x, weights=uses)) for x in (kept, kept < 0.5, spent)))


def _compared(
    plan: Layout, numbers: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much contrast some variants keep of their tiles', and how far off their colours are."""
    laid = blocks(plan, _DETAIL, numbers).astype(np.float64)
    own = block_means(plan.pixels[plan.variants.tile[numbers]], _DETAIL, plan.view)
    has, had = _spread(laid), _spread(own)
    kept = np.where(had < _FLAT, 1, np.minimum(1, has / np.maximum(had, _FLAT)))
    lab, was = (rgb2lab(averaged(means, plan.view) / 255) for means in (laid, own))
    return kept, deltaE_ciede2000(lab, was)


def _spread(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """The standard deviation in each tile, mean of the channels: (v, n, n, 3) to (v,)."""
    spread: NDArray[np.float64] = means.std(axis=(1, 2)).mean(axis=1)
    return spread
