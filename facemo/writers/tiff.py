"""TIFF (revision 6.0; BigTIFF beyond 4 GB): a pyramid of tiled pictures.

A TIFF lists an offset for each of its tiles, and offsets may repeat. Where the mosaic's tiles can
be the file's, each is stored once, and a level is a table of offsets: 6 bytes a cell, for offsets
take four bytes wherever tiles lie in the first 4 GB, and lengths two where tiles are small.
tifffile writes neither shared offsets nor such tables, so these directories are written here; it
writes the levels that are drawn.

Levels follow one another as pages marked as reduced, which QuPath, libvips, GDAL and tifffile all
take for a pyramid.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray
from PIL import Image
from tifffile import TiffWriter

from facemo.machine import in_order
from facemo.mosaic import Mosaic, halvings
from facemo.writers.distinct import Distinct, distinct
from facemo.writers.forecast import DEFLATE_BYTES, Forecast, Order, jpeg_bytes
from facemo.writers.options import Options
from facemo.writers.pyramid import Picture, Pyramid
from facemo.writers.whole import whole_file

# Tiles' sides must be multiples of this (TIFF 6.0, section 15).
_MULTIPLE = 16
_DRAWN_SIDE = 256
_DRAWN_BYTES = 4 << 20

# The first level to be drawn below those that are shared. Encoding takes longer than anything else
# and fills more of the file, so of a large mosaic some levels are left out: to 32 megapixels, or
# four pixels a cell, which a terapixel of 61 million cells takes half a minute for.
_DRAWN_PIXELS = 1 << 25
_DRAWN_PER_CELL = 4

_CLASSIC_BYTES = 2**32 - 2**24
# The types of fields, and their sizes.
_ASCII, _SHORT, _LONG, _RATIONAL, _LONG8 = 2, 3, 4, 5, 16
_SIZES = {_ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _LONG8: 8}
_KINDS: dict[type[np.unsignedinteger], int] = {
    np.uint16: _SHORT,
    np.uint32: _LONG,
    np.uint64: _LONG8,
}

MOST_SIDE = 2**31 - 1

_COMPRESSIONS = {"none": 1, "jpeg": 7, "deflate": 8}


class _Stored(NamedTuple):
    """Where tiles lie in the file, and how long each is: both (D,) int64."""

    offsets: NDArray[np.int64]
    lengths: NDArray[np.int64]


class _Repeated(NamedTuple):
    """A value for each cell: `values` (D,) of its tile, and which that is, (rows, cols)."""

    values: NDArray[np.unsignedinteger]
    grid: NDArray[np.int32]

    @property
    def nbytes(self) -> int:
        """How many bytes the values of all cells are."""
        return self.grid.size * self.values.itemsize

    def parts(self) -> Generator[bytes, None, None]:
        """The values as bytes, a few megabytes at a time."""
        step = max(1, (1 << 20) // self.grid.shape[1])
        for row in range(0, len(self.grid), step):
            yield self.values[self.grid[row : row + step]].tobytes()


# A field of a directory (TIFF 6.0, section 2): its number, its type, its values.
_Field = tuple[int, int, "bytes | _Repeated"]


def write(mosaic: Mosaic, path: str, options: Options) -> None:
    """Write `mosaic` to `path`."""
    levels = Pyramid(mosaic, _DRAWN_SIDE)
    shared = shared_levels(mosaic.tiles.size, bool(mosaic.tint))
    tiles = distinct(mosaic) if shared else None
    if tiles is None or tiles.uses < 2:
        shared = 0
    drawn = list(drawn_levels(levels, shared, mosaic.index.size))
    count = len(tiles) if tiles is not None and shared else 0
    big = _most_bytes(mosaic, levels, count, shared, drawn) > _CLASSIC_BYTES
    total = sum(levels.pixels(n) for n in range(len(levels)) if n < shared or n in drawn)
    with whole_file(path) as file:
        _write_drawn(file, levels, drawn, big, total, options)
        if tiles is not None and shared:
            _write_shared(file, tiles, shared, big, options)
            options.report(total, total)


def shared_levels(tile: tuple[int, int], tinted: bool) -> int:
    """How many levels, from the mosaic itself on, can be made of shared tiles."""
    if tinted or any(side % _MULTIPLE for side in tile):
        return 0
    return 1 + halvings((tile[0] // _MULTIPLE, tile[1] // _MULTIPLE))


def drawn_levels(levels: Pyramid, shared: int, cells: int) -> Iterator[int]:
    """Which levels are drawn: all that are not shared, but not the largest of them if some are."""
    most = max(_DRAWN_PIXELS, _DRAWN_PER_CELL * cells) if shared else None
    for n in range(shared, len(levels)):
        if most is None or levels.pixels(n) <= most:
            yield n


def _most_bytes(mosaic: Mosaic, levels: Pyramid, tiles: int, shared: int, drawn: list[int]) -> int:
    """What the file cannot exceed: nothing encodes to much more than its pixels."""
    pixels = sum(levels.pixels(n) for n in drawn) + tiles * 2 * mosaic.tiles.pixels[0, :, :, 0].size
    return 4 * pixels + 12 * shared * mosaic.index.size


def _write_drawn(
    file: BinaryIO, levels: Pyramid, drawn: list[int], big: bool, total: int, options: Options
) -> None:
    done = 0
    with TiffWriter(file, bigtiff=big, byteorder="<") as out:
        for n in drawn:
            with closing(_encoded(levels[n], options)) as tiles:
                out.write(
                    _reported(tiles, levels.shape(n), done, total, options),
                    shape=levels.shape(n),
                    dtype=np.uint8,
                    tile=(_DRAWN_SIDE, _DRAWN_SIDE),
                    **_as_tifffile_says(options),
                    subfiletype=1 if n else 0,
                    resolution=(options.dpi / 2**n,) * 2,
                    resolutionunit="inch",
                    software="facemo",
                    metadata=None,
                )
            done += levels.pixels(n)


def _as_tifffile_says(options: Options) -> dict[str, Any]:
    if options.compression == "jpeg":
        sampling = (1, 1) if options.subsampling == "4:4:4" else (2, 2)
        return {"compression": "jpeg", "photometric": "ycbcr", "subsampling": sampling}
    if options.compression == "deflate":
        return {"compression": "adobe_deflate", "predictor": 2, "photometric": "rgb"}
    return {"photometric": "rgb"}


def _encoded(picture: Picture, options: Options) -> Generator[bytes, None, None]:
    """The tiles of a picture, row by row, encoded."""
    height, width = picture.shape[:2]
    side = _DRAWN_SIDE
    step = max(1, _DRAWN_BYTES // (3 * side * side)) * side
    regions = (
        (slice(y, min(y + side, height)), slice(x, min(x + step, width)))
        for y in range(0, height, side)
        for x in range(0, width, step)
    )

    def work(region: tuple[slice, slice]) -> list[bytes]:
        pixels = picture[region]
        missing = [-n % side for n in pixels.shape[:2]]
        pixels = np.pad(pixels, [(0, missing[0]), (0, missing[1]), (0, 0)], mode="edge")
        cut = pixels.reshape(side, -1, side, 3).swapaxes(0, 1)
        return encoded_tiles(np.ascontiguousarray(cut), options)

    with closing(in_order(work, regions)) as results:
        for tiles in results:
            yield from tiles


def encoded_tiles(pixels: NDArray[np.uint8], options: Options) -> list[bytes]:
    """Tiles, (d, h, w, 3) uint8, each as the file holds it."""
    if options.compression == "jpeg":
        return [_jpeg(tile, options) for tile in pixels]
    if options.compression == "none":
        return [tile.tobytes() for tile in pixels]
    differences = pixels.copy()  # predictor 2 (TIFF 6.0, section 14)
    differences[:, :, 1:] -= pixels[:, :, :-1]
    return [isal_zlib.compress(tile, 2) for tile in differences]


def _jpeg(tile: NDArray[np.uint8], options: Options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(tile).save(
        buffer, "JPEG", quality=options.quality, subsampling=options.subsampling
    )
    return buffer.getvalue()


def _reported(
    tiles: Iterator[bytes], shape: tuple[int, int, int], done: int, total: int, options: Options
) -> Generator[bytes, None, None]:
    """`tiles`, reporting how many pixels of the file are done as they pass."""
    height, width = shape[:2]
    across = -(-width // _DRAWN_SIDE)
    for number, tile in enumerate(tiles, 1):
        if number % across == 0:
            lines = min(number // across * _DRAWN_SIDE, height)
            options.report(done + lines * width, total)
        yield tile


def _write_shared(
    file: BinaryIO, tiles: Distinct, shared: int, big: bool, options: Options
) -> None:
    """Put the shared levels before those that tifffile wrote."""
    tables = [_append_tiles(file, tiles, n, options) for n in range(shared)]
    word = "<Q" if big else "<I"
    first_at = 8 if big else 4  # where a TIFF says where its first directory is
    file.seek(first_at)
    (following,) = struct.unpack(word, file.read(struct.calcsize(word)))
    file.seek(0, io.SEEK_END)
    for n in reversed(range(shared)):
        following = _append_level(file, tiles, tables[n], n, following, big, options)
    file.seek(first_at)
    file.write(struct.pack(word, following))
    file.seek(0, io.SEEK_END)


def _append_tiles(file: BinaryIO, tiles: Distinct, n: int, options: Options) -> _Stored:
    """Write each tile once, halved `n` times."""
    offset = file.seek(0, io.SEEK_END)
    lengths: list[int] = []

    def work(part: slice) -> list[bytes]:
        return encoded_tiles(tiles.pixels(part, 2**n), options)

    with closing(in_order(work, tiles.batches())) as results:
        for encoded in results:
            file.write(b"".join(encoded))
            lengths += map(len, encoded)
    ends = offset + np.cumsum(lengths, dtype=np.int64)
    return _Stored(ends - lengths, np.array(lengths))


def _append_level(
    file: BinaryIO,
    tiles: Distinct,
    stored: _Stored,
    n: int,
    following: int,
    big: bool,
    options: Options,
) -> int:
    """Write the directory of a shared level, and what it points to; return where it is."""
    height, width = (side >> n for side in tiles.tiles.shape[1:3])
    rows, cols = tiles.grid.shape
    jpeg, deflate = options.compression == "jpeg", options.compression == "deflate"
    resolution = struct.pack("<II", round(options.dpi * 1000), 1000 << n)
    fields: list[_Field] = [
        (254, _LONG, struct.pack("<I", 1 if n else 0)),  # NewSubfileType: reduced
        (256, _LONG, struct.pack("<I", cols * width)),
        (257, _LONG, struct.pack("<I", rows * height)),
        (258, _SHORT, struct.pack("<HHH", 8, 8, 8)),  # BitsPerSample
        (259, _SHORT, struct.pack("<H", _COMPRESSIONS[options.compression])),
        (262, _SHORT, struct.pack("<H", 6 if jpeg else 2)),  # PhotometricInterpretation
        (277, _SHORT, struct.pack("<H", 3)),  # SamplesPerPixel
        (282, _RATIONAL, resolution),
        (283, _RATIONAL, resolution),
        (284, _SHORT, struct.pack("<H", 1)),  # PlanarConfiguration: chunky
        (296, _SHORT, struct.pack("<H", 2)),  # ResolutionUnit: inch
        (305, _ASCII, b"facemo\0"),
    ]
    if deflate:
        fields.append((317, _SHORT, struct.pack("<H", 2)))  # Predictor: horizontal differences
    long = np.uint64 if stored.offsets[-1] >= 2**32 else np.uint32
    short = np.uint32 if stored.lengths.max() >= 2**16 else np.uint16
    fields += [
        (322, _LONG, struct.pack("<I", width)),
        (323, _LONG, struct.pack("<I", height)),
        (324, _KINDS[long], _Repeated(stored.offsets.astype(long), tiles.grid)),
        (325, _KINDS[short], _Repeated(stored.lengths.astype(short), tiles.grid)),
    ]
    if jpeg:
        sampling = (1, 1) if options.subsampling == "4:4:4" else (2, 2)
        fields.append((530, _SHORT, struct.pack("<HH", *sampling)))
        black_and_white = (0, 1, 255, 1, 128, 1, 255, 1, 128, 1, 255, 1)
        fields.append((532, _RATIONAL, struct.pack("<12I", *black_and_white)))
    return _append_directory(file, fields, following, big)


def _append_directory(file: BinaryIO, fields: list[_Field], following: int, big: bool) -> int:
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


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    size = {"deflate": DEFLATE_BYTES, "jpeg": jpeg_bytes(order.options), "none": 3.0}
    shared = shared_levels(order.tile, order.tinted) if order.repeats else 0
    if not shared:
        return Forecast(int(order.pixels * 4 / 3 * size[order.options.compression]), 128 << 20)
    # The largest level that is drawn, and those below it.
    most = max(_DRAWN_PIXELS, _DRAWN_PER_CELL * order.cells)
    drawn = max(n for n in (order.pixels >> 2 * k for k in range(shared, 64)) if n <= most)
    tiles = order.tiles * order.tile[0] * order.tile[1]
    encoded = (tiles + drawn) * 4 / 3 * size[order.options.compression]
    return Forecast(int(encoded) + 6 * shared * order.cells, 128 << 20)
