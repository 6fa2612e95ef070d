from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo.errors import InputError
from facemo.planning import replan as replanning
from facemo.planning.plan import plan
from facemo.planning.replan import replan
from facemo.tiles import Tiles


def photos(rng, count, first=0):
    """Photos of 8 x 8 pixels with something in them, named by number."""
    colors = rng.integers(0, 256, (count, 1, 1, 3))
    pixels = np.clip(colors + rng.integers(-40, 40, (count, 8, 8, 3)), 0, 255).astype(np.uint8)
    return Tiles(pixels, tuple(f"{n}.jpg" for n in range(first, first + count)))


def some(tiles, numbers):
    return Tiles(tiles.pixels[numbers], tuple(tiles.names[n] for n in numbers))


def names(mosaic):
    return np.array([*mosaic.tiles.names, ""])[mosaic.index]


def smooth(size=96):
    y, x = np.mgrid[0 : 1 : size * 1j, 0 : 1 : size * 1j]
    return np.stack([y, x, (y > x) * 0.8], axis=2)


def check_unchanged(before, after, same):
    """Cells that are the `same` show what they did, byte for byte."""
    for mosaic in (before, after):
        assert mosaic.cells.shape == same.shape
    np.testing.assert_array_equal(names(before)[same], names(after)[same])
    np.testing.assert_array_equal(before.mirrored[same], after.mirrored[same])
    means = [mosaic.variants.mean[mosaic.cells][same].tobytes() for mosaic in (before, after)]
    ramps = [mosaic.variants.ramp[mosaic.cells][same].tobytes() for mosaic in (before, after)]
    assert means[0] == means[1]
    assert ramps[0] == ramps[1]


KINDS = [
    {},
    {"mirror": True},
    {"detail": 1, "mirror": True},
    {"max_uses": 12},
    {"tint": 0.5, "seed": 3},
    {"tint": 0},
    {"spacing": 0},
]


@pytest.mark.parametrize("options", KINDS)
def test_where_nothing_is_asked_for_nothing_changes(rng, options):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, tiles, cols=16, **options)
    after = replan(before, target, tiles, **options)
    check_unchanged(before, after, np.ones((16, 16), bool))
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("options", KINDS)
def test_where_a_photo_is_left_out_only_its_cells_change(rng, options):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, tiles, cols=16, **options)
    uncle = tiles.names[np.bincount(before.index.ravel()).argmax()]
    after = replan(before, target, tiles, exclude=[uncle], **options)
    his = names(before) == uncle
    assert his.sum() > 4
    assert uncle not in names(after)
    check_unchanged(before, after, ~his)
    assert naive.nearest_repeat(after.index) > options.get("spacing", 2)
    assert np.bincount(after.index.ravel()).max() <= options.get("max_uses", 256)
    assert after.tint == pytest.approx(before.tint, abs=0.02)


def test_a_photo_whose_file_is_gone_goes_and_all_others_stay(rng):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, tiles, cols=16)
    left = some(tiles, np.delete(np.arange(60), [3, 17, 40]))
    after = replan(before, target, left)
    gone = np.isin(before.index, [3, 17, 40])
    check_unchanged(before, after, ~gone)
    assert after.tiles is left
    np.testing.assert_array_equal(after.colors, before.colors)


@pytest.mark.parametrize("options", [{}, {"mirror": True}, {"detail": 1}, {"max_uses": 12}])
def test_photos_that_come_get_the_cells_that_they_fit_clearly_better(rng, options):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, some(tiles, np.arange(50)), cols=16, **options)
    after = replan(before, target, tiles, **options)
    changed = names(before) != names(after)
    assert np.all(after.index[changed] >= 50)
    check_unchanged(before, after, ~changed)
    assert 0 < changed.sum() < 100
    assert naive.nearest_repeat(after.index) > 2
    assert np.bincount(after.index.ravel()).max() <= options.get("max_uses", 256)


def test_photos_that_fit_nowhere_change_nothing(rng):
    tiles = photos(rng, 60)
    target = np.full((40, 40, 3), 200, np.uint8)
    before = plan(target, tiles, cols=10)
    black = np.zeros((3, 8, 8, 3), np.uint8)
    after = replan(before, target, Tiles(np.concatenate([tiles.pixels, black])))
    assert not np.any(after.index >= 60)
    more = Tiles(np.concatenate([tiles.pixels, black]), (*tiles.names, "x", "y", "z"))
    np.testing.assert_array_equal(replan(before, target, more), before)


@pytest.mark.parametrize("options", [{}, {"mirror": True}, {"detail": 1, "mirror": True}])
def test_wishes_that_come_later_change_what_they_have_to(rng, options):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, some(tiles, np.arange(59)), cols=16, exclude="1?.jpg", **options)
    wishes = {"fixed": {(8, 8): "11.jpg"}, "include": ["1[2-5].jpg", "59.jpg"]}
    after = replan(before, target, tiles, **wishes, **options)
    assert names(after)[8, 8] == "11.jpg"
    assert {"12.jpg", "13.jpg", "14.jpg", "15.jpg", "59.jpg"} <= {*names(after).ravel()}
    changed = names(before) != names(after)
    assert {*names(after)[changed]} == {"11.jpg", "12.jpg", "13.jpg", "14.jpg", "15.jpg", "59.jpg"}
    check_unchanged(before, after, ~changed)


def test_where_a_photo_is_fixed_its_repeats_around_give_way(rng):
    tiles, target = photos(rng, 30), smooth()
    before = plan(target, tiles, cols=16)
    aunt = names(before)[5, 5]
    after = replan(before, target, tiles, fixed={(5, 6): aunt})
    assert names(after)[5, 6] == aunt
    assert naive.nearest_repeat(after.index) > 2
    changed = names(before) != names(after)
    assert changed[5, 5]
    assert changed[5, 6]
    assert not np.any(changed & ((names(before) != aunt) & (names(after) != aunt)))
    check_unchanged(before, after, ~changed)


def test_a_photo_that_stands_where_it_is_fixed_stays_as_it_lies(rng):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, tiles, cols=16, mirror=True)
    row, col = np.argwhere(before.mirrored)[0]
    fixed = {(row, col): names(before)[row, col]}
    after = replan(before, target, tiles, mirror=True, fixed=fixed)
    np.testing.assert_array_equal(after, before)


@given(st.integers(0, 999), st.integers(0, 3), st.sampled_from([None, 6, 9]))
def test_narrower_terms_are_kept_by_changing_some_cells(seed, spacing, most):
    rng = np.random.default_rng(seed)
    tiles, target = photos(rng, 60), rng.random((72, 72, 3))
    before = plan(target, tiles, cols=12, spacing=1)
    after = replan(before, target, tiles, spacing=spacing, max_uses=most)
    assert naive.nearest_repeat(after.index) > spacing
    uses, used = np.bincount(after.index.ravel()), np.bincount(before.index.ravel())
    assert most is None or uses.max() <= most
    same = names(before) == names(after)
    check_unchanged(before, after, same)
    if spacing <= 1 and (most is None or used.max() <= most):
        assert same.all()


def test_once_a_photo_is_gone_one_left_over_takes_its_cell(rng):
    tiles, target = photos(rng, 66), smooth()
    before = plan(target, tiles, once=True)
    gone = before.tiles.names[before.index[3, 3]]
    after = replan(before, target, tiles, once=True, exclude=[gone])
    changed = names(before) != names(after)
    assert np.argwhere(changed).tolist() == [[3, 3]]
    assert np.bincount(after.index.ravel()).max() == 1


def test_a_palette_holds_for_both(rng):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, tiles, cols=16, tint=1, palette=150)
    uncle = names(before)[0, 0]
    after = replan(before, target, tiles, tint=1, palette=150, exclude=[uncle])
    assert len(after.variants) <= 150
    check_unchanged(before, after, names(before) != uncle)


@pytest.mark.parametrize("tint", [1, "auto"])
def test_a_palette_that_is_full_is_shared(rng, tint):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, tiles, cols=16, tint=tint, palette=70)
    gone = np.unique(names(before))[:9]
    after = replan(before, target, tiles, tint=tint, palette=70, exclude=gone.tolist())
    used = np.unique(after.cells)
    fresh = set(names(after).ravel()) - set(names(before).ravel())
    assert len(used) <= 70 + len(fresh)
    assert not set(names(after).ravel()) & set(gone)
    check_unchanged(before, after, ~np.isin(names(before), gone))


@pytest.mark.parametrize("options", [{}, {"max_uses": 9}, {"once": True}])
def test_what_is_empty_stays_so(rng, options):
    tiles = photos(rng, 66)
    round = np.hypot(*np.mgrid[-1:1:96j, -1:1:96j]) < 0.9
    target = np.dstack([smooth(), round])
    before = plan(target, tiles, **({"cols": 12} | options if "once" not in options else options))
    uncle, aunt = names(before)[5, 5], names(before)[3, 3]
    wishes = {"exclude": [uncle], "fixed": {(3, 3): aunt}}
    after = replan(before, target, tiles, **options, **wishes)
    np.testing.assert_array_equal(before.index < 0, after.index < 0)
    check_unchanged(before, after, names(before) != uncle)
    assert uncle not in names(after)
    assert np.bincount(after.index[after.index >= 0]).max() <= options.get("max_uses", 99)
    with pytest.raises(InputError, match="fixed=0,0 is a cell that stays empty"):
        replan(before, target, tiles, fixed={(0, 0): aunt})


def test_light_runs_across_new_cells_as_it_does_across_others(rng):
    tiles, target = photos(rng, 60), smooth()
    for shade in (0, 0.7):
        before = plan(target, tiles, cols=16, tint=1, shade=shade)
        uncle = names(before)[5, 5]
        after = replan(before, target, tiles, tint=1, shade=shade, exclude=[uncle])
        check_unchanged(before, after, names(before) != uncle)
        ramps = after.variants.ramp[after.cells[names(before) == uncle]]
        assert ramps.any() == (shade > 0)


@pytest.mark.parametrize("options", [*KINDS, {"once": True}, {"shade": 0.5}])
def test_empty_cells_stay_empty(rng, options):
    tiles, target = photos(rng, 60), smooth()
    grid = {} if "once" in options else {"cols": 16}
    mask = np.zeros((96, 96))
    mask[10:60, 20:90] = 1
    before = plan(target, tiles, mask=mask, background="red", **grid, **options)
    assert not before.filled.all()
    after = replan(before, target, tiles, mask=mask, **options)
    check_unchanged(before, after, np.ones(before.cells.shape, bool))
    gone = names(before)[before.filled][0]
    left = some(tiles, [n for n in range(60) if tiles.names[n] != gone])
    if "once" in options and len(before.variants.tiles) == 60:
        return
    after = replan(before, target, left, mask=mask, **options)
    np.testing.assert_array_equal(after.filled, before.filled)
    assert after.background == (255, 0, 0)
    check_unchanged(before, after, names(before) == names(after))
    assert gone not in names(after)


def test_an_array_stands_for_the_same_photos(rng):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, tiles, cols=16)
    after = replan(before, target, tiles.pixels)
    np.testing.assert_array_equal(before, after)
    assert after.tiles.names == tiles.names


def test_a_photo_that_was_merged_with_another_may_stand_for_it(rng):
    tiles, target = photos(rng, 60), smooth()
    twins = Tiles(tiles.pixels, tiles.names, merged=(("copy of 3.jpg", "3.jpg"),))
    before = plan(target, twins, cols=16)
    without = Tiles(tiles.pixels, (*tiles.names[:3], "copy of 3.jpg", *tiles.names[4:]))
    np.testing.assert_array_equal(replan(before, target, without), before)
    apart = Tiles(
        np.concatenate([tiles.pixels, tiles.pixels[3:4]]), (*tiles.names, "copy of 3.jpg")
    )
    np.testing.assert_array_equal(replan(before, target, apart), before)


def test_cells_that_keep_theirs_are_not_looked_at(rng, monkeypatch):
    tiles, target = photos(rng, 60), smooth()
    before = plan(target, tiles, cols=16)
    seen = []
    settled = replanning.settled

    def counted(library, cells, *others, **options):
        seen.append(len(cells.looks))
        return settled(library, cells, *others, **options)

    monkeypatch.setattr(replanning, "settled", counted)
    replan(before, target, tiles, exclude=["3.jpg"])
    assert seen == [np.count_nonzero(before.index == 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cols": 20}, "cols=20: the mosaic has 16 x 16 cells, and they stay: leave it out, or"),
        ({"rows": 9}, "rows=9: the mosaic has 16 x 16 cells"),
        ({"exclude": "61.jpg"}, "exclude: no photo is called '61.jpg'"),
        ({"fixed": {(16, 0): "3.jpg"}}, "fixed=16,0 is outside of the 16 x 16 cells"),
        ({"once": True}, "60 photos, each once, are fewer than the 256 cells: use max_uses=2"),
        ({"spacing": 4}, "spacing=4 takes more than the 60 tiles"),
    ],
)
def test_what_cannot_be_is_refused(rng, options, message):
    tiles = photos(rng, 60)
    before = plan(smooth(), tiles, cols=16)
    with pytest.raises(InputError) as refused:
        replan(before, smooth(), tiles, **options)
    assert str(refused.value).startswith(message)
