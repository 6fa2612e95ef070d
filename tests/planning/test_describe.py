from __future__ import annotations

import numpy as np

from facemo.area import block_means
from facemo.planning import describe as features
from facemo.planning.describe import Looks, mirrored


def test_mirrored_blocks_are_those_of_mirrored_tiles(tile_array):
    np.testing.assert_allclose(
        mirrored(block_means(tile_array, 2)), block_means(tile_array[:, :, ::-1], 2)
    )


def test_means_are_in_srgb_whatever_the_space(rng):
    blocks = rng.random((5, 2, 2, 3)) * 255
    np.testing.assert_allclose(Looks(blocks, "lab").means, blocks.mean(axis=(1, 2)))


def test_one_block_is_described_by_its_colour(rng):
    blocks = rng.random((5, 1, 1, 3)) * 255
    np.testing.assert_allclose(Looks(blocks).described(), blocks[:, 0, 0], rtol=1e-6)


def test_distances_are_the_mean_over_blocks_and_a_quarter_of_that_of_the_means(rng):
    a, b = rng.random((2, 1, 4, 4, 3)) * 255
    expected = ((a - b) ** 2).sum() / 16 + 0.25 * ((a.mean((1, 2)) - b.mean((1, 2))) ** 2).sum()
    apart = Looks(a).described() - Looks(b).described()
    np.testing.assert_allclose((apart**2).sum(), expected, rtol=1e-4)


def test_lab_is_that_of_scikit_image():
    white = Looks(np.full((1, 1, 1, 3), 255.0), "lab").described()
    np.testing.assert_allclose(white, [[100, 0, 0]], atol=0.01)


def test_what_the_tint_will_move_counts_less(rng):
    blocks = rng.random((1, 2, 2, 3)) * 100
    dark, light = Looks(blocks), Looks(blocks + 100)
    apart = [np.linalg.norm(dark.described(t) - light.described(t)) for t in (0, 0.5, 1)]
    assert apart[0] > apart[1] > apart[2] > 0


def test_colours_are_converted_in_batches_that_do_not_show(rng, monkeypatch):
    blocks = rng.random((50, 2, 2, 3)) * 255
    whole = Looks(blocks, "lab").described()
    monkeypatch.setattr(features, "_CONVERTED", 7)
    np.testing.assert_array_equal(Looks(blocks, "lab").described(), whole)
