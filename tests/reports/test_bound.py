from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

import facemo
from facemo.planning.describe import Looks, mirrored
from facemo.planning.target import pixelate


def photos(rng, count):
    return rng.integers(256, size=(count, 1, 1, 3), dtype=np.uint8) + rng.integers(
        40, size=(count, 8, 8, 3), dtype=np.uint8
    )


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("detail", [1, 4])
def test_the_bound_lies_between_the_truth_and_a_little_below(rng, detail, mirror):
    target, tiles = rng.integers(256, size=(48, 48, 3), dtype=np.uint8), photos(rng, 160)
    options = {"detail": detail, "mirror": mirror, "max_uses": 1, "tint": 0.5}
    mosaic = facemo.plan(target, tiles, cols=12, **options)
    found = facemo.bound(mosaic, target, **options)
    blocks = pixelate(tiles.transpose(1, 0, 2, 3).reshape(8, -1, 3), 1, 160, detail)[0]
    if mirror:
        blocks = np.concatenate([blocks, mirrored(blocks)])
    cells = pixelate(target, 12, 12, detail).reshape(-1, detail, detail, 3)
    one, other = (Looks(each, "lab").described(0.5) for each in (cells, blocks))
    apart = ((one[:, None].astype(float) - other) ** 2).sum(axis=2)
    apart = apart.reshape(144, -1, 160).min(axis=1)
    best = apart[linear_sum_assignment(apart)].sum()
    assert best * 0.97 < found.least <= best * (1 + 1e-6)
    # Of tiles that are compared by their means a mirror image is its tile.
    assert best * (1 - 1e-6) <= found.total < best * 1.05
    assert found.proven
    assert found.most_used == 1


def test_a_mosaic_that_is_planned_by_chance_is_far_from_the_best(rng):
    target, tiles = rng.integers(256, size=(20, 20, 3), dtype=np.uint8), photos(rng, 120)
    best = facemo.plan(target, tiles, cols=10, max_uses=1)
    other = facemo.plan(target[::-1], tiles, cols=10, max_uses=1)
    assert facemo.bound(best, target, max_uses=1).above < 0.05
    assert facemo.bound(other, target, max_uses=1).above > 0.2


def test_the_line_says_how_often_and_how_sure():
    assert str(facemo.Bound(101.3, 100.0, 1, True)) == (
        "within 1.3% of the best that each photo once allows (proven)"
    )
    assert str(facemo.Bound(3.0, 2.0, 1200, False)) == (
        "within 50.0% of the best that each photo 1,200 times allows (by a sample)"
    )
    assert "nothing could be proven" in str(facemo.Bound(3.0, -2.0, 1, True))


def test_a_mosaic_without_a_fault_is_the_best_there_is():
    assert facemo.Bound(0.0, 0.0, 1, True).above == 0


def test_photos_that_are_left_out_and_cells_that_stay_empty_are_not_counted(rng):
    target, tiles = rng.integers(256, size=(48, 48, 4), dtype=np.uint8), photos(rng, 90)
    target[..., 3] = 255 * (np.arange(48) < 32)
    left_out = [str(n) for n in range(50, 90)]
    options = {"max_uses": 1, "mirror": True, "spacing": 0}
    mosaic = facemo.plan(target, tiles, cols=6, exclude=left_out, **options)
    few = facemo.plan(target, tiles[:50], cols=6, **options)
    np.testing.assert_array_equal(mosaic.index, few.index)
    found = facemo.bound(mosaic, target, exclude=left_out, **options)
    assert found.least == pytest.approx(facemo.bound(few, target, **options).least)
    assert found.above < 0.2


def test_that_some_cells_count_more_is_said(rng):
    target, tiles = rng.integers(256, size=(20, 20, 3), dtype=np.uint8), photos(rng, 120)
    weights = np.arange(400).reshape(20, 20)
    for given, weighted in ((weights, True), ("none", False)):
        mosaic = facemo.plan(target, tiles, cols=10, max_uses=1, weights=given)
        found = facemo.bound(mosaic, target, max_uses=1, weights=given)
        assert found.weighted == weighted
        assert ("with what matters more first" in str(found)) == weighted


def test_what_is_no_mosaic_is_refused():
    with pytest.raises(
        facemo.InputError, match="mosaic must be a Mosaic, as plan makes one, got int"
    ):
        facemo.bound(3, np.eye(4))
