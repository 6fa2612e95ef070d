from __future__ import annotations

import numpy as np
import pytest
from helpers import holed, laid, write
from PIL import Image
from tifffile import TiffFile

from facemo import machine
from facemo.drawing.pyramid import Pyramid
from facemo.options import Encoding
from facemo.writers import tiff
from facemo.writers.format import Order


@pytest.fixture
def mosaic(rng):
    """Tiles of 64 x 32 pixels, of which two levels can be shared."""
    return laid(rng, rng.integers(0, 256, (5, 64, 32, 3), dtype=np.uint8), 12, 20, mirrored=0.2)


def levels(path):
    """The pages of a file as tifffile reads them, if it takes them for one pyramid."""
    with TiffFile(path) as file:
        (series,) = file.series
        return [level.asarray() for level in series.levels]


def check(mosaic, path, expected, difference=0):
    pyramid = Pyramid(mosaic, 256)
    read = levels(path)
    assert [level.shape for level in read] == [pyramid.shape(n) for n in expected]
    for n, level in zip(expected, read, strict=True):
        apart = np.abs(level.astype(int) - pyramid[n][:, :])
        assert apart.mean() <= difference
    with Image.open(path) as image:
        assert image.n_frames == len(expected)
        for n in range(len(expected)):
            image.seek(n)
            np.testing.assert_array_equal(np.asarray(image.convert("RGB")), read[n])


@pytest.mark.parametrize("compression", ["deflate", "none"])
def test_tifffile_and_pillow_read_the_mosaic_and_all_its_levels(mosaic, tmp_path, compression):
    path = tmp_path / "a.tif"
    write(tiff, mosaic, path, compression=compression)
    check(mosaic, path, [0, 1, 2])


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("tint", [0.0, 0.5])
def test_jpeg_compression_is_near_and_pillow_reads_it(rng, tmp_path, subsampling, tint):
    grey = rng.integers(0, 256, (5, 1, 32, 1), dtype=np.uint8)
    mosaic = laid(rng, np.tile(grey // 4, (1, 32, 1, 3)), 12, 20, tint=tint)
    path = tmp_path / "a.tif"
    write(tiff, mosaic, path, compression="jpeg", subsampling=subsampling)
    pyramid = Pyramid(mosaic, 256)
    with Image.open(path) as image:
        for n in range(len(pyramid)):
            image.seek(n)
            assert image.size == pyramid.shape(n)[1::-1]
            apart = np.abs(np.asarray(image.convert("RGB")).astype(int) - pyramid[n][:, :])
            assert apart.mean() < 8


@pytest.mark.parametrize(("size", "tint"), [((45, 30), 0.0), ((32, 32), 0.5), ((7, 5), 0.0)])
def test_what_cannot_be_shared_is_drawn_and_reads_the_same(rng, tmp_path, size, tint):
    mosaic = laid(rng, rng.integers(0, 256, (5, *size, 3), dtype=np.uint8), 30, 25, tint=tint)
    path = tmp_path / "a.tif"
    write(tiff, mosaic, path)
    check(mosaic, path, range(len(Pyramid(mosaic, 256))))


def test_each_tile_is_stored_once(mosaic, tmp_path):
    write(tiff, mosaic, tmp_path / "a.tif")
    with TiffFile(tmp_path / "a.tif") as file:
        for page in file.pages[:2]:
            assert len(page.dataoffsets) == 240
            assert len(set(page.dataoffsets)) == 10  # five tiles and their mirror images


def averages(pixels, factor):
    """A picture shrunk `factor` times, each pixel the rounded mean of those it stands for."""
    height, width = (side // factor for side in pixels.shape[:2])
    sums = pixels.reshape(height, factor, width, factor, 3).sum(axis=(1, 3), dtype=int)
    return (2 * sums + factor**2) // (2 * factor**2)


def test_each_recoloured_tile_is_stored_once_and_levels_are_the_pixels_averages(rng, lay, tmp_path):
    mosaic = lay("shared", rng.integers(0, 256, (5, 64, 32, 3), dtype=np.uint8), 12, 20)
    write(tiff, mosaic, tmp_path / "a.tif")
    with TiffFile(tmp_path / "a.tif") as file:
        for page in file.pages[:2]:
            offsets = np.reshape(page.dataoffsets, (12, 20))
            pairs = set(zip(offsets.ravel(), mosaic.cells.ravel(), strict=True))
            assert len(pairs) == len(set(page.dataoffsets)) == len(mosaic.variants)
    check(mosaic, tmp_path / "a.tif", [0, 1, 2])
    whole, half, quarter = levels(tmp_path / "a.tif")
    np.testing.assert_array_equal(whole, mosaic)
    np.testing.assert_array_equal(half, averages(whole, 2))
    np.testing.assert_array_equal(quarter, averages(whole, 4))


def test_offsets_take_four_bytes_and_lengths_two(mosaic, tmp_path):
    write(tiff, mosaic, tmp_path / "a.tif")
    with TiffFile(tmp_path / "a.tif") as file:
        tags = file.pages[0].tags
        assert (tags["TileOffsets"].dtype.name, tags["TileByteCounts"].dtype.name) == (
            "LONG",
            "SHORT",
        )


def test_a_file_that_might_exceed_four_gigabytes_is_a_bigtiff(mosaic, tmp_path, monkeypatch):
    monkeypatch.setattr(tiff, "_CLASSIC_BYTES", 1000)
    write(tiff, mosaic, tmp_path / "a.tif")
    with TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff
    check(mosaic, tmp_path / "a.tif", [0, 1, 2])


def test_levels_of_a_large_mosaic_are_a_quarter_of_each_other_and_the_drawn_ones_jpeg(
    mosaic, tmp_path, monkeypatch
):
    monkeypatch.setattr(tiff, "_PLENTY", 1000)
    write(tiff, mosaic, tmp_path / "a.tif")
    with TiffFile(tmp_path / "a.tif") as file:
        (series,) = file.series
        assert [(level.shape, level.keyframe.compression.name) for level in series.levels] == [
            ((768, 640, 3), "ADOBE_DEFLATE"),
            ((192, 160, 3), "JPEG"),
        ]
        np.testing.assert_array_equal(series.levels[0].asarray(), mosaic)
    with Image.open(tmp_path / "a.tif") as image:
        image.seek(1)
        apart = np.abs(np.asarray(image.convert("RGB")).astype(int) - mosaic.reduced(2))
    assert apart.mean() < 20  # noise, with colours at half the resolution


def test_a_narrow_picture_takes_as_much_as_its_padded_tiles(rng, tmp_path):
    mosaic = laid(rng, rng.integers(0, 256, (5, 1, 1, 3), dtype=np.uint8), 20_000, 1)
    write(tiff, mosaic, tmp_path / "a.tif", compression="none")
    order = Order((20_000, 1), (1, 1), 5, 5, Encoding(compression="none"))
    assert 0.5 < (tmp_path / "a.tif").stat().st_size / tiff.forecast(order).disk < 2


def test_one_tile_makes_a_file_whose_values_fit_into_the_directory(rng, tmp_path):
    mosaic = laid(rng, rng.integers(0, 256, (1, 16, 16, 3), dtype=np.uint8), 1, 2)
    write(tiff, mosaic, tmp_path / "a.tif")
    check(mosaic, tmp_path / "a.tif", [0])


def test_the_bytes_do_not_depend_on_the_number_of_processors(mosaic, lay, tmp_path, monkeypatch):
    for written in (mosaic, lay("shared", mosaic.tiles.pixels, 12, 20)):
        files = []
        for count in (1, 3):
            monkeypatch.setattr(machine, "processors", lambda count=count: count)
            write(tiff, written, tmp_path / "a.tif")
            files.append((tmp_path / "a.tif").read_bytes())
        assert files[0] == files[1]


def test_the_print_resolution_is_noted_for_every_level(mosaic, tmp_path):
    write(tiff, mosaic, tmp_path / "a.tif", dpi=200)
    with TiffFile(tmp_path / "a.tif") as file:
        assert [page.get_resolution("inch") for page in file.pages] == [
            (200, 200),
            (100, 100),
            (50, 50),
        ]


@pytest.mark.parametrize("compression", ["deflate", "none"])
@pytest.mark.parametrize("size", [(64, 32), (30, 20)])
def test_empty_cells_are_transparent_in_all_levels(rng, tmp_path, size, compression):
    tiles = rng.integers(0, 256, (5, *size, 3), dtype=np.uint8)
    mosaic, path = holed(rng, tiles, 12, 20, tint=0.5), tmp_path / "a.tif"
    write(tiff, mosaic, path, compression=compression)
    pyramid = Pyramid(mosaic, 256, alpha=True)
    with TiffFile(path) as file:
        assert [page.extrasamples for page in file.pages] == [(2,)] * len(pyramid)
    for n, level in enumerate(levels(path)):
        np.testing.assert_array_equal(level[..., 3], pyramid[n][:, :][..., 3])
        shown = level[..., 3] > 0
        np.testing.assert_array_equal(level[shown], pyramid[n][:, :][shown])
    with Image.open(path) as image:
        assert image.mode == "RGBA"
        np.testing.assert_array_equal(np.asarray(image)[..., :3], mosaic)


def test_jpeg_compression_has_the_background_in_empty_cells(tmp_path, rng):
    mosaic = holed(rng, np.full((2, 16, 16, 3), 20, np.uint8), 12, 20, background=(250, 200, 20))
    write(tiff, mosaic, tmp_path / "a.tif", compression="jpeg")
    with Image.open(tmp_path / "a.tif") as image:
        assert image.mode in ("RGB", "YCbCr")
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert np.abs(pixels - np.asarray(mosaic)).max() < 6


def test_levels_of_a_large_mosaic_with_empty_cells_are_transparent_too(rng, tmp_path, monkeypatch):
    monkeypatch.setattr(tiff, "_PLENTY", 1)
    mosaic, path = holed(rng, np.full((3, 16, 16, 3), 90, np.uint8), 40, 60), tmp_path / "a.tif"
    write(tiff, mosaic, path)
    with TiffFile(path) as file:
        assert [page.compression.name for page in file.pages] == ["ADOBE_DEFLATE"] * len(file.pages)
        assert {page.samplesperpixel for page in file.pages} == {4}
