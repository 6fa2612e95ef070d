from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from helpers import noise

from facemo.errors import InputError
from facemo.options import Planning
from facemo.planning.plan import plan
from facemo.reports.compare import _values, compare

GREYS = np.repeat(np.arange(0, 256, 5, dtype=np.uint8), 8 * 8 * 3).reshape(-1, 8, 8, 3)


@pytest.fixture
def target(rng):
    return np.asarray(noise(rng, 80, 60))


def test_there_is_a_cell_for_each_value_and_it_names_it(target):
    sheet = compare(target, GREYS, "spacing", cols=10)
    assert sheet.tiles.names == tuple(f"spacing={n}" for n in (0, 1, 2))  # 4 takes 81 tiles
    assert sheet.cells.tolist() == [[0, 1, 2]]


def test_each_cell_shows_its_mosaic_as_it_is_close_by(target):
    sheet = compare(target, GREYS, "tint", cols=10)
    for tint, shown in zip((0, 0.25, 0.5, 0.75, 1), sheet.tiles.pixels, strict=True):
        mosaic = plan(target, GREYS, cols=10, tint=tint)
        height, width = mosaic.shape[:2]
        left = (shown.shape[1] - width) // 2
        bottom = shown[:, left : left + width]
        assert any(
            np.array_equal(bottom[y : y + height], mosaic[:])
            for y in range(len(bottom) - height + 1)
        )


def test_other_options_stay_and_what_is_given_for_the_compared_one_is_not_heeded(target):
    one, other = (compare(target, GREYS, "tint", tint=tint, cols=5) for tint in (0, 1))
    np.testing.assert_array_equal(one, other)
    assert np.any(np.asarray(one) != np.asarray(compare(target, GREYS, "tint", cols=6)))


def test_the_values_of_an_option_are_some_that_it_takes():
    found = {each.name: _values(each) for each in fields(Planning)}
    assert {"cols", "tint", "mirror", "space", "weights"} <= {name for name in found if found[name]}
    for name, values in found.items():
        assert len(set(values)) in (0, 2, 3, 4, 5)
        for value in values:
            Planning(**{name: value})


@pytest.mark.parametrize(
    ("option", "meant"), [("tnt", ": did you mean 'tint'"), ("quality", "$"), (5, "$"), ("", "$")]
)
def test_what_is_no_option_of_plan_is_refused(target, option, meant):
    with pytest.raises(
        InputError, match=f"what is compared must be one of cols, .* got {option!r}{meant}"
    ):
        compare(target, GREYS, option)


def test_where_fewer_than_two_values_work_the_reason_is_said(target):
    with pytest.raises(InputError, match=r"fewer than two values of detail .* detail=8 is more"):
        compare(target, GREYS[:, :1, :1], "detail", cols=5)


def test_progress_counts_mosaics(target):
    told = []
    compare(target, GREYS, "mirror", cols=5, progress=lambda *of: told.append(of))
    assert told == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize("shape", [(30, 90), (90, 30), (1, 1)])
def test_targets_of_any_shape_can_be_compared(rng, shape):
    sheet = compare(rng.random(shape), GREYS, "mirror", cols=3, rows=2)
    assert len(sheet.tiles) == 2
