"""Light that runs across cells: ramps, and the variants that have them."""

from __future__ import annotations

import numpy as np
import pytest

from facemo import plan
from facemo.errors import InputError
from facemo.options import Planning
from facemo.planning.shade import Light, rises_of, shaded
from facemo.planning.terms import shade_of
from facemo.tiles import Tiles


def grey(values):
    """A picture of these grey values."""
    return np.array(values, np.uint8)[..., np.newaxis].repeat(3, axis=-1)


def bends(image):
    """By how much outer quarters of (N, h, w, 3) pictures are lighter than the inner, each way."""
    light = image.astype(float) @ [0.299, 0.587, 0.114]
    n, h, w = light.shape
    quarters = light.reshape(n, 4, h // 4, 4, w // 4).mean(axis=(2, 4))
    way = [0.5, -0.5, -0.5, 0.5]
    return np.stack([quarters.mean(axis=1) @ way, quarters.mean(axis=2) @ way], axis=1)


def halves(image):
    """By how much the light of (N, h, w, 3) pictures differs, right from left and low from high."""
    light = image.astype(float) @ [0.299, 0.587, 0.114]
    h, w = light.shape[1] // 2, light.shape[2] // 2
    across = light[:, :, w:].mean(axis=(1, 2)) - light[:, :, :w].mean(axis=(1, 2))
    down = light[:, h:].mean(axis=(1, 2)) - light[:, :h].mean(axis=(1, 2))
    return np.stack([across, down], axis=1)


def cells_of(mosaic):
    rows, cols = mosaic.cells.shape
    h, w = mosaic.tiles.size
    return np.asarray(mosaic).reshape(rows, h, cols, w, 3).swapaxes(1, 2).reshape(-1, h, w, 3)


def test_light_rises_by_twice_what_halves_differ_by():
    target = grey(np.array([[0, 10], [100, 110]]).repeat(2, axis=0).repeat(2, axis=1))
    assert rises_of(target, (1, 1)).tolist() == [[[20, 200, 0, 0]]]
    target = grey(np.arange(0, 160, 10).reshape(1, 16).repeat(8, axis=0))
    np.testing.assert_allclose(rises_of(target, (2, 4)), np.tile([40, 0, 0, 0], (2, 4, 1)))


def test_light_bends_by_twice_what_the_outer_quarters_differ_by_from_the_inner():
    target = grey(np.array([[90, 60, 50, 80]]).repeat(4, axis=0))
    np.testing.assert_allclose(rises_of(target, (1, 1)), [[[-20, 0, 60, 0]]])
    np.testing.assert_allclose(rises_of(target.swapaxes(0, 1), (1, 1)), [[[0, -20, 0, 60]]])


def test_where_everything_matters_flat_tiles_take_on_the_bends_of_the_target():
    line = np.tile([120, 80, 80, 120, 100, 100, 100, 100], 2)
    target = grey(np.tile(line, (16, 1)))
    matter = np.zeros((16, 16))
    matter[:8] = 1
    options = {"cols": 4, "rows": 2, "tint": 1, "shade": 1, "weights": matter}
    got = cells_of(plan(target, grey(np.full((1, 16, 16), 90)), **options))
    wanted = np.tile([[40, 0], [0, 0]], (2, 1))
    np.testing.assert_allclose(bends(got)[:4], wanted, atol=0.5)
    np.testing.assert_allclose(bends(got)[4:], 0, atol=0.5)
    np.testing.assert_allclose(got.mean(axis=(1, 2, 3)), 100, atol=0.1)


@pytest.mark.parametrize("mirror", [False, True])
def test_where_everything_matters_light_bends_as_in_the_target_whatever_tiles_do(rng, mirror):
    pixels = rng.integers(80, 150, (9, 4, 4, 1)).repeat(4, axis=1).repeat(4, axis=2)
    pixels = pixels.astype(np.uint8).repeat(3, axis=3)
    target = grey(rng.integers(90, 140, (20, 20)))
    wanted = rises_of(target, (5, 5)).reshape(-1, 4)[:, 2:] / 2
    matter = np.ones((20, 20))
    matter[0, 0] = 0  # for equal weights are none
    options = {"cols": 5, "tint": 1, "mirror": mirror, "k": 1, "spacing": 0}
    before, after = (
        np.abs(bends(cells_of(plan(target, pixels, weights=each, **options))) - wanted)[1:]
        for each in ("none", matter)
    )
    assert before.mean() > 5
    assert after.max() < 0.5


def test_flat_tiles_take_on_the_rises_of_the_target_and_keep_their_means():
    target = grey(np.arange(40, 200, 10).reshape(1, 16).repeat(16, axis=0))
    mosaic = plan(target, grey(np.full((1, 8, 8), 90)), cols=2, rows=2, tint=1, shade=1)
    got = cells_of(mosaic)
    np.testing.assert_allclose(halves(got), np.tile([40, 0], (4, 1)), atol=0.5)
    np.testing.assert_allclose(got.mean(axis=(1, 2, 3)), [75, 155] * 2, atol=0.1)


@pytest.mark.parametrize("mirror", [False, True])
def test_the_more_shade_the_nearer_is_the_light_to_the_targets(rng, mirror):
    pixels = rng.integers(80, 150, (9, 2, 2, 1)).repeat(4, axis=1).repeat(4, axis=2)
    pixels = pixels.astype(np.uint8).repeat(3, axis=3)
    target = rng.integers(80, 150, (20, 20)).astype(np.uint8)
    wanted = rises_of(grey(target), (5, 5)).reshape(-1, 4)[:, :2] / 2
    options = {"cols": 5, "tint": 1, "mirror": mirror, "k": 1}
    off = []
    for shade in (0, 0.5, 1):
        mosaic = plan(target, pixels, shade=shade, **options)
        off.append(np.abs(halves(cells_of(mosaic)) - wanted).mean())
        if mirror:
            assert mosaic.mirrored.any()
    assert off[1] == pytest.approx(off[0] / 2, rel=0.1)
    assert off[2] < 0.5


def test_cells_that_are_the_same_in_everything_share_a_variant(rng):
    tiles = rng.integers(0, 256, (2, 8, 8, 3), dtype=np.uint8)
    chosen = np.array([0, 1, 0, 0, 1, 3], np.int32)
    colors = np.full((6, 3), 90, np.uint8)
    rises = np.zeros((6, 4))
    rises[2] = [9, 0, 0, 0]
    variants, cells = shaded(tiles, chosen, colors, 1.0, Light(rises, 1.0))
    assert cells[0] == cells[3]
    assert cells[1] == cells[4]
    assert len(variants) == len(set(cells)) == 4
    np.testing.assert_array_equal(variants.tile[cells], chosen % 2)
    np.testing.assert_array_equal(variants.mirrored[cells], chosen > 1)


def test_by_default_light_runs_where_few_cells_are_recoloured(rng):
    tiles = rng.integers(0, 256, (60, 4, 4, 3), dtype=np.uint8)
    target = rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)
    assert plan(target, tiles, cols=20).variants.ramp.any()
    for less in ({"tint": 0}, {"palette": 300}, {"shade": 0}, {"cols": 130, "detail": 1}):
        assert not plan(target, tiles, **{"cols": 20, **less}).variants.ramp.any()


@pytest.mark.parametrize(("tint", "shade"), [("auto", 0.7), (1, 0.7), (0.5, 0.35), (0, 0)])
def test_by_default_light_runs_as_far_as_means_are_moved(tint, shade):
    assert shade_of(Planning(tint=tint), 1000) == pytest.approx(shade)
    assert shade_of(Planning(tint=tint, shade=0.2), 1000) == 0.2


def test_photos_as_they_are_may_be_shaded_and_keep_their_means(rng):
    tiles = rng.integers(60, 190, (60, 8, 8, 3), dtype=np.uint8)
    target = rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)
    mosaic = plan(target, tiles, cols=20, tint=0, shade=1)
    assert mosaic.variants.ramp.any()
    assert mosaic.tint == 0
    means = cells_of(mosaic).mean(axis=(1, 2))
    wanted = tiles.mean(axis=(1, 2))[mosaic.index.ravel()]
    np.testing.assert_allclose(means, wanted, atol=0.1)


def test_tiles_of_one_pixel_have_no_rises_of_their_own():
    target = grey(np.arange(40, 200, 10).reshape(1, 16).repeat(16, axis=0))
    tiles = Tiles(grey(np.array([90, 120]).reshape(2, 1, 1)))
    assert plan(target, tiles, cols=4, shade=1).shape == (4, 4, 3)


def test_a_number_of_variants_and_shade_contradict_each_other():
    with pytest.raises(InputError, match=r"shade=0.5 .* palette=9 .* leave one of them out"):
        plan(np.zeros((4, 4)), np.zeros((1, 4, 4, 3), np.uint8), palette=9, shade=0.5)


def test_targets_of_a_pixel_a_cell_have_no_light_inside_them():
    assert not rises_of(grey([[0, 10], [100, 110]]), (2, 2)).any()
