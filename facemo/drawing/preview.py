"""A small picture of a plan of any size, made of its variants shrunk."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from facemo.area import area_means, light_of, resized, value_of
from facemo.drawing.draw import Layout, draw
from facemo.drawing.variants import Variants
from facemo.machine import batches

# Blocks of a cell are so much smaller than a pixel of the preview where their edges cannot meet. Of
# 100 x 100 and 150 x 150 cells of portraits it is then 0.5 of 255 off on average and 11 at most, of
# noise 1.7 and 17; with 2 it would be 1.8 and 29, 3.2 and 27.
_FINER = 4
# Lines of the preview that are made at a time, or fewer if what they are made of is larger.
_BAND_LINES = 64
_BAND_BYTES = 4 << 20


def preview(plan: Layout, limit: int) -> NDArray[np.uint8]:
    """The whole of `plan` as a small picture: (h, w, 3) uint8, sRGB, area averages of its pixels.

    Its longer side has `limit` pixels, or as many as the plan's picture if these are fewer. What it
    takes grows with the number of cells and of variants.

    Where a pixel of it is a whole number of cells, or of pixels, it is exact to rounding; else
    edges of pixels are taken to a quarter of a pixel or better.

    >>> plan = Layout(np.full((1, 64, 64, 3), 7, np.uint8), Variants(np.zeros(1, np.int32)),
    ...     np.zeros((900, 1200), np.int32))
    >>> plan.shape, preview(plan, 800).shape
    ((57600, 76800, 3), (600, 800, 3))
    """
    height, width = _fitted(plan.shape[:2], limit)
    (rows, cols), (tall, wide) = plan.cells.shape, plan.tile
    size = _blocks(rows, tall, height), _blocks(cols, wide, width)
    as_made = Variants(np.arange(len(plan.variants), dtype=np.int32))
    coarse = Layout(_shrunk(plan, *size), as_made, plan.cells)
    across, down = range(coarse.shape[1]), coarse.shape[0] / height
    out = np.empty((height, width, 3), np.uint8)
    for part in batches(height, min(_BAND_LINES, int(_BAND_BYTES / (down * len(across) * 3)))):
        edges = down * np.arange(part.start, part.stop + 1.0)
        first, stop = int(edges[0]), min(math.ceil(edges[-1]), coarse.shape[0])
        band = draw(coarse, range(first, stop), across)
        lines = area_means(band[np.newaxis], stop - first, width, plan.view)[0]
        light = _averages(light_of(lines, plan.view), edges - first)
        np.rint(value_of(light, plan.view), out=out[part], casting="unsafe")
    return out


def _shrunk(plan: Layout, height: int, width: int) -> NDArray[np.uint8]:
    """All variants averaged to another size: (V, height, width, 3) uint8."""
    out = np.empty((len(plan.variants), height, width, 3), np.uint8)
    for part in plan.batches():
        pixels = plan.made(part)
        out[part] = resized(
            pixels, np.arange(len(pixels), dtype=np.int32), height, width, plan.view
        )
    return out


def _fitted(shape: tuple[int, int], limit: int) -> tuple[int, int]:
    """The height and width of a picture of this shape, brought to sides of at most `limit`."""
    longest = max(shape)
    scale = min(limit, longest) / longest
    height, width = (max(1, round(side * scale)) for side in shape)
    return height, width


def _blocks(cells: int, side: int, pixels: int) -> int:
    """How many blocks a cell to draw, for `cells` of `side` that become `pixels`.

    The fewest whose edges meet those of the pixels, but not more than it takes to come near.
    """
    meeting = pixels // math.gcd(cells, pixels)
    return min(side, meeting, -(-_FINER * pixels // cells))


def _averages(lines: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """The averages of lines between one edge and the next: (L, w, 3), (n + 1,) to (n, w, 3)."""
    tops = np.arange(len(lines))
    shares = np.minimum(edges[1:, np.newaxis], tops + 1) - np.maximum(edges[:-1, np.newaxis], tops)
    shares = np.maximum(shares, 0) / np.diff(edges)[:, np.newaxis]
    # In 64 bits, so that how the sums are ordered cannot tip what is rounded next.
    means: NDArray[np.float64] = np.tensordot(shares, lines, 1)
    return means
