from __future__ import annotations

import io

import numpy as np
import pytest
from tifffile import TiffFile, TiffWriter

from facemo.options import Encoding
from facemo.writers.directory import Level, put_first


def written(levels, *, big=False, pages=0):
    file = io.BytesIO()
    with TiffWriter(file, bigtiff=big, byteorder="<") as out:
        for _ in range(pages):
            out.write(np.zeros((16, 16, 3), np.uint8), photometric="rgb", metadata=None)
    file.seek(0, io.SEEK_END)
    put_first(file, levels, big)
    file.seek(0)
    return TiffFile(file)


def level(offsets, lengths, n=0, **options):
    grid = np.array([[0, 1], [1, 1]], np.int32)
    places = np.array(offsets), np.array(lengths)
    return Level(n, (32, 30), (16, 16), *places, grid, Encoding(**options))


@pytest.mark.parametrize("big", [False, True])
def test_each_place_has_the_offset_and_the_length_of_its_tile(big):
    file = written([level([70_000, 8], [9, 70_000])], big=big)
    page = file.pages[0]
    assert page.dataoffsets == (70_000, 8, 8, 8)
    assert page.databytecounts == (9, 70_000, 70_000, 70_000)
    assert page.shape == (32, 30, 3)
    assert file.is_bigtiff == big


def test_offsets_beyond_four_gigabytes_take_eight_bytes():
    page = written([level([2**33, 8], [9, 10])], big=True).pages[0]
    assert page.dataoffsets == (2**33, 8, 8, 8)
    assert page.tags["TileOffsets"].dtype.name == "LONG8"
    assert page.tags["TileByteCounts"].dtype.name == "SHORT"


def test_levels_come_before_the_pages_that_are_there():
    pages = written([level([8, 9], [1, 1]), level([8, 9], [1, 1], n=1)], pages=2).pages
    assert [(page.shape[:2], page.is_reduced) for page in pages] == [
        ((32, 30), False),
        ((32, 30), True),
        ((16, 16), False),
        ((16, 16), False),
    ]


@pytest.mark.parametrize(
    ("options", "compression", "photometric", "predictor"),
    [
        ({"compression": "none"}, 1, 2, 1),
        ({"compression": "deflate"}, 8, 2, 2),
        ({"compression": "jpeg"}, 7, 6, 1),
    ],
)
def test_a_directory_says_how_its_tiles_are_encoded(options, compression, photometric, predictor):
    page = written([level([8, 9], [1, 1], **options)]).pages[0]
    assert (page.compression, page.photometric, page.predictor) == (
        compression,
        photometric,
        predictor,
    )


def test_jpeg_says_how_its_colours_are_sampled():
    for subsampling, value in (("4:4:4", (1, 1)), ("4:2:0", (2, 2))):
        options = {"compression": "jpeg", "subsampling": subsampling}
        page = written([level([8, 9], [1, 1], **options)]).pages[0]
        assert page.tags["YCbCrSubSampling"].value == value
