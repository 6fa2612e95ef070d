"""plan and render: decide which tile stands in which cell."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from facemo import tint as tints
from facemo.assign import assigned
from facemo.errors import InputError, one_of, whole_number
from facemo.features import SPACES, Looks, block_means, mirrored
from facemo.machine import require_memory
from facemo.match import as_good, nearest, pick
from facemo.mosaic import Mosaic
from facemo.repeats import most_spacing, spaced
from facemo.target import Target, as_image, grid_shape, pixelate
from facemo.tiles import Tiles, as_tiles

Space = Literal["rgb", "lab"]
Tint = float | Literal["auto"]

_MOST_DETAIL = 8
_DETAIL = 4
_SPACING = 2


def plan(
    target: Target,
    tiles: Tiles | NDArray[np.uint8],
    *,
    cols: int | None = None,
    rows: int | None = None,
    detail: int | None = None,
    space: Space = "lab",
    mirror: bool = False,
    k: int = 5,
    spacing: int | None = None,
    max_uses: int | None = None,
    tint: Tint = "auto",
    seed: int = 0,
) -> Mosaic:
    """Decide which tile stands in which cell; nothing is drawn.

    Parameters
    ----------
    target : array or path
        The picture to rebuild: (H, W), (H, W, 3) or (H, W, 4), of uint8, uint16, bool, or floats
        in [0, 1], sRGB.
    tiles : Tiles or (N, h, w, 3) uint8
        What to build it of.
    cols, rows : int
        Cells across and down. One follows from the other and the aspects of target and tiles, so
        that nothing looks stretched; with both given, the target is stretched to them. By
        default `cols` is 64.
    detail : int
        Tiles and cells are compared by the mean colours of `detail` x `detail` blocks, 1 to 8;
        1 compares their mean colours. By default 4, or as much as tiles and target give.
    space : "rgb" or "lab"
        In which colours they are compared: sRGB, or CIE L*a*b*, which is nearer to the eye in
        colour and further from it in detail.
    mirror : bool
        Tiles may also be laid left-right mirrored. A tile and its mirror image are one tile.
    k : int
        Each cell gets one of the `k` nearest tiles that `spacing` allows, at random; 1 is the
        nearest. With a `detail` above 1 and a `spacing` of 0 only such as are at most a twentieth
        further than the nearest.
    spacing : int
        The same tile never twice within so many cells in any direction; 0 lets it. By default 2,
        or as much as the number of tiles lets.
    max_uses : int
        No tile more often than this; 1 is the wall of photos in which each appears once. The best
        assignment is sought (within 1% of the optimum, without `spacing`), and `k` has no say.
    tint : float or "auto"
        How much of the way each cell's mean colour is moved from its tile's to the target's,
        0 to 1. "auto" is as little as brings the cells near enough: 0 for a rich library.
    seed : int
        The same seed and inputs give the same mosaic.

    Raises InputError, saying what was wanted and what came.

    >>> shades = np.arange(256, dtype=np.uint8)
    >>> tiles = np.broadcast_to(shades[:, None, None, None], (256, 4, 4, 3))
    >>> plan(np.array([[0.0, 0.2], [0.4, 1.0]]), tiles, cols=2, k=1).index
    array([[  0,  51], [102, 255]], dtype=int32)
    """
    k = whole_number("k", k)
    seed = whole_number("seed", seed, least=0, most=2**128)
    one_of("space", space, SPACES)
    if not isinstance(mirror, (bool, np.bool_)):
        raise InputError(f"mirror must be True or False, got {mirror!r}")
    if not (isinstance(tint, str) and tint == "auto"):
        tint = tints.whole_or_part(tint)
    tiles = as_tiles(tiles)
    image = as_image(target)
    grid = grid_shape(image.shape, tiles.size, cols, rows)
    max_uses = _max_uses(max_uses, len(tiles), grid)
    detail = _detail(detail, tiles.size, image.shape, grid)
    spacing = _spacing(spacing, len(tiles), grid)
    require_memory(
        planned_bytes(grid, tiles.size, image.shape, detail, min(k, len(tiles)), spacing),
        f"planning {grid[1]:,} x {grid[0]:,} cells",
        "ask for fewer cells",
    )

    blocks = block_means(tiles.pixels, detail)
    if mirror and detail > 1:
        blocks = np.concatenate([blocks, mirrored(blocks)])
    library = Looks(blocks, space)
    cells = Looks(pixelate(image, *grid, detail).reshape(-1, detail, detail, 3), space)
    colors = np.round(cells.means).astype(np.uint8).reshape(*grid, 3)

    def choose(tint: float) -> NDArray[np.int32]:
        described, wanted = library.described(tint), cells.described(tint)
        rng = np.random.default_rng(seed)
        if max_uses is not None:
            apart = spacing if max_uses > 1 else 0
            return assigned(described, wanted, grid, len(tiles), max_uses, apart, seed)
        if spacing:
            return spaced(described, wanted, grid, len(tiles), k, spacing, rng)
        candidates, distances = nearest(described, wanted, k)
        counts = candidates.shape[1] if detail == 1 else as_good(distances)
        return pick(candidates, counts, rng).reshape(grid)

    def shortfall(chosen: NDArray[np.int32]) -> float:
        return tints.auto(library.means[chosen], colors)

    if tint == "auto":
        # What the library lacks shows in the last of the k nearest tiles; what `spacing` and the
        # like cost on top shows in those that are chosen.
        last = nearest(library.described(), cells.described(), k)[0][:, -1]
        amount = shortfall(last.reshape(grid))
        chosen = choose(amount)
        amount = max(amount, shortfall(chosen))
    else:
        amount = tint
        chosen = choose(amount)
    index = chosen % len(tiles)
    turned = chosen >= len(tiles)
    if mirror and detail == 1 and tiles.size[1] > 1:
        turned = _turned(tiles, image, index)
    return Mosaic(tiles, index, colors, turned, amount)


def render(
    target: Target,
    tiles: Tiles | NDArray[np.uint8],
    *,
    cols: int | None = None,
    rows: int | None = None,
    detail: int | None = None,
    space: Space = "lab",
    mirror: bool = False,
    k: int = 5,
    spacing: int | None = None,
    max_uses: int | None = None,
    tint: Tint = "auto",
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Rebuild `target` out of `tiles`: the pixels of ``plan(target, tiles, ...)``.

    Options and errors are those of `plan`. Returns (rows * h, cols * w, 3) uint8, sRGB.

    >>> tiles = np.stack([np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)])
    >>> render(np.eye(3), tiles, cols=3, k=1).shape
    (24, 24, 3)
    """
    mosaic = plan(
        target,
        tiles,
        cols=cols,
        rows=rows,
        detail=detail,
        space=space,
        mirror=mirror,
        k=k,
        spacing=spacing,
        max_uses=max_uses,
        tint=tint,
        seed=seed,
    )
    return np.asarray(mosaic)


def _turned(tiles: Tiles, image: NDArray[np.uint8], index: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which cells a mirrored tile suits better, for tiles chosen by their means: (rows, cols)."""
    blocks = block_means(tiles.pixels, 2)[index]
    rows, cols = index.shape
    cells = pixelate(image, rows, cols, 2)
    apart, apart_turned = (
        ((laid - cells) ** 2).sum(axis=(2, 3, 4)) for laid in (blocks, blocks[:, :, :, ::-1])
    )
    better: NDArray[np.bool_] = apart_turned < apart
    return better


def _detail(
    wanted: int | None, tile: tuple[int, int], target: tuple[int, ...], grid: tuple[int, int]
) -> int:
    cell = (target[0] // grid[0], target[1] // grid[1])
    most = max(1, min(_MOST_DETAIL, *tile, *cell))
    if wanted is None:
        return min(_DETAIL, most)
    detail = whole_number("detail", wanted)
    if detail > most:
        raise InputError(
            f"detail={detail} is more than tiles of {tile[1]} x {tile[0]} pixels, cells of "
            f"{cell[1]} x {cell[0]} target pixels and the limit of {_MOST_DETAIL} give: "
            f"use detail={most} or less"
        )
    return detail


def _spacing(wanted: int | None, tiles: int, grid: tuple[int, int]) -> int:
    if wanted is None:
        return most_spacing(tiles, grid, _SPACING)
    spacing = whole_number("spacing", wanted, least=0, most=2**63)
    most = most_spacing(tiles, grid, min(spacing, max(grid)))
    if most < min(spacing, max(grid)):
        raise InputError(
            f"spacing={spacing} takes more than the {tiles} tiles there are: use spacing={most} "
            "or less"
        )
    return most


def _max_uses(wanted: int | None, tiles: int, grid: tuple[int, int]) -> int | None:
    if wanted is None:
        return None
    max_uses = whole_number("max_uses", wanted, most=2**63)
    cells = grid[0] * grid[1]
    if tiles * max_uses < cells:
        raise InputError(
            f"max_uses={max_uses} of {tiles:,} tiles fill {tiles * max_uses:,} of the {cells:,} "
            f"cells ({grid[1]} x {grid[0]}): use max_uses={-(-cells // tiles)} or more, "
            "fewer cells, or more tiles"
        )
    return min(max_uses, cells)


def planned_bytes(
    grid: tuple[int, int],
    tile: tuple[int, int],
    target: tuple[int, ...],
    detail: int | None,
    k: int,
    spacing: int | None,
) -> int:
    """The memory that planning takes at most, for a target and tiles of these (height, width, …).

    Each cell has its blocks, their description, a few copies of both, and its candidates: 2.7 kB
    measured with the defaults, 0.6 with a detail of 1, 11 with 8.
    """
    detail = _detail(detail, tile, target, grid)
    spacing = _SPACING if spacing is None else spacing
    candidates = (spacing + 1) ** 2 + 4 * k if spacing else k
    return grid[0] * grid[1] * (200 + 120 * detail**2 + 36 * candidates)
