"""A small picture of a mosaic of any size, made of its plan and its tiles shrunk.

Notebooks show it in place of the mosaic.
"""

from __future__ import annotations

import math
from dataclasses import replace
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facemo.area import area_means, resized
from facemo.errors import whole_number
from facemo.mosaic import Mosaic, numbered
from facemo.tiles import Tiles

# Blocks of a cell are so much smaller than a pixel of the preview where their edges cannot meet. Of
# 100 x 100 and 150 x 150 cells of portraits it is then 0.5 of 255 off on average and 11 at most, of
# noise 1.7 and 17; with 2 it would be 1.8 and 29, 3.2 and 27.
_FINER = 4
# Lines of the preview that are made at a time, or fewer if what they are made of is larger.
_BAND_LINES = 64
_BAND_BYTES = 4 << 20
_SHOWN = 640  # pixels of the longer side, in notebooks
_SHEET = 8, 16  # tiles on a contact sheet, of 40 pixels each when it is shown


def preview(mosaic: Mosaic, most: int = 1024) -> NDArray[np.uint8]:
    """The whole mosaic as a small picture: (h, w, 3) uint8, sRGB, area averages of its pixels.

    Its longer side has `most` pixels, or as many as the mosaic if these are fewer. What it takes
    grows with the number of cells and of tiles in use, and not with the size of the tiles.

    Where a pixel of it is a whole number of cells, or of pixels, it is exact to rounding; else
    edges of pixels are taken to a quarter of a pixel or better. Raises InputError if `most` is not
    a whole number of at least 1.

    >>> tiles = Tiles(np.full((1, 64, 64, 3), 7, np.uint8))
    >>> mosaic = Mosaic(tiles, np.zeros((900, 1200), np.int32), np.zeros((900, 1200, 3), np.uint8))
    >>> mosaic.shape, preview(mosaic, 800).shape
    ((57600, 76800, 3), (600, 800, 3))
    """
    height, width = _fitted(mosaic.shape[:2], whole_number("most", most))
    rows, cols = mosaic.index.shape
    down, across = mosaic.tiles.size
    coarse = _coarse(mosaic, _blocks(rows, down, height), _blocks(cols, across, width))
    tall = coarse.shape[0] / height
    step = max(1, min(_BAND_LINES, int(_BAND_BYTES / (tall * coarse.shape[1] * 3))))
    out = np.empty((height, width, 3), np.uint8)
    for first in range(0, height, step):
        edges = tall * np.arange(first, min(first + step, height) + 1.0)
        start, stop = int(edges[0]), min(math.ceil(edges[-1]), coarse.shape[0])
        lines = area_means(coarse[start:stop][np.newaxis], stop - start, width)[0]
        np.rint(_averages(lines, edges - start), out=out[first : first + step], casting="unsafe")
    return out


def contact_sheet(tiles: Tiles) -> Mosaic:
    """Tiles side by side, in their order: all that fill whole lines, or 128 from first to last.

    >>> contact_sheet(Tiles(np.zeros((500, 8, 8, 3), np.uint8))).index[0, :5]
    array([ 0,  3,  7, 11, 15], dtype=int32)
    """
    rows, cols = _SHEET
    cols = min(cols, len(tiles))
    rows = min(rows, len(tiles) // cols)
    numbers = np.linspace(0, len(tiles) - 1, rows * cols).astype(np.int32)
    return Mosaic(tiles, numbers.reshape(rows, cols), np.zeros((rows, cols, 3), np.uint8))


def as_png(mosaic: Mosaic) -> bytes:
    """The preview as a PNG of at most 640 pixels a side, for notebooks, which keep it."""
    buffer = BytesIO()
    Image.fromarray(preview(mosaic, _SHOWN)).save(buffer, "PNG")
    return buffer.getvalue()


def _fitted(shape: tuple[int, int], most: int) -> tuple[int, int]:
    """The height and width of a picture of this shape, brought to sides of at most `most`."""
    longest = max(shape)
    scale = min(most, longest) / longest
    height, width = (max(1, round(side * scale)) for side in shape)
    return height, width


def _blocks(cells: int, side: int, pixels: int) -> int:
    """How many blocks a cell to draw, for `cells` of `side` that become `pixels`.

    The fewest whose edges meet those of the pixels, but not more than it takes to come near.
    """
    meeting = pixels // math.gcd(cells, pixels)
    return min(side, meeting, -(-_FINER * pixels // cells))


def _coarse(mosaic: Mosaic, down: int, across: int) -> Mosaic:
    """The mosaic of its tiles shrunk to `down` x `across` blocks; no others are read."""
    used, index = numbered(mosaic.index, len(mosaic.tiles))
    small = resized(mosaic.tiles.pixels, used, down, across)
    levels = None if mosaic.levels is None else mosaic.levels[used]
    return replace(mosaic, tiles=Tiles(small), index=index, levels=levels)


def _averages(lines: NDArray[np.float32], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """The averages of lines between one edge and the next: (L, w, 3), (n + 1,) to (n, w, 3)."""
    tops = np.arange(len(lines))
    shares = np.minimum(edges[1:, np.newaxis], tops + 1) - np.maximum(edges[:-1, np.newaxis], tops)
    shares = np.maximum(shares, 0) / np.diff(edges)[:, np.newaxis]
    # In 64 bits, so that how the sums are ordered cannot tip what is rounded next.
    means: NDArray[np.float64] = np.tensordot(shares, lines.astype(np.float64), 1)
    return means
