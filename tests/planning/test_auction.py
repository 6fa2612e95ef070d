from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from facemo.kernels.auction import Points
from facemo.planning import auction
from facemo.planning.auction import auctioned, cheapest, least


def points(rng, cells, tiles, dimensions):
    """Descriptions of which cells have few, so that many want the same tiles."""
    scales = 1 / np.arange(1, dimensions + 1)
    few = rng.normal(size=(6, dimensions))[rng.integers(6, size=cells)]
    flat = few + rng.normal(size=(cells, dimensions)) / 10
    spread = rng.normal(size=(tiles, dimensions)) * 2
    return Points(np.float32(flat * scales), np.float32(spread * scales))


def costs(points, room):
    """The squared distances of cells to each use of a tile or of its mirror image."""
    apart = ((points.cells[:, None].astype(float) - points.tiles[None]) ** 2).sum(axis=2)
    nearer = apart.reshape(len(apart), -1, len(room)).min(axis=1)
    return np.repeat(nearer, room, axis=1)


def least_there_is(points, room):
    all_costs = costs(points, room)
    return all_costs[linear_sum_assignment(all_costs)].sum()


def total(points, tile):
    return ((points.cells.astype(float) - points.tiles[tile]) ** 2).sum()


def any_tiles(room, cells):
    return np.repeat(np.arange(len(room), dtype=np.int32), room)[:cells]


@pytest.mark.parametrize("dimensions", [3, 30])
@pytest.mark.parametrize("looks", [1, 2])
@pytest.mark.parametrize("uses", [1, 3])
def test_an_auction_ends_near_the_best_and_proves_it(rng, dimensions, looks, uses):
    room = np.full(600 // uses, uses, np.int32)
    these = points(rng, 500, len(room) * looks, dimensions)
    found = auctioned(these, any_tiles(room, 500), room, 6)
    assert np.bincount(found.tile % len(room)).max() <= uses
    proof = least(these, found, room)
    best = least_there_is(these, room)
    print(f"{total(these, found.tile) / best - 1:.2%} above, {1 - proof.total / best:.2%} unproven")
    assert proof.proven
    assert best * 0.97 < proof.total <= best * (1 + 1e-9)
    assert total(these, found.tile) < best * 1.03


@given(st.integers(0, 99), st.integers(1, 2), st.integers(1, 3), st.sampled_from([2, 12]))
def test_whatever_prices_are_no_assignment_comes_below_what_they_prove(
    seed, looks, uses, dimensions
):
    rng = np.random.default_rng(seed)
    room = rng.integers(1, uses + 1, size=12).astype(np.int32)
    these = points(rng, 10, 12 * looks, dimensions)
    price = np.maximum(rng.normal(size=12), 0)
    proven = cheapest(these, price).sum() - (price * room).sum()
    assert proven <= least_there_is(these, room) + 1e-9


@pytest.mark.parametrize("dimensions", [3, 30])
def test_what_is_cheapest_for_a_cell_is_found_among_all_tiles(rng, dimensions):
    these, price = points(rng, 40, 200, dimensions), rng.random(200)
    expected = (costs(these, np.ones(200, int)) + price).min(axis=1)
    found = cheapest(these, price)
    assert np.all(found <= expected + 1e-9)
    np.testing.assert_allclose(found, expected, 1e-4)


def test_beyond_so_many_cells_and_tiles_a_sample_tells_about_as_much(rng, monkeypatch):
    room = np.ones(400, np.int32)
    these = points(rng, 300, 400, 30)
    found = auctioned(these, any_tiles(room, 300), room, 6)
    proof = least(these, found, room)
    monkeypatch.setattr(auction, "_PAIRS", 400 * 200)
    sampled = least(these, found, room)
    assert not sampled.proven
    assert sampled.total == pytest.approx(proof.total, rel=0.1)


def test_where_no_tile_costs_anything_what_there_was_is_kept(rng):
    these = Points(np.zeros((4, 3), np.float32), np.zeros((5, 3), np.float32))
    room = np.ones(5, np.int32)
    assert auctioned(these, any_tiles(room, 4), room, 3).tile.tolist() == [0, 1, 2, 3]


def test_the_share_that_is_done_is_told(rng):
    room, told = np.ones(20, np.int32), []
    auctioned(points(rng, 20, 20, 3), any_tiles(room, 20), room, 2, told.append)
    assert told == [0.25, 0.5, 0.75, 1]


def test_what_very_many_cells_are_told_roughly_proves_a_little_less(rng, monkeypatch):
    room = np.ones(60, np.int32)
    these = points(rng, 50, 60, 3)
    found = auctioned(these, any_tiles(room, 50), room, 6)
    more = least(these, found, room)
    monkeypatch.setattr(auction, "_TOLD_APART", 10)
    less = least(these, found, room)
    assert less.proven
    assert 0.99 * more.total < less.total <= more.total
    assert more.total <= least_there_is(these, room) * (1 + 1e-9)


@given(st.integers(0, 99), st.floats(0, 2))
def test_what_is_cheapest_but_for_a_slack_is_never_too_much(seed, slack):
    rng = np.random.default_rng(seed)
    these, price = points(rng, 20, 200, 3), rng.random(200)
    exact = cheapest(these, price)
    rough = cheapest(these, price, slack)
    assert np.all(rough <= exact + 1e-9)
    assert np.all(rough >= exact - slack - 1e-9)


def test_some_of_the_cells_prove_less_but_nothing_false(rng):
    room = np.ones(400, np.int32)
    these = points(rng, 300, 400, 3)
    some, few = np.arange(0, 300, 3), np.arange(0, 400, 3)
    part = Points(these.cells[some], these.tiles[few])
    uses = np.ones(len(few), np.int32)
    found = auctioned(part, any_tiles(uses, len(some)), uses, 3)
    proof = least(these, found, room, part.cells)
    assert 0 < proof.total <= least_there_is(these, room) * (1 + 1e-9)
