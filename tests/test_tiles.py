from __future__ import annotations

import dataclasses
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from facemo.errors import InputError
from facemo.tiles import Tiles, contact_sheet, places


def test_tiles_are_a_read_only_view_of_the_callers_array(tile_array):
    tiles = Tiles(tile_array)
    assert np.shares_memory(tiles.pixels, tile_array)
    assert tile_array.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        tiles.pixels[0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        tiles.names = ()


def test_tiles_of_an_array_are_named_by_their_numbers(tile_array):
    assert Tiles(tile_array).names == ("0", "1", "2", "3", "4", "5", "6")
    assert len(Tiles(tile_array)) == 7
    assert repr(Tiles(tile_array)) == "Tiles(7 of 6 x 4 px)"


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((40, 64, 64), np.float32), r"\(N, h, w, 3\) uint8, got \(40, 64, 64\) float32"),
        (np.zeros((4, 8, 8, 3)), "got .* float64"),
        (np.zeros((4, 8, 8, 4), np.uint8), r"got \(4, 8, 8, 4\) uint8"),
        (np.zeros((0, 8, 8, 3), np.uint8), "at least one pixel"),
        (np.zeros((4, 0, 8, 3), np.uint8), "at least one pixel"),
    ],
)
def test_an_array_of_another_shape_or_dtype_is_refused(array, message):
    with pytest.raises(InputError, match=message):
        Tiles(array)


def test_names_must_be_one_a_tile(tile_array):
    with pytest.raises(InputError, match="one a tile, got 2 for 7 tiles"):
        Tiles(tile_array, ("a", "b"))


def test_tiles_show_themselves_in_a_notebook(rng):
    tiles = Tiles(rng.integers(0, 256, (300, 4, 6, 3), dtype=np.uint8))
    shown = Image.open(BytesIO(tiles._repr_png_()))
    assert (shown.format, shown.size) == ("PNG", (16 * 6, 8 * 4))


@pytest.mark.parametrize(
    ("count", "rows", "cols"), [(1, 1, 1), (7, 1, 7), (16, 1, 16), (40, 2, 16), (200, 8, 16)]
)
def test_a_contact_sheet_shows_tiles_from_the_first_to_the_last_none_twice(count, rows, cols):
    tiles = np.arange(count, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)
    sheet = contact_sheet(tiles)[:, :, 0]
    assert sheet.shape == (rows, cols)
    assert (sheet[0, 0], sheet[-1, -1]) == (0, count - 1)
    assert (np.diff(sheet.ravel().astype(int)) > 0).all()


def test_a_contact_sheet_of_large_tiles_is_small():
    assert contact_sheet(np.zeros((20, 200, 100, 3), np.uint8)).shape == (80, 640, 3)


@pytest.mark.parametrize("field", ["names", "rejected", "merged", "left_out", "facts"])
def test_what_is_no_sequence_is_refused(tile_array, field):
    with pytest.raises(InputError, match=f"{field} must be a sequence, got 5"):
        Tiles(tile_array, **{field: 5})


def named(*names, merged=()):
    return Tiles(np.zeros((len(names), 2, 2, 3), np.uint8), names, merged=merged)


def test_a_file_that_was_moved_is_found_by_its_own_name():
    there = named("new/a.jpg", "new/b.jpg", "c.jpg", merged=[("copies/b.jpg", "new/b.jpg")])
    assert places(["old/c.jpg", "old/a.jpg", "old/b.jpg"], there).tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("names", "there"),
    [
        (["old/a.jpg"], ["x/a.jpg", "y/a.jpg"]),
        (["old/a.jpg", "other/a.jpg"], ["x/a.jpg"]),
        (["old/a.jpg", "x/a.jpg"], ["x/a.jpg"]),
        (["old/a.jpg"], ["x/b.jpg"]),
    ],
)
def test_a_file_that_may_be_another_is_missing(names, there):
    with pytest.raises(InputError, match=r"missing: 'old/a.jpg'.*or plan the target again"):
        places(names, named(*there))


def test_tiles_are_an_array_of_their_pixels():
    tiles = Tiles(np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3))
    assert np.shares_memory(np.asarray(tiles), tiles.pixels)
    assert not np.asarray(tiles).flags.writeable
    copied = np.array(tiles)
    copied[:] = 0  # a copy that may be written
    assert tiles.pixels.any()
    as_floats = np.asarray(tiles, np.float32)
    assert as_floats.dtype == np.float32
    assert (as_floats == tiles.pixels).all()


@pytest.mark.skipif(np.__version__ < "2", reason="NumPy 1 has no such argument")
def test_tiles_are_no_other_array_without_a_copy():
    tiles = Tiles(np.zeros((1, 4, 4, 3), np.uint8))
    assert np.shares_memory(np.asarray(tiles, copy=False), tiles.pixels)
    with pytest.raises(ValueError, match="have to be copied"):
        np.asarray(tiles, np.float32, copy=False)
