from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.planning import match
from facemo.planning.match import Neighbours, nearest


def test_nearest_finds_the_k_nearest_in_order_with_their_distances(rng):
    tiles, cells = rng.random((20, 3), np.float32), rng.random((50, 3), np.float32)
    found, distances = nearest(tiles, cells, k=4)
    assert found.tolist() == [naive.nearest(tiles, cell, 4) for cell in cells]
    expected = ((cells[:, None] - tiles[found]) ** 2).sum(axis=2)
    np.testing.assert_allclose(distances, expected, rtol=1e-4)


def test_in_many_dimensions_nearly_all_true_ones_are_found_and_ranked(rng):
    # As in pictures, a few directions carry most of the variance.
    scales = 1 / np.arange(1, 49, dtype=np.float32)
    tiles, cells = (rng.normal(size=(n, 48)).astype(np.float32) * scales for n in (500, 100))
    found, distances = nearest(tiles, cells, k=5)
    true = np.array([naive.nearest(tiles, cell, 5) for cell in cells])
    recall = np.mean([len(set(f) & set(t)) / 5 for f, t in zip(found, true, strict=True)])
    print(f"recall of the 5 true nearest of 500 in 48 dimensions: {recall:.3f}")
    assert recall > 0.98
    assert np.all(np.diff(distances, axis=1) >= 0)


def test_k_of_one_is_still_a_column(rng):
    found, distances = nearest(rng.random((5, 3), np.float32), rng.random((7, 3), np.float32), k=1)
    assert found.shape == distances.shape == (7, 1)


@pytest.mark.parametrize("dimensions", [3, 40])
def test_k_larger_than_the_number_of_tiles_is_that_number(rng, dimensions):
    tiles, cells = rng.random((3, dimensions), np.float32), rng.random((7, dimensions), np.float32)
    assert np.sort(nearest(tiles, cells, k=99)[0], axis=1).tolist() == [[0, 1, 2]] * 7


def test_cells_asked_for_in_batches_get_the_same_tiles(rng, monkeypatch):
    tiles, cells = (rng.random((count, 20)).astype(np.float32) for count in (40, 30))
    whole = nearest(tiles, cells, 3)
    monkeypatch.setattr(match, "_QUERIED", 7)
    for batched, expected in zip(nearest(tiles, cells, 3), whole, strict=True):
        np.testing.assert_array_equal(batched, expected)


def test_products_in_batches_lead_to_the_same_tiles(rng, monkeypatch):
    tiles, cells = (rng.random((count, 20)).astype(np.float32) for count in (40, 30))
    whole = nearest(tiles, cells, 3)
    monkeypatch.setattr(match, "_PRODUCT", 7 * 20 * 16)
    for batched, expected in zip(nearest(tiles, cells, 3), whole, strict=True):
        np.testing.assert_array_equal(batched, expected)


def test_cells_that_look_alike_do_not_all_find_the_same_tiles(rng):
    tiles, cells = rng.random((500, 20), np.float32), np.full((200, 20), 0.5, np.float32)
    found, _ = Neighbours(tiles, cells).nearest(slice(None), k=10)
    assert len(np.unique(found)) > 30


def test_a_cell_that_is_a_tile_finds_it(rng):
    tiles = rng.random((50, 20), np.float32)
    found, _ = Neighbours(tiles, tiles).nearest(slice(None), k=1)
    assert found[:, 0].tolist() == list(range(50))
