from __future__ import annotations

import numpy as np
import pytest

from facemo.library.attention import beginning

FLAT = np.full((100, 200), 128, np.uint8)


def begins(boxes, axis=1, length=0.5):
    """Where a crop of FLAT begins if these are the faces, each (top, left, bottom, right)."""
    return beginning(not_asked, axis, length, np.array(boxes, float) / [100, 200, 100, 200])


def not_asked():
    raise AssertionError("nobody has to look")


def busiest(image, axis, length):
    return beginning(lambda: image, axis, length)


def test_a_head_is_put_in_the_middle_of_the_crop():
    assert begins([(40, 90, 60, 110)]) == pytest.approx(0.25)
    assert begins([(40, 70, 60, 90)]) == pytest.approx(0.15)


def test_a_head_is_put_a_little_above_the_middle():
    # With hair and chin it goes from 32 to 63 of 100.
    begin = begins([(40, 90, 60, 110)], axis=0)
    assert begin == pytest.approx(0.475 - 0.4 * 0.5)


@pytest.mark.parametrize(("left", "expected"), [(0, 0), (180, 0.5)])
def test_a_crop_stays_within_the_picture(left, expected):
    assert begins([(40, left, 60, left + 20)]) == expected


def test_all_faces_are_kept_if_they_fit():
    begin = begins([(40, 30, 60, 50), (40, 100, 60, 120)])
    assert 0.15 - 0.5 <= begin <= 0.15
    assert begin + 0.5 >= 0.6


def test_faces_that_only_fit_without_their_hair_are_kept():
    assert begins([(40, 50, 60, 70), (40, 130, 60, 150)]) == pytest.approx(0.25)


def test_of_faces_that_do_not_fit_the_largest_are_kept():
    small, large = (40, 0, 60, 20), (30, 150, 70, 190)
    assert begins([small, large]) + 0.5 >= 0.95
    assert begins([small, small, small, large]) + 0.5 >= 0.95


def test_a_face_larger_than_the_crop_is_cut_on_both_sides():
    assert begins([(0, 60, 80, 140)], length=0.2) == pytest.approx(0.4)


def test_without_faces_it_is_where_the_edges_are():
    image = FLAT.copy()
    image[30:70:2, 150:190] = 0
    begin = busiest(image, 1, 0.5)
    assert begin <= 0.75
    assert begin + 0.5 >= 0.95


def test_where_nothing_is_to_be_seen_it_is_near_the_centre_across_and_higher_down():
    assert busiest(FLAT, 1, 0.5) == pytest.approx(0.25)
    assert 0.1 < busiest(FLAT, 0, 0.5) < 0.25


@pytest.mark.parametrize("shape", [(1, 256), (256, 1), (1, 1), (2, 3)])
def test_a_picture_may_be_as_thin_as_a_line(shape):
    for axis in (0, 1):
        assert 0 <= busiest(np.zeros(shape, np.uint8), axis, 0.25) <= 0.75
        assert 0 <= busiest(np.zeros((*shape, 3), np.uint8), axis, 0.25) <= 0.75


def test_a_tall_picture_in_which_nothing_speaks_is_cropped_near_its_top():
    tall, wide = np.zeros((128, 64), np.uint8), np.zeros((64, 128), np.uint8)
    assert busiest(tall, 0, 0.5) == pytest.approx(0.1, abs=0.01)
    assert busiest(wide, 1, 0.5) == pytest.approx(0.25, abs=0.01)
