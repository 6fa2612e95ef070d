from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.options import Planning
from facemo.planning import settle
from facemo.planning.cells import Cells
from facemo.planning.describe import Looks
from facemo.planning.settle import settled
from facemo.planning.terms import terms_of


def picks(tiles, cells, which, detail=1, count=None, held=None, **options):
    """What is settled for tiles and looks of cells given by their blocks, (M, n, n, 3)."""
    which = np.int32(which)
    rows, cols = which.shape
    count = len(tiles) if count is None else count
    planning = Planning(cols=cols, rows=rows, detail=detail, space="rgb", tint=0.0, **options)
    terms = terms_of(planning, count, (8, 8), (rows * 8, cols * 8))
    colors = np.zeros((rows, cols, 3), np.uint8)
    held = None if held is None else np.int32(held)
    cells = Cells(Looks(cells), which, colors)
    return settled(Looks(tiles), cells, count, 0.0, terms, held=held)


def blocks(rng, count, detail=1):
    return rng.random((count, detail, detail, 3)) * 255


@pytest.mark.parametrize("spacing", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 5])
def test_with_just_enough_tiles_the_spacing_still_holds(rng, spacing, k):
    tiles = blocks(rng, (2 * spacing + 1) ** 2)
    index = picks(tiles, blocks(rng, 1), np.zeros((20, 30)), k=k, spacing=spacing)
    assert naive.nearest_repeat(index) > spacing
    assert index.min() >= 0


def test_far_apart_cells_get_their_nearest_tile():
    tiles = np.float64([0, 250]).reshape(2, 1, 1, 1) * np.ones(3)
    assert picks(tiles, tiles, [[0, 1]], k=1, spacing=0).tolist() == [[0, 1]]


@pytest.mark.parametrize("detail", [1, 4])
def test_a_mirror_image_counts_as_its_tile(rng, detail):
    tiles = blocks(rng, 9, detail)
    both = np.concatenate([tiles, tiles[:, :, ::-1]])
    which = np.arange(100).reshape(10, 10)
    cells = blocks(rng, 100, detail)
    index = picks(both, cells, which, detail, count=9, k=1, spacing=1, mirror=True)
    assert naive.nearest_repeat(index % 9) > 1


def test_of_tiles_as_near_every_one_is_picked_about_as_often():
    tiles = np.zeros((4, 1, 1, 3))
    index = picks(tiles, tiles[:1], np.zeros((40, 100)), k=4, spacing=0, even=0)
    assert np.bincount(index.ravel()).min() > 900


def test_two_seeds_differ_and_one_seed_does_not(rng):
    tiles, cells = blocks(rng, 300, 4), blocks(rng, 400, 4)
    which = np.arange(400).reshape(20, 20)
    one, same, other = (picks(tiles, cells, which, 4, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert (one != other).mean() > 0.2


def test_the_nearest_alone_is_no_matter_of_chance(rng):
    tiles, cells = blocks(rng, 300, 4), blocks(rng, 400, 4)
    which = np.arange(400).reshape(20, 20)
    one, other = (picks(tiles, cells, which, 4, k=1, seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(one, other)


def test_an_even_use_spreads_the_uses(rng):
    tiles, cells = blocks(rng, 60, 4), 100 + blocks(rng, 400, 4) / 10
    which = np.arange(400).reshape(20, 20)
    most = [np.bincount(picks(tiles, cells, which, 4, even=e).ravel()).max() for e in (0, 0.5, 1)]
    assert most[0] > most[1] > most[2]


@pytest.mark.parametrize("detail", [1, 4])
def test_cells_are_chosen_for_alike_in_any_batches(rng, monkeypatch, detail):
    tiles, cells = blocks(rng, 60, detail), blocks(rng, 225, detail)
    which = np.arange(225).reshape(15, 15)
    whole = picks(tiles, cells, which, detail)
    monkeypatch.setattr(settle, "_CHOSEN", 7)
    np.testing.assert_array_equal(picks(tiles, cells, which, detail), whole)


def test_cells_that_share_a_look_are_chosen_for_as_if_each_had_its_own(rng):
    tiles, cells = blocks(rng, 60), blocks(rng, 20)
    which = rng.integers(0, 20, (15, 15))
    apart = np.arange(225).reshape(15, 15)
    shared, own = picks(tiles, cells, which), picks(tiles, cells[which.ravel()], apart)
    np.testing.assert_array_equal(shared, own)


# Free cells take theirs in turn, or all exchange them.
UNCAPPED, LOOSE, TIGHT, ONCE = {}, {"max_uses": 60}, {"max_uses": 6}, {"max_uses": 1}
CAPS = [(9, UNCAPPED), (9, LOOSE), (30, TIGHT), (110, ONCE)]


def some_held(rng, count):
    """A 10 x 10 grid of which a few cells, far apart, are pinned, and others stay empty."""
    held = np.full((10, 10), -1, np.int32)
    held[::4, ::4] = rng.choice(2 * count, 9, replace=False).reshape(3, 3) % count
    held[4, 4] += count
    held[6:8, 5:] = -2
    return held


@pytest.mark.parametrize("detail", [1, 4])
@pytest.mark.parametrize(("count", "cap"), CAPS)
def test_what_is_held_stays_and_all_others_heed_it(rng, count, cap, detail):
    tiles, cells = blocks(rng, count, detail), blocks(rng, 100, detail)
    both = np.concatenate([tiles, tiles[:, :, ::-1]])
    held = some_held(rng, count)
    if cap == ONCE:
        held[::4, ::4] = np.arange(9).reshape(3, 3)
    spacing = {} if cap == ONCE else {"spacing": 1}
    which = np.arange(100).reshape(10, 10)
    index = picks(both, cells, which, detail, count, held, mirror=True, **cap, **spacing)
    np.testing.assert_array_equal(index[held >= 0], held[held >= 0])
    np.testing.assert_array_equal(index < 0, held == -2)
    laid = np.where(index < 0, -1 - np.arange(100).reshape(10, 10), index % count)
    assert np.bincount(laid[laid >= 0]).max() <= cap.get("max_uses", 100)
    assert cap == ONCE or naive.nearest_repeat(laid) > 1


@pytest.mark.parametrize(("count", "cap"), CAPS)
def test_where_nothing_is_held_nothing_changes(rng, count, cap):
    tiles, cells, which = blocks(rng, count), blocks(rng, 100), np.arange(100).reshape(10, 10)
    free = np.full((10, 10), -1)
    index, with_held = (picks(tiles, cells, which, held=held, **cap) for held in (None, free))
    np.testing.assert_array_equal(index, with_held)


def test_where_everything_is_held_nobody_is_asked(rng):
    tiles, cells = blocks(rng, 9), blocks(rng, 1)
    held = [[3, 12, -2], [0, 1, 2]]
    assert picks(tiles, cells, np.zeros((2, 3)), held=held).tolist() == [[3, 12, -1], [0, 1, 2]]


def test_how_held_cells_look_does_not_matter(rng):
    tiles, cells = blocks(rng, 60, 4), blocks(rng, 100, 4)
    held = some_held(rng, 60)
    which = np.arange(100).reshape(10, 10)
    index = picks(tiles, cells, which, 4, held=held, k=1, even=0, spacing=1)
    other = np.where(held == -1, which, which[0, 1])
    again = picks(tiles, cells, other, 4, held=held, k=1, even=0, spacing=1)
    np.testing.assert_array_equal(index, again)
