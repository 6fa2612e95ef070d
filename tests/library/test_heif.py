"""HEIC pictures, as phones save them."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from helpers import arrow
from PIL import Image

import facemo
from facemo.errors import InputError
from facemo.library import crop, heif
from facemo.library.formats import opened
from facemo.library.limits import PictureError
from facemo.library.picture import read_picture
from facemo.library.profiles import profile_of

pillow_heif = pytest.importorskip("pillow_heif", reason="it comes with facemo[heic]")
LOSSLESS = {"quality": -1, "chroma": 444}
P3 = {"color_primaries": 12, "transfer_characteristics": 13}
MATRIX = {"matrix_coefficients": 6, "full_range_flag": 1}


@pytest.fixture
def save(tmp_path):
    """A function that saves a picture as HEIC, and says where."""

    def save(image, exif=None, thumbnails=(), name="x.heic", xmp=None, **options):
        container = pillow_heif.from_pillow(image)
        container[0].info["xmp"] = xmp
        container[0].info["thumbnails"] = list(thumbnails)
        if exif is not None:
            container[0].info["exif"] = exif.tobytes()
        container.save(tmp_path / name, **{**LOSSLESS, **options})
        return tmp_path / name

    return save


def near(pixels, expected, within=3):
    assert np.abs(pixels.astype(int) - np.asarray(expected, int)).max() <= within


def test_a_picture_is_read(save):
    near(read_picture(save(arrow())), arrow())


def test_it_is_a_target_too(save):
    near(facemo.read_image(save(arrow())), arrow())
    assert heif.decoders._idle == []


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_is_turned_once(save, orientation):
    inverse = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    turn = inverse.get(orientation) or crop._UPRIGHT.get(orientation)
    stored = arrow() if turn is None else arrow().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = save(stored, exif)
    assert any(box in path.read_bytes() for box in (b"irot", b"imir")) == (orientation > 1)
    near(read_picture(path), arrow())


def test_exif_data_come_with_the_header(save):
    exif = Image.Exif()
    exif[0x0132] = "2026:05:04 03:02:01"
    with opened(save(arrow(), exif)) as (_, image):
        assert image.getexif()[0x0132] == "2026:05:04 03:02:01"
        assert image.size == (40, 60)


def test_a_rating_in_xmp_comes_with_the_header(save):
    path = save(arrow(), xmp=b'<x xmp:Rating="4"/>')
    tiles = facemo.load_tiles(path, size=8, cache=False, min_rating=4)
    assert tiles.names == ("x.heic",)


def test_wide_colours_become_srgb(save):
    wide = Image.new("RGB", (64, 64), (200, 100, 50))
    near(read_picture(save(wide, **P3, **MATRIX)), [[[215, 93, 31]]])


def test_wide_colours_by_a_profile_become_srgb(save):
    wide = Image.new("RGB", (64, 64), (200, 100, 50))
    wide.info["icc_profile"] = profile_of(12)
    near(read_picture(save(wide)), [[[215, 93, 31]]])


def test_ten_bits_become_eight(tmp_path):
    values = np.broadcast_to(np.array([200, 100, 50], np.uint16) * 257, (64, 64, 3)).copy()
    deep = pillow_heif.from_bytes("RGB;16", (64, 64), values.tobytes())
    deep.save(tmp_path / "x", **LOSSLESS)
    assert pillow_heif.open_heif(tmp_path / "x").info["bit_depth"] == 10
    near(read_picture(tmp_path / "x"), [[[200, 100, 50]]])


def test_what_is_transparent_shows_the_background(save):
    clear = Image.new("RGBA", (64, 64), (200, 100, 50, 0))
    near(read_picture(save(clear), background=(1, 2, 3)), [[[1, 2, 3]]])
    assert read_picture(save(clear), background=None).shape == (64, 64, 4)


def test_the_primary_picture_is_the_one(tmp_path):
    several = pillow_heif.from_pillow(Image.new("RGB", (64, 64), "red"))
    several.add_from_pillow(arrow())
    several.save(tmp_path / "x", primary_index=1, **LOSSLESS)
    near(read_picture(tmp_path / "x"), arrow())


def test_a_small_tile_is_made_of_the_thumbnail(save):
    path = save(arrow(480, 320), thumbnails=[120])
    with opened(path) as (_, image):
        image.draft(None, (60, 60))
        image.load()
        assert image.size == (80, 120)
    near(read_picture(path, (30, 20)), read_picture(save(arrow(480, 320)), (30, 20)), 6)


def test_a_large_tile_is_not(save):
    with opened(save(arrow(480, 320), thumbnails=[120])) as (_, image):
        image.draft(None, (100, 100))
        image.load()
        assert image.size == (320, 480)


@pytest.mark.parametrize("claimed", [(60_000, 60_000), (7900, 7900)])
def test_a_small_file_cannot_claim_many_pixels(save, claimed):
    path = save(arrow())
    content = bytearray(path.read_bytes())
    at = content.index(b"ispe") + 8
    content[at : at + 8] = struct.pack(">II", *claimed)
    path.write_bytes(bytes(content))
    with pytest.raises(PictureError, match=r"megapixels|damaged"):
        read_picture(path, (8, 8))


def test_half_a_file_is_truncated(save):
    path = save(arrow())
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(PictureError, match="truncated"):
        read_picture(path)


def test_without_the_extra_the_reason_names_it(save, monkeypatch):
    monkeypatch.setattr(heif, "find_spec", lambda name: None)
    path = save(arrow())
    with pytest.raises(PictureError, match=r'HEIC picture: pip install "facemo\[heic\]"') as caught:
        read_picture(path)
    assert not caught.value.lasting
    with pytest.raises(InputError, match="facemo"):
        facemo.read_image(path)


def test_a_phones_folder_gives_its_photos_and_counts_its_videos(save, tmp_path):
    for number, color in enumerate(["red", "green", "blue"]):
        save(Image.new("RGB", (64, 48), color), name=f"IMG_{number}.HEIC")
        (tmp_path / f"IMG_{number}.MOV").write_bytes(b"\0\0\0\x14ftypqt  " + bytes(50))
    tiles = facemo.load_tiles(tmp_path, size=8, cache=False)
    assert tiles.names == ("IMG_0.HEIC", "IMG_1.HEIC", "IMG_2.HEIC")
    assert [each.reason for each in tiles.rejected] == ["a video"] * 3


def test_a_burst_becomes_one_tile(save, rng):
    scene = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    for number in range(3):
        image = Image.fromarray(scene).resize((64, 48), Image.Resampling.BICUBIC)
        noisy = np.clip(np.asarray(image) + rng.integers(-2, 3, (48, 64, 3)), 0, 255)
        path = save(Image.fromarray(noisy.astype(np.uint8)), name=f"IMG_{number}.HEIC")
    other = Image.fromarray(scene[::-1].copy()).resize((64, 48))
    save(other, name="IMG_9.HEIC")
    tiles = facemo.load_tiles(path.parent, size=32, cache=False, duplicates="near")
    assert tiles.names == ("IMG_0.HEIC", "IMG_9.HEIC")
    assert len(tiles.merged) == 2
