"""How good a finished picture is, measured from outside, so that every program's is alike.

Picture and target are compared as sRGB area averages of 1, 2, 4 and 8 pixels a cell each way; cells
and tiles, for what is left of the photos, as those of 8 x 8.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from flip_evaluator import evaluate
from numpy.typing import NDArray
from scipy import sparse
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

FINE = 8  # pixels a side that stand for a cell, or a tile
_FAINT = 1.0  # of 255: a tile with less contrast counts as one of so much

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]
Grid = tuple[int, int]


class Measures(NamedTuple):
    """What is measured; colours are CIEDE2000, shares from 0 to 1.

    flip_1 to flip_8 : mean FLIP (Andersson et al. 2020) at 67 pixels a degree, cells seen 1 to 8
        pixels wide
    ssim : SSIM (Wang et al. 2004; 7 x 7 windows, mean of the channels) at 4 pixels a cell
    delta_e, delta_e_fine : mean difference of cells' means, and at 4 pixels a cell
    contrast_kept : a cell's standard deviation by that of its tile, at most 1, mean of the cells
    below_half : the share of cells that keep less than half
    tint_spent : mean difference between a cell's mean and its tile's
    most_uses : the share of cells that show the tile used most
    distinct : tiles in use, of as many as could be: all, or one a cell
    """

    flip_1: float
    flip_2: float
    flip_4: float
    flip_8: float
    ssim: float
    delta_e: float
    delta_e_fine: float
    contrast_kept: float
    below_half: float
    tint_spent: float
    most_uses: float
    distinct: float


def measured(
    picture: Picture,
    target: Picture,
    thumbs: Floats,
    grid: Grid,
    which: NDArray[np.int32] | None = None,
) -> Measures:
    """Measure a `picture` of (rows, cols) cells against its `target`.

    `thumbs` are the tiles as `thumbs_of` makes them; `which` says which of them is in which cell,
    and where it is None each cell is traced.
    """
    drawn, wanted = (area_means(each, grid[0] * FINE, grid[1] * FINE) for each in (picture, target))
    cells = cells_of(drawn, grid)
    shown = traced(cells, thumbs) if which is None else which.ravel()
    flips = {
        f"flip_{width}": flip(pooled(drawn, FINE // width), pooled(wanted, FINE // width))
        for width in (1, 2, 4, 8)
    }
    fine, fine_wanted = pooled(drawn, 2), pooled(wanted, 2)
    kept = contrast_kept(cells, thumbs[shown])
    uses = np.bincount(shown)
    return Measures(
        **flips,
        ssim=float(structural_similarity(fine, fine_wanted, channel_axis=2, data_range=255)),
        delta_e=mean_delta_e(pooled(drawn, FINE), pooled(wanted, FINE)),
        delta_e_fine=mean_delta_e(fine, fine_wanted),
        contrast_kept=float(kept.mean()),
        below_half=float((kept < 0.5).mean()),
        tint_spent=mean_delta_e(cells.mean(axis=(1, 2)), thumbs[shown].mean(axis=(1, 2))),
        most_uses=float(uses.max() / len(shown)),
        distinct=float(np.count_nonzero(uses) / min(len(shown), len(thumbs))),
    )


def area_means(picture: NDArray[Any], height: int, width: int) -> Floats:
    """A picture's averages over height x width equal areas, which may cut through pixels.

    >>> area_means(np.float64([[[0], [3], [9]]]), 1, 2)[0, :, 0]
    array([1., 7.])
    """
    down = _averaged(picture, height)
    return _averaged(down.swapaxes(0, 1), width).swapaxes(0, 1)


def _averaged(values: NDArray[Any], n: int) -> Floats:
    """`values` averaged along the first axis over n equal parts."""
    length = len(values)
    edges, pixel = np.arange(n + 1) * (length / n), np.arange(length)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    weights = sparse.csr_matrix(np.maximum(overlap, 0) * (n / length))
    flat: Floats = weights @ values.reshape(length, -1).astype(np.float64)
    return flat.reshape(n, *values.shape[1:])


def pooled(picture: Floats, side: int) -> Floats:
    """The means of blocks of side x side pixels."""
    height, width, channels = picture.shape
    parts = picture.reshape(height // side, side, width // side, side, channels)
    return np.asarray(parts.mean(axis=(1, 3)))


def cells_of(drawn: Floats, grid: Grid) -> Floats:
    """A picture of 8 x 8 pixels a cell as its (rows * cols, 8, 8, 3) cells."""
    rows, cols = grid
    parts = drawn.reshape(rows, FINE, cols, FINE, 3)
    return parts.swapaxes(1, 2).reshape(-1, FINE, FINE, 3)


def thumbs_of(pixels: NDArray[np.uint8]) -> Floats:
    """Tiles, (N, h, w, 3), as averages of 8 x 8 areas: (N, 8, 8, 3)."""
    return np.stack([area_means(tile, FINE, FINE) for tile in pixels])


def traced(cells: Floats, thumbs: Floats) -> NDArray[np.int64]:
    """Which tile is in each cell: the most correlated, also if it is laid mirrored.

    Correlation is that of what is left without each channel's mean, and survives recolouring.
    """
    both = np.concatenate([thumbs, thumbs[:, :, ::-1]])
    likeness = _directions(cells) @ _directions(both).T
    return np.asarray(likeness.argmax(axis=1) % len(thumbs))


def _directions(cells: Floats) -> NDArray[np.float32]:
    """Cells without their means, as vectors of length 1; flat ones stay about 0."""
    rest = (cells - cells.mean(axis=(1, 2), keepdims=True)).reshape(len(cells), -1)
    length = np.linalg.norm(rest, axis=1, keepdims=True)
    return np.asarray(rest / (length + 1e-6), np.float32)


def contrast_kept(cells: Floats, tiles: Floats) -> Floats:
    """How much of each tile's contrast its cell shows: the mean of its channels' deviations."""
    shown, own = (each.std(axis=(1, 2)).mean(axis=1) for each in (cells, tiles))
    return np.asarray(np.minimum(1, shown / np.maximum(own, _FAINT)))


def mean_delta_e(drawn: Floats, wanted: Floats) -> float:
    """The mean CIEDE2000 between colours of 0 to 255."""
    return float(deltaE_ciede2000(rgb2lab(drawn / 255), rgb2lab(wanted / 255)).mean())


def flip(drawn: Floats, wanted: Floats) -> float:
    """The mean FLIP between pictures of 0 to 255, at its default of 67 pixels a degree."""
    test, reference = (np.ascontiguousarray(each / 255, np.float32) for each in (drawn, wanted))
    return float(evaluate(reference, test, "LDR", applyMagma=False)[1])
