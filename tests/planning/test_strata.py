from __future__ import annotations

import numpy as np
import pytest

from facemo.kernels.auction import Points
from facemo.planning import auction, strata
from facemo.planning.assign import assigned
from facemo.planning.strata import spread_out, strata_of
from facemo.reports import bound


def points(rng, cells, tiles, dimensions=3):
    return Points(
        *(rng.normal(size=(n, dimensions)).astype(np.float32) for n in (cells, tiles)),
    )


@pytest.fixture
def few(monkeypatch):
    """Strata from 100 cells on, of which at most 50 stand for all."""
    monkeypatch.setattr(strata, "_CELLS", 100)
    monkeypatch.setattr(strata, "_FEW", 50)


def test_few_cells_all_take_part(rng):
    assert strata_of(points(rng, 500, 600), np.ones(600, np.int32)) is None


def test_in_many_dimensions_all_take_part(rng, few):
    assert strata_of(points(rng, 500, 600, 9), np.ones(600, np.int32)) is None


def test_tiles_of_more_uses_than_a_run_all_take_part(rng, few):
    assert strata_of(points(rng, 500, 60), np.full(60, 10, np.int32)) is not None
    assert strata_of(points(rng, 500, 60), np.full(60, 11, np.int32)) is None


def test_each_cell_is_in_one_run_or_left_over(rng, few):
    these = strata_of(points(rng, 503, 600), np.ones(600, np.int32))
    assert these.cells.shape == (45, 11)
    assert len(these.rest) == 503 - 45 * 11
    both = np.concatenate([these.cells.ravel(), these.rest])
    assert sorted(both.tolist()) == list(range(503))


def test_runs_are_of_cells_near_each_other(rng, few):
    cells = points(rng, 500, 600).cells
    runs = cells[strata_of(Points(cells, cells), np.ones(500, np.int32)).cells]
    assert runs.var(axis=1).mean() < cells.var(axis=0).mean() / 2


@pytest.mark.parametrize("cells", [495, 500, 503])
@pytest.mark.parametrize("spare", [0, 7, 200])
@pytest.mark.parametrize("looks", [1, 2])
@pytest.mark.parametrize("most", [1, 3])
def test_no_tile_is_spread_out_more_often_than_it_may_be_used(rng, few, cells, spare, looks, most):
    room = rng.integers(0, most + 1, cells * 3 + spare * 3).astype(np.int32)
    room = room[: np.searchsorted(np.cumsum(room), cells + spare) + 1]
    room[-1] -= room.sum() - cells - spare
    these = strata_of(points(rng, cells, len(room) * looks), room)
    runs = len(these.points.tiles) // looks
    assert runs >= len(these.cells)
    tile = rng.permutation(runs)[: len(these.cells)]
    tile += runs * rng.integers(looks, size=len(tile))
    found = spread_out(these, tile.astype(np.int32))
    uses = np.bincount(found % len(room), minlength=len(room))
    assert uses.sum() == cells
    assert np.all(uses <= room)


def test_what_is_planned_by_few_is_nearly_as_good_and_is_proven(rng, monkeypatch):
    cells, tiles = points(rng, 1500, 1800)
    cells = cells * np.float32(0.5) + np.float32(1)
    room = np.ones(1800, np.int32)

    def planned():
        tile = assigned(tiles, cells, (30, 50), 1800, 1, 0, 0).ravel()
        assert np.bincount(tile).max() == 1
        total = ((cells.astype(float) - tiles[tile]) ** 2).sum()
        return total, bound._least(Points(cells, tiles), tile, room)

    best, sharp = planned()
    monkeypatch.setattr(strata, "_CELLS", 1000)
    monkeypatch.setattr(strata, "_FEW", 750)
    monkeypatch.setattr(auction, "_TOLD_APART", 1000)
    total, proof = planned()
    print(f"{total / best - 1:.2%} above, {1 - proof.total / sharp.total:.2%} less proven")
    assert proof.proven
    assert total < best * 1.05
    assert sharp.total * 0.9 < proof.total <= best * (1 + 1e-9)
