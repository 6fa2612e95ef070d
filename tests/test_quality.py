"""What benchmarks/quality.py measures with: measure.py, least.py and tables.py beside it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

pytest.importorskip("flip_evaluator", reason="it comes with the extra bench")

from least import least_cost, least_tint
from measure import Measures, area_means, measured, thumbs_of, traced
from tables import Result, comparisons, read, table, written

GOOD = Measures(0.1, 0.1, 0.1, 0.1, 0.9, 1.0, 2.0, 0.9, 0.0, 3.0, 0.01, 0.8)
WORSE = GOOD._replace(flip_2=0.2)


@pytest.fixture
def tiles(rng):
    return rng.integers(0, 256, (12, 16, 16, 3), np.uint8)


def laid(tiles, index):
    rows, cols = index.shape
    return tiles[index].swapaxes(1, 2).reshape(rows * 16, cols * 16, 3)


def result(program, measures, target="a", condition="free"):
    return Result(condition, program, "tiles", target, (4, 3), 1.0, 2.0, measures)


def test_a_picture_beside_itself_is_faultless(rng, tiles):
    index = rng.permutation(12).reshape(3, 4)
    picture = laid(tiles, index)
    found = measured(picture, picture, thumbs_of(tiles), (3, 4))
    assert found == pytest.approx((0, 0, 0, 0, 1, 0, 0, 1, 0, 0, 1 / 12, 1), abs=1e-6)


def test_area_means_weigh_the_pixels_that_an_edge_cuts(rng):
    picture = rng.integers(0, 256, (5, 7, 3))
    enlarged = picture.repeat(3, axis=0).repeat(2, axis=1)
    expected = enlarged.reshape(3, 5, 2, 7, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(area_means(picture, 3, 2), expected)


def test_a_tile_is_traced_mirrored_and_recoloured(tiles):
    thumbs = thumbs_of(tiles)
    shown = thumbs[:, :, ::-1] * 0.3 + np.array([90, 20, 60])
    np.testing.assert_array_equal(traced(shown, thumbs), np.arange(12))


def test_contrast_and_colour_that_a_cell_loses_are_counted(tiles):
    thumbs, index = thumbs_of(tiles), np.arange(12, dtype=np.int32).reshape(3, 4)
    grey = np.full_like(laid(tiles, index), 128)
    found = measured(grey, grey, thumbs, (3, 4), index)
    assert (found.contrast_kept, found.below_half) == (0, 1)
    assert found.tint_spent > 0


@pytest.mark.parametrize(("cells", "tiles", "most"), [(30, 10, 3), (30, 7, 5), (12, 20, 1)])
def test_the_least_cost_is_that_of_the_exact_assignment(rng, cells, tiles, most):
    costs = rng.random((cells, tiles))
    repeated = costs.repeat(most, axis=1)
    expected = repeated[linear_sum_assignment(repeated)].sum()
    assert least_cost(costs, most) == pytest.approx(expected)


def test_the_least_tint_is_nothing_where_the_tiles_are_the_target(tiles):
    target = laid(tiles, np.arange(12).reshape(3, 4))
    assert least_tint(target, thumbs_of(tiles), (3, 4)) == pytest.approx(0, abs=1e-6)


def test_the_table_gives_means_the_worst_and_what_was_before():
    results = [result("facemo", GOOD, "a"), result("facemo", WORSE, "b")]
    rows = table(results, [result("facemo", WORSE, "a")]).splitlines()
    assert rows[2].startswith("| free | facemo | 2 | 0.150 (0.200) | 0.100 (0.100) |")
    assert rows[3].startswith("| free | now / before | 1 | 0.50 | 1.00 |")


def test_pairs_are_counted_in_which_facemo_is_not_behind():
    results = [
        *(result("facemo", GOOD, target) for target in "ab"),
        result("metapixel", WORSE, "a"),
        result("metapixel", GOOD._replace(flip_2=0.05), "b"),
    ]
    (line,) = comparisons(results)
    assert "of 2 pairs: FLIP 2 1, FLIP 4 2" in line
    assert line.endswith("in every column 1")


def test_results_are_read_as_they_were_written(tmp_path):
    results = [result("facemo", GOOD), result("metapixel", WORSE)]
    written(results, tmp_path / "results.jsonl")
    assert read(tmp_path / "results.jsonl") == results
