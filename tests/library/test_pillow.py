"""Whether Pillow, which these tests run with, still has what is used beyond its documentation."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from helpers import encoded
from PIL import Image

from facemo.library.pillow import OVERRIDDEN, sampling, stored_size, take_as_loaded


@pytest.mark.parametrize(("kind", "name"), OVERRIDDEN)
def test_what_is_overridden_is_there_and_can_be_called(kind, name):
    assert callable(getattr(kind, name))


def test_a_picture_has_the_size_that_is_stored_until_it_is_turned():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = BytesIO(encoded(Image.new("RGB", (5, 3)), "TIFF", exif=exif))
    assert stored_size(Image.new("L", (7, 2))) == (7, 2)
    with Image.open(turned) as image:
        image.load()
        assert stored_size(image) in [(5, 3), (3, 5)]


@pytest.mark.parametrize(
    ("subsampling", "expected"), [("4:4:4", [(1, 1)] * 3), ("4:2:0", [(2, 2), (1, 1), (1, 1)])]
)
def test_components_of_a_jpeg_are_sampled_as_they_were_encoded(subsampling, expected):
    data = encoded(Image.new("RGB", (16, 16)), "JPEG", subsampling=subsampling)
    with Image.open(BytesIO(data)) as image:
        assert sampling(image) == expected


def test_half_a_picture_can_be_taken_as_loaded(rng):
    data = encoded(Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8)), "PNG")
    with Image.open(BytesIO(data[: len(data) // 2])) as image:
        with pytest.raises((OSError, SyntaxError)):
            image.load()
        take_as_loaded(image)
        pixels = np.asarray(image)
    assert pixels[0].any()
    assert not pixels[-1].any()
