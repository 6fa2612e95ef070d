from __future__ import annotations

import numpy as np
import pytest

from facemo.planning.cells import cells_of, count_colors
from facemo.planning.target import pixelate


@pytest.mark.parametrize("shape", [(5, 7), (3, 4), (20, 6), (40, 40)])
@pytest.mark.parametrize("detail", [1, 2])
@pytest.mark.parametrize("space", ["rgb", "lab"])
def test_each_cell_looks_as_its_pixels_do(rng, shape, detail, space):
    image = rng.integers(0, 4, (*shape, 3), dtype=np.uint8) * np.uint8(60)
    cells = cells_of(image, (5, 7), detail, space)
    blocks = pixelate(image, 5, 7, detail)
    np.testing.assert_allclose(cells.looks.means[cells.which], blocks.mean(axis=(2, 3)))
    np.testing.assert_array_equal(cells.colors, np.round(blocks.mean(axis=(2, 3))))


@pytest.mark.parametrize("shape", [(3, 4), (20, 28)])
@pytest.mark.parametrize("detail", [1, 2])
def test_some_cells_look_as_they_do_among_all(rng, shape, detail):
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    whole = cells_of(image, (5, 7), detail, "lab")
    some = np.array([3, 20, 34], np.int32)
    cells = cells_of(image, (5, 7), detail, "lab", some)
    own, others = (each.which.ravel()[some] for each in (whole, cells))
    for one, two in zip(whole.looks.seen, cells.looks.seen, strict=True):
        np.testing.assert_array_equal(one[own], two[others])
    colors = (each.colors.reshape(-1, 3)[some] for each in (whole, cells))
    np.testing.assert_array_equal(*colors)
    assert cells.which.max() < len(cells.looks)


def test_cells_that_are_pixels_of_one_colour_share_a_look(rng):
    image = rng.integers(0, 2, (30, 30, 3), dtype=np.uint8) * np.uint8(255)
    assert len(cells_of(image, (30, 30), 1, "rgb").looks.means) == 8


def test_the_callers_pixels_are_not_kept(rng):
    image = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
    cells = cells_of(image, (5, 5), 1, "rgb")
    assert not np.shares_memory(cells.colors, image)


def test_colours_are_counted(rng):
    image = rng.integers(0, 3, (20, 20, 3), dtype=np.uint8)
    assert count_colors(image) == len(np.unique(image.reshape(-1, 3), axis=0))
