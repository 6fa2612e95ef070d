from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.planning.settle import as_good, pick, spaced


@pytest.mark.parametrize("spacing", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 5])
def test_with_just_enough_tiles_the_spacing_still_holds(rng, spacing, k):
    tiles = rng.random(((2 * spacing + 1) ** 2, 3), np.float32)
    which = np.zeros((20, 30), np.int32)
    index = spaced(tiles, np.zeros((1, 3), np.float32), which, len(tiles), k, spacing, rng)
    assert naive.nearest_repeat(index) > spacing


def test_far_apart_cells_get_their_nearest_tile(rng):
    tiles = np.float32([[0, 0, 0], [9, 9, 9]])
    which = np.array([[0, 1]], np.int32)
    assert spaced(tiles, tiles, which, 2, 1, 1, rng).tolist() == [[0, 1]]


def test_a_mirror_image_counts_as_its_tile(rng):
    tiles = rng.random((9, 5), np.float32)
    both = np.concatenate([tiles, tiles + 0.01])
    which = np.arange(100, dtype=np.int32).reshape(10, 10)
    index = spaced(both, np.zeros((100, 5), np.float32), which, 9, 1, 1, rng)
    assert naive.nearest_repeat(index % 9) > 1


def picked(candidates, counts, which):
    which = np.asarray(which, np.int32)
    return pick(np.int32(candidates), np.asarray(counts), which, np.random.default_rng(0))


def test_a_pick_is_one_of_the_candidates_of_its_look():
    which = np.array([[3, 0], [9, 3]])
    picks = picked(np.arange(40).reshape(10, 4), np.full(10, 4), which)
    np.testing.assert_array_equal(picks // 4, which)


def test_every_candidate_is_picked_about_as_often():
    picks = picked([range(4)], [4], np.zeros((40, 100)))
    assert np.bincount(picks.ravel()).min() > 900


def test_each_look_may_have_a_number_of_its_own():
    picks = picked([range(4)] * 3, [1, 2, 3], [[0] * 1000, [1] * 1000, [2] * 1000])
    assert [set(row) for row in picks.tolist()] == [{0}, {0, 1}, {0, 1, 2}]


def test_picks_are_the_same_in_any_batches(monkeypatch):
    args = [range(4)], [4], np.zeros((30, 40))
    whole = picked(*args)
    monkeypatch.setattr("facemo.planning.settle._PICKED", 7)
    np.testing.assert_array_equal(picked(*args), whole)


def test_cells_are_chosen_for_alike_in_any_batches(rng, monkeypatch):
    tiles, looks = rng.random((60, 3), np.float32), rng.random((225, 3), np.float32)
    which = np.arange(225, dtype=np.int32).reshape(15, 15)

    def chosen():
        return spaced(tiles, looks, which, 60, 5, 2, np.random.default_rng(1))

    whole = chosen()
    monkeypatch.setattr("facemo.planning.settle._CHOSEN", 7)
    np.testing.assert_array_equal(chosen(), whole)


def test_cells_that_share_a_look_are_chosen_for_as_if_each_had_its_own(rng):
    tiles, looks = rng.random((60, 3), np.float32), rng.random((20, 3), np.float32)
    which = rng.integers(0, 20, (15, 15), dtype=np.int32)
    apart = np.arange(225, dtype=np.int32).reshape(15, 15)
    shared, own = (
        spaced(tiles, *some, 60, 5, 2, np.random.default_rng(1))
        for some in ((looks, which), (looks[which.ravel()], apart))
    )
    np.testing.assert_array_equal(shared, own)


def test_what_is_hardly_further_than_the_nearest_is_as_good():
    distances = np.float32([[10, 10.9, 11.1, 20], [0, 1, 2, 3], [5, 5, 5, 5]])
    assert as_good(distances).tolist() == [2, 1, 4]
