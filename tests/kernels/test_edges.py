from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.kernels.edges import edges_along


@pytest.mark.parametrize("shape", [(7, 9), (1, 5), (5, 1), (1, 1), (2, 2)])
@pytest.mark.parametrize("axis", [0, 1])
def test_edges_are_added_up_along_an_axis(shape, axis, rng):
    greys = rng.integers(0, 256, shape, dtype=np.uint8)
    out = np.full(shape[axis], np.nan)
    edges_along(greys, axis, out)
    np.testing.assert_allclose(out, naive.edges_along(greys, axis))
