"""Zarr: the picture as an array in chunks, each drawn from the plan by itself.

Needs the zarr package, which comes with ``pip install "facemo[dask]"``.
"""

from __future__ import annotations

import math
import os
from contextlib import closing
from typing import Any

import numpy as np

from facemo.drawing.dask import chunk_sides, extra
from facemo.drawing.mosaic import Mosaic
from facemo.machine import in_order
from facemo.options import Encoding, Progress
from facemo.writers.format import Forecast, Format, Order, bytes_a_pixel
from facemo.writers.whole import check_folder, disk_errors, whole_folder


def check(path: str) -> None:
    """Raise an InputError if the zarr package is missing, or `path` cannot be written."""
    extra("zarr", "writing .zarr")
    check_folder(os.path.realpath(path))


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write `mosaic` to the folder `path`."""
    zarr: Any = extra("zarr", "writing .zarr")
    height, width = mosaic.shape[:2]
    down, across = chunk_sides(mosaic.tiles.size)
    with whole_folder(path) as (folder, _), disk_errors():
        chunks = (min(down, height), min(across, width), 3)
        array = zarr.open_array(folder, mode="w", shape=mosaic.shape, chunks=chunks, dtype=np.uint8)

        def draw(corner: tuple[int, int]) -> int:
            y, x = (slice(at, at + side) for at, side in zip(corner, (down, across), strict=True))
            pixels = mosaic[y, x]
            array[y, x] = pixels
            return pixels.size // 3

        corners = ((y, x) for y in range(0, height, down) for x in range(0, width, across))
        done = 0
        with closing(in_order(draw, corners)) as results:
            for pixels in results:
                done += pixels
                report(done, height * width)


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    down, across = chunk_sides(order.tile)
    files = 1 + -(-order.shape[0] // down) * -(-order.shape[1] // across)
    disk = order.pixels * order.filled * bytes_a_pixel("zarr", order)
    if order.repeats:  # what is in a chunk already takes nothing; some are used far more often
        uses = 2 * down * across / order.of_variants
        disk *= -math.expm1(-uses) / uses
    return Forecast(int(disk), 128 << 20, files)


FORMAT = Format(
    (".zarr",), write, forecast, most_side=2**31 - 1, check=check, folder=os.path.realpath
)
