from __future__ import annotations

import numpy as np
from helpers import laid

from facemo.drawing.variants import variants


def test_every_cell_shows_its_variant(rng):
    tiles = rng.integers(0, 256, (9, 4, 6, 3), dtype=np.uint8)
    mosaic = laid(rng, tiles, 3, 4, mirrored=0.5)
    used = variants(mosaic.layout)
    pixels = used.drawn(slice(None))
    for row in range(3):
        for col in range(4):
            cell = mosaic[4 * row : 4 * row + 4, 6 * col : 6 * col + 6]
            np.testing.assert_array_equal(pixels[used.cells[row, col]], cell)


def test_each_is_there_once_and_only_if_it_is_used(rng):
    mosaic = laid(rng, rng.integers(0, 256, (50, 2, 2, 3), dtype=np.uint8), 4, 5)
    used = variants(mosaic.layout)
    assert sorted(used.tile) == sorted(set(mosaic.index.ravel().tolist()))
    assert used.uses == 20 / len(used)


def test_shrunk_tiles_are_those_of_the_reduced_mosaic(rng):
    mosaic = laid(rng, rng.integers(0, 256, (5, 8, 8, 3), dtype=np.uint8), 4, 5, mirrored=0.5)
    used, reduced = variants(mosaic.layout), variants(mosaic.reduced(2).layout)
    np.testing.assert_array_equal(used.drawn(slice(1, 3), 4), reduced.drawn(slice(1, 3)))


def test_batches_make_up_all_of_them(rng):
    used = variants(laid(rng, rng.integers(0, 256, (5, 2, 2, 3), dtype=np.uint8), 9, 9).layout)
    assert list(used.batches()) == [slice(0, 5)]
    assert list(used.batches(most=2)) == [slice(0, 2), slice(2, 4), slice(4, 5)]
