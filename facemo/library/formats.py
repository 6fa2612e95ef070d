"""Pillow's decoders, held to their business: the pixels of the first frame.

A file is opened by the class of its own format, which leaves Pillow's process-wide pixel limit and
its warnings alone. It gets no name to open the file by again: Pillow would map it into memory,
where a file that is too short ends the process (Pillow 11.3).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import BytesIO
from operator import add
from typing import IO, TYPE_CHECKING

# The plugins of what is read here; Image.init() would import forty others, which takes 20 ms.
from PIL import (
    AvifImagePlugin,  # noqa: F401
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,  # noqa: F401
)

from facemo.library.facts import exif_tags, read_facts
from facemo.library.heif import HeifFile, Jpeg2000File
from facemo.library.limits import GuardedFile, PictureError, limit_tags, tag
from facemo.library.pillow import raw_pixels, take_as_loaded
from facemo.library.raw import find_preview

# Those that Pillow decodes in this process, and what is read besides.
_PILLOWS = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "PPM")
FORMATS = (*_PILLOWS, "JPEG 2000", "HEIC", "RAW")
NOT_A_PICTURE = "not a picture"
TRUNCATED = "truncated"
DAMAGED = "damaged"
ODD_TIFF = "a kind of TIFF that cannot be read here"
ODD_PPM = "a kind of PPM that cannot be read here: save it with 8 bits, not as text"
NO_PREVIEW = "RAW picture without a JPEG in it: export it as JPEG"
VIDEO = "a video"

_HEIC_BRANDS = {
    *(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
    *(b"mif1", b"mif2", b"msf1", b"miaf"),
}
_NO_MOVIES = {b"avif", b"avis", b"avci", b"avcs", b"jpeg", b"jpgs", b"j2ki", b"M4A ", b"M4B "}
_BOXES = (b"ftyp", b"meta", b"mdat", b"moov", b"free", b"jP  ", b"jp2h", b"jp2c")
_JPEG2000 = (b"\xff\x4f\xff\x51", b"\0\0\0\x0cjP  \r\n\x87\n")
_JPEG_XL = (b"\xff\n", b"\0\0\0\x0cJXL \r\n\x87\n")
_MOVIES = (b"ftyp", b"moov", b"mdat", b"wide", b"pnot")  # the first box of a QuickTime or MP4 file
# Matroska, MPEG, Windows Media and Flash.
_VIDEOS = (b"\x1aE\xdf\xa3", b"\0\0\1\xba", b"\0\0\1\xb3", b"0&\xb2u\x8ef\xcf\x11", b"FLV\1")
_ORIENTATION = 0x0112
_GEOMETRY = {
    TiffImagePlugin.IMAGEWIDTH,
    TiffImagePlugin.IMAGELENGTH,
    TiffImagePlugin.BITSPERSAMPLE,
    TiffImagePlugin.COMPRESSION,
    TiffImagePlugin.SAMPLESPERPIXEL,
    TiffImagePlugin.ROWSPERSTRIP,
    TiffImagePlugin.PLANAR_CONFIGURATION,
    TiffImagePlugin.TILEWIDTH,
    TiffImagePlugin.TILELENGTH,
}

if TYPE_CHECKING:
    _Base = ImageFile.ImageFile
else:
    _Base = object


class _Whole(_Base):
    """A picture that is not taken for whole where its file ends early.

    Pillow takes it for that if its host has set LOAD_TRUNCATED_IMAGES, which is for all threads.
    """

    keep = False
    early = False

    def load_end(self) -> None:
        self.refuse_if_early()
        super().load_end()

    def refuse_if_early(self) -> None:
        self.early = isinstance(self.fp, GuardedFile) and self.fp.ended
        if self.early and not self.keep:
            raise PictureError(TRUNCATED)


class _Jpeg(_Whole, JpegImagePlugin.JpegImageFile):
    """Without a look at further pictures in the file, nor for the resolution in EXIF data."""

    def _read_dpi_from_exif(self) -> None:
        pass

    def load_read(self, read_bytes: int) -> bytes:
        data = super().load_read(read_bytes)
        if data or not self.keep or self.early:
            return data
        self.early = True
        return b"\xff\xd9"  # the end, at which libjpeg shows what it has


class _Png(_Whole, PngImagePlugin.PngImageFile):
    pass


class _Gif(_Whole, GifImagePlugin.GifImageFile):
    pass


class _Bmp(_Whole, BmpImagePlugin.BmpImageFile):
    pass


class _Ppm(_Whole, PpmImagePlugin.PpmImageFile):
    """Without those that Pillow decodes in Python: comments in them can take it minutes."""

    def _open(self) -> None:
        super()._open()
        if not raw_pixels(self):
            raise PictureError(ODD_PPM)


class _Tiff(_Whole, TiffImagePlugin.TiffImageFile):
    """As it is stored: Pillow would turn a copy of it, and read all EXIF data before."""

    def load_prepare(self) -> None:
        orientation(self)  # which is read from the file
        super().load_prepare()

    def load_end(self) -> None:
        self.refuse_if_early()


_CLASSES: dict[str, type[ImageFile.ImageFile]] = {
    "JPEG": _Jpeg,
    "PNG": _Png,
    "GIF": _Gif,
    "BMP": _Bmp,
    "TIFF": _Tiff,
    "PPM": _Ppm,
}


@contextmanager
def opened(
    path: str | os.PathLike[str] | bytes,
) -> Iterator[tuple[GuardedFile, ImageFile.ImageFile]]:
    """The file at `path`, or of this content, and the picture in it, its pixels not decoded yet.

    Of a RAW that is the JPEG inside, and the file is the part of it that this takes.
    """
    with ExitStack() as stack:
        whole = file = stack.enter_context(GuardedFile(path))
        preview = find_preview(whole)
        if preview is not None:
            if not preview.size:
                raise PictureError(NO_PREVIEW)
            file = stack.enter_context(GuardedFile(path, (preview.start, preview.size)))
        image = stack.enter_context(identify(file))
        if preview is not None:
            image.info["turned"] = preview.orientation
            image.info["around"] = read_facts(exif_tags(whole))
        yield file, image


def identify(file: GuardedFile) -> ImageFile.ImageFile:
    """The picture in `file`, its pixels not decoded yet; the format follows from the content."""
    file.seek(0)
    start = file.read(64)
    # The brand of the container; an AVIF may hide behind a general one and list its own later.
    if start[4:8] == b"ftyp" and start[8:12] in _HEIC_BRANDS and b"avif" not in start:
        return _opened(HeifFile, file, "HEIF")
    if start.startswith(_JPEG2000):
        return _opened(Jpeg2000File, file, "JPEG2000")
    if reason := _refused(start):
        raise PictureError(reason)
    for name in _PILLOWS:
        factory, accept = Image.OPEN.get(name, (None, None))
        if factory is not None and accept is not None and accept(start) is True:
            return _opened(_CLASSES.get(name, factory), file, name)
    raise PictureError(NOT_A_PICTURE)


def _refused(start: bytes) -> str | None:
    """Why a file that starts so is not read, if it is of a kind that is known."""
    if start[:4] == b"MM\0+":  # a BigTIFF, of which Pillow knows the other order of bytes only
        return ODD_TIFF
    if start.startswith(_JPEG_XL):
        return "JPEG XL picture, which is not read: export it as JPEG"
    if start[4:12] == b"ftypcrx ":
        return "Canon CR3 picture, which is not read: export it as JPEG"
    movie = start[4:8] in _MOVIES and b"avif" not in start and start[8:12] not in _NO_MOVIES
    if movie or start.startswith(_VIDEOS) or (start[:4] == b"RIFF" and start[8:12] == b"AVI "):
        return VIDEO
    # Two letters that a text may start with, and three formats that nobody's photos are in.
    if start[:1] == b"P" and not (start[1:2] in b"123456" and start[2:3].isspace()):
        return NOT_A_PICTURE
    return None


def _opened(
    factory: Callable[[IO[bytes], str], ImageFile.ImageFile], file: GuardedFile, name: str
) -> ImageFile.ImageFile:
    tags = limit_tags(file) & _GEOMETRY if name == "TIFF" else set()
    file.seek(0)
    file.ended = False
    try:
        image = factory(file, "")
    except (PictureError, MemoryError):
        raise
    except Exception as error:
        if file.ended or _container_ends_early(file):
            raise PictureError(TRUNCATED) from error
        raise
    # Pillow 11.3 stops at the first tag that it cannot read, and libtiff allocates by the others.
    if isinstance(image, TiffImagePlugin.TiffImageFile) and tags - set(image.tag_v2):
        raise PictureError(DAMAGED)
    return image


def load(image: ImageFile.ImageFile, file: GuardedFile, keep: bool) -> None:
    """Decode `image`; with `keep`, what there is of it if its file ends early.

    Raises PictureError if it does and `keep` is False, or if there is nothing to be seen yet.
    WebP, AVIF, HEIC and JPEG 2000 pictures show nothing before they are whole. Anything else that
    decoders raise is let through.
    """
    if isinstance(image, _Whole):
        image.keep = keep
    # libheif leaves out what a grid lacks.
    if isinstance(image, HeifFile) and _container_ends_early(file):
        raise PictureError(TRUNCATED)
    try:
        image.load()
        early = isinstance(image, _Whole) and image.early
    except (PictureError, MemoryError):
        raise
    except Exception as error:
        early = file.ended or _container_ends_early(file) or _strips_end_early(image, file)
        if not early:
            raise
        if not keep or not isinstance(image, _Whole):
            raise PictureError(TRUNCATED) from error
        take_as_loaded(image)
    if early and _is_flat(image):
        raise PictureError(TRUNCATED)


def orientation(image: Image.Image) -> int:
    """How `image` is to be turned, 1 to 8 as in EXIF; any other number, or damage, says nothing."""
    if isinstance(image, HeifFile):
        return 1
    try:
        if data := image.info.get("exif"):
            limit_tags(BytesIO(data.removeprefix(b"Exif\0\0")))
        turn = int(image.getexif().get(_ORIENTATION, image.info.get("turned", 1)))
    except Exception:
        return 1
    return turn if 1 <= turn <= 8 else 1


def _container_ends_early(file: GuardedFile) -> bool:
    """Whether the outermost chunk of a WebP, or box of another, claims to reach beyond the end.

    Of boxes those with a picture in them: phones put other things behind these.
    """
    file.seek(0)
    start = file.read(12)
    if start[:4] == b"RIFF":
        return file.size < 8 + int.from_bytes(start[4:8], "little")
    at, kind = 0, start[4:8]
    while start[4:8] in (b"ftyp", b"jP  ") and at < file.size:
        file.seek(at)
        head = file.read(16)
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:], "big")
        if length < 8 or kind not in _BOXES:  # up to the end, or of nothing to be seen
            break
        at += length
    return at > file.size


def _strips_end_early(image: Image.Image, file: GuardedFile) -> bool:
    """Whether the data of a TIFF reach beyond the end."""
    for offsets, sizes in (
        (TiffImagePlugin.STRIPOFFSETS, TiffImagePlugin.STRIPBYTECOUNTS),
        (TiffImagePlugin.TILEOFFSETS, TiffImagePlugin.TILEBYTECOUNTS),
    ):
        ends = map(add, _numbers(tag(image, offsets, ())), _numbers(tag(image, sizes, ())))
        if any(end > file.size for end in ends):
            return True
    return False


def _numbers(value: int | tuple[int, ...]) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,)


def _is_flat(image: Image.Image) -> bool:
    """Whether all pixels are alike, as they are before the first one is decoded."""
    extremes = image.getextrema()
    bands = extremes if isinstance(extremes[0], tuple) else (extremes,)
    return all(low == high for low, high in bands)
