from __future__ import annotations

from io import BytesIO

import naive
import numpy as np
import pytest
from helpers import laid
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facemo.drawing import preview as previews
from facemo.errors import InputError

sides = st.integers(1, 7)


def shrunk(mosaic, height, width):
    """The slow way: the picture drawn, and each pixel of the preview averaged by itself."""
    return naive.cell_means(np.asarray(mosaic), height, width)


def noise(rng, height, width, count=5):
    return rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("tint", [0, 0.5, 1])
@pytest.mark.parametrize(
    ("rows", "cols", "limit"),
    [(4, 6, 3), (4, 6, 6), (4, 6, 12), (4, 6, 36), (4, 6, 1000)],
    ids=["2 cells", "a cell", "half a cell", "a pixel", "no larger than the mosaic"],
)
def test_where_edges_meet_it_is_exact_to_rounding(rng, rows, cols, limit, tint):
    mosaic = laid(rng, noise(rng, 6, 6), rows, cols, mirrored=0.5, tint=tint)
    small = mosaic.preview(limit)
    assert small.dtype == np.uint8
    assert small.shape == (min(limit, 36) * 2 // 3, min(limit, 36), 3)
    assert np.abs(small - shrunk(mosaic, *small.shape[:2])).max() <= 1 + 0.5 * (tint > 0)


def test_at_full_size_it_is_the_mosaic(rng):
    mosaic = laid(rng, noise(rng, 5, 3), 4, 7, mirrored=0.5, tint=0.4)
    np.testing.assert_array_equal(mosaic.preview(), mosaic)


@given(sides, sides, sides, sides, st.integers(1, 40), st.sampled_from([0, 0.6]))
def test_any_shape_of_cells_and_tiles_comes_near(rows, cols, down, across, limit, tint):
    """Tiles of ramps, so that what is wrong by a cell, or turned around, is far off."""
    rng = np.random.default_rng(limit)
    ramps = np.linspace(40, 210, down * across).reshape(1, down, across, 1)
    tiles = np.uint8(ramps + rng.integers(-40, 40, (4, 1, 1, 3)))
    mosaic = laid(rng, tiles, rows, cols, mirrored=0.5, tint=tint)
    small = mosaic.preview(limit)
    assert np.abs(small - shrunk(mosaic, *small.shape[:2])).max() <= 16


@pytest.mark.parametrize(
    ("rows", "cols", "limit", "shape"),
    [(2, 3, 100, (8, 18)), (2, 3, 9, (4, 9)), (9, 1, 10, (10, 2)), (50, 1, 4, (4, 1))],
)
def test_its_sides_are_those_of_the_mosaic_brought_to_the_longest(rng, rows, cols, limit, shape):
    assert laid(rng, noise(rng, 4, 6), rows, cols).preview(limit).shape == (*shape, 3)


def test_bands_change_nothing(rng, monkeypatch):
    mosaic = laid(rng, noise(rng, 7, 5), 23, 17, mirrored=0.5, tint=0.3)
    whole = mosaic.preview(61)
    for lines in (1, 4, 60):
        monkeypatch.setattr(previews, "_BAND_LINES", lines)
        np.testing.assert_array_equal(mosaic.preview(61), whole)
    monkeypatch.setattr(previews, "_BAND_BYTES", 1)
    monkeypatch.setattr("facemo.area._READ_BYTES", 1)
    np.testing.assert_array_equal(mosaic.preview(61), whole)


def test_variants_are_shrunk_some_at_a_time(rng, monkeypatch):
    mosaic = laid(rng, noise(rng, 4, 4, 900), 30, 30, tint=0.3)
    whole = mosaic.preview(30)
    monkeypatch.setattr("facemo.drawing.draw._BATCH_BYTES", 500)
    np.testing.assert_array_equal(mosaic.preview(30), whole)


@pytest.mark.parametrize("limit", [0, -1, 2.5, "large", True])
def test_a_side_that_is_none_is_an_input_error(rng, limit):
    with pytest.raises(InputError, match="limit must be a whole number of at least 1"):
        laid(rng, noise(rng, 4, 4), 2, 2).preview(limit)


def test_a_mosaic_shows_its_preview_in_a_notebook(rng):
    mosaic = laid(rng, np.full((1, 64, 64, 3), (200, 90, 30), np.uint8), 40, 20)
    shown = Image.open(BytesIO(mosaic._repr_png_()))
    assert (shown.format, shown.size) == ("PNG", (320, 640))
    np.testing.assert_array_equal(shown, mosaic.preview(640))
