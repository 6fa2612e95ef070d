"""Every kernel against its slow twin, on shapes that hypothesis chooses."""

from __future__ import annotations

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facemo import kernels


def tiles(seed, n, h, w):
    pixels = np.random.default_rng(seed).integers(0, 256, (n, h, w, 3), dtype=np.uint8)
    return pixels, pixels.reshape(n, h, w * 3)


@given(st.data(), st.integers(1, 4), st.integers(1, 9), st.integers(1, 9))
def test_block_sums_are_the_sums_of_blocks(data, n, h, w):
    rows, cols = data.draw(st.integers(1, h)), data.draw(st.integers(1, w))
    pixels, lines = tiles(n, n, h, w)
    out = np.empty((n, rows, cols, 3), np.uint32)
    kernels.block_sums(lines, out)
    np.testing.assert_array_equal(out, naive.block_sums(pixels, rows, cols))


@given(st.data(), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5))
def test_assemble_draws_any_region_of_the_tiles_side_by_side(data, h, w, rows, cols):
    pixels, lines = tiles(h, 3, h, w)
    index = np.random.default_rng(w).integers(0, 3, (rows, cols), dtype=np.int32)
    y0, y1 = sorted(
        data.draw(st.tuples(*[st.integers(0, rows * h)] * 2).filter(lambda s: s[0] != s[1]))
    )
    x0, x1 = sorted(
        data.draw(st.tuples(*[st.integers(0, cols * w)] * 2).filter(lambda s: s[0] != s[1]))
    )
    out = np.empty((y1 - y0, (x1 - x0) * 3), np.uint8)
    kernels.assemble(lines, index, y0, x0 * 3, out)
    expected = naive.assemble(pixels, index)[y0:y1, x0:x1]
    np.testing.assert_array_equal(out.reshape(expected.shape), expected)


@given(st.data(), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
def test_sample_draws_the_crossings_of_lines_and_columns(data, h, w, rows, cols):
    pixels, _ = tiles(h, 3, h, w)
    index = np.random.default_rng(w).integers(0, 3, (rows, cols), dtype=np.int32)
    ys = np.array(data.draw(st.lists(st.integers(0, rows * h - 1), min_size=1)))
    xs = np.array(data.draw(st.lists(st.integers(0, cols * w - 1), min_size=1)))
    out = np.empty((len(ys), len(xs), 3), np.uint8)
    kernels.sample(pixels, index, ys, xs, out)
    np.testing.assert_array_equal(out, naive.assemble(pixels, index)[ys][:, xs])
