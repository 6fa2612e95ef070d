from __future__ import annotations

import inspect

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo.area import block_means
from facemo.errors import InputError
from facemo.library.load import load_tiles
from facemo.planning.plan import plan, render
from facemo.reports import score as metrics
from facemo.tiles import Tiles

GREYS = np.repeat(np.arange(0, 256, 5, dtype=np.uint8), 4 * 4 * 3).reshape(-1, 4, 4, 3)
CLASSIC = {"detail": 1, "space": "rgb", "spacing": 0, "tint": 0}


def test_the_nearest_tile_stands_in_each_cell():
    target = np.array([[0, 101], [204, 255]], np.uint8)
    mosaic = plan(target, GREYS, cols=2, k=1, **CLASSIC)
    assert (mosaic.index * 5).tolist() == [[0, 100], [205, 255]]
    assert mosaic.colors[:, :, 0].tolist() == target.tolist()


def test_picks_are_among_the_k_nearest_and_not_always_the_same():
    mosaic = plan(np.full((30, 30), 100, np.uint8), GREYS, cols=30, k=3, **CLASSIC)
    assert sorted(set((mosaic.index.ravel() * 5).tolist())) == [95, 100, 105]


def test_the_same_seed_gives_the_same_plan_and_another_seed_another(rng):
    target = rng.random((40, 40, 3))
    first, again, other = (plan(target, GREYS, cols=20, seed=seed).index for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert np.any(first != other)


@pytest.mark.parametrize("processors", [1, 2, 8])
def test_pixels_do_not_depend_on_the_number_of_threads(rng, monkeypatch, processors):
    target = rng.random((100, 100, 3))
    tiles = rng.integers(0, 256, (300, 16, 16, 3), dtype=np.uint8)
    expected = render(target, tiles, cols=50)
    monkeypatch.setattr("facemo.machine.processors", lambda: processors)
    np.testing.assert_array_equal(render(target, tiles, cols=50), expected)


def test_k_larger_than_the_number_of_tiles_is_taken_as_that():
    assert plan(np.eye(4), GREYS[:2], cols=4, k=1000).index.max() <= 1


def test_render_draws_the_plan(rng):
    target = rng.random((30, 50, 3))
    tiles = rng.integers(0, 256, (9, 3, 5, 3), dtype=np.uint8)
    picture = render(target, tiles, cols=10, k=2, seed=3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, np.asarray(plan(target, tiles, cols=10, k=2, seed=3)))


def test_rows_follow_from_the_aspects(rng):
    assert render(rng.random((30, 60)), GREYS, cols=10).shape == (20, 40, 3)
    assert plan(rng.random((30, 60)), GREYS, rows=10).index.shape == (10, 20)


def test_a_folder_and_a_path_will_do(photos):
    mosaic = plan(str(photos / "red.png"), load_tiles(photos, size=6), cols=3, k=1)
    assert np.asarray(mosaic).reshape(-1, 3).tolist() == [[255, 0, 0]] * 18 * 18


@pytest.mark.parametrize("option", ["cols", "rows", "k"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "many", True])
def test_an_option_that_is_no_positive_whole_number_is_refused(option, value):
    with pytest.raises(InputError, match=f"{option} must be a whole number of at least 1"):
        plan(np.eye(3), GREYS, **{option: value})


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="seed must be a whole number of at least 0, got -1"):
        plan(np.eye(3), GREYS, seed=-1)


def test_tiles_of_the_wrong_shape_are_refused():
    with pytest.raises(InputError, match=r"tiles must be \(N, h, w, 3\), .* got \(2, 2\)"):
        render(np.eye(3), np.eye(2))


def test_more_cells_than_memory_are_refused_before_the_work():
    with pytest.raises(InputError, match=r"planning 1,000,000,000 x 1,000,000,000 cells needs"):
        plan(np.eye(3), GREYS, cols=10**9)


def test_plan_and_render_take_the_same_options():
    assert inspect.signature(plan).parameters == inspect.signature(render).parameters


@pytest.fixture
def textured(rng):
    """Fifty tiles with something in them, and a target with gradients and edges."""
    tiles = rng.integers(0, 256, (50, 2, 2, 3)).repeat(4, axis=1).repeat(4, axis=2)
    y, x = np.mgrid[0:1:96j, 0:1:96j]
    target = np.stack([y, x, (y > x) * 0.8], axis=2)
    return target, tiles.astype(np.uint8)


def test_detail_compares_blocks(textured):
    target, tiles = textured
    options = {"cols": 12, "k": 1, "spacing": 0, "tint": 0}
    coarse, fine = (metrics.score(plan(target, tiles, detail=n, **options), target) for n in (1, 4))
    assert fine.delta_e_fine < coarse.delta_e_fine
    assert fine.ssim_fine > coarse.ssim_fine


def test_the_nearest_by_blocks_stands_in_each_cell(textured):
    target, tiles = textured
    mosaic = plan(target, tiles, cols=12, k=1, detail=2, space="rgb", spacing=0, tint=0)
    cell = np.round(target[8:16, 16:24] * 255).astype(np.uint8)  # row 1, column 2
    wanted = block_means(cell[np.newaxis], 2)
    blocks = block_means(tiles, 2)
    apart = ((blocks - wanted) ** 2).sum(axis=(1, 2, 3)) / 4
    apart += 0.25 * ((blocks.mean((1, 2)) - wanted.mean((1, 2))) ** 2).sum(axis=1)
    assert mosaic.index[1, 2] == apart.argmin()


def test_with_detail_k_of_one_is_the_nearest_and_more_are_near_ties(textured):
    target, tiles = textured
    options = {"cols": 12, "detail": 2, "spacing": 0, "tint": 0}
    first, again = (plan(target, tiles, k=1, seed=seed, **options).index for seed in (1, 2))
    np.testing.assert_array_equal(first, again)
    among = plan(target, np.concatenate([tiles, tiles]), k=2, **options).index
    assert np.all(among % 50 == first)
    assert len(np.unique(among)) > len(np.unique(first))


@pytest.mark.parametrize("detail", [1, 2, 4])
def test_a_mirrored_tile_is_laid_where_it_fits_better(detail):
    tile = np.zeros((1, 8, 8, 3), np.uint8)
    tile[:, :, 4:] = 255
    target = np.concatenate([tile[0], tile[0, :, ::-1]], axis=1)
    mosaic = plan(target, tile, cols=2, mirror=True, k=1, detail=detail)
    assert mosaic.mirrored.tolist() == [[False, True]]
    np.testing.assert_array_equal(np.asarray(mosaic), target)
    assert np.shares_memory(mosaic.tiles.pixels, tile)


@given(st.integers(0, 3), st.integers(1, 4), st.booleans(), st.integers(0, 99))
def test_no_tile_comes_twice_within_the_spacing(spacing, k, mirror, seed):
    rng = np.random.default_rng(seed)
    tiles = rng.integers(0, 256, (49, 4, 4, 3), dtype=np.uint8)
    target = np.full((60, 60, 3), 120, np.uint8)
    mosaic = plan(target, tiles, cols=15, k=k, spacing=spacing, mirror=mirror, seed=seed)
    assert naive.nearest_repeat(mosaic.index) > spacing


def test_spacing_that_cannot_hold_is_refused_with_one_that_can():
    with pytest.raises(
        InputError, match=r"spacing=4 takes more than the 52 tiles .* use spacing=3"
    ):
        plan(np.eye(64), GREYS, cols=64, spacing=4)
    assert plan(np.eye(64), GREYS, cols=64, spacing=3).index.shape == (64, 64)


def test_a_spacing_beyond_a_small_grid_means_all_of_it():
    index = plan(np.eye(20), GREYS, cols=5, spacing=100).index
    assert len(np.unique(index)) == 25


def test_by_default_spacing_gives_way_to_few_tiles():
    assert plan(np.eye(20), GREYS[:1], cols=5).index.tolist() == [[0] * 5] * 5


def test_more_detail_than_there_is_is_refused_with_what_there_is():
    with pytest.raises(InputError, match=r"detail=5 .* tiles of 4 x 4 pixels.* use detail=4"):
        plan(np.eye(200), GREYS, cols=20, detail=5)
    with pytest.raises(InputError, match=r"cells of 2 x 2 target pixels .* use detail=2"):
        plan(np.eye(40), GREYS, cols=20, detail=3)
    with pytest.raises(InputError, match="detail must be a whole number of at least 1, got 0"):
        plan(np.eye(40), GREYS, cols=20, detail=0)


def test_by_default_detail_gives_way_to_a_small_target():
    assert plan(np.eye(8), GREYS, cols=8).index.shape == (8, 8)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"space": "hsv"}, "space must be one of rgb, lab, got 'hsv'"),
        ({"mirror": 1}, "mirror must be True or False, got 1"),
        ({"tint": -1}, "tint must be .* got -1; the nearest is 0"),
        ({"tint": "full"}, "tint must be .* got 'full'"),
        ({"spacing": -1}, "spacing must be a whole number of at least 0, got -1"),
        ({"once": 1}, "once must be True or False, got 1"),
        ({"once": True, "max_uses": 3}, "once=True and max_uses=3 do not go together"),
        ({"once": True, "cols": 100}, "100 x 1 cells are more than the 52 photos"),
        ({"progress": 1}, "progress must be a function, got 1"),
        ({"max_uses": 0}, "max_uses must be a whole number of at least 1, got 0"),
    ],
)
def test_an_option_out_of_its_range_is_refused(options, message):
    with pytest.raises(InputError, match=message):
        plan(np.eye(30), GREYS, **options)


def test_auto_tint_is_none_for_a_library_that_has_the_colours():
    target = np.linspace(0, 1, 900).reshape(30, 30)
    assert plan(target, GREYS, cols=10, k=1, spacing=0).tint == 0


def test_auto_tint_gives_cells_their_colours_where_the_library_lacks_them():
    target = np.full((40, 40, 3), (200, 30, 30), np.uint8)
    mosaic = plan(target, GREYS, cols=10)
    assert mosaic.tint == 1
    assert metrics.score(mosaic, target).delta_e < 1


def test_auto_tint_leaves_tiles_as_they_are_where_they_are_near():
    target = np.full((40, 40, 3), 100, np.uint8)
    assert plan(target, GREYS, cols=10, k=1, spacing=0).tint == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_the_options_the_same_seed_gives_the_same_plan(textured, seed):
    target, tiles = textured
    options = {"cols": 12, "mirror": True, "k": 3, "spacing": 2, "max_uses": 4, "seed": seed}
    first, again = plan(target, tiles, **options), plan(target, tiles, **options)
    np.testing.assert_array_equal(first.index, again.index)
    np.testing.assert_array_equal(first.mirrored, again.mirrored)


@pytest.mark.parametrize("tile", [np.zeros((1, 1, 1, 3), np.uint8), GREYS[:1], GREYS])
@pytest.mark.parametrize("target", [np.ones((1, 1)), np.full((9, 9), 0.5), np.eye(33)])
@pytest.mark.parametrize("options", [{}, {"mirror": True}, {"space": "rgb", "tint": 1}])
def test_solid_tiles_one_tile_one_cell_and_a_flat_target_work(target, tile, options):
    assert render(target, tile, cols=1, **options).shape[2] == 3
    assert render(target, tile, cols=6, **options).shape[2] == 3


@pytest.mark.parametrize("mirror", [False, True])
def test_once_shows_every_photo_once_but_for_the_few_left_over(mirror):
    mosaic = plan(np.eye(40), GREYS, once=True, mirror=mirror)
    assert mosaic.cells.shape == (7, 7)
    assert len(np.unique(mosaic.index)) == 49
    assert len(np.delete(mosaic.tiles.names, mosaic.variants.tile)) == 52 - 49
    same = plan(np.eye(40), GREYS, max_uses=1, cols=7, rows=7, mirror=mirror)
    np.testing.assert_array_equal(mosaic, same)


@pytest.mark.parametrize("made", [plan, render])
@pytest.mark.parametrize("options", [{}, {"detail": 1}, {"cols": 1}])
def test_progress_counts_cells_from_none_to_all(made, options):
    told = []
    made(np.eye(20), GREYS, progress=lambda *each: told.append(each), **options)
    cells = plan(np.eye(20), GREYS, **options).cells.size
    assert told == sorted(told)
    assert {total for _, total in told} == {cells}
    assert (told[0][0], told[-1][0]) == (0, cells)


KIN = Tiles(GREYS, [f"{n}.jpg" for n in range(len(GREYS))])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"detail": 1, "mirror": True},
        {"mirror": True},
        {"max_uses": 40},
        {"max_uses": 3, "cols": 11},
        {"once": True},
    ],
)
def test_one_aunt_is_in_the_middle_one_uncle_nowhere_and_all_others_appear(rng, options):
    target = rng.random((60, 60, 3)) / 9  # where nobody would have the brightest
    wishes = {"fixed": {(3, 3): "50.jpg"}, "include": ["4?.jpg", "51.jpg"], "exclude": ["2*.jpg"]}
    mosaic = plan(
        target, KIN, **{"cols": 20, **options} if "once" not in options else options, **wishes
    )
    names = np.array(KIN.names)[mosaic.index]
    assert names[3, 3] == "50.jpg"
    assert not mosaic.mirrored[3, 3]
    assert {*(f"{n}.jpg" for n in (*range(40, 50), 51))} <= {*names.ravel()}
    assert not np.any(np.char.startswith(names, "2"))
    assert np.bincount(mosaic.index.ravel()).max() <= (
        1 if "once" in options else options.get("max_uses", 400)
    )


def test_a_library_without_the_excluded_gives_the_same_plan(rng):
    target = rng.random((60, 60, 3))
    with_all = plan(target, KIN, cols=20, exclude=["[0-9].jpg"])
    without = plan(target, GREYS[10:], cols=20)
    np.testing.assert_array_equal(with_all.index, without.index + 10)
    np.testing.assert_array_equal(with_all, without)


def test_what_nobody_can_wish_is_refused():
    with pytest.raises(
        InputError, match=r"exclude: no photo is called '60\.jpg': did you mean '.*'"
    ):
        plan(np.eye(9), KIN, exclude="60.jpg")
    with pytest.raises(InputError, match="spacing=4 takes more than the 42 tiles"):
        plan(np.eye(20), KIN, cols=20, spacing=4, exclude="[0-9].jpg")
