from __future__ import annotations

import naive
import numpy as np
import pytest
from helpers import holed

from facemo.drawing.alpha import WithAlpha, alpha_averages
from facemo.drawing.pyramid import Pyramid


@pytest.fixture
def mosaic(rng):
    return holed(rng, rng.integers(0, 256, (5, 8, 16, 3), dtype=np.uint8), 7, 9, tint=0.5)


def test_cells_without_a_tile_are_transparent(mosaic):
    picture = WithAlpha(mosaic)
    whole = picture[:, :]
    assert picture.shape == whole.shape == (56, 144, 4)
    np.testing.assert_array_equal(whole[..., :3], mosaic)
    opaque = np.kron(mosaic.filled, np.ones((8, 16), bool))
    np.testing.assert_array_equal(whole[..., 3], 255 * opaque)
    np.testing.assert_array_equal(picture[3:20, 5:90], whole[3:20, 5:90])


@pytest.mark.parametrize("factor", [1, 2, 3, 8])
def test_averages_are_of_what_there_is(rng, factor):
    image = rng.integers(0, 256, (17, 22, 4), dtype=np.uint8)
    image[:9, 5:14, 3] = 0
    averages = alpha_averages(image, factor)
    np.testing.assert_array_equal(averages, naive.alpha_average(image, factor))


def test_nothing_of_the_background_comes_into_smaller_levels(rng):
    grey = np.full((1, 16, 16, 3), 90, np.uint8)
    levels = Pyramid(holed(rng, grey, 9, 9, background="red"), 1, alpha=True)
    for n in range(len(levels)):
        level = levels[n][:, :]
        assert level.shape == levels.shape(n)
        assert (level[level[..., 3] > 0][:, :3] == 90).all()


def test_every_level_covers_as_much_as_the_mosaic(mosaic):
    levels = Pyramid(mosaic, 1, alpha=True)
    for n in range(4):
        assert levels[n][:, :][..., 3].mean() / 255 == pytest.approx(mosaic.filled.mean(), abs=0.01)
