from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.kernels.faces import face_windows

SIDE = 12


@pytest.fixture
def cascade():
    """Blocks, votes, stages and least of three features in two stages, for windows of 12 pixels."""
    rng = np.random.default_rng(0)
    blocks = np.array([[0, 0, 2, 3], [3, 1, 3, 2], [1, 2, 1, 1]], np.int32)
    votes = rng.normal(size=(3, 256)).astype(np.float32)
    return blocks, votes, np.array([1, 3], np.int32), np.array([-0.2, -0.3], np.float32)


def sums_of(grey):
    return np.pad(grey, ((1, 0), (1, 0))).cumsum(0).cumsum(1).astype(np.int32)


def test_windows_pass_if_every_stage_takes_them(cascade):
    grey = np.random.default_rng(1).integers(0, 256, (20, 25))
    out = np.empty((20 - SIDE + 1, 25 - SIDE + 1), np.bool_)
    face_windows(sums_of(grey), *cascade, 1, out)
    np.testing.assert_array_equal(out, naive.face_windows(grey, *cascade, SIDE))
    assert 0 < out.sum() < out.size


def test_with_a_step_windows_are_looked_at_around_those_that_pass_alone(cascade):
    grey = np.random.default_rng(2).integers(0, 256, (20, 25))
    every = naive.face_windows(grey, *cascade, SIDE)
    out = np.empty_like(every)
    face_windows(sums_of(grey), *cascade, 2, out)
    expected = np.zeros_like(every)
    for row, col in np.argwhere(every[::2, ::2]) * 2:
        near = np.s_[max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2]
        expected[near] = every[near]
    np.testing.assert_array_equal(out, expected)
    assert out.sum() < every.sum()
