from __future__ import annotations

import dataclasses
import pickle
from concurrent.futures import ThreadPoolExecutor

import naive
import numpy as np
import pytest
from helpers import holed, laid, placed, without
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices

from facemo import machine
from facemo.drawing.draw import blocks
from facemo.drawing.mosaic import Mosaic, numbered
from facemo.drawing.variants import Variants
from facemo.errors import InputError
from facemo.tiles import Tiles


def mosaic_of(rows, cols, h, w, tint=0.0):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (5, h, w, 3), dtype=np.uint8)
    index = rng.integers(0, 5, (rows, cols), dtype=np.int32)
    colors = rng.integers(0, 256, (rows, cols, 3), dtype=np.uint8)
    return placed(pixels, index, colors, rng.random((rows, cols)) < 0.5, tint)


def picture_of(mosaic):
    return naive.draw(mosaic.tiles.pixels, mosaic.layout.changes, mosaic.cells)


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
    assert repr(mosaic) == "Mosaic(3 x 2 cells, 15 x 8 px, 6 variants, Tiles(5 of 5 x 4 px))"
    np.testing.assert_array_equal(picture, picture_of(mosaic))
    np.testing.assert_array_equal(list(mosaic), picture)


sides = st.integers(1, 4)


@given(st.data(), sides, sides, sides, sides, st.sampled_from([0, 0.3, 1]))
def test_indexing_is_numpys(data, rows, cols, h, w, tint):
    mosaic = mosaic_of(rows, cols, h, w, tint)
    key = data.draw(basic_indices(mosaic.shape))
    np.testing.assert_array_equal(mosaic[key], picture_of(mosaic)[key], strict=True)


@pytest.mark.parametrize("tint", [0, 0.5])
def test_a_large_region_drawn_on_many_threads_is_the_slice(tint):
    mosaic = mosaic_of(20, 20, 64, 64, tint)
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


def test_the_tiles_of_a_reduced_mosaic_are_its_variants(rng):
    pixels = rng.integers(0, 256, (9, 8, 4, 3), dtype=np.uint8)
    index = np.array([[7, 2], [2, 4]], np.int32)
    reduced = placed(pixels, index).reduced(1)
    assert reduced.tiles.names == ("2", "4", "7")
    assert reduced.index.tolist() == [[2, 0], [0, 1]]
    recoloured = placed(pixels, index, np.uint8([[[9] * 3] * 2] * 2), [[0, 0], [1, 0]], 0.5)
    assert recoloured.reduced(1).tiles.names == ("2 #0", "4 #1", "7 #2", "2 #3")


def test_variants_without_a_cell_are_left_out(tile_array):
    variants = Variants(np.array([6, 5, 4], np.int32), np.array([True, False, False]))
    cells, colors = np.array([[2, 0]], np.int32), np.zeros((1, 2, 3), np.uint8)
    mosaic = Mosaic(Tiles(tile_array), variants, cells, colors)
    assert mosaic.variants.tile.tolist() == [6, 4]
    assert mosaic.cells.tolist() == [[1, 0]]
    assert mosaic.index.tolist() == [[4, 6]]
    assert mosaic.mirrored.tolist() == [[False, True]]


@pytest.mark.parametrize("tint", [0, 0.25, 1])
def test_the_tint_of_all_cells_is_what_their_means_were_moved_by(tint):
    assert mosaic_of(9, 9, 8, 4, tint).tint == pytest.approx(tint, abs=1e-5)


def test_variants_that_are_shrunk_must_fit_into_memory(monkeypatch):
    mosaic = mosaic_of(10, 10, 8, 8, tint=0.5)
    mosaic.layout.made(slice(None))
    monkeypatch.setattr(machine, "free_memory", lambda: 100 * 4 * 4 * 3 - 1)
    assert mosaic.reduced(2).shape == (20, 20, 3)
    with pytest.raises(InputError, match="100 variants of 4 x 4 pixels needs"):
        mosaic.reduced(1)


@given(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 20, 64, 6000]))
def test_numbers_are_those_of_numpys_unique(rows, cols, count):
    index = np.random.default_rng(rows).integers(0, count, (rows, cols), dtype=np.int32)
    used, place = np.unique(index, return_inverse=True)
    found = numbered(index, count)
    np.testing.assert_array_equal(found[0], used)
    np.testing.assert_array_equal(found[1], place.reshape(index.shape))


@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("tint", [0.4, 1])
def test_a_reduced_recoloured_mosaic_is_the_reduced_picture(n, tint):
    mosaic = mosaic_of(3, 2, 8, 4, tint)
    expected = naive.box_average(picture_of(mosaic), 2**n)
    np.testing.assert_array_equal(mosaic.reduced(n), expected)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
@pytest.mark.parametrize("tint", [0, 0.5, 1])
def test_blocks_are_the_area_averages_of_the_picture(n, tint):
    mosaic = mosaic_of(2, 3, 8, 12, tint)
    expected = naive.cell_means(picture_of(mosaic), 2 * n, 3 * n)
    means = blocks(mosaic.layout, n)[mosaic.cells].swapaxes(1, 2).reshape(2 * n, 3 * n, 3)
    np.testing.assert_allclose(means, expected, atol=1e-3)


def test_at_a_tint_of_one_cells_have_the_targets_means():
    mosaic = mosaic_of(4, 4, 16, 16, tint=1)
    means = naive.cell_means(np.asarray(mosaic), 4, 4)
    assert np.abs(means - mosaic.colors).max() <= 0.5


def test_tiles_that_cannot_be_halved_so_often_are_not():
    with pytest.raises(InputError, match=r"tiles of 6 x 8 px can be halved 1 times .* got 2"):
        mosaic_of(1, 1, 8, 6).reduced(2)
    with pytest.raises(InputError, match="halved 1 times"):
        mosaic_of(1, 1, 8, 6).reduced(10**9)


def test_a_mosaic_is_frozen(tile_array):
    cells, variants = np.zeros((2, 2), np.int32), Variants(np.zeros(1, np.int32))
    mosaic = Mosaic(Tiles(tile_array), variants, cells, np.zeros((2, 2, 3), np.uint8))
    assert cells.flags.writeable
    for name in ("cells", "index", "mirrored", "colors"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(mosaic, name)[0, 0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        mosaic.cells = cells


def test_a_mosaic_can_be_sent_to_another_process():
    mosaic = mosaic_of(2, 3, 4, 5)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(mosaic)), mosaic)


@pytest.mark.parametrize(
    ("cells", "colors", "message"),
    [
        (np.zeros((2, 2)), (2, 2, 3), r"\(rows, cols\) int32, got \(2, 2\) float64"),
        (np.zeros(4, np.int32), (2, 2, 3), r"got \(4,\) int32"),
        (np.full((2, 2), 7, np.int32), (2, 2, 3), "variants 0 to 6, got 7 to 7"),
        (np.full((2, 2), -1, np.int32), (2, 2, 3), "got -1 to -1"),
        (np.zeros((2, 2), np.int32), (2, 1, 3), r"colors must be \(2, 2, 3\) uint8, got"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(tile_array, cells, colors, message):
    variants = Variants(np.arange(7, dtype=np.int32))
    with pytest.raises(InputError, match=message):
        Mosaic(Tiles(tile_array), variants, cells, np.zeros(colors, np.uint8))


@pytest.mark.parametrize("tile", [-2, 7])
def test_variants_must_be_of_tiles_that_there_are(tile_array, tile):
    variants, cells = Variants(np.array([tile], np.int32)), np.zeros((2, 2), np.int32)
    with pytest.raises(InputError, match=f"variants must name tiles 0 to 6, got {tile} to {tile}"):
        Mosaic(Tiles(tile_array), variants, cells, np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(InputError, match="variants must be Variants, got ndarray"):
        Mosaic(Tiles(tile_array), cells, cells, np.zeros((2, 2, 3), np.uint8))


def test_a_mosaic_stays_read_only_when_it_is_sent(tile_array):
    sent = pickle.loads(pickle.dumps(mosaic_of(2, 3, 4, 5)))
    for array in (sent.cells, sent.colors, sent.variants.tile, sent.tiles.pixels):
        assert not array.flags.writeable


def test_the_same_plan_with_other_tiles_shows_the_tiles_of_the_same_names(rng):
    pixels = rng.integers(0, 256, (4, 4, 6, 3), dtype=np.uint8)
    mosaic = laid(rng, pixels, 5, 7, mirrored=0.4, tint=0.5)
    order = [2, 0, 3, 1]
    other = Tiles(pixels[order], tuple(map(str, order)))
    np.testing.assert_array_equal(mosaic.with_tiles(other), mosaic)


def test_tiles_that_a_plan_needs_and_that_are_missing_are_named(rng):
    mosaic = laid(rng, rng.integers(0, 256, (4, 4, 6, 3), dtype=np.uint8), 5, 7)
    with pytest.raises(
        InputError, match="2 of the 4 tiles that the plan uses are missing: '2', '3'"
    ):
        mosaic.with_tiles(mosaic.tiles.pixels[:2])


def test_what_are_no_tiles_is_refused_in_place_of_others():
    with pytest.raises(InputError, match="tiles must be"):
        mosaic_of(2, 3, 4, 5).with_tiles(5)


def test_cells_may_be_empty(rng, tile_array):
    mosaic = holed(rng, tile_array, 5, 6, tint=0.5, background="black")
    assert mosaic.background == (0, 0, 0)
    np.testing.assert_array_equal(mosaic.index == -1, ~mosaic.filled)
    assert not mosaic.mirrored[~mosaic.filled].any()
    sent = pickle.loads(pickle.dumps(mosaic))
    np.testing.assert_array_equal(sent, mosaic)


def test_a_mosaic_without_empty_cells_says_so(tile_array):
    assert placed(tile_array, [[0, 1]]).filled is None


def test_empty_cells_do_not_count_in_the_tint(rng, tile_array):
    whole = laid(rng, tile_array, 9, 9, tint=0.5)
    holes = rng.random((9, 9)) < 0.5
    assert without(whole, holes).tint == pytest.approx(whole.tint, abs=0.001)


@pytest.mark.parametrize("tint", [0, 0.5])
def test_a_reduced_mosaic_keeps_its_empty_cells(rng, tint):
    tiles = rng.integers(0, 256, (5, 8, 12, 3), dtype=np.uint8)
    mosaic = holed(rng, tiles, 4, 5, tint=tint, background=(9, 90, 200))
    reduced = mosaic.reduced(1)
    np.testing.assert_array_equal(reduced.filled, mosaic.filled)
    np.testing.assert_array_equal(reduced, naive.box_average(np.asarray(mosaic), 2))
    assert len(reduced.tiles) == np.count_nonzero(~mosaic.variants.empty)


def test_other_tiles_leave_empty_cells_empty(rng, tile_array):
    mosaic = holed(rng, tile_array, 4, 5, background="red")
    other = mosaic.with_tiles(tile_array[:, ::2, ::2])
    np.testing.assert_array_equal(other.index, mosaic.index)
    assert (other[:2, :3] == (255, 0, 0)).all()


def test_a_preview_shows_the_background_in_empty_cells(rng, tile_array):
    mosaic = holed(rng, tile_array[:, :, :4], 20, 30, background=(1, 2, 3))
    assert (mosaic.preview(30)[~mosaic.filled] == (1, 2, 3)).all()


def test_a_mosaic_shows_a_tile_at_least(tile_array):
    none, cells = Variants(np.int32([-1])), np.zeros((2, 2), np.int32)
    with pytest.raises(InputError, match="at least one of them: all are empty"):
        Mosaic(Tiles(tile_array), none, cells, np.zeros((2, 2, 3), np.uint8))
    with pytest.raises(InputError, match="background must be a colour name"):
        Mosaic(Tiles(tile_array), Variants(np.int32([0])), cells, np.zeros((2, 2, 3), np.uint8), 7)
