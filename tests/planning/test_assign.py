from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from facemo.errors import InputError
from facemo.planning.assign import assigned


def cost(tiles, cells, index):
    return float(((cells - tiles[index.ravel()]) ** 2).sum())


def optimum(tiles, cells, max_uses):
    apart = ((cells[:, None] - tiles[None]) ** 2).sum(axis=2).repeat(max_uses, axis=1)
    return apart[linear_sum_assignment(apart)].sum()


def clusters(rng, count, dimensions, spread):
    """Points as descriptions of pictures lie: round a few centres, along a few directions."""
    scales = 1 / np.arange(1, dimensions + 1)
    centres = rng.normal(size=(8, dimensions)) * scales * spread
    points = centres[rng.integers(8, size=count)] + rng.normal(size=(count, dimensions)) * scales
    return points.astype(np.float32)


@pytest.mark.parametrize("dimensions", [3, 51])
def test_each_tile_once_is_within_a_percent_of_the_optimum(rng, dimensions):
    # The cells' colours are fewer than the tiles', so that many cells want the same tiles.
    cells = clusters(rng, 900, dimensions, 3)
    tiles = clusters(rng, 1100, dimensions, 6)
    index = assigned(tiles, cells, (30, 30), len(tiles), 1, 0, 0)
    assert len(np.unique(index)) == 900
    above = cost(tiles, cells, index) / optimum(tiles, cells, 1) - 1
    print(f"900 cells, 1,100 tiles, {dimensions} dimensions: {above:.2%} above the optimum")
    assert above < 0.01


def test_weighed_distances_come_within_a_percent_of_their_optimum(rng):
    cells, tiles = clusters(rng, 400, 20, 3), clusters(rng, 500, 20, 6)
    weights = rng.choice(np.float32([1, 4]), 400)
    index = assigned(tiles, cells, (20, 20), 500, 1, 0, 0, weights=weights).ravel()
    apart = ((cells[:, None] - tiles[None]) ** 2).sum(axis=2) * weights[:, None]
    best = apart[linear_sum_assignment(apart)].sum()
    assert apart[np.arange(400), index].sum() < 1.01 * best


def test_where_all_weigh_alike_they_change_nothing(rng):
    cells, tiles = clusters(rng, 100, 9, 3), clusters(rng, 60, 9, 3)
    plain, weighed = (
        assigned(tiles, cells, (10, 10), 60, 2, 1, 0, weights=each)
        for each in (None, np.ones(100, np.float32))
    )
    np.testing.assert_array_equal(plain, weighed)


def test_where_no_tile_is_wanted_too_often_each_cell_gets_its_nearest(rng):
    tiles, cells = clusters(rng, 50, 4, 3), clusters(rng, 60, 4, 3)
    index = assigned(tiles, cells, (6, 10), 50, 60, 0, 0)
    assert index.ravel().tolist() == [naive.nearest(tiles, cell, 1)[0] for cell in cells]


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.booleans(), st.integers(0, 9))
def test_no_tile_is_used_more_often_than_it_may_be(rows, cols, max_uses, mirror, seed):
    rng = np.random.default_rng(seed)
    count = -(-rows * cols // max_uses)
    tiles = rng.random((count * (1 + mirror), 5), np.float32)
    cells = rng.random((rows * cols, 5), np.float32)
    index = assigned(tiles, cells, (rows, cols), count, max_uses, 0, seed)
    assert np.bincount(index.ravel() % count).max() <= max_uses
    again = assigned(tiles, cells, (rows, cols), count, max_uses, 0, seed)
    np.testing.assert_array_equal(index, again)


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize(("spacing", "count", "max_uses"), [(1, 20, 20), (2, 60, 6), (3, 80, 5)])
def test_spacing_and_uses_hold_together(rng, spacing, count, max_uses, mirror):
    tiles = rng.random((count * (1 + mirror), 5), np.float32)
    cells = clusters(rng, 324, 5, 3)
    index = assigned(tiles, cells, (18, 18), count, max_uses, spacing, 0)
    assert np.bincount(index.ravel() % count).max() <= max_uses
    assert naive.nearest_repeat(index % count) > spacing


def test_tiles_that_nobody_wants_most_still_get_a_place(rng):
    tiles = clusters(rng, 40, 5, 1)
    cells = clusters(rng, 400, 5, 1)
    index = assigned(tiles, cells, (20, 20), 40, 20, 0, 0)
    assert len(np.unique(index)) == 40


def test_constraints_that_cannot_hold_together_are_refused(rng):
    tiles, cells = rng.random((9, 3), np.float32), rng.random((6, 3), np.float32)
    with pytest.raises(InputError, match="spacing=5 and max_uses=2 do not hold together"):
        assigned(tiles[:3], cells, (1, 6), 3, 2, 5, 0)


@given(st.integers(0, 99), st.integers(1, 3), st.booleans(), st.integers(0, 1))
def test_held_cells_keep_their_tiles_and_take_their_uses(seed, max_uses, mirror, spacing):
    rng = np.random.default_rng(seed)
    count = 36 // max_uses + 12 * spacing
    held = rng.choice([-1, -1, -1, -2], (6, 6)).astype(np.int32)
    held[::3, ::3] = rng.permutation(count * (1 + mirror))[:4].reshape(2, 2)
    assume(np.bincount(held[held >= 0] % count).max() <= max_uses)
    tiles = rng.random((count * (1 + mirror), 5), np.float32)
    cells = rng.random((36, 5), np.float32)
    index = assigned(tiles, cells, (6, 6), count, max_uses, spacing, seed, held=held)
    np.testing.assert_array_equal(index[held >= 0], held[held >= 0])
    np.testing.assert_array_equal(index < 0, held == -2)
    assert np.bincount(index[index >= 0] % count).max() <= max_uses
    laid = np.where(index < 0, -1 - np.arange(36).reshape(6, 6), index % count)
    assert naive.nearest_repeat(laid) > spacing


def test_a_tile_that_all_who_have_it_keep_is_taken_from_nobody(rng):
    tiles = rng.random((20, 3), np.float32)
    cells = tiles[[7] * 20]  # all want the one that is pinned
    held = np.full((4, 5), -1, np.int32)
    held[3, 4] = 7
    index = assigned(tiles, cells, (4, 5), 20, 1, 0, 0, held=held)
    assert index[3, 4] == 7
    assert sorted(index.ravel()) == list(range(20))


@pytest.mark.parametrize("dimensions", [3, 51])
def test_around_held_cells_each_tile_once_is_within_a_percent_of_the_optimum(rng, dimensions):
    cells, tiles = clusters(rng, 900, dimensions, 3), clusters(rng, 1100, dimensions, 6)
    held = np.full((30, 30), -1, np.int32)
    held[::2, ::3] = rng.permutation(1100)[:150].reshape(15, 10)
    held[1::2, ::3] = -2
    index = assigned(tiles, cells, (30, 30), 1100, 1, 0, 0, held=held).ravel()
    free = held.ravel() == -1
    others = np.delete(tiles, held[held >= 0], axis=0)
    least = optimum(others, cells[free], 1)
    assert cost(tiles, cells[free], index[free]) < 1.01 * least
