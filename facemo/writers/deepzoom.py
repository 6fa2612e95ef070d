"""Deep Zoom: a small XML file, and a folder of JPEG tiles for each level, for OpenSeadragon.

The largest level is the picture; level by level its sides are halved, down to one pixel
(https://learn.microsoft.com/en-us/previous-versions/windows/silverlight/dotnet-windows-silverlight/cc645077(v=vs.95)).
Where cells are square, a tile of the largest level is a cell. Tiles of a level that show the same
are one file, with a hard link for each place where the file system allows. Where all cells are
empty there is no file, and viewers show nothing.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import closing
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.mosaic import Mosaic
from facemo.drawing.pyramid import Picture, Pyramid
from facemo.library.facts import MADE_BY
from facemo.machine import batches, in_order
from facemo.options import Encoding, Progress
from facemo.writers.format import LEVELS, Forecast, Format, Order, bytes_a_pixel
from facemo.writers.jpeg import encode_whole
from facemo.writers.whole import check_file, check_folder, whole_folder

# Smaller cells would make more files than a viewer, or a file system, is glad of.
_LEAST_SHARED = 64
_DRAWN_SIDE = 256
# Beyond this, 64 cells a tile, no two show the same.
_MOST_SHARED = 3
_BATCH = 64  # tiles a task

_XML = """\
<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008"
  Format="jpg" Overlap="0" TileSize="{side}">
  <Size Width="{width}" Height="{height}"/>
</Image>
"""


class _Level(NamedTuple):
    """The tiles of a level, by what they show: `order` holds them kind by kind.

    cols : int, how many stand in a row
    order : (n,) int32, numbers of tiles, row by row, those of a kind together
    edges : (kinds + 1,) int64, where each kind begins in `order`
    """

    cols: int
    order: NDArray[np.int32]
    edges: NDArray[np.int64]


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write `path` and the folder of tiles beside it."""
    height, width = mosaic.shape[:2]
    plan = mosaic.layout
    side = tile_side(plan.tile, plan.uses >= 2 or not plan.changes.gain.size)
    grid = plan.cells if plan.tile == (side, side) else None
    levels = Pyramid(mosaic, 1)
    total = sum(levels.pixels(n) for n in range(len(levels)))
    done = 0
    folder = files_folder(path)
    with whole_folder(folder, named_by=path) as (staged, xml):
        for n in range(len(levels)):
            into = os.path.join(staged, str(len(levels) - 1 - n))
            os.mkdir(into)
            tiles = _level(grid, levels.shape(n), n, side)
            if plan.filled is not None:
                tiles = _shown(tiles, plan.filled, plan.tile, side << n)
            with closing(_write_level(levels[n], tiles, side, into, options)) as parts:
                for part in parts:
                    report(done + round(part * levels.pixels(n)), total)
            done += levels.pixels(n)
        with open(xml, "x") as file:
            file.write(_XML.format(side=side, width=width, height=height))


def check(path: str) -> None:
    """Raise an InputError unless the file and its folder can be written."""
    check_file(path)
    check_folder(files_folder(path))


def files_folder(path: str) -> str:
    """The folder that belongs to a .dzi file."""
    return os.path.splitext(os.path.realpath(path))[0] + "_files"


def tile_side(tile: tuple[int, int], shares: bool) -> int:
    """The side of the tiles of all levels: a cell's, if that may be shared."""
    height, width = tile
    return height if height == width >= _LEAST_SHARED and shares else _DRAWN_SIDE


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    side = tile_side(order.tile, order.repeats or order.variants <= order.tiles)
    height, width = order.shape[:2]
    depth = (max(height, width) - 1).bit_length() + 1
    files = sum(-(-height // (side << n)) * -(-width // (side << n)) for n in range(depth))
    pixels = order.pixels * (1 + LEVELS)
    repeated = max(0, order.cells - order.variants) if order.tile == (side, side) else 0
    pixels -= repeated * side * side
    # A file takes half a block of the disk on average more than it has bytes; a link, its name.
    unique = files - repeated
    pixels *= order.filled
    disk = int(pixels * bytes_a_pixel("jpeg", order)) + 2600 * unique + 60 * files
    return Forecast(disk, 64 << 20, files + 1)


def _write_level(
    picture: Picture, level: _Level, side: int, into: str, options: Encoding
) -> Generator[float, None, None]:
    """Write the tiles of a level, yielding what part of them is done."""
    kinds = len(level.edges) - 1

    def work(some: slice) -> int:
        for kind in range(some.start, some.stop):
            places = level.order[level.edges[kind] : level.edges[kind + 1]]
            names = [f"{place % level.cols}_{place // level.cols}.jpg" for place in places]
            y, x = (int(part) * side for part in divmod(places[0], level.cols))
            data = encode_whole(picture[y : y + side, x : x + side], options, comment=MADE_BY)
            _write_once(data, [os.path.join(into, name) for name in names])
        return int(some.stop)

    with closing(in_order(work, batches(kinds, _BATCH))) as results:
        for last in results:
            yield last / kinds


def _level(
    grid: NDArray[np.int32] | None, shape: tuple[int, int, int], n: int, side: int
) -> _Level:
    """Which tiles of level `n` show the same: those of the same 2ⁿ x 2ⁿ cells."""
    rows, cols = (-(-length // side) for length in shape[:2])
    if grid is None or n > _MOST_SHARED:
        everything = np.arange(rows * cols + 1, dtype=np.int64)
        return _Level(cols, everything[:-1].astype(np.int32), everything)
    kinds = _kinds(grid, rows, cols, 2**n) if n else grid.ravel()
    edges = np.concatenate([[0], np.cumsum(np.bincount(kinds))])
    return _Level(cols, np.argsort(kinds, kind="stable").astype(np.int32), edges)


def _shown(level: _Level, filled: NDArray[np.bool_], cell: tuple[int, int], side: int) -> _Level:
    """The tiles of a level that are not wholly of empty cells.

    filled : (rows, cols) bool, which cells show a photo
    cell : (height, width) of one, and the side of a tile, in pixels of the mosaic
    """
    for axis, pixels in enumerate(cell):
        count = filled.shape[axis]
        starts = np.arange(0, count * pixels, side)
        stops = np.minimum(-(-(starts + side) // pixels), count)
        spans = np.stack([starts // pixels, stops], axis=1).ravel()
        padded = np.insert(filled, count, False, axis=axis)  # for the last span to end at
        filled = np.logical_or.reduceat(padded, spans, axis=axis)
        filled = np.take(filled, np.arange(0, len(spans), 2), axis=axis)
    sizes = np.diff(level.edges)
    some = filled.ravel()[level.order]
    kept = some[level.edges[:-1]]
    return _Level(level.cols, level.order[some], np.concatenate([[0], np.cumsum(sizes[kept])]))


def _kinds(grid: NDArray[np.int32], rows: int, cols: int, cells: int) -> NDArray[np.int64]:
    """Numbers for rows x cols blocks of `cells` x `cells`, equal where they are."""
    padded = np.full((rows * cells, cols * cells), -1, np.int32)
    padded[: grid.shape[0], : grid.shape[1]] = grid
    blocks = padded.reshape(rows, cells, cols, cells).swapaxes(1, 2).reshape(rows * cols, -1)
    shows = np.ascontiguousarray(blocks).view(np.dtype((np.void, 4 * cells * cells))).ravel()
    return np.unique(shows, return_inverse=True)[1].ravel()


def _write_once(data: bytes, paths: list[str]) -> None:
    """Write a file under many names: by links, where there can be so many."""
    written: str | None = None
    for path in paths:
        if written is not None:
            try:
                os.link(written, path)
            except (AttributeError, OSError):  # no links here, or no more to this file
                pass
            else:
                continue
        with open(path, "xb") as file:
            file.write(data)
        written = path


FORMAT = Format(
    (".dzi",),
    write,
    forecast,
    most_side=2**31 - 1,
    check=check,
    folder=files_folder,
    boundless=True,
)
