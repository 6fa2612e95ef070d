"""Parts of a decoded picture, upright, cropped and shrunk strip by strip.

What a decoder has made of a picture is the only thing here that is as large as the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from PIL import Image

from facemo.library.pillow import stored_size

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_STRIP = 1 << 19  # pixels
_PREMULTIPLIED = {"LA": "La", "RGBA": "RGBa"}

Box = tuple[int, int, int, int]  # left, top, right, bottom
Convert = Callable[[Image.Image], Image.Image]


def upright_size(image: Image.Image, turn: int) -> tuple[int, int]:
    """(width, height) of a picture once it is turned as EXIF says."""
    # Pillow tells the size that some TIFFs will have when they are turned.
    width, height = stored_size(image)
    return (height, width) if turn >= 5 else (width, height)


def strips(
    image: Image.Image, turn: int, convert: Convert, box: Box, multiple: int = 1
) -> Iterator[tuple[int, Image.Image]]:
    """The part of the upright picture in `box`, in strips from the top, each with its place there.

    Their heights are a multiple of `multiple`, but for the last one.
    """
    left, top, right, bottom = box
    rows = max(1, _STRIP // ((right - left) * multiple)) * multiple
    for y in range(top, bottom, rows):
        part = (left, y, right, min(y + rows, bottom))
        strip = convert(image.crop(_stored(part, turn, upright_size(image, turn))))
        yield y - top, strip.transpose(_UPRIGHT[turn]) if turn in _UPRIGHT else strip


def _stored(box: Box, turn: int, size: tuple[int, int]) -> Box:
    """Where `box` of an upright picture of `size` lies in the stored one, before the turn."""
    left, top, right, bottom = box
    if turn in (2, 3, 6, 7):
        left, right = size[0] - right, size[0] - left
    if turn in (3, 4, 7, 8):
        top, bottom = size[1] - bottom, size[1] - top
    return (top, left, bottom, right) if turn >= 5 else (left, top, right, bottom)


def cover(image: Image.Image, turn: int, convert: Convert, size: tuple[int, int]) -> Image.Image:
    """The upright picture cropped at the centre to the aspect of `size`, and resized to it.

    Lanczos over the source area of each pixel; past a threefold reduction whole pixels are
    averaged first, which is not told apart by eye (Pillow's documentation of reducing_gap).
    """
    height, width = size
    across, down = upright_size(image, turn)
    scale = min(across / width, down / height)
    left = max((across - width * scale) / 2, 0.0)
    top = max((down - height * scale) / 2, 0.0)
    # Cut first, for the filter would reach beyond its box; at most half a pixel is left over.
    x, y = int(left), int(top)
    cut = (x, y, across - x, down - y)
    left, top = left - x, top - y
    right, bottom = cut[2] - x - left, cut[3] - y - top
    factor = (_gap(right - left, width), _gap(bottom - top, height))
    flat = _averaged(image, turn, convert, cut, factor)
    box = (left / factor[0], top / factor[1], right / factor[0], bottom / factor[1])
    flat = flat.resize((width, height), Image.Resampling.LANCZOS, box)
    return flat.convert(flat.mode.upper()) if flat.mode in _PREMULTIPLIED.values() else flat


def _gap(length: float, pixels: int) -> int:
    return int(length / pixels / 3) or 1


def _averaged(
    image: Image.Image, turn: int, convert: Convert, box: Box, factor: tuple[int, int]
) -> Image.Image:
    """The part of the upright picture in `box`, a pixel for each block of `factor`, (x, y), pixels.

    Colours are weighted with their opacity, and left so.
    """
    size = (math.ceil((box[2] - box[0]) / factor[0]), math.ceil((box[3] - box[1]) / factor[1]))
    joined = None
    for y, strip in strips(image, turn, convert, box, factor[1]):
        if factor != (1, 1):
            premultiplied = strip.convert(_PREMULTIPLIED.get(strip.mode, strip.mode))
            strip = premultiplied.reduce(factor)
        if strip.size == size:
            return strip
        joined = joined or Image.new(strip.mode, size)
        joined.paste(strip, (0, y // factor[1]))
    assert joined is not None
    return joined
