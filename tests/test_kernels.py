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


def plan_of(seed, rows, cols, tint):
    """An index, mirrored flags, and maps that keep every value within 0 to 255."""
    rng = np.random.default_rng(seed)
    index = rng.integers(0, 3, (rows, cols), dtype=np.int32)
    mirrored = rng.random((rows, cols)) < 0.5
    if not tint:
        return index, mirrored, *[np.empty((0, 0, 3), np.uint16)] * 2
    gain = rng.integers(0, 257, (rows, cols, 3)).astype(np.uint16)
    offset = (rng.random((rows, cols, 3)) * (65535 - 255 * gain.astype(int))).astype(np.uint16)
    return index, mirrored, gain, offset


def some_span(data, length):
    ends = st.tuples(st.integers(0, length), st.integers(0, length))
    return sorted(data.draw(ends.filter(lambda pair: pair[0] != pair[1])))


sides = st.integers(1, 5)


@given(st.data(), sides, sides, sides, sides)
def test_assemble_draws_any_region_of_the_tiles_side_by_side(data, h, w, rows, cols):
    pixels, lines = tiles(h, 3, h, w)
    index = plan_of(w, rows, cols, False)[0]
    (y0, y1), (x0, x1) = some_span(data, rows * h), some_span(data, cols * w)
    out = np.empty((y1 - y0, (x1 - x0) * 3), np.uint8)
    kernels.assemble(lines, index, y0, x0 * 3, out)
    expected = naive.assemble(pixels, index)[y0:y1, x0:x1]
    np.testing.assert_array_equal(out.reshape(expected.shape), expected)


@given(st.data(), sides, sides, sides, sides, st.booleans())
def test_assemble_changed_mirrors_and_tints(data, h, w, rows, cols, tint):
    pixels, lines = tiles(h, 3, h, w)
    cells = plan_of(w, rows, cols, tint)
    (y0, y1), (x0, x1) = some_span(data, rows * h), some_span(data, cols * w)
    out = np.empty((y1 - y0, (x1 - x0) * 3), np.uint8)
    kernels.assemble_changed(lines, *cells, y0, x0 * 3, out)
    expected = naive.draw(pixels, *cells)[y0:y1, x0:x1]
    np.testing.assert_array_equal(out.reshape(expected.shape), expected)


@given(st.data(), sides, sides, sides, sides, st.booleans())
def test_sample_draws_the_crossings_of_lines_and_columns(data, h, w, rows, cols, tint):
    pixels, _ = tiles(h, 3, h, w)
    cells = plan_of(w, rows, cols, tint)
    ys = np.array(data.draw(st.lists(st.integers(0, rows * h - 1), min_size=1)))
    xs = np.array(data.draw(st.lists(st.integers(0, cols * w - 1), min_size=1)))
    out = np.empty((len(ys), len(xs), 3), np.uint8)
    kernels.sample(pixels, *cells, ys, xs, out)
    np.testing.assert_array_equal(out, naive.draw(pixels, *cells)[ys][:, xs])


def test_a_negative_offset_comes_out_right_modulo_two_to_the_sixteenth():
    lines = np.array([[[100, 200, 255]]], np.uint8)
    gain = np.full((1, 1, 3), 256, np.uint16)
    offset = np.full((1, 1, 3), -100 * 256, np.int32).astype(np.uint16)
    out = np.empty((1, 3), np.uint8)
    index, mirrored = np.zeros((1, 1), np.int32), np.zeros((1, 1), bool)
    kernels.assemble_changed(lines, index, mirrored, gain, offset, 0, 0, out)
    assert out.tolist() == [[0, 100, 155]]


def test_squared_distances_are_those_of_the_candidates(rng):
    tiles, cells = rng.random((5, 7), np.float32), rng.random((4, 7), np.float32)
    candidates = rng.integers(0, 5, (4, 3), dtype=np.int32)
    out = np.empty((4, 3), np.float32)
    kernels.squared_distances(tiles, cells, candidates, out)
    expected = ((cells[:, None] - tiles[candidates]) ** 2).sum(axis=2)
    np.testing.assert_allclose(out, expected, rtol=1e-5)


def test_choose_gives_each_cell_in_turn_its_first_free_candidate():
    grid = np.full((1, 4), -1, np.int32)
    candidates = np.array([[0, 1], [0, 1], [0, 1], [0, 1]], np.int32)
    kernels.choose(np.array([1, 0, 3, 2]), candidates, np.zeros(4), 2, 1, 1, grid)
    assert grid.tolist() == [[1, 0, 1, 0]]


def test_choose_counts_a_tile_and_its_mirror_image_as_one():
    grid = np.full((1, 2), -1, np.int32)
    candidates = np.array([[0, 1], [2, 3]], np.int32)
    kernels.choose(np.array([0, 1]), candidates, np.zeros(2), 2, 1, 1, grid)
    assert grid.tolist() == [[0, 3]]


@given(st.integers(0, 2**32), st.integers(1, 60), st.sampled_from([4, 8, 12]), st.floats(0.1, 9))
def test_leaders_are_the_first_within_reach(seed, count, dimensions, spread):
    rng = np.random.default_rng(seed)
    points = rng.normal(0, spread, (count, dimensions)).astype(np.float32)
    points[count // 2 :] = points[: count - count // 2] + rng.normal(0, 0.3, dimensions)
    # No more than twice as much within reach: it grows slowly with one coordinate.
    reach = (0.3 + 0.2 * np.abs(points[:, 0])).astype(np.float32)
    out = np.empty(count, np.int64)
    kernels.leaders(points, reach, out)
    assert out.tolist() == naive.leaders(points, reach)
