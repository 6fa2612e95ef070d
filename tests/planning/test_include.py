from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo.planning import include
from facemo.planning.cells import Cells
from facemo.planning.describe import Looks
from facemo.planning.include import included


def looks(rng, count):
    return Looks(rng.random((count, 1, 1, 3)) * 255)


def cells_of(rng, rows, cols):
    which = np.arange(rows * cols, dtype=np.int32).reshape(rows, cols)
    return Cells(looks(rng, rows * cols), which, np.zeros((rows, cols, 3), np.uint8))


def cost(library, cells, chosen):
    points = cells.looks.described()[cells.which.ravel()]
    there = chosen.ravel() >= 0
    tiles = library.described()[chosen.ravel()[there]]
    return np.sqrt(((points[there] - tiles) ** 2).sum(axis=1)).sum()


def test_who_is_there_already_changes_nothing(rng):
    chosen = np.int32([[0, 1], [2, 3]])
    library, cells = looks(rng, 6), cells_of(rng, 2, 2)
    assert included(library, cells, chosen, np.int32([1, 3]), 6, 0.0) is chosen


def test_the_missing_stand_where_it_costs_least(rng):
    library, cells = looks(rng, 7), cells_of(rng, 2, 3)
    chosen = np.int32([[0, 1, 2], [2, 3, 2]])
    wanted = np.int32([0, 2, 5, 6])
    changed = included(library, cells, chosen, wanted, 7, 0.0)
    assert chosen.tolist() == [[0, 1, 2], [2, 3, 2]]
    # The first cell that has them is safe.
    ways = [
        cost(library, cells, np.array([0, *rest], np.int32))
        for rest in itertools.product(range(7), repeat=5)
        if {5, 6} <= {*rest}
        and rest[1] == 2
        and sum(a != b for a, b in zip(rest, [1, 2, 2, 3, 2], strict=True)) == 2
    ]
    assert cost(library, cells, changed) == pytest.approx(min(ways))
    assert {*wanted.tolist()} <= {*changed.ravel().tolist()}


@given(st.integers(0, 9999), st.booleans())
def test_all_appear_whatever_is_held(seed, mirror):
    rng = np.random.default_rng(seed)
    library, cells = looks(rng, 12 * (1 + mirror)), cells_of(rng, 4, 5)
    held = rng.choice([-2, -1, -1, 3], (4, 5)).astype(np.int32)
    chosen = np.where(held == -1, rng.integers(0, 3, (4, 5)), np.maximum(held, -1)).astype(np.int32)
    wanted = np.unique(rng.integers(0, 12, min(8, np.count_nonzero(held == -1)))).astype(np.int32)
    changed = included(library, cells, chosen, wanted, 12, 0.0, held)
    assert np.all(np.isin(wanted, changed % 12))
    np.testing.assert_array_equal(changed[held != -1], chosen[held != -1])
    new = changed[changed != chosen] % 12
    assert len(new) == len({*new.tolist()})


@pytest.mark.parametrize("together", [1, 7, 64])
def test_in_whatever_batches_all_appear(rng, monkeypatch, together):
    monkeypatch.setattr(include, "_TOGETHER", together)
    library, cells = looks(rng, 99), cells_of(rng, 9, 11)
    changed = included(
        library, cells, np.zeros((9, 11), np.int32), np.arange(99, dtype=np.int32), 99, 0.0
    )
    assert np.array_equal(np.sort(changed, axis=None), np.arange(99))


def test_more_missing_than_places_near_each_find_one_though_all_are_alike():
    library = Looks(np.zeros((300, 1, 1, 3)))
    which = np.zeros((18, 20), np.int32)
    cells = Cells(Looks(np.zeros((1, 1, 1, 3))), which, np.zeros((18, 20, 3), np.uint8))
    wanted = np.arange(300, dtype=np.int32)
    changed = included(library, cells, np.zeros((18, 20), np.int32), wanted, 300, 0.0)
    assert np.array_equal(np.unique(changed), wanted)


def test_a_mirror_image_appears_where_that_is_nearer():
    left, right = np.zeros((2, 2, 2, 2, 3))
    left[1, :, 0] = right[1, :, 1] = 255
    cells = Cells(Looks(right), np.int32([[0, 1]]), np.zeros((1, 2, 3), np.uint8))
    library = Looks(np.concatenate([left, right]))
    changed = included(library, cells, np.int32([[0, 0]]), np.int32([1]), 2, 0.0)
    assert changed.tolist() == [[0, 3]]
