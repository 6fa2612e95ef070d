from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from facemo.drawing import recolour
from facemo.drawing.draw import Layout
from facemo.drawing.recolour import changes_of, gains, means_of, moved, tints
from facemo.drawing.variants import Variants
from facemo.kernels.draw import AS_IT_IS

value = st.integers(0, 255)
color = st.tuples(value, value, value)
mean = st.tuples(*[st.floats(0, 255, width=32)] * 3)


def drawn(pixels, tile, means):
    """Tiles recoloured to means, as they are laid."""
    variants = Variants(np.array(tile, np.int32), mean=np.array(means, np.float32))
    return Layout(pixels, variants, np.zeros((1, 1), np.int32)).kept


@given(value, color, st.floats(0, 1))
def test_the_mean_moves_by_the_tint(own, wanted, tint):
    mean = moved(np.full(3, own, np.float32), np.array(wanted, np.uint8), tint)
    np.testing.assert_allclose(mean, own * (1 - tint) + np.array(wanted) * tint, atol=1e-4)


@given(st.lists(color, min_size=1, max_size=20), mean)
@example([(0, 0, 0), (255, 255, 255)], (255, 0, 128))
@example([(0, 0, 0)], (0.5, 254.5, 255))
def test_whatever_the_tile_its_mean_is_what_was_wanted_to_rounding(values, wanted):
    pixels = np.array(values, np.uint8).reshape(1, 1, -1, 3)
    got = drawn(pixels, [0], [wanted])[0].mean(axis=(0, 1))
    assert np.abs(got - np.float32(wanted)).max() <= 0.5 + 1e-3


def test_means_of_photos_are_exact_to_a_tenth(rng):
    pixels = rng.normal(128, 40, (5, 32, 32, 3)).clip(0, 255).astype(np.uint8)
    tile, means = rng.integers(0, 5, 200), rng.uniform(0, 255, (200, 3)).astype(np.float32)
    got = drawn(pixels, tile, means).mean(axis=(1, 2))
    assert np.abs(got - means).max() < 0.1


@given(st.lists(color, min_size=2, max_size=20), mean)
def test_what_was_brighter_stays_so(values, wanted):
    pixels = np.array(values, np.uint8).reshape(1, 1, -1, 3)
    muted, got = naive.muted(pixels[0])[0], drawn(pixels, [0], [wanted])[0, 0].astype(int)
    for channel in range(3):
        order = np.argsort(muted[:, channel])
        assert (np.diff(got[order, channel]) >= 0).all()


@given(st.lists(color, min_size=1, max_size=20), mean, st.sampled_from([0.0, 0.3, 1.0]))
def test_a_variant_is_muted_and_moved_by_a_gain_that_leaves_room(values, wanted, muted):
    pixels = np.array(values, np.uint8).reshape(1, 1, -1, 3)
    strength = np.float32([muted])
    variants = Variants(np.zeros(1, np.int32), mean=np.float32([wanted]), muted=strength)
    changes = changes_of(pixels, variants)
    # Rounded down, of numbers of 32 bits, and below 1.
    rounded = naive.gains(pixels[0], wanted, muted) - changes.gain[0] / 256
    assert ((rounded >= -1e-3) & (rounded <= 1 / 256 + 1e-3)).all()
    assert changes.share[0] == round(128 * muted)
    given = changes.gain[0], changes.offset[0], changes.share[0]
    got = Layout(pixels, variants, np.zeros((1, 1), np.int32)).kept[0]
    np.testing.assert_array_equal(got, naive.recoloured(pixels[0], *given))


@pytest.mark.parametrize("ramp", [[0, 0, 0, 0], [5, 0, 0, 3]])
def test_variants_of_a_tile_may_be_muted_differently(rng, ramp):
    pixels = rng.integers(0, 256, (1, 8, 8, 3), dtype=np.uint8)
    tile, mean = np.zeros(3, np.int32), np.full((3, 3), 120, np.float32)
    ramps = np.tile(np.int8(ramp), (3, 1))
    muted = np.float32([0, 0.5, 1])
    together = Layout(pixels, Variants(tile, None, mean, ramps, muted), np.zeros((1, 1), np.int32))
    for n in range(3):
        one = Variants(tile[:1], None, mean[:1], ramps[:1], muted[n : n + 1])
        alone = Layout(pixels, one, np.zeros((1, 1), np.int32))
        np.testing.assert_array_equal(together.kept[n], alone.kept[0])
    spreads = together.kept.std(axis=(1, 2)).mean(axis=1)
    assert (np.diff(spreads) < 0).all()


def test_what_is_not_muted_and_not_moved_stays_as_it_is_to_a_value(rng):
    pixels = rng.integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    tile = np.arange(5, dtype=np.int32)
    variants = Variants(tile, mean=means_of(pixels, tile), muted=np.zeros(5, np.float32))
    got = Layout(pixels, variants, np.zeros((1, 1), np.int32)).kept
    assert np.abs(got.astype(int) - pixels).max() <= 1


def test_contrast_is_kept_where_there_is_room_and_softened_where_it_is_much():
    spread = np.float32([[10] * 3, [50] * 3, [100] * 3])
    mean = np.full((3, 3), 128, np.float32)
    for muted, kept in ((1, [1, 0.88, 0.65]), (0.5, [1, 0.94, 0.825]), (0, [1, 1, 1])):
        found = gains(spread, mean, np.full(3, muted, np.float32))
        assert found[:, 0].tolist() == pytest.approx(kept)


def test_specks_do_not_cost_a_tile_its_contrast(rng):
    pixels = rng.integers(100, 120, (1, 20, 20, 3), dtype=np.uint8)
    pixels[0, 0, 0], pixels[0, 0, 1] = 255, 0
    spread = drawn(pixels, [0], [[30, 30, 30]])[0, 1:].std()
    assert spread == pytest.approx(naive.muted(pixels[0])[1:].std(), rel=0.1)


def test_flat_tiles_black_and_white_become_what_is_wanted():
    pixels = np.array([0, 9, 255], np.uint8).repeat(12).reshape(3, 2, 2, 3)
    got = drawn(pixels, [0, 1, 2, 0, 2], [[7, 0, 255]] * 3 + [[255] * 3, [0] * 3])
    expected = [[7, 0, 255]] * 3 + [[255] * 3, [0] * 3]
    np.testing.assert_array_equal(
        got, np.broadcast_to(np.array(expected)[:, None, None], got.shape)
    )


def test_skin_stays_skin_when_it_is_lit_and_shaded():
    rng = np.random.default_rng(0)
    light = rng.normal(0, 12, (1, 32, 32, 1))
    pixels = np.clip([224, 172, 140] + light, 0, 255).astype(np.uint8)
    for wanted in ([224, 172, 140], [120, 86, 66], [245, 215, 195]):
        got = drawn(pixels, [0], [wanted])[0].astype(int)
        assert (np.diff(got, axis=-1) < 0).all()  # red above green above blue


def test_variants_that_stay_as_they_are_need_no_maps(tile_array):
    changes = changes_of(tile_array, Variants(np.array([3, 0], np.int32)))
    assert changes.gain.size == changes.offset.size == 0


def test_beside_others_they_have_maps_that_say_so(tile_array):
    mean = np.float32([[np.nan] * 3, [0, 9, 255]])
    changes = changes_of(tile_array, Variants(np.array([3, 0], np.int32), mean=mean))
    assert (changes.gain[0].tolist(), changes.offset[0].tolist()) == ([AS_IT_IS] * 3, [0] * 3)
    assert (changes.gain[1] < AS_IT_IS).all()
    got = drawn(tile_array, [3, 0], mean)
    np.testing.assert_array_equal(got[0], tile_array[3])
    assert np.abs(got[1].mean(axis=(0, 1)) - mean[1]).max() <= 0.5


def test_tiles_that_are_not_used_are_not_measured_and_others_once(tile_array, monkeypatch):
    read = []
    count = recolour.count_values
    monkeypatch.setattr(
        recolour, "count_values", lambda *given: read.append(given[1].tolist()) or count(*given)
    )
    tile = np.array([5, 2, 5], np.int32)
    changes_of(tile_array, Variants(tile, mean=np.zeros((3, 3), np.float32)))
    assert read == [[2, 5]]


def test_the_tint_of_a_cell_is_the_part_of_the_way_that_its_mean_is_moved(rng, tile_array):
    tile = np.array([4, 1, 4], np.int32)
    means, colors = means_of(tile_array, tile), rng.integers(0, 256, (3, 3), dtype=np.uint8)
    variants = Variants(tile, mean=moved(means, colors, 0.3))
    way, whole = tints(variants, means, np.arange(3, dtype=np.int32), colors)
    np.testing.assert_allclose(way / whole, 0.3, atol=1e-5)
    way, whole = tints(Variants(tile), means, np.arange(3, dtype=np.int32), colors)
    assert not way.any()
    assert whole.all()
