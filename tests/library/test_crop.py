"""What of a picture becomes its tile."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from helpers import encoded, noise
from PIL import Image

from facemo.library import crop
from facemo.library.boxes import Faces
from facemo.library.crop import cover
from facemo.library.picture import read_picture

FACE = Path(__file__).parents[2] / "data" / "face.png"
GROUND = (90, 120, 150)


def scene(size, corner, side=120):
    """A picture of (width, height) on whose even ground a face stands, at (x, y) of its corner."""
    image = Image.new("RGB", size, GROUND)
    image.paste(Image.open(FACE).convert("RGB").resize((side, side)), corner)
    return image


def cropped(image, size, crop, path, format_name="PNG", **options):
    path.write_bytes(encoded(image, format_name, **options))
    return read_picture(path, size, crop=crop)


def area_of_face(tile, size):
    """How many pixels of the picture of (width, height) the face takes in its tile."""
    scale = min(size[0] / tile.shape[1], size[1] / tile.shape[0])
    return (np.abs(tile.astype(int) - GROUND).sum(2) > 30).sum() * scale**2


@pytest.mark.parametrize(
    ("size", "corner", "tile"),
    [
        ((400, 200), (0, 60), (64, 64)),
        ((400, 200), (270, 10), (64, 64)),
        ((200, 400), (40, 0), (64, 64)),
        ((200, 400), (60, 270), (64, 64)),
        ((300, 300), (0, 0), (64, 32)),
        ((300, 300), (180, 180), (32, 64)),
        ((1200, 200), (1060, 40), (48, 64)),
    ],
)
def test_a_face_stays_in_whatever_its_place_and_the_aspects(size, corner, tile, tmp_path):
    image = scene(size, corner)
    whole = area_of_face(np.asarray(image), size)
    faces, centre = (cropped(image, tile, crop, tmp_path / "x") for crop in ("faces", "centre"))
    assert area_of_face(faces, size) > 0.9 * whole
    assert area_of_face(centre, size) < 0.9 * whole


@pytest.mark.parametrize("crop", ["faces", "attention"])
@pytest.mark.parametrize("size", [(64, 64), (65, 64), (640, 641), (3, 3)])
def test_where_there_is_nothing_to_choose_pixels_are_those_of_the_centre(size, crop, tmp_path):
    image = noise(np.random.default_rng(0), *size)
    tiles = [cropped(image, (32, 32), each, tmp_path / "x") for each in ("centre", crop)]
    np.testing.assert_array_equal(*tiles)


@pytest.mark.parametrize("begin", [0.0, 0.1234, 0.5, 0.75])
def test_a_crop_may_begin_between_pixels(begin):
    ramp = np.repeat(np.arange(0, 200, dtype=np.uint8)[np.newaxis, :, np.newaxis], 50, 0)
    image = Image.fromarray(np.repeat(ramp, 3, 2))
    tile = cover(image, 1, lambda part: part, (50, 50), lambda *_: begin)
    middle = np.asarray(tile)[25, 5:45, 0].astype(float)
    np.testing.assert_allclose(middle, begin * 200 + np.arange(5, 45), atol=0.75)


def test_what_is_looked_at_is_the_red_of_the_whole_picture_upright_and_small():
    seen = []

    def place(show, size, axis, length):
        seen.append((show(True).mode, show(True).size, show(False).mode, size, axis, length))
        return 0.0

    for turn in (1, 6):
        cover(Image.new("RGB", (3000, 1000)), turn, lambda part: part, (64, 64), place)
    third = pytest.approx(1 / 3)
    assert seen == [
        ("L", (273, 91), "RGB", (3000, 1000), 1, third),
        ("L", (91, 273), "RGB", (1000, 3000), 0, third),
    ]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_face_stays_in_however_the_picture_is_stored(orientation, tmp_path):
    image = scene((400, 200), (270, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = cropped(image, (64, 64), "faces", tmp_path / "x")
    inverse = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    turn = inverse.get(orientation) or crop._UPRIGHT.get(orientation)
    stored = image if turn is None else image.transpose(turn)
    turned = cropped(stored, (64, 64), "faces", tmp_path / "x", exif=exif)
    np.testing.assert_array_equal(turned, upright)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "L", "P", "CMYK", "1"])
@pytest.mark.parametrize("crop", ["faces", "attention"])
def test_every_mode_is_cropped(mode, crop, tmp_path):
    image = scene((400, 200), (270, 10)).convert(mode)
    pixels = cropped(image, (48, 64), crop, tmp_path / "x", "TIFF")
    assert pixels.shape == (48, 64, 3)


def test_a_jpeg_is_cropped_as_it_is_decoded_small(tmp_path):
    image = scene((400, 200), (270, 10)).resize((4000, 2000))
    large = cropped(image, (64, 64), "faces", tmp_path / "x", "JPEG", quality=95).astype(int)
    small = cropped(image, (64, 64), "faces", tmp_path / "x").astype(int)
    assert np.abs(large - small).mean() < 3


@pytest.mark.parametrize("size", [(1, 1000), (1000, 1), (2, 1), (30_000, 8)])
def test_a_picture_may_be_as_thin_as_a_line(size, tmp_path):
    for each in ("faces", "attention"):
        assert cropped(Image.new("RGB", size), (64, 48), each, tmp_path / "x").shape == (64, 48, 3)


@pytest.mark.parametrize("tile", [8, 32, 64])
def test_faces_are_sought_in_the_same_pixels_for_small_tiles_of_any_size(tile, tmp_path):
    known = []
    for size in ((tile, tile), (64, 48)):
        faces = Faces()
        (tmp_path / "x").write_bytes(encoded(scene((1800, 1200), (540, 20), 640), "JPEG"))
        read_picture(tmp_path / "x", size, crop="faces", faces=faces)
        known.append(str(faces.new))
    assert known[0] == known[1]
    assert known[0].startswith("225x150:")


def test_a_picture_that_is_not_cropped_is_decoded_no_larger_for_faces(tmp_path):
    image = noise(np.random.default_rng(0), 400, 400)
    tiles = [cropped(image, (8, 8), each, tmp_path / "x", "JPEG") for each in ("faces", "centre")]
    np.testing.assert_array_equal(*tiles)
