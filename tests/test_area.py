from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo import area
from facemo.area import (
    area_means,
    block_means,
    box_averages,
    resized,
    sampled,
    window_means,
)

sides = st.integers(1, 12)


@given(st.integers(1, 3), sides, sides, sides, sides)
def test_any_number_of_rectangles_gets_its_area_average(count, height, width, rows, cols):
    rng = np.random.default_rng(height)
    images = rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    expected = [naive.cell_means(image, rows, cols) for image in images]
    np.testing.assert_allclose(area_means(images, rows, cols), expected, atol=1e-3)


def test_a_window_has_the_averages_that_the_whole_has_there(rng):
    image = rng.integers(0, 256, (40, 30, 3), dtype=np.uint8)
    whole = area_means(image[np.newaxis], 70, 11)[0]
    np.testing.assert_array_equal(
        window_means(image, 70, 11, range(13, 50), range(4, 9)), whole[13:50, 4:9]
    )


@pytest.mark.parametrize("count", [1, 4])
def test_the_division_of_the_work_changes_nothing(rng, monkeypatch, count):
    images = rng.integers(0, 256, (count, 700, 900, 3), dtype=np.uint8)
    monkeypatch.setattr("facemo.machine.processors", lambda: 1)
    alone = area_means(images, 33, 21)
    monkeypatch.setattr("facemo.machine.processors", lambda: 7)
    np.testing.assert_array_equal(area_means(images, 33, 21), alone)


def test_some_of_the_tiles_are_resized_a_few_at_a_time(rng, monkeypatch):
    pixels = rng.integers(0, 256, (9, 16, 12, 3), dtype=np.uint8)
    numbers = np.array([8, 0, 3, 3, 5], np.int32)
    whole = resized(pixels, numbers, 8, 6)
    monkeypatch.setattr(area, "_READ_BYTES", 2 * 16 * 12 * 3)
    np.testing.assert_array_equal(resized(pixels, numbers, 8, 6), whole)
    blocks = pixels[numbers].reshape(5, 8, 2, 6, 2, 3).mean(axis=(2, 4))
    assert np.abs(whole - blocks).max() <= 0.5
    np.testing.assert_array_equal(resized(pixels, numbers, 16, 12), pixels[numbers])


@pytest.mark.parametrize("detail", [1, 2, 3, 4, 6])
def test_block_means_are_area_averages_of_blocks_whether_sides_divide_or_not(tile_array, detail):
    expected = [naive.cell_means(tile, detail, detail) for tile in tile_array]
    np.testing.assert_allclose(block_means(tile_array, detail), expected, atol=1e-3)


def test_means_of_many_tiles_do_not_depend_on_how_they_are_divided(rng):
    pixels = rng.integers(0, 256, (300, 64, 64, 3), dtype=np.uint8)
    np.testing.assert_allclose(block_means(pixels, 1)[:, 0, 0], pixels.mean(axis=(1, 2)))


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_shrinking_averages_boxes_and_rounds_half_up(rng, factor):
    pixels = rng.integers(0, 256, (5, 8, 4, 3), dtype=np.uint8)
    expected = np.stack([naive.box_average(tile, factor) for tile in pixels])
    np.testing.assert_array_equal(box_averages(pixels, factor), expected)


@given(st.integers(1, 3000), st.integers(1, 3000))
def test_a_sample_takes_one_of_each_part_or_all_of_a_few(count, most):
    places = np.arange(count)[sampled(count, most)]
    assert len(places) == min(count, most)
    assert (np.diff(places) >= 0).all()
    parts = np.arange(most) * count / most
    if count > most:
        assert (places >= np.floor(parts)).all()
        assert (places <= parts + count / most).all()


def test_a_sample_of_a_checkered_grid_sees_both_colours():
    checkered = np.indices((1100, 1100)).sum(axis=0) % 2
    assert 0.49 < checkered.ravel()[sampled(checkered.size)].mean() < 0.51


def test_a_very_large_white_tile_is_white():
    assert np.all(block_means(np.full((1, 4200, 4200, 3), 255, np.uint8), 1) == 255)


@given(st.integers(1, 2), sides, sides, st.integers(1, 4))
def test_the_last_boxes_average_what_there_is(count, height, width, factor):
    rng = np.random.default_rng(height)
    images = rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    averages = box_averages(images, factor)
    assert averages.shape == (count, -(-height // factor), -(-width // factor), 3)
    last = images[:, height - 1 - (height - 1) % factor :, width - 1 - (width - 1) % factor :]
    assert np.abs(averages[:, -1, -1] - last.mean(axis=(1, 2))).max() <= 0.5
