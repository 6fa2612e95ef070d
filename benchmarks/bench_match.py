"""A tile for each cell, at random among the nearest, against a bare query for the nearest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import KDTree

from facemo.planning.match import nearest

TILES = 1000
K = 5


def facemo_match(tiles: NDArray[np.float32], cells: NDArray[np.float32]) -> NDArray[np.int32]:
    found: NDArray[np.int32] = nearest(tiles, cells, K)[0]
    draws = np.random.default_rng(0).random(len(cells))
    return found[np.arange(len(cells)), (draws * K).astype(np.int64)]


def bare_query(tiles: NDArray[np.float32], cells: NDArray[np.float32]) -> NDArray[np.intp]:
    found: NDArray[np.intp] = KDTree(tiles).query(cells, k=K, workers=-1)[1]
    return found


WAYS = {"facemo": facemo_match, "`KDTree.query`, no pick": bare_query}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("cells", [64, 128, 256, 512])
def test_match(measure: Callable[..., None], cells: int, way: str) -> None:
    rng = np.random.default_rng(0)
    tiles, means = (rng.random((n, 3), np.float32) * 255 for n in (TILES, cells**2))
    case = f"{cells} x {cells} cells, {TILES:,} tiles, k={K}"
    measure(way, WAYS[way], tiles, means, case=case, amount=cells**2, unit="cells")
