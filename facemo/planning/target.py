"""The target: any image as uint8, fitted to the grid, one colour for each cell."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.measure import block_reduce

from facemo.area import area_means
from facemo.errors import InputError
from facemo.library.given import Picture, as_picture
from facemo.tiles import Tiles

# What functions take for a target.
Target = Picture


def as_image(target: Target) -> NDArray[np.uint8]:
    """`target` as (H, W, 3) uint8, sRGB, or (H, W, 4) if some of it is transparent.

    It may be whatever `as_picture` takes. Raises InputError for anything else.
    """
    if isinstance(target, Tiles):
        raise InputError("target must be a picture, got Tiles: the target comes first, then those")
    image = as_picture(target, "target")
    if image.ndim == 2:
        return np.repeat(image[:, :, np.newaxis], 3, axis=2)
    return image if image.shape[2] == 3 or image[..., 3].min() < 255 else image[..., :3]


def pixelate(
    image: NDArray[np.uint8], rows: int, cols: int, detail: int = 1, view: str = "screen"
) -> NDArray[np.float64]:
    """The mean colours of `detail` x `detail` blocks of each cell.

    image : (H, W, 3) uint8, sRGB; returns (rows, cols, detail, detail, 3) float64, 0 to 255.
    """
    return reduced(fit(image, rows * detail, cols * detail, view=view), rows, cols, detail)


def reduced(
    fitted: NDArray[np.uint8] | NDArray[np.float32], rows: int, cols: int, detail: int
) -> NDArray[np.float64]:
    """`pixelate` of an image that has been fitted to the grid, or of some of its rows."""
    down, across = rows * detail, cols * detail
    block = (fitted.shape[0] // down, fitted.shape[1] // across, 1)
    means = np.asarray(block_reduce(fitted, block, np.mean), np.float64)
    return means.reshape(rows, detail, cols, detail, 3).swapaxes(1, 2)


def has_pixels(target: tuple[int, ...], grid: tuple[int, int]) -> bool:
    """Whether cells are pixels, once a target of this (height, width, …) is fitted to the grid."""
    return target[:2] == grid or target[0] < grid[0] or target[1] < grid[1]


def fit(
    image: NDArray[np.uint8], rows: int, cols: int, most: int = 4, view: str = "screen"
) -> NDArray[np.uint8] | NDArray[np.float32]:
    """`image` brought to a small multiple of (rows, cols) pixels, by area averages.

    So the mean of each cell stays what it is in `image`. One that has such a size already is left
    as it is, and one smaller than the grid is brought to a pixel a cell (bicubic where it is
    enlarged). Returns (rows * a, cols * b, 3), a and b from 1 to `most`, or 1 where averages of
    averages would be others: those of light.
    """
    most = most if view == "screen" else 1
    height, width = image.shape[:2]
    smaller = height < rows or width < cols
    if smaller:
        size = min(height, rows), min(width, cols)
    else:
        size = min(height // rows, most) * rows, min(width // cols, most) * cols
    if size == (height, width) and not smaller:
        return image
    fitted: NDArray[np.float32] = area_means(image[np.newaxis], *size, view)[0]
    if not smaller:
        return fitted
    picture = Image.fromarray(np.round(fitted).astype(np.uint8))
    return np.asarray(picture.resize((cols, rows), Image.Resampling.BICUBIC))
