"""The compiled loops of the writers: encoded pieces in, joined bytes out.

The rules of `facemo.kernels` hold here too. Deflate and its bit order are RFC 1951, the filters
those of the PNG specification, section 9.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled, inlined

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


@compiled
def _paeth(left: Any, up: Any, corner: Any) -> Any:
    """The neighbour nearest to left + up - corner."""
    from_left, from_up = abs(up - corner), abs(left - corner)
    from_corner = abs(left + up - 2 * corner)
    if from_left <= from_up and from_left <= from_corner:
        return left
    return up if from_up <= from_corner else corner


@compiled
def residuals(lines: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Filter tiles as PNG does, but for the first pixel of each line, which depends on its left.

    lines : (D, h, w * 3) uint8; out : (D, h, w * 3 - 3) uint8

    The first line of a tile by Sub, so that it asks nothing of what stands above; others by Paeth.
    """
    tiles, height, width = lines.shape
    for n in range(tiles):
        for y in range(height):
            line = lines[n, y]
            above = lines[n, max(y - 1, 0)]
            for i in range(3, width):
                left, up, corner = np.int32(line[i - 3]), np.int32(above[i]), np.int32(above[i - 3])
                guess = left if y == 0 else _paeth(left, up, corner)
                out[n, y, i - 3] = np.uint8(line[i] - guess)


@compiled
def filter_lines(lines: NDArray[np.uint8], out: NDArray[np.uint8]) -> None:
    """Filter a band of a picture as PNG does: its first line by Sub, the others by Paeth.

    lines : (n, width * 3) uint8
    out : (n, width * 3 + 1) uint8, each line after its filter's number
    """
    height, width = lines.shape
    for y in range(height):
        line = lines[y]
        above = lines[max(y - 1, 0)]
        out[y, 0] = 4 if y else 1
        for i in range(width):
            left = np.int32(line[i - 3]) if i >= 3 else np.int32(0)
            corner = np.int32(above[i - 3]) if i >= 3 else np.int32(0)
            guess = _paeth(left, np.int32(above[i]), corner) if y else left
            out[y, i + 1] = np.uint8(line[i] - guess)


@compiled
def tokenize(lines: NDArray[np.uint8], out: NDArray[np.uint16]) -> None:
    """Say what each byte will be coded as: itself, a run of the byte before it, or part of one.

    lines : (D, h, n) uint8, filtered
    out : (D, h, n) uint16: the byte, RUN plus the length of the run that begins here, or RUN alone
        where a run covers it
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
                most = min(width - i, LONGEST_RUN)
                length = 0
                while length < most and line[i + length] == line[i - 1]:
                    length += 1
                if length < SHORTEST_RUN:
                    i += 1
                    continue
                tokens[i] = RUN + length
                tokens[i + 1 : i + length] = RUN
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


class Codes(NamedTuple):
    """The bits of each token, the lowest first, and how many they are: both (TOKENS,) uint64."""

    codes: Words
    bits: Words


@inlined
def _put(
    out: Words, word: np.uint64, acc: np.uint64, used: np.uint64, bits: np.uint64, count: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64]:
    """Append `count` bits, at most 63, to those in `acc`; words that are full go to `out`."""
    acc |= bits << used
    used += count
    if used >= np.uint64(64):
        out[word] = acc
        word += np.uint64(1)
        used -= np.uint64(64)
        acc = bits >> (count - used)
    return word, acc, used


@compiled
def code_lines(
    lines: NDArray[np.uint8],
    tokens: NDArray[np.uint16],
    codes: Codes,
    out_words: Words,
    out_starts: Words,
    out_bits: Words,
    out_sums: Counts,
) -> Any:
    """Code the lines of tiles, each from the start of a word on; return how many words they fill.

    lines : (D, h, n) uint8, filtered; tokens : (D, h, n) uint16, what `tokenize` makes of them
    out_words : (enough,) uint64
    out_starts, out_bits : (D, h) uint64, where each line begins and how many bits it has
    out_sums : (D, h, 2) int64, the sum of its bytes, and of the sums up to each of them: what
        Adler-32 (RFC 1950, section 8) needs to know
    """
    tiles, height, width = lines.shape
    word = np.uint64(0)
    for n in range(tiles):
        for y in range(height):
            start = word
            acc = np.uint64(0)
            used = np.uint64(0)
            for i in range(width):
                bits, count = codes.codes[tokens[n, y, i]], codes.bits[tokens[n, y, i]]
                # As _put, which takes four times as long here.
                acc |= bits << used
                used += count
                if used >= np.uint64(64):
                    out_words[word] = acc
                    word += np.uint64(1)
                    used -= np.uint64(64)
                    acc = bits >> (count - used)
            out_starts[n, y] = start
            out_bits[n, y] = np.uint64(64) * (word - start) + used
            if used:
                out_words[word] = acc
                word += np.uint64(1)
            total = sums = 0
            for i in range(width):
                total += lines[n, y, i]
                sums += total
            out_sums[n, y, 0] = total
            out_sums[n, y, 1] = sums
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
    """The coded lines of D tiles, and what is needed to code their first pixels in place."""

    words: Words  # (n,)
    starts: Words  # (D, h)
    bits: Words  # (D, h)
    sums: Counts  # (D, h, 2)
    edges: NDArray[np.uint8]  # (D, h, 2, 3), the first and the last pixel of each line
    repeat: Words  # (parts, most + 1), a line's repetition from so many cells back
    repeat_bits: Words
    codes: Codes
    length: int  # how many bytes of a tile's line are coded


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
    codes, length = coded.codes, coded.length
    height = coded.bits.shape[1]
    cols = grid.shape[1]
    word = np.uint64(begun >> 6)
    acc = out[word]
    used = np.uint64(begun & 63)
    low, high = np.int64(1), np.int64(0)
    for line in range(first, first + count):
        row, y = line // height, line % height
        number = 4 if y else 1
        low = (low + number) % 65521
        high = (high + low) % 65521
        word, acc, used = _put(out, word, acc, used, codes.codes[number], codes.bits[number])
        for col in range(cols):
            tile = grid[row, col]
            pixel, many = np.uint64(0), np.uint64(0)
            for channel in range(3):
                left = up = corner = np.int32(0)
                if col:
                    left = np.int32(coded.edges[grid[row, col - 1], y, 1, channel])
                if y:
                    up = np.int32(coded.edges[tile, y - 1, 0, channel])
                    if col:
                        corner = np.int32(coded.edges[grid[row, col - 1], y - 1, 1, channel])
                guess = _paeth(left, up, corner) if y else left
                byte = np.uint8(coded.edges[tile, y, 0, channel] - guess)
                low += byte
                high += low
                pixel |= codes.codes[byte] << many
                many += codes.bits[byte]
            word, acc, used = _put(out, word, acc, used, pixel, many)
            high = (high + length * low + coded.sums[tile, y, 1]) % 65521
            low = (low + coded.sums[tile, y, 0]) % 65521
            if back[row, col]:
                for part in range(len(coded.repeat)):
                    bits = coded.repeat[part, back[row, col]]
                    many = coded.repeat_bits[part, back[row, col]]
                    word, acc, used = _put(out, word, acc, used, bits, many)
            else:
                start, rest = coded.starts[tile, y], coded.bits[tile, y]
                whole, rest = rest >> np.uint64(6), rest & np.uint64(63)
                for i in range(whole):
                    bits = coded.words[start + i]
                    out[word + i] = acc | (bits << used)
                    # A shift by 64 would be undefined; by 63 and 1 it is 0 where `used` is.
                    acc = (bits >> (np.uint64(63) - used)) >> np.uint64(1)
                word += whole
                if rest:
                    bits = coded.words[start + whole]
                    word, acc, used = _put(out, word, acc, used, bits, rest)
    out[word] = acc
    return np.int64(word) * 64 + np.int64(used), high << 16 | low
