from __future__ import annotations

import naive
import numpy as np
import pytest
from helpers import placed
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from facemo.planning.plan import plan
from facemo.reports import score as metrics
from facemo.reports.score import score


@pytest.mark.parametrize("tint", [0, 0.6])
@pytest.mark.parametrize("side", [8, 6])
def test_a_score_is_that_of_the_drawn_picture(rng, tint, side):
    """From the outside: the picture drawn, box averages written out, compared by scikit-image."""
    tiles = rng.integers(0, 256, (30, 3, 3, 3)).repeat(side, axis=1).repeat(side, axis=2)
    tiles = tiles[:, :side, :side].astype(np.uint8)
    target = rng.integers(0, 256, (50, 41, 3), dtype=np.uint8)
    mosaic = plan(target, tiles, cols=4, rows=5, k=1, mirror=True, detail=2, tint=tint, spacing=1)
    result = score(mosaic, target)
    for n, delta_e, psnr in (
        (1, result.delta_e, result.psnr),
        (4, result.delta_e_fine, result.psnr_fine),
    ):
        drawn = naive.cell_means(np.asarray(mosaic), 5 * n, 4 * n)
        wanted = naive.cell_means(target, 5 * n, 4 * n)
        expected = deltaE_ciede2000(rgb2lab(drawn / 255), rgb2lab(wanted / 255)).mean()
        assert delta_e == pytest.approx(expected, abs=1e-3)
        expected = 10 * np.log10(255**2 / np.mean((drawn - wanted) ** 2))
        assert psnr == pytest.approx(expected, abs=1e-3)
    expected = structural_similarity(drawn, wanted, channel_axis=2, data_range=255)
    assert result.ssim_fine == pytest.approx(expected, abs=1e-4)


def laid_out(index):
    index = np.array(index, np.int32)
    tiles = np.zeros((index.max() + 1, 4, 4, 3), np.uint8)
    return placed(tiles, index)


def test_repeats_are_counted():
    result = score(laid_out([[0, 0, 1], [2, 3, 4], [1, 5, 2]]), np.zeros((9, 9)))
    assert result.distinct == 6
    assert result.most_used == 2
    assert result.equal_neighbours == pytest.approx(2 / 9)
    assert result.nearest_repeat == 1


def test_where_nothing_repeats_there_is_no_nearest_repeat():
    result = score(laid_out([[0, 1], [2, 3]]), np.zeros((9, 9)))
    assert result.nearest_repeat is None
    assert "nearest repeat never" in str(result)
    assert score(laid_out([[0]]), np.zeros((9, 9))).nearest_repeat is None


@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 40), st.integers(0, 9))
def test_the_nearest_repeat_is_the_nearest(rows, cols, tiles, seed):
    index = np.random.default_rng(seed).integers(0, tiles, (rows, cols), dtype=np.int32)
    expected = naive.nearest_repeat(index)
    assert metrics._nearest_repeat(index) == (None if expected == np.inf else expected)


def test_a_perfect_mosaic_has_a_perfect_score():
    result = score(laid_out(np.zeros((3, 3))), np.zeros((9, 9)))
    assert result.delta_e == result.delta_e_fine == 0
    assert result.psnr == np.inf
    assert result.ssim_fine == 1


def test_a_grid_too_small_for_ssim_has_none():
    assert np.isnan(score(laid_out([[0]]), np.zeros((9, 9))).ssim_fine)
