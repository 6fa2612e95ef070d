"""WebP: the picture is drawn whole, then encoded by Pillow through imageio."""

from __future__ import annotations

import imageio.v3 as iio
import numpy as np

from facemo.mosaic import Mosaic
from facemo.writers.forecast import Forecast, Order, jpeg_bytes
from facemo.writers.options import Options
from facemo.writers.whole import whole_file

MOST_SIDE = 16_383


def write(mosaic: Mosaic, path: str, options: Options) -> None:
    """Write `mosaic` to `path`."""
    height, width = mosaic.shape[:2]
    options.report(0, height * width)
    with whole_file(path) as file:
        iio.imwrite(
            file,
            np.asarray(mosaic),
            plugin="pillow",
            extension=".webp",
            quality=options.quality,
            method=2,
        )
    options.report(height * width, height * width)


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    height, width = order.shape[:2]
    # The drawn pixels, and Pillow's copy of them at four bytes a pixel.
    return Forecast(int(height * width * jpeg_bytes(order.options) * 0.7), height * width * 7)
