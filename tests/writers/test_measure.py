from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from facemo import load_tiles, plan, save
from facemo.options import Encoding
from facemo.tiles import Tiles
from facemo.writers.measure import measured
from facemo.writers.preflight import of_mosaic, preflight


@pytest.mark.parametrize("coding", ["jpeg", "webp", "png", "deflate", "zarr"])
def test_what_is_smooth_takes_less_than_noise(rng, coding):
    noise = rng.integers(0, 256, (5, 32, 32, 3), np.uint8)
    smooth = np.broadcast_to(np.arange(32, dtype=np.uint8)[:, None], noise.shape)
    of_smooth, of_noise = (measured(coding, some, Encoding()) for some in (smooth, noise))
    assert 10 * of_smooth < of_noise < 4


def test_what_the_quality_saves_is_measured(rng):
    noise = rng.integers(0, 256, (24, 16, 16, 3), np.uint8)
    low, high = (measured("jpeg", noise, Encoding(quality=quality)) for quality in (50, 95))
    assert 2 * low < high


def test_large_tiles_are_measured_in_several_places():
    sample = np.zeros((24, 512, 512, 3), np.uint8)
    sample[:, 256:] = np.random.default_rng(0).integers(0, 256, sample[:, 256:].shape, np.uint8)
    assert 1 < measured("png", sample, Encoding()) < 2


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".png", ".tif"])
def test_photos_that_are_smooth_are_looked_at(rng, tmp_path, suffix):
    folder = tmp_path / "photos"
    folder.mkdir()
    small = rng.integers(0, 256, (40, 8, 8, 3), np.uint8)
    pixels = []
    for number, picture in enumerate(small):
        large = Image.fromarray(picture).resize((64, 64), Image.Resampling.BICUBIC)
        large.save(folder / f"{number:02}.png")
        pixels.append(np.asarray(large))
    target, path = np.linspace(0, 1, 900).reshape(30, 30), tmp_path / f"a{suffix}"
    options = {"cols": 20, "tint": 0}
    flight = preflight(target, path, reads=[folder], size=64, **options)
    save(plan(target, Tiles(np.stack(pixels)), **options), path)
    assert 0.75 < path.stat().st_size / flight.disk < 1.33


def test_cells_that_stay_empty_count_for_little(tmp_path):
    mask = np.zeros((40, 40))
    mask[:20, :20] = 1
    options = {"reads": ["data/tiles"], "size": 32, "cols": 40}
    part, whole = (
        preflight("data/face.png", tmp_path / "a.png", mask=mask, **options).disk
        for mask in (mask, None)
    )
    assert whole / 5 < part < whole / 3


def test_a_mosaic_that_is_planned_is_measured_itself(tmp_path):
    mosaic, path = (
        plan("data/face.png", load_tiles("data/tiles", size=32), cols=40),
        str(tmp_path / "a.jpg"),
    )
    flight = of_mosaic(mosaic, path, Encoding())
    assert flight.shape == mosaic.shape
    save(mosaic, path)
    assert 0.75 < os.path.getsize(path) / flight.disk < 1.33


@pytest.mark.parametrize("suffix", [".jpg", ".webp", ".png"])
def test_a_picture_of_a_few_pixels_takes_some_bytes(tmp_path, suffix):
    assert 20 < preflight(np.eye(1), tmp_path / f"a{suffix}", cols=1, rows=1, size=1).disk < 1000
