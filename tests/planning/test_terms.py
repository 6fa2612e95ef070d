from __future__ import annotations

import pytest

from facemo.errors import InputError
from facemo.options import Planning
from facemo.planning.terms import grid_shape, most_spacing, spelt_out, terms_of, window


@pytest.mark.parametrize(
    ("target", "tile", "cols", "rows", "expected"),
    [
        ((100, 100), (8, 8), None, None, (100, 100)),
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


def test_once_is_short_for_the_three_options_that_it_sets_and_for_nothing_else():
    once = spelt_out(Planning(once=True, k=3, seed=7), 48, (8, 8), (300, 400))
    assert once == Planning(max_uses=1, cols=8, rows=6, k=3, seed=7)
    assert terms_of(Planning(once=True), 48, (8, 8), (300, 400)) == terms_of(
        Planning(max_uses=1, cols=8, rows=6), 48, (8, 8), (300, 400)
    )


def test_the_grid_of_once_knows_the_aspect_of_the_tiles():
    once = spelt_out(Planning(once=True), 200, (8, 16), (100, 100))
    assert (once.rows, once.cols) == (20, 10)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"spacing": 1}, "spacing=1 takes more than the 4 tiles there are: use spacing=0$"),
        ({"detail": 2}, "use detail=1$"),
        (
            {"max_uses": 3},
            "max_uses=3 of 4 tiles fill 12 of the 81 cells .9 x 9.: use max_uses=21 or more, "
            "fewer cells, more tiles, or once=True",
        ),
    ],
)
def test_what_tiles_and_target_cannot_give_is_refused_with_what_they_can(options, message):
    with pytest.raises(InputError, match=message):
        terms_of(Planning(cols=9, **options), 4, (8, 8), (9, 9))
