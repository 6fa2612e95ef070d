"""Area averages: how every picture here is shrunk before it is compared or shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.kernels import reduce
from facemo.machine import batches, divide

# Of tiles that are read at a time: a library may be larger than memory.
_READ_BYTES = 4 << 20


def area_means(images: NDArray[np.uint8], rows: int, cols: int) -> NDArray[np.float32]:
    """Each image averaged over `rows` x `cols` equal rectangles, which may end within a pixel.

    images : (N, H, W, 3) uint8; returns (N, rows, cols, 3) float32. There may be more rectangles
    than pixels.

    >>> area_means(np.repeat(np.uint8([0, 30, 60]), 3).reshape(1, 1, 3, 3), 1, 2)[0, 0, :, 0]
    array([10., 50.], dtype=float32)
    """
    count, height, width = images.shape[:3]
    lines = np.ascontiguousarray(images).reshape(count, height, width * 3)
    out = np.empty((count, rows, cols, 3), np.float32)

    def work(part: slice) -> None:
        if count > 1:
            reduce.area_means(lines[part], rows, cols, 0, 0, out[part])
        else:
            reduce.area_means(lines, rows, cols, part.start, 0, out[:, part])

    divide(work, count if count > 1 else rows, lines.nbytes)
    return out


def window_means(
    image: NDArray[np.uint8], rows: int, cols: int, ys: range, xs: range
) -> NDArray[np.float32]:
    """Of the `rows` x `cols` averages of an image those where rows `ys` and columns `xs` cross.

    image : (H, W, 3) uint8; returns (len(ys), len(xs), 3) float32.

    >>> image = np.repeat(np.uint8([0, 30, 60]), 3).reshape(1, 3, 3)
    >>> window_means(image, 1, 2, range(1), range(1, 2))[0, :, 0]
    array([50.], dtype=float32)
    """
    out = np.empty((1, len(ys), len(xs), 3), np.float32)
    lines = np.ascontiguousarray(image).reshape(1, len(image), -1)
    reduce.area_means(lines, rows, cols, ys.start, xs.start, out)
    means: NDArray[np.float32] = out[0]
    return means


def block_means(pixels: NDArray[np.uint8], detail: int) -> NDArray[np.float64]:
    """The mean colours of `detail` x `detail` blocks of each tile.

    pixels : (N, h, w, 3) uint8, sRGB; returns (N, detail, detail, 3) float64, 0 to 255.

    >>> block_means(np.full((2, 4, 4, 3), 9, np.uint8), 1).tolist()
    [[[[9.0, 9.0, 9.0]]], [[[9.0, 9.0, 9.0]]]]
    """
    count, height, width = pixels.shape[:3]
    if height % detail or width % detail:
        return area_means(pixels, detail, detail).astype(np.float64)
    sums = np.empty((count, detail, detail, 3), np.uint64)
    lines = pixels.reshape(count, height, width * 3)
    divide(lambda part: reduce.block_sums(lines[part], sums[part]), count, pixels.nbytes)
    means: NDArray[np.float64] = sums / (height * width / detail**2)
    return means


def box_averages(images: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Images shrunk `factor` times by averages of boxes of pixels, rounded to nearest.

    images : (N, H, W, 3) uint8; returns (N, H / factor, W / factor, 3) uint8, sides rounded up: the
    last boxes average what there is.

    >>> box_averages(np.repeat(np.uint8([0, 3, 9]), 3).reshape(1, 1, 3, 3), 2)[0, 0, :, 0]
    array([2, 9], dtype=uint8)
    """
    height, width = images.shape[1:3]
    missing = -height % factor, -width % factor
    if any(missing):
        images = np.pad(images, [(0, 0), (0, missing[0]), (0, missing[1]), (0, 0)])
    count, tall, wide = images.shape[:3]
    sums = np.empty((count, tall // factor, wide // factor, 3), np.uint64)
    reduce.block_sums(np.ascontiguousarray(images).reshape(count, tall, wide * 3), sums)
    down, across = (
        np.minimum(factor, side - np.arange(0, side, factor)).astype(np.uint64)
        for side in (height, width)
    )
    pixels = (down[:, np.newaxis] * across)[:, :, np.newaxis]
    averages: NDArray[np.uint8] = ((sums + pixels // 2) // pixels).astype(np.uint8)
    return averages


def sampled(count: int, most: int = 1 << 20) -> NDArray[np.int64] | slice:
    """Which of `count` cells, in their order, stand for all: `most` of them, or each.

    One of each part, at random within it: every nth would see one colour of a checkered grid.

    >>> sampled(5), len(sampled(3000 * 4000))
    (slice(None, None, None), 1048576)
    """
    if count <= most:
        return slice(None)
    within = np.random.default_rng(0).random(most)
    return ((np.arange(most) + within) * (count / most)).astype(np.int64)


def resized(
    pixels: NDArray[np.uint8], numbers: NDArray[np.int32], height: int, width: int
) -> NDArray[np.uint8]:
    """Some of the tiles averaged to another size, rounded.

    pixels : (N, h, w, 3) uint8
    numbers : (D,) int32, which of them; no others are read

    Returns (D, height, width, 3) uint8.

    >>> tiles = np.repeat(np.uint8([0, 30, 60, 90]), 3).reshape(1, 1, 4, 3)
    >>> resized(tiles, np.zeros(1, np.int32), 1, 2)[0, 0, :, 0]
    array([15, 75], dtype=uint8)
    """
    if pixels.shape[1:3] == (height, width):
        return pixels[numbers]
    out = np.empty((len(numbers), height, width, 3), np.uint8)
    for some in batches(len(numbers), _READ_BYTES // pixels[0].nbytes):
        np.rint(area_means(pixels[numbers[some]], height, width), out=out[some], casting="unsafe")
    return out
