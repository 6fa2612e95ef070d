"""The mean colour of each tile, against numpy's ways to say it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from facemo.area import block_means

SIDE = 64
WAYS = {
    "facemo": lambda pixels: block_means(pixels, 1)[:, 0, 0],
    "`pixels.mean(axis=(1, 2))`": lambda pixels: pixels.mean(axis=(1, 2)),
    "`np.einsum`": lambda pixels: np.einsum("nhwc->nc", pixels, dtype=np.uint32) / SIDE**2,
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", [1000, 10_000])
def test_describe(
    measure: Callable[..., None],
    tile_pixels: Callable[[int, int], NDArray[np.uint8]],
    count: int,
    way: str,
) -> None:
    pixels = tile_pixels(count, SIDE)
    case = f"{count:,} tiles of {SIDE} px"
    measure(way, WAYS[way], pixels, case=case, amount=pixels.nbytes / 1e6, unit="MB")
