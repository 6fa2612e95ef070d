from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo.area import light_of
from facemo.kernels.recolour import (
    Slopes,
    count_values,
    find_offsets,
    find_ramped_offsets,
    move,
    mute,
    total,
)

value = st.integers(0, 255)
share = st.integers(0, 128)
sides = st.integers(1, 5)
VIEWS = "screen", "print"
pixels = st.lists(st.tuples(value, value, value), min_size=1, max_size=40)


@given(pixels, share)
def test_muting_takes_a_share_of_how_far_values_are_from_their_luma(given, share):
    tile = np.array([given], np.uint8)
    line = tile.reshape(-1).copy()
    mute(np.full(tile.shape[1], share, np.uint16), line)
    np.testing.assert_array_equal(line.reshape(tile.shape), naive.muted(tile, share))


@given(pixels)
def test_nothing_of_its_colours_is_taken_from_what_is_not_muted(given):
    line = np.array(given, np.uint8).reshape(-1)
    before = line.copy()
    mute(np.zeros(len(given), np.uint16), line)
    np.testing.assert_array_equal(line, before)


@pytest.mark.parametrize("grey", [0, 1, 127, 254, 255])
@pytest.mark.parametrize("share", [1, 77, 128])
def test_muting_leaves_grey_alone(grey, share):
    line = np.full(99, grey, np.uint8)
    mute(np.full(33, share, np.uint16), line)
    assert (line == grey).all()


@given(st.integers(0, 255), st.integers(-65536, 65536))
def test_moving_is_a_gain_and_an_offset_clipped_and_so_monotone(gain, offset):
    line = np.arange(256, dtype=np.uint8)
    scale = np.full(256, gain + 256 * (offset % 256), np.uint16)
    move(scale, np.full(256, offset // 256, np.int16), line)
    expected = np.clip((np.arange(256) * gain + offset) // 256, 0, 255)
    np.testing.assert_array_equal(line, expected)
    assert (np.diff(line.astype(int)) >= 0).all()
    levels = np.arange(256.0)
    assert total(np.ones(256, np.int32), gain, offset, levels) == expected.sum()


def test_values_are_counted_muted_of_the_tiles_asked_for(tile_array):
    counts = np.empty((2, 3, 256), np.int32)
    shares = np.array([128, 50], np.uint16)
    count_values(tile_array, np.array([4, 1], np.int32), shares, counts)
    for n, tile in enumerate((4, 1)):
        muted = naive.muted(tile_array[tile], shares[n]).reshape(-1, 3)
        for channel in range(3):
            expected = np.bincount(muted[:, channel], minlength=256)
            np.testing.assert_array_equal(counts[n, channel], expected)


@given(
    st.lists(value, min_size=1, max_size=30),
    st.integers(0, 255),
    st.floats(0, 255),
    st.sampled_from(VIEWS),
)
def test_no_offset_brings_the_mean_nearer(values, gain, mean, view):
    counts = np.zeros((1, 3, 256), np.int32)
    counts[:] = np.bincount(values, minlength=256)
    gains, wanted = np.full((1, 3), gain, np.uint16), np.full((1, 3), mean)
    found = np.empty((1, 3), np.int32)
    levels = light_of(np.arange(256), view)
    find_offsets(counts, np.zeros(1, np.int32), gains, wanted, levels, found)
    offsets = np.arange(-65536, 65537)[:, np.newaxis]
    means = levels[np.clip((np.array(values) * gain + offsets) // 256, 0, 255)].mean(axis=1)
    apart = np.abs(means - mean)
    assert apart[found[0] + 65536] == pytest.approx([apart.min()] * 3)


@given(st.data(), sides, sides, st.sampled_from(VIEWS))
def test_find_ramped_offsets_brings_means_near_whatever_is_clipped(data, h, w, view):
    pixels = np.random.default_rng(w).integers(0, 256, (2, h, w, 3), dtype=np.uint8)
    tile = np.array([0, 1, 1], np.int32)
    gain = np.array(data.draw(st.lists(st.integers(0, 255), min_size=9, max_size=9)), np.uint16)
    rises, bends = (
        data.draw(st.lists(st.integers(-most, most), min_size=6, max_size=6)) for most in (127, 95)
    )
    ramp = np.array([rises, bends], np.int32).reshape(2, 3, 2).swapaxes(0, 1).reshape(3, 4)
    mean = np.array(data.draw(st.lists(st.floats(0, 255), min_size=9, max_size=9)))
    levels = light_of(np.arange(256), view)
    gain, mean = gain.reshape(3, 3), mean.reshape(3, 3)
    offset = np.empty((3, 3), np.int32)
    shares = np.array(data.draw(st.lists(share, min_size=3, max_size=3)), np.uint16)
    slopes = Slopes(tile, shares, gain)
    find_ramped_offsets(pixels, slopes, ramp, light_of(mean, view), levels, offset)
    for n in range(3):
        light = naive.rises(ramp[n], h, w)
        laid = naive.recoloured(pixels[tile[n]], gain[n], offset[n] + light, shares[n])
        got = levels[laid]
        # Half a step of what a value more of all pixels makes.
        step = np.diff(levels).max() / 2
        assert (np.abs(got.mean(axis=(0, 1)) - light_of(mean[n], view)) <= step + 0.02).all()
