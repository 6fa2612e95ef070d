from __future__ import annotations

import numpy as np

from facemo.kernels.settle import Choices, choose


def test_choose_gives_each_cell_in_turn_its_first_free_candidate():
    grid = np.full((1, 4), -1, np.int32)
    candidates = np.array([[0, 1], [0, 1], [0, 1], [0, 1]], np.int32)
    choices = Choices(candidates, np.arange(4, dtype=np.int32), np.zeros(4))
    choose(np.array([1, 0, 3, 2]), choices, 2, 1, 1, grid)
    assert grid.tolist() == [[1, 0, 1, 0]]


def test_choose_counts_a_tile_and_its_mirror_image_as_one():
    grid = np.full((1, 2), -1, np.int32)
    candidates = np.array([[0, 1], [2, 3]], np.int32)
    choose(np.array([0, 1]), Choices(candidates, np.int32([0, 1]), np.zeros(2)), 2, 1, 1, grid)
    assert grid.tolist() == [[0, 3]]


def test_cells_may_share_candidates():
    grid = np.full((1, 3), -1, np.int32)
    choices = Choices(np.int32([[0, 1], [1, 0]]), np.int32([1, 0, 1]), np.zeros(3))
    choose(np.arange(3), choices, 2, 1, 0, grid)
    assert grid.tolist() == [[1, 0, 1]]
