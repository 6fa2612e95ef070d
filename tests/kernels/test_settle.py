from __future__ import annotations

import numpy as np

from facemo.kernels.settle import choose


def test_choose_gives_each_cell_in_turn_its_first_free_candidate():
    grid = np.full((1, 4), -1, np.int32)
    candidates = np.array([[0, 1], [0, 1], [0, 1], [0, 1]], np.int32)
    choose(np.array([1, 0, 3, 2]), candidates, np.zeros(4), 2, 1, 1, grid)
    assert grid.tolist() == [[1, 0, 1, 0]]


def test_choose_counts_a_tile_and_its_mirror_image_as_one():
    grid = np.full((1, 2), -1, np.int32)
    candidates = np.array([[0, 1], [2, 3]], np.int32)
    choose(np.array([0, 1]), candidates, np.zeros(2), 2, 1, 1, grid)
    assert grid.tolist() == [[0, 3]]
