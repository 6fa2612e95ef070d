from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo.reports import repeats
from facemo.reports.repeats import equal_neighbours, nearest_repeat, uses


@pytest.mark.parametrize("many", [0, 1 << 17])
@given(
    st.integers(1, 8), st.integers(1, 8), st.integers(1, 40), st.integers(0, 9), st.integers(1, 9)
)
def test_the_nearest_repeat_is_the_nearest(many, rows, cols, tiles, seed, batch):
    """Of few cells by a tree, of many by trying one distance after another."""
    index = np.random.default_rng(seed).integers(0, tiles, (rows, cols), dtype=np.int32)
    expected = naive.nearest_repeat(index)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(repeats, "_MANY", many)
        patch.setattr(repeats, "_BATCH", batch)
        assert nearest_repeat(index) == (None if expected == np.inf else expected)


def test_uses_are_counted_batch_by_batch(rng, monkeypatch):
    index = rng.integers(0, 9, (7, 5), dtype=np.int32)
    monkeypatch.setattr(repeats, "_BATCH", 4)
    assert uses(index).tolist() == np.bincount(index.ravel()).tolist()


def test_equal_neighbours_are_above_below_left_or_right():
    index = np.array([[0, 0, 1], [2, 3, 4], [1, 5, 2]], np.int32)
    assert equal_neighbours(index) == pytest.approx(2 / 9)


@pytest.mark.parametrize("many", [0, 1 << 17])
def test_empty_cells_are_no_repeats(many, monkeypatch):
    monkeypatch.setattr(repeats, "_MANY", many)
    index = np.array([[-1, -1, 0, -1], [-1, 2, 1, -1], [0, -1, -1, 1]], np.int32)
    assert uses(index).tolist() == [2, 2, 1]
    assert nearest_repeat(index) == 1
    assert equal_neighbours(index) == 0
    index[2, 0] = index[2, 3] = -1
    assert nearest_repeat(index) is None
    index[0, 3] = 0
    assert equal_neighbours(index) == 2 / 4
