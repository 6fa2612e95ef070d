from __future__ import annotations

import numpy as np

from facemo.kernels.match import squared_distances


def test_squared_distances_are_those_of_the_candidates(rng):
    tiles, cells = rng.random((5, 7), np.float32), rng.random((4, 7), np.float32)
    candidates = rng.integers(0, 5, (4, 3), dtype=np.int32)
    out = np.empty((4, 3), np.float32)
    squared_distances(tiles, cells, candidates, out)
    expected = ((cells[:, None] - tiles[candidates]) ** 2).sum(axis=2)
    np.testing.assert_allclose(out, expected, rtol=1e-5)
