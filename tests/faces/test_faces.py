from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facemo.faces import _remembered, cascade, detector, faces, faces_in, in_colour, yunet
from facemo.library.picture import read_image

FACE = Path(__file__).parents[2] / "data" / "face.png"


@pytest.fixture(params=["here", "without the extra"])
def either(request, monkeypatch):
    """Whatever finds faces here, and then what does where the extra is missing."""
    if request.param != "here":
        monkeypatch.setattr(yunet, "detector", lambda: "")
    forget = _remembered.cache_clear
    forget()
    yield
    forget()


pytestmark = pytest.mark.usefixtures("either")


def test_a_face_is_found_where_it_is():
    [(top, left, bottom, right)] = faces(read_image(FACE))
    eyes, mouth = (130, 125), (150, 178)  # (x, y) of one and the other, by eye
    for x, y in (eyes, mouth):
        assert left < x < right
        assert top - 30 < y < bottom + 10


def test_boxes_are_in_pixels_of_the_picture_whatever_its_size():
    small = Image.open(FACE).convert("RGB")
    large = small.resize((900, 900), Image.Resampling.BICUBIC)
    one, other = (faces(np.asarray(each))[0] for each in (small, large))
    np.testing.assert_allclose(other, one * 3, atol=60)


def test_what_is_remembered_is_not_that_of_another_picture():
    image = read_image(FACE)
    assert len(faces(image)) == 1
    assert len(faces(np.full_like(image, 128))) == 0
    assert len(faces(image)) == 1


def test_the_picture_is_left_as_it_is():
    image = read_image(FACE).copy()
    before = image.copy()
    faces(image)
    np.testing.assert_array_equal(image, before)


def test_the_cascade_finds_them_where_there_is_no_network(monkeypatch):
    monkeypatch.setattr(yunet, "detector", lambda: "")
    red = np.ascontiguousarray(read_image(FACE)[..., 0])
    assert detector() == cascade.DETECTOR
    assert not in_colour()
    np.testing.assert_array_equal(faces_in(red, 300), cascade.faces_in(red, 300))


def test_a_picture_in_which_the_network_fails_is_one_without(monkeypatch):
    monkeypatch.setattr(yunet, "detector", lambda: "YuNet 1, OpenCV 4")
    monkeypatch.setattr(yunet, "faces_in", lambda image: None)
    assert faces(np.zeros((512, 256, 3), np.uint8)).shape == (0, 4)
    assert faces_in(np.zeros((51, 25, 3), np.uint8), 51) is None


def test_the_network_finds_them_where_there_is_one(monkeypatch):
    monkeypatch.setattr(yunet, "detector", lambda: "YuNet 1, OpenCV 4")
    monkeypatch.setattr(yunet, "faces_in", lambda image: np.array([[1.0, 2.0, 3.0, 4.0]]))
    assert detector() == "YuNet 1, OpenCV 4"
    assert in_colour()
    np.testing.assert_array_equal(faces(np.zeros((512, 256, 3), np.uint8)), [[2, 4, 6, 8]])
