from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from helpers import laid, write
from naive import assemble
from PIL import Image

from facemo import machine
from facemo.writers import bands, jpeg


def read(path):
    with Image.open(path) as image:
        return np.asarray(image)


def decoded_alone(tile, **options):
    buffer = BytesIO()
    Image.fromarray(tile).save(buffer, "JPEG", **options)
    return np.asarray(Image.open(buffer))


@pytest.mark.parametrize("size", [(8, 8), (16, 24), (40, 8)])
@pytest.mark.parametrize("quality", [50, 92, 100])
def test_it_decodes_to_its_tiles_decoded_one_by_one(rng, tmp_path, size, quality):
    tiles = rng.integers(0, 256, (7, *size, 3), dtype=np.uint8)
    mosaic = laid(rng, tiles, 9, 13, mirrored=0.3)
    write(jpeg, mosaic, tmp_path / "a.jpg", quality=quality)
    check_joined(mosaic, tmp_path / "a.jpg", quality=quality)


def check_joined(mosaic, path, **options):
    """Assert that a file decodes to its variants, each of which was encoded by itself."""
    made = mosaic.layout.made(slice(None))
    alone = np.array([decoded_alone(tile, subsampling=0, **options) for tile in made])
    np.testing.assert_array_equal(read(path), assemble(alone, mosaic.cells))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
def test_recoloured_tiles_that_repeat_are_joined_like_others(
    rng, lay, tmp_path, monkeypatch, subsampling
):
    mosaic = lay("shared", rng.integers(0, 256, (4, 16, 32, 3), dtype=np.uint8), 9, 13)
    monkeypatch.delattr(jpeg, "_drawn")
    write(jpeg, mosaic, tmp_path / "a.jpg", subsampling=subsampling)
    whole = decoded_alone(np.asarray(mosaic), quality=92, subsampling=subsampling)
    np.testing.assert_array_equal(read(tmp_path / "a.jpg"), whole)
    if subsampling == "4:4:4":
        check_joined(mosaic, tmp_path / "a.jpg", quality=92)


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:0"])
@pytest.mark.parametrize("size", [(16, 32), (13, 9)])
@pytest.mark.parametrize("tint", [0.0, 0.6])
def test_it_decodes_to_what_the_whole_picture_would(rng, tmp_path, size, subsampling, tint):
    tiles = rng.integers(0, 256, (3, *size, 3), dtype=np.uint8)
    mosaic = laid(rng, tiles, 5, 7, tint=tint)
    write(jpeg, mosaic, tmp_path / "a.jpg", subsampling=subsampling)
    whole = decoded_alone(np.asarray(mosaic), quality=92, subsampling=subsampling)
    np.testing.assert_array_equal(read(tmp_path / "a.jpg"), whole)


@pytest.mark.parametrize("kind", ["plain", "recoloured", "shared"])
def test_bands_and_pieces_change_no_byte(rng, lay, tmp_path, monkeypatch, kind):
    tiles = rng.integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    mosaic = lay(kind, tiles, 20, 7)
    files = []
    for nbytes, processors in ((1 << 22, 2), (1, 1), (20_000, 3)):
        monkeypatch.setattr(bands, "_BAND_BYTES", nbytes)
        monkeypatch.setattr(jpeg, "_PIECE_BYTES", nbytes)
        monkeypatch.setattr(machine, "processors", lambda count=processors: count)
        write(jpeg, mosaic, tmp_path / "a.jpg")
        files.append((tmp_path / "a.jpg").read_bytes())
    assert len(set(files)) == 1


def test_tiles_seen_once_are_drawn_and_decode_to_the_same(rng, tmp_path):
    tiles = rng.integers(0, 256, (64, 8, 8, 3), dtype=np.uint8)
    mosaic = laid(rng, tiles, 6, 6)
    assert mosaic.layout.uses < 2
    write(jpeg, mosaic, tmp_path / "a.jpg")
    whole = decoded_alone(np.asarray(mosaic), quality=92, subsampling=0)
    np.testing.assert_array_equal(read(tmp_path / "a.jpg"), whole)


def test_the_longest_side_that_fits_is_written(rng, tmp_path):
    mosaic = laid(rng, rng.integers(0, 256, (2, 1, 5, 3), dtype=np.uint8), 1, 13_100)
    write(jpeg, mosaic, tmp_path / "a.jpg")
    assert read(tmp_path / "a.jpg").shape == (1, jpeg.FORMAT.most_side, 3)


def test_the_print_resolution_is_noted(rng, tmp_path):
    mosaic = laid(rng, rng.integers(0, 256, (2, 8, 8, 3), dtype=np.uint8), 3, 3)
    write(jpeg, mosaic, tmp_path / "a.jpg", dpi=72)
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.info["dpi"] == (72, 72)
