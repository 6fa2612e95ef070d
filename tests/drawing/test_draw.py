from __future__ import annotations

import naive
import numpy as np
import pytest
from helpers import holed, laid, placed

from facemo.drawing import draw


@pytest.fixture
def tiles(rng):
    return rng.integers(0, 256, (9, 4, 6, 3), dtype=np.uint8)


@pytest.mark.parametrize("tint", [0, 0.5])
def test_every_cell_shows_its_variant(rng, tiles, tint):
    mosaic = laid(rng, tiles, 3, 4, mirrored=0.5, tint=tint)
    pixels = mosaic.layout.made(slice(None))
    for row in range(3):
        for col in range(4):
            cell = mosaic[4 * row : 4 * row + 4, 6 * col : 6 * col + 6]
            np.testing.assert_array_equal(pixels[mosaic.cells[row, col]], cell)


@pytest.mark.parametrize("tint", [0, 0.5])
def test_variants_are_made_at_any_size_and_in_any_order(rng, tiles, tint, monkeypatch):
    plan = laid(rng, tiles, 5, 4, mirrored=0.5, tint=tint).layout
    whole = plan.made(slice(None))
    some = np.array([3, 0, 3], np.int32)
    np.testing.assert_array_equal(plan.made(some), whole[some])
    expected = [naive.box_average(tile, 2) for tile in whole[some]]
    np.testing.assert_array_equal(plan.made(some, 2), expected)
    monkeypatch.setattr(draw, "_BATCH_BYTES", 1)
    np.testing.assert_array_equal(plan.made(some, 2), expected)


@pytest.mark.parametrize("kept", [0, 64 << 20])
@pytest.mark.parametrize("palette", [9, None])
def test_however_variants_come_about_the_pixels_are_theirs(rng, tiles, palette, kept, monkeypatch):
    """Made on the way, all for this picture, or all and kept for the next."""
    monkeypatch.setattr(draw, "_KEPT_BYTES", kept)
    mosaic = placed(
        tiles,
        rng.integers(0, 9, (8, 8)),
        rng.integers(0, 256, (8, 8, 3), dtype=np.uint8),
        rng.random((8, 8)) < 0.5,
        0.6,
        palette,
    )
    changes = mosaic.layout.changes
    expected = naive.draw(mosaic.tiles.pixels, changes, mosaic.cells)
    np.testing.assert_array_equal(mosaic[3:9, 5:11], expected[3:9, 5:11])
    assert "kept" not in vars(mosaic.layout)
    np.testing.assert_array_equal(mosaic, expected)
    assert ("kept" in vars(mosaic.layout)) == (kept > 0)
    np.testing.assert_array_equal(mosaic[3:9, 5:11], expected[3:9, 5:11])
    np.testing.assert_array_equal(mosaic[::3, ::-2], expected[::3, ::-2])


def test_batches_make_up_all_of_them(rng, tiles, monkeypatch):
    plan = laid(rng, tiles[:5], 9, 9).layout
    assert list(plan.batches()) == [slice(0, 5)]
    assert list(plan.batches(most=2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
    assert plan.uses == 81 / 5


@pytest.mark.parametrize("kept", [0, 64 << 20])
@pytest.mark.parametrize("tint", [0, 0.5])
def test_a_cell_without_a_tile_has_the_background(rng, tiles, tint, kept, monkeypatch):
    monkeypatch.setattr(draw, "_KEPT_BYTES", kept)
    mosaic = holed(rng, tiles, 8, 9, tint=tint, background=(1, 20, 233))
    expected = naive.draw(tiles, mosaic.layout.changes, mosaic.cells)
    holes = np.kron(~mosaic.filled, np.ones((4, 6), bool))
    assert (expected[holes] == (1, 20, 233)).all()
    np.testing.assert_array_equal(mosaic[3:9, 5:11], expected[3:9, 5:11])
    np.testing.assert_array_equal(mosaic, expected)
    np.testing.assert_array_equal(mosaic[::3, ::-2], expected[::3, ::-2])
