"""As few variants as will do: the means that cells want become a palette for each tile.

A variant is made, encoded and kept once, a cell costs next to nothing: so of many cells those of
the same tile, that want nearly the same mean, share it. The means are those of k-means in L*a*b*;
what a cell's is off goes to the cells around it, so that from afar nothing changes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.area import sampled
from facemo.drawing.recolour import means_of, moved
from facemo.drawing.variants import Variants
from facemo.kernels.palette import Centres, Points, Wanted, assign, diffuse, split
from facemo.machine import batches
from facemo.options import EXACT
from facemo.planning.cells import codes, colors_of

# Of more, so many variants, and at most every second cell one, so that sharing pays. At 512 x 512
# cells of 64 pixels they are 187 MB of TIFF, and half a second of JPEG more than tiles as they are.
# At the defaults cells are a ΔE2000 of 0.1 further from their colours, 0.3 at the worst (four
# targets, three libraries).
_MOST = 10 << 10
# Where all means are moved all the way, nothing hides that they are not exact: so many variants
# would leave cells a ΔE2000 of 1.2 to 1.6 off, 2.6 at the worst. Until they leave no more than
# `_near`, and what diffusion adds to it, a quarter, there are more of them: by this power, and up
# to three times as many, for a PNG of a gigapixel keeps 10 kB of each.
_NEAR, _POWER, _MORE = 0.75, 2.4, 3
_MEASURED = 1 << 14  # of what cells want
# Beyond so many cells with the cube root of their number: an error in three dimensions is as the
# cube root of what there is to choose from.
_MANY = 1 << 20
# In a library where each tile is used a few times only, so many a tile.
_A_TILE = 4
_ROUNDS = 3  # of k-means: a fourth makes a difference of one in a hundred
_ROWS = 256  # at a time, so that an interrupt need not wait long


def most_variants(cells: int, looks: int, palette: int | str | None) -> int:
    """How many variants there may be, for so many cells and looks of tiles in use.

    >>> [most_variants(cells, 200, "auto") for cells in (10_000, 20_000, 1_000_000, 100_000_000)]
    [10000, 10000, 10240, 46784]
    """
    if palette is None or (isinstance(palette, str) and cells <= EXACT):
        return cells
    if isinstance(palette, str):
        most = int(_MOST * max(1.0, (cells / _MANY) ** (1 / 3)))
        palette = max(min(cells // 2, most), _A_TILE * looks)
    return min(cells, max(palette, looks))


def forecast_variants(cells: int, looks: int, palette: int | str | None) -> int:
    """About how many variants there will be, before anybody has planned.

    Where all means are moved all the way there are two to three times as many as there would be,
    and as many as cells where these are few.
    """
    most = most_variants(cells, looks, palette)
    return min(cells, most * 5 // 2) if isinstance(palette, str) else most


def varied(
    tiles: NDArray[np.uint8],
    looks: NDArray[np.int32],
    groups: NDArray[np.int32],
    colors: NDArray[np.uint8],
    tint: float,
    palette: int | str | None,
    view: str,
) -> tuple[Variants, NDArray[np.int32]]:
    """The variants that cells share, and which of them each shows: Variants, (rows, cols) int32.

    looks : (G,) int32, the tiles in use, N more where they are mirrored
    groups : (rows, cols) int32, which of these each cell shows, -1 for none; so it has no variant

    All else is as for `recolour.recoloured`.
    """
    tile, mirrored = looks % np.int32(len(tiles)), looks >= len(tiles)
    if not tint:
        return Variants(tile, mirrored), groups
    wanted = Wanted(groups, colors, means_of(tiles, tile, view), tint)
    count = int(np.count_nonzero(groups >= 0))
    most = most_variants(count, len(looks), palette)
    distinct = _distinct(wanted, most)
    group, means = distinct.group, moved(wanted.means[distinct.group], distinct.color, tint)
    if distinct.cells is not None and len(group) <= most:
        return Variants(tile[group], mirrored[group], means), distinct.cells
    centres, nearest = _fitted(group, means, distinct.counts, most)
    more = most
    if palette == "auto":
        further = _further(distinct, means, centres.rgb[nearest])
        more = int(most * min((max(further, 0.0) / _near(count)) ** _POWER, _MORE))
    if distinct.cells is not None and more >= len(group):
        return Variants(tile[group], mirrored[group], means), distinct.cells
    if more > most:
        centres, _ = _fitted(group, means, distinct.counts, more)
    group = np.repeat(np.arange(len(looks)), np.diff(centres.starts))
    return Variants(tile[group], mirrored[group], centres.rgb), _diffused(wanted, centres)


class _Distinct(NamedTuple):
    """What differs among cells, sorted by group.

    group : (D,) int32; color : (D, 3) uint8, sRGB
    counts : (D,) int64, how many cells have it
    cells : (rows, cols) int32, which of these each cell has, -1 for none; None if not all were
        looked at
    """

    group: NDArray[np.int32]
    color: NDArray[np.uint8]
    counts: NDArray[np.int64]
    cells: NDArray[np.int32] | None


def _distinct(wanted: Wanted, most: int) -> _Distinct:
    """What differs among the cells, or among a million of them if they are more than `most`."""
    groups, colors = _wants(wanted)
    count = len(groups)
    some = sampled(count) if most < count else slice(None)
    groups, colors = groups[some], colors[some]
    wants = _coded(groups, colors)
    whole = len(groups) == count
    if not whole:
        missing = np.ones(len(wanted.means), bool)
        missing[groups] = False
        wants = np.concatenate([wants, _first_cells(wanted, missing)])
    found, cells, counts = np.unique(wants, return_inverse=True, return_counts=True)
    color = colors_of(found).astype(np.uint8)
    group = (found >> 24).astype(np.int32)
    if not whole:
        return _Distinct(group, color, counts, None)
    placed = np.full(wanted.groups.shape, -1, np.int32)
    placed[wanted.groups >= 0] = cells.ravel()
    return _Distinct(group, color, counts, placed)


def _wants(wanted: Wanted) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """The groups and the colours, (M,) int32 and (M, 3) uint8, of the cells that have a tile."""
    groups, colors = wanted.groups.ravel(), wanted.colors.reshape(-1, 3)
    some = groups >= 0
    return (groups, colors) if some.all() else (groups[some], colors[some])


def _coded(groups: NDArray[np.int32], colors: NDArray[np.uint8]) -> NDArray[np.int64]:
    """A number for each pair of a group and a colour, which sorts by the group first."""
    return (groups.astype(np.int64) << 24) | codes(colors)


def _first_cells(wanted: Wanted, missing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """A cell, as `_coded`, of each group that is `missing`."""
    groups, colors = _wants(wanted)
    places = np.flatnonzero(missing[groups])
    places = places[np.unique(groups[places], return_index=True)[1]]
    return _coded(groups[places], colors[places])


def _fitted(
    group: NDArray[np.int32], means: NDArray[np.float32], counts: NDArray[np.int64], most: int
) -> tuple[Centres, NDArray[np.int64]]:
    """At most `most` centres of the means that are wanted, and which of them each is near.

    group : (D,) int32, ascending; means : (D, 3) float32, sRGB; counts : (D,) int64, how often

    There is a centre in each group at least. Returns Centres, (D,) int64.
    """
    starts = np.searchsorted(group, np.arange(group[-1] + 2))
    lab = rgb2lab(means.astype(np.float64) / 255)
    points = Points(lab, counts.astype(np.float64), starts)
    part = np.empty(len(group), np.int64)
    split(points, most, part)
    centres, part = _centres(points, group, means, part)
    for _ in range(_ROUNDS):
        assign(points, centres, part)
        centres, part = _centres(points, group, means, part)
    return centres, part


def _centres(
    points: Points, group: NDArray[np.int32], means: NDArray[np.float32], part: NDArray[np.int64]
) -> tuple[Centres, NDArray[np.int64]]:
    """The mean of the points in each part, and the parts numbered as these are sorted.

    Parts without points are left out.
    """
    used, part = np.unique(part, return_inverse=True)
    total = np.bincount(part, points.weights)
    sums = (np.bincount(part, points.weights * means[:, c]) for c in range(3))
    rgb = np.stack([each / total for each in sums], axis=1).astype(np.float32)
    lab = rgb2lab(rgb.astype(np.float64) / 255)
    of_part = np.empty(len(used), np.int32)
    of_part[part] = group
    axes = _widest(lab, of_part)
    order = np.lexsort((lab[np.arange(len(lab)), axes[of_part]], of_part))
    starts = np.searchsorted(of_part[order], np.arange(len(points.starts)))
    return Centres(lab[order], rgb[order], starts, axes), np.argsort(order)[part]


def _widest(lab: NDArray[np.float64], group: NDArray[np.int32]) -> NDArray[np.int64]:
    """In which of its values each group of colours varies most: (V, 3), (V,) to (G,) int64."""
    count = np.bincount(group)
    mean, square = (
        np.stack([np.bincount(group, values[:, c]) for c in range(3)], axis=1) / count[:, None]
        for values in (lab, lab**2)
    )
    widest: NDArray[np.int64] = np.argmax(square - mean**2, axis=1)
    return widest


def _near(cells: int) -> float:
    """What sharing may leave cells further from their colours, in CIEDE2000.

    Nothing where they are hardly more than those that are exact, so that one row more is not seen;
    at sixteen times as many as much as at any number.
    """
    return _NEAR * min(1.0, float(np.log2(cells / EXACT)) / 4)


def _further(distinct: _Distinct, means: NDArray[np.float32], given: NDArray[np.float32]) -> float:
    """How much further from their colours cells are if they are given other means than they want.

    means, given : (D, 3) float32, sRGB. In CIEDE2000, of some of them.
    """
    some = slice(None, None, -(-len(means) // _MEASURED))
    colors = rgb2lab(distinct.color[some] / 255)
    apart = (
        deltaE_ciede2000(rgb2lab(each[some].astype(np.float64) / 255), colors)
        for each in (given, means)
    )
    return float(np.average(next(apart) - next(apart), weights=distinct.counts[some]))


def _diffused(wanted: Wanted, centres: Centres) -> NDArray[np.int32]:
    """Which of the centres each cell gets: (rows, cols) int32."""
    rows, cols = wanted.groups.shape
    cells = np.empty((rows, cols), np.int32)
    carried = np.zeros((2, cols + 2, 3))
    for some in batches(rows, _ROWS):
        band = Wanted(wanted.groups[some], wanted.colors[some], wanted.means, wanted.tint)
        diffuse(band, centres, carried, cells[some])
    return cells
