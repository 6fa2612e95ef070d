"""One picture file, as a person sees it: upright, in sRGB, eight bits a channel.

Pillow, which imageio reads these formats with, does the decoding. It is called directly because
imageio cannot ask a JPEG decoder for a reduced picture, and because opening a file through the
format's own class leaves Pillow's process-wide pixel limit and its warnings alone.
"""

from __future__ import annotations

import operator
import os
import stat
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, ImageColor, ImageFile, TiffImagePlugin

from facemo.errors import InputError

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")
MAX_PIXELS = 64_000_000
MAX_PIXELS_REDUCED = 256_000_000  # baseline JPEG, of which an eighth of each side is decoded
MAX_BYTES = 1 << 30
MAX_SCANS = 100  # of a progressive JPEG
NOT_A_PICTURE = "not a picture"
_ODD_TIFF = "a kind of TIFF that cannot be read here"

Color = tuple[int, int, int]

_HEIC_BRANDS = {b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"}
_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# A reduced JPEG keeps at least this many pixels for each one of the tile, so that the last step
# is done by the filter and not by the decoder.
_SPARE = 2

Image.init()


class PictureError(InputError):
    """A file that cannot be used as a picture; the message is a one-line reason."""


def read_picture(
    path: str | os.PathLike[str],
    size: tuple[int, int] | None = None,
    background: Color = (255, 255, 255),
    check: Callable[[ImageFile.ImageFile], None] | None = None,
) -> NDArray[np.uint8]:
    """The (height, width, 3) uint8 sRGB pixels of the first frame of the picture at `path`.

    With `size`, (height, width): cropped at the centre to that aspect, then brought to that size.
    `check` sees the header before anything is decoded, and raises if the picture is too large; by
    default that is `limit_pixels`. Raises PictureError, whatever the decoder raised.
    """
    try:
        with _open_regular(path) as file, _identify(file, os.fspath(path)) as image:
            if not image.width * image.height:
                raise PictureError("no pixels")
            (check or limit_pixels)(image)
            _limit_scans(image, file)
            return _decode(image, size, background)
    except Exception as error:
        raise PictureError(_reason(error)) from error


def limit_pixels(image: ImageFile.ImageFile) -> None:
    """Raise PictureError for more pixels than a tile is worth; a tiny file can claim any number."""
    baseline = image.format in ("JPEG", "MPO") and not image.info.get("progressive")
    limit = MAX_PIXELS_REDUCED if baseline else MAX_PIXELS
    tags = _tags(image)
    block = tags.get(TiffImagePlugin.TILEWIDTH, 0) * tags.get(TiffImagePlugin.TILELENGTH, 0)
    if max(image.width * image.height, block) > limit:
        raise PictureError(f"over the limit of {limit // 10**6} megapixels")


def _limit_scans(image: ImageFile.ImageFile, file: BinaryIO) -> None:
    """Raise PictureError for a progressive JPEG that is decoded again and again.

    Each scan costs a pass over all its coefficients: a thousand in 100 kB take minutes. Encoders
    make about ten.
    """
    if not image.info.get("progressive"):
        return
    place = file.tell()
    file.seek(0)
    scans = 0
    # A marker that lies on the edge between two parts is not missed: the last byte is kept.
    last = b""
    while part := file.read(1 << 20):
        scans += (last + part).count(b"\xff\xda")
        last = part[-1:]
    file.seek(place)
    if scans > MAX_SCANS:
        raise PictureError(f"over the limit of {MAX_SCANS} scans")


def parse_color(background: str | Color) -> Color:
    """An (r, g, b) triple of 0 to 255 from a triple or any colour name that CSS knows."""
    try:
        if isinstance(background, str):
            return ImageColor.getrgb(background)[:3]
        r, g, b = (operator.index(v) for v in background)
    except (TypeError, ValueError):
        r = g = b = -1
    if not all(0 <= v <= 255 for v in (r, g, b)):
        raise InputError(
            f"background must be a colour name or three numbers from 0 to 255, got {background!r}"
        )
    return r, g, b


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


def _open_regular(path: str | os.PathLike[str]) -> BinaryIO:
    """Open `path` for reading if it is a regular file; pipes and devices are never opened."""
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise PictureError("a folder, not a file")
    if not stat.S_ISREG(status.st_mode):
        raise PictureError("not a regular file")
    if status.st_size == 0:
        raise PictureError("empty file")
    if status.st_size > MAX_BYTES:
        raise PictureError("over the limit of 1.1 GB")
    return open(path, "rb")


def _identify(file: BinaryIO, name: str) -> ImageFile.ImageFile:
    """The picture in `file`, its pixels not decoded yet; the format follows from the content."""
    start = file.read(64)
    file.seek(0)
    # The brand of the container; an AVIF may hide behind a general one and list its own later.
    if start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS and b"avif" not in start:
        raise PictureError("HEIC picture, which is not supported: export it as JPEG")
    for format_name in FORMATS:
        if format_name in Image.OPEN:
            factory, accept = Image.OPEN[format_name]
            if accept is not None and accept(start) is True:
                return factory(file, name)
    raise PictureError(NOT_A_PICTURE)


def _decode(
    image: ImageFile.ImageFile, size: tuple[int, int] | None, background: Color
) -> NDArray[np.uint8]:
    if size is not None and image.format in ("JPEG", "MPO"):
        image.draft(None, (_SPARE * max(size), _SPARE * max(size)))
    image.load()
    profile = image.info.get("icc_profile")
    flat = _upright(_as_8bit(image), image)
    if size is not None:
        flat = _cover(flat, size)
    return np.asarray(_as_srgb(flat, profile, background))


def _as_8bit(image: Image.Image) -> Image.Image:
    """`image` in a mode that resizes and converts: L, LA, RGB, RGBA, CMYK or LAB."""
    _check_planes(image)
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_scaled(image))
    if image.mode in ("PA", "La", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("P", "YCbCr", "HSV", "RGBX"):
        return image.convert("RGB")
    return image


def _tags(image: Image.Image) -> dict[int, Any]:
    return dict(image.tag_v2) if isinstance(image, TiffImagePlugin.TiffImageFile) else {}


def _check_planes(image: Image.Image) -> None:
    """Refuse planes of 16 bits, whose bytes Pillow takes for pixels unless they are compressed."""
    tags = _tags(image)
    planes = tags.get(TiffImagePlugin.PLANAR_CONFIGURATION, 1) == 2
    if planes and tags.get(TiffImagePlugin.BITSPERSAMPLE, (8,))[0] > 8:
        raise PictureError(_ODD_TIFF)


def _scaled(image: Image.Image) -> NDArray[np.uint8]:
    """Grey values of more than eight bits as eight, scaled from the range that they are meant in.

    Whole numbers have as many bits as a TIFF says and 16 elsewhere; 32 bits are taken for 16 if
    they hold no more. Floats are meant as [0, 1], [0, 255] or [0, 65535], the first that holds all.
    """
    tags = _tags(image)
    bits = tags.get(TiffImagePlugin.BITSPERSAMPLE, (16,))[0]
    signed = tags.get(TiffImagePlugin.SAMPLEFORMAT, (1,))[0] == 2
    values = np.asarray(image)
    if bits == 32 and values.dtype == np.int32 and not signed:
        values = values.view(np.uint32)
    low, high = float(values.min()), float(values.max())
    ranges = [1, 255, 65535] if image.mode == "F" else [2 ** min(bits, 16) - 1, 2**bits - 1]
    if signed:
        ranges = [top // 2 for top in ranges]
    # Rounding on the way may leave a float a little over its range.
    top = next((t for t in ranges if low >= -0.01 and high <= 1.01 * t), None)
    if top is None:
        raise PictureError(f"values from {low:g} to {high:g}, which is no known range of greys")
    greys = np.clip(values / np.float32(top), 0, 1)
    # Pillow turns greys that count from white to black around for 8 bits alone.
    if tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0:
        greys = 1 - greys
    return np.round(greys * 255).astype(np.uint8)


def _upright(image: Image.Image, tagged: Image.Image) -> Image.Image:
    """`image` turned as the EXIF orientation of `tagged` says; damaged EXIF data says nothing."""
    try:
        turn = _UPRIGHT.get(tagged.getexif().get(_ORIENTATION, 1))
    except Exception:
        turn = None
    return image if turn is None else image.transpose(turn)


def _cover(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """`image` cropped at the centre to the aspect of `size`, (height, width), and resized to it.

    Lanczos over the source area of each pixel; past a threefold reduction whole pixels are
    averaged first, which is not told apart by eye (Pillow's documentation of reducing_gap).
    """
    height, width = size
    scale = min(image.width / width, image.height / height)
    left = max((image.width - width * scale) / 2, 0.0)
    top = max((image.height - height * scale) / 2, 0.0)
    # Cut first, for the filter would reach beyond its box; at most half a pixel is left over.
    x, y = int(left), int(top)
    image = image.crop((x, y, image.width - x, image.height - y))
    left, top = left - x, top - y
    box = (left, top, image.width - left, image.height - top)
    return image.resize((width, height), Image.Resampling.LANCZOS, box, reducing_gap=3.0)


def _as_srgb(image: Image.Image, profile: bytes | None, background: Color) -> Image.Image:
    """`image` as sRGB through its ICC `profile`, laid over `background` where it is transparent."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if alpha is not None:
        image = image.convert(image.mode.removesuffix("A"))
    to_srgb = _transform(profile, image.mode)
    image = image.convert("RGB") if to_srgb is None else to_srgb.apply(image)
    if alpha is None:
        return image
    page = Image.new("RGB", image.size, background)
    page.paste(image, mask=alpha)
    return page


@lru_cache(maxsize=64)
def _transform(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From `profile` to sRGB; None where there is nothing to convert.

    That is: no profile, one that says it is sRGB, or one that is damaged or meant for another
    colour mode, which viewers ignore too.
    """
    srgb = ImageCms.createProfile("sRGB")
    if mode == "LAB":
        return ImageCms.buildTransform(ImageCms.createProfile("LAB"), srgb, "LAB", "RGB")
    if not profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        if ImageCms.getProfileDescription(source).startswith("sRGB"):
            return None
        return ImageCms.buildTransform(source, srgb, mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None


def _reason(error: Exception) -> str:
    """One line that says why a file cannot be used, the same for all files of that kind."""
    if isinstance(error, InputError):
        return str(error)
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {error.strerror}"
    if "truncated" in str(error).lower():
        return "truncated"
    if "unknown pixel mode" in str(error):
        return _ODD_TIFF
    return "damaged"
