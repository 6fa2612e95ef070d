"""What the benchmarks share: pictures drawn from a seed, and the fixture that measures."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pictures import blotches, placed
from pytest_benchmark.fixture import BenchmarkFixture

import facemo

Draw = Callable[[int, int], NDArray[np.uint8]]


@pytest.fixture
def measure(benchmark: BenchmarkFixture, request: pytest.FixtureRequest) -> Callable[..., None]:
    """Time one way of doing a case of a stage, and note how much it does in a second.

    Ways of the same case are compared: the one called "facemo" with each of the others. `amount`
    is what one call does, counted in `unit`.
    """
    stage = request.path.stem.removeprefix("bench_")

    def run(
        way: str, work: Callable[..., Any], *args: Any, case: str, amount: float, unit: str
    ) -> None:
        benchmark.group = f"{stage}: {case}"
        benchmark(work, *args)
        if benchmark.stats is not None:  # None under --benchmark-disable
            rate = amount / benchmark.stats["median"]
            benchmark.extra_info.update(stage=stage, case=case, way=way, rate=rate, unit=unit)

    return run


@pytest.fixture(scope="session")
def picture() -> Draw:
    """``picture(height, width)``: soft blotches of colour and some grain, another at each call."""
    return partial(blotches, np.random.default_rng(0))


@pytest.fixture(scope="session")
def tile_pixels(picture: Draw) -> Draw:
    """``tile_pixels(count, side)``: tiles as (count, side, side, 3) uint8."""
    return cache(lambda count, side: np.stack([picture(side, side) for _ in range(count)]))


@pytest.fixture(scope="session")
def mosaic(tile_pixels: Draw) -> Callable[[int, int], facemo.Mosaic]:
    """``mosaic(cells, side)``: cells x cells of 1,000 tiles of that side, laid at random."""

    def lay(cells: int, side: int) -> facemo.Mosaic:
        tiles = facemo.Tiles(tile_pixels(1000, side))
        index = np.random.default_rng(0).integers(0, len(tiles), (cells, cells), np.int32)
        return placed(tiles, index)

    return lay
