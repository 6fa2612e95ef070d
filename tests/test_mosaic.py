from __future__ import annotations

import dataclasses
import pickle
from concurrent.futures import ThreadPoolExecutor

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

from facemo import machine
from facemo.errors import InputError
from facemo.mosaic import Mosaic, plan, render
from facemo.tiles import Tiles, load_tiles

GREYS = np.repeat(np.arange(0, 256, 5, dtype=np.uint8), 4 * 4 * 3).reshape(-1, 4, 4, 3)


def mosaic_of(rows, cols, h, w, seed=0):
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 256, (5, h, w, 3), dtype=np.uint8)
    index = rng.integers(0, 5, (rows, cols), dtype=np.int32)
    return Mosaic(Tiles(pixels), index, np.zeros((rows, cols, 3), np.uint8))


def picture_of(mosaic):
    return naive.assemble(mosaic.tiles.pixels, mosaic.index)


def test_the_nearest_tile_stands_in_each_cell():
    target = np.array([[0, 101], [204, 255]], np.uint8)
    mosaic = plan(target, GREYS, cols=2, k=1)
    assert (mosaic.index * 5).tolist() == [[0, 100], [205, 255]]
    assert mosaic.colors[:, :, 0].tolist() == target.tolist()


def test_picks_are_among_the_k_nearest_and_not_always_the_same():
    mosaic = plan(np.full((30, 30), 100, np.uint8), GREYS, cols=30, k=3)
    assert sorted(set((mosaic.index.ravel() * 5).tolist())) == [95, 100, 105]


def test_the_same_seed_gives_the_same_plan_and_another_seed_another(rng):
    target = rng.random((40, 40, 3))
    first, again, other = (plan(target, GREYS, cols=20, seed=seed).index for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


@pytest.mark.parametrize("processors", [1, 2, 8])
def test_pixels_do_not_depend_on_the_number_of_threads(rng, monkeypatch, processors):
    target = rng.random((100, 100, 3))
    tiles = rng.integers(0, 256, (300, 16, 16, 3), dtype=np.uint8)
    expected = render(target, tiles, cols=50)
    for module in ("machine", "match"):
        monkeypatch.setattr(f"facemo.{module}.processors", lambda: processors)
    np.testing.assert_array_equal(render(target, tiles, cols=50), expected)


def test_k_larger_than_the_number_of_tiles_is_taken_as_that():
    assert plan(np.eye(4), GREYS[:2], cols=4, k=1000).index.max() <= 1


def test_render_draws_the_plan(rng):
    target = rng.random((30, 50, 3))
    tiles = rng.integers(0, 256, (9, 3, 5, 3), dtype=np.uint8)
    picture = render(target, tiles, cols=10, k=2, seed=3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, picture_of(plan(target, tiles, cols=10, k=2, seed=3)))


def test_rows_follow_from_the_aspects(rng):
    assert render(rng.random((30, 60)), GREYS, cols=10).shape == (20, 40, 3)
    assert plan(rng.random((30, 60)), GREYS, rows=10).index.shape == (10, 20)


def test_a_folder_and_a_path_will_do(photos):
    mosaic = plan(str(photos / "red.png"), load_tiles(photos, 6), cols=3, k=1)
    assert np.asarray(mosaic).reshape(-1, 3).tolist() == [[255, 0, 0]] * 18 * 18


@pytest.mark.parametrize("option", ["cols", "rows", "k"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "many", True])
def test_an_option_that_is_no_positive_whole_number_is_refused(option, value):
    with pytest.raises(InputError, match=f"{option} must be a whole number of at least 1"):
        plan(np.eye(3), GREYS, **{option: value})


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="seed must be a whole number of at least 0, got -1"):
        plan(np.eye(3), GREYS, seed=-1)


def test_tiles_of_the_wrong_shape_are_refused():
    with pytest.raises(InputError, match=r"tiles must be \(N, h, w, 3\) uint8, got \(2, 2\) float"):
        render(np.eye(3), np.eye(2))


def test_more_cells_than_memory_are_refused_before_the_work():
    with pytest.raises(InputError, match=r"planning 1,000,000,000 x 1,000,000,000 cells needs"):
        plan(np.eye(3), GREYS, cols=10**9)


def test_a_picture_larger_than_memory_is_refused_before_it_is_drawn(monkeypatch):
    mosaic = mosaic_of(10, 10, 8, 8)
    monkeypatch.setattr(machine, "free_memory", lambda: 80 * 80 * 3 - 1)
    assert mosaic[:79].shape == (79, 80, 3)
    with pytest.raises(InputError, match="a picture of 80 x 80 pixels needs"):
        np.asarray(mosaic)


def test_a_mosaic_has_the_attributes_of_an_array():
    mosaic = mosaic_of(2, 3, 4, 5)
    picture = np.asarray(mosaic)
    for name in ("shape", "dtype", "ndim", "size", "nbytes"):
        assert getattr(mosaic, name) == getattr(picture, name)
    assert len(mosaic) == len(picture)
    assert repr(mosaic) == "Mosaic(3 x 2 cells, 15 x 8 px, Tiles(5 of 5 x 4 px))"
    np.testing.assert_array_equal(picture, picture_of(mosaic))
    np.testing.assert_array_equal(list(mosaic), picture)


@given(st.data(), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_indexing_is_numpys(data, rows, cols, h, w):
    mosaic = mosaic_of(rows, cols, h, w)
    key = data.draw(basic_indices(mosaic.shape))
    np.testing.assert_array_equal(mosaic[key], picture_of(mosaic)[key], strict=True)


def test_a_large_region_drawn_on_many_threads_is_the_slice():
    mosaic = mosaic_of(20, 20, 64, 64)
    picture = picture_of(mosaic)
    np.testing.assert_array_equal(mosaic[3:1201, 70:1279], picture[3:1201, 70:1279])
    np.testing.assert_array_equal(mosaic[::-1, 1::2], picture[::-1, 1::2])


@pytest.mark.parametrize(
    "key",
    [
        100,
        -101,
        (0, 60),
        (0, 0, 3),
        (0, 0, 0, 0),
        (..., ...),
        None,
        1.5,
        True,
        [1, 2],
        np.arange(2),
    ],
)
def test_any_other_index_is_an_index_error(key):
    with pytest.raises(IndexError):
        mosaic_of(10, 10, 10, 6)[key]


def test_numpy_takes_a_mosaic_for_an_array():
    mosaic = mosaic_of(2, 2, 3, 3)
    assert np.array(mosaic, dtype=float).dtype == float
    assert np.mean(mosaic) == picture_of(mosaic).mean()
    with pytest.raises(ValueError, match="drawn when it is asked for"):
        mosaic.__array__(copy=False)


def test_many_threads_may_draw_at_once():
    mosaic = mosaic_of(20, 20, 64, 64)
    picture = picture_of(mosaic)
    with ThreadPoolExecutor(8) as pool:
        parts = list(pool.map(lambda y: mosaic[y : y + 640], range(0, 641, 40)))
    for y, part in zip(range(0, 641, 40), parts, strict=True):
        np.testing.assert_array_equal(part, picture[y : y + 640])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_reduced_mosaic_is_the_reduced_picture(n):
    mosaic = mosaic_of(3, 2, 8, 4)
    expected = naive.box_average(picture_of(mosaic), 2**n)
    np.testing.assert_array_equal(np.asarray(mosaic.reduced(n)), expected)
    assert mosaic.reduced(n).tiles.names == mosaic.tiles.names


def test_tiles_that_cannot_be_halved_so_often_are_not():
    with pytest.raises(InputError, match=r"tiles of 6 x 8 px can be halved 1 times .* got 2"):
        mosaic_of(1, 1, 8, 6).reduced(2)
    with pytest.raises(InputError, match="halved 1 times"):
        mosaic_of(1, 1, 8, 6).reduced(10**9)


def test_a_mosaic_is_frozen(tile_array):
    index = np.zeros((2, 2), np.int32)
    mosaic = Mosaic(Tiles(tile_array), index, np.zeros((2, 2, 3), np.uint8))
    assert index.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        mosaic.index[0, 0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        mosaic.index = index


def test_a_mosaic_can_be_sent_to_another_process():
    mosaic = mosaic_of(2, 3, 4, 5)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(mosaic)), mosaic)


@pytest.mark.parametrize(
    ("index", "colors", "message"),
    [
        (np.zeros((2, 2)), (2, 2, 3), r"\(rows, cols\) int32, got \(2, 2\) float64"),
        (np.zeros(4, np.int32), (2, 2, 3), r"got \(4,\) int32"),
        (np.full((2, 2), 7, np.int32), (2, 2, 3), "tiles 0 to 6, got 7 to 7"),
        (np.full((2, 2), -1, np.int32), (2, 2, 3), "got -1 to -1"),
        (np.zeros((2, 2), np.int32), (2, 1, 3), r"colors must be \(2, 2, 3\) uint8, got"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(tile_array, index, colors, message):
    with pytest.raises(InputError, match=message):
        Mosaic(Tiles(tile_array), index, np.zeros(colors, np.uint8))


def test_a_mosaic_stays_read_only_when_it_is_sent(tile_array):
    sent = pickle.loads(pickle.dumps(mosaic_of(2, 3, 4, 5)))
    for array in (sent.index, sent.colors, sent.tiles.pixels):
        assert not array.flags.writeable
