from __future__ import annotations

import errno
import os
from xml.etree import ElementTree

import numpy as np
import pytest
from helpers import holed, laid, placed, write
from PIL import Image

from facemo.drawing.pyramid import Pyramid
from facemo.options import Encoding
from facemo.writers import deepzoom
from facemo.writers.format import Order


@pytest.fixture
def mosaic(rng):
    """Twelve by seven cells of 64 pixels, in three flat colours."""
    flat = rng.integers(0, 256, (3, 1, 1, 3), dtype=np.uint8)
    return laid(rng, np.tile(flat, (1, 64, 64, 1)), 7, 12)


def put_together(path, level, side):
    """The picture of a level, as a viewer puts it together from its tiles."""
    folder = os.path.join(deepzoom.files_folder(str(path)), str(level))
    lines = []
    for row in range(10_000):
        tiles = []
        for col in range(10_000):
            name = os.path.join(folder, f"{col}_{row}.jpg")
            if not os.path.exists(name):
                break
            with Image.open(name) as image:
                tiles.append(np.asarray(image))
                assert image.size[0] <= side
        if not tiles:
            break
        lines.append(np.concatenate(tiles, axis=1))
    return np.concatenate(lines)


def check(mosaic, path, side):
    write(deepzoom, mosaic, path, quality=100)
    image = ElementTree.parse(path).getroot()
    size = image.find("{http://schemas.microsoft.com/deepzoom/2008}Size")
    assert (image.get("TileSize"), image.get("Overlap"), image.get("Format")) == (
        str(side),
        "0",
        "jpg",
    )
    assert (size.get("Height"), size.get("Width")) == tuple(map(str, mosaic.shape[:2]))
    levels = Pyramid(mosaic, 1)
    folder = deepzoom.files_folder(str(path))
    assert sorted(map(int, os.listdir(folder))) == list(range(len(levels)))
    for n in range(len(levels)):
        level = put_together(path, len(levels) - 1 - n, side)
        assert level.shape == levels.shape(n)
        assert np.abs(level.astype(int) - levels[n][:, :]).mean() < 2


def test_every_level_is_put_together_to_the_mosaic_shrunk(mosaic, tmp_path):
    check(mosaic, tmp_path / "a.dzi", 64)


@pytest.mark.parametrize(("size", "tint"), [((64, 64), 0.5), ((80, 64), 0.0), ((32, 32), 0.0)])
def test_what_cannot_be_shared_has_tiles_of_256_pixels(rng, tmp_path, size, tint):
    flat = rng.integers(0, 256, (3, 1, 1, 3), dtype=np.uint8)
    tiles = np.tile(flat, (1, *size, 1))
    check(laid(rng, tiles, 9, 12, tint=tint), tmp_path / "a.dzi", 256)


def test_a_tile_of_the_largest_level_is_one_file_with_many_names(mosaic, tmp_path):
    write(deepzoom, mosaic, tmp_path / "a.dzi")
    folder = tmp_path / "a_files" / str(len(Pyramid(mosaic, 1)) - 1)
    files = {os.stat(folder / name).st_ino for name in os.listdir(folder)}
    assert (len(files), len(os.listdir(folder))) == (3, 84)


@pytest.mark.parametrize("code", [errno.EPERM, errno.EMLINK, errno.ENOTSUP])
def test_without_links_every_tile_is_written(mosaic, tmp_path, monkeypatch, code):
    def refuse(*paths):
        raise OSError(code, "no")

    monkeypatch.setattr(os, "link", refuse)
    check(mosaic, tmp_path / "a.dzi", 64)


def test_an_old_one_is_replaced_and_nothing_of_it_left(rng, mosaic, tmp_path):
    write(deepzoom, mosaic, tmp_path / "a.dzi")
    small = laid(rng, np.zeros((1, 64, 64, 3), np.uint8), 1, 1)
    check(small, tmp_path / "a.dzi", 64)
    assert sorted(os.listdir(tmp_path)) == ["a.dzi", "a_files"]


def test_a_recoloured_tile_is_one_file_with_many_names_too(rng, lay, tmp_path):
    flat = rng.integers(0, 256, (3, 1, 1, 3), dtype=np.uint8)
    mosaic = lay("shared", np.tile(flat, (1, 64, 64, 1)), 7, 12)
    check(mosaic, tmp_path / "a.dzi", 64)
    folder = tmp_path / "a_files" / str(len(Pyramid(mosaic, 1)) - 1)
    names = {}
    for name in os.listdir(folder):
        names.setdefault(os.stat(folder / name).st_ino, set()).add(name)
    cells = [np.argwhere(mosaic.cells == n).tolist() for n in range(len(mosaic.variants))]
    wanted = [{f"{x}_{y}.jpg" for y, x in places} for places in cells]
    assert sorted(map(sorted, names.values())) == sorted(map(sorted, wanted))


@pytest.mark.parametrize(("tint", "palette"), [(0.0, None), (0.5, None), (0.5, 9)])
def test_the_number_of_files_is_known_before(mosaic, tmp_path, tint, palette):
    mosaic = placed(mosaic.tiles, mosaic.index, mosaic.colors, tint=tint, palette=palette)
    write(deepzoom, mosaic, tmp_path / "a.dzi")
    there = sum(len(files) for _, _, files in os.walk(tmp_path))
    grid, variants = mosaic.cells.shape, len(mosaic.variants)
    order = Order(grid, mosaic.tiles.size, 3, variants, Encoding())
    assert deepzoom.forecast(order).files == there


@pytest.mark.parametrize(("size", "side"), [((64, 64), 64), ((40, 30), 256)])
def test_tiles_of_nothing_but_empty_cells_are_not_written(rng, tmp_path, size, side):
    tiles = rng.integers(0, 256, (3, *size, 3), dtype=np.uint8)
    mosaic, path = holed(rng, tiles, 21, 34, empty=0.97, background="red"), tmp_path / "a.dzi"
    write(deepzoom, mosaic, path)
    levels = Pyramid(mosaic, 1)
    shown = np.kron(mosaic.filled, np.ones(size, bool))
    for n in range(len(levels)):
        folder = os.path.join(deepzoom.files_folder(str(path)), str(len(levels) - 1 - n))
        high, wide = levels.shape(n)[:2]
        for row, col in np.ndindex(-(-high // side), -(-wide // side)):
            name, reach = os.path.join(folder, f"{col}_{row}.jpg"), side << n
            part = shown[row * reach : (row + 1) * reach, col * reach : (col + 1) * reach]
            assert os.path.exists(name) == part.any()
            if part.any():
                with Image.open(name) as image:
                    pixels = np.asarray(image).astype(int)
                ys, xs = slice(row * side, (row + 1) * side), slice(col * side, (col + 1) * side)
                assert np.abs(pixels - levels[n][ys, xs]).mean() < 8
