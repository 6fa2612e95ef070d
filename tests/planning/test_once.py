from __future__ import annotations

import naive
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo.errors import InputError
from facemo.planning.once import check_once, once_grid

RATIOS = st.sampled_from([0.01, 0.5, 0.5625, 0.75, 1.0, 1.5, 16 / 9, 100.0])


@given(st.integers(1, 5000), RATIOS)
def test_fewer_photos_are_left_over_than_the_longer_side_has_cells(photos, ratio):
    rows, cols = once_grid(photos, ratio)
    assert 0 <= photos - rows * cols < max(rows, cols)


@given(st.integers(1, 150), RATIOS)
def test_of_all_such_grids_it_is_the_one_that_loses_least(photos, ratio):
    assert naive.loss(*once_grid(photos, ratio), photos, ratio) == pytest.approx(
        min(naive.loss(*grid, photos, ratio) for grid in naive.once_grids(photos))
    )


@pytest.mark.parametrize(
    ("photos", "ratio", "expected"),
    [
        (1, 1.0, (1, 1)),
        (2, 100.0, (2, 1)),
        (200, 1.0, (14, 14)),
        (110, 1.0, (10, 11)),  # 10 x 10 would leave ten of them
        (500, 1.0, (22, 22)),  # 20 x 25 would leave none, and stretch a face by a quarter
        (5000, 0.75, (61, 81)),  # 61 x 82 would be two too many
    ],
)
def test_a_little_stretch_is_worth_a_few_photos(photos, ratio, expected):
    assert once_grid(photos, ratio) == expected


def test_a_side_that_is_given_stays_and_the_photos_fill_the_other():
    assert once_grid(600, 1.0, cols=24) == (25, 24)
    assert once_grid(610, 1.0, rows=24) == (24, 25)
    assert once_grid(600, 1.0, cols=20, rows=30) == (30, 20)


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        ({"cols": 700}, "once=True with cols=700: 700 x 1 cells are more than the 600 photos"),
        (
            {"cols": 25, "rows": 25},
            "cols=25 and rows=25: .* are more .* leave them out, for 25 x 24",
        ),
        (
            {"cols": 20, "rows": 20},
            "leave 200 of the 600 photos over: .* or use max_uses=1 in place",
        ),
        ({"cols": 20}, "20 x 30 cells for 600 photos stretch the target 1.5 times: leave it out"),
        ({"rows": 20}, "once=True with rows=20: 30 x 20 cells for 600 photos stretch"),
    ],
)
def test_sides_that_do_not_fit_are_refused_with_what_would(sides, message):
    with pytest.raises(InputError, match=message):
        check_once(600, 1.0, **{"cols": None, "rows": None, **sides})


@pytest.mark.parametrize(
    ("photos", "sides"),
    [
        (600, {}),
        (600, {"cols": 24}),
        (610, {"rows": 24}),
        (600, {"cols": 20, "rows": 30}),  # who names both wants it stretched
        (2, {"cols": 2}),  # two photos stretch any square
    ],
)
def test_sides_that_fit_are_taken(photos, sides):
    check_once(photos, 1.0, **{"cols": None, "rows": None, **sides})
