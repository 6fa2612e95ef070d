from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from helpers import holed, laid, placed, write
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facemo import machine
from facemo.drawing.draw import Layout
from facemo.drawing.variants import Variants
from facemo.errors import InputError
from facemo.writers import bands, png


def chunks(data):
    """The chunks of a PNG as (kind, content), their checksums checked."""
    at = 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        assert data[at + 8 + length : at + 12 + length] == struct.pack(
            ">I", zlib.crc32(kind + content)
        )
        yield kind, content
        at += 12 + length


def check(mosaic, path):
    write(png, mosaic, path)
    data = path.read_bytes()
    stream = b"".join(content for kind, content in chunks(data) if kind == b"IDAT")
    # zlib checks the Adler-32 that was combined from the bands'.
    assert len(zlib.decompress(stream)) == mosaic.shape[0] * (3 * mosaic.shape[1] + 1)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(image), mosaic)
    return data


@given(
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    grid=st.tuples(st.integers(1, 5), st.integers(1, 12)),
    count=st.integers(1, 6),
    most=st.sampled_from([0, 3, 255]),
    mirrored=st.sampled_from([0.0, 0.5]),
    tint=st.sampled_from([0.0, 0.6]),
    seed=st.integers(0, 2**32),
)
def test_any_mosaic_is_read_back_exactly(
    tmp_path_factory, size, grid, count, most, mirrored, tint, seed
):
    rng = np.random.default_rng(seed)
    tiles = rng.integers(0, most + 1, (count, *size, 3)).astype(np.uint8)
    index = rng.integers(0, count, grid)
    colors = rng.integers(0, 256, (*grid, 3), dtype=np.uint8)
    mosaic = placed(tiles, index, colors, rng.random(grid) < mirrored, tint, palette=8)
    check(mosaic, tmp_path_factory.mktemp("png") / "a.png")


def test_tiles_wider_than_a_copy_are_read_back_exactly(rng, tmp_path):
    tiles = rng.integers(0, 256, (2, 3, 200, 3), dtype=np.uint8)
    check(laid(rng, tiles, 3, 9), tmp_path / "a.png")


def test_a_tinted_mosaic_is_read_back_exactly(rng, tmp_path):
    tiles = rng.integers(0, 256, (5, 7, 6, 3), dtype=np.uint8)
    check(laid(rng, tiles, 9, 11, tint=0.7), tmp_path / "a.png")


def test_recoloured_tiles_that_repeat_are_joined_and_read_back_exactly(
    rng, lay, tmp_path, monkeypatch
):
    monkeypatch.delattr(png, "_drawn")
    tiles = rng.integers(0, 256, (5, 7, 6, 3), dtype=np.uint8)
    check(lay("shared", tiles, 9, 11), tmp_path / "a.png")


def test_bands_end_anywhere_and_change_nothing(rng, lay, tmp_path, monkeypatch):
    tiles = rng.integers(0, 256, (5, 7, 6, 3), dtype=np.uint8)
    for kind in ("plain", "recoloured", "shared"):
        mosaic = lay(kind, tiles, 9, 11)
        monkeypatch.setattr(bands, "_BAND_BYTES", 4 * mosaic.shape[1] * 3)
        data = check(mosaic, tmp_path / "a.png")
        assert sum(kind == b"IDAT" for kind, _ in chunks(data)) > 9 * 7 / 4


@pytest.mark.parametrize("kind", ["plain", "recoloured", "shared"])
def test_the_bytes_do_not_depend_on_the_number_of_processors(rng, lay, tmp_path, monkeypatch, kind):
    tiles = rng.integers(0, 256, (9, 8, 8, 3), dtype=np.uint8)
    mosaic = lay(kind, tiles, 30, 30)
    monkeypatch.setattr(bands, "_BAND_BYTES", 10_000)
    files = []
    for count in (1, 3):
        monkeypatch.setattr(machine, "processors", lambda count=count: count)
        files.append(check(mosaic, tmp_path / "a.png"))
    assert files[0] == files[1]


def test_what_is_not_kept_between_counting_and_coding_is_made_again(
    rng, lay, tmp_path, monkeypatch
):
    mosaic = lay("shared", rng.integers(0, 256, (5, 7, 6, 3), dtype=np.uint8), 9, 11)
    kept = check(mosaic, tmp_path / "a.png")
    monkeypatch.setattr(png, "_KEPT_BYTES", 0)
    assert check(mosaic, tmp_path / "a.png") == kept


def test_a_tile_that_repeats_nearby_costs_a_reference(rng, tmp_path):
    tiles = rng.integers(0, 256, (4, 64, 64, 3), dtype=np.uint8)
    data = check(laid(rng, tiles, 4, 100), tmp_path / "a.png")
    assert len(data) < 4 * 100 * 64 * 64 * 3 / 10


def test_a_recoloured_tile_that_repeats_nearby_costs_a_reference_too(rng, lay, tmp_path):
    mosaic = lay("shared", rng.integers(0, 256, (2, 64, 64, 3), dtype=np.uint8), 4, 100)
    assert len(check(mosaic, tmp_path / "a.png")) < mosaic.nbytes / 10


def test_the_print_resolution_is_noted(rng, tmp_path):
    mosaic = laid(rng, rng.integers(0, 256, (2, 4, 4, 3), dtype=np.uint8), 3, 3)
    write(png, mosaic, tmp_path / "a.png", dpi=150)
    with Image.open(tmp_path / "a.png") as image:
        assert image.info["dpi"] == pytest.approx((150, 150), abs=0.02)


@pytest.mark.parametrize("tint", [0.0, 0.6])
@pytest.mark.parametrize("count", [3, 200])
def test_empty_cells_are_transparent_and_nothing_else_is(rng, tmp_path, count, tint):
    """Joined and drawn, over a background that photos have, too."""
    tiles = rng.integers(250, 256, (count, 8, 6, 3), dtype=np.uint8)
    mosaic = holed(rng, tiles, 12, 20, tint=tint, empty=0.2)
    assert (mosaic.layout.uses >= 2) == (count == 3 and tint == 0)
    write(png, mosaic, tmp_path / "a.png")
    kinds = [kind for kind, _ in chunks((tmp_path / "a.png").read_bytes())]
    assert kinds.index(b"tRNS") < kinds.index(b"IDAT")
    with Image.open(tmp_path / "a.png") as image:
        assert image.mode == "RGB"
        pixels = np.asarray(image.convert("RGBA"))
    shown = np.kron(mosaic.filled, np.ones((8, 6), bool))
    np.testing.assert_array_equal(pixels[..., 3], 255 * shown)
    np.testing.assert_array_equal(pixels[shown][:, :3], np.asarray(mosaic)[shown])
    assert len(np.unique(pixels[~shown], axis=0)) == 1
    assert np.abs(pixels[~shown][0, :3].astype(int) - 255).max() <= 6


def layout_of(colors, background):
    """A row of tiles of one pixel each, and an empty cell."""
    tiles = np.asarray(colors, np.uint8).reshape(-1, 1, 1, 3)
    tile = np.append(np.arange(len(tiles), dtype=np.int32), np.int32(-1))
    cells = np.arange(len(tile), dtype=np.int32)[np.newaxis]
    return Layout(tiles, Variants(tile), cells, background)


@pytest.mark.parametrize(
    ("colors", "background", "expected"),
    [
        ([(0, 0, 0)], (255, 255, 255), (255, 255, 255)),
        ([(255, 255, 255)], (255, 255, 255), (254, 255, 255)),
        (
            [(9, 9, 9), (8, 9, 9), (9, 8, 9), (9, 9, 8), (10, 9, 9), (9, 10, 9)],
            (9,) * 3,
            (9, 9, 10),
        ),
        (np.stack(np.meshgrid(*[range(60)] * 3), axis=-1), (0, 0, 0), (60, 0, 0)),
    ],
)
def test_what_is_transparent_has_the_nearest_colour_that_no_photo_has(colors, background, expected):
    found = png.unused_color(layout_of(colors, background))
    far = [sum((a - b) ** 2 for a, b in zip(c, background, strict=True)) for c in (found, expected)]
    assert far[0] == far[1]
    assert found not in {tuple(color) for color in np.reshape(colors, (-1, 3)).tolist()}


def test_a_mosaic_of_all_colours_cannot_be_transparent():
    everything = np.arange(1 << 24, dtype=np.uint32)
    channels = [(everything >> shift).astype(np.uint8) for shift in (16, 8, 0)]
    tile = np.stack(channels, axis=1).reshape(1, 4096, 4096, 3)
    plan = Layout(tile, Variants(np.int32([0, -1])), np.int32([[0, 1]]))
    with pytest.raises(InputError, match=r"all colours .* write .webp or .tif"):
        png.unused_color(plan)
    tile[0, 4095, 4095] = 0
    assert png.unused_color(plan) == (255, 255, 255)
