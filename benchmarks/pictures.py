"""The pictures that the benchmarks are about: drawn from a seed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import facemo
from facemo.planning.recolour import recoloured


def blotches(rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
    """Soft blotches of colour and some grain, another picture at each call: (height, width, 3)."""
    coarse = rng.integers(0, 256, (height // 32 + 2, width // 32 + 2, 3), np.uint8)
    soft = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    smooth = np.asarray(soft)
    drawn: NDArray[np.uint8] = smooth - smooth // 16 + rng.integers(0, 16, smooth.shape, np.uint8)
    return drawn


def placed(
    tiles: facemo.Tiles,
    index: NDArray[np.int32],
    colors: NDArray[np.uint8] | None = None,
    tint: float = 0.0,
    palette: int | str | None = "auto",
) -> facemo.Mosaic:
    """A mosaic of tiles laid as `index` says, moved to colours if there are any."""
    colors = np.zeros((*index.shape, 3), np.uint8) if colors is None else colors
    return facemo.Mosaic(tiles, *recoloured(tiles.pixels, index, colors, tint, palette), colors)
