from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.planning.settle import as_good, pick, spaced


@pytest.mark.parametrize("spacing", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 5])
def test_with_just_enough_tiles_the_spacing_still_holds(rng, spacing, k):
    tiles = rng.random(((2 * spacing + 1) ** 2, 3), np.float32)
    cells = np.zeros((20 * 30, 3), np.float32)
    index = spaced(tiles, cells, (20, 30), len(tiles), k, spacing, rng)
    assert naive.nearest_repeat(index) > spacing


def test_far_apart_cells_get_their_nearest_tile(rng):
    tiles = np.float32([[0, 0, 0], [9, 9, 9]])
    cells = np.repeat(tiles, [1, 1], axis=0)
    assert spaced(tiles, cells, (1, 2), 2, 1, 1, rng).tolist() == [[0, 1]]


def test_a_mirror_image_counts_as_its_tile(rng):
    tiles = rng.random((9, 5), np.float32)
    both = np.concatenate([tiles, tiles + 0.01])
    index = spaced(both, np.zeros((100, 5), np.float32), (10, 10), 9, 1, 1, rng)
    assert naive.nearest_repeat(index % 9) > 1


def test_a_pick_is_one_of_the_candidates_of_its_row():
    candidates = np.arange(40).reshape(10, 4)
    picks = pick(candidates, 4, np.random.default_rng(0))
    assert (picks // 4).tolist() == list(range(10))


def test_every_candidate_is_picked_about_as_often():
    picks = pick(np.tile(np.arange(4), (4000, 1)), 4, np.random.default_rng(0))
    assert np.bincount(picks).min() > 900


def test_each_row_may_have_a_number_of_its_own():
    candidates = np.tile(np.arange(4), (3000, 1))
    picks = pick(candidates, np.repeat([1, 2, 3], 1000), np.random.default_rng(0))
    assert [set(part) for part in picks.reshape(3, 1000)] == [{0}, {0, 1}, {0, 1, 2}]


def test_what_is_hardly_further_than_the_nearest_is_as_good():
    distances = np.float32([[10, 10.9, 11.1, 20], [0, 1, 2, 3], [5, 5, 5, 5]])
    assert as_good(distances).tolist() == [2, 1, 4]
