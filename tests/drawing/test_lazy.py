from __future__ import annotations

import gc

import numpy as np
import pytest
from PIL import Image

from facemo.drawing.lazy import LazyPicture


class Picture(LazyPicture):
    """Some noise, which counts how often it is drawn."""

    def __init__(self):
        self.pixels = np.random.default_rng(1).integers(0, 256, (4, 5, 3), dtype=np.uint8)
        self.drawn = 0

    @property
    def shape(self):
        return self.pixels.shape

    def __getitem__(self, key):
        self.drawn += 1
        return self.pixels[key].copy()


@pytest.fixture
def picture():
    return Picture()


def test_pillow_takes_it_for_an_array_and_has_it_drawn_once(picture):
    image = Image.fromarray(picture)
    np.testing.assert_array_equal(np.asarray(image), picture.pixels)
    assert picture.drawn == 1


def test_it_becomes_a_pillow_image_and_bytes(picture):
    np.testing.assert_array_equal(np.asarray(picture.to_image()), picture.pixels)
    assert picture.tobytes() == picture.pixels.tobytes()


def test_numpy_has_it_drawn_once_and_keeps_what_was_drawn(picture):
    drawn, expected = np.asarray(picture), picture.pixels.copy()
    assert picture.drawn == 1
    del picture
    gc.collect()
    np.testing.assert_array_equal(drawn, expected)


def test_asking_how_large_it_is_draws_nothing(picture):
    assert (picture.ndim, picture.size, picture.nbytes, len(picture)) == (3, 60, 60, 4)
    assert picture.__array_interface__["shape"] == (4, 5, 3)
    assert np.shape(picture) == (4, 5, 3)
    assert picture.drawn == 0
