from __future__ import annotations

import naive
import numpy as np
import pytest

from facemo.kernels.cover import cover_means, lay_over


@pytest.mark.parametrize("grid", [(1, 1), (3, 5), (17, 22), (40, 31)])
def test_a_channel_is_averaged_over_rectangles_that_end_anywhere(rng, grid):
    cover = rng.integers(0, 256, (17, 22), dtype=np.uint8)
    expected = naive.cell_means(cover[..., np.newaxis], *grid)[..., 0]
    out = np.empty(grid, np.float32)
    cover_means(cover, grid[0], 0, out)
    np.testing.assert_allclose(out, expected, atol=1e-3)
    part = np.empty_like(out[grid[0] // 2 :])
    cover_means(cover, grid[0], grid[0] // 2, part)
    np.testing.assert_array_equal(part, out[grid[0] // 2 :])


def test_a_picture_is_laid_over_a_coarser_one(rng):
    image = rng.integers(0, 256, (7, 9, 3), dtype=np.uint8)
    cover, ground = rng.integers(0, 256, (7, 9), dtype=np.uint8), image[:2, :3]
    cover[0, :2] = 0, 255
    places = np.arange(7) * 2 // 7, np.arange(9) * 3 // 9
    out = np.empty_like(image)
    lay_over(image, cover, ground, places, out)
    for y, x in np.ndindex(7, 9):
        share, behind = cover[y, x] / 255, ground[places[0][y], places[1][x]]
        expected = share * image[y, x] + (1 - share) * behind
        np.testing.assert_array_equal(out[y, x], np.floor(expected + 0.5 - 1e-9))
