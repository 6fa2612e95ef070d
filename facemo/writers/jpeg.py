"""JPEG (ITU-T T.81): joined from tiles encoded once, or drawn and encoded by bands.

A restart interval of a baseline JPEG ends on a byte, and its predictions start afresh (E.1.4). A
tile encoded with an interval of its width is made of segments that can stand anywhere in a larger
picture with the same tables; a band encoded with one interval a line of blocks likewise.
"""

from __future__ import annotations

import io
import os
from collections.abc import Generator, Iterator
from contextlib import closing
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facemo.drawing.draw import Layout
from facemo.drawing.mosaic import Mosaic
from facemo.kernels.encode import join_segments
from facemo.library.facts import MADE_BY
from facemo.machine import batches, in_order
from facemo.options import Encoding, Progress
from facemo.writers.bands import bands, bytes_under_way
from facemo.writers.format import Forecast, Format, Order, bytes_a_pixel
from facemo.writers.whole import whole_file

# The format could hold 65,535 pixels a side; libjpeg, which nearly every program reads it with,
# ends at 65,500.
_MOST_SIDE = 65_500

_PIECE_BYTES = 2 << 20


class Encoded(NamedTuple):
    """A picture's lines of blocks, each a restart interval with a marker behind it."""

    header: bytes  # up to where the intervals begin
    scan: NDArray[np.uint8]
    starts: NDArray[np.int64]  # where each begins, and where the last ends


class _Piece(NamedTuple):
    """Some of the picture's restart intervals, and how many of its lines are done with them."""

    scan: NDArray[np.uint8]
    lines: int


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write `mosaic` to `path`."""
    height, width = mosaic.shape[:2]
    plan = mosaic.layout
    shares = plan.uses >= 2 and fits(plan.tile, options)
    interval = plan.tile[1] if shares else width
    header = encode(np.zeros((1, interval, 3), np.uint8), options).header
    pieces = _joined(plan, options) if shares else _drawn(mosaic, options)
    with whole_file(path) as file, closing(pieces):
        file.write(resized(header, height, width))
        for piece in pieces:
            file.write(piece.scan.data)
            report(piece.lines * width, height * width)
        file.seek(-2, os.SEEK_CUR)
        file.write(b"\xff\xd9")  # the end of the image, in place of the last restart marker


def fits(tile: tuple[int, int], options: Encoding) -> bool:
    """Whether tiles of this (height, width) can be joined as they are: they are whole blocks."""
    return not any(side % block_side(options) for side in tile)


def block_side(options: Encoding) -> int:
    """The side in pixels of a minimum coded unit (T.81, A.2)."""
    return 8 if options.subsampling == "4:4:4" else 16


def encode_whole(pixels: NDArray[np.uint8], options: Encoding, **settings: Any) -> bytes:
    """Encode a picture, (h, w, 3) uint8, as a file of its own; `settings` are Pillow's."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(
        buffer, "JPEG", quality=options.quality, subsampling=options.subsampling, **settings
    )
    return buffer.getvalue()


def encode(pixels: NDArray[np.uint8], options: Encoding) -> Encoded:
    """Encode a picture, (h, w, 3) uint8, each line of blocks a restart interval."""
    settings = {"restart_marker_rows": 1, "dpi": (round(options.dpi),) * 2, "comment": MADE_BY}
    data = np.frombuffer(encode_whole(pixels, options, **settings), np.uint8)
    start = _scan_start(data)
    scan = data[start:]
    # In coded data 0xFF is followed by 0; other pairs are markers (T.81, B.1.1.2), the last EOI.
    pairs = np.flatnonzero(scan[:-1] == 0xFF)
    ends = pairs[scan[pairs + 1] != 0] + 2
    return Encoded(data[:start].tobytes(), scan, np.concatenate([[0], ends]))


def resized(header: bytes, height: int, width: int) -> bytes:
    """`header` for a picture of another size (T.81, B.2.2)."""
    at = next(at for at, kind in _segments(header) if kind == 0xC0) + 5
    size = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return header[:at] + size + header[at + 4 :]


def _scan_start(data: NDArray[np.uint8]) -> int:
    at = next(at for at, kind in _segments(data) if kind == 0xDA)
    return at + 2 + (int(data[at + 2]) << 8 | int(data[at + 3]))


def _segments(data: bytes | NDArray[np.uint8]) -> Iterator[tuple[int, int]]:
    """Where each marker segment before the scan begins, and its kind (T.81, B.1.1.4)."""
    at = 2
    while True:
        yield at, int(data[at + 1])
        at += 2 + (int(data[at + 2]) << 8 | int(data[at + 3]))


def _drawn(mosaic: Mosaic, options: Encoding) -> Generator[_Piece, None, None]:
    block = block_side(options)

    def piece(band: slice) -> _Piece:
        encoded = encode(mosaic[band], options)
        whole = np.zeros((1, 1), np.int32)
        out = np.empty_like(encoded.scan)
        lines = len(encoded.starts) - 1
        join_segments(encoded.scan, encoded.starts, lines, whole, band.start // block, out)
        return _Piece(out, band.stop)

    return in_order(piece, bands(mosaic.shape, block))


def _joined(plan: Layout, options: Encoding) -> Generator[_Piece, None, None]:
    height = plan.tile[0]
    lines = height // block_side(options)
    scan, starts = _encoded(plan, options)
    sizes = np.diff(starts).reshape(-1, lines).sum(axis=1)
    rows, cols = plan.cells.shape
    step = int(_PIECE_BYTES / (sizes.mean() * cols))

    def piece(some: slice) -> _Piece:
        grid = plan.cells[some]
        out = np.empty(sizes[grid].sum(), np.uint8)
        join_segments(scan, starts, lines, grid, some.start * lines * cols, out)
        return _Piece(out, some.stop * height)

    return in_order(piece, batches(rows, step))


def _encoded(plan: Layout, options: Encoding) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All variants' restart intervals, one by one: the bytes, and where each begins.

    They are encoded as columns, one above the other: a call for each would take longer.
    """
    height, width = plan.tile

    def work(part: slice) -> Encoded:
        return encode(plan.made(part).reshape(-1, width, 3), options)

    columns = list(in_order(work, plan.batches(most=_MOST_SIDE // height)))
    scan = np.concatenate([column.scan for column in columns])
    lengths = np.concatenate([np.diff(column.starts) for column in columns])
    return scan, np.concatenate([[0], np.cumsum(lengths)])


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    size = bytes_a_pixel("jpeg", order)
    coded = int(order.of_variants * size) if order.repeats else 0
    disk = 620 + int(order.pixels * order.filled * size)
    return Forecast(disk, coded + bytes_under_way(order.shape, 8))


FORMAT = Format((".jpg", ".jpeg"), write, forecast, most_side=_MOST_SIDE, opened=2)
