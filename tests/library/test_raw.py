"""RAW files are shown as their camera shows them: by the JPEG inside."""

from __future__ import annotations

import contextlib
import struct

import numpy as np
import pytest
import raws
from helpers import arrow, encoded
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from facemo.library.facts import Facts
from facemo.library.limits import GuardedFile, PictureError
from facemo.library.picture import read_picture

JPEG = encoded(arrow(), "JPEG", quality=95)
KINDS = {
    "dng": raws.dng(JPEG),
    "big-endian": raws.dng(JPEG, order=">"),
    "nef": raws.nef(JPEG),
    "cr2": raws.cr2(JPEG),
    "raf": raws.raf(JPEG),
    "orf": raws.raw(JPEG, [{raws.JPEG: "start", raws.JPEG_SIZE: "size"}], magic=b"RO"),
}


@pytest.fixture
def read(tmp_path):
    """A function that reads a file of some content, as a tile if it has a size."""

    def read(content, size=None):
        (tmp_path / "x").write_bytes(content)
        return read_picture(tmp_path / "x", size)

    return read


@pytest.mark.parametrize("kind", KINDS)
def test_a_raw_is_its_jpeg(read, kind):
    np.testing.assert_array_equal(read(KINDS[kind]), read(JPEG))
    np.testing.assert_array_equal(read(KINDS[kind], (4, 4)), read(JPEG, (4, 4)))


@pytest.mark.parametrize(("orientation", "turn"), [(3, "ROTATE_180"), (6, "ROTATE_270")])
@pytest.mark.parametrize("make", [raws.dng, raws.nef, raws.cr2])
def test_it_is_turned_as_the_raw_says(read, make, orientation, turn):
    upright = Image.fromarray(read(JPEG)).transpose(Image.Transpose[turn])
    np.testing.assert_array_equal(read(make(JPEG, orientation)), np.asarray(upright))


@pytest.mark.parametrize("orientation", [0, 9, 255, 65535])
def test_a_turn_that_there_is_not_is_none(read, orientation):
    np.testing.assert_array_equal(read(raws.dng(JPEG, orientation)), read(JPEG))


def test_it_is_turned_as_the_jpeg_says_if_that_says_it(read):
    exif = Image.Exif()
    exif[0x0112] = 3
    turned = encoded(arrow(), "JPEG", quality=95, exif=exif)
    np.testing.assert_array_equal(read(raws.dng(turned, orientation=6)), read(turned))


def test_of_several_jpegs_the_largest_is_shown(read):
    small = encoded(arrow(12, 8), "JPEG")
    at = {"small": 8, "start": 8 + len(small)}
    previews = [
        {raws.JPEG: at["small"], raws.JPEG_SIZE: len(small)},
        {raws.JPEG: at["start"], raws.JPEG_SIZE: len(JPEG)},
    ]
    content = raws.raw(JPEG, [{raws.DNG_VERSION: 1}, *previews, raws.SENSOR], before=small)
    assert read(content).shape == (60, 40, 3)


@pytest.mark.parametrize("front", [b"\xff\xfe\0\2" * 200, b"\xff" * 9])
def test_much_may_stand_before_the_size_of_a_jpeg(read, front):
    jpeg = JPEG[:2] + front + JPEG[2:]
    np.testing.assert_array_equal(read(raws.dng(jpeg)), read(JPEG))


def test_the_sensors_values_are_no_preview(read):
    lossless = JPEG.replace(b"\xff\xc0", b"\xff\xc3")
    for directories in (
        [{raws.DNG_VERSION: 1}, {**raws.SENSOR, raws.STRIPS: "start", raws.STRIP_SIZES: "size"}],
        [{raws.DNG_VERSION: 1, raws.JPEG: "start", raws.JPEG_SIZE: "size"}],
    ):
        with pytest.raises(PictureError, match="RAW picture without a JPEG in it"):
            read(raws.raw(lossless, directories))


def test_an_ordinary_tiff_is_read_as_one(read):
    content = encoded(arrow(), "TIFF")
    np.testing.assert_array_equal(read(content), np.asarray(arrow()))


def test_a_preview_that_ends_early_is_truncated(read):
    content = KINDS["raf"]
    with pytest.raises(PictureError, match="truncated"):
        read(content[: len(content) - 200])


def test_a_part_of_a_file_is_like_a_file_of_its_own(tmp_path):
    (tmp_path / "x").write_bytes(b"0123456789")
    with GuardedFile(tmp_path / "x", (3, 4)) as file:
        assert (file.size, file.read(2), file.tell(), file.read(9), file.ended) == (
            *(4, b"34", 2),
            *(b"56", True),
        )
        assert (file.seek(-1, 2), file.read(9), file.seek(1), file.read()) == (3, b"6", 1, b"456")
    with GuardedFile(tmp_path / "x", (8, 100)) as file:
        assert (file.size, file.read()) == (2, b"89")
    with GuardedFile(tmp_path / "x", (50, 100)) as file:
        assert (file.size, file.read()) == (0, b"")


def read_with_facts(content):
    told = []
    read_picture(content, (4, 4), tell=told.append)
    return told[0]


@pytest.mark.parametrize("xmp", [b"", b'<x xmp:Rating="4"/>'])
def test_its_own_date_and_rating_are_read(xmp):
    content = raws.dated(JPEG, b"2019:07:01 12:00:00", 4, xmp)
    assert read_with_facts(content) == Facts("2019-07-01T12:00:00", 4)


def test_what_the_jpeg_says_of_them_comes_first():
    exif = Image.Exif()
    exif[0x4746] = 5
    content = raws.dated(encoded(arrow(), "JPEG", exif=exif), b"2019:07:01 12:00:00", 4)
    assert read_with_facts(content) == Facts("2019-07-01T12:00:00", 5)


def test_directories_that_follow_themselves_end(read):
    content = bytearray(KINDS["dng"])
    first = struct.unpack_from("<I", content, 4)[0]
    entries = struct.unpack_from("<H", content, first)[0]
    struct.pack_into("<I", content, first + 2 + 12 * entries, first)
    assert read(bytes(content)).shape == (60, 40, 3)


@settings(max_examples=300)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    edits=st.lists(
        st.tuples(st.integers(0, 3000), st.sampled_from([0, 1, 7, 0x80, 0xFF])), max_size=6
    ),
    end=st.integers(0, 3000),
)
def test_a_damaged_raw_gives_a_picture_or_a_reason(tmp_path_factory, kind, edits, end):
    content = bytearray(KINDS[kind])
    for place, value in edits:
        content[-place % len(content)] = value
    path = tmp_path_factory.getbasetemp() / "damaged.raw"
    path.write_bytes(bytes(content[: len(content) - end // 30]))
    with contextlib.suppress(PictureError):
        assert read_picture(path, (4, 4)).shape == (4, 4, 3)
