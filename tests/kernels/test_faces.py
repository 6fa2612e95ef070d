from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.kernels.faces import Cascade, agree, face_windows, shrink

SIDE = 12


@pytest.fixture
def cascade():
    """Three features in three stages, for windows of 12 pixels."""
    rng = np.random.default_rng(0)
    blocks = np.array([[0, 0, 2, 3], [3, 1, 3, 2], [1, 2, 1, 1]], np.int32)
    votes = rng.normal(size=(3, 256)).astype(np.float32)
    least = np.array([-0.2, -0.3, -0.5], np.float32)
    return Cascade(blocks, votes, np.array([1, 2, 3], np.int32), least, SIDE)


def picture(height, width, seed=1):
    return np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)


def found(grey, cascade, seed=-np.inf, growth=100.0, every=np.inf):
    """The corners, top and left, of the windows that are found."""
    out = np.empty((1000, 4))
    count = face_windows(grey, cascade, grey.shape, growth, seed, every, out)
    return out[:count, :2].tolist()


def expected(grey, cascade):
    """Those that pass, and are near one at a step of two pixels that the last stage takes."""
    greys = grey.astype(int)
    every = naive.face_windows(greys, *cascade)
    last = cascade._replace(least=np.array([-np.inf, -np.inf, cascade.least[-1]]))
    near = np.zeros_like(every)
    for row, col in np.argwhere(naive.face_windows(greys, *last)[::2, ::2]) * 2:
        around = np.s_[max(row - 2, 0) : row + 3, max(col - 2, 0) : col + 3]
        near[around] = every[around]
    return np.argwhere(near).tolist()


@pytest.mark.parametrize("width", [25, 26])
def test_windows_pass_if_every_stage_takes_them(cascade, width):
    grey = picture(20, width)
    corners = found(grey, cascade)
    assert corners == expected(grey, cascade)
    assert 0 < len(corners) < (20 - SIDE + 1) * (width - SIDE + 1)


def test_large_windows_are_looked_at_at_every_pixel(cascade):
    grey = picture(21, 26)
    every = naive.face_windows(grey.astype(int), *cascade)
    assert found(grey, cascade, every=1.0) == np.argwhere(every).tolist()


def test_windows_are_met_first_by_what_two_stages_say_together(cascade):
    grey = picture(20, 25)
    assert found(grey, cascade, np.inf) == []
    strict, lenient = found(grey, cascade, 0.5), found(grey, cascade)
    assert all(corner in lenient for corner in strict)


@pytest.mark.parametrize("shape", [(1, 400), (400, 1), (11, 400), (12, 12), (12, 400), (400, 12)])
@pytest.mark.parametrize("kind", ["noise", "white"])
def test_pictures_of_extreme_sizes_have_the_windows_that_they_have(cascade, shape, kind):
    grey = picture(*shape) if kind == "noise" else np.full(shape, 255, np.uint8)
    every = []
    if min(shape) >= SIDE:
        every = np.argwhere(naive.face_windows(grey.astype(int), *cascade)).tolist()
    assert found(grey, cascade, every=1.0) == every


def test_sums_that_16_bits_do_not_hold_do_no_harm(cascade):
    grey = 255 - picture(60, 70) // 8
    assert found(grey, cascade) == expected(grey, cascade)


def test_windows_are_sought_in_the_picture_made_smaller(cascade):
    grey = picture(26, 30)
    small = np.empty((13, 15), np.uint8)
    shrink(grey, small)
    first, both = (found(grey, cascade, growth=growth) for growth in (100.0, 2.0))
    assert both[: len(first)] == first
    assert both[len(first) :] == (2 * np.array(found(small, cascade)).reshape(-1, 2)).tolist()
    assert len(both) > len(first)


def test_no_more_windows_are_said_than_there_is_room_for(cascade):
    out = np.empty((2, 4))
    assert face_windows(picture(20, 25), cascade, (20, 25), 100.0, -np.inf, np.inf, out) == 2


@pytest.mark.parametrize("shape", [(20, 31), (13, 16), (10, 31)])
def test_a_picture_is_made_smaller_by_mixing_neighbours(shape):
    grey = picture(20, 31)
    out = np.empty(shape, np.uint8)
    shrink(grey, out)
    np.testing.assert_allclose(out, naive.shrunk(grey, *shape), atol=3)


@pytest.mark.parametrize("fewest", [1, 3])
def test_windows_that_overlap_are_one_face(fewest):
    corners = np.random.default_rng(3).integers(0, 20, (40, 2))
    windows = np.hstack([corners, corners + 9]).astype(float)
    out = np.empty_like(windows)
    count = agree(windows, 0.5, 0.2, fewest, out)
    np.testing.assert_allclose(out[:count], naive.agree(windows, 0.5, 0.2, fewest))
    assert count > 1


def test_no_windows_are_no_face():
    assert agree(np.empty((0, 4)), 0.5, 0.2, 1, np.empty((0, 4))) == 0
