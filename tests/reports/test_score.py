from __future__ import annotations

import naive
import numpy as np
import pytest
from helpers import placed
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from facemo.planning.plan import plan
from facemo.reports.flip import flip
from facemo.reports.score import Score, score


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
    assert result.flip_4 == pytest.approx(flip(drawn, wanted).mean(), abs=1e-4)


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
    assert str(result).endswith("use: 4 photos, each once")
    assert score(laid_out([[0]]), np.zeros((9, 9))).nearest_repeat is None


def test_a_perfect_mosaic_has_a_perfect_score():
    result = score(laid_out(np.zeros((3, 3))), np.zeros((9, 9)))
    assert result.delta_e == result.delta_e_fine == 0
    assert result.psnr == np.inf
    assert result.ssim_fine == 1
    assert result.flip_1 == result.flip_2 == result.flip_4 == result.flip_8 == 0
    assert (result.contrast_kept, result.washed_out, result.tint_spent) == (1, 0, 0)


def test_a_grid_too_small_for_ssim_has_none():
    assert np.isnan(score(laid_out([[0]]), np.zeros((9, 9))).ssim_fine)


def test_recolouring_brings_the_picture_near_and_costs_the_photos_contrast(rng):
    tiles = rng.integers(0, 256, (9, 8, 8, 3), dtype=np.uint8)
    target = np.repeat(np.linspace(0, 1, 40)[np.newaxis], 40, axis=0)
    plain, tinted = (score(plan(target, tiles, cols=6, tint=tint), target) for tint in (0, 1))
    assert tinted.flip_1 < plain.flip_1
    assert tinted.contrast_kept < plain.contrast_kept == 1
    assert tinted.washed_out > plain.washed_out == 0
    assert tinted.tint_spent > plain.tint_spent == 0


def test_it_is_one_line_of_plain_words():
    result = Score(
        delta_e=4.21,
        psnr=20.0,
        delta_e_fine=7.0,
        psnr_fine=18.0,
        ssim_fine=0.3,
        flip_1=0.112,
        flip_2=0.15,
        flip_4=0.2,
        flip_8=0.271,
        contrast_kept=0.978,
        washed_out=0.031,
        tint_spent=4.66,
        distinct=1255,
        most_used=83,
        equal_neighbours=0.04,
        nearest_repeat=3,
    )
    assert str(result) == (
        "picture: differs by 0.11 from afar, 0.27 close by (FLIP, 0 to 1), its colours by 4.2 "
        "(ΔE2000, 2 is just seen); photos: keep 98% of their contrast, 3% of them less than half, "
        "and are recoloured by 4.7 (ΔE2000); use: 1,255 photos, one of them 83 times, the same 3 "
        "cells apart or more, 4% side by side"
    )


@pytest.mark.parametrize("side", [8, 6])
def test_only_cells_that_are_filled_count(rng, side):
    """Of a mosaic with half of its cells empty: as what is filled alone."""
    tiles = rng.integers(0, 256, (30, side, side, 3), dtype=np.uint8)
    target = rng.integers(0, 256, (96, 96, 3), dtype=np.uint8)
    mask = np.zeros((96, 96), bool)
    mask[:, :48] = True
    options = {"k": 1, "spacing": 0, "even": 0, "tint": 0.5}
    some = score(plan(target, tiles, cols=16, mask=mask, **options), target)
    alone = score(plan(target[:, :48], tiles, cols=8, **options), target[:, :48])
    for name in ("delta_e", "delta_e_fine", "psnr", "psnr_fine", "distinct", "most_used"):
        assert getattr(some, name) == pytest.approx(getattr(alone, name), rel=1e-5)
    for name in ("contrast_kept", "washed_out", "tint_spent", "equal_neighbours"):
        assert getattr(some, name) == pytest.approx(getattr(alone, name), rel=1e-5)
    # These look at what is around, too, which is the same in both.
    for name in ("flip_1", "flip_4", "flip_8"):
        assert 0.85 < getattr(some, name) / getattr(alone, name) < 1
    assert alone.ssim_fine < some.ssim_fine < 1.5 * alone.ssim_fine


def test_what_is_transparent_is_no_error():
    target = np.zeros((32, 32, 4), np.uint8)
    target[8:24, 8:24] = 200, 100, 50, 255
    tiles = np.tile(np.uint8([[[[200, 100, 50]]], [[[0, 0, 0]]]]), (1, 8, 8, 1))
    result = score(plan(target, tiles, cols=8, spacing=0, tint=0), target)
    assert (result.delta_e, result.flip_1, result.flip_8, result.ssim_fine) == (0, 0, 0, 1)
    assert (result.distinct, result.most_used) == (1, 16)
