from __future__ import annotations

import dataclasses
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from conftest import noise
from PIL import Image

from facemo import machine
from facemo.errors import InputError
from facemo.tiles import Rejected, Tiles, load_tiles


def test_a_folder_becomes_one_tensor_in_the_order_of_its_names(photos):
    tiles = load_tiles(photos, size=8)
    assert tiles.names == ("black.png", "red.png", "sub/green.png", "white.png")
    assert tiles.pixels.shape == (4, 8, 8, 3)
    assert tiles.pixels.dtype == np.uint8
    assert tiles.pixels[:, 3, 3].tolist() == [[0] * 3, [255, 0, 0], [0, 255, 0], [255] * 3]
    assert tiles.root == str(photos)


def test_what_cannot_be_used_is_set_aside_with_a_reason(photos):
    assert load_tiles(photos).rejected == (
        Rejected(str(photos / "broken.jpg"), "truncated"),
        Rejected(str(photos / "notes.txt"), "not a picture"),
    )


def test_a_file_and_an_iterable_of_paths_are_sources_too(photos):
    assert load_tiles(photos / "red.png").names == ("red.png",)
    assert load_tiles(iter([photos / "white.png", str(photos / "sub")])).names == (
        "sub/green.png",
        "white.png",
    )


@pytest.mark.parametrize(("size", "expected"), [(5, (5, 5)), ((3, 9), (3, 9))])
def test_size_is_a_side_or_height_and_width(photos, size, expected):
    assert load_tiles(photos, size).size == expected


@pytest.mark.parametrize("size", [0, -1, 2.5, "64", (3,), (3, 0), (1, 2, 3), None])
def test_any_other_size_is_refused(photos, size):
    with pytest.raises(InputError, match="size must be"):
        load_tiles(photos, size)


def test_the_background_shows_through(save_picture):
    path = save_picture(Image.new("RGBA", (9, 9)), "clear.png")
    assert np.all(load_tiles(path, 4, background="#0a141e").pixels == (10, 20, 30))


def test_no_usable_picture_is_an_error_that_says_why(tmp_path):
    with pytest.raises(InputError, match=r"no file in '"):
        load_tiles(tmp_path)
    (tmp_path / "notes.txt").write_text("text")
    with pytest.raises(InputError, match=r"no usable picture: '.*notes.txt' \(not a picture\)"):
        load_tiles(tmp_path)
    (tmp_path / "more.txt").write_text("text")
    with pytest.raises(InputError, match=r"no usable picture in '.*' \(2 not a picture\)"):
        load_tiles(tmp_path)


def test_progress_ends_with_every_file(photos):
    calls = []
    load_tiles(photos, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (6, 6)


@pytest.fixture
def many(tmp_path, rng):
    for number in range(50):
        noise(rng, 20, 30).save(tmp_path / f"{number}.png")
        if number % 3 == 0:
            (tmp_path / f"{number}.txt").write_text("text")
    return tmp_path


@pytest.mark.parametrize("processors", [1, 2, 8])
def test_the_tensor_does_not_depend_on_the_number_of_threads(many, monkeypatch, processors):
    expected = load_tiles(many, 16)
    monkeypatch.setattr("facemo.tiles.processors", lambda: processors)
    with ThreadPoolExecutor(processors) as executor:
        for tiles in (load_tiles(many, 16), load_tiles(many, 16, executor=executor)):
            np.testing.assert_array_equal(tiles.pixels, expected.pixels)
            assert tiles.names == expected.names
            assert tiles.rejected == expected.rejected


def test_processes_load_the_same_tensor(many):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        tiles = load_tiles(many, 16, executor=executor)
    np.testing.assert_array_equal(tiles.pixels, load_tiles(many, 16).pixels)


def test_an_interrupted_load_stops(many):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_tiles(many, progress=interrupt)


def test_more_tiles_than_memory_are_refused_before_the_work(photos, monkeypatch):
    monkeypatch.setattr(machine, "free_memory", lambda: 10**6)
    with pytest.raises(InputError, match=r"6 files as tiles of 900 x 900 px needs 0\.0 GB"):
        load_tiles(photos, 900)


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
