"""Whole plans: a small and a large one, and one with each tile once, against what they rest on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

import facemo
from facemo.area import block_means
from facemo.options import PlanningOptions
from facemo.planning.assign import assigned
from facemo.planning.describe import Looks
from facemo.planning.match import Neighbours
from facemo.planning.target import as_image, pixelate
from facemo.planning.terms import candidates_of

DATA = Path(__file__).parent.parent / "data"
TILES, CELLS, DETAIL, SPACING, K = 10_000, 256, 4, 3, 5

Draw = Callable[[int, int], NDArray[np.uint8]]


def described(
    tiles: NDArray[np.uint8], target: NDArray[np.uint8], cells: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Tiles and cells as plan describes them."""
    blocks = pixelate(target, cells, cells, DETAIL).reshape(-1, DETAIL, DETAIL, 3)
    library = Looks(block_means(tiles, DETAIL), "lab")
    return library.described(), Looks(blocks, "lab").described()


@pytest.mark.parametrize("way", ["facemo", "the `KDTree.query` it needs"])
def test_detail_and_spacing(
    measure: Callable[..., None], tile_pixels: Draw, picture: Draw, way: str
) -> None:
    tiles, target = tile_pixels(TILES, 16), picture(1024, 1024)
    neighbours = Neighbours(*described(tiles, target, CELLS))
    count = candidates_of(K, SPACING, DETAIL, CELLS**2)
    options: PlanningOptions = {
        "cols": CELLS,
        "detail": DETAIL,
        "spacing": SPACING,
        "k": K,
        "tint": 0,
    }
    work = {
        "facemo": lambda: facemo.plan(target, tiles, **options),
        "the `KDTree.query` it needs": lambda: neighbours.nearest(slice(None), count),
    }[way]
    case = f"plan, detail {DETAIL}, spacing {SPACING}, {CELLS} x {CELLS} cells, {TILES:,} tiles"
    measure(way, work, case=case, amount=CELLS**2, unit="cells")


@pytest.mark.parametrize("way", ["facemo", "the `KDTree.query` it needs"])
def test_defaults(measure: Callable[..., None], way: str) -> None:
    """What a notebook does whenever a slider has moved, with the bundled pictures."""
    tiles = facemo.load_tiles(DATA / "tiles", size=64, cache=False)
    target = as_image(DATA / "face.png")
    neighbours = Neighbours(*described(tiles.pixels, target, 64))
    count = candidates_of(5, 2, DETAIL, 64**2)
    work = {
        "facemo": lambda: facemo.plan(target, tiles, cols=64),
        "the `KDTree.query` it needs": lambda: neighbours.nearest(slice(None), count),
    }[way]
    case = "plan, facemo's defaults, 64 x 64 cells, the 1,000 bundled tiles"
    measure(way, work, case=case, amount=64**2, unit="cells")


@pytest.mark.parametrize("way", ["facemo", "`linear_sum_assignment`"])
def test_each_tile_once(
    measure: Callable[..., None], tile_pixels: Draw, picture: Draw, way: str
) -> None:
    cells = 32
    wanted = described(tile_pixels(1250, 16), picture(1024, 1024), cells)

    def optimum() -> NDArray[np.intp]:
        tiles, points = wanted
        apart = (points**2).sum(1)[:, None] - 2 * points @ tiles.T + (tiles**2).sum(1)
        columns: NDArray[np.intp] = linear_sum_assignment(apart)[1]
        return columns

    work = {
        "facemo": lambda: assigned(*wanted, (cells, cells), 1250, 1, 0, 0),
        "`linear_sum_assignment`": optimum,
    }[way]
    case = f"each tile once, {cells} x {cells} cells, 1,250 tiles"
    measure(way, work, case=case, amount=cells**2, unit="cells")


@pytest.mark.parametrize("way", ["facemo", "`plan`, anew"])
def test_a_photo_that_goes(measure: Callable[..., None], way: str) -> None:
    """The most used of the bundled pictures is left out."""
    tiles = facemo.load_tiles(DATA / "tiles", size=64, cache=False)
    target = as_image(DATA / "face.png")
    mosaic = facemo.plan(target, tiles, cols=100, rows=100)
    exclude = [tiles.names[np.bincount(mosaic.index.ravel()).argmax()]]
    work = {
        "facemo": lambda: facemo.replan(mosaic, target, tiles, exclude=exclude),
        "`plan`, anew": lambda: facemo.plan(target, tiles, cols=100, rows=100, exclude=exclude),
    }[way]
    case = "replan, a photo is left out, 100 x 100 cells, the 1,000 bundled tiles"
    measure(way, work, case=case, amount=100**2, unit="cells")


@pytest.mark.parametrize("way", ["facemo", '`weights="none"` alone'])
def test_weights_mask_and_pins(
    measure: Callable[..., None], tile_pixels: Draw, picture: Draw, way: str
) -> None:
    """Edges count more, a corner stays empty, and 20 photos are fixed."""
    tiles, target = facemo.Tiles(tile_pixels(1000, 16)), picture(1024, 1024)
    mask = np.ones((1024, 1024))
    mask[:256, :256] = 0
    pins = {(100 + row, 20 + 3 * row): tiles.names[7 * row] for row in range(20)}
    options: dict[str, PlanningOptions] = {
        "facemo": {"weights": "edges", "mask": mask, "fixed": pins},
        '`weights="none"` alone': {"weights": "none"},
    }
    wanted: PlanningOptions = {**options[way], "cols": CELLS, "rows": CELLS}
    case = f"plan, weights, a mask and 20 pins, {CELLS} x {CELLS} cells, 1,000 tiles"
    measure(
        way, lambda: facemo.plan(target, tiles, **wanted), case=case, amount=CELLS**2, unit="cells"
    )
