"""The target: any image as uint8, fitted to the grid, one colour for each cell."""

from __future__ import annotations

import os
from functools import singledispatch

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image
from skimage.measure import block_reduce

from facemo.area import area_means
from facemo.errors import InputError
from facemo.library.picture import from_pillow, read_image

# What functions take for a target.
Target = str | os.PathLike[str] | Image.Image | ArrayLike

_ROUNDING = 1e-6  # how far computed floats may leave [0, 1]


@singledispatch
def as_image(target: Target) -> NDArray[np.uint8]:
    """`target` as (H, W, 3) uint8, sRGB, or (H, W, 4) if some of it is transparent.

    It may be a path, a Pillow image, or as scikit-image has it: (H, W), (H, W, 3) or (H, W, 4), of
    uint8, uint16, bool, or floats in [0, 1]. Raises InputError for anything else.
    """
    try:
        image = np.asarray(target)
    except ValueError as error:
        raise InputError(f"target must be an image: {error}") from None
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))):
        raise InputError(f"target must be (H, W), (H, W, 3) or (H, W, 4), got {image.shape}")
    if not image.size:
        raise InputError(f"target must have at least one pixel, got {image.shape}")
    image = as_uint8(image, "target")
    if image.ndim == 2:
        return np.repeat(image[:, :, np.newaxis], 3, axis=2)
    return image if image.shape[2] == 3 or image[..., 3].min() < 255 else image[..., :3]


@as_image.register(str)
@as_image.register(os.PathLike)
def _(target: str | os.PathLike[str]) -> NDArray[np.uint8]:
    return read_image(target)


@as_image.register
def _(target: Image.Image) -> NDArray[np.uint8]:
    return from_pillow(target)


def as_uint8(image: NDArray[np.generic], name: str) -> NDArray[np.uint8]:
    """An array of any of these kinds as uint8, or an InputError that calls it by its `name`."""
    if image.dtype == np.uint8:
        return image.astype(np.uint8, copy=False)
    if image.dtype == bool:
        return image.astype(np.uint8) * np.uint8(255)
    if image.dtype.newbyteorder("=") == np.uint16:
        return np.round(image.astype(np.float32) / 257).astype(np.uint8)
    if not np.issubdtype(image.dtype, np.floating):
        raise InputError(
            f"{name} must be uint8, uint16, bool or float in [0, 1], got {image.dtype}"
        )
    low, high = float(image.min()), float(image.max())
    if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):
        got = "NaN" if np.isnan(low) else f"values from {low:.7g} to {high:.7g}"
        raise InputError(f"a {image.dtype} {name} must lie in [0, 1], got {got}")
    scaled: NDArray[np.float32] = np.multiply(image, 255, dtype=np.float32)
    return np.clip(np.round(scaled), 0, 255).astype(np.uint8)


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
