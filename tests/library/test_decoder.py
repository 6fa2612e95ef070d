"""What the program answers that decodes apart; test_apart.py runs it as one."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import arrow, encoded
from PIL import Image, features

from facemo.library import decoder
from facemo.library.frames import DONE, FAILED, HEADER, PIXELS, Answer, Question

pytestmark = pytest.mark.skipif(
    not features.check("jpg_2000"), reason="this Pillow has no JPEG 2000"
)


def answer(image, wanted=PIXELS, limit=10_000):
    return decoder._answer(Question(wanted, encoded(image, "JPEG2000"), limit=limit))


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_pixels_are_the_bytes_of_rows(mode):
    image = arrow(12, 8).convert(mode)
    channels = len(image.getbands())
    assert answer(image) == Answer(DONE, channels, (8, 12), pixels=image.tobytes())


def test_a_header_has_none():
    assert answer(arrow(12, 8), HEADER) == Answer(DONE, 3, (8, 12))


def test_greys_of_sixteen_bits_keep_the_upper_eight():
    greys = np.arange(0, 65536, 273, np.uint16)[:240].reshape(12, 20)
    expected = (greys >> 8).astype(np.uint8).tobytes()
    assert answer(Image.fromarray(greys)) == Answer(DONE, 1, (20, 12), pixels=expected)


def test_more_pixels_than_allowed_are_not_decoded():
    assert answer(arrow(12, 8), limit=95) == Answer(FAILED)


@pytest.mark.parametrize("content", [b"", b"text", encoded(arrow(), "PNG")])
def test_nothing_but_its_own_formats_is_decoded(content):
    assert decoder._answer(Question(PIXELS, content, limit=10_000)) == Answer(FAILED)
