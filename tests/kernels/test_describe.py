from __future__ import annotations

import numpy as np

from facemo.kernels.describe import parts_of, spread_of


def test_parts_are_blocks_and_quarters_less_the_mean(rng):
    blocks = rng.random((5, 4, 4, 3)) * 255
    out = np.full((5, 3, 20), np.nan, np.float32)
    parts_of(blocks, np.array([1, 2, 3.0]), out)
    differs = (blocks - blocks.mean(axis=(1, 2), keepdims=True)) * [1, 2, 3]
    quarters = differs.reshape(5, 2, 2, 2, 2, 3).mean(axis=(2, 4))
    expected = np.concatenate([differs.reshape(5, 16, 3), quarters.reshape(5, 4, 3)], axis=1)
    np.testing.assert_allclose(out, expected.swapaxes(1, 2), atol=1e-4)


def test_spread_is_the_standard_deviation_of_each_channel(rng):
    blocks = rng.random((5, 3, 3, 3)) * 255
    out = np.empty((5, 3), np.float32)
    spread_of(blocks, out)
    np.testing.assert_allclose(out, blocks.std(axis=(1, 2)), rtol=1e-4)
