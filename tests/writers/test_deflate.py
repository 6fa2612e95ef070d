from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from naive import bits_of

from facemo.writers import deflate

counts = arrays(np.int64, deflate.SYMBOLS, elements=st.integers(0, 2**40))


@given(counts)
def test_every_symbol_has_a_code_and_none_begins_another(counts):
    code = deflate.huffman(counts)
    texts = [bits_of([c])[: int(n)] for c, n in zip(code.codes, code.bits, strict=True)]
    assert code.bits.max() <= 15
    assert len(set(texts)) == len(texts)
    assert sum(2.0 ** -float(n) for n in code.bits) == 1


def test_what_occurs_more_often_has_no_longer_code():
    code = deflate.huffman(np.array([1, 10, 100, 1000, 10]))
    assert code.bits.tolist() == [4, 4, 2, 1, 3] or code.bits.tolist() == [4, 3, 2, 1, 4]


def test_counts_that_would_make_codes_too_long_are_flattened():
    assert deflate.huffman(2 ** np.arange(40)).bits.max() <= 15


@pytest.mark.parametrize(
    ("length", "symbol"), [(3, 257), (10, 264), (11, 265), (12, 265), (257, 284), (258, 285)]
)
def test_lengths_have_the_symbols_of_the_specification(length, symbol):
    assert deflate.symbols_of_lengths(np.array([length])) == symbol


@pytest.mark.parametrize(
    ("distance", "symbol"), [(1, 0), (4, 3), (5, 4), (6, 4), (24577, 29), (32768, 29)]
)
def test_distances_have_the_symbols_of_the_specification(distance, symbol):
    assert deflate.symbols_of_distances(np.array([distance])) == symbol


@given(
    st.binary(min_size=1, max_size=300),
    st.lists(st.tuples(st.integers(3, 258), st.integers(1, 40)), max_size=5),
    counts,
)
def test_zlib_reads_a_block_of_bytes_and_copies(literals, copied, counts):
    symbols = deflate.huffman(counts)
    distances = deflate.huffman(counts[: deflate.DISTANCES])
    head, begun = deflate.begin_block(symbols, distances)
    text = bits_of(head)[:begun]
    text += "".join(bits_of(symbols.codes[[b]])[: int(symbols.bits[b])] for b in literals)
    expected = bytearray(literals)
    for length, back in copied:
        distance = min(back, len(expected))
        code = deflate.copies(np.array([length]), np.array([distance]), symbols, distances)
        text += bits_of(code.codes)[: int(code.bits[0])]
        for _ in range(length):
            expected.append(expected[-distance])
    padded = text.ljust(len(text) // 64 * 64 + 192, "0")
    words = np.array(
        [int(padded[i : i + 64][::-1], 2) for i in range(0, len(padded), 64)], np.uint64
    )
    data = bytes(deflate.end_block(words, len(text), symbols))
    assert zlib.decompress(data + b"\x03\0", -15) == expected
