from __future__ import annotations

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facemo.kernels.reduce import area_means, block_sums


@given(st.data(), st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_block_sums_are_the_sums_of_blocks(data, n, h, w):
    rows, cols = data.draw(st.integers(1, h)), data.draw(st.integers(1, w))
    pixels = np.random.default_rng(n).integers(0, 256, (n, h, w, 3), dtype=np.uint8)
    out = np.empty((n, rows, cols, 3), np.uint32)
    block_sums(pixels.reshape(n, h, w * 3), out)
    np.testing.assert_array_equal(out, naive.block_sums(pixels, rows, cols))


@given(st.data(), st.integers(1, 3), st.integers(1, 9), st.integers(1, 9))
def test_area_means_are_the_averages_of_rectangles_that_end_within_pixels(data, n, h, w):
    rows, cols = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 12))
    top, left = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, cols - 1))
    pixels = np.random.default_rng(n).integers(0, 256, (n, h, w, 3), dtype=np.uint8)
    out = np.empty((n, data.draw(st.integers(1, rows - top)), cols - left, 3), np.float32)
    area_means(pixels.reshape(n, h, w * 3), np.empty(0, np.float32), rows, cols, top, left, out)
    expected = [
        naive.cell_means(image, rows, cols)[top : top + out.shape[1], left:] for image in pixels
    ]
    np.testing.assert_allclose(out, expected, atol=1e-3)
