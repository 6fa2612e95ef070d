from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo.reports.flip import flip, reach


def pictures(seed, height, width):
    rng = np.random.default_rng(seed)
    return rng.random((2, height, width, 3)) * 255


@pytest.mark.parametrize("pixels_per_degree", [5, 67, 120])
@pytest.mark.parametrize("change", ["noise", "shift", "colour", "another"])
def test_it_is_the_authors_own_error(rng, change, pixels_per_degree):
    evaluator = pytest.importorskip("flip_evaluator")
    slope = np.linspace(0, 1, 70)
    reference = 255 * np.stack(np.broadcast_arrays(slope, slope[:50, np.newaxis], 0.5), axis=2)
    reference[20:30, 10:40] = (250, 20, 60)
    test = {
        "noise": np.clip(reference + rng.normal(0, 25, reference.shape), 0, 255),
        "shift": np.roll(reference, 2, axis=1),
        "colour": reference * (0.9, 1, 0.7),
        "another": rng.random(reference.shape) * 255,
    }[change]
    expected, mean, _ = evaluator.evaluate(
        np.float32(reference / 255),
        np.float32(test / 255),
        "LDR",
        applyMagma=False,
        parameters={"ppd": pixels_per_degree},
    )
    error = flip(test, reference, pixels_per_degree)
    assert error.mean() == pytest.approx(mean, abs=1e-4)
    np.testing.assert_allclose(error, np.squeeze(expected), atol=5e-3)


@given(st.integers(0, 9), st.integers(1, 9), st.integers(1, 9), st.sampled_from([10, 20]))
def test_it_is_the_papers_error(seed, height, width, pixels_per_degree):
    test, reference = pictures(seed, height, width)
    expected = naive.flip(test, reference, pixels_per_degree)
    np.testing.assert_allclose(flip(test, reference, pixels_per_degree), expected, atol=1e-3)


def test_equal_pictures_do_not_differ_and_it_is_the_same_both_ways():
    one, other = pictures(0, 30, 40)
    assert not flip(one, one).any()
    np.testing.assert_allclose(flip(one, other), flip(other, one), atol=1e-5)
    assert 0 <= flip(one, other).min() <= flip(one, other).max() <= 1


@pytest.mark.parametrize("pixels_per_degree", [20, 67])
def test_nothing_further_than_its_reach_changes_a_pixel(pixels_per_degree):
    far = reach(pixels_per_degree)
    one, other = pictures(1, 5, 2 * far + 9)
    changed = other.copy()
    changed[:, :4] = 255 - changed[:, :4]
    error, again = (flip(one, each, pixels_per_degree) for each in (other, changed))
    same = np.flatnonzero(np.abs(error - again).max(axis=0) < 1e-6)
    assert same.tolist() == list(range(same[0], 2 * far + 9))
    assert same[0] <= 4 + far


def test_from_afar_fine_noise_is_not_seen():
    rng = np.random.default_rng(0)
    noisy, grey = rng.integers(0, 2, (60, 60, 3)) * 60.0 + 90, np.full((60, 60, 3), 120.0)
    near, far = (flip(noisy, grey, each).mean() for each in (10, 300))
    assert far < near / 1.5
