"""What one picture file may ask for: pixels, memory, passes over them, bytes to read.

A file of a few bytes can claim any number of pixels, and a hole in a disk can be a file of any
number of bytes. Pillow's own limits are process-wide and do not know what decoding a format costs.
"""

from __future__ import annotations

import io
import os
import re
import stat
import struct
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image, ImageFile, JpegImagePlugin, TiffImagePlugin

from facemo.errors import InputError, nbytes
from facemo.library.pillow import sampling

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAX_PIXELS = 64_000_000
MAX_PIXELS_REDUCED = 256_000_000  # baseline JPEG, of which an eighth of each side is decoded
MAX_PIXELS_RLE = 16_000_000  # BMP, which Pillow decodes in Python: 0.1 us a pixel
MAX_BYTES = 1 << 30
MAX_BYTES_AT_ONCE = 64_000_000  # WebP, AVIF, HEIC and JPEG 2000, which are read as a whole
MAX_SCANS = 100  # of a progressive JPEG
# Scans times megapixels. Each takes 0.6 ms where the picture is flat and 4.5 where it is noise;
# encoders make about ten scans, so that 64 megapixels pass.
MAX_PASSES = 1000

# What decoding may take in memory whatever the file is. It may take more if the file has the bytes
# to fill its pixels: photos have 2 to 30 pixels a byte, and a bomb has thousands.
_MEMORY = 224_000_000
_PIXELS_A_BYTE = 50
# Bytes a pixel, measured with 24 megapixels: 15 to 17 and 9 to 11; deeper AVIFs have more. What is
# decoded apart takes 7 here, and the rest there, measured with 12 megapixels.
_AT_ONCE = {"WEBP": 18, "AVIF": 16, "HEIF": 19, "JPEG2000": 28}
_RLE = 3

# Bytes in front of the pixels, and calls that read them: a parser in Python takes up to 4 us for
# each piece, and a file can consist of empty pieces.
_HEADER_BYTES = 64_000_000
_HEADER_READS = 100_000
_PIXELS_A_READ = 100
_READS_RLE = 2_000_000
_ONE_READ = 4 << 20
_BYTES_A_PIXEL = 16  # twice the eight of 16 bits in four channels, the most that is decoded
# Numbers in TIFF tags, each of which becomes an object or several: up to 300 bytes.
_MAX_NUMBERS = 200_000

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_KEPT_AS_BYTES = {1, 2, 7}
# What follows the marker of a segment; zero, restarts and fill bytes are part of a scan.
_MARKER = re.compile(rb"\xff([\x02-\xcf\xd8-\xfe])")
_START_OF_SCAN, _END_OF_IMAGE = b"\xda", b"\xd9"


class PictureError(InputError):
    """A file that cannot be used as a picture; the message is a one-line reason.

    `lasting` tells whether the content is at fault, so that the same bytes will fail in the same
    way; it is False for circumstances, such as a missing permission.
    """

    def __init__(self, reason: str, lasting: bool = True) -> None:
        """For this `reason`."""
        super().__init__(reason)
        self.lasting = lasting


class _Part(io.FileIO):
    """The bytes of a file from some place on, up to another."""

    def __init__(self, path: str | os.PathLike[str], start: int, end: int) -> None:
        super().__init__(path)
        self._start, self._end = start, end
        super().seek(start)

    def seek(self, place: int, whence: int = os.SEEK_SET, /) -> int:
        if whence != os.SEEK_CUR:
            place += self._start if whence == os.SEEK_SET else self._end
            whence = os.SEEK_SET
        return super().seek(place, whence) - self._start

    def tell(self) -> int:
        return super().tell() - self._start

    def readinto(self, buffer: Buffer, /) -> int | None:
        left = max(self._end - super().tell(), 0)
        return super().readinto(memoryview(buffer)[:left])

    def readall(self) -> bytes:
        return super().read(max(self._end - super().tell(), 0))


class GuardedFile(io.BufferedReader):
    """A regular file that raises PictureError instead of being read without end.

    Raises PictureError for what is no regular file, too: pipes and devices are never opened.
    `size` is its bytes, of which `stored` lie on the disk; `ended` tells whether somebody wanted
    more than there was.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | bytes,
        part: tuple[int, int] | None = None,
    ) -> None:
        """Open the file at `path`, or a part of it: where it starts, and its bytes.

        In place of a path there may be what would be in the file.
        """
        size, stored = (len(path), len(path)) if isinstance(path, bytes) else _sizes(path)
        if size == 0:
            raise PictureError("empty file")
        if size > MAX_BYTES:
            raise PictureError(f"over the limit of {nbytes(MAX_BYTES)}")
        start, wanted = part or (0, size)
        self.size = max(min(wanted, size - start), 0)
        self.stored = min(self.size, stored)
        if isinstance(path, bytes):
            raw: Any = io.BytesIO(path[start : start + self.size])
        else:
            raw = _Part(path, start, start + self.size) if part else io.FileIO(path)
        super().__init__(raw)
        self._allow(_HEADER_BYTES, _HEADER_READS)

    def allow_pixels(self, image: ImageFile.ImageFile) -> None:
        """Start to count anew, up to what the pixels of `image` can need."""
        pixels = image.width * image.height
        reads = _READS_RLE if _is_rle(image) else pixels // _PIXELS_A_READ
        self._allow(_HEADER_BYTES + _BYTES_A_PIXEL * pixels, _HEADER_READS + reads)

    def _allow(self, size: int, reads: int) -> None:
        self._left, self._reads, self.ended = size, reads, False

    def read(self, size: int | None = -1, /) -> bytes:
        """As any file, but what is read is counted, and a part of gigabytes comes in pieces."""
        if size is None or size < 0:
            if self.size > MAX_BYTES_AT_ONCE:
                raise PictureError(f"over the limit of {nbytes(MAX_BYTES_AT_ONCE)} in this format")
            return super().read()
        size = min(size, _ONE_READ)
        data = super().read(size)
        # Decoders ask for whole blocks, and the last one may be short.
        if len(data) < size and (not data or size < ImageFile.MAXBLOCK):
            self.ended = True
        self._left -= len(data)
        self._reads -= 1
        if self._left < 0 or self._reads < 0:
            raise PictureError("more data than a picture needs")
        return data


def _sizes(path: str | os.PathLike[str]) -> tuple[int, int]:
    """The bytes of a regular file, and how many of these lie on the disk."""
    status = os.stat(path)
    if stat.S_ISDIR(status.st_mode):
        raise PictureError("a folder, not a file", lasting=False)
    if not stat.S_ISREG(status.st_mode):
        raise PictureError("not a regular file", lasting=False)
    # Holes are not stored. Some file systems tell 0 blocks of 512 bytes, and Windows nothing.
    stored = min(status.st_size, 512 * getattr(status, "st_blocks", 0) or status.st_size)
    return status.st_size, stored


def tag(image: Image.Image, number: int, default: Any) -> Any:
    """A TIFF tag of `image`, or `default` where it has none."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return default
    return image.tag_v2.get(number, default)


def limit_pixels(image: ImageFile.ImageFile) -> None:
    """Raise PictureError for more pixels than a tile is worth; a tiny file can claim any number."""
    limit = MAX_PIXELS
    if image.format == "JPEG" and not image.info.get("progressive"):
        limit = MAX_PIXELS_REDUCED
    if _is_rle(image):
        limit = MAX_PIXELS_RLE
    if max(image.width * image.height, _block(image)) > limit:
        raise PictureError(f"over the limit of {limit // 10**6} megapixels")


def limit_memory(
    image: ImageFile.ImageFile, whole: tuple[int, int], scans: int, file: GuardedFile
) -> None:
    """Raise PictureError if decoding takes much memory and the file is too small to be worth it.

    `whole` is the (width, height) that a JPEG had before it was asked to be reduced, and `scans`
    what `limit_scans` says.
    """
    pixels = whole[0] * whole[1]
    needed = image.width * image.height * _bytes_a_pixel(image.mode)
    if isinstance(image, JpegImagePlugin.JpegImageFile) and scans > 1:
        needed += int(pixels * _coefficients(image))
    needed += pixels * _RLE * _is_rle(image) + _block(image) * _bytes_a_pixel(image.mode)
    if image.format in _AT_ONCE:
        needed = pixels * _AT_ONCE[image.format] + 2 * file.size
    if needed > _MEMORY and pixels > _PIXELS_A_BYTE * file.stored:
        limit = pixels * _MEMORY // needed
        raise PictureError(f"over the limit of {limit // 10**6} megapixels in so few bytes")


def limit_scans(image: ImageFile.ImageFile, file: GuardedFile) -> int:
    """The number of scans of a JPEG, 1 for other pictures.

    Each scan costs a pass over all its coefficients, which are held until the last one: a thousand
    in 100 kB take minutes. Raises PictureError if they are too many, also for so large a picture.
    """
    if image.format != "JPEG":
        return 1
    scans = 1 if _is_streamed(image, file) else _count_scans(file)
    if scans > MAX_SCANS:
        raise PictureError(f"over the limit of {MAX_SCANS} scans")
    if scans > 1 and scans * image.width * image.height > MAX_PASSES * 10**6:
        raise PictureError(f"over the limit of {MAX_PASSES} scans times megapixels")
    return scans


def limit_tags(file: BinaryIO) -> set[int]:
    """The numbers of the tags in the first directory of a TIFF, or of EXIF data.

    Raises PictureError if it is no directory that a picture has.

    Pillow reads all values, and older versions do so for as many tags as point to the same bytes:
    64 kB of EXIF data become 350 MB.
    """
    length = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(16)
    order = "<" if start[:2] == b"II" else ">"
    big = start[2:4] in (b"+\0", b"\0+")
    offset, count, entry = ("8xQ", "Q", "HHQ8x") if big else ("4xI", "H", "HHI4x")
    try:
        file.seek(struct.unpack_from(order + offset, start)[0])
        head = file.read(struct.calcsize(order + count))
        entries = min(struct.unpack(order + count, head)[0], 1 << 16)
        table = file.read(entries * struct.calcsize(order + entry))
    except (struct.error, OSError, ValueError, OverflowError):
        return set()  # the decoder will say what is wrong
    table = table[: len(table) - len(table) % struct.calcsize(order + entry)]
    found: set[int] = set()
    numbers = size = 0
    for number, kind, values in struct.iter_unpack(order + entry, table):
        wanted = values * _SIZES.get(kind, 0)
        size += min(wanted, length)  # and then it is ignored, for there is no more to be read
        if wanted <= length and kind in _SIZES.keys() - _KEPT_AS_BYTES:
            numbers += values
        found.add(number)
    if numbers > _MAX_NUMBERS or size > _HEADER_BYTES:
        raise PictureError("more tags than a picture needs")
    return found


def _bytes_a_pixel(mode: str) -> int:
    """What Pillow holds a pixel in."""
    return {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2}.get(mode, 4)


def _is_rle(image: ImageFile.ImageFile) -> bool:
    return image.format == "BMP" and image.info.get("compression") in (1, 2)


def _block(image: ImageFile.ImageFile) -> int:
    """The pixels of a tile or strip of a TIFF, which libtiff decodes at once."""
    if tag(image, TiffImagePlugin.COMPRESSION, 1) == 1:
        return 0
    width = tag(image, TiffImagePlugin.TILEWIDTH, 0)
    if width:
        return int(width * tag(image, TiffImagePlugin.TILELENGTH, 0))
    rows = tag(image, TiffImagePlugin.ROWSPERSTRIP, image.height)
    return int(image.width * min(rows, image.height))


def _coefficients(image: JpegImagePlugin.JpegImageFile) -> float:
    """The bytes a pixel of all coefficients, two each, of a JPEG that is decoded scan by scan."""
    sampled = sampling(image)
    blocks = max(across for across, _ in sampled) * max(down for _, down in sampled) or 1
    return 2 * sum(across * down for across, down in sampled) / blocks


def _is_streamed(image: ImageFile.ImageFile, file: GuardedFile) -> bool:
    """Whether the first scan, which Pillow stopped behind the header of, holds all components."""
    if image.info.get("progressive"):
        return False
    end = file.tell()
    file.seek(max(0, end - 14))
    header = file.read(end - file.tell())
    components = len(sampling(image)) if isinstance(image, JpegImagePlugin.JpegImageFile) else 0
    expected = struct.pack(">BBHB", 0xFF, 0xDA, 6 + 2 * components, components)
    return header[: len(header) - 2 * components - 3].endswith(expected)


def _count_scans(file: GuardedFile) -> int:
    """Scans as libjpeg finds them, from behind the header of the first one, up to too many."""
    scans = 1
    at = file.tell()
    while scans <= MAX_SCANS:
        file.seek(at)
        part = file.read(1 << 16)
        found = _MARKER.search(part)
        if found is None and len(part) < 2:
            break
        if found is None:
            at += len(part) - 1  # the last byte may begin a marker
            continue
        if found[1] == _END_OF_IMAGE:
            break
        scans += found[1] == _START_OF_SCAN
        at += found.end()
        file.seek(at)
        at += max(2, int.from_bytes(file.read(2), "big"))
    return scans
