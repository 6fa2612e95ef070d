from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageColor
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.errors import InputError
from facemo.planning.plan import plan
from facemo.reports import coverage as coverages
from facemo.reports.coverage import Coverage, Lack, color_names, coverage, measured
from facemo.tiles import Tiles


def rgb(*names):
    return np.array([ImageColor.getrgb(name) for name in names], np.uint8)


def shades(*names):
    """Five tiles' worth of each colour."""
    return rgb(*names).repeat(5, axis=0).astype(float)


@pytest.mark.parametrize(
    ("name", "colors"),
    [
        ("blacks", ["black", "#14141e", "#0a0805"]),
        ("dark greys", ["#333333", "#404244"]),
        ("greys", ["gray", "dimgray"]),
        ("light greys", ["silver", "gainsboro"]),
        ("whites", ["white", "snow", "ivory"]),
        ("bright reds", ["red", "crimson"]),
        ("dark reds", ["maroon", "darkred", "#400010"]),
        ("bright oranges", ["orange", "darkorange"]),
        ("browns", ["saddlebrown", "sienna", "peru", "#8d5524"]),
        ("dark browns", ["#40301f", "#5a3a3a"]),
        ("light browns", ["tan", "#e0ac91"]),
        ("beiges", ["beige", "wheat", "#ffdbac"]),
        ("bright yellows", ["yellow", "gold"]),
        ("light yellows", ["khaki"]),
        ("bright greens", ["lime", "springgreen"]),
        ("greens", ["green", "forestgreen", "olivedrab"]),
        ("dark greens", ["darkgreen", "#3a4a2a"]),
        ("light greens", ["palegreen"]),
        ("turquoises", ["teal", "darkcyan"]),
        ("light turquoises", ["turquoise", "cyan"]),
        ("light blues", ["skyblue", "lightblue"]),
        ("greyish blues", ["slategray", "#87a0b8"]),
        ("blues", ["steelblue", "dodgerblue", "royalblue"]),
        ("bright blues", ["blue"]),
        ("dark blues", ["navy", "midnightblue"]),
        ("dark purples", ["indigo", "purple"]),
        ("bright purples", ["magenta", "blueviolet"]),
        ("light purples", ["plum", "thistle"]),
        ("bright pinks", ["deeppink"]),
        ("pinks", ["hotpink", "salmon"]),
        ("light pinks", ["pink", "lightpink"]),
    ],
)
def test_colours_are_called_what_people_call_them(name, colors):
    assert color_names(rgb2lab(rgb(*colors) / 255)).tolist() == [name] * len(colors)


def test_every_colour_has_a_name():
    steps = np.arange(0, 256, 15)
    colors = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    assert all(len(name.split()) in (1, 2) for name in color_names(rgb2lab(colors / 255)))


def test_what_is_lacking_is_named_with_its_share_its_distance_and_its_colour():
    cells = rgb("white", "navy", "navy", "palegreen").reshape(2, 2, 3)
    found = measured(shades("white"), cells)
    assert found.lacking == 0.75
    off = deltaE_ciede2000(rgb2lab(rgb("white") / 255), rgb2lab(rgb("navy", "palegreen") / 255))
    assert found.lacks == (
        Lack("dark blues", 0.5, pytest.approx(off[0]), (0, 0, 128)),
        Lack("light greens", 0.25, pytest.approx(off[1]), (152, 251, 152)),
    )
    np.testing.assert_allclose(found.delta_e, [[0, off[0]], [off[0], off[1]]], rtol=1e-5)


def test_printed_it_is_a_sentence():
    lacks = (
        Lack("dark blues", 0.09, 12.3, (0, 0, 90)),
        Lack("light greens", 0.05, 8.4, (150, 250, 150)),
        *[Lack(name, 0.005, 9.0, (0, 0, 0)) for name in ("blacks", "pinks")],
    )
    found = Coverage(np.zeros((1, 1), np.float32), 0.152, lacks)
    assert str(found) == (
        "15% of the cells lack near tiles: dark blues (9%, ΔE 12 off), "
        "light greens (5%, ΔE 8 off), other colours (1%)"
    )


def test_where_nothing_is_lacking_it_says_so():
    found = measured(shades("navy", "white"), rgb("navy", "white").reshape(1, 2, 3))
    assert str(found) == "the tiles come near all of the target's colours"
    assert found.wanted == ""


def test_a_few_cells_are_not_worth_a_word():
    cells = rgb("white").repeat(400, axis=0).reshape(20, 20, 3)
    cells[0, 0] = (0, 0, 128)
    found = measured(shades("white"), cells)
    assert [lack.name for lack in found.lacks] == ["dark blues"]
    assert str(found) == "the tiles come near all of the target's colours"


def test_one_tile_among_many_does_not_cover_a_colour():
    tiles = np.concatenate([shades(*["white"] * 10), rgb("navy")])
    assert measured(tiles, rgb("navy").reshape(1, 1, 3)).wanted.startswith("dark blues (100%")


def test_the_distance_is_to_the_fifth_nearest_by_ciede2000(rng):
    tiles = rng.integers(0, 256, (600, 3)).astype(float)
    cells = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
    cells_lab, tiles_lab = rgb2lab(cells / 255), rgb2lab(tiles / 255)
    every = deltaE_ciede2000(cells_lab[:, :, np.newaxis], tiles_lab[np.newaxis, np.newaxis])
    true = np.sort(every, axis=2)[:, :, 4]
    found = measured(tiles, cells).delta_e
    assert (found > true - 1e-3).all()
    assert (found - true).mean() < 0.03


def test_many_cells_are_counted_with_rounded_colours(rng, monkeypatch):
    tiles = rng.integers(0, 256, (600, 3)).astype(float)
    cells = rng.integers(0, 256, (30, 30, 3), dtype=np.uint8)
    exact = measured(tiles, cells)
    monkeypatch.setattr(coverages, "_MANY", 899)
    rounded = measured(tiles, cells)
    assert 0 < np.abs(rounded.delta_e - exact.delta_e).max() < 2
    assert abs(rounded.lacking - exact.lacking) < 0.05


def test_batches_do_not_show(rng, monkeypatch):
    tiles = rng.integers(0, 256, (60, 3)).astype(float)
    cells = rng.integers(0, 256, (10, 10, 3), dtype=np.uint8)
    whole = measured(tiles, cells)
    monkeypatch.setattr(coverages, "_BATCH", 7)
    np.testing.assert_array_equal(measured(tiles, cells).delta_e, whole.delta_e)


def test_tiles_measure_the_cells_that_plan_would_fill(rng):
    tiles = Tiles(rng.integers(0, 256, (50, 4, 6, 3), dtype=np.uint8))
    target = rng.random((40, 50))
    colors = plan(target, tiles, cols=7).colors
    expected = measured(tiles.pixels.mean(axis=(1, 2)), colors)
    found = coverage(tiles, target, cols=7)
    np.testing.assert_allclose(found.delta_e, expected.delta_e, atol=1e-4)


def test_a_mosaic_stands_for_its_tiles_its_grid_and_its_target(rng):
    tiles = rng.integers(0, 256, (50, 4, 6, 3), dtype=np.uint8)
    target = rng.random((40, 50))
    mosaic = plan(target, tiles, cols=7)
    expected = coverage(tiles, target, cols=7).delta_e
    np.testing.assert_allclose(coverage(mosaic).delta_e, expected, atol=1e-4)
    np.testing.assert_array_equal(coverage(mosaic, target).delta_e, expected)


def test_a_mosaic_has_a_grid_of_its_own(rng):
    mosaic = plan(np.eye(8), rng.integers(0, 256, (9, 4, 4, 3), dtype=np.uint8), cols=4)
    with pytest.raises(InputError, match="cols and rows are a mosaic's own"):
        coverage(mosaic, np.eye(8), cols=9)


def test_tiles_alone_have_no_target(rng):
    with pytest.raises(InputError, match="target must be a picture, got none"):
        coverage(np.zeros((1, 2, 2, 3), np.uint8))


def test_a_target_that_plan_refuses_is_refused():
    with pytest.raises(InputError, match="target must be"):
        coverage(np.zeros((1, 2, 2, 3), np.uint8), np.zeros(5))


def test_empty_cells_lack_nothing(rng):
    target = np.zeros((8, 8, 4), np.uint8)
    target[:4] = 255, 0, 0, 255
    target[:2, :2] = 0, 0, 255, 255
    whites = np.full((9, 4, 4, 3), 255, np.uint8)
    found = coverage(whites, target, cols=4)
    assert np.isnan(found.delta_e[2:]).all()
    assert not np.isnan(found.delta_e[:2]).any()
    assert found.lacking == 1
    assert [(lack.name, lack.share) for lack in found.lacks] == [
        ("bright reds", 7 / 8),
        ("bright blues", 1 / 8),
    ]
    mosaic = plan(target, whites, cols=4)
    for given in (coverage(mosaic), coverage(mosaic, target)):
        np.testing.assert_array_equal(given.delta_e, found.delta_e)
        assert given.lacks == found.lacks
