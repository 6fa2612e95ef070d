from __future__ import annotations

import tracemalloc

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facemo.errors import InputError
from facemo.library.picture import read_image
from facemo.planning.target import as_image, fit, pixelate


def test_uint8_colour_is_taken_as_it_is(rng):
    image = rng.integers(0, 256, (3, 4, 3), dtype=np.uint8)
    np.testing.assert_array_equal(as_image(image), image)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.int64(200), 200),
        (np.int8(7), 7),
        (np.uint32(255), 255),
        (np.bool_(True), 255),
        (np.uint8(7), 7),
        (np.uint16(65535), 255),
        (np.uint16(257 * 9), 9),
        (np.float16(1), 255),
        (np.float32(0.2), 51),
        (np.float64(0.5), 128),
    ],
)
def test_every_kind_of_number_is_scaled_to_eight_bits(value, expected):
    image = np.full((2, 3), value)
    assert as_image(image).tolist() == [[[expected] * 3] * 3] * 2


def test_big_endian_and_strided_arrays_are_taken(rng):
    image = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    big = (image.astype(np.uint16) * 257).astype(">u2")[::2, ::-1]
    assert big.dtype.byteorder == ">"
    np.testing.assert_array_equal(as_image(big), image[::2, ::-1])


def test_alpha_is_kept_where_it_says_something():
    image = np.array([[[200, 100, 0, 0], [200, 100, 0, 255], [200, 100, 0, 51]]], np.uint8)
    np.testing.assert_array_equal(as_image(image), image)
    assert as_image(image[:, 1:2]).tolist() == [[[200, 100, 0]]]


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((2, 2, 2)), r"\(H, W\), \(H, W, 3\) or \(H, W, 4\), got \(2, 2, 2\)"),
        (np.zeros(5), r"got \(5,\)"),
        (np.zeros((0, 4, 3)), "at least one pixel"),
        (np.full((2, 2), 256), "a int64 target must lie in 0 to 255, got values from 256 to 256"),
        (np.full((2, 2), -1, np.int8), "int8 target must lie in 0 to 255, got values from -1"),
        (np.full((2, 2), 255.0), "must lie in .* got values from 255 to 255: divide it by 255"),
        (np.zeros((3, 9, 9)), r"got \(3, 9, 9\): colours are the last axis"),
        (np.zeros((5, 9, 9, 3)), "got .5, 9, 9, 3.: the target comes first, then the tiles"),
        (None, "target must be a picture, its path, or numbers, .* got None"),
        ({"a": 1}, "got dict"),
        (5, "got int"),
        (np.zeros((2, 2), complex), "got complex128"),
        (np.full((2, 2), np.nan), "got NaN"),
        (np.full((2, 2), np.inf), "got values from inf to inf"),
        (np.array([[0.0, 1.0001]]), "got values from 0 to 1.0001"),
        (np.array([[0.0, 1.5]]), "must lie in .* got values from 0 to 1.5"),
        (np.array([[-0.5, 1.0]]), "got values from -0.5 to 1"),
        (np.array([["a"]]), "got <U1"),
    ],
)
def test_what_is_no_image_is_refused_with_what_came(array, message):
    with pytest.raises(InputError, match=message):
        as_image(array)


def test_floats_may_leave_their_range_by_rounding():
    assert as_image(np.array([[-1e-7, 1 + 1e-7]]))[0, :, 0].tolist() == [0, 255]


def test_the_callers_array_is_never_written(rng):
    image = rng.random((10, 10, 3))
    before = image.copy()
    pixelate(as_image(image), 3, 3)
    np.testing.assert_array_equal(image, before)


def test_a_path_is_read_as_a_picture(save_picture):
    path = save_picture(Image.new("RGB", (5, 3), (1, 2, 3)), "a.png")
    assert read_image(path).tolist() == [[[1, 2, 3]] * 5] * 3
    assert as_image(str(path)).shape == (3, 5, 3)


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "RGBA", "CMYK", "1", "I;16"])
def test_a_pillow_image_is_what_its_file_would_be(rng, save_picture, mode):
    noise = Image.fromarray(rng.integers(0, 256, (9, 7, 3), dtype=np.uint8))
    image = noise.convert("L").convert(mode) if mode == "I;16" else noise.convert(mode)
    path = save_picture(image, "a.tif")
    np.testing.assert_array_equal(as_image(image), read_image(path))


def test_an_opened_picture_is_turned_upright(save_picture):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = save_picture(Image.new("RGB", (5, 3), (1, 2, 3)), "a.jpg", exif=exif)
    with Image.open(path) as image:
        np.testing.assert_array_equal(as_image(image), read_image(path))


def test_a_pillow_image_that_cannot_be_used_is_refused():
    greys = Image.fromarray(np.full((2, 2), 1e9, np.float32))
    with pytest.raises(InputError, match=r"target '<PIL.* values in no known range of greys"):
        as_image(greys)


def test_an_image_without_pixels_and_one_that_ends_early_are_refused(save_picture, tmp_path):
    with pytest.raises(InputError, match="no pixels"):
        as_image(Image.new("RGB", (0, 5)))
    whole = save_picture(Image.effect_noise((64, 64), 50), "a.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    with Image.open(tmp_path / "cut.png") as image, pytest.raises(InputError, match="truncated"):
        as_image(image)


def test_a_target_may_be_larger_than_any_tile(save_picture):
    path = save_picture(Image.new("1", (9000, 8000)), "large.png")
    assert read_image(path).shape == (8000, 9000, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        (b"", "empty file"),
        (b"hello", "not a picture of a kind that is read here .JPEG"),
        (b"\x89PNG\r\n\x1a\nrubbish!", "damaged"),
    ],
)
def test_a_target_that_cannot_be_read_is_refused_by_name(tmp_path, content, message):
    path = tmp_path / "me.png"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=rf"target '.*me\.png': {message}"):
        read_image(path)


@given(
    st.integers(1, 30), st.integers(1, 30), st.integers(1, 8), st.integers(1, 8), st.integers(0, 9)
)
def test_pixelate_is_the_area_average_of_each_cell(rows, cols, down, across, seed):
    height, width = rows + down * 3, cols + across * 2
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    np.testing.assert_allclose(
        pixelate(image, rows, cols)[:, :, 0, 0], naive.cell_means(image, rows, cols), atol=1e-3
    )


def test_ragged_edges_are_not_darkened():
    means = pixelate(np.full((37, 53, 3), 200, np.uint8), 10, 10)
    np.testing.assert_allclose(means, 200, rtol=1e-5)


def test_detail_gives_the_blocks_of_each_cell(rng):
    image = rng.integers(0, 256, (12, 18, 3), dtype=np.uint8)
    blocks = pixelate(image, 2, 3, detail=2)
    assert blocks.shape == (2, 3, 2, 2, 3)
    np.testing.assert_allclose(blocks[1, 2, 0, 1], image[6:9, 15:18].mean(axis=(0, 1)))


def test_an_exact_multiple_is_left_as_it_is(rng):
    image = rng.integers(0, 256, (12, 8, 3), dtype=np.uint8)  # 4 x 2 pixels a cell
    assert fit(image, 3, 4) is image


def test_a_target_smaller_than_the_grid_is_enlarged():
    image = np.array([[[0] * 3, [255] * 3]], np.uint8)
    means = pixelate(image, 4, 8)
    assert means.shape == (4, 8, 1, 1, 3)
    assert np.all(np.diff(means[0, :, 0, 0, 0]) >= 0)


def test_a_ragged_list_is_refused():
    with pytest.raises(InputError, match=r"target must be .* got a list that is no array"):
        as_image([[1.0], [1.0, 0.5]])


def test_a_lopsided_grid_costs_no_more_than_its_cells():
    tracemalloc.start()
    pixelate(np.zeros((500, 500, 3), np.uint8), 1, 20_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000 * 200 + 10_000_000
