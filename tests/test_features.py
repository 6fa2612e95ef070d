from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.features import shrink, tile_means


def test_the_mean_of_a_tile_is_the_mean_of_its_pixels(tile_array):
    np.testing.assert_allclose(tile_means(tile_array), tile_array.mean(axis=(1, 2)))


def test_means_of_many_tiles_do_not_depend_on_how_they_are_divided(rng):
    pixels = rng.integers(0, 256, (300, 64, 64, 3), dtype=np.uint8)
    np.testing.assert_allclose(tile_means(pixels), pixels.mean(axis=(1, 2)))


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_shrinking_averages_boxes_and_rounds_half_up(rng, factor):
    pixels = rng.integers(0, 256, (5, 8, 4, 3), dtype=np.uint8)
    expected = [naive.box_average(tile, factor) for tile in pixels]
    np.testing.assert_array_equal(shrink(pixels, factor), expected)


def test_a_very_large_white_tile_is_white():
    assert tile_means(np.full((1, 4200, 4200, 3), 255, np.uint8)).tolist() == [[255.0] * 3]
