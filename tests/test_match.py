from __future__ import annotations

import naive
import numpy as np

from facemo.match import nearest, pick


def test_nearest_finds_the_k_nearest_in_order(rng):
    tiles, cells = rng.random((20, 3)), rng.random((50, 3))
    found = nearest(tiles, cells, k=4)
    assert found.tolist() == [naive.nearest(tiles, cell, 4) for cell in cells]


def test_k_of_one_is_still_a_column(rng):
    assert nearest(rng.random((5, 3)), rng.random((7, 3)), k=1).shape == (7, 1)


def test_k_larger_than_the_number_of_tiles_is_that_number(rng):
    found = nearest(rng.random((3, 3)), rng.random((7, 3)), k=99)
    assert np.sort(found, axis=1).tolist() == [[0, 1, 2]] * 7


def test_a_pick_is_one_of_the_candidates_of_its_row():
    candidates = np.arange(40).reshape(10, 4)
    picks = pick(candidates, np.random.default_rng(0))
    assert (picks // 4).tolist() == list(range(10))


def test_every_candidate_is_picked_about_as_often():
    picks = pick(np.tile(np.arange(4), (4000, 1)), np.random.default_rng(0))
    assert np.bincount(picks).min() > 900
