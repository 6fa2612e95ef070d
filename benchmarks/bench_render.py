"""The whole, from a target and tiles to pixels, against a plain loop that crops and pastes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import KDTree

import facemo

TILES = 1000
SIDE = 32


def paste_loop(
    target: NDArray[np.uint8], pixels: NDArray[np.uint8], *, cols: int
) -> NDArray[np.uint8]:
    """Cell by cell: crop, mean, nearest tile, paste."""
    picture, tiles = Image.fromarray(target), [Image.fromarray(tile) for tile in pixels]
    tree = KDTree([tile.mean(axis=(0, 1)) for tile in pixels])
    canvas = Image.new("RGB", (cols * SIDE, cols * SIDE))
    step = len(target) // cols
    for y in range(cols):
        for x in range(cols):
            cell = picture.crop((x * step, y * step, (x + 1) * step, (y + 1) * step))
            _, tile = tree.query(np.asarray(cell).mean(axis=(0, 1)))
            canvas.paste(tiles[tile], (x * SIDE, y * SIDE))
    return np.asarray(canvas)


# The loop's own picture, and the better one that facemo makes unless told otherwise.
nearest_means = partial(facemo.render, detail=1, space="rgb", k=1, spacing=0, tint=0)
WAYS: dict[tuple[str, str], Callable[..., NDArray[np.uint8]]] = {
    ("nearest means", "facemo"): nearest_means,
    ("nearest means", "Pillow, cell by cell"): paste_loop,
    ("facemo's defaults", "facemo"): facemo.render,
    ("facemo's defaults", "Pillow, cell by cell, nearest means"): paste_loop,
}


@pytest.fixture(scope="module")
def target(picture: Callable[[int, int], NDArray[np.uint8]]) -> NDArray[np.uint8]:
    return picture(1024, 1024)


@pytest.mark.parametrize(("options", "way"), WAYS)
@pytest.mark.parametrize("cells", [64, 128])
def test_render(
    measure: Callable[..., None],
    target: NDArray[np.uint8],
    tile_pixels: Callable[[int, int], NDArray[np.uint8]],
    cells: int,
    options: str,
    way: str,
) -> None:
    pixels = tile_pixels(TILES, SIDE)
    work = partial(WAYS[options, way], cols=cells)
    case = f"{options}, {cells} x {cells} cells of {SIDE} px, {TILES:,} tiles"
    measure(way, work, target, pixels, case=case, amount=cells**2, unit="cells")
