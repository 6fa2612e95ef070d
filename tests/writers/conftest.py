"""What the tests of writers may ask for."""

from __future__ import annotations

import numpy as np
import pytest
from helpers import placed


@pytest.fixture
def lay(rng):
    """A function that lays tiles at random, some of them mirrored.

    They are "plain", "recoloured", each cell in its own way, or "shared": recoloured in so few ways
    that each repeats.
    """

    def lay(kind, tiles, rows, cols):
        index = rng.integers(0, len(tiles), (rows, cols))
        colors = rng.integers(0, 256, (rows, cols, 3), dtype=np.uint8)
        mirrored, tint = rng.random((rows, cols)) < 0.3, 0.0 if kind == "plain" else 0.6
        palette = 3 * len(tiles) if kind == "shared" else None
        mosaic = placed(tiles, index, colors, mirrored, tint, palette)
        assert mosaic.variants.recoloured.all() == (kind != "plain")
        assert (mosaic.layout.uses >= 2) == (kind != "recoloured")
        assert kind != "shared" or len(mosaic.variants) > len(np.unique(mosaic.index))
        return mosaic

    return lay
