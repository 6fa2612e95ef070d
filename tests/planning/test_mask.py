from __future__ import annotations

import numpy as np
import pytest
from helpers import encoded
from PIL import Image

from facemo import machine
from facemo.errors import InputError
from facemo.planning.mask import Subject, filled_cells, filled_in, mask_of, subject_of
from facemo.planning.plan import plan
from facemo.planning.target import pixelate
from facemo.reports.repeats import nearest_repeat


@pytest.fixture
def tiles(rng):
    return rng.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)


def disc(side):
    """A round mask: (side, side) bool."""
    y, x = (np.indices((side, side)) + 0.5) / side - 0.5
    return np.hypot(y, x) < 0.5


def test_an_opaque_target_is_all_seen(rng):
    image = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    opaque = np.concatenate([image, np.full((6, 8, 1), 255, np.uint8)], axis=2)
    for target in (image, opaque):
        subject = subject_of(target)
        np.testing.assert_array_equal(subject.image, image)
        assert subject.cover is None
        assert subject.count((3, 4)) == 12
    assert filled_cells(None, (3, 4)) is None
    assert subject_of(image, np.ones((6, 8))).cover is None


def test_alpha_and_mask_are_multiplied():
    image = np.full((1, 4, 4), 100, np.uint8)
    image[..., 3] = 255, 255, 128, 0
    mask = np.float32([[1, 0.5, 0.5, 1]])
    assert subject_of(image).cover.tolist() == [[255, 255, 128, 0]]
    assert subject_of(image, mask).cover.tolist() == [[255, 128, 64, 0]]
    assert subject_of(image[..., :3], mask).cover.tolist() == [[255, 128, 128, 255]]


def test_with_none_alpha_is_laid_over_the_background():
    image = np.uint8([[[200, 100, 0, 0], [200, 100, 0, 255], [200, 100, 0, 51]]])
    subject = subject_of(image, "none")
    assert subject.image.tolist() == [[[255, 255, 255], [200, 100, 0], [244, 224, 204]]]
    assert subject.cover is None
    assert subject_of(image, "none", (9, 9, 9)).image[0, 0].tolist() == [9, 9, 9]


@pytest.mark.parametrize("kind", ["bool", "uint8", "uint16", "float", "grey", "alpha", "path"])
def test_a_mask_may_be_of_many_kinds(kind, tmp_path):
    shape = disc(20)
    greys = Image.fromarray(shape.astype(np.uint8) * np.uint8(255))
    cut_out = Image.new("RGBA", (20, 20), "black")
    cut_out.putalpha(greys)
    (tmp_path / "mask.png").write_bytes(encoded(cut_out, "PNG"))
    mask = {
        "bool": shape,
        "uint8": np.asarray(greys),
        "uint16": shape.astype(np.uint16) * np.uint16(65535),
        "float": shape.astype(float),
        "grey": greys.convert("RGB"),
        "alpha": cut_out,
        "path": tmp_path / "mask.png",
    }[kind]
    np.testing.assert_array_equal(mask_of(mask, (20, 20)), 255 * shape)


def test_a_mask_of_another_size_is_brought_to_the_targets():
    small = np.array([[True, False], [False, True]])
    assert mask_of(small, (4, 4)).tolist() == np.kron(255 * small, np.ones((2, 2))).tolist()
    assert mask_of(np.kron(small, np.ones((5, 5))), (2, 2)).tolist() == (255 * small).tolist()


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.ones((10, 30)), r"mask must have the target's shape, \(20, 20\), .* got \(10, 30\)"),
        (np.ones(20), r"mask must be \(H, W\), .* got \(20,\)"),
        (np.ones((0, 0)), r"got \(0, 0\)"),
        (np.ones((20, 20, 2)), r"got \(20, 20, 2\)"),
        (True, "mask must be a picture, its path, or numbers, .* got bool"),
        (np.full((20, 20), 256), "a int64 mask must lie in 0 to 255, got values from 256 to 256"),
        (np.full((20, 20), 2.0), "a float64 mask must lie in .* got values from 2 to 2"),
        ([[1.0], [1.0, 0.5]], "mask must be a picture, .* got a list that is no array of numbers"),
        ("nowhere.png", "mask 'nowhere.png': no such file"),
        ("pyproject.toml", "mask 'pyproject.toml': not a picture of a kind that is read here"),
        (Image.new("RGB", (0, 5)), "mask .* no pixels"),
    ],
)
def test_what_is_no_mask_is_refused(mask, message):
    with pytest.raises(InputError, match=message):
        mask_of(mask, (20, 20))


def test_cells_are_filled_that_are_seen_by_half():
    cover = np.uint8([[255, 0, 255, 0], [0, 254, 255, 0]])
    assert filled_cells(cover, (1, 2)).tolist() == [[False, True]]
    assert Subject(np.zeros((2, 4, 3), np.uint8), cover).count((1, 2)) == 1
    assert filled_cells(np.full((4, 4), 200, np.uint8), (2, 2)) is None


def test_a_mask_that_leaves_nothing_is_refused(tiles):
    with pytest.raises(InputError, match=r"leave nothing: of 4 x 4 cells none .* mask=none"):
        plan(np.zeros((8, 8)), tiles, cols=4, mask=np.zeros((8, 8)))
    clear = np.zeros((8, 8, 4), np.uint8)
    with pytest.raises(InputError, match="leave nothing"):
        plan(clear, tiles, cols=4)
    assert plan(clear, tiles, cols=4, mask="none").filled is None


@pytest.mark.parametrize("grid", [(4, 5), (7, 3), (20, 30)])
def test_a_cells_colour_is_that_of_what_is_seen_of_it(rng, grid):
    """Weighted with alpha, and nothing of what is behind it."""
    image = rng.integers(0, 256, (140, 150, 3), dtype=np.uint8)
    cover = rng.integers(0, 256, (140, 150), dtype=np.uint8)
    cover[:20] = 0
    filled = filled_in(Subject(image, cover), grid, (1, 2, 3))
    (rows, cols), means = grid, pixelate(filled, *grid)[:, :, 0, 0]
    tall, wide = 140 / rows, 150 / cols
    for r, c in np.ndindex(rows, cols):
        ys, xs = (
            slice(round(n * side), round((n + 1) * side)) for n, side in ((r, tall), (c, wide))
        )
        weights = cover[ys, xs].reshape(-1).astype(float)
        expected = (1, 2, 3)
        if weights.any():
            expected = np.average(image[ys, xs].reshape(-1, 3), axis=0, weights=weights)
        if rows != 20 and tall == 140 // rows:  # else the rectangles end within pixels
            np.testing.assert_allclose(means[r, c], expected, atol=1.5)


def test_small_targets_are_enlarged_without_what_is_transparent():
    image = np.zeros((4, 4, 4), np.uint8)
    image[1:, 1:] = 200, 100, 50, 255
    mosaic = plan(image, np.full((9, 4, 4, 3), 9, np.uint8), cols=16)
    assert mosaic.filled.sum() == 144
    assert (mosaic.colors[mosaic.filled] == (200, 100, 50)).all()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tint": 0},
        {"tint": 1, "palette": 30},
        {"detail": 1, "space": "rgb", "spacing": 0, "tint": 0},
        {"detail": 1, "mirror": True},
        {"mirror": True, "spacing": 3},
        {"max_uses": 6},
        {"max_uses": 9, "spacing": 1},
    ],
)
def test_cells_outside_of_the_mask_stay_empty(rng, tiles, options):
    target = rng.integers(0, 256, (80, 80, 3), dtype=np.uint8)
    mosaic = plan(target, tiles, cols=20, mask=disc(80), background="red", **options)
    np.testing.assert_array_equal(mosaic.filled, filled_cells(255 * np.uint8(disc(80)), (20, 20)))
    assert mosaic.variants.empty.sum() == 1
    assert (mosaic[:8, :8] == (255, 0, 0)).all()
    uses = np.bincount(mosaic.index[mosaic.filled])
    assert uses.max() <= options.get("max_uses", 400)
    apart = nearest_repeat(mosaic.index)
    assert apart is None or apart > min(options.get("spacing", 2), 2)


def test_what_is_seen_is_planned_as_if_there_were_nothing_else(rng, tiles):
    """Its best tiles are those that it would have in a whole target."""
    target = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    options = {"cols": 10, "k": 1, "spacing": 0, "tint": 0}
    mask = np.ones((40, 40))
    mask[:, 20:] = 0
    some, whole = plan(target, tiles, mask=mask, **options), plan(target, tiles, **options)
    np.testing.assert_array_equal(some.index[:, :5], whole.index[:, :5])
    np.testing.assert_array_equal(some.colors[:, :5], whole.colors[:, :5])
    assert (some.index[:, 5:] == -1).all()


@pytest.mark.parametrize("given", [{}, {"cols": 9}, {"rows": 9}])
def test_every_photo_once_fits_the_cells_that_are_filled(rng, tiles, given):
    target = rng.integers(0, 256, (90, 90, 3), dtype=np.uint8)
    mosaic = plan(target, tiles, once=True, mask=disc(90), **given)
    used = np.bincount(mosaic.index[mosaic.filled])
    assert used.max() == 1
    assert 0.85 * len(tiles) <= used.sum() <= len(tiles)


def test_sides_that_do_not_fit_say_how_many_cells_are_filled(rng, tiles):
    target = rng.integers(0, 256, (90, 90, 3), dtype=np.uint8)
    message = r"10 x 10 cells, of which \d\d are to be filled, are more than the 60 photos: leave"
    with pytest.raises(InputError, match=message):
        plan(target, tiles, once=True, mask=disc(90), cols=10, rows=10)
    with pytest.raises(InputError, match=r"fill 60 of the \d\d cells \(10 x 10\): use max_uses=2"):
        plan(target, tiles, max_uses=1, mask=disc(90), cols=10)


def test_one_cell_may_be_all_that_is_left(rng, tiles):
    target = rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)
    mask = np.zeros((40, 40))
    mask[4:8, 8:12] = 1
    mosaic = plan(target, tiles, cols=10, mask=mask)
    assert np.argwhere(mosaic.filled).tolist() == [[1, 2]]
    assert plan(target, tiles, cols=1, mask=np.ones((40, 40))).filled is None


def test_the_plan_does_not_depend_on_the_number_of_processors(rng, tiles, monkeypatch):
    target = rng.integers(0, 256, (700, 700, 4), dtype=np.uint8)
    plans = []
    for count in (1, 3):
        monkeypatch.setattr(machine, "processors", lambda count=count: count)
        plans.append(plan(target, tiles, cols=20, mask=disc(700)))
    np.testing.assert_array_equal(plans[0], plans[1])
    np.testing.assert_array_equal(plans[0].colors, plans[1].colors)


def test_the_callers_arrays_are_never_written(rng, tiles):
    target, mask = rng.random((40, 40, 4)), rng.random((40, 40))
    before = target.copy(), mask.copy()
    target[..., 3] = before[0][..., 3] = 1 - target[..., 3] / 9
    plan(target, tiles, cols=10, mask=(mask + 3) / 4)
    np.testing.assert_array_equal(target, before[0])
    np.testing.assert_array_equal(mask, before[1])
