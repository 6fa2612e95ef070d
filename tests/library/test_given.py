"""What people have for a picture."""

from __future__ import annotations

from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facemo.errors import InputError
from facemo.library.given import as_picture
from facemo.library.picture import read_image


@pytest.fixture
def picture(rng, save_picture):
    return save_picture(Image.effect_noise((9, 7), 50).convert("RGB"), "me.png")


def test_a_path_a_file_its_bytes_and_an_image_are_the_same_picture(picture, monkeypatch):
    expected = read_image(picture)
    monkeypatch.setenv("HOME", str(picture.parent))
    monkeypatch.setenv("USERPROFILE", str(picture.parent))
    content = picture.read_bytes()
    held = BytesIO(content)
    held.seek(5)
    for given in ("~/me.png", Path("~/me.png"), content, bytearray(content), held, held):
        np.testing.assert_array_equal(as_picture(given, "target"), expected)
    with open(picture, "rb") as file, Image.open(picture) as image:
        np.testing.assert_array_equal(as_picture(file, "target"), expected)
        np.testing.assert_array_equal(as_picture(image, "target"), expected)


def test_a_path_that_begins_with_a_tilde_and_is_there_is_that_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (2, 1)).save("~me.png")
    assert as_picture("~me.png", "target").shape == (1, 2, 3)


@pytest.mark.parametrize("array", [[[0, 255]], np.array([[[0], [255]]]), np.array([[0.0, 1.0]])])
def test_numbers_are_greys(array):
    assert as_picture(array, "target").tolist() == [[0, 255]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "mask of 0 bytes: empty file"),
        (b"hello", "mask of 5 bytes: not a picture of a kind that is read here"),
        (b"\x89PNG\r\n\x1a\nrubbish!", "mask of 16 bytes: damaged"),
        (StringIO("hello"), r"mask must be a file opened as open\(path, \"rb\"\), got one of text"),
        ("http://example.org/a.png", "mask 'http://example.org/a.png': nothing is downloaded"),
        (Path("https://example.org/a.png"), "nothing is downloaded: save it to a file"),
        ("a\0b", "mask"),
    ],
)
def test_what_is_no_picture_is_refused_with_what_would_be(given, message):
    with pytest.raises(InputError, match=message):
        as_picture(given, "mask")


def test_a_closed_file_is_refused():
    file = BytesIO(b"hello")
    file.close()
    with pytest.raises(InputError, match="mask cannot be read: I/O operation on closed file"):
        as_picture(file, "mask")


def test_a_large_whole_number_is_no_grey():
    with pytest.raises(InputError, match="a uint64 mask must lie in 0 to 255"):
        as_picture(np.full((2, 2), 2**64 - 1, np.uint64), "mask")
