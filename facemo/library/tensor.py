"""Whatever people have for tiles, as one tensor: what is loaded, paths, pictures, arrays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from facemo.errors import InputError, kind_of, shown
from facemo.kinds import parse_color
from facemo.library.crop import upright_size
from facemo.library.formats import orientation
from facemo.library.given import as_array, as_numbers, as_picture, as_uint8
from facemo.library.limits import PictureError
from facemo.library.load import load_tiles
from facemo.library.picture import from_pillow, read_picture, silent_decoders
from facemo.library.shape import shape_of
from facemo.options import Loading, Progress
from facemo.tiles import Tiles

if TYPE_CHECKING:
    from typing import TypeGuard

# What functions take for tiles.
AnyTiles = Tiles | str | os.PathLike[str] | ArrayLike | Iterable[Any]

_MANY = "Tiles, a folder, paths, pictures, or an array, (N, h, w, 3)"
_ONE = "a picture, its path, or an array, (h, w, 3)"
# What is heeded of `Loading` where pictures are in memory, and where tiles are made already.
_OF_PICTURES = "size", "crop", "background"
_OF_TILES = ("background",)
_LARGE = 256  # pixels a side, beyond which pictures in a list are photos, and no tiles yet


def as_tiles(
    tiles: AnyTiles, options: Mapping[str, Any] | None = None, progress: Progress | None = None
) -> Tiles:
    """Tiles of anything that people have for them.

    tiles : Tiles; paths, which `load_tiles` loads; pictures as `given.as_picture` takes them; or
        numbers, (N, h, w) or (N, h, w, 1 to 4). Pictures that are not of one size, or in a list
        and large, or for which a `size` is given, are cropped and resized as those of files are;
        what is transparent shows the `background`
    options : those of `Loading` that were given
    progress : called with numbers of files, where there are some

    Raises InputError for anything else, and for options that would not be heeded.

    >>> as_tiles([np.zeros((4, 6)), np.ones((9, 9))], {"size": 8})
    Tiles(2 of 8 x 8 px)
    """
    options = options or {}
    if isinstance(tiles, Tiles):
        height, width = tiles.size
        _check_heeded(options, _OF_TILES, f"these tiles are ready, of {width} x {height} px")
        return tiles
    if _is_path(tiles):
        return load_tiles(tiles, progress=progress, **options)
    items = _items(tiles)
    if isinstance(items, list) and _is_path(items[0]):
        return load_tiles(items, progress=progress, **options)
    _check_heeded(options, _OF_PICTURES, "these pictures are in memory")
    return Tiles(_stacked(items, options))


def _check_heeded(options: Mapping[str, Any], heeded: tuple[str, ...], why: str) -> None:
    for name, value in options.items():
        if name not in heeded:
            raise InputError(
                f"{name}={value!r} is for pictures that are loaded, and {why}: leave it out, or "
                f"give it to load_tiles"
            )


def _items(tiles: Any) -> NDArray[np.uint8] | list[Any]:
    """Tiles as (N, h, w[, channels]) uint8, or as a list of what stands for one each."""
    if isinstance(tiles, (Image.Image, bytes, Mapping)) or hasattr(tiles, "read"):
        many = "list(tiles.values())" if isinstance(tiles, Mapping) else "a list of them"
        raise InputError(f"tiles must be {_MANY}, got {kind_of(tiles)}: give {many}")
    if hasattr(tiles, "__array__"):
        array = as_array(tiles, "tiles", _MANY)
        if array.dtype.kind not in "OUST":  # which are objects and text
            return _checked(as_numbers(array, "tiles", _MANY))
        tiles = array.ravel()
    if not isinstance(tiles, Iterable):
        raise InputError(f"tiles must be {_MANY}, got {kind_of(tiles)}")
    items = list(tiles)
    if not items:
        raise InputError(f"tiles must be {_MANY}, got none")
    others = [item for item in items if not _is_path(item)]
    if 0 < len(others) < len(items):
        raise InputError(
            f"tiles must be paths or pictures, not both, got {kind_of(others[0])} among paths"
        )
    return _together(items) if others else items


def _is_path(given: object) -> TypeGuard[str | os.PathLike[str]]:
    return isinstance(given, (str, os.PathLike))


def _checked(array: NDArray[Any]) -> NDArray[np.uint8]:
    """An array of tiles as (N, h, w[, channels]) uint8, once it is sure that it holds tiles."""
    if array.ndim == 3 and array.shape[2] in (3, 4):
        raise InputError(
            f"tiles must be many pictures, got one, {array.shape}: give a list of them"
        )
    if not (array.ndim == 3 or (array.ndim == 4 and array.shape[3] in (1, 3, 4))):
        channels = array.ndim == 4 and array.shape[1] in (1, 3, 4)
        first = ": colours are the last axis, as after .transpose(0, 2, 3, 1)" if channels else ""
        raise InputError(
            f"tiles must be (N, h, w, 3), (N, h, w, 4) or (N, h, w), got {array.shape}{first}"
        )
    if not array.size:
        raise InputError(f"tiles must hold at least one pixel, got {array.shape}")
    return as_uint8(array, "tiles")


def _together(items: list[Any]) -> NDArray[np.uint8] | list[Any]:
    """Arrays of one shape and dtype as one; anything else as it is."""
    if not all(hasattr(item, "__array__") or isinstance(item, list) for item in items):
        return items
    arrays = [as_numbers(item, f"tile {n}", _ONE) for n, item in enumerate(items)]
    if len({(array.shape, array.dtype) for array in arrays}) > 1 or arrays[0].ndim not in (2, 3):
        return items
    if max(arrays[0].shape[:2]) > _LARGE:
        return items
    return _checked(np.stack(arrays))


def _stacked(items: NDArray[np.uint8] | list[Any], options: Mapping[str, Any]) -> NDArray[np.uint8]:
    """Pictures as (N, h, w, 3) uint8: of their own size where that is one and none is wanted."""
    wanted = Loading.of(options)
    if isinstance(items, np.ndarray) and items.shape[3:] == (3,) and "size" not in options:
        return items
    images = [_image(item, f"tile {n}") for n, item in enumerate(items)]
    size = None
    if "size" in options:
        size = wanted.tile or shape_of(map(_upright, images))
    elif isinstance(items, list) and (_differ(images) or max(images[0].size) > _LARGE):
        size = Loading().tile
    return np.stack([_tile(image, f"tile {n}", size, wanted) for n, image in enumerate(images)])


def _image(item: Any, name: str) -> Image.Image:
    return item if isinstance(item, Image.Image) else Image.fromarray(as_picture(item, name))


def _tile(
    image: Image.Image, name: str, size: tuple[int, int] | None, wanted: Loading
) -> NDArray[np.uint8]:
    """A picture as a tile, (h, w, 3) uint8.

    One that was opened and not read yet is read anew: its pixels would stay in memory with it.
    """
    ground = parse_color(wanted.background)
    path = getattr(image, "filename", "")
    unread = getattr(image, "tile", None) and not image.tell()
    if not (unread and path and os.path.isfile(path)):
        return from_pillow(image, name, size, ground, wanted.crop)
    try:
        with silent_decoders():
            return read_picture(path, size, ground, crop=wanted.crop)
    except PictureError as error:
        raise InputError(f"{name} {shown(path)}: {error}") from error


def _differ(images: list[Image.Image]) -> bool:
    """Whether pictures are of several sizes, once they are turned as EXIF says."""
    sides = {tuple(sorted(image.size)) for image in images}  # which reads none of them
    return len(sides) > 1 or len({_upright(image) for image in images}) > 1


def _upright(image: Image.Image) -> tuple[int, int]:
    """(width, height) of a picture once it is turned as EXIF says."""
    with suppress(Exception), silent_decoders():
        image.load()
        return upright_size(image, orientation(image))
    return image.size  # `from_pillow` will say what is wrong with it
