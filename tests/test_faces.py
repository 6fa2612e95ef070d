from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facemo.faces import faces
from facemo.library.picture import read_image

FACE = Path(__file__).parents[1] / "data" / "face.png"


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


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 400, 3), (64, 64, 3), (300, 23, 3)])
def test_where_no_face_is_there_are_no_boxes(shape):
    assert faces(np.full(shape, 128, np.uint8)).shape == (0, 4)


def test_what_is_remembered_is_not_that_of_another_picture():
    image = read_image(FACE)
    assert len(faces(image)) == 1
    assert len(faces(np.flipud(image))) == 0
    assert len(faces(image)) == 1


def test_the_picture_is_left_as_it_is():
    image = read_image(FACE).copy()
    before = image.copy()
    faces(image)
    np.testing.assert_array_equal(image, before)
