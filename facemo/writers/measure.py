"""What some tiles take when they are encoded, from which follows what all will take."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from PIL import Image

from facemo.options import Encoding

_SIDE = 128  # of larger tiles as much is measured: 24 of them take 80 ms at most


def measured(coding: str, sample: NDArray[np.uint8], options: Encoding) -> float:
    """Bytes a pixel of tiles, (n, h, w, 3) uint8, in this coding, what stands before them not told.

    coding : "jpeg", "webp", "png", "deflate" or "zarr"

    >>> grey = np.full((24, 32, 32, 3), 127, np.uint8)
    >>> [measured(coding, grey, Encoding()) < 0.05 for coding in ("jpeg", "webp", "png", "zarr")]
    [True, True, True, True]
    """
    picture = _laid(sample)
    pixels = picture.size // 3
    if coding in ("jpeg", "webp"):
        blank = np.full_like(picture[:1, :1], 127)
        coded, head = (_encoded(coding, some, options) for some in (picture, blank))
        return max(0, coded - head) / pixels
    if coding != "zarr":  # the differences to the pixels before
        picture = np.diff(picture, axis=1, prepend=np.zeros_like(picture[:, :1]))
    # The best of all filters a line, as PNG has, leave a tenth less than this one.
    size = len(isal_zlib.compress(picture.tobytes(), 2)) / pixels
    return 0.9 * size if coding == "png" else size


def _laid(sample: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The tiles side by side, as many as fill a rectangle of four lines, or in one line."""
    sample = _cut(sample)
    rows = 4 if len(sample) >= 4 else 1
    cols = len(sample) // rows
    _, height, width, _ = sample.shape
    tiles = sample[: rows * cols].reshape(rows, cols, height, width, 3)
    return np.ascontiguousarray(tiles.swapaxes(1, 2).reshape(rows * height, cols * width, 3))


def _cut(sample: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of large tiles one part each, another from tile to tile: the middle has most to see."""
    count, *sides, _ = sample.shape
    if max(sides) <= _SIDE:
        return sample
    height, width = (min(side, _SIDE) for side in sides)
    down, across = (side - _SIDE if side > _SIDE else 0 for side in sides)
    corners = [(down * (n % 5) // 4, across * (n // 5 % 5) // 4) for n in range(count)]
    parts = zip(sample, corners, strict=True)
    return np.stack([tile[y : y + height, x : x + width] for tile, (y, x) in parts])


def _encoded(coding: str, picture: NDArray[np.uint8], options: Encoding) -> int:
    """How many bytes a picture takes as a JPEG or WebP."""
    of_coding: dict[str, Any] = {"method": 2}
    if coding == "jpeg":
        of_coding = {"subsampling": options.subsampling}
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, coding, quality=options.quality, **of_coding)
    return buffer.tell()
