from __future__ import annotations

import naive
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from facemo.area import block_means
from facemo.drawing import recolour
from facemo.drawing.recolour import affine, changes_of, extremes_of, means_of, moved, tints
from facemo.drawing.variants import Variants

value = st.integers(0, 255)


def apply(values, gain, offset):
    return (np.asarray(values, int) * gain.astype(int) + offset) >> 8


def test_extremes_are_the_lowest_mean_and_highest_value(tile_array):
    low, mean, high = np.moveaxis(extremes_of(tile_array, np.arange(7)), 1, 0)
    np.testing.assert_array_equal(low, tile_array.min(axis=(1, 2)))
    np.testing.assert_allclose(mean, tile_array.mean(axis=(1, 2)), rtol=1e-6)
    np.testing.assert_array_equal(high, tile_array.max(axis=(1, 2)))


def test_extremes_of_other_tiles_are_left_at_zero(tile_array):
    found = extremes_of(tile_array, np.array([1, 4]))
    np.testing.assert_array_equal(found[[1, 4]], extremes_of(tile_array, np.arange(7))[[1, 4]])
    assert not found[[0, 2, 3, 5, 6]].any()


@given(st.lists(value, min_size=1, max_size=20), value, st.floats(0, 1))
@example([0, 1], 0, 1e-10)
def test_the_mean_moves_by_the_tint_and_nothing_clips(values, color, tint):
    pixels = np.array(values, np.uint8).reshape(1, 1, -1, 1).repeat(3, axis=3)
    extremes = extremes_of(pixels, np.array([0]))
    mean = moved(extremes[:, 1], np.full((1, 3), color, np.uint8), tint)
    assert abs(mean[0, 0] - (np.mean(values) * (1 - tint) + color * tint)) < 1e-4
    gain, offset = affine(extremes, mean)
    tinted = apply(pixels[0, 0, :, 0], gain[0, 0], offset[0, 0])
    assert 0 <= tinted.min() <= tinted.max() <= 255
    assert abs(tinted.mean() - mean[0, 0]) <= 1
    expected_gain = naive.affine(min(values), np.mean(values), max(values), float(mean[0, 0]))
    # Rounded down, of a number of 32 bits.
    assert -1e-4 <= expected_gain - gain[0, 0] / 256 <= 1 / 256 + 1e-4


def test_its_own_mean_changes_nothing():
    pixels = np.arange(0, 252, 7, dtype=np.uint8).repeat(3).reshape(1, 6, 6, 3)
    extremes = extremes_of(pixels, np.array([0]))
    gain, offset = affine(extremes, extremes[:, 1])
    np.testing.assert_array_equal(apply(pixels, gain[0], offset[0]), pixels)


def test_variants_that_stay_as_they_are_need_no_maps(tile_array):
    changes = changes_of(tile_array, Variants(np.array([3, 0], np.int32)))
    assert changes.gain.size == changes.offset.size == 0


def test_beside_others_they_have_maps_that_change_nothing(tile_array):
    mean = np.float32([[np.nan] * 3, [0, 9, 255]])
    changes = changes_of(tile_array, Variants(np.array([3, 0], np.int32), mean=mean))
    assert (changes.gain[0].tolist(), changes.offset[0].tolist()) == ([256] * 3, [128] * 3)
    means = apply(tile_array[0], changes.gain[1], changes.offset[1]).mean(axis=(0, 1))
    assert np.abs(means - mean[1]).max() <= 1


def test_tiles_that_are_not_used_are_not_measured(tile_array, monkeypatch):
    read = []
    monkeypatch.setattr(
        recolour, "block_means", lambda tiles, n: read.append(len(tiles)) or block_means(tiles, n)
    )
    changes_of(tile_array, Variants(np.array([5, 5], np.int32), mean=np.zeros((2, 3), np.float32)))
    assert read == [1]


def test_the_tint_of_a_cell_is_the_part_of_the_way_that_its_mean_is_moved(rng, tile_array):
    tile = np.array([4, 1, 4], np.int32)
    means, colors = means_of(tile_array, tile), rng.integers(0, 256, (3, 3), dtype=np.uint8)
    variants = Variants(tile, mean=moved(means, colors, 0.3))
    way, whole = tints(variants, means, np.arange(3, dtype=np.int32), colors)
    np.testing.assert_allclose(way / whole, 0.3, atol=1e-5)
    way, whole = tints(Variants(tile), means, np.arange(3, dtype=np.int32), colors)
    assert not way.any()
    assert whole.all()


def test_contrast_is_kept_where_there_is_room():
    pixels = np.array([100, 120], np.uint8).repeat(3).reshape(1, 1, 2, 3)
    gain, offset = affine(extremes_of(pixels, np.array([0])), np.full((1, 3), 160, np.float32))
    assert apply(pixels[0, 0, :, 0], gain[0, 0], offset[0, 0]).tolist() == [150, 170]
