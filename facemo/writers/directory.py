"""Directories of a TIFF (revision 6.0, section 2; BigTIFF) whose tiles lie in the file already.

tifffile writes neither offsets that repeat nor JPEG without a codec of its own; these are for both.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.library.facts import MADE_BY
from facemo.machine import batches
from facemo.options import Encoding

# The types of fields, and their sizes.
_ASCII, _SHORT, _LONG, _RATIONAL, _LONG8 = 2, 3, 4, 5, 16
_SIZES = {_ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _LONG8: 8}
_KINDS: dict[type[np.unsignedinteger], int] = {
    np.uint16: _SHORT,
    np.uint32: _LONG,
    np.uint64: _LONG8,
}
_COMPRESSIONS = {"none": 1, "jpeg": 7, "deflate": 8}


class Level(NamedTuple):
    """A picture of a file, of tiles that lie in it.

    n : int, how often it is halved
    size, tile : (height, width) in pixels
    offsets, lengths : (D,) int64, where each tile begins, and how many bytes it has
    grid : (rows, cols) int32, which of them stands where
    options : Encoding, how they are encoded
    alpha : bool, whether pixels have a fourth sample, their alpha
    """

    n: int
    size: tuple[int, int]
    tile: tuple[int, int]
    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]
    grid: NDArray[np.int32]
    options: Encoding
    alpha: bool = False


class _Repeated(NamedTuple):
    """A value for each place: `values` (D,) of its tile, and which that is, (rows, cols)."""

    values: NDArray[np.unsignedinteger]
    grid: NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """How many bytes the values of all places are."""
        return self.grid.size * self.values.itemsize

    def parts(self) -> Iterator[bytes]:
        """The values as bytes, some at a time."""
        for rows in batches(len(self.grid), (1 << 17) // self.grid.shape[1]):
            yield self.values[self.grid[rows]].tobytes()


# A field of a directory: its number, its type, its values.
_Field = tuple[int, int, "bytes | _Repeated"]


def put_first(file: BinaryIO, levels: Sequence[Level], big: bool) -> None:
    """Append the directories of `levels`, and make them the first of the file, in their order."""
    word = "<Q" if big else "<I"
    first_at = 8 if big else 4  # where a TIFF says where its first directory is
    file.seek(first_at)
    (following,) = struct.unpack(word, file.read(struct.calcsize(word)))
    file.seek(0, io.SEEK_END)
    for level in reversed(levels):
        following = _append(file, _fields(level), following, big)
    file.seek(first_at)
    file.write(struct.pack(word, following))
    file.seek(0, io.SEEK_END)


def _fields(level: Level) -> list[_Field]:
    """What a directory says of a level: the fields of section 8 and 15, in their order."""
    options = level.options
    jpeg, deflate = options.compression == "jpeg", options.compression == "deflate"
    resolution = struct.pack("<II", round(options.dpi * 100), 100 << level.n)
    fields: list[_Field] = [
        (254, _LONG, struct.pack("<I", 1 if level.n else 0)),  # NewSubfileType: reduced
        (256, _LONG, struct.pack("<I", level.size[1])),
        (257, _LONG, struct.pack("<I", level.size[0])),
        (258, _SHORT, struct.pack("<H", 8) * (3 + level.alpha)),  # BitsPerSample
        (259, _SHORT, struct.pack("<H", _COMPRESSIONS[options.compression])),
        (262, _SHORT, struct.pack("<H", 6 if jpeg else 2)),  # PhotometricInterpretation
        (277, _SHORT, struct.pack("<H", 3 + level.alpha)),  # SamplesPerPixel
        (282, _RATIONAL, resolution),
        (283, _RATIONAL, resolution),
        (284, _SHORT, struct.pack("<H", 1)),  # PlanarConfiguration: chunky
        (296, _SHORT, struct.pack("<H", 2)),  # ResolutionUnit: inch
        (305, _ASCII, MADE_BY.encode() + b"\0"),
    ]
    if deflate:
        fields.append((317, _SHORT, struct.pack("<H", 2)))  # Predictor: horizontal differences
    long = np.uint64 if level.offsets.max() >= 2**32 else np.uint32
    short = np.uint32 if level.lengths.max() >= 2**16 else np.uint16
    fields += [
        (322, _LONG, struct.pack("<I", level.tile[1])),
        (323, _LONG, struct.pack("<I", level.tile[0])),
        (324, _KINDS[long], _Repeated(level.offsets.astype(long), level.grid)),
        (325, _KINDS[short], _Repeated(level.lengths.astype(short), level.grid)),
    ]
    if level.alpha:
        fields.append((338, _SHORT, struct.pack("<H", 2)))  # ExtraSamples: unassociated alpha
    if jpeg:
        sampling = (1, 1) if options.subsampling == "4:4:4" else (2, 2)
        fields.append((530, _SHORT, struct.pack("<HH", *sampling)))
        black_and_white = (0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1)
        fields.append((532, _RATIONAL, struct.pack("<12I", *black_and_white)))
    return fields


def _append(file: BinaryIO, fields: list[_Field], following: int, big: bool) -> int:
    """Write a directory, its long values before it; return where it is."""
    word = "Q" if big else "I"
    room = struct.calcsize(word)
    entries = b""
    for number, kind, values in fields:
        if isinstance(values, bytes):
            parts, nbytes = iter([values]), len(values)
        else:
            parts, nbytes = values.parts(), values.nbytes
        if nbytes > room:
            place = struct.pack("<" + word, _even(file))
            for part in parts:
                file.write(part)
        else:
            place = b"".join(parts).ljust(room, b"\0")
        entries += struct.pack("<HH" + word, number, kind, nbytes // _SIZES[kind]) + place
    at = _even(file)
    file.write(struct.pack("<Q" if big else "<H", len(fields)) + entries)
    file.write(struct.pack("<" + word, following))
    return at


def _even(file: BinaryIO) -> int:
    """Go to the next even place, as whatever a directory points to must be."""
    if file.tell() % 2:
        file.write(b"\0")
    return file.tell()
