from __future__ import annotations

import naive
import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from facemo.drawing.recolour import affine, extremes_of

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
    colors = np.full((1, 3), color, np.uint8)
    gain, offset = affine(extremes_of(pixels, np.array([0])), colors, tint)
    tinted = apply(pixels[0, 0, :, 0], gain[0, 0], offset[0, 0])
    assert 0 <= tinted.min() <= tinted.max() <= 255
    low, mean, high = min(values), np.mean(values), max(values)
    expected_gain, moved = naive.affine(low, mean, high, color, tint)
    assert abs(tinted.mean() - moved) <= 1
    # Rounded down, of a number of 32 bits.
    assert -1e-4 <= expected_gain - gain[0, 0] / 256 <= 1 / 256 + 1e-4


def test_no_tint_changes_nothing():
    pixels = np.arange(0, 252, 7, dtype=np.uint8).repeat(3).reshape(1, 6, 6, 3)
    gain, offset = affine(extremes_of(pixels, np.array([0])), np.full((1, 3), 200, np.uint8), 0)
    np.testing.assert_array_equal(apply(pixels, gain[0], offset[0]), pixels)


def test_contrast_is_kept_where_there_is_room():
    pixels = np.array([100, 120], np.uint8).repeat(3).reshape(1, 1, 2, 3)
    gain, offset = affine(extremes_of(pixels, np.array([0])), np.full((1, 3), 160, np.uint8), 1)
    assert apply(pixels[0, 0, :, 0], gain[0, 0], offset[0, 0]).tolist() == [150, 170]
