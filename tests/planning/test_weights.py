from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facemo.errors import InputError
from facemo.library.picture import read_image
from facemo.planning.cells import cells_of
from facemo.planning.plan import plan
from facemo.planning.weights import MOST, deeper, values_of, weights_of

FACE = Path(__file__).parents[2] / "data" / "face.png"


def weights(wanted, image, grid, detail=1):
    return weights_of(wanted, image, cells_of(image, grid, detail, "lab"))


@pytest.fixture
def half(rng):
    """A target of noise, and weights that only its right half has."""
    matter = np.zeros((40, 40))
    matter[:, 20:] = 7
    return rng.integers(0, 256, (40, 40, 3), dtype=np.uint8), matter


def test_where_a_face_is_likeness_counts_most():
    found = weights("faces", read_image(FACE), (30, 30)).reshape(30, 30)
    assert found[12, 14] == MOST  # between the eyes
    assert found[0, 0] == found[29, 29] == found[12, 29] == 1


def test_where_no_face_is_nothing_changes(half):
    assert weights("faces", half[0], (10, 10)) is None


def test_none_is_the_same_everywhere(half):
    assert weights("none", half[0], (10, 10)) is None


def test_edges_are_the_cells_with_most_inside_them():
    image = np.zeros((40, 40, 3), np.uint8)
    image[:, 22:] = 255  # within the sixth column of cells
    found = weights("edges", image, (10, 10), detail=2).reshape(10, 10)
    assert (found[:, 5] == MOST).all()
    assert (np.delete(found, 5, axis=1) == 1).all()


def test_a_flat_target_has_no_edges():
    assert weights("edges", np.full((40, 40, 3), 9, np.uint8), (10, 10), 2) is None


@pytest.mark.parametrize("kind", [float, np.uint8, bool, "picture", "colours", list])
def test_weights_may_be_numbers_or_a_picture_whatever_its_range(half, tmp_path, kind):
    image, matter = half
    if kind == "picture":
        matter = Image.fromarray(matter.astype(np.uint8) * 36)
    elif kind == "colours":
        matter = np.repeat(matter[:, :, np.newaxis], 3, axis=2)
    else:
        matter = matter.tolist() if kind is list else matter.astype(kind)
    found = weights(matter, image, (10, 10)).reshape(10, 10)
    assert (found[:, :5] == 1).all()
    assert (found[:, 5:] == MOST).all()


def test_the_path_of_a_picture_will_do(half, tmp_path):
    image, matter = half
    Image.fromarray(matter.astype(np.uint8)).save(tmp_path / "matter.png")
    for path in (tmp_path / "matter.png", str(tmp_path / "matter.png")):
        np.testing.assert_array_equal(
            weights(path, image, (10, 10)), weights(matter, image, (10, 10))
        )


def test_they_may_be_smaller_or_larger_than_the_target(half):
    image, matter = half
    for other in (matter[::2, ::2], matter.repeat(3, axis=0).repeat(3, axis=1)):
        np.testing.assert_array_equal(
            weights(other, image, (10, 10)), weights(matter, image, (10, 10))
        )


def test_of_a_picture_that_is_transparent_the_alpha_counts(half):
    image, matter = half
    picture = np.zeros((40, 40, 4), np.uint8)
    picture[..., 3] = matter * 36
    np.testing.assert_array_equal(
        weights(Image.fromarray(picture), image, (10, 10)), weights(matter, image, (10, 10))
    )


def test_equal_weights_are_none(half):
    assert weights(np.full((40, 40), 3.0), half[0], (10, 10)) is None


def test_cells_that_look_alike_share_the_mean_of_their_weights():
    image = np.zeros((2, 2, 3), np.uint8)
    assert weights([[0, 0], [0, 1]], image, (2, 2)).tolist() == [1 + (MOST - 1) / 4]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            np.ones((3, 40)),
            "weights must have the target's shape, .* or at least its aspect, got .3",
        ),
        (np.zeros((40, 40)), 'weights are 0 everywhere: what matters more has more, or use "none"'),
        (np.full((40, 40), np.nan), "weights must be .* numbers from 0, .* got NaN or infinity"),
        (np.full((40, 40), np.inf), "weights must be .* got NaN or infinity"),
        (-np.eye(40), "weights must be .* numbers from 0, .* got -1"),
        (np.ones(40), r"weights must be .* \(H, W\), got \(40,\)"),
        (np.ones((0, 40)), r"weights must be .* got \(0, 40\)"),
        ([["a"]], "weights must be .* got <U1"),
        (5, "weights must be .* got int"),
        ("face", "weights must be faces, edges, none .* got 'face': did you mean 'faces'"),
        ("no/such.png", "weights must be .* got 'no/such.png': there is no such file"),
        (None, "weights must be faces, edges, none"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(half, wanted, message):
    with pytest.raises(InputError, match=message):
        plan(half[0], np.zeros((4, 4, 4, 3), np.uint8), cols=10, weights=wanted)


def test_values_are_brought_to_0_and_1():
    assert values_of([[2, 4], [3, 6]], (2, 2, 3)).tolist() == [[0, 0.5], [0.25, 1]]


def test_where_more_matters_the_best_tile_may_repeat_more():
    target, matter = np.full((20, 20), 100, np.uint8), np.eye(10).repeat(2, 0).repeat(2, 1)
    tiles = np.repeat(np.uint8([100, 110]), 2 * 2 * 3).reshape(2, 2, 2, 3)
    options = {"cols": 10, "detail": 2, "k": 1, "spacing": 0, "tint": 0, "even": 1}
    plain, weighed = (plan(target, tiles, weights=each, **options) for each in ("none", matter))
    assert 20 < plain.index.sum() < 80
    assert np.trace(plain.index) > 0
    assert np.trace(weighed.index) == 0


def test_light_runs_all_the_way_and_bends_where_everything_matters(half):
    image, matter = half
    cells, usual = cells_of(image, (10, 10), 1, "lab"), np.float32([0.8, 0.8, 0, 0])
    np.testing.assert_array_equal(deeper(0.8, cells), np.tile(usual, (10, 10, 1)))
    found = deeper(0.8, cells._replace(weights=weights_of(matter, image, cells)))
    np.testing.assert_allclose(found[:, :5], np.tile(usual, (10, 5, 1)), rtol=1e-6)
    np.testing.assert_allclose(found[:, 5:], 1, rtol=1e-6)


def test_where_more_matters_light_runs_less_the_less_it_is_to(half):
    image, matter = half
    cells = cells_of(image, (10, 10), 1, "lab")
    cells = cells._replace(weights=weights_of(matter, image, cells))
    found = [deeper(shade, cells)[0, 9] for shade in (0, 0.01, 0.35, 0.7, 1)]
    np.testing.assert_allclose(np.array(found)[:, 2], [0, 0.01 / 0.7, 0.5, 1, 1], rtol=1e-6)
    assert (np.diff(found, axis=0) >= 0).all()


def test_light_that_is_not_to_run_does_not_where_more_matters(half, rng):
    image, matter = half
    tiles = rng.integers(0, 256, (60, 4, 4, 3), dtype=np.uint8)
    mosaic = plan(image, tiles, cols=10, tint=1, shade=0, weights=matter)
    assert not mosaic.variants.ramp.any()
    assert plan(image, tiles, cols=10, tint=1, shade=0.1, weights=matter).variants.ramp.any()


def test_the_callers_weights_are_left_as_they_are(half):
    image, matter = half
    before = matter.copy()
    plan(image, np.zeros((30, 4, 4, 3), np.uint8), cols=10, weights=matter)
    np.testing.assert_array_equal(matter, before)


def test_the_classic_method_picks_as_it_does_without_weights(half, rng):
    image, matter = half
    tiles = rng.integers(0, 256, (60, 4, 4, 3), dtype=np.uint8)
    classic = {"detail": 1, "space": "rgb", "spacing": 0, "tint": 0, "cols": 10}
    one, other = (plan(image, tiles, weights=each, **classic) for each in ("none", matter))
    np.testing.assert_array_equal(one.index, other.index)
