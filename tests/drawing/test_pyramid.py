from __future__ import annotations

import numpy as np
import pytest
from helpers import laid

from facemo.drawing import pyramid
from facemo.drawing.pyramid import Pyramid, Shrunk


@pytest.fixture
def mosaic(rng):
    """Tiles of 12 x 20 pixels, which can be halved twice."""
    return laid(rng, rng.integers(0, 256, (5, 12, 20, 3), dtype=np.uint8), 9, 7)


def averaged(image, factor):
    """The averages of boxes, of which the last of each axis may be smaller."""
    rows, cols = (-(-side // factor) for side in image.shape[:2])
    out = np.empty((rows, cols, 3))
    for y in range(rows):
        for x in range(cols):
            box = image[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
            out[y, x] = box.mean(axis=(0, 1))
    return out


@pytest.mark.parametrize("factor", [1, 2, 5, 8])
def test_a_shrunk_picture_is_the_average_of_boxes_in_every_region(rng, factor):
    image = rng.integers(0, 256, (37, 29, 3), dtype=np.uint8)
    expected = np.floor(averaged(image, factor) + 0.5)
    shrunk = Shrunk(image, factor)
    assert shrunk.shape == expected.shape
    np.testing.assert_array_equal(shrunk[:, :], expected)
    np.testing.assert_array_equal(shrunk[1:3, 2:], expected[1:3, 2:])


def test_a_shrunk_picture_is_drawn_line_by_line_where_it_is_large(rng, monkeypatch):
    monkeypatch.setattr(pyramid, "_DRAWN_BYTES", 1)
    image = rng.integers(0, 256, (37, 29, 3), dtype=np.uint8)
    np.testing.assert_array_equal(Shrunk(image, 4)[:, :], np.floor(averaged(image, 4) + 0.5))


def test_levels_halve_until_the_longest_side_is_short_enough(mosaic):
    levels = Pyramid(mosaic, 20)
    assert [levels.shape(n) for n in range(len(levels))] == [
        (108, 140, 3),
        (54, 70, 3),
        (27, 35, 3),
        (14, 18, 3),
    ]
    assert len(Pyramid(mosaic, 140)) == 1
    assert len(Pyramid(mosaic, 139)) == 2


@pytest.mark.parametrize("kept", [0, 1 << 22])
def test_every_level_is_the_picture_shrunk(mosaic, monkeypatch, kept):
    monkeypatch.setattr(pyramid, "_KEPT_PIXELS", kept)
    levels = Pyramid(mosaic, 1)
    assert levels.shape(len(levels) - 1) == (1, 1, 3)
    picture = np.asarray(mosaic)
    for n in range(len(levels)):
        level = levels[n][:, :]
        assert level.shape == levels.shape(n)
        exact = averaged(picture, 2**n)
        # Rounded once for the tiles, and once more for each of two averages of them.
        assert np.abs(level[:-1, :-1] - exact[:-1, :-1]).max(initial=0) <= 1.5
        # At the edges an average of averages gives the last, of fewer pixels, too much weight.
        assert np.abs(level - exact).max() <= 12


def test_a_picture_of_two_pixels_has_two_levels(rng):
    mosaic = laid(rng, rng.integers(0, 256, (1, 1, 1, 3), dtype=np.uint8), 2, 2)
    assert len(Pyramid(mosaic, 1)) == 2
    assert len(Pyramid(mosaic, 2)) == 1
