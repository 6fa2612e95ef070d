from __future__ import annotations

import os
import sys

import numpy as np
import pytest
from helpers import laid, write

from facemo.drawing import dask as chunks
from facemo.errors import InputError
from facemo.options import Encoding
from facemo.writers import zarr as writer
from facemo.writers.format import Order

zarr = pytest.importorskip("zarr")


@pytest.mark.parametrize("kind", ["plain", "recoloured", "shared"])
@pytest.mark.parametrize("side", [20, 1024])
def test_the_array_holds_exactly_the_mosaic(rng, lay, tmp_path, monkeypatch, side, kind):
    monkeypatch.setattr(chunks, "_SIDE", side)
    tiles = rng.integers(0, 256, (5, 6, 9, 3), dtype=np.uint8)
    mosaic = lay(kind, tiles, 9, 11)
    write(writer, mosaic, tmp_path / "a.zarr")
    array = zarr.open_array(str(tmp_path / "a.zarr"), mode="r")
    np.testing.assert_array_equal(array[:], mosaic)
    assert array.chunks == (min(54, side // 6 * 6), min(99, side // 9 * 9), 3)
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_the_number_of_files_is_known_before(rng, tmp_path, monkeypatch):
    monkeypatch.setattr(chunks, "_SIDE", 20)
    tiles = rng.integers(1, 256, (5, 6, 9, 3), dtype=np.uint8)  # of zeros no chunk is written
    mosaic = laid(rng, tiles, 9, 11)
    write(writer, mosaic, tmp_path / "a.zarr")
    there = sum(len(files) for _, _, files in os.walk(tmp_path))
    assert writer.forecast(Order((9, 11), (6, 9), 5, 5, Encoding())).files == there


def test_without_zarr_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(InputError, match=r"needs zarr, of .* \[dask\]: pip install zarr"):
        writer.check("a.zarr")
