"""Drawing and saving a mosaic, against Pillow's defaults for the picture already drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture

import facemo

CELLS = 64
SIDE = 32
WAYS = {
    "facemo": lambda mosaic, drawn, path: facemo.save(mosaic, path),
    "Pillow's defaults": lambda mosaic, drawn, path: Image.fromarray(drawn).save(path),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_save(
    measure: Callable[..., None],
    benchmark: BenchmarkFixture,
    mosaic: Callable[[int, int], facemo.Mosaic],
    tmp_path: Path,
    suffix: str,
    way: str,
) -> None:
    plan = mosaic(CELLS, SIDE)
    drawn = np.asarray(plan)
    path = tmp_path / f"mosaic.{suffix}"
    case = f".{suffix}, {CELLS} x {CELLS} cells of {SIDE} px"
    measure(way, WAYS[way], plan, drawn, path, case=case, amount=drawn.nbytes / 1e6, unit="MB")
    benchmark.extra_info["note"] = f"{path.stat().st_size / 1e6:.1f} MB file"
