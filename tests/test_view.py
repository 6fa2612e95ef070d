"""Seen on a screen, or in print: what averages are of, all the way from the target to the score."""

from __future__ import annotations

import numpy as np
import pytest

import facemo
import facemo.drawing.pyramid
from facemo.area import area_means, averaged, block_means, box_averages, light_of, value_of

VIEWS = "screen", "print"


def naive_mean(pixels, view):
    """The mean of (..., 3) pixels, as they are averaged: (3,)."""
    if view == "screen":
        return pixels.reshape(-1, 3).mean(axis=0)
    share = pixels.reshape(-1, 3) / 255
    light = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    mean = light.mean(axis=0)
    return 255 * np.where(mean <= 0.0031308, 12.92 * mean, 1.055 * mean ** (1 / 2.4) - 0.055)


@pytest.fixture
def photos(rng):
    """Sixty tiles with much contrast, on which the views differ."""
    means = rng.integers(40, 216, (60, 1, 1, 3))
    return np.clip(rng.normal(means, 60, (60, 16, 16, 3)), 0, 255).astype(np.uint8)


@pytest.fixture
def target(rng):
    coarse = rng.integers(20, 236, (6, 6, 3)).astype(np.uint8)
    return coarse.repeat(20, axis=0).repeat(20, axis=1)


def test_light_and_values_lead_to_each_other():
    values = np.arange(256.0)
    for view in VIEWS:
        light = light_of(values, view)
        assert (light[0], light[255]) == (0, 255)
        np.testing.assert_allclose(value_of(light, view), values, atol=1e-9)
    assert light_of(values, "print")[128] == pytest.approx(55.0, abs=0.1)


@pytest.mark.parametrize("view", VIEWS)
def test_every_average_is_of_what_is_seen(rng, view):
    images = rng.integers(0, 256, (2, 8, 12, 3), dtype=np.uint8)
    for n in range(2):
        expected = naive_mean(images[n, :4, :4], view)
        for found in (
            area_means(images, 2, 3, view)[n, 0, 0],
            averaged(block_means(images[:, :4, :4], 2, view), view)[n],
        ):
            np.testing.assert_allclose(found, expected, atol=1e-3)
        found = box_averages(images, 4, view)[n, 0, 0]
        assert np.abs(found - expected).max() <= 0.5 + 1e-6
        ragged = box_averages(images, 5, view)[n, 1, 2]
        assert np.abs(ragged - naive_mean(images[n, 5:, 10:], view)).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("options", [{}, {"shade": 0}, {"detail": 1, "shade": 1}])
def test_cells_have_their_targets_colour_where_the_mosaic_is_seen(photos, target, view, options):
    mosaic = facemo.plan(target, photos, cols=6, view=view, tint=1, **options)
    other = VIEWS[view == "screen"]
    assert mosaic.view == view
    off = {}
    for seen in VIEWS:
        cells = area_means(np.asarray(mosaic)[np.newaxis], 6, 6, seen)[0]
        off[seen] = np.abs(cells - mosaic.colors).mean()
    assert off[view] < 0.6
    assert off[view] < off[other] / 2
    assert facemo.score(mosaic, target).delta_e < 0.5


@pytest.mark.parametrize("view", VIEWS)
def test_reduced_levels_and_previews_average_what_is_seen(photos, target, view):
    mosaic = facemo.plan(target, photos, cols=6, view=view)
    whole = np.asarray(mosaic)
    reduced, small = mosaic.reduced(2), mosaic.preview(24)
    assert reduced.view == view
    wanted = area_means(whole[np.newaxis], *reduced.shape[:2], view)[0]
    assert np.abs(np.asarray(reduced) - wanted).max() <= 0.51
    wanted = area_means(whole[np.newaxis], *small.shape[:2], view)[0]
    assert np.abs(small - wanted).mean() < 0.6
    wider = facemo.drawing.pyramid.Pyramid(mosaic, 4)[3][:, :]
    wanted = area_means(whole[np.newaxis], *wider.shape[:2], view)[0]
    assert np.abs(wider - wanted).max() <= 1


def test_a_screen_is_what_is_meant():
    tiles = np.zeros((1, 4, 4, 3), np.uint8)
    assert facemo.plan(np.zeros((4, 4)), tiles, cols=2).view == "screen"
    with pytest.raises(facemo.InputError, match="view must be one of screen, print"):
        facemo.plan(np.zeros((4, 4)), tiles, view="wall")
