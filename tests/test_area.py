from __future__ import annotations

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facemo.area import area_means

sides = st.integers(1, 12)


@given(sides, sides, sides, sides)
def test_any_number_of_intervals_gets_its_area_average(height, width, rows, cols):
    image = np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)
    means = area_means(area_means(image, rows, axis=0), cols, axis=1)
    np.testing.assert_allclose(means, naive.cell_means(image, rows, cols), atol=1e-3)


def test_as_many_intervals_as_pixels_are_the_pixels():
    image = np.zeros((3, 4, 3), np.uint8)
    assert area_means(image, 3, axis=0) is image
