from __future__ import annotations

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facemo.kernels.draw import AS_IT_IS, Changes, assemble, assemble_changed, sample


def tiles(seed, n, h, w):
    pixels = np.random.default_rng(seed).integers(0, 256, (n, h, w, 3), dtype=np.uint8)
    return pixels, pixels.reshape(n, h, w * 3)


def plan_of(seed, rows, cols, recoloured):
    """Four variants of three tiles, some of which stay as they are or have ramps, and cells."""
    rng = np.random.default_rng(seed)
    cells = rng.integers(0, 4, (rows, cols), dtype=np.int32)
    tile, mirrored = rng.integers(0, 3, 4, dtype=np.int32), rng.random(4) < 0.5
    gain = rng.integers(0, 256, (4, 3)).astype(np.uint16)
    gain[rng.random(4) < 0.3] = AS_IT_IS
    offset = rng.integers(-65536, 65537, (4, 3), dtype=np.int32)
    ramp = rng.integers(-127, 128, (4, 4), dtype=np.int32)
    ramp[rng.random(4) < 0.5, 2:] = 0
    ramp[gain[:, 0] == AS_IT_IS] = 0
    share = rng.integers(0, 129, 4).astype(np.uint16)
    some = slice(4 if recoloured else 0)
    ramped = slice(4 if recoloured and seed % 2 else 0)
    return Changes(tile, mirrored, gain[some], offset[some], ramp[ramped], share[some]), cells


def some_span(data, length):
    ends = st.tuples(st.integers(0, length), st.integers(0, length))
    return sorted(data.draw(ends.filter(lambda pair: pair[0] != pair[1])))


sides = st.integers(1, 5)


@given(st.data(), sides, sides, sides, sides, sides)
def test_assemble_draws_any_region_of_the_tiles_side_by_side(data, h, w, rows, cols, abreast):
    pixels, lines = tiles(h, 3, h, w)
    index = plan_of(w, rows, cols, False)[1] % 3
    (y0, y1), (x0, x1) = some_span(data, rows * h), some_span(data, cols * w)
    out = np.empty((y1 - y0, (x1 - x0) * 3), np.uint8)
    assemble(lines, index, y0, x0 * 3, abreast, out)
    expected = naive.assemble(pixels, index)[y0:y1, x0:x1]
    np.testing.assert_array_equal(out.reshape(expected.shape), expected)


@given(st.data(), sides, sides, sides, sides, st.booleans())
def test_assemble_changed_mirrors_and_recolours(data, h, w, rows, cols, recoloured):
    pixels, lines = tiles(h, 3, h, w)
    changes, cells = plan_of(w, rows, cols, recoloured)
    (y0, y1), (x0, x1) = some_span(data, rows * h), some_span(data, cols * w)
    out = np.empty((y1 - y0, (x1 - x0) * 3), np.uint8)
    assemble_changed(lines, changes, cells, y0, x0 * 3, out)
    expected = naive.draw(pixels, changes, cells)[y0:y1, x0:x1]
    np.testing.assert_array_equal(out.reshape(expected.shape), expected)


@given(st.data(), sides, sides, sides, sides, st.booleans())
def test_sample_draws_the_crossings_of_lines_and_columns(data, h, w, rows, cols, recoloured):
    pixels, _ = tiles(h, 3, h, w)
    changes, cells = plan_of(w, rows, cols, recoloured)
    ys = np.array(data.draw(st.lists(st.integers(0, rows * h - 1), min_size=1)))
    xs = np.array(data.draw(st.lists(st.integers(0, cols * w - 1), min_size=1)))
    out = np.empty((len(ys), len(xs), 3), np.uint8)
    sample(pixels, changes, cells, ys, xs, out)
    np.testing.assert_array_equal(out, naive.draw(pixels, changes, cells)[ys][:, xs])
