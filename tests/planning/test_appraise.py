from __future__ import annotations

import numpy as np
import pytest

from facemo.planning import appraise as room
from facemo.planning.appraise import appraised, judged
from facemo.planning.cells import Cells
from facemo.planning.describe import Looks


def looks(rng, count, detail=4, space="lab"):
    return Looks(rng.random((count, detail, detail, 3)) * 255, space)


def test_a_tile_that_is_the_cell_costs_nothing(rng):
    tiles = looks(rng, 9)
    found = appraised(tiles, tiles, 3, tint=0.0)
    assert found.tile[:, 0].tolist() == list(range(9))
    np.testing.assert_allclose(found.cost[:, 0], 0, atol=1e-3)


def test_a_mean_that_is_moved_costs_less_than_one_that_is_left(rng):
    blocks = 100 + rng.random((1, 4, 4, 3)) * 20
    cell, lighter = Looks(blocks, "lab"), Looks(blocks + 40, "lab")
    left, half, moved = (appraised(lighter, cell, 1, tint).cost[0, 0] for tint in (0, 0.5, 1))
    assert left > half > moved > 0


@pytest.mark.parametrize(("value", "has_room"), [(250.0, False), (127.0, True)])
def test_contrast_that_has_no_room_costs(monkeypatch, value, has_room):
    pattern = np.where(np.indices((1, 4, 4, 1)).sum(axis=0) % 2, 50.0, -50.0) * np.ones(3)
    tile, cell = Looks(127 + pattern), Looks(np.full((1, 4, 4, 3), value))
    cost = appraised(tile, cell, 1, tint=1.0).cost[0, 0]
    monkeypatch.setattr(room, "_LOST", 0.0)
    assert (cost == appraised(tile, cell, 1, tint=1.0).cost[0, 0]) == has_room


def test_means_alone_cost_what_they_are_apart(rng):
    tiles, cells = looks(rng, 9, 1, "rgb"), looks(rng, 5, 1, "rgb")
    found = appraised(tiles, cells, 2, tint=0.0)
    apart = np.linalg.norm(cells.means[:, None] - tiles.means[found.tile], axis=2)
    np.testing.assert_allclose(found.cost, apart * 100 / 255, rtol=1e-4)


@pytest.mark.parametrize("detail", [1, 4])
def test_likeness_counts_as_much_as_its_weight_says(rng, detail):
    tiles, cells = looks(rng, 9, detail), looks(rng, 5, detail)
    weights = np.float32([1, 2, 4, 1, 0.5])
    plain, weighed = (appraised(tiles, cells, 2, 0.0, weights=each) for each in (None, weights))
    np.testing.assert_array_equal(weighed.tile, plain.tile)
    np.testing.assert_allclose(weighed.cost, plain.cost * weights[:, None], rtol=1e-6)


@pytest.mark.parametrize("detail", [1, 4])
def test_cells_judged_in_batches_get_the_same_costs(rng, monkeypatch, detail):
    tiles, cells = looks(rng, 30, detail), looks(rng, 40, detail)
    whole = appraised(tiles, cells, 6, 1.0)
    monkeypatch.setattr("facemo.planning.terms.ASKED", 7)
    for batched, expected in zip(appraised(tiles, cells, 6, 1.0), whole, strict=True):
        np.testing.assert_array_equal(batched, expected)


def test_more_candidates_than_tiles_are_all_tiles(rng):
    assert appraised(looks(rng, 3), looks(rng, 5), 99, 0.0).tile.shape == (5, 3)


def test_what_is_done_is_told(rng, monkeypatch):
    monkeypatch.setattr("facemo.planning.terms.ASKED", 10)
    told = []
    appraised(looks(rng, 9), looks(rng, 25), 2, 0.0, told.append)
    assert told == [0.4, 0.8, 1.0]


@pytest.mark.parametrize("detail", [1, 4])
@pytest.mark.parametrize("tint", [0.0, 1.0])
def test_what_a_cell_has_is_judged_as_its_candidates_are(rng, detail, tint):
    tiles, wanting = looks(rng, 30, detail), looks(rng, 20, detail)
    which = rng.integers(0, 20, (4, 6)).astype(np.int32)
    found = appraised(tiles, wanting, 6, tint)
    cells = Cells(wanting, which, np.zeros((4, 6, 3), np.uint8))
    cost = judged(tiles, cells, found.tile[which.ravel()], tint)
    np.testing.assert_allclose(cost, found.cost[which.ravel()], rtol=1e-3)
