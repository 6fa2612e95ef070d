"""plan and render: decide which tile stands in which cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facemo.area import block_means
from facemo.drawing.mosaic import Mosaic
from facemo.machine import require_memory
from facemo.options import Planning, PlanningOptions, takes
from facemo.planning.describe import Looks, mirrored, nearer_turned
from facemo.planning.settle import settled
from facemo.planning.target import Target, as_image, pixelate
from facemo.planning.terms import Terms, planned_bytes, terms_of
from facemo.planning.tint import enough, needed
from facemo.tiles import AnyTiles, Tiles, as_tiles

if TYPE_CHECKING:
    from typing_extensions import Unpack


@takes(Planning)
def plan(target: Target, tiles: AnyTiles, **options: Unpack[PlanningOptions]) -> Mosaic:
    """Decide which tile stands in which cell; nothing is drawn.

    Parameters
    ----------
    target : array, picture or path
        The picture to rebuild: (H, W), (H, W, 3) or (H, W, 4), of uint8, uint16, bool, or floats
        in [0, 1], sRGB; a Pillow image; or the path of a picture.
    tiles : Tiles, (N, h, w, 3) uint8, or a list of pictures of one size
        What to build it of.
    {options}

    Returns
    -------
    Mosaic
        The plan, which draws its pixels when they are asked for.

    Raises
    ------
    InputError
        For what cannot be used, saying what was wanted and what came.

    Examples
    --------
    >>> shades = np.arange(256, dtype=np.uint8)
    >>> tiles = np.broadcast_to(shades[:, None, None, None], (256, 4, 4, 3))
    >>> plan(np.array([[0.0, 0.2], [0.4, 1.0]]), tiles, cols=2, k=1).index
    array([[  0,  51], [102, 255]], dtype=int32)
    """
    wanted = Planning.of(options)
    tiles = as_tiles(tiles)
    image = as_image(target)
    terms = terms_of(wanted, len(tiles), tiles.size, image.shape)
    (rows, cols), detail = terms.grid, terms.detail
    require_memory(
        planned_bytes(terms.grid, detail, min(terms.k, len(tiles)), terms.spacing),
        f"planning {cols:,} x {rows:,} cells",
        "ask for fewer cells",
    )
    # Tiles that are chosen by their means are turned by what is left and right in them.
    turns = terms.mirror and detail == 1 and tiles.size[1] > 1
    wanted_looks = [(1, terms.space), (2, "rgb")] if turns else [(detail, terms.space)]
    cells, *halves = (
        Looks(pixelate(image, rows, cols, n).reshape(-1, n, n, 3), space)
        for n, space in wanted_looks
    )
    colors = np.round(cells.means).astype(np.uint8).reshape(rows, cols, 3)
    chosen, tint = _chosen(_library(tiles, terms), cells, colors, len(tiles), terms)
    index, turned = chosen % len(tiles), chosen >= len(tiles)
    if turns:
        turned = nearer_turned(Looks(block_means(tiles.pixels, 2)), index, halves[0])
    return Mosaic(tiles, index, colors, turned, tint)


@takes(Planning)
def render(
    target: Target, tiles: AnyTiles, **options: Unpack[PlanningOptions]
) -> NDArray[np.uint8]:
    """Rebuild `target` out of `tiles`: the pixels of ``plan(target, tiles, ...)``.

    Parameters
    ----------
    target : array, picture or path
        As for `plan`.
    tiles : Tiles, (N, h, w, 3) uint8, or a list of pictures of one size
        As for `plan`.
    {options}

    Returns
    -------
    (rows * h, cols * w, 3) uint8, sRGB
        The picture.

    Raises
    ------
    InputError
        As `plan` does, and for a picture larger than memory.

    Examples
    --------
    >>> tiles = np.stack([np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)])
    >>> render(np.eye(3), tiles, cols=3, k=1).shape
    (24, 24, 3)
    """
    return np.asarray(plan(target, tiles, **options))


def _library(tiles: Tiles, terms: Terms) -> Looks:
    """How the tiles look and, where that may differ and is allowed, their mirror images."""
    blocks = block_means(tiles.pixels, terms.detail)
    if terms.mirror and terms.detail > 1:
        blocks = np.concatenate([blocks, mirrored(blocks)])
    return Looks(blocks, terms.space)


def _chosen(
    library: Looks, cells: Looks, colors: NDArray[np.uint8], count: int, terms: Terms
) -> tuple[NDArray[np.int32], float]:
    """Which of the library stands in each cell, (rows, cols) int32, and the tint."""

    def choose(tint: float) -> NDArray[np.int32]:
        return settled(library.described(tint), cells.described(tint), count, terms)

    if not isinstance(terms.tint, str):
        return choose(terms.tint), terms.tint
    # What the library lacks shows in the last of the k nearest tiles; what `spacing` and the like
    # cost on top shows in those that are chosen.
    amount = needed(library, cells, colors, terms.k)
    chosen = choose(amount)
    return chosen, max(amount, enough(library.means[chosen], colors))
