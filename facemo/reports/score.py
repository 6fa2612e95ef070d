"""How close a mosaic is to its target, and how often it repeats itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from facemo.area import area_means
from facemo.drawing.draw import blocks
from facemo.drawing.mosaic import Mosaic
from facemo.planning.target import Target, as_image

_FINE = 4
_SSIM_WINDOW = 7


@dataclass(frozen=True)
class Score:
    """How close a mosaic is to its target, and how often it repeats itself.

    Mosaic and target are compared as sRGB area averages: of each cell, and (``_fine``) of 4 x 4
    blocks of each cell.

    Parameters
    ----------
    delta_e : float
        Mean CIEDE2000; 2 is what an attentive eye tells apart. Lower is better.
    psnr : float
        Peak signal-to-noise ratio in dB over R, G and B. Higher is better; infinite if equal.
    delta_e_fine, psnr_fine : float
        The same of the blocks.
    ssim_fine : float
        Structural similarity (Wang et al. 2004; 7 x 7 windows, mean of the channels), at most 1.
        Not a number for fewer than 2 cells across or down.
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
    distinct: int
    most_used: int
    equal_neighbours: float
    nearest_repeat: int | None

    def __str__(self) -> str:
        apart = "never" if self.nearest_repeat is None else f"{self.nearest_repeat} cells apart"
        return (
            f"cells: ΔE2000 {self.delta_e:.2f}, PSNR {self.psnr:.1f} dB; at 4x: ΔE2000 "
            f"{self.delta_e_fine:.2f}, PSNR {self.psnr_fine:.1f} dB, SSIM {self.ssim_fine:.3f}; "
            f"{self.distinct:,} distinct tiles, one {self.most_used:,} times, "
            f"{self.equal_neighbours:.1%} next to themselves, nearest repeat {apart}"
        )


def score(mosaic: Mosaic, target: Target) -> Score:
    """Measure `mosaic` against `target` without drawing it.

    Parameters
    ----------
    mosaic : Mosaic
        As `plan` makes one.
    target : array, picture or path
        As for `plan`.

    Returns
    -------
    Score
        How close it is, and how often it repeats itself.

    Raises
    ------
    InputError
        For what is no image.

    Examples
    --------
    >>> tiles = np.repeat(np.uint8([0, 255]), 4 * 4 * 3).reshape(2, 4, 4, 3)
    >>> from facemo import plan
    >>> result = score(plan(np.eye(2), tiles, cols=2, k=1, spacing=0), np.eye(2))
    >>> result.delta_e, result.distinct, result.nearest_repeat
    (0.0, 2, 1)
    """
    image = as_image(target)
    cells, fine = (_flat(blocks(mosaic.layout, n)) for n in (1, _FINE))
    wanted_cells, wanted_blocks = (
        area_means(image[np.newaxis], *drawn.shape[:2])[0] for drawn in (cells, fine)
    )
    index = mosaic.index
    return Score(
        delta_e=_delta_e(cells, wanted_cells),
        psnr=_psnr(cells, wanted_cells),
        delta_e_fine=_delta_e(fine, wanted_blocks),
        psnr_fine=_psnr(fine, wanted_blocks),
        ssim_fine=_ssim(fine, wanted_blocks),
        distinct=len(np.unique(mosaic.variants.tile)),
        most_used=int(np.bincount(index.ravel()).max()),
        equal_neighbours=_equal_neighbours(index),
        nearest_repeat=_nearest_repeat(index),
    )


def _flat(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """(rows, cols, n, n, 3) blocks of cells as a (rows * n, cols * n, 3) picture."""
    rows, cols, n = means.shape[:3]
    return means.swapaxes(1, 2).reshape(rows * n, cols * n, 3)


def _delta_e(drawn: NDArray[np.float64], wanted: NDArray[Any]) -> float:
    return float(
        deltaE_ciede2000(rgb2lab(drawn / 255), rgb2lab(wanted.astype(np.float64) / 255)).mean()
    )


def _psnr(drawn: NDArray[np.float64], wanted: NDArray[Any]) -> float:
    with np.errstate(divide="ignore"):  # equal pictures: infinite
        return float(peak_signal_noise_ratio(wanted.astype(np.float64), drawn, data_range=255))


def _ssim(drawn: NDArray[np.float64], wanted: NDArray[Any]) -> float:
    if min(drawn.shape[:2]) < _SSIM_WINDOW:
        return float("nan")
    wanted = wanted.astype(np.float64)
    return float(structural_similarity(drawn, wanted, channel_axis=2, data_range=255))


def _equal_neighbours(index: NDArray[np.int32]) -> float:
    equal = np.zeros(index.shape, bool)
    down, across = index[1:] == index[:-1], index[:, 1:] == index[:, :-1]
    equal[1:] |= down
    equal[:-1] |= down
    equal[:, 1:] |= across
    equal[:, :-1] |= across
    return float(equal.mean())


def _nearest_repeat(index: NDArray[np.int32]) -> int | None:
    rows, cols = index.shape
    # Each tile's uses lie in a plane of their own, further from others than any two in a plane.
    apart = rows + cols
    y, x = np.indices(index.shape)
    places = np.stack([y.ravel(), x.ravel(), index.ravel().astype(np.int64) * apart], axis=1)
    if len(places) < 2:
        return None
    nearest = np.min(KDTree(places).query(places, k=[2], p=np.inf)[0])
    return int(nearest) if nearest < apart else None
