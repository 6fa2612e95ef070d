from __future__ import annotations

import zlib

import naive
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facemo.kernels.encode import (
    LONGEST_RUN,
    RUN,
    SHORTEST_RUN,
    TOKENS,
    Codes,
    cells_back,
    code_lines,
    count_tokens,
    edge_pixels,
    filter_lines,
    join_segments,
    residuals,
    tokenize,
)

few = st.integers(0, 2)
shapes = st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 5)).map(
    lambda nhw: (*nhw, 3)
)
pixels = shapes.flatmap(lambda shape: arrays(np.uint8, shape))
smooth = shapes.flatmap(lambda shape: arrays(np.uint8, shape, elements=few))


def as_lines(tiles):
    return np.ascontiguousarray(tiles).reshape(*tiles.shape[:2], -1)


@given(pixels)
def test_residuals_are_the_filters_of_the_specification(tiles):
    lines = as_lines(tiles)
    out = np.empty((*lines.shape[:2], lines.shape[2] - 3), np.uint8)
    residuals(lines, out)
    for tile, filtered in zip(lines, out, strict=True):
        assert [line[4:] for line in naive.filtered(tile)] == [bytes(line) for line in filtered]


@given(pixels)
def test_a_filtered_band_is_what_the_specification_says(tiles):
    for lines in as_lines(tiles):
        out = np.empty((len(lines), lines.shape[1] + 1), np.uint8)
        filter_lines(lines, out)
        assert [bytes(line) for line in out] == naive.filtered(lines)


def spelled(tokens):
    """The bytes that a line's tokens stand for."""
    out = []
    for token in tokens.tolist():
        out += [token] if token < RUN else [out[-1]] * (token - RUN) if token > RUN else []
    return bytes(out)


@given(arrays(np.uint8, st.tuples(st.just(1), st.just(2), st.integers(0, 700)), elements=few))
def test_tokens_spell_the_line_they_were_made_of(lines):
    tokens = np.empty(lines.shape, np.uint16)
    tokenize(lines, tokens)
    for line, of_line in zip(lines[0], tokens[0], strict=True):
        assert spelled(of_line) == bytes(line)
    runs = tokens[tokens > RUN] - RUN
    assert np.all((runs >= SHORTEST_RUN) & (runs <= LONGEST_RUN))


@given(smooth)
def test_tokens_are_counted_as_often_as_their_tile_is_used(tiles):
    lines = as_lines(tiles)
    tokens = np.empty(lines.shape, np.uint16)
    tokenize(lines, tokens)
    uses = np.arange(len(tiles)) * 3
    counts = np.zeros(TOKENS, np.int64)
    count_tokens(tokens, uses, counts)
    expected = sum(
        use * np.bincount(tile.ravel(), minlength=TOKENS)
        for use, tile in zip(uses, tokens, strict=True)
    )
    np.testing.assert_array_equal(counts, expected)


@given(smooth, st.integers(0, 2**32))
def test_coded_lines_are_the_codes_of_their_tokens_one_after_another(tiles, seed):
    rng = np.random.default_rng(seed)
    bits = rng.integers(1, 36, TOKENS).astype(np.uint64)
    bits[RUN] = 0
    codes = Codes(rng.integers(0, 2**63, TOKENS).astype(np.uint64) % (1 << bits), bits)
    lines = as_lines(tiles)
    tokens = np.empty(lines.shape, np.uint16)
    tokenize(lines, tokens)
    words = np.zeros(lines.size + lines.shape[0] * lines.shape[1], np.uint64)
    edges = rng.integers(0, 2**48, lines.shape[:2], dtype=np.uint64)
    coded = np.empty((*lines.shape[:2], 4), np.uint64)
    code_lines(lines, tokens, edges, codes, words, coded)
    for n in range(lines.shape[0]):
        for y in range(lines.shape[1]):
            start, length, here, above = map(int, coded[n, y])
            assert naive.bits_of(words[start:])[:length] == "".join(
                naive.bits_of(codes.codes[t : t + 1])[: int(codes.bits[t])] for t in tokens[n, y]
            )
            low, high = (here >> 48) + 1, (above >> 48) + lines.shape[2]
            assert zlib.adler32(lines[n, y]) == high % 65521 << 16 | low % 65521
            assert here % 2**48 == edges[n, y]
            assert above % 2**48 == (edges[n, y - 1] if y else 0)


@given(pixels)
def test_the_edges_of_a_line_are_its_first_and_its_last_pixel(tiles):
    edges = np.empty(tiles.shape[:2], np.uint64)
    edge_pixels(as_lines(tiles), edges)
    for tile, of_tile in zip(tiles, edges, strict=True):
        for line, of_line in zip(tile, of_tile, strict=True):
            assert int(of_line).to_bytes(6, "little") == bytes(line[0]) + bytes(line[-1])


@given(
    st.tuples(st.integers(1, 3), st.integers(1, 9)).flatmap(
        lambda shape: arrays(np.int32, shape, elements=st.integers(0, 3))
    ),
    st.integers(1, 5),
)
def test_a_cell_knows_how_far_to_the_left_its_tile_stands(grid, most):
    back = np.empty(grid.shape, np.int16)
    cells_back(grid, 4, most, back)
    for row in range(grid.shape[0]):
        for col in range(grid.shape[1]):
            near = [d for d in range(1, min(most, col) + 1) if grid[row, col - d] == grid[row, col]]
            assert back[row, col] == (near[0] if near else 0)


def test_segments_are_laid_line_by_line_and_their_markers_counted():
    scan = np.frombuffer(b"a1mma22mmbmmb333mm", np.uint8)
    starts = np.array([0, 4, 9, 12, 18])
    grid = np.array([[1, 0, 1]], np.int32)
    out = np.empty(3 + 4 + 3 + 6 + 5 + 6, np.uint8)
    join_segments(scan, starts, 2, grid, 6, out)
    assert bytes(out) == (b"bm\xd6a1m\xd7bm\xd0b333m\xd1a22m\xd2b333m\xd3")
