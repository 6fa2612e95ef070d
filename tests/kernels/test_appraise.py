from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.kernels.appraise import Prices, Seen, appraise


def looks(rng, count, parts):
    values = ((count, 3, parts), (count, 3), (count, 3), (count, 3), (count, 3))
    return Seen(*(rng.random(shape, np.float32) * 99 for shape in values))


@pytest.mark.parametrize("parts", [0, 4, 13, 20])
@pytest.mark.parametrize("tint", [0.0, 0.4, 1.0])
def test_costs_are_those_of_a_slow_sum(rng, parts, tint):
    cells, tiles = looks(rng, 6, parts), looks(rng, 9, parts)
    candidates = rng.integers(0, 9, (6, 4)).astype(np.int32)
    prices = Prices(rng.random(parts, np.float32), 0.3, 0.004, tint)
    weights = rng.random(6, np.float32)
    out = np.empty(candidates.shape, np.float32)
    appraise(cells, tiles, weights, candidates, prices, out)
    expected = [
        [naive.appraise(cells, i, weights[i], tiles, t, prices) for t in row]
        for i, row in enumerate(candidates)
    ]
    np.testing.assert_allclose(out, expected, rtol=1e-4)
