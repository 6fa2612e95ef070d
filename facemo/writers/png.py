"""PNG (third edition, W3C 2025): joined from precoded tile lines, or drawn and coded by bands.

Each tile's lines are filtered and coded once, with one Huffman table for all. A line of the picture
is then the codes of its tiles' lines one after another, shifted to where the last one ended; only
the first pixel of each, whose filter looks at the tile to its left, is coded in place. A tile that
stands within the window of deflate already is a reference to its last occurrence. Each band ends on
a byte, so that bands are made by all processors.

Empty cells are transparent, and cost nothing: the chunk tRNS (11.3.1.1) says which one colour is,
and they get one that no photo has.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from typing import BinaryIO, NamedTuple

import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from facemo.drawing.draw import Layout, draw
from facemo.drawing.mosaic import Mosaic
from facemo.errors import InputError
from facemo.kernels.color import mark_colors
from facemo.kernels.encode import (
    LONGEST_RUN,
    RUN,
    SHORTEST_RUN,
    TOKENS,
    Coded,
    Codes,
    cells_back,
    code_lines,
    count_tokens,
    edge_pixels,
    filter_lines,
    join_lines,
    residuals,
    tokenize,
)
from facemo.kinds import Color
from facemo.library.facts import MADE_BY
from facemo.machine import batches, divide, in_order
from facemo.options import Encoding, Progress
from facemo.writers import deflate
from facemo.writers.bands import bands, bytes_under_way
from facemo.writers.deflate import Huffman
from facemo.writers.format import Forecast, Format, Order, bytes_a_pixel
from facemo.writers.whole import whole_file

# The format could hold 2,147,483,647 pixels a side, but no chunk as much as such a line.
_MOST_SIDE = 2**28

_COUNTED_CELLS = 1 << 18  # at a time
_MARKED_BYTES = 1 << 20  # of variants, at a time
_KEPT_BYTES = 16 << 20  # of tiles; what is kept of them takes three times as much


class _Piece(NamedTuple):
    """A band's share of the zlib stream, which begins and ends on a byte."""

    coded: bytes | memoryview
    crc: int  # of its chunk
    adler: int  # of what it decodes to
    band: slice


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write `mosaic` to `path`."""
    height, width = mosaic.shape[:2]
    plan = mosaic.layout
    clear = None if plan.filled is None else unused_color(plan)
    if clear is not None:
        plan = replace(plan, background=clear)
    pieces = _drawn(plan) if plan.uses < 2 else _joined(plan)
    with whole_file(path) as file, closing(pieces):
        file.write(b"\x89PNG\r\n\x1a\n")
        _chunk(file, b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        _chunk(file, b"sRGB", b"\0")
        per_metre = round(options.dpi / 0.0254)
        _chunk(file, b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1))
        _chunk(file, b"tEXt", f"Software\0{MADE_BY}".encode())
        if clear is not None:
            _chunk(file, b"tRNS", struct.pack(">HHH", *clear))
        _chunk(file, b"IDAT", b"\x78\x01")  # zlib's header: deflate, a window of 32 KB
        adler = 1
        for piece in pieces:
            _chunk(file, b"IDAT", piece.coded, piece.crc)
            adler = _adler(adler, piece.adler, _length(piece.band) * (3 * width + 1))
            report(piece.band.stop * width, height * width)
        _chunk(file, b"IDAT", b"\x03\0" + struct.pack(">I", adler))  # an empty last block
        _chunk(file, b"IEND", b"")


def _chunk(file: BinaryIO, kind: bytes, data: bytes | memoryview, crc: int | None = None) -> None:
    file.write(struct.pack(">I", len(data)) + kind)
    file.write(data)
    file.write(struct.pack(">I", _crc(data, kind) if crc is None else crc))


def _crc(data: bytes | memoryview, kind: bytes = b"IDAT") -> int:
    return isal_zlib.crc32(data, isal_zlib.crc32(kind))


def _adler(first: int, second: int, length: int) -> int:
    """The Adler-32 (RFC 1950, section 8) of two pieces; `length` is the second's."""
    low1, low2 = first & 0xFFFF, second & 0xFFFF
    high = (first >> 16) + (second >> 16) + length * (low1 - 1)
    return high % 65521 << 16 | (low1 + low2 - 1) % 65521


def _length(band: slice) -> int:
    return int(band.stop - band.start)


def unused_color(plan: Layout) -> Color:
    """The colour nearest to the background that no pixel of a variant has, but for those of none.

    Raises InputError if all 16,777,216 colours are used.
    """
    used, shown = np.zeros(1 << 24, bool), np.flatnonzero(~plan.variants.empty).astype(np.int32)
    _ = plan.changes  # made once, before several threads want them

    def work(part: slice) -> None:
        mark_colors(plan.made(shown[part]).reshape(-1, 3), used)

    nbytes = plan.pixels[0].nbytes
    divide(work, len(shown), len(shown) * nbytes, max(1, _MARKED_BYTES // nbytes))
    cube = used.reshape(256, 256, 256)
    reach = 1
    while reach < 512:
        # What is nearest within a box is nearest of all, if it is not further than the box's sides.
        low = [max(0, value - reach) for value in plan.background]
        high = [value + reach + 1 for value in plan.background]
        free = np.argwhere(~cube[tuple(map(slice, low, high))]) + low
        far = ((free - plan.background) ** 2).sum(axis=1)
        if len(free) and (far.min() <= reach**2 or reach >= 256):
            red, green, blue = free[far.argmin()].tolist()
            return red, green, blue
        reach *= 2
    raise InputError(
        "all colours there are stand in this mosaic, and none is left for its empty cells to be "
        "transparent in a PNG: write .webp or .tif"
    )


def _drawn(plan: Layout) -> Generator[_Piece, None, None]:
    """The pieces of a mosaic whose variants are hardly repeated."""
    columns = range(plan.shape[1])

    def piece(band: slice) -> _Piece:
        pixels = draw(plan, range(band.start, band.stop), columns).reshape(_length(band), -1)
        filtered = np.empty((len(pixels), pixels.shape[1] + 1), np.uint8)
        filter_lines(pixels, filtered)
        # Level 1: 280 MB/s, for files 3 to 9% larger than Pillow's; zlib's level 1 makes 50.
        stream = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
        coded = stream.compress(filtered) + stream.flush(isal_zlib.Z_SYNC_FLUSH)
        return _Piece(coded, _crc(coded), isal_zlib.adler32(filtered), band)

    return in_order(piece, bands(plan.shape))


def _joined(plan: Layout) -> Generator[_Piece, None, None]:
    """The pieces of a mosaic that are joined from its variants' coded lines."""
    (rows, cols), (height, width) = plan.cells.shape, plan.tile
    copied = _copied_lengths(3 * (width - 1))
    back = np.zeros(plan.cells.shape, np.int16)
    if copied.size:
        cells_back(plan.cells, len(plan.variants), deflate.WINDOW // (3 * width), back)
    of = _Tokens(plan)
    symbols, distances = _codes(plan, of, back, copied)
    codes = deflate.codes_of_tokens(symbols, distances)
    # Distances of 0, which stands for no copy, are coded as if they were 1.
    ways = np.maximum(3 * width * np.arange(int(back.max()) + 1), 1)
    repeat = deflate.copies(copied[:, np.newaxis], ways, symbols, distances)
    coded = _coded(plan, of, codes, repeat)
    head, begun = deflate.begin_block(symbols, distances)
    longest = np.maximum(coded.lines[:, :, 1].max(axis=1), repeat.bits.sum(axis=0).max())

    def piece(band: slice) -> _Piece:
        cells = longest[plan.cells[band.start // height : -(-band.stop // height)]]
        # A line has the code of its filter's number, too, and each cell those of three bytes.
        most = int(cells.sum(axis=1).max()) + 15 + 45 * cols
        out = np.empty(len(head) + most * _length(band) // 64 + 3, np.uint64)
        out[: len(head)] = head
        bits, adler = join_lines(plan.cells, back, coded, band.start, _length(band), begun, out)
        data = deflate.end_block(out, bits, symbols)
        return _Piece(data, _crc(data), adler, band)

    return in_order(piece, bands((rows * height, cols * width, 3)))


def _copied_lengths(length: int) -> NDArray[np.int64]:
    """A tile's coded bytes in a line as lengths that deflate can copy, 3 to 258 each."""
    parts = -(-length // 258)
    return np.array([length * (i + 1) // parts - length * i // parts for i in range(parts)], int)


def _codes(
    plan: Layout, of: _Tokens, back: NDArray[np.int16], copied: NDArray[np.int64]
) -> tuple[Huffman, Huffman]:
    """One code for all bytes and lengths, and one for distances, from how often each will occur."""
    height, width = plan.tile
    coded = np.zeros(len(plan.variants), np.int64)
    copies = np.zeros(int(back.max()) + 1, np.int64)
    for rows in batches(len(back), _COUNTED_CELLS // back.shape[1]):
        cells, of_cells = plan.cells[rows], back[rows]
        coded += np.bincount(cells[of_cells == 0], minlength=len(plan.variants))
        copies += np.bincount(of_cells.ravel(), minlength=len(copies))
    symbols, distances = np.zeros(deflate.SYMBOLS, np.int64), np.zeros(deflate.DISTANCES, np.int64)
    tokens = np.zeros(TOKENS, np.int64)
    for counted in in_order(lambda part: _counted(of[part].tokens, coded[part]), plan.batches()):
        tokens += counted
    symbols[:256] = tokens[:256]
    runs = np.arange(SHORTEST_RUN, LONGEST_RUN + 1)
    np.add.at(symbols, deflate.symbols_of_lengths(runs), tokens[RUN + runs])
    distances[0] = tokens[RUN + runs].sum()
    # Repeats of a tile to the left of it.
    ways = 3 * width * np.arange(1, len(copies))
    np.add.at(symbols, deflate.symbols_of_lengths(copied), copies[1:].sum() * height)
    np.add.at(distances, deflate.symbols_of_distances(ways), copies[1:] * height * len(copied))
    # The first byte of a pixel is any, and each line has its filter's number.
    symbols[:256] += plan.cells.size * height * 3 // 256
    symbols[4] += plan.cells.shape[0] * height
    return deflate.huffman(symbols), deflate.huffman(distances)


class _Filtered(NamedTuple):
    """Some variants, ready to be coded; their first pixels depend on what stands to the left."""

    lines: NDArray[np.uint8]  # (v, h, n)
    tokens: NDArray[np.uint16]  # (v, h, n)
    edges: NDArray[np.uint64]  # (v, h)


class _Tokens:
    """The variants' filtered lines, and what each byte of them is coded as, batch by batch.

    Both are wanted twice, to count and to code: a few megabytes are kept from the first time.
    """

    def __init__(self, plan: Layout) -> None:
        """Take a plan, of whose variants nothing is filtered yet."""
        self._plan = plan
        self._kept: dict[int, _Filtered] = {}
        self._keeps = len(plan.variants) * plan.pixels[0].nbytes <= _KEPT_BYTES

    def __getitem__(self, part: slice) -> _Filtered:
        if part.start in self._kept:
            return self._kept.pop(part.start)
        pixels = self._plan.made(part)
        lines = pixels.reshape(*pixels.shape[:2], -1)
        filtered = np.empty((*lines.shape[:2], lines.shape[2] - 3), np.uint8)
        residuals(lines, filtered)
        tokens = np.empty(filtered.shape, np.uint16)
        tokenize(filtered, tokens)
        edges = np.empty(lines.shape[:2], np.uint64)
        edge_pixels(lines, edges)
        made = _Filtered(filtered, tokens, edges)
        if self._keeps:
            self._kept[part.start] = made
        return made


def _counted(tokens: NDArray[np.uint16], uses: NDArray[np.int64]) -> NDArray[np.int64]:
    counts = np.zeros(TOKENS, np.int64)
    count_tokens(tokens, uses, counts)
    return counts


def _coded(plan: Layout, of: _Tokens, codes: Codes, repeat: Huffman) -> Coded:
    """Every variant's lines as bits."""
    height, width = plan.tile
    lines = np.empty((len(plan.variants), height, 4), np.uint64)
    # A byte's code has at most 15 bits.
    most = height * (3 * (width - 1) * 15 // 64 + 1)

    def work(part: slice) -> NDArray[np.uint64]:
        words = np.empty(len(lines[part]) * most, np.uint64)
        used = code_lines(*of[part], codes, words, lines[part])
        return words[:used].copy()

    words: list[NDArray[np.uint64]] = []
    parts = list(plan.batches())
    for part, more in zip(parts, in_order(work, parts), strict=True):
        lines[part, :, 0] += np.uint64(sum(map(len, words)))
        words.append(more)
    return Coded(np.concatenate(words), lines, *repeat, codes, 3 * (width - 1))


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    # Coded variants, if they are used again, and the bands in flight.
    size = bytes_a_pixel("png", order)
    coded = int(order.of_variants * size) if order.repeats else 0
    disk = 100 + order.pixels * order.filled * size
    if order.repeats:  # what stands in the window already is copied: some are used far more often
        near = min(order.grid[1], deflate.WINDOW // (3 * order.tile[1]))
        disk *= math.exp(-near / order.variants)
    return Forecast(int(disk), coded + bytes_under_way(order.shape))


FORMAT = Format((".png",), write, forecast, most_side=_MOST_SIDE, boundless=True, opened=1)
