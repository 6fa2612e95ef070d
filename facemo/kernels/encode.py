"""The compiled loops of the writers: encoded pieces in, joined bytes out.

The rules of `facemo.kernels` hold here too. Deflate and its bit order are RFC 1951, the filters
those of the PNG specification, section 9.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled, inlined, prefetch

Words = NDArray[np.uint64]
Counts = NDArray[np.int64]

# Tokens: a byte, or RUN plus a length.
RUN = 256
SHORTEST_RUN, LONGEST_RUN = 4, 258
TOKENS = RUN + LONGEST_RUN + 1


@compiled
def join_segments(
    scan: NDArray[np.uint8],
    starts: Counts,
    lines: int,
    grid: NDArray[np.int32],
    first: int,
    out: NDArray[np.uint8],
) -> None:
    """Lay the restart intervals of JPEG-coded tiles one after another, and count their markers.

    scan : (n,) uint8, coded segments, each followed by the two bytes of a marker
    starts : (D * lines + 1,) int64, where each segment begins; a tile has `lines` of them
    grid : (rows, cols) int32, which of the D tiles stands where
    first : how many segments of the picture come before these
    out : as long as the segments
    """
    rows, cols = grid.shape
    number = first
    end = 0
    for row in range(rows):
        for line in range(lines):
            for col in range(cols):
                segment = grid[row, col] * lines + line
                source = scan[starts[segment] : starts[segment + 1]]
                part = out[end : end + source.size]
                for i in range(part.size):
                    part[i] = source[i]
                part[part.size - 1] = 0xD0 + number % 8
                number += 1
                end += part.size


@inlined
def _paeth(left: Any, up: Any, corner: Any) -> Any:
    """The neighbour nearest to left + up - corner, all int32.

    Without a branch, which could not be foretold.
    """
    from_left, from_up = abs(up - corner), abs(left - corner)
    from_corner = abs(left + up - 2 * corner)
    other = up if from_up <= from_corner else corner
    return left if (from_left <= from_up) & (from_left <= from_corner) else other


@inlined
def _paeth_of_bytes(left: Any, up: Any, corner: Any) -> Any:
    """The same of uint8, and in uint8, of which the processor takes the most at once.

    If the corner lies between the others, its distance is the difference of theirs; otherwise it is
    never nearer than they are. Long lines are filtered at 16 GB/s, and at 2.5 by `_paeth`, which is
    the faster one for single bytes.
    """
    from_left = np.uint8(max(up, corner) - min(up, corner))
    from_up = np.uint8(max(left, corner) - min(left, corner))
    from_corner = np.uint8(max(from_left, from_up) - min(from_left, from_up))
    outside = (corner <= min(left, up)) | (corner >= max(left, up))
    other = up if (from_up <= from_corner) | outside else corner
    return left if (from_left <= from_up) & ((from_left <= from_corner) | outside) else other


@inlined
def _filter(y: int, lines: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Filter line `y` but for its first pixel: the first line by Sub, the others by Paeth.

    lines : (h, w * 3) uint8; out : (w * 3 - 3,) uint8
    """
    line = lines[y]
    above = lines[max(y - 1, 0)]
    if y == 0:
        for i in range(out.size):
            out[i] = np.uint8(line[i + 3] - line[i])
    else:
        for i in range(out.size):
            out[i] = np.uint8(line[i + 3] - _paeth_of_bytes(line[i], above[i + 3], above[i]))


@compiled
def residuals(lines: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Filter tiles as PNG does, but for the first pixel of each line, which depends on its left.

    lines : (D, h, w * 3) uint8; out : (D, h, w * 3 - 3) uint8

    The first line of a tile by Sub, so that it asks nothing of what stands above; others by Paeth.
    """
    tiles, height = lines.shape[:2]
    for n in range(tiles):
        for y in range(height):
            _filter(y, lines[n], out[n, y])


@compiled
def filter_lines(lines: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Filter a band of a picture as PNG does: its first line by Sub, the others by Paeth.

    lines : (n, width * 3) uint8
    out : (n, width * 3 + 1) uint8, each line after its filter's number
    """
    for y in range(len(lines)):
        out[y, 0] = 4 if y else 1
        for i in range(3):
            out[y, i + 1] = np.uint8(lines[y, i] - lines[y - 1, i]) if y else lines[y, i]
        _filter(y, lines, out[y, 4:])


@compiled
def tokenize(lines: NDArray[np.uint8], out: NDArray[np.uint16]) -> None:
    """Say what each byte will be coded as: itself, a run of the byte before it, or part of one.

    lines : (D, h, n) uint8, filtered
    out : (D, h, n) uint16: the byte, RUN plus the length of the run that begins here, or RUN alone
        where a run covers it

    Runs are looked for from their last byte back: where two neighbours differ, none has both.
    """
    tiles, height, width = lines.shape
    for n in range(tiles):
        for y in range(height):
            line = lines[n, y]
            tokens = out[n, y]
            for i in range(width):
                tokens[i] = line[i]
            i = 1
            while i <= width - SHORTEST_RUN:
                same = SHORTEST_RUN
                while same and line[i + same - 1] == line[i + same - 2]:
                    same -= 1
                if same:
                    i += same
                    continue
                most = min(width - i, LONGEST_RUN)
                length = SHORTEST_RUN
                while length < most and line[i + length] == line[i - 1]:
                    length += 1
                tokens[i] = RUN + length
                for j in range(i + 1, i + length):
                    tokens[j] = RUN
                i += length


@compiled
def count_tokens(tokens: NDArray[np.uint16], uses: Counts, out: Counts) -> None:
    """Add up how often each token is coded.

    tokens : (D, h, n) uint16; uses : (D,) int64, how often each tile is; out : (TOKENS,) int64
    """
    tiles, height, width = tokens.shape
    for n in range(tiles):
        for y in range(height):
            for i in range(width):
                out[tokens[n, y, i]] += uses[n]


@compiled
def edge_pixels(lines: NDArray[np.uint8], out: Words) -> None:
    """Keep the first and the last pixel of tiles' lines.

    lines : (D, h, w * 3) uint8
    out : (D, h) uint64, the bytes of both, the first one lowest
    """
    tiles, height, width = lines.shape
    for n in range(tiles):
        for y in range(height):
            pixels = np.uint64(0)
            for i in range(3):
                pixels |= np.uint64(lines[n, y, i]) << np.uint64(8 * i)
                pixels |= np.uint64(lines[n, y, width - 3 + i]) << np.uint64(8 * i + 24)
            out[n, y] = pixels


class Codes(NamedTuple):
    """The bits of each token, the lowest first, and how many they are: both (TOKENS,) uint64."""

    codes: Words
    bits: Words


@inlined
def _put(
    out: Words, word: np.uint64, acc: np.uint64, used: np.uint64, bits: np.uint64, count: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Append `count` bits, at most 63, to those in `acc`; what is there so far goes to `out`.

    Whether it is full cannot be foretold, so there is no branch. A shift by 64 would be
    undefined; by 63 and 1 it is 0.
    """
    acc |= bits << used
    out[word] = acc
    total = used + count
    if total >= np.uint64(64):
        acc = bits >> np.uint64(1) >> (np.uint64(63) - used)
    return word + (total >> np.uint64(6)), acc, total & np.uint64(63)


# Adler-32 (RFC 1950, section 8) counts modulo this.
_ADLER = np.uint64(65521)


@compiled
def code_lines(
    lines: NDArray[np.uint8],
    tokens: NDArray[np.uint16],
    edges: Words,
    codes: Codes,
    out_words: Words,
    out_lines: Words,
) -> Any:
    """Code the lines of tiles, each from the start of a word on; return how many words they fill.

    lines : (D, h, n) uint8, filtered; tokens : (D, h, n) uint16, what `tokenize` makes of them
    edges : (D, h) uint64, of `edge_pixels`
    out_words : (enough,) uint64
    out_lines : (D, h, 4) uint64, see `Coded`
    """
    tiles, height, width = lines.shape
    word = np.uint64(0)
    for n in range(tiles):
        above = np.uint64(0)
        for y in range(height):
            start = word
            acc = np.uint64(0)
            used = np.uint64(0)
            for i in range(width):
                bits, count = codes.codes[tokens[n, y, i]], codes.bits[tokens[n, y, i]]
                word, acc, used = _put(out_words, word, acc, used, bits, count)
            out_lines[n, y, 0] = start
            out_lines[n, y, 1] = np.uint64(64) * (word - start) + used
            if used:
                out_words[word] = acc
                word += np.uint64(1)
            # Each byte is in the sums up to itself and to all that follow.
            total = sums = np.uint64(0)
            for i in range(width):
                total += np.uint64(lines[n, y, i])
                sums += np.uint64(lines[n, y, i]) * np.uint64(width - i)
            out_lines[n, y, 2] = edges[n, y] | total % _ADLER << np.uint64(48)
            out_lines[n, y, 3] = above | sums % _ADLER << np.uint64(48)
            above = edges[n, y]
    return word


@compiled
def cells_back(grid: NDArray[np.int32], tiles: int, most: int, out: NDArray[np.int16]) -> None:
    """How many cells to the left the same tile stands; 0 if not within `most`.

    grid, out : (rows, cols)
    """
    rows, cols = grid.shape
    seen = np.empty(tiles, np.int64)
    for row in range(rows):
        seen[:] = -most - 1
        for col in range(cols):
            back = col - seen[grid[row, col]]
            out[row, col] = back if back <= most else 0
            seen[grid[row, col]] = col


class Coded(NamedTuple):
    """The coded lines of D tiles, and what is needed to code their first pixels in place.

    words : (n,), the lines, one after another
    lines : (D, h, 4), what there is to know of each, in half a line of the processor's cache:
        where its words begin; how many bits it has; its first and its last pixel, 24 bits each,
        and 16 of the sum of its coded bytes; the two pixels of the line above it, 0 for the first,
        and the sum of the sums up to each byte, which is what Adler-32 needs to know
    repeat, repeat_bits : (parts, most + 1), a line's repetition from so many cells back
    length : how many bytes of a tile's line are coded
    """

    words: Words
    lines: Words
    repeat: Words
    repeat_bits: Words
    codes: Codes
    length: int


# In cells. With 2 or 6 of them a line takes a fifth longer, and with none twice as long: too few
# reads are under way at a time, or more than a processor keeps track of.
_AHEAD = 4


@inlined
def _fetch(words: Words, lines: Words, grid: NDArray[np.int32], row: int, y: int, col: int) -> None:
    """Ask for what cells to come are made of, which may lie anywhere in memory.

    First for what `lines` says of them, then for two lines of the processor's cache of their words;
    what follows these it reads ahead by itself.
    """
    if col + 2 * _AHEAD < grid.shape[1]:
        prefetch(lines, 4 * (np.int64(grid[row, col + 2 * _AHEAD]) * lines.shape[1] + y))
    if col + _AHEAD < grid.shape[1]:
        start = lines[grid[row, col + _AHEAD], y, 0]
        prefetch(words, start)
        prefetch(words, start + np.uint64(8))


@inlined
def _byte(pixels: np.uint64) -> Any:
    """The lowest channel of them."""
    return np.int32(pixels & np.uint64(255))


@compiled
def join_lines(
    grid: NDArray[np.int32],
    back: NDArray[np.int16],
    coded: Coded,
    first: int,
    count: int,
    begun: int,
    out: Words,
) -> tuple[Any, Any]:
    """Join the coded lines of tiles to `count` lines of a picture, from line `first` on.

    grid, back : (rows, cols), the tiles and what `cells_back` says of them
    out : (enough,) uint64, of which `begun` bits are written already

    Returns how many bits are written now, and the Adler-32 of what these lines decode to.
    """
    words, lines, repeat, repeat_bits, codes, _ = coded
    length = np.uint64(coded.length)
    height = lines.shape[1]
    cols = grid.shape[1]
    word = np.uint64(begun >> 6)
    acc = out[word]
    used = np.uint64(begun & 63)
    low, high = np.uint64(1), np.uint64(0)
    for line in range(first, first + count):
        row, y = line // height, line % height
        number = np.uint64(4 if y else 1)
        low = (low + number) % _ADLER
        high = (high + low) % _ADLER
        word, acc, used = _put(out, word, acc, used, codes.codes[number], codes.bits[number])
        left = corner = np.uint64(0)
        for col in range(cols):
            _fetch(words, lines, grid, row, y, col)
            tile = grid[row, col]
            pixel, up = lines[tile, y, 2], lines[tile, y, 3]
            bits, many = np.uint64(0), np.uint64(0)
            # In a first line, where nothing is above, Paeth's filter is Sub.
            for _ in range(3):
                guess = _paeth(_byte(left), _byte(up), _byte(corner))
                byte = np.uint8(_byte(pixel) - guess)
                low += np.uint64(byte)
                high += low
                bits |= codes.codes[byte] << many
                many += codes.bits[byte]
                left, corner = left >> np.uint64(8), corner >> np.uint64(8)
                pixel, up = pixel >> np.uint64(8), up >> np.uint64(8)
            word, acc, used = _put(out, word, acc, used, bits, many)
            # Of these the last pixels are left, and above them the sums.
            left, corner = pixel, up
            high = (high + length * low + (up >> np.uint64(24))) % _ADLER
            low += pixel >> np.uint64(24)
            if back[row, col]:
                for part in range(len(repeat)):
                    bits = repeat[part, back[row, col]]
                    many = repeat_bits[part, back[row, col]]
                    word, acc, used = _put(out, word, acc, used, bits, many)
            elif length:
                start, many = lines[tile, y, 0], lines[tile, y, 1]
                end = (many + np.uint64(63)) >> np.uint64(6)
                # No word waits for the one before: half as long as carrying what is left of each.
                unused = np.uint64(63) - used
                out[word] = acc | words[start] << used
                for i in range(np.uint64(1), end):
                    before = words[start + i - np.uint64(1)] >> unused >> np.uint64(1)
                    out[word + i] = words[start + i] << used | before
                out[word + end] = words[start + end - np.uint64(1)] >> unused >> np.uint64(1)
                word += (used + many) >> np.uint64(6)
                used = (used + many) & np.uint64(63)
                acc = out[word]
    out[word] = acc
    return np.int64(word) * 64 + np.int64(used), high << np.uint64(16) | low % _ADLER
