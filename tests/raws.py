"""RAW files as cameras make them, but for the sensor's values: directories around a JPEG."""

from __future__ import annotations

import struct

COMPRESSION, PHOTOMETRIC, STRIPS, ORIENTATION, STRIP_SIZES = 0x103, 0x106, 0x111, 0x112, 0x117
SUBDIRECTORIES, JPEG, JPEG_SIZE, DNG_VERSION = 0x14A, 0x201, 0x202, 0xC612
SENSOR = {PHOTOMETRIC: 32803, COMPRESSION: 1, STRIPS: 8, STRIP_SIZES: 4}


def raw(jpeg, directories, order="<", magic=b"*\0", before=b""):
    """A RAW of these directories, each inside the first, of tags to numbers.

    "start" stands for the place of the JPEG and "size" for its size.
    """
    mark = b"II" if order == "<" else b"MM"
    magic = magic if order == "<" else magic[::-1]
    at = 8 + len(before)
    where = {"start": at, "size": len(jpeg)}
    at += len(jpeg)
    inner, places = b"", []
    for directory in directories[1:]:
        places.append(at + len(inner))
        inner += entries(order, {k: where.get(v, v) for k, v in directory.items()})
    first = {k: where.get(v, v) for k, v in directories[0].items()}
    first_at = at + len(inner)
    if len(places) > 1:
        values = struct.pack(f"{order}{len(places)}I", *places)
        first[SUBDIRECTORIES] = (len(places), first_at)
        inner, first_at = inner + values, first_at + len(values)
    elif places:
        first[SUBDIRECTORIES] = places[0]
    head = mark + magic + struct.pack(order + "I", first_at)
    return head + before + jpeg + inner + entries(order, first)


def entries(order, directory):
    """A directory of numbers of 32 bits; a pair is a count and the place of as many."""
    pairs = {tag: v if isinstance(v, tuple) else (1, v) for tag, v in sorted(directory.items())}
    table = [struct.pack(order + "HHII", tag, 4, *pair) for tag, pair in pairs.items()]
    return struct.pack(order + "H", len(table)) + b"".join(table) + bytes(4)


def dng(jpeg, orientation=1, order="<"):
    """A DNG with its JPEG in a directory of its own, beside the sensor's values."""
    preview = {COMPRESSION: 7, PHOTOMETRIC: 6, STRIPS: "start", STRIP_SIZES: "size"}
    first = {ORIENTATION: orientation, DNG_VERSION: 0x0401, PHOTOMETRIC: 2}
    return raw(jpeg, [first, SENSOR, preview], order)


def nef(jpeg, orientation=1):
    """A RAW that points at its JPEG, as Nikon's, Sony's and Pentax's do."""
    preview = {JPEG: "start", JPEG_SIZE: "size"}
    return raw(jpeg, [{ORIENTATION: orientation}, preview, SENSOR], ">")


def cr2(jpeg, orientation=1):
    """A RAW of Canon's, whose first directory is the JPEG."""
    first = {COMPRESSION: 6, STRIPS: "start", STRIP_SIZES: "size", ORIENTATION: orientation}
    return raw(jpeg, [first], before=b"CR\2\0" + bytes(4))


def raf(jpeg):
    """A RAW of Fujifilm's."""
    return (
        b"FUJIFILMCCD-RAW ".ljust(84, b"0") + struct.pack(">II", 100, len(jpeg)) + bytes(8) + jpeg
    )


def dated(jpeg, date, rating, xmp=b""):
    """A DNG that says when it was taken and how it is rated, in its own directories."""
    texts = date + b"\0", xmp
    before = b"".join(texts).ljust(64, b"\0")
    before += struct.pack("<HHHIII", 1, 0x9003, 2, len(texts[0]), 8, 0)
    preview = {COMPRESSION: 7, PHOTOMETRIC: 6, STRIPS: "start", STRIP_SIZES: "size"}
    first = {DNG_VERSION: 0x0401, PHOTOMETRIC: 2, 0x8769: 8 + len(before) - 18}
    first |= {0x02BC: (len(xmp), 8 + len(texts[0]))} if xmp else {0x4746: rating}
    return raw(jpeg, [first, preview], before=before).replace(
        struct.pack("<HH", 0x02BC, 4), struct.pack("<HH", 0x02BC, 1)
    )
