"""Deflate (RFC 1951): Huffman codes of our own choice, and the ends of a block that uses them."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.encode import LONGEST_RUN, RUN, SHORTEST_RUN, TOKENS, Codes, Words

WINDOW = 32768
SYMBOLS, DISTANCES = 286, 30

_END = 256
_MOST_BITS = 15
# Section 3.2.5: the first length or distance of each symbol, and how many extra bits it has.
_LENGTH_EXTRA = [0] * 8 + [n for n in range(1, 6) for _ in range(4)] + [0]
_LENGTHS = [*(3 + np.cumsum([0] + [1 << n for n in _LENGTH_EXTRA[:27]])), 258]
_DISTANCE_EXTRA = [0, 0] + [n for n in range(14) for _ in range(2)]
_DISTANCES = [*(1 + np.cumsum([0] + [1 << n for n in _DISTANCE_EXTRA[:29]]))]


class Huffman(NamedTuple):
    """The code of each symbol of an alphabet, its first bit lowest, and how many bits it has."""

    codes: Words
    bits: Words


def huffman(counts: NDArray[np.int64]) -> Huffman:
    """A code for symbols that occur so often, none longer than 15 bits; all of them get one.

    >>> huffman(np.array([4, 2, 1, 1])).bits.tolist()
    [1, 2, 3, 3]
    """
    counts = np.maximum(counts, 1)
    bits = _bits(counts.tolist())
    while max(bits) > _MOST_BITS:  # flatter counts make flatter codes
        counts = (counts + 1) // 2
        bits = _bits(counts.tolist())
    return Huffman(_canonical(bits), np.array(bits, np.uint64))


def _bits(counts: list[int]) -> list[int]:
    """The depth of each symbol in Huffman's tree."""
    heap = [(count, symbol, [symbol]) for symbol, count in enumerate(counts)]
    heapq.heapify(heap)
    bits = [0] * len(counts)
    while len(heap) > 1:
        first, second = heapq.heappop(heap), heapq.heappop(heap)
        for symbol in (joined := first[2] + second[2]):
            bits[symbol] += 1
        heapq.heappush(heap, (first[0] + second[0], second[1], joined))
    return bits


def _canonical(bits: list[int]) -> Words:
    """Section 3.2.2: codes in the order of their lengths, then of their symbols."""
    codes = np.zeros(len(bits), np.uint64)
    code = before = 0
    for count, symbol in sorted((count, symbol) for symbol, count in enumerate(bits)):
        code <<= count - before
        codes[symbol] = int(f"{code:0{count}b}"[::-1], 2)
        code += 1
        before = count
    return codes


def symbols_of_lengths(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The symbol that each length of a copy, 3 to 258, begins with."""
    return 257 + np.searchsorted(_LENGTHS, lengths, "right") - 1


def symbols_of_distances(distances: NDArray[np.int64]) -> NDArray[np.int64]:
    """The symbol that each distance of a copy, 1 to 32,768, begins with."""
    return np.searchsorted(_DISTANCES, distances, "right") - 1


def copies(
    lengths: NDArray[np.int64],
    distances: NDArray[np.int64],
    symbols_code: Huffman,
    distances_code: Huffman,
) -> Huffman:
    """The whole code of a copy of `lengths` bytes from `distances` back, which broadcast."""
    lengths, distances = np.broadcast_arrays(lengths, distances)
    codes, bits = np.zeros((2, *lengths.shape), np.uint64)

    def append(value: Words, count: Words) -> None:
        codes[...] |= value << bits
        bits[...] += count

    symbols = symbols_of_lengths(lengths)
    append(symbols_code.codes[symbols], symbols_code.bits[symbols])
    append(*_extra(lengths, symbols - 257, _LENGTHS, _LENGTH_EXTRA))
    symbols = symbols_of_distances(distances)
    append(distances_code.codes[symbols], distances_code.bits[symbols])
    append(*_extra(distances, symbols, _DISTANCES, _DISTANCE_EXTRA))
    return Huffman(codes, bits)


def _extra(
    values: NDArray[np.int64], place: NDArray[np.int64], first: list[int], extra: list[int]
) -> Huffman:
    """What follows the symbols in `place` of a table: how far values are from its first ones."""
    rest = (values - np.array(first)[place]).astype(np.uint64)
    return Huffman(rest, np.array(extra, np.uint64)[place])


def codes_of_tokens(symbols_code: Huffman, distances_code: Huffman) -> Codes:
    """What the kernels need: the codes of all bytes, and of all runs of the byte before."""
    codes, bits = np.zeros((2, TOKENS), np.uint64)
    codes[:256], bits[:256] = symbols_code.codes[:256], symbols_code.bits[:256]
    runs = np.arange(SHORTEST_RUN, LONGEST_RUN + 1)
    codes[RUN + runs], bits[RUN + runs] = copies(
        runs, np.ones(1, np.int64), symbols_code, distances_code
    )
    return Codes(codes, bits)


def begin_block(symbols_code: Huffman, distances_code: Huffman) -> tuple[Words, int]:
    """The head of a block that is not the last: its words, and how many bits they have.

    Section 3.2.7. The lengths of the codes are written as they are, in four bits each: 158 bytes,
    which are nothing beside megabytes.
    """
    order = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)
    fields = [(0, 1), (2, 2), (SYMBOLS - 257, 5), (DISTANCES - 1, 5), (len(order) - 4, 4)]
    fields += [(4 if length <= _MOST_BITS else 0, 3) for length in order]
    four = _canonical([4] * (_MOST_BITS + 1))
    fields += [(int(four[n]), 4) for n in (*symbols_code.bits, *distances_code.bits)]
    value = begun = 0
    for field, count in fields:
        value |= field << begun
        begun += count
    words = np.frombuffer(value.to_bytes(begun // 64 * 8 + 8, "little"), "<u8")
    return words.astype(np.uint64), begun


def end_block(words: Words, begun: int, symbols_code: Huffman) -> memoryview:
    """The bytes of a block of so many bits, ended, and brought to a whole byte.

    An empty stored block does that (section 3.2.4). `words` must have two more than it fills.
    """
    octets = words.astype("<u8", copy=False).view(np.uint8)
    first = begun >> 3
    ending = int(octets[first]) if begun & 7 else 0
    ending |= int(symbols_code.codes[_END]) << (begun & 7)
    end = (begun + int(symbols_code.bits[_END]) + 3 + 7) >> 3
    last = ending.to_bytes(end - first, "little") + b"\0\0\xff\xff"
    octets[first : first + len(last)] = np.frombuffer(last, np.uint8)
    return octets[: first + len(last)].data
