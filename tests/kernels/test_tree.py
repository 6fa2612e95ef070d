from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo.planning.auction import Points, _cheap, tree_of


def case(seed, cells, tiles, size):
    """Cells and tiles, some of them in one place, and prices that fall as tiles lie further out."""
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 3, (tiles, size)).astype(np.float32)
    points[: tiles // 3] = points[0]
    price = np.maximum(40 * size - 3 * (points**2).sum(axis=1), 0) + rng.random(tiles)
    return Points(rng.normal(0, 5, (cells, size)).astype(np.float32), points), price


@given(st.integers(0, 99), st.integers(1, 9), st.integers(1, 200), st.integers(1, 4))
def test_what_is_cheapest_is_found_among_all(seed, cells, tiles, size):
    points, price = case(seed, cells, tiles, size)
    k = min(5, tiles)
    found, cost = _cheap(points, price, k)
    apart = ((points.cells[:, None].astype(float) - points.tiles) ** 2).sum(axis=2) + price
    np.testing.assert_allclose(cost, np.sort(apart, axis=1)[:, :k], rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(np.take_along_axis(apart, found, 1), cost, rtol=1e-5, atol=1e-4)
    assert all(len(set(row)) == k for row in found.tolist())


@pytest.mark.parametrize("count", [1, 31, 32, 33, 1000])
def test_a_tree_holds_all_points_in_few_to_a_leaf(count):
    points = case(1, 1, count, 3)[0].tiles
    tree, order = tree_of(points)
    assert sorted(order.tolist()) == list(range(count))
    leaves = slice(len(tree.first) // 2, None)
    sizes = tree.last[leaves] - tree.first[leaves]
    assert sizes.sum() == count
    assert sizes.max() <= 32
