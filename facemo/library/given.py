"""What people have for a picture: a path, a file, its content, a Pillow image, an array."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from facemo.errors import InputError, kind_of
from facemo.library.limits import MAX_BYTES
from facemo.library.picture import from_pillow, read_named

Picture = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | ArrayLike

_ROUNDING = 1e-6  # how far computed floats may leave [0, 1]
_SHAPES = "(H, W), (H, W, 3) or (H, W, 4)"


def as_picture(given: Picture, name: str) -> NDArray[np.uint8]:
    """What was given as uint8, sRGB: (H, W), (H, W, 3), or (H, W, 4) with its alpha.

    It may be a path, a file opened to be read or its bytes, a Pillow image, or numbers as
    scikit-image has them: (H, W), also with an axis of 1, 3 or 4 channels; uint8, uint16, bool,
    other whole numbers from 0 to 255, or floats in [0, 1].

    Raises InputError for anything else, which it calls by its `name`.

    >>> as_picture([[0.0, 1.0]], "target")
    array([[  0, 255]], dtype=uint8)
    """
    picture = decoded(given, name)
    return from_array(given, name) if picture is None else picture


def decoded(given: Any, name: str) -> NDArray[np.uint8] | None:
    """What a path, a file, bytes or a Pillow image shows: (H, W, 3 or 4); None for all else."""
    if isinstance(given, (str, os.PathLike)):
        return read_named(given, name)
    if isinstance(given, Image.Image):
        return from_pillow(given, name)
    if isinstance(given, (bytes, bytearray, memoryview)):
        return read_named(bytes(given), name)
    if hasattr(given, "read") and not hasattr(given, "__array__"):
        return read_named(_content(given, name), name)
    return None


def _content(file: Any, name: str) -> bytes:
    """What a file holds, from its start where it can be sought."""
    try:
        if hasattr(file, "seekable") and file.seekable():
            file.seek(0)
        content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError, TypeError) as error:  # closed, or opened to be written
        raise InputError(f"{name} cannot be read: {error}") from None
    if not isinstance(content, bytes):
        raise InputError(f'{name} must be a file opened as open(path, "rb"), got one of text')
    return content


def from_array(given: Any, name: str) -> NDArray[np.uint8]:
    """Numbers as a picture, as `as_picture` takes and gives it."""
    image = as_numbers(given, name, f"a picture, its path, or numbers, {_SHAPES}")
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[:, :, 0]
    if not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] in (3, 4))):
        raise InputError(f"{name} must be {_SHAPES}, got {image.shape}{_hint(image.shape, name)}")
    if not image.size:
        raise InputError(f"{name} must have at least one pixel, got {image.shape}")
    return as_uint8(image, name)


def as_numbers(given: Any, name: str, wish: str) -> NDArray[Any]:
    """What was given as an array of numbers, or an InputError that says what `name` must be."""
    array = as_array(given, name, wish)
    if array.ndim == 1 and len(array) and all(isinstance(p, (str, os.PathLike)) for p in array):
        hint = ": the target comes first, then the tiles" if name == "target" else ""
        raise InputError(f"{name} must be {wish}, got paths{hint}")
    if not array.ndim or array.dtype.kind not in "buif":
        known = array.ndim and (array.dtype != object or array is given)
        raise InputError(f"{name} must be {wish}, got {array.dtype if known else kind_of(given)}")
    return array


def as_array(given: Any, name: str, wish: str) -> NDArray[Any]:
    """What was given as an array, or an InputError that says what `name` must be."""
    if given is None or callable(given) or isinstance(given, (Mapping, set)):
        raise InputError(f"{name} must be {wish}, got {kind_of(given)}")
    try:
        return np.asarray(given)
    except InputError:  # a mosaic's, that is larger than memory
        raise
    except Exception:  # a ragged list, or whatever the array's own library raises
        raise InputError(
            f"{name} must be {wish}, got a {kind_of(given)} that is no array of numbers"
        ) from None


def _hint(shape: tuple[int, ...], name: str) -> str:
    """What helps where the axes are others than a picture has."""
    if len(shape) == 3 and shape[0] in (1, 3, 4):
        return ": colours are the last axis, as after .transpose(1, 2, 0)"
    if len(shape) == 4 and name == "target":
        return ": the target comes first, then the tiles"
    return ""


def as_uint8(image: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """An array of any of these kinds as uint8, or an InputError that calls it by its `name`.

    >>> as_uint8(np.array([0, 255]), "mask"), as_uint8(np.array([False, True]), "mask")
    (array([  0, 255], dtype=uint8), array([  0, 255], dtype=uint8))
    """
    if image.dtype == np.uint8:
        return image.astype(np.uint8, copy=False)
    if image.dtype == bool:
        return image.astype(np.uint8) * np.uint8(255)
    if image.dtype.newbyteorder("=") == np.uint16:
        return np.round(image.astype(np.float32) / 257).astype(np.uint8)
    low, high = image.min(), image.max()
    got = "NaN" if np.isnan(low) else f"values from {low:.7g} to {high:.7g}"
    if image.dtype.kind in "iu":
        if low < 0 or high > 255:
            raise InputError(f"a {image.dtype} {name} must lie in 0 to 255, got {got}")
        return image.astype(np.uint8)
    if not (low >= -_ROUNDING and high <= 1 + _ROUNDING):
        within = low >= 0 and 2 <= high <= 255
        remedy = ": divide it by 255" if within else ""
        raise InputError(f"a {image.dtype} {name} must lie in [0, 1], got {got}{remedy}")
    scaled: NDArray[np.float32] = np.multiply(image, 255, dtype=np.float32)
    return np.clip(np.round(scaled), 0, 255).astype(np.uint8)
