"""Whole plans: a small and a large one, and one with each tile once, against what they rest on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree

import facemo
from facemo.area import block_means
from facemo.options import PlanningOptions
from facemo.planning.assign import assigned
from facemo.planning.describe import Looks
from facemo.planning.match import _principal
from facemo.planning.target import as_image, pixelate

DATA = Path(__file__).parent.parent / "data"
TILES, CELLS, DETAIL, SPACING, K = 10_000, 256, 4, 3, 5
# What plan asks for at this k and spacing: (spacing + 1)² + 4 k, and half as many again and 8.
NEIGHBOURS = 62

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
    few_tiles, few_cells = _principal(*described(tiles, target, CELLS))
    options: PlanningOptions = {
        "cols": CELLS,
        "detail": DETAIL,
        "spacing": SPACING,
        "k": K,
        "tint": 0,
    }
    work = {
        "facemo": lambda: facemo.plan(target, tiles, **options),
        "the `KDTree.query` it needs": lambda: KDTree(few_tiles).query(
            few_cells, NEIGHBOURS, workers=-1
        ),
    }[way]
    case = f"plan, detail {DETAIL}, spacing {SPACING}, {CELLS} x {CELLS} cells, {TILES:,} tiles"
    measure(way, work, case=case, amount=CELLS**2, unit="cells")


@pytest.mark.parametrize("way", ["facemo", "the two `KDTree.query` it needs"])
def test_defaults(measure: Callable[..., None], way: str) -> None:
    """What a notebook does whenever a slider has moved, with the bundled pictures."""
    tiles = facemo.load_tiles(DATA / "tiles", size=64, cache=False)
    target = as_image(DATA / "face.png")
    few_tiles, few_cells = _principal(*described(tiles.pixels, target, 64))

    def queries() -> None:
        tree = KDTree(few_tiles)
        for neighbours in (15, 51):  # for the tint, and for a spacing of 2
            tree.query(few_cells, neighbours, workers=-1)

    work = {
        "facemo": lambda: facemo.plan(target, tiles, cols=64),
        "the two `KDTree.query` it needs": queries,
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
