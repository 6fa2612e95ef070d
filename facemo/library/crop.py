"""Parts of a decoded picture, upright, cropped and shrunk strip by strip.

What a decoder has made of a picture is the only thing here that is as large as the picture.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial

from PIL import Image

from facemo.faces import SIDE
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
# Where along an axis, 0 down or 1 across, a crop of the whole picture begins that keeps so much of
# it: 0 to 1 of that side. It is told (width, height), and what shows the picture small, or no more
# of it than its red.
Place = Callable[[Callable[[bool], Image.Image], tuple[int, int], int, float], float]


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
        stored = _stored(part, turn, upright_size(image, turn))
        whole = stored == (0, 0, *image.size) == (0, 0, *stored_size(image))
        strip = convert(image if whole else image.crop(stored))
        yield y - top, strip.transpose(_UPRIGHT[turn]) if turn in _UPRIGHT else strip


def _stored(box: Box, turn: int, size: tuple[int, int]) -> Box:
    """Where `box` of an upright picture of `size` lies in the stored one, before the turn."""
    left, top, right, bottom = box
    if turn in (2, 3, 6, 7):
        left, right = size[0] - right, size[0] - left
    if turn in (3, 4, 7, 8):
        top, bottom = size[1] - bottom, size[1] - top
    return (top, left, bottom, right) if turn >= 5 else (left, top, right, bottom)


def spare(upright: tuple[int, int], size: tuple[int, int]) -> tuple[float, float]:
    """The pixels (down, across) of a picture that a crop to the aspect of (height, width) leaves.

    >>> spare((400, 300), (64, 64))
    (0.0, 100.0)
    """
    (across, down), (height, width) = upright, size
    scale = min(across / width, down / height)
    return max(down - height * scale, 0.0), max(across - width * scale, 0.0)


def cover(
    image: Image.Image,
    turn: int,
    convert: Convert,
    size: tuple[int, int],
    place: Place | None = None,
) -> Image.Image:
    """The upright picture cropped to the aspect of `size`, and resized to it.

    Cropped at the centre, or where `place` says if there is more than a pixel to choose from.

    Lanczos over the source area of each pixel; past a threefold reduction whole pixels are
    averaged first, which is not told apart by eye (Pillow's documentation of reducing_gap).
    """
    height, width = size
    across, down = upright_size(image, turn)
    left_out = spare((across, down), size)
    top, left = below, beyond = left_out[0] / 2, left_out[1] / 2
    if place is not None and max(left_out) > 1:
        axis, side = (0, down) if left_out[0] > left_out[1] else (1, across)
        show = partial(_shown_small, image, turn, convert)
        begin = place(show, (across, down), axis, 1 - left_out[axis] / side)
        begin = min(begin * side, left_out[axis])
        if axis == 0:
            top, below = begin, left_out[0] - begin
        else:
            left, beyond = begin, left_out[1] - begin
    # Cut first, for the filter would reach beyond its box; less than a pixel is left over.
    x, y = int(left), int(top)
    cut = (x, y, across - int(beyond), down - int(below))
    left, top = left - x, top - y
    right, bottom = cut[2] - x - beyond % 1, cut[3] - y - below % 1
    factor = (_gap(right - left, width), _gap(bottom - top, height))
    flat = _averaged(image, turn, convert, cut, factor)
    box = (left / factor[0], top / factor[1], right / factor[0], bottom / factor[1])
    return _separate(flat.resize((width, height), Image.Resampling.LANCZOS, box))


def _separate(image: Image.Image) -> Image.Image:
    """`image` with colours that its opacity does not weight."""
    return image.convert(image.mode.upper()) if image.mode in _PREMULTIPLIED.values() else image


def _shown_small(image: Image.Image, turn: int, convert: Convert, red: bool) -> Image.Image:
    """The whole upright picture, its longer side reduced to less than twice `SIDE`.

    If no more than its `red` is wanted, that is all there is, or is made of what there is.
    """

    def wanted(part: Image.Image) -> Image.Image:
        part = convert(part)
        return part.getchannel("R") if red and part.mode == "RGB" else part

    size = upright_size(image, turn)
    factor = max(size) // SIDE or 1
    return _separate(_averaged(image, turn, wanted, (0, 0, *size), (factor, factor)))


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
