"""Area averages: how every picture here is shrunk before it is compared or shown.

A `view` says of what. Programs that zoom out on a screen average sRGB values, and so does "screen".
An eye far from a print averages the light that comes from it, and so does "print".
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from facemo.kernels import reduce
from facemo.machine import batches, divide

F = TypeVar("F", bound=np.floating[Any])

# Of tiles that are read at a time: a library may be larger than memory.
_READ_BYTES = 4 << 20


def light_of(values: NDArray[Any], view: str = "screen") -> NDArray[np.float64]:
    """What is averaged of sRGB values of 0 to 255: these, or the light (IEC 61966-2-1), 0 to 255.

    >>> light_of(np.array([0, 188, 255]), "print").round().tolist()
    [0.0, 128.0, 255.0]
    """
    if view == "screen":
        return np.asarray(values, np.float64)
    share = np.asarray(values, np.float64) / 255
    return 255 * np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def value_of(light: NDArray[F], view: str = "screen") -> NDArray[F]:
    """The sRGB values, 0 to 255, of averages: the reverse of `light_of`.

    >>> value_of(light_of(np.array([7.0, 200.0]), "print"), "print").round(6).tolist()
    [7.0, 200.0]
    """
    if view == "screen":
        return light
    share = light / 255
    curved = 1.055 * np.maximum(share, 0.0031308) ** (1 / 2.4) - 0.055
    values: NDArray[F] = (255 * np.where(share <= 0.0031308, 12.92 * share, curved)).astype(
        light.dtype
    )
    return values


def _levels(view: str) -> NDArray[np.float32]:
    """What kernels average in place of each value, or nothing for the values themselves."""
    return np.asarray(light_of(np.arange(0 if view == "screen" else 256), view), np.float32)


def area_means(
    images: NDArray[np.uint8], rows: int, cols: int, view: str = "screen"
) -> NDArray[np.float32]:
    """Each image averaged over `rows` x `cols` equal rectangles, which may end within a pixel.

    images : (N, H, W, 3) uint8; returns (N, rows, cols, 3) float32. There may be more rectangles
    than pixels.

    >>> area_means(np.repeat(np.uint8([0, 30, 60]), 3).reshape(1, 1, 3, 3), 1, 2)[0, 0, :, 0]
    array([10., 50.], dtype=float32)
    """
    count, height, width = images.shape[:3]
    lines = np.ascontiguousarray(images).reshape(count, height, width * 3)
    out, levels = np.empty((count, rows, cols, 3), np.float32), _levels(view)

    def work(part: slice) -> None:
        if count > 1:
            reduce.area_means(lines[part], levels, rows, cols, 0, 0, out[part])
        else:
            reduce.area_means(lines, levels, rows, cols, part.start, 0, out[:, part])

    divide(work, count if count > 1 else rows, lines.nbytes)
    return value_of(out, view)


def window_means(
    image: NDArray[np.uint8], rows: int, cols: int, ys: range, xs: range, view: str = "screen"
) -> NDArray[np.float32]:
    """Of the `rows` x `cols` averages of an image those where rows `ys` and columns `xs` cross.

    image : (H, W, 3) uint8; returns (len(ys), len(xs), 3) float32.

    >>> image = np.repeat(np.uint8([0, 30, 60]), 3).reshape(1, 3, 3)
    >>> window_means(image, 1, 2, range(1), range(1, 2))[0, :, 0]
    array([50.], dtype=float32)
    """
    out = np.empty((1, len(ys), len(xs), 3), np.float32)
    lines = np.ascontiguousarray(image).reshape(1, len(image), -1)
    reduce.area_means(lines, _levels(view), rows, cols, ys.start, xs.start, out)
    return value_of(out[0], view)


def block_means(
    pixels: NDArray[np.uint8], detail: int, view: str = "screen"
) -> NDArray[np.float64]:
    """The mean colours of `detail` x `detail` blocks of each tile.

    pixels : (N, h, w, 3) uint8, sRGB; returns (N, detail, detail, 3) float64, 0 to 255.

    >>> block_means(np.full((2, 4, 4, 3), 9, np.uint8), 1).tolist()
    [[[[9.0, 9.0, 9.0]]], [[[9.0, 9.0, 9.0]]]]
    """
    count, height, width = pixels.shape[:3]
    if height % detail or width % detail or view != "screen":
        return area_means(pixels, detail, detail, view).astype(np.float64)
    sums = np.empty((count, detail, detail, 3), np.uint64)
    lines = pixels.reshape(count, height, width * 3)
    divide(lambda part: reduce.block_sums(lines[part], sums[part]), count, pixels.nbytes)
    means: NDArray[np.float64] = sums / (height * width / detail**2)
    return means


def averaged(means: NDArray[np.float64], view: str = "screen") -> NDArray[np.float64]:
    """The mean colours of tiles whose blocks have these: (N, n, n, 3) to (N, 3).

    >>> averaged(np.float64([0, 255]).repeat(6).reshape(1, 2, 2, 3), "print").round().tolist()
    [[188.0, 188.0, 188.0]]
    """
    return value_of(light_of(means, view).mean(axis=(1, 2)), view)


def box_averages(images: NDArray[np.uint8], factor: int, view: str = "screen") -> NDArray[np.uint8]:
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
    if view != "screen":
        return _lit_averages(images, factor, (height, width), view)
    sums = np.empty((count, tall // factor, wide // factor, 3), np.uint64)
    reduce.block_sums(np.ascontiguousarray(images).reshape(count, tall, wide * 3), sums)
    down, across = (
        np.minimum(factor, side - np.arange(0, side, factor)).astype(np.uint64)
        for side in (height, width)
    )
    pixels = (down[:, np.newaxis] * across)[:, :, np.newaxis]
    averages: NDArray[np.uint8] = ((sums + pixels // 2) // pixels).astype(np.uint8)
    return averages


def _lit_averages(
    images: NDArray[np.uint8], factor: int, size: tuple[int, int], view: str
) -> NDArray[np.uint8]:
    """As `box_averages`, of images of this (height, width) that are padded to whole boxes."""
    levels, shape = _levels(view), images.shape
    boxes = levels[images].reshape(
        shape[0], shape[1] // factor, factor, shape[2] // factor, factor, 3
    )
    down, across = (np.minimum(factor, side - np.arange(0, side, factor)) for side in size)
    light = boxes.sum(axis=(2, 4)) / (down[:, np.newaxis] * across)[:, :, np.newaxis]
    averages: NDArray[np.uint8] = np.rint(value_of(light, view)).astype(np.uint8)
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
    pixels: NDArray[np.uint8],
    numbers: NDArray[np.int32],
    height: int,
    width: int,
    view: str = "screen",
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
        means = area_means(pixels[numbers[some]], height, width, view)
        np.rint(means, out=out[some], casting="unsafe")
    return out
