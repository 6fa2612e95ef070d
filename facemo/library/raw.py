"""The JPEG that a camera puts into a RAW file for whoever wants to look at it.

A RAW is a TIFF, or nearly one, whose directories hold the sensor's values and pictures made from
them (TIFF 6.0; DNG 1.7, "SubIFDs"; TIFF/EP). Fujifilm's says where its JPEG is in its head.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

# Directories of a file and entries of one, beyond what any camera writes.
_MAX_DIRECTORIES = 32
_MAX_ENTRIES = 512
_MAX_SEGMENTS = 1000  # of a JPEG in front of its size, and bytes that fill the room before them

_COMPRESSION, _PHOTOMETRIC, _STRIPS, _STRIP_SIZES = 0x0103, 0x0106, 0x0111, 0x0117
_ORIENTATION, _SUBDIRECTORIES, _JPEG, _JPEG_SIZE = 0x0112, 0x014A, 0x0201, 0x0202
_PANASONIC_JPEG, _DNG_VERSION = 0x002E, 0xC612
_JPEG_COMPRESSIONS = (6, 7)
_SENSOR = (32803, 34892)  # its values, as they are or put together
_FUJIFILM = b"FUJIFILMCCD-RAW "
# Of TIFFs, which a RAW may be, and of Olympus and Panasonic, which are RAWs.
_TIFF = (b"II*\0", b"MM\0*")
_RAW = (b"IIRO", b"IIRS", b"MMOR", b"IIU\0")

_SIZES = {1: 1, 3: 2, 4: 4, 7: 1, 13: 4}
_CODES = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I"}

Directory = dict[int, tuple[int, ...]]


class Preview(NamedTuple):
    """Where a JPEG is in a RAW, and how it is to be turned, 1 to 8, if it does not say so itself.

    `size` is 0 where there is none.
    """

    start: int = 0
    size: int = 0
    orientation: int = 1


def find_preview(file: BinaryIO) -> Preview | None:
    """The largest JPEG in a RAW; None for a file of another kind."""
    file.seek(0)
    start = file.read(96)
    if start.startswith(_FUJIFILM) and len(start) == 96:
        return _largest(file, [Preview(*struct.unpack_from(">II", start, 84))])
    if start[:4] not in _TIFF + _RAW:
        return None
    directories = list(_directories(file, start))
    if not (start[:4] in _RAW or start[8:10] == b"CR" or any(map(_is_raw, directories))):
        return None
    turned = next((each[_ORIENTATION][0] for each in directories if each.get(_ORIENTATION)), 1)
    found = [p._replace(orientation=turned) for each in directories for p in _jpegs(each)]
    return _largest(file, found)


def _is_raw(directory: Directory) -> bool:
    sensor = directory.get(_PHOTOMETRIC, (0,))[:1]
    return _DNG_VERSION in directory or (*sensor, 0)[0] in _SENSOR


def _directories(file: BinaryIO, start: bytes) -> Iterator[Directory]:
    """The directories of a TIFF, those inside and behind others too, each one once."""
    order = "<" if start[:2] == b"II" else ">"
    waiting = [*struct.unpack_from(order + "I", start.ljust(8, b"\0"), 4)]
    seen: set[int] = set()
    while waiting and len(seen) < _MAX_DIRECTORIES:
        at = waiting.pop(0)
        if at in seen or not at:
            continue
        seen.add(at)
        directory, following = _directory(file, order, at)
        waiting += [*directory.get(_SUBDIRECTORIES, ()), following]
        yield directory


def _directory(file: BinaryIO, order: str, at: int) -> tuple[Directory, int]:
    """The values wanted here of the directory `at` some place, and the place of the next one."""
    file.seek(at)
    count = file.read(2)
    if len(count) < 2:
        return {}, 0
    entries = min(struct.unpack(order + "H", count)[0], _MAX_ENTRIES)
    table = file.read(12 * entries + 4)
    found: Directory = {}
    for entry in range(len(table) // 12):
        tag, kind, values = struct.unpack_from(order + "HHI", table, 12 * entry)
        length = _SIZES.get(kind, 0) * values
        # The JPEG that Panasonic puts into a value is not read, but pointed at.
        if tag == _PANASONIC_JPEG and kind == 7:
            found[_JPEG] = struct.unpack_from(order + "I", table, 12 * entry + 8)
            found[_JPEG_SIZE] = (values,)
        elif length and length <= 4 * _MAX_DIRECTORIES:
            data = table[12 * entry + 8 : 12 * entry + 12]
            if length > 4:
                file.seek(struct.unpack(order + "I", data)[0])
                data = file.read(length)
            if len(data) >= length:
                found[tag] = struct.unpack_from(f"{order}{values}{_CODES[kind]}", data)
    following = table[12 * entries : 12 * entries + 4]
    return found, struct.unpack(order + "I", following)[0] if len(following) == 4 else 0


def _jpegs(directory: Directory) -> Iterator[Preview]:
    """Where a directory says that JPEGs are which are not the sensor's values."""
    if directory.get(_PHOTOMETRIC, (0,))[0] in _SENSOR:
        return
    for places, sizes in ((_JPEG, _JPEG_SIZE), (_STRIPS, _STRIP_SIZES)):
        start, size = directory.get(places, ()), directory.get(sizes, ())
        is_jpeg = places == _JPEG or directory.get(_COMPRESSION, (0,))[0] in _JPEG_COMPRESSIONS
        if is_jpeg and len(start) == len(size) == 1:
            yield Preview(start[0], size[0])


def _largest(file: BinaryIO, found: list[Preview]) -> Preview:
    """The one with the most pixels; one of no size where there is none that is a whole picture."""
    pixels = [_pixels(file, preview) for preview in found]
    most = max(pixels, default=0)
    return found[pixels.index(most)] if most else Preview()


def _pixels(file: BinaryIO, preview: Preview) -> int:
    """The number of pixels of a JPEG, 0 if it is none or one of the sensor's, without loss."""
    at, end = preview.start, preview.start + preview.size
    file.seek(at)
    if file.read(2) != b"\xff\xd8":
        return 0
    at += 2
    for _ in range(_MAX_SEGMENTS):
        file.seek(at)
        head = file.read(9)
        if len(head) < 9 or head[0] != 0xFF or at + 9 > end:
            return 0
        if head[1] in (0xC0, 0xC1, 0xC2):
            height, width = struct.unpack(">HH", head[5:])
            return int(height * width)
        if 0xC3 <= head[1] <= 0xCF and head[1] not in (0xC4, 0xC8, 0xCC):
            return 0
        at += 1 if head[1] == 0xFF else 2 + int.from_bytes(head[2:4], "big")
    return 0
