"""One picture file, as a person sees it: upright, in sRGB, eight bits a channel.

Pillow, which imageio reads these formats with, does the decoding. It is called directly because
imageio cannot ask a JPEG decoder for a reduced picture. What it has decoded is the only thing here
that is as large as the picture: it is converted and reduced strip by strip.
"""

from __future__ import annotations

import errno
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, TiffImagePlugin

from facemo.errors import InputError, shown
from facemo.faces import in_colour
from facemo.kinds import WHITE, Color
from facemo.library.apart import decoders
from facemo.library.attention import beginning
from facemo.library.boxes import NONE, Faces
from facemo.library.crop import Convert, Place, cover, spare, strips, upright_size
from facemo.library.facts import Facts, facts_of
from facemo.library.find import expanded
from facemo.library.formats import (
    DAMAGED,
    FORMATS,
    NOT_A_PICTURE,
    ODD_TIFF,
    TRUNCATED,
    load,
    opened,
    orientation,
)
from facemo.library.limits import (
    GuardedFile,
    PictureError,
    limit_memory,
    limit_pixels,
    limit_scans,
    tag,
)
from facemo.library.pillow import stored_size
from facemo.library.srgb import as_srgb
from facemo.machine import require_memory
from facemo.options import Crop, Loading, Truncated

# To be raised when the pixels or facts of any picture change: a cache of tiles goes by it.
DECODING = 4

# A reduced JPEG keeps at least this many pixels for each one of the tile, so that the last step
# is done by the filter and not by the decoder.
_SPARE = 2
# And the longer side at least so many if faces are sought in it, up to twice as many, for it is
# halved until it is: with 256, photos of 500 x 375 pixels would take twice as long to decode.
_SEEN = 192
# What seeking to a place that no file has raises.
_ABSURD = (errno.EINVAL, errno.EOVERFLOW)


def read_image(path: str | os.PathLike[str]) -> NDArray[np.uint8]:
    """Read a picture as a person sees it: upright and in sRGB.

    Parameters
    ----------
    path : path
        JPEG, PNG, WebP, GIF, TIFF, BMP, AVIF, PPM, JPEG 2000, RAW or, with ``facemo[heic]``,
        HEIC, whatever it is called.

    Returns
    -------
    (H, W, 3) uint8, sRGB
        The picture; (H, W, 4) with its alpha if any of it is transparent.

    Raises
    ------
    InputError
        If there is none, or none that can be read.

    Examples
    --------
    >>> read_image("data/face.png").shape
    (300, 300, 3)
    """
    return read_named(path, "target")


def read_named(source: str | os.PathLike[str] | bytes, name: str) -> NDArray[np.uint8]:
    """`read_image`, of a path or of the content of a file.

    Errors call the picture by the `name` of what it was given for.
    """
    path = source if isinstance(source, bytes) else expanded(source, name)
    try:
        with silent_decoders():
            return _thinned(read_picture(path, background=None, check=_limit_by_memory))
    except PictureError as error:
        reason = str(error)
        if reason == NOT_A_PICTURE:
            reason += f" of a kind that is read here ({', '.join(FORMATS)})"
        if name == "target" and not isinstance(path, bytes) and os.path.isdir(path):
            reason += ": the target comes first, then the tiles"
        called = f"of {len(path)} bytes" if isinstance(path, bytes) else shown(path)
        raise InputError(f"{name} {called}: {reason}") from error
    finally:
        decoders.close()


def _thinned(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture without an alpha channel that says nothing: (H, W, 3 or 4) uint8 to the same."""
    opaque = pixels.shape[2] == 3 or pixels[..., 3].min() == 255
    return np.ascontiguousarray(pixels[..., :3]) if opaque else pixels


def from_pillow(
    image: Image.Image,
    role: str = "target",
    size: tuple[int, int] | None = None,
    background: Color | None = None,
    crop: Crop = "centre",
) -> NDArray[np.uint8]:
    """A Pillow image as its file would be read: (H, W, 3) uint8, sRGB, or 4 with its alpha.

    `size`, `background` and `crop` as `read_picture` has them.

    >>> from_pillow(Image.new("1", (4, 3))).shape
    (3, 4, 3)
    """
    try:
        with silent_decoders():
            image.load()
            if not image.width * image.height:
                raise PictureError("no pixels")
            return _thinned(_decode(image, size, background, crop))
    except Exception as error:  # what is told of an image in memory may be anything
        name = getattr(image, "filename", "") or repr(image)
        raise InputError(f"{role} {shown(name)}: {_reason(error)}") from error


def _limit_by_memory(image: Image.Image) -> None:
    # Pillow's pixels, at most 4 bytes, and two copies of as many on the way to an array.
    nbytes = image.width * image.height * 12
    require_memory(nbytes, f"a picture of {image.width} x {image.height} pixels", "shrink it first")


def read_picture(
    path: str | os.PathLike[str] | bytes,
    size: tuple[int, int] | None = None,
    background: Color | None = WHITE,
    check: Callable[[ImageFile.ImageFile], None] | None = None,
    truncated: Truncated = Loading.truncated,
    tell: Callable[[Facts], None] | None = None,
    crop: Crop = "centre",
    faces: Faces | None = None,
) -> NDArray[np.uint8]:
    """The (height, width, 3) uint8 sRGB pixels of the first frame of the picture at `path`.

    Bytes are the content of a file.

    With `size`, (height, width): cropped to that aspect, as `crop` says, then brought to that size.
    It is laid over `background`; None keeps alpha, if there is any, as a fourth channel.
    `check` sees the header before anything is decoded, and raises if the picture is too large; by
    default a tile's limits hold, of pixels (`limit_pixels`) and of memory. `tell` is told before
    that what the header says, and may raise PictureError. `faces` says where they are, if that is
    known, and is told what is found.

    A file that ends before its pixels do is refused. With `truncated` "keep", what there is of a
    JPEG, PNG, GIF, BMP or TIFF is shown, the rest of it black, grey or transparent as the decoder
    leaves it; others show nothing before they are whole, and damage within a file stays a reason to
    refuse it.

    Raises PictureError, whatever the decoder raised.
    """
    loaded = False
    try:
        with opened(path) as (file, image):
            if tell is not None:
                tell(facts_of(image, file))
            _prepare(image, file, size, check, crop)
            load(image, file, truncated == "keep")
            loaded = True
            return _decode(image, size, background, crop, faces)
    except PictureError:
        raise
    except Exception as error:
        # Once it is decoded, it may be a mistake of ours, or of what is imported late.
        raise PictureError(_reason(error), _is_lasting(error) and not loaded) from error


def is_photo(path: str | os.PathLike[str]) -> bool:
    """Whether there is a picture at `path` that is no mosaic of facemo's, by its header."""
    try:
        with silent_decoders(), opened(path) as (file, image):
            return not facts_of(image, file).mosaic
    except Exception:  # as for `read_picture`
        return False


def _prepare(
    image: ImageFile.ImageFile,
    file: GuardedFile,
    size: tuple[int, int] | None,
    check: Callable[[ImageFile.ImageFile], None] | None,
    crop: Crop,
) -> None:
    """Hold `image` to the limits, and have a JPEG reduced if it is to be that small."""
    whole = image.size
    if not whole[0] * whole[1]:
        raise PictureError("no pixels")
    (check or limit_pixels)(image)
    file.allow_pixels(image)
    scans = limit_scans(image, file)
    if size is not None and image.format in ("JPEG", "HEIF"):
        image.draft(None, _least(image, size, crop))
    if check is None:
        limit_memory(image, whole, scans, file)


def _least(image: ImageFile.ImageFile, size: tuple[int, int], crop: Crop) -> tuple[int, int]:
    """The (width, height) that a picture keeps at least if it is reduced as it is decoded.

    Where faces are to be sought in a JPEG, enough to find them, whatever the tile's size. Larger
    tiles take more, and faces are sought there again: that takes a fraction of decoding a large
    photo twice. A thumbnail in a HEIC is taken if it is enough for the tile.
    """
    least = _SPARE * max(size)
    width, height = image.size
    if crop == "faces" and image.format == "JPEG" and min(width, height) >= 2 * least:
        upright = (height, width) if orientation(image) >= 5 else (width, height)
        if max(spare(upright, size)) > 1:
            longer = max(width, height)
            return max(least, _SEEN * width // longer), max(least, _SEEN * height // longer)
    return least, least


_silence_lock = threading.Lock()
_silenced = 0
_filters_before: warnings.catch_warnings[None] | None = None


@contextmanager
def silent_decoders() -> Iterator[None]:
    """Keep Pillow's warnings to itself, in all threads, until the last such block ends.

    They tell of oddities in files that nobody here can mend, and a host that turns warnings into
    errors would get fewer tiles. Python's own block cannot overlap with another thread's.
    """
    global _silenced, _filters_before
    with _silence_lock:
        if _silenced == 0:
            _filters_before = warnings.catch_warnings()
            _filters_before.__enter__()
            warnings.filterwarnings("ignore", module=r"PIL\.")
        _silenced += 1
    try:
        yield
    finally:
        with _silence_lock:
            _silenced -= 1
            if _silenced == 0 and _filters_before is not None:
                _filters_before.__exit__(None, None, None)


def _decode(
    image: Image.Image,
    size: tuple[int, int] | None,
    background: Color | None,
    crop: Crop = "centre",
    faces: Faces | None = None,
) -> NDArray[np.uint8]:
    turn = orientation(image)
    convert = _to_8bit(image)
    profile = image.info.get("icc_profile")
    if size is not None:
        place = None if crop == "centre" else _place(crop, background, faces or Faces())
        flat = cover(image, turn, convert, size, place)
        return np.asarray(as_srgb(flat, profile, background))
    width, height = upright_size(image, turn)
    pixels = np.empty((0, width, 3), np.uint8)
    for y, strip in strips(image, turn, convert, (0, 0, width, height)):
        part = np.asarray(as_srgb(strip, profile, background))
        if not len(pixels):
            pixels = np.empty((height, *part.shape[1:]), np.uint8)
        pixels[y : y + strip.height] = part
    return pixels


def _place(crop: Crop, background: Color | None, faces: Faces) -> Place:
    """What says where a picture is cropped."""

    colour = crop == "faces" and in_colour()

    def place(
        show: Callable[[bool], Image.Image], size: tuple[int, int], axis: int, length: float
    ) -> float:
        @cache
        def look() -> NDArray[np.uint8]:
            small = show(not colour)
            if colour or small.mode != "L":
                # The profile would hardly move an edge.
                small = as_srgb(small, None, background)
            return np.asarray(small)[..., :3] if colour else np.asarray(small.getchannel(0))

        boxes = faces.boxes(size, look) if crop == "faces" else NONE
        return beginning(look, axis, length, boxes)

    return place


def _to_8bit(image: Image.Image) -> Convert:
    """What brings parts of `image` to a mode that resizes: L, LA, RGB, RGBA, CMYK or LAB."""
    _check_planes(image)
    if image.mode.startswith(("I", "F")):
        return _greys(image)
    if image.mode in ("PA", "La", "RGBa") or "transparency" in image.info:
        return lambda part: part.convert("RGBA")
    if image.mode == "1":
        return lambda part: part.convert("L")
    if image.mode in ("P", "YCbCr", "HSV", "RGBX"):
        return lambda part: part.convert("RGB")
    return lambda part: part


def _check_planes(image: Image.Image) -> None:
    """Refuse planes of 16 bits, whose bytes Pillow takes for pixels unless they are compressed."""
    planes = tag(image, TiffImagePlugin.PLANAR_CONFIGURATION, 1) == 2
    if planes and tag(image, TiffImagePlugin.BITSPERSAMPLE, (8,))[0] > 8:
        raise PictureError(ODD_TIFF)


def _greys(image: Image.Image) -> Convert:
    """What brings greys of more than eight bits to eight, from the range that they are meant in.

    Whole numbers have as many bits as a TIFF says and 16 elsewhere; 32 bits are taken for 16 if
    they hold no more. Floats are meant as [0, 1], [0, 255] or [0, 65535], the first that holds all.
    """
    bits = tag(image, TiffImagePlugin.BITSPERSAMPLE, (16,))[0]
    signed = tag(image, TiffImagePlugin.SAMPLEFORMAT, (1,))[0] == 2
    # Pillow turns greys that count from white to black around for 8 bits alone.
    inverted = tag(image, TiffImagePlugin.PHOTOMETRIC_INTERPRETATION, 1) == 0

    def values(part: Image.Image) -> NDArray[Any]:
        array = np.asarray(part)
        unsigned = bits == 32 and array.dtype == np.int32 and not signed
        return array.view(np.uint32) if unsigned else array

    def convert(part: Image.Image) -> Image.Image:
        greys = np.clip(values(part) / np.float32(top), 0, 1)
        greys = 1 - greys if inverted else greys
        return Image.fromarray(np.round(greys * 255).astype(np.uint8))

    parts = strips(image, 1, lambda part: part, (0, 0, *stored_size(image)))
    extremes = [(array.min(), array.max()) for array in (values(part) for _, part in parts)]
    low, high = float(np.min(extremes)), float(np.max(extremes))
    tops = [1, 255, 65535] if image.mode == "F" else [2 ** min(bits, 16) - 1, 2**bits - 1]
    if signed:
        tops = [top // 2 for top in tops]
    # Rounding on the way may leave a float a little over its range.
    top = next((t for t in tops if low >= -0.01 and high <= 1.01 * t), None)
    if top is None:
        raise PictureError("values in no known range of greys")
    return convert


def _reason(error: Exception) -> str:
    """One line that says why a file cannot be used, the same for all files of that kind."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if not _is_lasting(error) and isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    if "truncated" in str(error).lower() or "not enough image data" in str(error):
        return TRUNCATED
    if "unknown pixel mode" in str(error):
        return ODD_TIFF
    return DAMAGED


def _is_lasting(error: Exception) -> bool:
    """Whether it is the content of the file that `error` tells of, and not its circumstances."""
    if isinstance(error, (InputError, MemoryError)):
        return False
    # Decoders raise OSError without a number; seeking to a place that no file has gives EINVAL.
    return not isinstance(error, OSError) or error.errno in (None, *_ABSURD)
