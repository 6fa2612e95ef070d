from __future__ import annotations

import os
import unicodedata

import numpy as np
import pytest
from PIL import Image

from facemo.errors import InputError
from facemo.tiles import Tiles
from facemo.writers.tiles import _free, check_tiles_folder, file_names, save_tiles


def test_each_tile_is_a_file_of_its_pixels(tile_array, tmp_path):
    told = []
    names = save_tiles(tile_array, tmp_path / "new", progress=lambda *part: told.append(part))
    assert names == [f"{n}.png" for n in range(7)]
    for name, tile in zip(names, tile_array, strict=True):
        np.testing.assert_array_equal(Image.open(tmp_path / "new" / name), tile)
    assert told[-1] == (7, 7)


def test_names_are_safe_and_no_two_equal_whatever_the_case(tile_array, tmp_path):
    given = ["a/b.jpg", "a_b.png", "A_B.tif", "../up.jpg", "con.gif", "x\ny.png", "\udce4.jpg"]
    assert save_tiles(Tiles(tile_array, tuple(given)), tmp_path / "new") == [
        "a_b.png",
        "a_b-2.png",
        "A_B-3.png",
        "_.._up.png",
        "_con.png",
        "x_y.png",
        "_.png",
    ]
    assert len(os.listdir(tmp_path / "new")) == 7


def test_long_names_are_cut_and_stay_apart():
    names = file_names(["ä" * 300 + f"{n}.jpg" for n in range(3)])
    assert len(set(names)) == 3
    assert max(len(name.encode()) for name in names) < 255


def test_an_empty_folder_is_filled_and_no_other(tile_array, tmp_path):
    (tmp_path / "empty").mkdir()
    save_tiles(tile_array, tmp_path / "empty")
    with pytest.raises(InputError, match="holds files already: name a new one"):
        save_tiles(tile_array, tmp_path / "empty")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file: name a new folder"):
        save_tiles(tile_array, tmp_path / "file")
    with pytest.raises(InputError, match="no such folder: '"):
        save_tiles(tile_array, tmp_path / "no" / "where")


@pytest.mark.parametrize("nowhere", ["", b"", None, 5, "a\0b", "\ud800"])
def test_what_names_no_folder_is_refused(tile_array, tmp_path, monkeypatch, nowhere):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keep.txt").touch()
    with pytest.raises(InputError, match="path "):
        save_tiles(tile_array, nowhere)
    assert os.listdir(tmp_path) == ["keep.txt"]


def test_the_current_folder_is_not_replaced(tile_array, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="is the current one: name a new one in it"):
        save_tiles(tile_array, ".")


def test_what_came_into_the_folder_meanwhile_stays(tile_array, tmp_path):
    def come(done, total):
        (tmp_path / "new").mkdir(exist_ok=True)
        (tmp_path / "new" / "photo.jpg").touch()

    with pytest.raises(OSError, match="not empty"):
        save_tiles(tile_array, tmp_path / "new", progress=come)
    assert os.listdir(tmp_path) == ["new"]
    assert os.listdir(tmp_path / "new") == ["photo.jpg"]


def test_tiles_are_not_written_where_tiles_are_read(photos, tmp_path):
    check_tiles_folder(str(tmp_path / "crops"), [str(photos)])
    with pytest.raises(InputError, match="they would be tiles of the next mosaic"):
        check_tiles_folder(str(photos / "sub" / "crops"), [str(photos)])


def test_a_disk_that_refuses_leaves_no_folder(tile_array, tmp_path, monkeypatch):
    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    with pytest.raises(OSError, match="No space left"):
        save_tiles(tile_array, tmp_path / "new")
    assert os.listdir(tmp_path) == []


def test_the_end_of_a_long_name_is_kept():
    names = file_names(["holiday/" * 40 + "IMG_1.jpg", "holiday/" * 40 + "IMG_2.jpg"])
    assert [name[-9:] for name in names] == ["IMG_1.png", "IMG_2.png"]


def test_names_are_equal_however_accents_are_spelt():
    spellings = (unicodedata.normalize(form, "M\u00fcller.jpg") for form in ("NFC", "NFD"))
    names = file_names(spellings)
    assert len({unicodedata.normalize("NFC", name) for name in names}) == 2


@pytest.mark.parametrize("name", ["COM\u00b9", "lpt\u00b3", "conin$", "CONOUT$", "nul .x"])
def test_no_name_is_one_that_windows_keeps(name):
    assert file_names([f"{name}.jpg"]) == [f"_{name}.png"]


def test_equal_names_are_numbered_on_from_the_last():
    taken = {}
    names = [_free("a", taken) for _ in range(3)]
    assert names == ["a.png", "a-2.png", "a-3.png"]
    assert taken["a"] == 3
    assert _free("a-4", taken) == "a-4.png"
    assert _free("A", taken) == "A-5.png"
