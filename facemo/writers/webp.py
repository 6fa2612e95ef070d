"""WebP: the picture is drawn whole, then encoded by Pillow through imageio.

Empty cells are transparent.
"""

from __future__ import annotations

import struct

import numpy as np

from facemo.drawing.alpha import WithAlpha
from facemo.drawing.mosaic import Mosaic
from facemo.library.facts import MADE_BY
from facemo.options import Encoding, Progress
from facemo.writers.format import Forecast, Format, Order, bytes_a_pixel
from facemo.writers.whole import whole_file

# EXIF data of one tag, the software that made it: a TIFF without pictures.
_MARK = struct.pack("<2sHIHHHIIxxxx", b"II", 42, 8, 1, 305, 2, len(MADE_BY) + 1, 26)
_MARK += MADE_BY.encode() + b"\0"


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write `mosaic` to `path`."""
    import imageio.v3 as iio  # which takes 6 ms

    height, width = mosaic.shape[:2]
    report(0, height * width)
    with whole_file(path) as file:
        iio.imwrite(
            file,
            np.asarray(mosaic) if mosaic.filled is None else WithAlpha(mosaic)[:, :],
            plugin="pillow",
            extension=".webp",
            quality=options.quality,
            method=2,
            exif=_MARK,
        )
    report(height * width, height * width)


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    height, width = order.shape[:2]
    # The drawn pixels, and Pillow's copy of them at four bytes a pixel.
    each = 7 if order.whole else 11
    disk = 44 + int(order.pixels * order.filled * bytes_a_pixel("webp", order))
    return Forecast(disk, height * width * each)


FORMAT = Format((".webp",), write, forecast, most_side=16_383, opened=3)
