from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo import area
from facemo.area import area_means, resized

sides = st.integers(1, 12)


@given(st.integers(1, 3), sides, sides, sides, sides)
def test_any_number_of_rectangles_gets_its_area_average(count, height, width, rows, cols):
    rng = np.random.default_rng(height)
    images = rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)
    expected = [naive.cell_means(image, rows, cols) for image in images]
    np.testing.assert_allclose(area_means(images, rows, cols), expected, atol=1e-3)


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
