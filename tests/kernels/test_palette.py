from __future__ import annotations

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import rgb2lab

from facemo.kernels.palette import Centres, Points, Wanted, assign, diffuse, split

counts = st.lists(st.integers(1, 6), min_size=1, max_size=4)
seeds = st.integers(0, 2**32 - 1)


def starts_of(sizes):
    return np.concatenate([[0], np.cumsum(sizes)])


def points_of(seed, sizes, values=4):
    """Groups of points, of few values, so that some are equal."""
    rng = np.random.default_rng(seed)
    lab = rng.integers(0, values, (sum(sizes), 3)).astype(float)
    return Points(lab, rng.integers(1, 9, len(lab)).astype(float), starts_of(sizes))


def centres_of(seed, sizes):
    """Groups of centres, within each by one of their values."""
    rgb = np.random.default_rng(seed).integers(0, 256, (sum(sizes), 3)).astype(np.float32)
    lab, groups = rgb2lab(rgb / 255), np.repeat(np.arange(len(sizes)), sizes)
    axes = np.random.default_rng(seed).integers(0, 3, len(sizes))
    order = np.lexsort((lab[np.arange(len(lab)), axes[groups]], groups))
    return Centres(np.float64(lab[order]), rgb[order], starts_of(sizes), axes)


def parts_of(points, most):
    out = np.full(len(points.lab), -1)
    split(points, most, out)
    return out


@given(seeds, counts, st.integers(1, 30))
def test_parts_are_within_groups_and_at_most_as_many_as_asked_for(seed, sizes, most):
    points = points_of(seed, sizes)
    parts = parts_of(points, most)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    assert all(len(set(groups[parts == part])) == 1 for part in set(parts.tolist()))
    assert set(parts.tolist()) == set(range(parts.max() + 1))
    assert parts.max() < max(most, len(sizes))


@given(seeds, counts)
def test_with_room_for_all_only_equal_points_share_a_part(seed, sizes):
    points = points_of(seed, sizes)
    parts = parts_of(points, 100)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    seen = {}
    for part, key in zip(parts.tolist(), map(tuple, np.c_[groups, points.lab]), strict=True):
        assert seen.setdefault(key, part) == part
    assert len(set(seen.values())) == len(seen)


def test_what_differs_most_is_cut_first():
    lab = np.float64([[0, 0, 0], [1, 0, 0], [0, 50, 0], [0, 90, 0]])
    points = Points(lab, np.ones(4), np.array([0, 2, 4]))
    assert parts_of(points, 2).tolist() == [0, 0, 1, 1]
    assert parts_of(points, 3).tolist() == [0, 0, 1, 2]
    # Many cells that differ a little come before few that differ more.
    heavy = Points(lab, np.float64([5000, 5000, 1, 1]), np.array([0, 2, 4]))
    assert len(set(parts_of(heavy, 3)[:2].tolist())) == 2


@given(seeds, counts, st.data())
def test_a_point_is_assigned_the_nearest_centre_of_its_group(seed, sizes, data):
    points = points_of(seed, sizes, values=100)
    own = data.draw(st.lists(st.integers(1, 40), min_size=len(sizes), max_size=len(sizes)))
    centres = centres_of(seed, own)
    out = np.full(len(points.lab), -1)
    assign(points, centres, out)
    for group in range(len(sizes)):
        first, last = centres.starts[group], centres.starts[group + 1]
        for i in range(points.starts[group], points.starts[group + 1]):
            apart = ((centres.lab[first:last] - points.lab[i]) ** 2).sum(axis=1)
            assert first <= out[i] < last
            assert apart[out[i] - first] == apart.min()


def wanted_of(seed, rows, cols, groups):
    rng = np.random.default_rng(seed)
    return Wanted(
        rng.integers(0, groups, (rows, cols), dtype=np.int32),
        rng.integers(0, 256, (rows, cols, 3), dtype=np.uint8),
        rng.integers(0, 256, (groups, 3)).astype(np.float32),
        0.7,
    )


@given(seeds, st.integers(1, 6), st.integers(1, 6), counts)
def test_diffusion_hands_what_is_off_to_the_neighbours(seed, rows, cols, sizes):
    wanted, centres = wanted_of(seed, rows, cols, len(sizes)), centres_of(seed, sizes)
    out = np.full((rows, cols), -1, np.int32)
    diffuse(wanted, centres, np.zeros((2, cols + 2, 3)), out)
    np.testing.assert_array_equal(out, naive.diffuse(wanted, centres))


@given(seeds, st.integers(1, 9), st.integers(1, 9))
def test_bands_of_any_height_give_the_same(seed, rows, height):
    wanted, centres = wanted_of(seed, rows, 5, 2), centres_of(seed, [3, 4])
    whole, banded = np.full((2, rows, 5), -1, np.int32)
    diffuse(wanted, centres, np.zeros((2, 7, 3)), whole)
    carried = np.zeros((2, 7, 3))
    for top in range(0, rows, height):
        some = slice(top, top + height)
        band = wanted._replace(groups=wanted.groups[some], colors=wanted.colors[some])
        diffuse(band, centres, carried, banded[some])
    np.testing.assert_array_equal(banded, whole)


def test_cells_without_a_group_have_no_centre_and_hand_nothing_on():
    wanted = wanted_of(3, 4, 6, 2)
    wanted.groups[:, 2] = -1
    centres, out = centres_of(3, [3, 2]), np.empty((4, 6), np.int32)
    diffuse(wanted, centres, np.zeros((2, 8, 3)), out)
    assert (out[:, 2] == -1).all()
    for part in (np.s_[:, :2], np.s_[:, 3:]):
        alone = Wanted(wanted.groups[part], wanted.colors[part], wanted.means, wanted.tint)
        of_part = np.empty(alone.groups.shape, np.int32)
        diffuse(alone, centres, np.zeros((2, alone.groups.shape[1] + 2, 3)), of_part)
        np.testing.assert_array_equal(out[part], of_part)
