"""Pictures and mosaics that the tests make for themselves."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from facemo.drawing.mosaic import Mosaic
from facemo.drawing.variants import with_empty
from facemo.library.tensor import as_tiles
from facemo.options import Encoding
from facemo.planning.recolour import recoloured
from facemo.tiles import Tiles


def noise(rng, height, width):
    return Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))


def encoded(image: Image.Image, format_name: str, **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format_name, **options)
    return buffer.getvalue()


def arrow(height=60, width=40):
    """A picture that no turning or flipping leaves as it is: four quarters of four colours."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = (250, 10, 10)
    image[: height // 2, width // 2 :] = (10, 250, 10)
    image[height // 2 :, : width // 2] = (10, 10, 250)
    image[height // 2 :, width // 2 :] = (240, 240, 20)
    return Image.fromarray(image)


def laid(rng, tiles, rows, cols, *, mirrored=0.0, tint=0.0):
    """A mosaic of tiles laid at random."""
    index = rng.integers(0, len(tiles), (rows, cols), dtype=np.int32)
    colors = rng.integers(0, 256, (rows, cols, 3), dtype=np.uint8)
    return placed(Tiles(tiles), index, colors, rng.random((rows, cols)) < mirrored, tint)


def holed(rng, tiles, rows, cols, *, tint=0.0, empty=0.4, background="white"):
    """A mosaic of tiles laid at random, some of them mirrored, some of its cells empty."""
    whole = laid(rng, tiles, rows, cols, mirrored=0.5, tint=tint)
    holes = rng.random((rows, cols)) < empty
    holes.flat[0], holes.flat[-1] = True, False
    return without(whole, holes, background)


def without(mosaic, holes, background="white"):
    """A mosaic with some cells emptied."""
    cells = np.where(holes, np.int32(len(mosaic.variants)), mosaic.cells)
    variants = with_empty(mosaic.variants)
    return Mosaic(mosaic.tiles, variants, cells, mosaic.colors, background)


def placed(tiles, index, colors=None, mirrored=False, tint=0.0, palette="auto"):
    """A mosaic of tiles laid as `index` says."""
    tiles, index = as_tiles(tiles), np.asarray(index, np.int32)
    colors = np.zeros((*index.shape, 3), np.uint8) if colors is None else colors
    chosen = index + np.int32(len(tiles)) * np.asarray(mirrored)
    return Mosaic(tiles, *recoloured(tiles.pixels, chosen, colors, tint, palette), colors)


def write(writer, mosaic, path, **options):
    """Have a format's module write a mosaic, whatever `save` would say to it."""
    writer.write(mosaic, str(path), Encoding(**options), lambda done, total: None)
