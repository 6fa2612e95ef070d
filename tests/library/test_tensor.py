"""Whatever people have for tiles becomes one tensor, or a line that says what would."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facemo.errors import InputError
from facemo.library.load import load_tiles
from facemo.library.picture import read_picture
from facemo.library.tensor import as_tiles


def test_tiles_that_are_ready_stay_as_they_are(tile_array):
    tiles = as_tiles(tile_array)
    assert as_tiles(tiles) is tiles
    assert np.shares_memory(tiles.pixels, tile_array)
    assert as_tiles(tiles, {"background": "red"}) is tiles


@pytest.mark.parametrize("kind", [str, Path, lambda path: [path], lambda path: (p for p in [path])])
def test_paths_are_loaded_as_load_tiles_does(photos, kind):
    tiles = as_tiles(kind(photos), {"size": 8, "cache": False})
    np.testing.assert_array_equal(tiles.pixels, load_tiles(photos, size=8, cache=False).pixels)
    assert tiles.names == ("black.png", "red.png", "sub/green.png", "white.png")


def test_a_pattern_and_the_users_own_folder_are_expanded(photos, monkeypatch):
    monkeypatch.setenv("HOME", str(photos.parent))
    monkeypatch.setenv("USERPROFILE", str(photos.parent))
    assert as_tiles("~/photos/[rw]*.png", {"cache": False}).names == ("red.png", "white.png")
    assert len(as_tiles("~/photos/**/*.png", {"cache": False})) == 4
    assert as_tiles(["~/photos/sub"], {"cache": False}).names == ("green.png",)


def test_an_array_of_paths_or_a_series_of_them_is_a_list_of_paths(photos):
    class Series:  # as pandas has it
        def __init__(self, values):
            self.values = np.array(values, object)

        def __array__(self, dtype=None, copy=None):
            return self.values

        def __iter__(self):
            return iter(self.values)

    paths = [str(photos / "red.png"), str(photos / "white.png")]
    for given in (np.array(paths), Series(paths)):
        assert as_tiles(given, {"cache": False}).names == ("red.png", "white.png")


@pytest.mark.parametrize(
    ("tiles", "expected"),
    [
        (np.full((2, 4, 5), 7, np.uint8), 7),
        (np.full((2, 4, 5, 1), 7, np.uint8), 7),
        (np.full((2, 4, 5, 3), 0.2), 51),
        (np.full((2, 4, 5), 257 * 9, np.uint16), 9),
        (np.full((2, 4, 5), True), 255),
        (np.full((2, 4, 5, 3), 200), 200),
        ([np.full((4, 5), 7, np.uint8), np.full((4, 5, 3), 7)], 7),
        ([[[0.2] * 5] * 4] * 2, 51),
        ([Image.new("L", (5, 4), 7), np.full((4, 5), 7)], 7),
        ([Image.new("I;16", (5, 4), 257 * 9)] * 2, 9),
    ],
)
def test_numbers_of_any_kind_are_taken_as_for_a_target(tiles, expected):
    pixels = as_tiles(tiles).pixels
    assert pixels.shape == (2, 4, 5, 3)
    assert np.unique(pixels).tolist() == [expected]


def test_what_is_transparent_is_laid_over_the_background():
    clear = np.zeros((1, 1, 1, 4), np.uint8)
    assert as_tiles(clear).pixels.tolist() == [[[[255] * 3]]]
    for tiles in (clear, [Image.new("RGBA", (1, 1))]):
        assert as_tiles(tiles, {"background": (9, 8, 7)}).pixels.tolist() == [[[[9, 8, 7]]]]


def test_pictures_of_several_sizes_are_cropped_and_resized_as_their_files_are(rng, save_picture):
    noise = [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in [(90, 40), (30, 70)]]
    paths = [save_picture(Image.fromarray(each), f"{n}.png") for n, each in enumerate(noise)]
    expected = np.stack([read_picture(path, (64, 64), crop="faces") for path in paths])
    np.testing.assert_array_equal(as_tiles(noise).pixels, expected)
    np.testing.assert_array_equal(as_tiles(map(Image.fromarray, noise)).pixels, expected)
    assert as_tiles(noise, {"size": (8, 6)}).size == (8, 6)


@pytest.mark.parametrize("crop", ["faces", "attention", "centre"])
def test_pictures_in_memory_are_cropped_as_is_asked(rng, save_picture, crop):
    noise = rng.integers(0, 256, (90, 40, 3), dtype=np.uint8)
    path = save_picture(Image.fromarray(noise), "a.png")
    expected = read_picture(path, (8, 8), crop=crop)
    np.testing.assert_array_equal(as_tiles([noise], {"size": 8, "crop": crop}).pixels[0], expected)


def test_pictures_in_memory_are_given_the_shape_that_most_have():
    noise = [np.zeros((30, 40, 3), np.uint8)] * 3
    assert as_tiles(noise, {"size": "auto"}).size == (48, 64)


def test_photos_of_one_size_in_a_list_are_no_tiles_yet(rng):
    photos = rng.integers(0, 256, (2, 30, 300, 3), dtype=np.uint8)
    for given in ([*photos], [Image.fromarray(photo) for photo in photos]):
        assert as_tiles(given).size == (64, 64)
        assert as_tiles(given, {"size": (3, 30)}).size == (3, 30)
    assert as_tiles(photos).size == (30, 300)


def test_pictures_of_one_size_are_resized_if_a_size_is_wanted(tile_array):
    assert as_tiles(tile_array, {"size": 3}).size == (3, 3)


def test_a_pillow_image_is_turned_upright():
    image = Image.new("RGB", (4, 2))
    image.getexif()[0x0112] = 6
    assert as_tiles([image]).size == (4, 2)
    assert as_tiles([image, Image.new("RGB", (2, 4))]).size == (4, 2)


def test_opened_pictures_are_read_anew_and_do_not_fill_memory(rng, save_picture):
    noise = [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in [(90, 40), (30, 70)]]
    paths = [save_picture(Image.fromarray(each), f"{n}.jpg") for n, each in enumerate(noise)]
    images = [Image.open(path) for path in paths]
    expected = np.stack([read_picture(path, (64, 64), crop="faces") for path in paths])
    np.testing.assert_array_equal(as_tiles(images).pixels, expected)
    assert all(image.tile for image in images)  # what is there to be read
    for image in images:
        image.close()


def test_an_opened_picture_that_ends_early_is_named(save_picture):
    path = save_picture(Image.effect_noise((64, 64), 50), "a.png")
    path.write_bytes(path.read_bytes()[:900])
    with Image.open(path) as image, pytest.raises(InputError, match=r"tile 0 '.*a\.png': trunc"):
        as_tiles([image], {"size": 8})


def test_files_and_their_bytes_are_pictures(photos):
    content = (photos / "red.png").read_bytes()
    with open(photos / "white.png", "rb") as file:
        tiles = as_tiles([content, file])
    assert tiles.pixels[:, 0, 0].tolist() == [[255, 0, 0], [255, 255, 255]]


@pytest.mark.parametrize(
    ("options", "name"),
    [({"size": 32}, "size=32"), ({"cache": False}, "cache=False")],
)
def test_an_option_that_ready_tiles_would_not_heed_is_refused(tile_array, options, name):
    with pytest.raises(InputError, match=f"{name} is for .* ready, of 6 x 4 px: leave it out"):
        as_tiles(as_tiles(tile_array), options)


def test_an_option_about_files_is_refused_for_pictures_in_memory(tile_array):
    with pytest.raises(InputError, match=r"duplicates='keep' .* in memory: leave it out"):
        as_tiles(tile_array, {"size": 4, "duplicates": "keep"})


def test_loading_is_told(photos):
    told = []
    as_tiles(photos, {"cache": False}, lambda done, total: told.append((done, total)))
    assert told[-1] == (6, 6)


@pytest.mark.parametrize(
    ("tiles", "message"),
    [
        (None, "tiles must be Tiles, a folder, paths, pictures, or an array, .* got None"),
        (5, "got int"),
        ([], "got none"),
        ({"a": np.zeros((4, 4, 3))}, r"got dict: give list\(tiles.values\(\)\)"),
        (Image.new("RGB", (4, 4)), "got Image: give a list of them"),
        (np.zeros((4, 5, 3)), r"many pictures, got one, \(4, 5, 3\): give a list of them"),
        (list(np.zeros((4, 5, 3))), "many pictures, got one"),
        (np.zeros((5, 3, 8, 8)), r"got \(5, 3, 8, 8\): colours are the last axis"),
        (np.zeros((5, 8)), r"tiles must be \(N, h, w, 3\), .* got \(5, 8\)"),
        (np.zeros((0, 8, 8, 3)), "at least one pixel"),
        (np.full((5, 8, 8, 3), 255.0), "divide it by 255"),
        (np.full((5, 8, 8, 3), np.nan), "got NaN"),
        (np.zeros((5, 8, 8, 3), complex), "got complex128"),
        ([np.zeros((4, 4)), "a.jpg"], "paths or pictures, not both, got ndarray among paths"),
        ([np.zeros((4, 4)), None], "tile 1 must be a picture, .* got None"),
        ([np.zeros((4, 4)), np.zeros(4)], r"tile 1 must be \(H, W\).* got \(4,\)"),
        ("https://example.org/photos", "nothing is downloaded"),
        ("nowhere/*.jpg", "no file or folder matches 'nowhere/"),
        ("nowhere", "no such file or folder: 'nowhere'"),
    ],
)
def test_what_stands_for_no_tiles_is_refused_with_what_would(tiles, message):
    with pytest.raises(InputError, match=message):
        as_tiles(tiles)


def test_a_file_that_is_called_like_a_pattern_is_that_file(save_picture):
    path = save_picture(Image.new("RGB", (4, 4)), "a[1].png")
    assert as_tiles(os.fspath(path), {"cache": False}).names == ("a[1].png",)
