from __future__ import annotations

import os

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

from facemo import machine
from facemo.errors import InputError
from facemo.mosaic import Mosaic
from facemo.planning import plan
from facemo.tiles import Tiles, load_tiles
from facemo.writers import preflight, save


@pytest.fixture
def mosaic(rng):
    tiles = np.repeat(rng.integers(0, 256, (9, 16, 8, 1), dtype=np.uint8), 3, axis=3)
    return plan(rng.random((40, 40, 3)), tiles, cols=10)


def of_size(height, width):
    tiles = Tiles(np.zeros((1, height, 1, 3), np.uint8))
    cells = np.zeros((1, width), np.int32)
    return Mosaic(tiles, cells, np.zeros((1, width, 3), np.uint8))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff", ".PNG"])
def test_a_lossless_file_holds_exactly_the_mosaic(mosaic, tmp_path, suffix):
    path = tmp_path / f"poster{suffix}"
    save(mosaic, path)
    np.testing.assert_array_equal(iio.imread(path), mosaic)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_a_lossy_file_is_near_the_mosaic(mosaic, tmp_path, suffix):
    path = tmp_path / f"poster{suffix}"
    save(mosaic, path)
    difference = iio.imread(path).astype(float) - np.asarray(mosaic)
    assert difference.shape == mosaic.shape
    assert np.abs(difference).mean() < 6


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_progress_counts_the_bytes_of_the_file_and_changes_none(mosaic, tmp_path, suffix):
    calls = []
    save(mosaic, tmp_path / f"a{suffix}")
    save(mosaic, tmp_path / f"b{suffix}", progress=lambda done, total: calls.append((done, total)))
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()
    assert max(calls)[0] == (tmp_path / f"b{suffix}").stat().st_size
    assert {total for _, total in calls} == {None}


@pytest.mark.parametrize("name", ["poster", "poster.xyz", ".png", "poster.pn"])
def test_an_unknown_suffix_is_refused_with_those_that_work(mosaic, tmp_path, name):
    with pytest.raises(InputError, match=r"suffix must be one of \.png, \.jpg, .*\.webp"):
        save(mosaic, tmp_path / name)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("shape", "suffix", "most"),
    [
        ((1, 65_501), ".jpg", "65,500"),
        ((65_501, 1), ".jpg", "65,500"),
        ((1, 16_384), ".webp", "16,383"),
    ],
)
def test_what_the_format_cannot_hold_is_refused_with_what_it_can(tmp_path, shape, suffix, most):
    with pytest.raises(InputError, match=rf"ends at {most} a side: .* or write \.png or \.tif"):
        save(of_size(*shape), tmp_path / f"a{suffix}")
    assert os.listdir(tmp_path) == []


def test_the_longest_side_that_fits_is_written(tmp_path):
    save(of_size(1, 65_500), tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.size == (65_500, 1)


def test_what_does_not_fit_in_memory_is_refused(mosaic, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "free_memory", lambda: 1000)
    with pytest.raises(InputError, match="drawing and encoding 80 x 80 pixels needs"):
        save(mosaic, tmp_path / "a.png")


def test_a_tile_is_never_overwritten(photos):
    mosaic = plan(np.eye(3), load_tiles(photos, 8), cols=3)
    before = (photos / "red.png").read_bytes()
    with pytest.raises(InputError, match="is read as input"):
        save(mosaic, photos / "red.png")
    assert (photos / "red.png").read_bytes() == before
    save(mosaic, photos / "new.png")


def test_preflight_knows_the_shape_that_plan_will_give(tmp_path, mosaic):
    assert preflight(np.eye(40), tmp_path / "a.png", size=(16, 8), cols=10) == mosaic.shape
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["photos/red.png", "photos/new.png", "photos/sub/new.png"])
def test_preflight_refuses_to_write_where_tiles_are_read(photos, name):
    with pytest.raises(InputError, match=r"is read as input|where tiles are read from"):
        preflight(np.eye(3), photos.parent / name, reads=[photos, photos / "red.png"])


def test_preflight_refuses_what_save_would(tmp_path):
    with pytest.raises(InputError, match="suffix"):
        preflight(np.eye(3), tmp_path / "a.xyz")
    with pytest.raises(InputError, match="no such folder"):
        preflight(np.eye(3), tmp_path / "b" / "a.png")
    with pytest.raises(InputError, match="65,600 x 65,600 pixels do not fit"):
        preflight(np.eye(3), tmp_path / "a.jpg", cols=1025)
    with pytest.raises(InputError, match="drawing and encoding 640,000 x 640,000 pixels needs"):
        preflight(np.eye(3), tmp_path / "a.png", cols=10_000)


def test_what_was_set_aside_is_not_overwritten_either(photos):
    mosaic = plan(np.eye(3), load_tiles([photos / "broken.jpg", photos / "red.png"], 8), cols=3)
    with pytest.raises(InputError, match="is read as input"):
        save(mosaic, photos / "broken.jpg")


def test_preflight_knows_the_folders_that_links_lead_to(photos, tmp_path):
    (tmp_path / "other").mkdir()
    (photos / "link").symlink_to(tmp_path / "other", target_is_directory=True)
    with pytest.raises(InputError, match="where tiles are read from"):
        preflight(np.eye(3), tmp_path / "other" / "a.png", reads=[photos])
    assert os.listdir(tmp_path / "other") == []


def test_a_tiff_over_four_gigabytes_is_refused(tmp_path):
    with pytest.raises(
        InputError,
        match=r"64,000 x 64,000 pixels do not fit .* and 4 GB of pixels: .*at most 590 of",
    ):
        preflight(np.eye(3), tmp_path / "a.tif", cols=1000)


@pytest.mark.parametrize("path", [b"a.png", "a\0.png"])
def test_a_path_that_names_no_file_is_refused(mosaic, path):
    with pytest.raises(InputError, match="path must be text"):
        save(mosaic, path)
