from __future__ import annotations

import numpy as np
import pytest
from helpers import laid, placed, without
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.drawing.mosaic import Mosaic
from facemo.reports import photos
from facemo.reports.photos import intact


def cells_of(mosaic):
    """The cells of a drawn picture and the tiles they come from, both (rows * cols, h, w, 3)."""
    rows, cols = mosaic.cells.shape
    height, width = mosaic.tiles.size
    drawn = np.asarray(mosaic).reshape(rows, height, cols, width, 3).swapaxes(1, 2)
    return drawn.reshape(-1, height, width, 3), mosaic.tiles.pixels[mosaic.index.ravel()]


def eighths(tiles):
    """8 x 8 blocks of (n, h, w, 3) tiles, whose sides divide 8 or are divided by it."""
    for axis in (1, 2):
        side = tiles.shape[axis]
        if side < 8:
            tiles = tiles.repeat(8 // side, axis=axis)
        else:
            shape = (*tiles.shape[:axis], 8, side // 8, *tiles.shape[axis + 1 :])
            tiles = tiles.reshape(shape).mean(axis=axis + 1)
    return tiles.astype(float)


def spread(blocks):
    return np.array([[block[:, :, c].std() for c in range(3)] for block in blocks]).mean(axis=1)


@pytest.mark.parametrize(("height", "width"), [(8, 16), (24, 8), (4, 2)])
@pytest.mark.parametrize("palette", [30, None])
def test_it_is_what_the_drawn_picture_shows(rng, height, width, palette):
    """From the outside: the picture drawn, its cells beside their tiles, each cell counted."""
    tiles = rng.integers(0, 256, (5, height, width, 3), dtype=np.uint8)
    index, mirrored = rng.integers(0, 5, (6, 7)), rng.random((6, 7)) < 0.5
    colors = rng.choice(np.uint8([9, 128, 240]), (6, 7, 3))
    mosaic = placed(tiles, index, colors, mirrored, 0.8, palette)
    cell, tile = map(eighths, cells_of(mosaic))
    kept = np.minimum(1, spread(cell) / np.maximum(spread(tile), 1))
    means = (rgb2lab(each.mean(axis=(1, 2)) / 255) for each in (cell, tile))
    measured = intact(mosaic.layout)
    assert measured.contrast_kept == pytest.approx(kept.mean(), abs=1e-4)
    assert measured.washed_out == pytest.approx((kept < 0.5).mean())
    assert measured.tint_spent == pytest.approx(deltaE_ciede2000(*means).mean(), abs=1e-3)
    assert 0 < measured.washed_out < 1


def test_photos_as_they_are_keep_all(rng, tile_array):
    mosaic = laid(rng, tile_array, 4, 5, mirrored=0.5)
    assert intact(mosaic.layout) == (1, 0, 0)


def test_a_flat_tile_has_nothing_to_lose(rng):
    flat = np.full((1, 8, 8, 3), 90, np.uint8)
    assert intact(laid(rng, flat, 3, 3, tint=1).layout)[:2] == (1, 0)


def test_cells_stand_for_others_where_they_are_many(rng, tile_array, monkeypatch):
    mosaic = laid(rng, tile_array, 40, 40, tint=0.9)
    whole = intact(mosaic.layout)
    monkeypatch.setattr(photos, "_CELLS", 400)
    monkeypatch.setattr(photos, "_BATCH_BYTES", 1)
    some = intact(mosaic.layout)
    assert some == intact(mosaic.layout)
    assert some != whole
    np.testing.assert_allclose(some[:2], whole[:2], atol=0.05)
    assert some.tint_spent == pytest.approx(whole.tint_spent, rel=0.1)


def test_empty_cells_have_lost_nothing(rng, tile_array):
    whole = laid(rng, tile_array, 6, 8, tint=0.7)
    holes = np.zeros((6, 8), bool)
    holes[:, 5:] = True
    part = Mosaic(whole.tiles, whole.variants, whole.cells[:, :5], whole.colors[:, :5])
    assert intact(without(whole, holes).layout) == pytest.approx(intact(part.layout))
