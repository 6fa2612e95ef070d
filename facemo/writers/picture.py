"""PNG, JPEG, TIFF and WebP: the picture is drawn, then encoded by Pillow through imageio."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO, NamedTuple

import imageio.v3 as iio
import numpy as np

from facemo.mosaic import Mosaic

Progress = Callable[[int, int | None], None]


class Format(NamedTuple):
    """A file format: how it is encoded, and the most that it can hold."""

    options: dict[str, Any]
    most_pixels: int = 2**31 - 1  # a side
    most_bytes: int = 2**62  # of pixels, as an array

    def holds(self, height: int, width: int) -> bool:
        """Whether a picture of this size can be written."""
        return max(height, width) <= self.most_pixels and height * width * 3 <= self.most_bytes


# PNG: level 1 is about twice as fast as Pillow's default, for files 4 to 10% larger.
# JPEG: no chroma subsampling, which would bleed from tile to tile. The format could hold 65,535
# pixels a side; libjpeg, which nearly every program reads it with, ends at 65,500.
_PNG = Format({"compress_level": 1})
_JPEG = Format({"quality": 92, "subsampling": 0}, most_pixels=65_500)
_TIFF = Format({"compression": "tiff_adobe_deflate"}, most_bytes=2**32 - 2**24)
_WEBP = Format({"quality": 92, "method": 2}, most_pixels=16_383)

FORMATS = {
    ".png": _PNG,
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".tif": _TIFF,
    ".tiff": _TIFF,
    ".webp": _WEBP,
}


def write(mosaic: Mosaic, file: BinaryIO, suffix: str, progress: Progress | None = None) -> None:
    """Draw `mosaic` and encode it into `file`; ``progress(done, None)`` counts bytes written."""
    iio.imwrite(
        _Watched(file, progress),
        np.asarray(mosaic),
        plugin="pillow",
        extension=suffix,
        **FORMATS[suffix].options,
    )


class _Watched:
    """A file that tells `progress` how many bytes have been written.

    It has no fileno on purpose: given one, Pillow's encoders write past Python, where nobody can
    count, and a full disk is reported as "encoder error -2".
    """

    def __init__(self, file: BinaryIO, progress: Progress | None) -> None:
        self._file = file
        self._progress = progress
        self.seek, self.tell, self.read = file.seek, file.tell, file.read
        self.flush = self.close = file.flush  # whoever opened the file closes it

    def write(self, data: bytes) -> int:
        written = self._file.write(data)
        if self._progress is not None:
            self._progress(self._file.tell(), None)
        return written
