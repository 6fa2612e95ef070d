from __future__ import annotations

import naive
import numpy as np
import pytest
from helpers import laid, without
from skimage.metrics import structural_similarity

from facemo.reports import flip as flips
from facemo.reports import nearness
from facemo.reports.nearness import Pair, delta_e, flip, psnr, ssim


@pytest.fixture
def pair(rng, tile_array):
    mosaic = laid(rng, tile_array, 9, 7, mirrored=0.5, tint=0.5)
    target = rng.integers(0, 256, (31, 29, 3), dtype=np.uint8)
    return Pair(mosaic.layout, target, 4)


def both(pair):
    """What is drawn and what is wanted, all of it."""
    height, width = pair.shape
    return pair.drawn(range(height), range(width)), pair.wanted(range(height), range(width))


@pytest.mark.parametrize("kept", [0, 1 << 16])
@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_a_window_shows_area_averages_of_the_picture_and_of_the_target(pair, n, kept, monkeypatch):
    """Whether the means of all variants are kept, or each window makes its own."""
    monkeypatch.setattr(nearness, "_KEPT", kept)
    pair = Pair(pair.plan, pair.image, n)
    pixels = pair.plan.made(slice(None))
    picture = naive.assemble(pixels, pair.plan.cells)
    ys, xs = range(n, 7 * n + 1), range(5 * n - 1)
    for shown, source in ((pair.drawn(ys, xs), picture), (pair.wanted(ys, xs), pair.image)):
        expected = naive.cell_means(source, *pair.shape)[ys.start : ys.stop, xs.start : xs.stop]
        np.testing.assert_allclose(shown, expected, atol=1e-3)


@pytest.mark.parametrize("side", [8, 11, 13])
def test_windows_change_nothing(pair, side, monkeypatch):
    drawn, wanted = both(pair)
    whole = [measure(pair) for measure in (delta_e, psnr, ssim, flip)]
    monkeypatch.setattr(nearness, "_SIDE", side)
    parts = [measure(pair) for measure in (delta_e, psnr, ssim, flip)]
    np.testing.assert_allclose(parts, whole, rtol=1e-5)
    assert parts[3] == pytest.approx(flips.flip(drawn, wanted).mean(), rel=1e-5)
    expected = structural_similarity(drawn, wanted, channel_axis=2, data_range=255)
    assert parts[2] == pytest.approx(expected, abs=1e-5)


def test_a_few_windows_stand_for_many(pair, monkeypatch):
    monkeypatch.setattr(nearness, "_SIDE", 2)
    whole = delta_e(pair)
    monkeypatch.setattr(nearness, "_WINDOWS", 60)
    some = delta_e(pair)
    assert some == delta_e(pair) != whole
    assert some == pytest.approx(whole, rel=0.1)


@pytest.mark.parametrize(("height", "width"), [(1, 3000), (700, 700), (90, 40)])
def test_a_sample_of_windows_is_spread_evenly(height, width, monkeypatch):
    monkeypatch.setattr(nearness, "_SIDE", 4)
    monkeypatch.setattr(nearness, "_WINDOWS", 100)
    windows = [*nearness._windows(height, width)]
    assert len(windows) == 100
    for axis, side in ((0, height), (1, width)):
        middles = np.array([np.mean(window[axis]) for window in windows]) / side
        thirds = np.bincount((middles * 3).astype(int), minlength=3)
        assert side == 1 or thirds.max() - thirds.min() <= 15


def test_windows_are_of_what_is_filled(rng, monkeypatch):
    """Of very many windows those count in which not all is empty."""
    monkeypatch.setattr(nearness, "_SIDE", 4)
    monkeypatch.setattr(nearness, "_WINDOWS", 5)
    whole = laid(rng, rng.integers(0, 256, (9, 4, 4, 3), dtype=np.uint8), 40, 40)
    holes = np.ones((40, 40), bool)
    holes[20:22, 30:32] = False
    image = rng.integers(0, 256, (80, 80, 3), dtype=np.uint8)
    pair = Pair(without(whole, holes).layout, image, 2)
    drawn = naive.cell_means(np.asarray(whole), 80, 80)[40:44, 60:64]
    wanted = image[40:44, 60:64].astype(float)
    found = pair.mean(lambda one, other: ((one - other) ** 2).mean(axis=2))
    assert found == pytest.approx(((drawn - wanted) ** 2).mean(), rel=1e-4)
