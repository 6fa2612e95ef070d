"""How far photos are recoloured, and what that leaves of them."""

from __future__ import annotations

import numpy as np
import pytest

from facemo import plan
from facemo.planning.recolour import recoloured


@pytest.fixture
def photos(rng):
    """Twenty of strong colours and much contrast, some of them nearly black or white."""
    light = rng.normal(0, 70, (20, 16, 16, 3)) + rng.uniform(0, 255, (20, 1, 1, 3))
    return light.clip(0, 255).astype(np.uint8)


def contrast(pixels):
    """The standard deviation of each channel of (..., h, w, 3) pictures, on average."""
    return pixels.std(axis=(-3, -2)).mean(axis=-1)


@pytest.mark.parametrize("tint", [0.0, 0.25, 1.0])
def test_photos_are_muted_as_far_as_they_are_moved(photos, tint):
    chosen, colors = np.arange(20, dtype=np.int32).reshape(4, 5), np.full((4, 5, 3), 90, np.uint8)
    variants, _ = recoloured(photos, chosen, colors, tint)
    assert (variants.muted == np.float32(tint)).all()


@pytest.mark.parametrize("shade", [0, None, 1])
def test_the_less_photos_are_recoloured_the_more_of_their_contrast_they_keep(rng, photos, shade):
    target = rng.random((60, 60, 3)) / 4 + 0.4
    kept = []
    for tint in (1, 0.5, 0.2, 0.05, 0.001):
        mosaic = plan(target, photos, cols=6, tint=tint, shade=shade)
        cells = np.asarray(mosaic).reshape(6, 16, 6, 16, 3).swapaxes(1, 2)
        kept.append((contrast(cells) / contrast(photos[mosaic.index])).mean())
    assert kept == sorted(kept)
    assert kept[0] < 0.8
    if shade != 1:
        assert kept[-1] > 0.985


def test_a_photo_that_is_hardly_recoloured_is_hardly_another(rng, photos):
    target = rng.random((60, 60, 3))
    mosaic = plan(target, photos, cols=6, tint=0.001)
    cells = np.asarray(mosaic).reshape(6, 16, 6, 16, 3).swapaxes(1, 2)
    off = np.abs(cells.astype(int) - photos[mosaic.index])
    assert off.max() <= 2


def test_a_small_tint_chooses_as_none_does(rng, photos):
    target = rng.random((60, 60, 3))
    one, other = (plan(target, photos, cols=12, tint=tint).index for tint in (0, 1e-4))
    assert (one == other).mean() > 0.95
