from __future__ import annotations

import pickle

import numpy as np
import pytest

from facemo.drawing.variants import Variants, some_of
from facemo.errors import InputError

NAN = np.float32(np.nan)


def test_tiles_alone_are_laid_as_they_are():
    variants = Variants(np.array([3, 1], np.int32))
    assert variants.mirrored.tolist() == [False, False]
    assert not variants.recoloured.any()
    assert repr(variants) == "Variants(2 of 2 tiles)"


def test_a_mean_says_which_are_recoloured():
    mean = np.float32([[NAN, NAN, NAN], [0, 128, 255]])
    variants = Variants(np.zeros(2, np.int32), mean=mean)
    assert variants.recoloured.tolist() == [False, True]
    assert repr(variants) == "Variants(2 of 1 tiles, 1 recoloured)"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((np.zeros(2),), r"tile must be \(V,\) int32, got \(2,\) float64"),
        ((np.zeros((2, 2), np.int32),), r"got \(2, 2\) int32"),
        ((np.zeros(0, np.int32),), r"got \(0,\) int32"),
        ((np.zeros(2, np.int32), np.zeros(3, bool)), r"mirrored must be \(2,\) bool, got \(3,\)"),
        ((np.zeros(2, np.int32), np.zeros(2)), r"got \(2,\) float64"),
        ((np.zeros(2, np.int32), None, np.zeros((2, 3))), r"mean must be \(2, 3\) float32, got"),
        ((np.zeros(2, np.int32), None, np.zeros((3, 3), np.float32)), r"got \(3, 3\) float32"),
        ((np.zeros(1, np.int32), None, np.float32([[0, 0, 256]])), "values from 0 to 255"),
        ((np.zeros(1, np.int32), None, np.float32([[0, -1, 0]])), "values from 0 to 255"),
        ((np.zeros(1, np.int32), None, np.float32([[0, NAN, 0]])), "three times not a number"),
        ((np.zeros(2, np.int32), None, None, None, np.zeros(2)), r"muted must be \(2,\) float32"),
        ((np.zeros(1, np.int32), None, None, None, np.float32([1.5])), "muted must be numbers"),
        ((np.zeros(1, np.int32), None, None, None, np.float32([NAN])), "from 0 to 1"),
        ((np.int32([-1]), np.array([True])), "a variant without a tile, -1, can be neither"),
        ((np.int32([-1]), None, np.float32([[0, 0, 0]])), "neither mirrored nor recoloured"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(parts, message):
    with pytest.raises(InputError, match=message):
        Variants(*parts)


def test_they_stay_read_only_when_they_are_sent():
    variants = Variants(np.array([3, 1], np.int32), mean=np.float32([[1, 2, 3], [4, 5, 6]]))
    sent = pickle.loads(pickle.dumps(variants))
    for name in ("tile", "mirrored", "mean", "ramp", "muted"):
        assert not getattr(sent, name).flags.writeable
        np.testing.assert_array_equal(getattr(sent, name), getattr(variants, name))


def test_some_of_them_are_variants_again():
    variants = Variants(np.array([3, 1, 2], np.int32), np.array([True, False, True]))
    some = some_of(variants, np.array([2, 0]))
    assert (some.tile.tolist(), some.mirrored.tolist()) == ([2, 3], [True, True])


def test_what_the_caller_does_to_an_array_later_does_not_matter():
    tile, mean = np.array([3, 1], np.int32), np.zeros((2, 3), np.float32)
    variants = Variants(tile, mean=mean)
    tile[0], mean[0] = 10**9, 300
    assert variants.tile.tolist() == [3, 1]
    assert not variants.mean.any()


def test_lists_of_several_lengths_are_refused():
    with pytest.raises(InputError, match="mirrored must be an array"):
        Variants(np.zeros(2, np.int32), [[True], [True, False]])


def test_one_may_be_of_no_tile():
    variants = Variants(np.array([3, -1, 3], np.int32), np.array([True, False, False]))
    assert variants.empty.tolist() == [False, True, False]
    assert variants.tiles.tolist() == [3]
    assert repr(variants) == "Variants(3 of 1 tiles, one of none)"
