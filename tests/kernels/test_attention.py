from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.kernels.attention import edges_along, most_held


@pytest.mark.parametrize("shape", [(20, 31), (1, 9), (9, 1), (1, 1)])
@pytest.mark.parametrize("factor", [1, 3])
@pytest.mark.parametrize("axis", [0, 1])
def test_edges_add_up_along_an_axis(shape, factor, axis):
    grey = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    out = np.empty(-(-shape[axis] // factor))
    edges_along(grey, factor, axis, out)
    np.testing.assert_allclose(out, naive.edges_along(grey, factor, axis), rtol=1e-5)


@pytest.mark.parametrize("length", [0.25, 0.6, 0.99])
@pytest.mark.parametrize("favourite", [0.2, 0.5])
def test_a_crop_begins_where_it_has_most_edges(length, favourite):
    for edges in np.random.default_rng(1).random((20, 17)):
        begin = most_held(edges, length, favourite, 0.1)
        assert begin == pytest.approx(naive.most_held(edges, length, favourite, 0.1))


def test_where_there_are_no_edges_it_is_the_favourite_place():
    assert most_held(np.zeros(8), 0.5, 0.5, 0.1) == pytest.approx(0.25)
