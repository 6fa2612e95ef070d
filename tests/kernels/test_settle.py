from __future__ import annotations

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facemo.kernels.settle import Bounds, Choices, choose, sort_by


def chosen(tile, cost, which, order, tiles, grid, draws=None, **bounds):
    """The grid that `choose` fills, and how often it says that it used each tile."""
    which = np.int32(which)
    draws = np.zeros(len(which)) if draws is None else draws
    choices = Choices(np.int32(tile), np.float32(cost), which, draws)
    terms = Bounds(**{"k": 1, "room": 1.0, "spacing": 0, "price": 0.0, "most": 99, **bounds})
    grid, uses = np.array(grid, np.int32), np.zeros(tiles, np.int32)
    for number in grid[grid >= 0]:
        uses[number % tiles] += 1
    choose(np.array(order, np.int32), choices, terms, uses, grid)
    return grid, uses


@given(st.lists(st.integers(0, 5), max_size=40))
def test_places_are_sorted_by_their_keys_and_those_of_equal_keys_stay_in_order(keys):
    starts, order = np.zeros(7, np.int64), np.full(len(keys), -1, np.int32)
    sort_by(np.array(keys, np.int32), starts, order)
    assert order.tolist() == sorted(range(len(keys)), key=lambda i: keys[i])
    assert starts.tolist() == [sum(key < least for key in keys) for least in range(7)]


def test_each_cell_in_turn_takes_the_cheapest_that_is_free():
    cost = [[1, 2]] * 4
    grid, uses = chosen([[0, 1]] * 4, cost, range(4), [1, 0, 3, 2], 2, [[-1] * 4], spacing=1)
    assert grid.tolist() == [[1, 0, 1, 0]]
    assert uses.tolist() == [2, 2]


def test_a_tile_and_its_mirror_image_count_as_one():
    grid, _ = chosen([[0, 1], [2, 3]], [[1, 2]] * 2, [0, 1], [0, 1], 2, [[-1, -1]], spacing=1)
    assert grid.tolist() == [[0, 3]]


def test_cells_may_share_candidates():
    grid, _ = chosen([[0, 1], [1, 0]], [[1, 2]] * 2, [1, 0, 1], range(3), 2, [[-1] * 3])
    assert grid.tolist() == [[1, 0, 1]]


def test_a_price_on_uses_lets_the_next_best_have_its_turn():
    grid, _ = chosen([[0, 1]], [[1, 1.5]], [0] * 4, range(4), 2, [[-1] * 4], price=1.0)
    assert grid.tolist() == [[0, 1, 0, 1]]


def test_no_tile_is_used_more_often_than_it_may_be():
    grid, uses = chosen([[0, 1]], [[1, 9]], [0] * 4, range(4), 2, [[-1] * 4], most=2)
    assert grid.tolist() == [[0, 0, 1, 1]]
    assert uses.tolist() == [2, 2]


def test_a_cell_that_is_asked_again_keeps_a_tile_that_is_still_as_good():
    again = chosen(
        [[0, 1]], [[1, 1]], [0] * 3, range(3), 2, [[1, 1, 0]], k=2, draws=np.full(3, 0.0)
    )
    assert again[0].tolist() == [[1, 1, 0]]


def test_a_cell_that_is_asked_again_exchanges_a_tile_that_is_no_longer():
    assert chosen([[0, 1]], [[1, 9]], [0], [0], 2, [[1]])[0].tolist() == [[0]]


def test_where_nothing_is_free_a_cell_stays_empty():
    assert chosen([[0]], [[1]], [0, 0], [0, 1], 1, [[-1, -1]], spacing=1)[0].tolist() == [[0, -1]]


@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(0, 2), st.sampled_from([1, 1.3]))
def test_what_cells_take_is_what_a_slow_search_takes(seed, k, spacing, room):
    rng = np.random.default_rng(seed)
    tile = np.array([rng.permutation(8)[:5] for _ in range(4)], np.int32)
    cost = rng.integers(1, 6, tile.shape)
    which, order, draws = rng.integers(0, 4, 12), rng.permutation(12), rng.random(12)
    bounds = {"k": k, "room": room, "spacing": spacing, "price": 0.5}
    grid = np.full((3, 4), -1)
    for _ in range(2):  # empty, then what that gave
        slow = naive.choose(order, tile, cost, which, draws, 4, grid, **bounds)
        grid, uses = chosen(tile, cost, which, order, 4, grid, draws, **bounds)
        np.testing.assert_array_equal(grid, slow)
        assert uses.tolist() == np.bincount(grid[grid >= 0] % 4, minlength=4).tolist()
