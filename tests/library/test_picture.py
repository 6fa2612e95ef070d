"""One picture file, of each kind that users have and each way that it can be broken."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import warnings
import zlib

import numpy as np
import pytest
from helpers import arrow, encoded, noise
from PIL import Image, ImageCms, ImageFile

from facemo.errors import InputError
from facemo.kinds import parse_color
from facemo.library import crop
from facemo.library import picture as pictures
from facemo.library.limits import PictureError
from facemo.library.picture import read_picture
from facemo.options import Loading

LOSSLESS = {"PNG": {}, "TIFF": {}, "BMP": {}, "GIF": {}, "WEBP": {"lossless": True}}
FORMATS = {
    **LOSSLESS,
    "JPEG": {"quality": 95},
    "AVIF": {"quality": 95},
    "PPM": {},
    "JPEG2000": {},
}
COLOR = (40, 80, 120)


@pytest.fixture(params=FORMATS)
def format_name(request):
    if request.param not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {request.param}")
    return request.param


def write(path, content):
    path.write_bytes(content)
    return path


def test_every_format_is_read_whatever_its_file_is_called(format_name, tmp_path):
    image = Image.new("RGB", (30, 20), COLOR)
    path = write(tmp_path / "x.txt", encoded(image, format_name, **FORMATS[format_name]))
    pixels = read_picture(path)
    assert pixels.shape == (20, 30, 3)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - COLOR).max() <= 3


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF"])
def test_a_picture_is_turned_as_its_orientation_says(tmp_path, format_name, orientation):
    if format_name not in Image.SAVE:
        pytest.skip(f"this Pillow writes no {format_name}")
    inverse = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    turn = inverse.get(orientation) or crop._UPRIGHT.get(orientation)
    stored = arrow() if turn is None else arrow().transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {**FORMATS[format_name], "exif": exif}
    path = write(tmp_path / "turned", encoded(stored, format_name, **options))
    upright = np.asarray(arrow()).astype(int)
    pixels = read_picture(path)
    assert pixels.shape == upright.shape
    assert np.abs(pixels - upright)[5:25, 5:15].max() <= 12
    assert np.abs(pixels - upright)[35:55, 25:35].max() <= 12


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_damaged_exif_data_does_not_cost_the_picture(tmp_path):
    content = encoded(arrow(), "JPEG", exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    assert read_picture(write(tmp_path / "a.jpg", content)).shape == (60, 40, 3)


@pytest.mark.parametrize("number", [0, 9, 77, 65535])
@pytest.mark.parametrize("size", [None, (20, 40)])
def test_an_orientation_that_there_is_not_turns_nothing(tmp_path, number, size):
    exif = Image.Exif()
    exif[0x0112] = number
    odd = write(tmp_path / "odd", encoded(arrow(), "JPEG", exif=exif))
    plain = write(tmp_path / "plain", encoded(arrow(), "JPEG"))
    np.testing.assert_array_equal(read_picture(odd, size), read_picture(plain, size))


def test_what_goes_wrong_once_a_picture_is_decoded_is_not_kept_against_it(tmp_path, monkeypatch):
    path = write(tmp_path / "x", encoded(arrow(), "PNG"))
    monkeypatch.setattr(pictures, "as_srgb", lambda *_: 1 / 0)
    with pytest.raises(PictureError) as caught:
        read_picture(path)
    assert not caught.value.lasting


def profile_with_red_and_green_swapped():
    """An RGB profile made from Pillow's sRGB one: the red and green primaries change places."""
    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for tag, other in ((b"rXYZ", b"@@@@"), (b"gXYZ", b"rXYZ"), (b"@@@@", b"gXYZ")):
        at = content.index(tag, 128)
        content[at : at + 4] = other
    at = content.index("sRGB built-in".encode("utf-16-be"))
    content[at : at + 2] = "x".encode("utf-16-be")
    return bytes(content)


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_an_embedded_profile_is_converted_to_srgb(tmp_path, format_name):
    image = Image.new("RGB", (8, 8), (220, 30, 90))
    options = {**FORMATS[format_name], "icc_profile": profile_with_red_and_green_swapped()}
    pixels = read_picture(write(tmp_path / "x", encoded(image, format_name, **options)))
    assert np.abs(pixels.astype(int) - (30, 220, 90)).max() <= 6


def test_an_srgb_profile_changes_no_pixel(tmp_path, rng):
    image = noise(rng, 9, 9)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    path = write(tmp_path / "x", encoded(image, "PNG", icc_profile=srgb))
    np.testing.assert_array_equal(read_picture(path), image)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("profile", [b"rubbish", profile_with_red_and_green_swapped()[:200]])
def test_a_damaged_profile_is_ignored(tmp_path, mode, profile):
    image = Image.new(mode, (4, 4), 0)
    path = write(tmp_path / "x", encoded(image, "PNG", icc_profile=profile))
    assert read_picture(path).max() == 0


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("L", (4, 4), 77), (77, 77, 77)),
        (Image.new("1", (4, 4), 1), (255, 255, 255)),
        (Image.new("RGB", (4, 4), COLOR).quantize(4), COLOR),
        (Image.new("LA", (4, 4), (10, 0)), (255, 255, 255)),
        (Image.new("RGBA", (4, 4), (*COLOR, 255)), COLOR),
        (Image.new("RGBA", (4, 4), (0, 0, 0, 51)), (204, 204, 204)),
        (Image.fromarray(np.full((4, 4), 257 * 90, np.uint16)), (90, 90, 90)),
    ],
)
def test_every_mode_becomes_rgb(save_picture, image, expected):
    assert np.all(read_picture(save_picture(image, "x.png")) == expected)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.full((4, 4), 257 * 90, np.uint16), 90),
        (np.full((4, 4), 2**30, np.int32), 128),
        (np.full((4, 4), 0.2, np.float32), 51),
        (np.full((4, 4), 51.0, np.float32), 51),
        (np.full((4, 4), 257 * 51.0, np.float32), 51),
    ],
)
def test_deep_greys_are_scaled_and_not_clipped(save_picture, array, expected):
    assert np.all(read_picture(save_picture(Image.fromarray(array), "x.tif")) == expected)


@pytest.mark.parametrize("value", [-1.0, np.nan, 1e9])
def test_floats_of_no_known_range_are_refused(save_picture, value):
    path = save_picture(Image.fromarray(np.full((4, 4), value, np.float32)), "x.tif")
    with pytest.raises(PictureError, match="no known range of greys"):
        read_picture(path)


@pytest.mark.parametrize("format_name", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(tmp_path, format_name):
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))
    pixels = read_picture(write(tmp_path / "x", encoded(image, format_name)))
    assert np.abs(pixels.astype(int) - (255, 0, 0)).max() <= 4


def test_a_transparent_palette_is_laid_over_the_background(tmp_path):
    image = Image.new("P", (4, 4), 0)
    image.putpalette([9, 9, 9])
    path = write(tmp_path / "x", encoded(image, "GIF", transparency=0))
    assert np.all(read_picture(path, background=(1, 2, 3)) == (1, 2, 3))


@pytest.mark.parametrize("format_name", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_of_a_moving_picture_is_read(tmp_path, format_name):
    frames = [Image.new("RGB", (8, 8), color) for color in ("white", "black")]
    content = encoded(frames[0], format_name, save_all=True, append_images=frames[1:])
    assert read_picture(write(tmp_path / "x", content)).min() >= 250


@pytest.mark.parametrize("size", [(10, 10), (10, 20), (20, 10), (37, 3)])
def test_a_tile_is_cropped_at_the_centre_and_never_squashed(save_picture, size):
    image = Image.new("RGB", (300, 100), "red")
    image.paste("blue", (100, 0, 200, 100))
    whole_height = size[1] <= size[0]
    pixels = read_picture(save_picture(image, "x.png"), size)
    assert pixels.shape == (*size, 3)
    assert np.all(pixels[:, size[1] // 2] == (0, 0, 255))
    assert np.all(pixels[:, 0] == (0, 0, 255)) == whole_height


def test_shrinking_averages_areas(save_picture):
    checks = np.indices((256, 256)).sum(axis=0) % 2 * 255
    path = save_picture(Image.fromarray(checks.astype(np.uint8)), "x.png")
    assert np.abs(read_picture(path, (16, 16)).astype(int) - 127.5).max() <= 2


def test_a_small_picture_is_enlarged(save_picture):
    assert read_picture(save_picture(Image.new("RGB", (2, 3)), "x.png"), (64, 64)).shape[0] == 64


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "LA", "CMYK", "I;16", "F", "1"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_taken_in_strips_is_the_one_taken_whole(
    save_picture, rng, monkeypatch, mode, orientation
):
    image = noise(rng, 90, 70)
    image = image.quantize(16) if mode == "P" else image.convert(mode.replace("I;16", "I"))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    if mode == "F":
        image = Image.fromarray(np.asarray(image) / np.float32(255))
    path = save_picture(image, "x.tif", tiffinfo={0x0112: orientation})
    whole = [read_picture(path), read_picture(path, (7, 5)), read_picture(path, (60, 60))]
    monkeypatch.setattr(crop, "_STRIP", 300)
    strips = [read_picture(path), read_picture(path, (7, 5)), read_picture(path, (60, 60))]
    for one, other in zip(whole, strips, strict=True):
        np.testing.assert_array_equal(one, other)
    assert whole[0].shape == ((70, 90, 3) if orientation >= 5 else (90, 70, 3))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_cropped_and_shrunk_as_if_it_had_been_stored_so(
    save_picture, rng, mode, orientation
):
    image = noise(rng, 90, 70).convert(mode)
    turn = crop._UPRIGHT.get(orientation)
    upright = save_picture(image if turn is None else image.transpose(turn), "upright.tif")
    turned = save_picture(image, "x.tif", tiffinfo={0x0112: orientation})
    for size in (None, (7, 5), (60, 60)):
        np.testing.assert_array_equal(read_picture(turned, size), read_picture(upright, size))


def test_a_large_jpeg_is_decoded_reduced(save_picture, monkeypatch):
    path = save_picture(Image.new("RGB", (4000, 3000), COLOR), "x.jpg")
    decoded = []
    orientation = pictures.orientation
    monkeypatch.setattr(
        pictures, "orientation", lambda image: (decoded.append(image.size), orientation(image))[1]
    )
    assert np.abs(read_picture(path, (64, 64)).astype(int) - COLOR).max() <= 2
    assert decoded == [(500, 375)]


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_a_truncated_picture_is_refused(format_name, tmp_path, rng, keep):
    content = encoded(noise(rng, 64, 64), format_name)
    path = write(tmp_path / "x", content[: int(len(content) * keep)])
    with pytest.raises(PictureError) as caught:
        read_picture(path, (16, 16))
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of TIFF tags
def test_flipped_bits_raise_nothing_but_a_reason(format_name, tmp_path, rng):
    content = encoded(noise(rng, 16, 16), format_name)
    for _ in range(60):
        damaged = bytearray(content)
        for at in rng.integers(len(damaged), size=3):
            damaged[at] ^= 1 << rng.integers(8)
        with contextlib.suppress(PictureError):
            pixels = read_picture(write(tmp_path / "x", bytes(damaged)), (8, 8))
            assert pixels.shape == (8, 8, 3)


def bomb(width, height):
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def jpeg_claiming(width, height, **options):
    content = bytearray(encoded(Image.new("L", (8, 8)), "JPEG", **options))
    at = content.index(b"\xff\xc2" if options else b"\xff\xc0")
    content[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bomb(9000, 9000), "over the limit of 64 megapixels"),
        (bomb(2**31 - 1, 2**31 - 1), "over the limit of 64 megapixels"),
        (jpeg_claiming(9000, 9000, progressive=True), "over the limit of 64 megapixels"),
        (jpeg_claiming(17000, 17000), "over the limit of 256 megapixels"),
        (b"", "empty file"),
        (b"text", "not a picture"),
        (b"\xff\n" + bytes(50), "JPEG XL picture, which is not read: export it as JPEG"),
        (b"\x00\x00\x00\x18ftypcrx " + bytes(50), "Canon CR3 picture, which is not read"),
        (b"\x00\x00\x00\x14ftypqt  " + bytes(50), "a video"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(50), "a video"),
        (b"\x00\x00\x00\x08wide" + bytes(50), "a video"),
        (b"\x1aE\xdf\xa3" + bytes(50), "a video"),
        (b"RIFF\x60\0\0\0AVI LIST" + bytes(50), "a video"),
        (b"\x00\x00\x00\x18ftypM4A " + bytes(50), "not a picture"),
        (b"P3 1 1 255 9 9 9", "a kind of PPM that cannot be read here"),
        (b"P6 1 1 99 abc", "a kind of PPM that cannot be read here"),
        (b"Post: a text", "not a picture"),
        (b"BM and then some text", "truncated"),
        (encoded(arrow(), "PNG")[:60], "truncated"),
    ],
)
def test_what_cannot_be_used_has_a_reason(tmp_path, content, reason):
    with pytest.raises(PictureError, match=reason):
        read_picture(write(tmp_path / "x", content), (8, 8))


def test_a_baseline_jpeg_may_have_256_megapixels(tmp_path):
    path = write(tmp_path / "x", jpeg_claiming(15000, 15000))
    assert read_picture(path, (8, 8)).shape == (8, 8, 3)


def test_a_picture_may_take_more_memory_if_its_file_has_the_bytes_for_it(tmp_path):
    content = bomb(7900, 7900)
    with pytest.raises(PictureError, match="over the limit of 56 megapixels in so few bytes"):
        read_picture(write(tmp_path / "x", content), (8, 8))
    filled = content[:33] + chunk(b"abCd", bytes(range(1, 251)) * 5000) + content[33:]
    with pytest.raises(PictureError, match="truncated"):
        read_picture(write(tmp_path / "x", filled), (8, 8))


def test_a_giant_file_is_not_read(tmp_path):
    with open(tmp_path / "x.png", "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(1 << 36)
    with pytest.raises(PictureError, match=r"over the limit of 1\.1 GB"):
        read_picture(tmp_path / "x.png")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_sockets_devices_and_folders_are_never_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "socket"))
        for path in (tmp_path / "pipe", tmp_path / "device", tmp_path / "socket"):
            with pytest.raises(PictureError, match="not a regular file"):
                read_picture(path)


def test_a_folder_is_no_picture(tmp_path):
    with pytest.raises(PictureError, match="a folder, not a file"):
        read_picture(tmp_path)


def test_a_broken_link_has_a_reason(tmp_path):
    (tmp_path / "x").symlink_to(tmp_path / "nowhere")
    with pytest.raises(PictureError, match="no such file"):
        read_picture(tmp_path / "x")


def test_pillows_globals_are_left_alone_and_nothing_is_warned_of(tmp_path):
    before = (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)
    path = write(tmp_path / "x", jpeg_claiming(15000, 15000))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_picture(path, (8, 8))
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


@pytest.mark.parametrize(
    ("given", "color"), [("white", (255, 255, 255)), ("#102030", (16, 32, 48)), ((1, 2, 3),) * 2]
)
def test_a_background_is_a_name_or_three_numbers(given, color):
    assert parse_color(given) == color


@pytest.mark.parametrize("given", ["no colour", (1, 2), (0, 0, 256), 7, None])
def test_any_other_background_is_refused(given):
    with pytest.raises(InputError, match="background must be a colour name or three numbers"):
        parse_color(Loading(background=given).background)


def test_a_profile_meant_for_another_mode_is_ignored(tmp_path):
    image = Image.new("LA", (4, 4), (128, 255))
    content = encoded(image, "PNG", icc_profile=profile_with_red_and_green_swapped())
    assert np.all(read_picture(write(tmp_path / "x", content)) == 128)


def test_deep_greys_that_count_from_white_are_turned_around(save_picture):
    image = Image.fromarray(np.full((4, 4), 257 * 55, np.uint16))
    path = save_picture(image, "x.tif", tiffinfo={262: 0})
    assert np.all(read_picture(path) == 200)


def test_an_avif_in_a_general_container_is_read(tmp_path):
    if "AVIF" not in Image.SAVE:
        pytest.skip("this Pillow writes no AVIF")
    content = bytearray(encoded(Image.new("RGB", (8, 8), COLOR), "AVIF"))
    content[8:12] = b"mif1"
    assert read_picture(write(tmp_path / "x", bytes(content))).shape == (8, 8, 3)


def test_signed_and_long_greys_have_their_own_range(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    for dtype, top in ((np.int16, 2**15 - 1), (np.int32, 2**31 - 1), (np.uint32, 2**32 - 1)):
        tifffile.imwrite(tmp_path / "x.tif", np.full((4, 4), top // 5, dtype))
        expected = 51 if top // 5 > 65535 or dtype == np.int16 else None
        assert np.all(read_picture(tmp_path / "x.tif") == expected)


def test_planes_of_sixteen_bits_are_set_aside_because_pillow_misreads_them(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    planes = np.zeros((3, 8, 8), np.uint16)
    tifffile.imwrite(tmp_path / "x.tif", planes, photometric="rgb", planarconfig="separate")
    with pytest.raises(PictureError, match="a kind of TIFF that cannot be read here"):
        read_picture(tmp_path / "x.tif")


def test_a_tiff_that_pillow_cannot_read_says_so(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    tifffile.imwrite(tmp_path / "x.tif", np.zeros((4, 4, 3), np.float32), photometric="rgb")
    with pytest.raises(PictureError, match="a kind of TIFF that cannot be read here"):
        read_picture(tmp_path / "x.tif")


def test_decoders_are_silent_until_the_last_block_ends():
    def warn():
        warnings.warn_explicit("odd", UserWarning, "x.py", 1, module="PIL.x")

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        first, second = pictures.silent_decoders(), pictures.silent_decoders()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        warn()
        assert heard == []
        second.__exit__(None, None, None)
        warn()
        assert len(heard) == 1


def many_scans(rng, count):
    """A progressive JPEG whose last scan, which refines nothing any more, is repeated."""
    data = encoded(noise(rng, 64, 64), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def test_a_progressive_jpeg_of_usual_scans_is_read(rng, tmp_path):
    (tmp_path / "a.jpg").write_bytes(many_scans(rng, 50))
    assert read_picture(tmp_path / "a.jpg", (8, 8)).shape == (8, 8, 3)


@pytest.mark.parametrize("count", [100, 5000])
def test_a_progressive_jpeg_of_hundreds_of_scans_is_refused(rng, tmp_path, count):
    (tmp_path / "a.jpg").write_bytes(many_scans(rng, count))
    with pytest.raises(PictureError, match="over the limit of 100 scans"):
        read_picture(tmp_path / "a.jpg", (8, 8))
