"""What a library lacks: which of a target's colours its tiles do not come near, in plain words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.area import block_means
from facemo.drawing.draw import numbered
from facemo.drawing.mosaic import Mosaic
from facemo.errors import InputError
from facemo.library.tensor import AnyTiles, as_tiles
from facemo.machine import batches, processors
from facemo.options import Planning
from facemo.planning.cells import codes, colors_of
from facemo.planning.mask import filled_cells, filled_in, subject_of
from facemo.planning.target import Target, pixelate
from facemo.planning.terms import grid_shape

# One tile of a colour does not make a part of a picture: a cell gets one of the k nearest, by
# default 5, and its neighbours want others. 1,000 tiles that a tint of 0.5 has to help have one
# within 5 of 89% of a photo's cells, and five within 5 of 55%.
_ENOUGH = 5
# A tint of "auto" takes a mean ΔE2000 of 5 for near enough, so single cells may be further. At 8,
# 1,000 tiles of all colours lack 0 to 15% of the cells of six photos, most where they are tinted
# most; 200 portraits lack 34 to 100%. At 6 it was twice as many, and also where no tint was wanted.
_NEAR = 8.0
_WORTH_NAMING = 0.01
_NAMED = 5
# ΔE2000 is computed for so many of the nearest in `_din99o`, at some 300 bytes each.
_CANDIDATES = 16
_BATCH = 1 << 14
# More cells than this are counted as colours of 6 bits a channel, which are at most 2 of 255 away.
_MANY = 1 << 16


@dataclass(frozen=True)
class Lack:
    """A group of colours that few tiles come near.

    name : str, in plain words, as "dark blues"
    share : float, of all cells
    delta_e : float, how far off the tiles are, on average
    color : (3,) ints, the mean colour, sRGB
    """

    name: str
    share: float
    delta_e: float
    color: tuple[int, int, int]


@dataclass(frozen=True, eq=False, repr=False)
class Coverage:
    """How near a library comes to a target's colours, and what it lacks; printed, one line.

    Near is a ΔE2000 of at most 8 between mean colours, from a cell to the fifth nearest tile: one
    tile alone could not fill a part of a picture without repeating itself. Of fewer than 40 tiles
    it is one of the nearer ones, and of fewer than 10 the nearest.

    Parameters
    ----------
    delta_e : (rows, cols) float32
        CIEDE2000 (Sharma et al. 2005) from each cell to that tile; not a number where cells stay
        empty. Of more than 65,536 cells the colours are taken to 2 of 255, which moves it by 1 or 2
        at most.
    lacking : float
        The share of the cells that so many tiles do not come near, of those that are not empty.
    lacks : Lack
        What these cells' colours are called, those of most cells first, with how many cells they
        are and how far off the tiles.
    """

    delta_e: NDArray[np.float32]
    lacking: float
    lacks: tuple[Lack, ...]

    def __str__(self) -> str:
        if self.lacking < _WORTH_NAMING:
            return "the tiles come near all of the target's colours"
        return f"{self.lacking:.0%} of the cells lack near tiles: {self.wanted}"

    def __repr__(self) -> str:
        rows, cols = self.delta_e.shape
        return f"Coverage({cols} x {rows} cells, {self.lacking:.0%} lacking)"

    @property
    def wanted(self) -> str:
        """The largest groups that the tiles lack, in one line; empty if they lack nothing."""
        large = [lack for lack in self.lacks if lack.share >= _WORTH_NAMING][:_NAMED]
        parts = [f"{lack.name} ({lack.share:.0%}, ΔE {lack.delta_e:.0f} off)" for lack in large]
        rest = self.lacking - sum(lack.share for lack in large)
        if rest >= _WORTH_NAMING:
            parts.append(f"other colours ({rest:.0%})")
        return ", ".join(parts)


def coverage(
    library: AnyTiles | Mosaic,
    target: Target | None = None,
    *,
    cols: int | None = None,
    rows: int | None = None,
) -> Coverage:
    """How near tiles come to the colours of `target`, and which they lack.

    Parameters
    ----------
    library : Mosaic, Tiles, path or paths, pictures, or (N, h, w, 3) uint8
        The tiles; a mosaic stands for all of its tiles and for its grid.
    target : path, picture or array
        As for `plan`; by default the one that a mosaic was planned from.
    cols, rows : int
        Cells across and down, as for `plan`.

    Returns
    -------
    Coverage
        How near the tiles come to each cell; printed, which colours they lack.

    Raises
    ------
    InputError
        For what cannot be used, as `plan` does.

    Examples
    --------
    >>> print(coverage(np.full((9, 8, 8, 3), 255, np.uint8), np.eye(2), cols=2))
    50% of the cells lack near tiles: blacks (50%, ΔE 100 off)
    """
    if isinstance(library, Mosaic) and (cols, rows) != (None, None):
        raise InputError("cols and rows are a mosaic's own: give them with tiles alone")
    tiles = library.tiles if isinstance(library, Mosaic) else as_tiles(library)
    view = library.view if isinstance(library, Mosaic) else "screen"
    means = block_means(tiles.pixels, 1, view)[:, 0, 0]
    if target is not None:
        given = Planning(cols=cols, rows=rows)
        subject = subject_of(target)
        grid = grid_shape(subject.image.shape, tiles.size, given.cols, given.rows)
        if isinstance(library, Mosaic):
            grid, filled = (library.cells.shape[0], library.cells.shape[1]), library.filled
        else:
            filled = filled_cells(subject.cover, grid)
        cells = pixelate(filled_in(subject, grid), *grid, view=view)[:, :, 0, 0]
        return measured(means, np.round(cells).astype(np.uint8), filled)
    if not isinstance(library, Mosaic):
        raise InputError("target must be a picture, got none: only a mosaic has one of its own")
    return measured(means, library.colors, library.filled)


def measured(
    tiles: NDArray[np.floating], cells: NDArray[np.uint8], filled: NDArray[np.bool_] | None = None
) -> Coverage:
    """How near tiles of these mean colours come to those of cells.

    tiles : (N, 3), sRGB values of 0 to 255
    cells : (rows, cols, 3) uint8, sRGB
    filled : (rows, cols) bool, which of them are to have a tile; None if all are

    >>> greys = np.repeat(np.arange(256.0), 3).reshape(256, 3)
    >>> print(measured(greys, np.uint8([[[9, 9, 9], [90, 90, 90], [250, 250, 250], [0, 0, 128]]])))
    25% of the cells lack near tiles: dark blues (25%, ΔE 29 off)
    """
    flat = cells.reshape(-1, 3) if filled is None else cells[filled]
    bits = 8 if len(flat) <= _MANY else 6
    colors, place, counts = _distinct(flat, bits)
    lab = rgb2lab(colors / 255)
    apart = _apart(rgb2lab(np.asarray(tiles, np.float64) / 255), lab)
    far = apart > _NEAR
    names = color_names(lab)
    lacks = [
        _lack(name, colors, apart, counts * (far & (names == name)), len(flat))
        for name in np.unique(names[far])
    ]
    lacks.sort(key=lambda lack: -lack.share)
    delta_e = np.full(cells.shape[:2], np.nan, np.float32)
    delta_e[np.ones(delta_e.shape, bool) if filled is None else filled] = apart[place]
    return Coverage(delta_e, float(counts[far].sum() / len(flat)), tuple(lacks))


def _distinct(
    colors: NDArray[np.uint8], bits: int
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.intp]]:
    """The colours that differ in their first `bits`: (D, 3), which of them each is, and counts."""
    found, place = numbered(codes(colors, bits), 1 << 3 * bits)
    counts = np.bincount(place)
    middle = (2.0 ** (8 - bits) - 1) / 2
    return (
        np.asarray(colors_of(found, bits) * 2.0 ** (8 - bits) + middle, np.float64),
        place,
        counts,
    )


def _apart(tiles: NDArray[np.float64], cells: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIEDE2000 from each cell to a near tile, the fifth of many: L*a*b* (N, 3), (D, 3) to (D,)."""
    tree = KDTree(_din99o(tiles))
    candidates = np.arange(1, min(_CANDIDATES, len(tiles)) + 1)
    nth = min(_ENOUGH - 1, len(tiles) // 10)
    apart = np.empty(len(cells))
    for some in batches(len(cells), _BATCH):
        found = tree.query(_din99o(cells[some]), candidates, workers=processors())[1]
        exact = deltaE_ciede2000(cells[some][:, np.newaxis], tiles[found])
        apart[some] = np.partition(exact, nth, axis=1)[:, nth]
    return apart


def _din99o(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """L*a*b* as DIN 6176 has it, where plain distances come close to CIEDE2000: (M, 3) to (M, 3).

    Among the 16 nearest here are the five nearest by CIEDE2000, or others as near to 0.03 on
    average; among the 16 nearest in L*a*b* only to 0.2.
    """
    lightness, a, b = lab.T
    turn = np.radians(26)
    red, yellow = a * np.cos(turn) + b * np.sin(turn), b * np.cos(turn) - a * np.sin(turn)
    chroma = np.hypot(red, 0.83 * yellow)
    factor = np.log1p(0.075 * chroma) / (0.0435 * np.maximum(chroma, 1e-9))
    light = 303.67 * np.log1p(0.0039 * lightness)
    return np.stack([light, red * factor, 0.83 * yellow * factor], axis=1)


def _lack(
    name: str,
    colors: NDArray[np.float64],
    apart: NDArray[np.float64],
    weights: NDArray[np.intp],
    cells: int,
) -> Lack:
    red, green, blue = np.round(np.average(colors, axis=0, weights=weights)).astype(int).tolist()
    delta_e = float(np.average(apart, weights=weights))
    return Lack(str(name), float(weights.sum() / cells), delta_e, (red, green, blue))


def color_names(lab: NDArray[np.float64]) -> NDArray[np.str_]:
    """What people call colours, in the plural: (D, 3) CIE L*a*b* to (D,) strings.

    Ranges of lightness, chroma and hue (CIE LCh), set by the named colours of CSS and by
    photographs.

    >>> color_names(rgb2lab([[0, 0, 0.5], [1, 0, 0], [0.9, 0.7, 0.7]])).tolist()
    ['dark blues', 'bright reds', 'light pinks']
    """
    lightness, a, b = lab.T
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    dark = lightness < 37
    words = [
        # The first that holds is the word, so that a hue is told by where it ends.
        ("blacks", lightness + chroma / 2 < 15),
        ("whites", (lightness >= 92) & (chroma < 10)),
        ("greys", chroma < 7),
        ("beiges", (hue >= 45) & (hue < 112) & (lightness >= 75) & (chroma < 30)),
        ("reds", ((hue < 12) | (hue >= 350)) & dark),
        ("pinks", (hue < 12) | ((hue < 45) & (lightness >= 65)) | (hue >= 350)),
        ("reds", (hue < 45) & (chroma >= 25)),
        ("oranges", (hue >= 45) & (hue < 85) & (lightness >= 60) & (chroma >= 60)),
        ("yellows", (hue >= 85) & (hue < 112) & (lightness >= 65)),
        ("browns", hue < 95),
        ("greens", hue < 165),
        ("turquoises", hue < 212),
        ("blues", hue < 309),
        ("purples", (hue < 335) | dark),
    ]
    names = _first(words, "pinks")
    shades = [
        ("", np.isin(names, ["blacks", "whites", "beiges"])),
        ("bright ", (chroma >= 75) & (lightness >= 30)),
        ("dark ", dark),
        ("light ", lightness >= 70),
        ("greyish ", (chroma >= 7) & (chroma < 18)),
    ]
    return np.char.add(_first(shades, ""), names)


def _first(words: list[tuple[str, NDArray[np.bool_]]], otherwise: str) -> NDArray[np.str_]:
    """For each element the word of the first condition that holds."""
    found: NDArray[np.str_] = np.select([c for _, c in words], [w for w, _ in words], otherwise)
    return found
