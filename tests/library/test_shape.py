"""The shape of tiles that are made of what there is."""

from __future__ import annotations

import pytest
from PIL import Image

from facemo import load_tiles, preflight
from facemo.library.filters import Filters
from facemo.library.shape import common_shape


@pytest.fixture
def folder(tmp_path):
    """A function that writes pictures of these sizes, and says what they are called."""

    def write(*sizes, **options):
        names = [f"{number}.jpg" for number in range(len(sizes))]
        for name, size in zip(names, sizes, strict=True):
            Image.new("RGB", size, (len(name), size[0] % 256, 9)).save(tmp_path / name, **options)
        return str(tmp_path), names

    return write


@pytest.mark.parametrize(
    ("size", "shape"),
    [((40, 30), (48, 64)), ((300, 400), (64, 48)), ((32, 32), (64, 64)), ((192, 108), (36, 64))],
)
def test_tiles_have_the_shape_of_most_pictures(folder, size, shape):
    assert common_shape(*folder(size, size, (10, 10))) == shape


def test_sizes_count_as_the_nearest_that_cameras_make(folder):
    assert common_shape(*folder((401, 300), (399, 301), (400, 290))) == (48, 64)


def test_without_a_majority_tiles_are_square(folder):
    assert common_shape(*folder((40, 30), (30, 40))) == (64, 64)


def test_a_picture_counts_as_it_is_turned(folder):
    exif = Image.Exif()
    exif[0x0112] = 6
    assert common_shape(*folder((40, 30), exif=exif)) == (64, 48)


def test_what_is_no_picture_does_not_count(folder, tmp_path):
    root, names = folder((40, 30))
    (tmp_path / "notes").write_text("none")
    assert common_shape(root, [*names, "notes", "gone.jpg"]) == (48, 64)
    assert common_shape(root, ["notes"]) == (64, 64)
    assert common_shape(root, []) == (64, 64)


def test_tiles_are_loaded_and_forecast_in_that_shape(folder):
    root, _ = folder((40, 30), (41, 30), (30, 30))
    tiles = load_tiles(root, size="auto", cache=False)
    assert tiles.size == (48, 64)
    flight = preflight(Image.new("RGB", (64, 64)), "x.png", reads=[root], size="auto", cols=6)
    assert flight.shape[1] == 6 * 64
    assert flight.shape[0] % 48 == 0


def test_files_that_are_left_out_do_not_count(folder):
    root, names = folder(*[(40, 30)] * 300, *[(30, 40)] * 2)
    rated = Image.Exif()
    rated[0x4746] = 5
    for name in names[-2:]:
        Image.new("RGB", (30, 40)).save(f"{root}/{name}", exif=rated)
    assert common_shape(root, names) == (48, 64)
    assert common_shape(root, names, Filters(min_rating=4)) == (64, 48)
    assert load_tiles(root, size="auto", cache=False, only=names[-2:]).size == (64, 48)
    assert load_tiles(root, size="auto", cache=False, min_rating=4).size == (64, 48)
    flight = preflight(
        Image.new("RGB", (64, 64)), "x.png", reads=[root], size="auto", cols=6, min_rating=4
    )
    assert flight.shape[1] == 6 * 48
