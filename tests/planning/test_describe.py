from __future__ import annotations

import numpy as np

from facemo.area import block_means
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


def test_distances_add_up_what_blocks_quarters_and_the_mean_differ_by(rng):
    a, b = rng.random((2, 1, 4, 4, 3)) * 255
    apart = Looks(a).described() - Looks(b).described()
    difference = (a - b) * 100 / 255
    mean = difference.mean(axis=(1, 2), keepdims=True)
    quarters = (difference - mean).reshape(1, 2, 2, 2, 2, 3).mean(axis=(2, 4))
    expected = ((difference - mean) ** 2).sum() / 16 + 2 * (quarters**2).sum() / 4
    np.testing.assert_allclose((apart**2).sum(), expected + 3 * (mean**2).sum(), rtol=1e-3)


def test_lab_is_that_of_scikit_image():
    white = Looks(np.full((1, 1, 1, 3), 255.0), "lab").described()
    np.testing.assert_allclose(white, [[100, 0, 0]], atol=0.01)


def test_what_the_tint_will_move_counts_less(rng):
    blocks = rng.random((1, 2, 2, 3)) * 100
    dark, light = Looks(blocks), Looks(blocks + 100)
    apart = [np.linalg.norm(dark.described(t) - light.described(t)) for t in (0, 0.5, 1)]
    assert apart[0] > apart[1] > apart[2] > 0


def test_large_chroma_is_drawn_in_so_that_distances_are_as_they_look():
    dull, vivid = np.zeros((2, 2, 1, 1, 3))
    dull[:, 0, 0] = [[120, 120, 120], [130, 118, 120]]
    vivid[:, 0, 0] = [[250, 20, 20], [240, 30, 20]]
    apart = [
        np.linalg.norm(np.diff(Looks(each, "lab").seen.evened, axis=0)) for each in (dull, vivid)
    ]
    plain = [
        np.linalg.norm(np.diff(Looks(each, "lab").seen.mean, axis=0)) for each in (dull, vivid)
    ]
    assert apart[1] / plain[1] < apart[0] / plain[0] <= 1
