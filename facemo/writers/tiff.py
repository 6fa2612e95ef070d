"""TIFF (revision 6.0; BigTIFF beyond 4 GB): a pyramid of tiled pictures.

A TIFF lists an offset for each of its tiles, and offsets may repeat. Where the mosaic's tiles can
be the file's, each is stored once, and a level is a table of offsets: 6 bytes a cell, for offsets
take four bytes wherever tiles lie in the first 4 GB, and lengths two where tiles are small.
tifffile writes the levels that are drawn, and `directory` what it cannot.

Where cells are empty each pixel has a fourth sample, alpha that is not multiplied in; only in JPEG
they have the background.

Levels follow one another as pages marked as reduced, which QuPath, libvips, GDAL and tifffile all
take for a pyramid.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from facemo.drawing.draw import Layout
from facemo.drawing.mosaic import Mosaic
from facemo.drawing.pyramid import Picture, Pyramid
from facemo.library.facts import MADE_BY
from facemo.machine import in_order
from facemo.options import Encoding, Progress
from facemo.tiles import halvings
from facemo.writers.directory import Level, put_first
from facemo.writers.format import LEVELS, Forecast, Format, Order, bytes_a_pixel
from facemo.writers.jpeg import encode_whole
from facemo.writers.whole import whole_file

# Tiles' sides must be multiples of this (TIFF 6.0, section 15).
_MULTIPLE = 16
_DRAWN_SIDE = 256
_DRAWN_BYTES = 1 << 20

# Where the largest level that is drawn below shared ones would have more pixels than this, levels
# are a quarter of each other instead of half, and JPEG holds the drawn ones. Of 2,000 x 2,000 cells
# these are 68 megapixels then, 34 MB; at half they would be 341, and take longer than all the rest.
_PLENTY = 1 << 25
_OVERVIEW: dict[str, Any] = {"compression": "jpeg", "quality": 85, "subsampling": "4:2:0"}

_CLASSIC_BYTES = 2**32 - 2**24

Told = Callable[[int], None]  # how many pixels are done


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write `mosaic` to `path`."""
    plan = mosaic.layout
    alpha = plan.filled is not None and options.compression != "jpeg"
    levels = Pyramid(mosaic, _DRAWN_SIDE, alpha)
    shared = shared_levels(plan.tile) if plan.uses >= 2 else 0
    step, overview = _steps(levels.pixels(shared) if shared < len(levels) else 0, shared)
    stored, drawn = (
        [n for n in range(0, len(levels), step) if (n < shared) == is_shared]
        for is_shared in (True, False)
    )
    of_drawn = replace(options, **(_OVERVIEW if overview and not alpha else {}))
    big = _most_bytes(plan, levels, stored, drawn) > _CLASSIC_BYTES
    total = sum(levels.pixels(n) for n in [*stored, *drawn])

    def told(done: int) -> None:
        report(done, total)

    with whole_file(path) as file:
        if of_drawn.compression == "jpeg":
            _tiff_writer(file, big).close()  # the header alone
            ours = list(_stored_drawn(file, levels, drawn, told, of_drawn))
        else:
            ours = []
            _write_drawn(file, levels, drawn, big, told, options)
        ours = [_stored_shared(file, plan, n, options, alpha) for n in stored] + ours
        if ours:
            put_first(file, ours, big)
        told(total)


def shared_levels(tile: tuple[int, int]) -> int:
    """How many levels, from the mosaic itself on, can be made of shared tiles."""
    if any(side % _MULTIPLE for side in tile):
        return 0
    return 1 + halvings((tile[0] // _MULTIPLE, tile[1] // _MULTIPLE))


def _steps(pixels: int, shared: int) -> tuple[int, bool]:
    """How many halvings lie between levels, and whether the drawn ones are JPEG.

    pixels : how many the largest drawn level has if each level is half the one before
    """
    return (2, True) if shared and pixels > _PLENTY else (1, False)


def _most_bytes(plan: Layout, levels: Pyramid, stored: list[int], drawn: list[int]) -> int:
    """What the file cannot exceed: noise in JPEG at quality 100 takes 5 bytes a pixel."""
    height, width = plan.tile
    pixels = 2 * len(plan.variants) * height * width if stored else 0
    pixels += sum(_padded(levels.shape(n)) for n in drawn)
    # Four samples without loss take less than that.
    return 6 * pixels + 12 * len(stored) * plan.cells.size


def _padded(shape: tuple[int, ...]) -> int:
    """How many pixels the tiles of a drawn level have."""
    rows, cols = (-(-side // _DRAWN_SIDE) for side in shape[:2])
    return rows * cols * _DRAWN_SIDE**2


def _write_drawn(
    file: BinaryIO, levels: Pyramid, drawn: list[int], big: bool, told: Told, options: Encoding
) -> None:
    """Have tifffile write the levels that are drawn, without loss."""
    deflate = {"compression": "adobe_deflate", "predictor": 2}
    done = 0
    with _tiff_writer(file, big) as out:
        for n in drawn:
            with closing(_encoded(levels[n], options)) as rows:
                out.write(
                    _tiles(_reported(rows, levels.shape(n), done, told)),
                    shape=levels.shape(n),
                    dtype=np.uint8,
                    tile=(_DRAWN_SIDE, _DRAWN_SIDE),
                    photometric="rgb",
                    extrasamples=["unassalpha"] if levels.shape(n)[2] == 4 else None,
                    **(deflate if options.compression == "deflate" else {}),
                    subfiletype=1 if n else 0,
                    resolution=(options.dpi / 2**n,) * 2,
                    resolutionunit="inch",
                    software=MADE_BY,
                    metadata=None,
                )
            done += levels.pixels(n)


def _stored_drawn(
    file: BinaryIO, levels: Pyramid, drawn: list[int], told: Told, options: Encoding
) -> Iterator[Level]:
    """Write the tiles of the levels that are drawn, for which tifffile would want a codec."""
    done = 0
    for n in drawn:
        height, width = levels.shape(n)[:2]
        rows, cols = -(-height // _DRAWN_SIDE), -(-width // _DRAWN_SIDE)
        with closing(_encoded(levels[n], options)) as encoded:
            reported = _reported(encoded, levels.shape(n), done, told)
            offsets, lengths = _append(file, reported)
        grid = np.arange(rows * cols, dtype=np.int32).reshape(rows, cols)
        tile = _DRAWN_SIDE, _DRAWN_SIDE
        yield Level(n, (height, width), tile, offsets, lengths, grid, options)
        done += levels.pixels(n)


def _stored_shared(file: BinaryIO, plan: Layout, n: int, options: Encoding, alpha: bool) -> Level:
    """Write each variant once, halved `n` times, with `alpha` if it is wanted."""
    height, width = (side >> n for side in plan.tile)
    rows, cols = plan.cells.shape

    def work(part: slice) -> Encoded:
        pixels = plan.made(part, 2**n)
        if alpha:
            opaque = np.where(plan.variants.empty[part], np.uint8(0), np.uint8(255))
            channel = np.broadcast_to(opaque[:, None, None, None], (*pixels.shape[:3], 1))
            pixels = np.concatenate([pixels, channel], axis=3)
        return encoded_tiles(pixels, options)

    with closing(in_order(work, plan.batches())) as encoded:
        offsets, lengths = _append(file, encoded)
    size = rows * height, cols * width
    return Level(n, size, (height, width), offsets, lengths, plan.cells, options, alpha)


def _append(
    file: BinaryIO, encoded: Iterable[Encoded]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Write tiles at the end of the file; return where each begins, and how long each is."""
    offset = file.seek(0, io.SEEK_END)
    lengths: list[int] = []
    for some in encoded:
        file.write(some.data)
        lengths += some.lengths
    return offset + np.cumsum([0, *lengths[:-1]], dtype=np.int64), np.array(lengths, np.int64)


def _encoded(picture: Picture, options: Encoding) -> Generator[Encoded, None, None]:
    """The tiles of a picture, row by row, some at a time, encoded."""
    height, width = picture.shape[:2]
    side = _DRAWN_SIDE
    step = max(1, _DRAWN_BYTES // (3 * side * side)) * side
    regions = (
        (slice(y, min(y + side, height)), slice(x, min(x + step, width)))
        for y in range(0, height, side)
        for x in range(0, width, step)
    )

    def work(region: tuple[slice, slice]) -> Encoded:
        pixels = picture[region]
        missing = [-n % side for n in pixels.shape[:2]]
        if any(missing):
            pixels = np.pad(pixels, [(0, missing[0]), (0, missing[1]), (0, 0)], mode="edge")
        cut = pixels.reshape(side, -1, side, pixels.shape[2]).swapaxes(0, 1)
        return encoded_tiles(np.ascontiguousarray(cut), options)

    return in_order(work, regions)


def _tiff_writer(file: BinaryIO, bigtiff: bool) -> Any:
    """tifffile's writer, which takes 10 ms to import."""
    from tifffile import TiffWriter

    return TiffWriter(file, bigtiff=bigtiff, byteorder="<")


class Encoded(NamedTuple):
    """Some tiles as the file holds them, one after another, and how many bytes each has.

    In one piece, which is freed where it was made; only tifffile wants them one by one.
    """

    data: bytes
    lengths: list[int]

    def tiles(self) -> Iterator[bytes]:
        """Each tile."""
        end = 0
        for length in self.lengths:
            yield self.data[end : end + length]
            end += length


def encoded_tiles(pixels: NDArray[np.uint8], options: Encoding) -> Encoded:
    """Tiles, (d, h, w, 3 or 4) uint8, as the file holds them."""
    if options.compression == "jpeg":
        encoded = [encode_whole(tile, options) for tile in pixels]
    elif options.compression == "none":
        encoded = [tile.tobytes() for tile in pixels]
    else:
        differences = pixels.copy()  # predictor 2 (TIFF 6.0, section 14)
        differences[:, :, 1:] -= pixels[:, :, :-1]
        encoded = [isal_zlib.compress(tile, 2) for tile in differences]
    return Encoded(b"".join(encoded), list(map(len, encoded)))


def _reported(
    encoded: Iterable[Encoded], shape: tuple[int, int, int], done: int, told: Told
) -> Iterator[Encoded]:
    """`encoded`, reporting how many pixels of the file are done as they pass."""
    height, width = shape[:2]
    count = -(-height // _DRAWN_SIDE) * -(-width // _DRAWN_SIDE)
    passed = 0
    for some in encoded:
        passed += len(some.lengths)
        told(done + height * width * passed // count)
        yield some


def _tiles(encoded: Iterable[Encoded]) -> Iterator[bytes]:
    for some in encoded:
        yield from some.tiles()


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    shared = shared_levels(order.tile) if order.repeats else 0
    height, width = order.shape[:2]
    first = -(-height >> shared) * -(-width >> shared)
    step, overview = _steps(first, shared)
    stored = len(range(0, shared, step))
    largest = tuple(-(-side >> step * stored) for side in (height, width))
    # What pads the tiles at the edges is compressed to next to nothing.
    plain = order.options.compression == "none"
    drawn = _padded(largest) if plain else math.prod(largest)
    encoded = drawn * (16 / 15 if step == 2 else 4 / 3 if plain else 1 + LEVELS)
    height, width = (max(1, side >> step * stored) for side in order.tile)
    below = order
    if overview and order.whole:
        below = order._replace(options=replace(order.options, **_OVERVIEW))
    encoded *= _bytes_a_pixel(below.shrunk((height, width))) * (1 if plain else order.filled)
    levels = sum(0.25 ** (step * n) for n in range(stored))
    encoded += levels * order.of_variants * _bytes_a_pixel(order)
    # The tables of each JPEG, too.
    encoded += 620 * order.variants * stored * (order.options.compression == "jpeg")
    return Forecast(int(encoded) + 6 * stored * order.cells, 64 << 20)


def _bytes_a_pixel(order: Order) -> float:
    if order.options.compression != "none":
        return bytes_a_pixel(order.options.compression, order)
    return 3 if order.whole else 4


FORMAT = Format((".tif", ".tiff"), write, forecast, most_side=2**31 - 1, boundless=True, opened=4)
