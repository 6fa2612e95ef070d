from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.repeats import most_spacing, spaced, window


@pytest.mark.parametrize(
    ("spacing", "grid", "expected"), [(0, (9, 9), 1), (1, (9, 9), 9), (3, (2, 100), 14)]
)
def test_a_window_ends_where_the_grid_does(spacing, grid, expected):
    assert window(spacing, grid) == expected


def test_most_spacing_is_the_largest_that_there_are_tiles_for():
    assert [most_spacing(n, (50, 50), 9) for n in (1, 8, 9, 24, 25, 10_000)] == [0, 0, 1, 1, 2, 9]


@pytest.mark.parametrize("spacing", [1, 2, 3])
@pytest.mark.parametrize("k", [1, 5])
def test_with_just_enough_tiles_the_spacing_still_holds(rng, spacing, k):
    tiles = rng.random(((2 * spacing + 1) ** 2, 3), np.float32)
    cells = np.zeros((20 * 30, 3), np.float32)
    index = spaced(tiles, cells, (20, 30), len(tiles), k, spacing, rng)
    assert naive.nearest_repeat(index) > spacing


def test_far_apart_cells_get_their_nearest_tile(rng):
    tiles = np.float32([[0, 0, 0], [9, 9, 9]])
    cells = np.repeat(tiles, [1, 1], axis=0)
    assert spaced(tiles, cells, (1, 2), 2, 1, 1, rng).tolist() == [[0, 1]]


def test_a_mirror_image_counts_as_its_tile(rng):
    tiles = rng.random((9, 5), np.float32)
    both = np.concatenate([tiles, tiles + 0.01])
    index = spaced(both, np.zeros((100, 5), np.float32), (10, 10), 9, 1, 1, rng)
    assert naive.nearest_repeat(index % 9) > 1
