from __future__ import annotations

import pytest

from facemo.planning.terms import grid_shape, most_spacing, window


@pytest.mark.parametrize(
    ("target", "tile", "cols", "rows", "expected"),
    [
        ((100, 100), (8, 8), None, None, (64, 64)),
        ((300, 400), (8, 8), 100, None, (75, 100)),
        ((300, 400), (8, 16), 100, None, (150, 100)),
        ((300, 400), (8, 8), None, 75, (75, 100)),
        ((300, 400), (8, 8), 64, 5, (5, 64)),
        ((1, 10_000), (8, 8), 64, None, (1, 64)),
        ((10_000, 1), (8, 8), None, 64, (64, 1)),
    ],
)
def test_the_grid_follows_both_aspects(target, tile, cols, rows, expected):
    assert grid_shape(target, tile, cols, rows) == expected


@pytest.mark.parametrize(
    ("spacing", "grid", "expected"), [(0, (9, 9), 1), (1, (9, 9), 9), (3, (2, 100), 14)]
)
def test_a_window_ends_where_the_grid_does(spacing, grid, expected):
    assert window(spacing, grid) == expected


def test_most_spacing_is_the_largest_that_there_are_tiles_for():
    assert [most_spacing(n, (50, 50), 9) for n in (1, 8, 9, 24, 25, 10_000)] == [0, 0, 1, 1, 2, 9]
