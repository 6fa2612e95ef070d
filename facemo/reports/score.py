"""How good a mosaic is: how near its target, how whole its photos, and how evenly they are used."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from facemo.drawing.mosaic import Mosaic, require_mosaic
from facemo.planning.mask import filled_in, subject_of
from facemo.planning.target import Target
from facemo.reports.nearness import Pair, delta_e, flip, psnr, ssim
from facemo.reports.photos import intact
from facemo.reports.repeats import equal_neighbours, nearest_repeat, uses


@dataclass(frozen=True)
class Score:
    """How good a mosaic is, both sides of it: the picture, and the photos; printed, one line.

    Mosaic and target are compared as sRGB area averages: of each cell, and of 2 x 2, 4 x 4
    (``_fine``) and 8 x 8 blocks of each cell. Photos are compared with their tiles, as 8 x 8
    blocks of each. Empty cells count for nothing; on what is around them they have no effect.

    Parameters
    ----------
    delta_e : float
        Mean CIEDE2000 (Sharma et al. 2005); 2 is what an attentive eye tells apart. Lower is
        better.
    psnr : float
        Peak signal-to-noise ratio in dB over R, G and B. Higher is better; infinite if equal.
    delta_e_fine, psnr_fine : float
        The same of 4 x 4 blocks.
    ssim_fine : float
        Structural similarity of these (Wang et al. 2004; 7 x 7 windows, mean of the channels), at
        most 1. Not a number for fewer than 2 cells across or down.
    flip_1, flip_2, flip_4, flip_8 : float
        Mean FLIP error (Andersson et al. 2020; 67 pixels a degree) where a cell is seen 1, 2, 4 or
        8 pixels wide: from afar to close by. From 0, where no difference is seen, to 1.
    contrast_kept : float
        How much of its tile's contrast a cell keeps, on average, 0 to 1: of the standard deviation
        among the blocks, mean of the channels. A flat tile, of less than 1 of 255, has all of it.
    washed_out : float
        The share of cells that keep less than half of it.
    tint_spent : float
        Mean CIEDE2000 from the mean colours of tiles to those of their cells: what recolouring did.
    distinct : int
        How many different tiles are used.
    most_used : int
        How often the most used one is.
    equal_neighbours : float
        The share of cells that have the same tile as a neighbour above, below, left or right.
    nearest_repeat : int or None
        The smallest distance between two uses of one tile, in cells, the larger of across and
        down; None if no tile is used twice.
    """

    delta_e: float
    psnr: float
    delta_e_fine: float
    psnr_fine: float
    ssim_fine: float
    flip_1: float
    flip_2: float
    flip_4: float
    flip_8: float
    contrast_kept: float
    washed_out: float
    tint_spent: float
    distinct: int
    most_used: int
    equal_neighbours: float
    nearest_repeat: int | None

    def __str__(self) -> str:
        return "; ".join([self._picture, self._photos, self._use])

    @property
    def _picture(self) -> str:
        return (
            f"picture: differs by {self.flip_1:.2f} from afar, {self.flip_8:.2f} close by (FLIP, 0 "
            f"to 1), its colours by {self.delta_e:.1f} (ΔE2000, 2 is just seen)"
        )

    @property
    def _photos(self) -> str:
        return (
            f"photos: keep {self.contrast_kept:.0%} of their contrast, {self.washed_out:.0%} of "
            f"them less than half, and are recoloured by {self.tint_spent:.1f} (ΔE2000)"
        )

    @property
    def _use(self) -> str:
        photos = f"{self.distinct:,} photo{'s' * (self.distinct > 1)}"
        if self.nearest_repeat is None:
            return f"use: {photos}, each once"
        return (
            f"use: {photos}, one of them {self.most_used:,} times, the same "
            f"{self.nearest_repeat:,} cells apart or more, {self.equal_neighbours:.0%} side by side"
        )


def score(mosaic: Mosaic, target: Target) -> Score:
    """Measure `mosaic` against `target` and its tiles, without drawing it.

    Of more than 2 million averages (a cell has 1, 4, 16 or 64, so from 32,768 cells on) as many
    are compared, in 128 windows spread over the picture, and of more than 262,144 cells as many
    with their tiles. These figures are then estimates, the same each time, and what they take grows
    no more with the mosaic.

    Parameters
    ----------
    mosaic : Mosaic
        As `plan` makes one.
    target : path, picture or array
        As for `plan`.

    Returns
    -------
    Score
        How near the picture is, how whole the photos are, and how evenly they are used.

    Raises
    ------
    InputError
        For what is no image.

    Examples
    --------
    >>> tiles = np.repeat(np.uint8([0, 255]), 4 * 4 * 3).reshape(2, 4, 4, 3)
    >>> from facemo import plan
    >>> result = score(plan(np.eye(2), tiles, cols=2, k=1, spacing=0), np.eye(2))
    >>> result.delta_e, result.flip_8, result.contrast_kept, result.distinct, result.nearest_repeat
    (0.0, 0.0, 1.0, 2, 1)
    """
    require_mosaic(mosaic)
    image = filled_in(subject_of(target), (mosaic.cells.shape[0], mosaic.cells.shape[1]))
    one, two, four, eight = (Pair(mosaic.layout, image, n) for n in (1, 2, 4, 8))
    photos = intact(mosaic.layout)
    index = mosaic.index
    used = uses(index)
    return Score(
        delta_e=delta_e(one),
        psnr=psnr(one),
        delta_e_fine=delta_e(four),
        psnr_fine=psnr(four),
        ssim_fine=ssim(four),
        flip_1=flip(one),
        flip_2=flip(two),
        flip_4=flip(four),
        flip_8=flip(eight),
        contrast_kept=photos.contrast_kept,
        washed_out=photos.washed_out,
        tint_spent=photos.tint_spent,
        distinct=int(np.count_nonzero(used)),
        most_used=int(used.max()),
        equal_neighbours=equal_neighbours(index),
        nearest_repeat=nearest_repeat(index),
    )
