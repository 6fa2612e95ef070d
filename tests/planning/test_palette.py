from __future__ import annotations

import numpy as np
import pytest
from helpers import placed
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.drawing.recolour import means_of, moved
from facemo.planning import palette
from facemo.planning.palette import most_variants
from facemo.planning.plan import plan
from facemo.planning.recolour import recoloured


@pytest.fixture
def tiles(rng):
    return rng.integers(0, 256, (12, 4, 4, 3), dtype=np.uint8)


def smooth(rows, cols):
    """Colours that change slowly, as a picture's do."""
    y, x = np.mgrid[0 : 1 : rows * 1j, 0 : 1 : cols * 1j]
    return np.stack([255 * y, 255 * x, 128 + 100 * np.sin(5 * x + 3 * y)], axis=2).astype(np.uint8)


def wanted(tiles, chosen, colors, tint):
    return moved(means_of(tiles, chosen.ravel() % len(tiles)), colors.reshape(-1, 3), tint)


@pytest.mark.parametrize("cells", [1, 4096, 16_384])
def test_where_cells_are_few_each_may_have_its_own(cells):
    assert most_variants(cells, 1, "auto") == cells


@pytest.mark.parametrize("cells", [16_385, 20_000, 30_000, 262_144, 1_000_000])
def test_where_they_are_many_each_variant_has_two_cells_at_least(cells):
    assert 8192 <= most_variants(cells, 200, "auto") <= cells / 2


def test_the_budget_never_shrinks_where_cells_become_more():
    budgets = [most_variants(cells, 200, "auto") for cells in range(16_385, 3_000_000, 997)]
    assert budgets == sorted(budgets)


@pytest.mark.parametrize(
    ("asked", "expected"), [(1, 30), (50, 50), (10**6, 900), (None, 900), ("auto", 900)]
)
def test_a_budget_holds_each_look_once_and_no_more_than_there_are_cells(asked, expected):
    assert most_variants(900, 30, asked) == expected


@pytest.mark.parametrize("budget", ["auto", None, 400])
def test_few_looks_are_exact(rng, tiles, budget):
    chosen = rng.integers(0, 24, (20, 20), dtype=np.int32)
    colors = rng.integers(0, 256, (20, 20, 3), dtype=np.uint8)
    variants, cells = recoloured(tiles, chosen, colors, 0.4, budget)
    np.testing.assert_array_equal(variants.tile[cells], chosen % 12)
    np.testing.assert_array_equal(variants.mirrored[cells], chosen >= 12)
    expected = wanted(tiles, chosen, colors, 0.4).reshape(20, 20, 3)
    np.testing.assert_array_equal(variants.mean[cells], expected)


def test_cells_that_want_the_same_share_a_variant(tiles):
    colors = np.zeros((9, 9, 3), np.uint8)
    colors[4:] = 200
    variants, cells = recoloured(tiles, np.zeros((9, 9), np.int32), colors, 1)
    assert len(variants) == 2
    assert (cells[:4] == cells[0, 0]).all()


def test_without_a_tint_variants_are_tiles_as_they_are(rng, tiles):
    chosen = rng.integers(0, 24, (9, 9), dtype=np.int32)
    variants, cells = recoloured(tiles, chosen, np.zeros((9, 9, 3), np.uint8), 0)
    assert not variants.recoloured.any()
    assert len(variants) == len(np.unique(chosen))
    np.testing.assert_array_equal(variants.tile[cells] + 12 * variants.mirrored[cells], chosen)


@pytest.mark.parametrize("budget", [24, 100, 1000])
def test_a_budget_is_kept_and_every_cell_keeps_its_tile(rng, tiles, budget):
    chosen = rng.integers(0, 24, (50, 60), dtype=np.int32)
    variants, cells = recoloured(tiles, chosen, smooth(50, 60), 1, budget)
    assert len(variants) <= budget
    np.testing.assert_array_equal(variants.tile[cells] + 12 * variants.mirrored[cells], chosen)


def test_the_more_variants_the_nearer_and_from_afar_all_are_near(rng, tiles):
    chosen, colors = rng.integers(0, 12, (120, 120), dtype=np.int32), smooth(120, 120)
    off = []
    for budget in (200, 800, 3200):
        variants, cells = recoloured(tiles, chosen, colors, 1, budget)
        drawn = variants.mean[cells].astype(float)
        off.append((delta_e(drawn, colors), delta_e(boxes(drawn), boxes(colors.astype(float)))))
    near, afar = zip(*off, strict=True)
    assert near[0] > near[1] > near[2]
    assert all(far < 0.6 * close for close, far in off), off
    assert near[2] < 2
    assert afar[2] < 0.35


def delta_e(one, other):
    return float(deltaE_ciede2000(rgb2lab(one / 255), rgb2lab(other / 255)).mean())


def boxes(colors, n=8):
    rows, cols = (side // n for side in colors.shape[:2])
    return colors[: rows * n, : cols * n].reshape(rows, n, cols, n, 3).mean(axis=(1, 3))


def test_of_many_cells_some_are_looked_at_and_every_look_has_a_variant(rng, tiles, monkeypatch):
    monkeypatch.setattr(palette, "sampled", lambda count: slice(None, None, 7))
    chosen = np.zeros((40, 40), np.int32)
    chosen[1, 1], chosen[5, 3] = 7, 23
    variants, cells = recoloured(tiles, chosen, smooth(40, 40), 1, 20)
    np.testing.assert_array_equal(variants.tile[cells] + 12 * variants.mirrored[cells], chosen)


def test_bands_of_any_height_give_the_same_plan(rng, tiles, monkeypatch):
    chosen, colors = rng.integers(0, 12, (30, 30), dtype=np.int32), smooth(30, 30)
    whole = recoloured(tiles, chosen, colors, 1, 100)[1]
    for rows in (1, 7, 29):
        monkeypatch.setattr(palette, "_ROWS", rows)
        np.testing.assert_array_equal(recoloured(tiles, chosen, colors, 1, 100)[1], whole)


def test_plans_keep_to_their_palette(rng, tiles):
    target = smooth(60, 60)
    limited, exact = (plan(target, tiles, cols=60, tint=1, palette=n) for n in (50, None))
    np.testing.assert_array_equal(limited.index, exact.index)
    assert len(limited.variants) <= 50 < len(exact.variants)


def test_the_same_plan_has_the_same_variants_again(tiles):
    first, again = (plan(smooth(150, 150), tiles, cols=150, tint=0.3) for _ in range(2))
    np.testing.assert_array_equal(first.cells, again.cells)
    np.testing.assert_array_equal(first.variants.mean, again.variants.mean)
    assert first.layout.uses >= 2


def test_one_row_more_than_is_exact_is_hardly_further(rng, tiles):
    """Where every mean is its cell's own, nothing hides what sharing costs: so it begins slowly."""
    off = []
    for rows in (128, 129, 140, 180, 256):
        colors = smooth(rows, 128)
        variants, cells = recoloured(tiles, rng.integers(0, 12, (rows, 128), np.int32), colors, 1)
        off.append(delta_e(variants.mean[cells].astype(float), colors.astype(float)))
    assert off[0] == 0
    assert off[1] < 0.05
    assert np.diff(off).max() < 0.4
    assert off[-1] < 1


def test_colours_between_those_that_a_lattice_would_look_at_are_kept(tiles):
    """A million cells in stripes of one pixel."""
    colors = np.zeros((1030, 1030, 3), np.uint8)
    colors[:, 1::2] = 200
    variants, cells = recoloured(tiles, np.zeros(colors.shape[:2], np.int32), colors, 1)
    np.testing.assert_allclose(variants.mean[cells[0, :2]], [[0] * 3, [200] * 3])


def test_a_flat_target_has_a_variant_for_each_look():
    mosaic = placed(np.zeros((1, 2, 2, 3), np.uint8), np.zeros((200, 200)), tint=0.5)
    assert len(mosaic.variants) == 1


def test_sharing_that_costs_a_little_less_than_nothing_is_no_reason_for_more(rng):
    pixels = rng.integers(0, 256, (9, 1, 1, 3), dtype=np.uint8)
    chosen = rng.integers(0, 9, (150, 150)).astype(np.int32)
    colors = pixels[chosen, 0, 0]  # which is what they have: nothing is nearer
    variants, cells = recoloured(pixels, chosen, colors, 0.3)
    assert cells.shape == (150, 150)
    assert len(variants) <= 150 * 150
