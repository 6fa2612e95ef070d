from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from helpers import laid

from facemo.drawing.dask import chunk_sides
from facemo.drawing.mosaic import Mosaic
from facemo.errors import InputError

dask = pytest.importorskip("dask")


@pytest.fixture
def mosaic(rng):
    tiles = rng.integers(0, 256, (5, 6, 9, 3), dtype=np.uint8)
    return laid(rng, tiles, 9, 11, mirrored=0.2, tint=0.3)


@pytest.mark.parametrize("tile", [(1, 1), (64, 300), (1024, 1025), (3000, 7)])
def test_a_chunk_has_whole_tiles_and_about_a_thousand_pixels(tile):
    for side, chunk in zip(tile, chunk_sides(tile), strict=True):
        assert chunk % side == 0
        assert chunk == side or 512 < chunk <= 1024


@pytest.mark.parametrize("chunks", [None, 20, (7, 50), (54, 99), (20, 30, 3), 1000])
def test_a_dask_array_has_the_mosaics_pixels_whatever_its_chunks(mosaic, chunks):
    array = mosaic.to_dask(chunks)
    assert (array.shape, array.dtype) == (mosaic.shape, np.uint8)
    np.testing.assert_array_equal(array.compute(scheduler="threads"), mosaic)


def test_a_region_draws_the_chunks_that_it_touches_and_no_others(mosaic, monkeypatch):
    drawn = []
    draw = Mosaic.__getitem__
    monkeypatch.setattr(
        Mosaic, "__getitem__", lambda self, key: drawn.append(key) or draw(self, key)
    )
    region = mosaic.to_dask(10)[12:15, 33:38].compute(scheduler="single-threaded")
    np.testing.assert_array_equal(region, draw(mosaic, (slice(12, 15), slice(33, 38))))
    assert drawn == [(slice(10, 20), slice(30, 40))]


@pytest.mark.parametrize("chunks", [0, "auto", (3, -1), 2.5, (4,)])
def test_chunks_that_are_no_sides_are_refused(mosaic, chunks):
    with pytest.raises(InputError, match="chunks must be a whole number"):
        mosaic.to_dask(chunks)


def test_without_dask_the_error_says_how_to_get_it(mosaic, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.array", None)
    with pytest.raises(InputError, match=r"needs dask, of .* \[dask\]: pip install dask"):
        mosaic.to_dask()


class Counted(Mosaic):
    """A mosaic that leaves a file for each time it is unpickled, and where."""

    folder = ""

    def __reduce__(self):
        return _arrived, (self.folder, super().__reduce__())


def _arrived(folder, reduced):
    number = len(os.listdir(folder))
    open(os.path.join(folder, f"{os.getpid()}-{number}"), "w").close()
    make, arguments = reduced
    return make(*arguments)


def test_a_cluster_of_two_processes_draws_the_same_and_gets_the_tiles_once(mosaic, tmp_path):
    distributed = pytest.importorskip("distributed")
    object.__setattr__(mosaic, "__class__", Counted)
    object.__setattr__(mosaic, "folder", str(tmp_path))
    expected = np.asarray(mosaic)
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": ":0"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster):
        array = mosaic.to_dask(5)
        np.testing.assert_array_equal(array.compute(), expected)
    workers = [name.split("-")[0] for name in os.listdir(tmp_path)]
    assert 1 <= len(workers) == len(set(workers)) <= 2
    assert str(os.getpid()) not in workers
