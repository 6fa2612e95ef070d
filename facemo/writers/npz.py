"""The plan itself, as NumPy's .npz: arrays and nothing else, so that reading executes nothing."""

from __future__ import annotations

import os
import zipfile
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError, shown
from facemo.machine import require_memory
from facemo.mosaic import Mosaic, places
from facemo.tiles import Tiles, as_tiles
from facemo.writers.forecast import Forecast, Order
from facemo.writers.options import Options
from facemo.writers.whole import whole_file

MOST_SIDE = 2**62

_VERSION = 1
_ARRAYS = ("version", "index", "colors", "mirrored", "tint", "names")


def write(mosaic: Mosaic, path: str, options: Options) -> None:
    """Write the plan of `mosaic` to `path`: the tiles by name, and only those that it uses."""
    used, index = np.unique(mosaic.index, return_inverse=True)
    # NUL is the one character that no path has.
    names = "\0".join(mosaic.tiles.names[n] for n in used).encode("utf-8", "surrogateescape")
    kind = np.min_scalar_type(len(used))
    with whole_file(path) as file:
        np.savez_compressed(
            file,
            version=np.uint8(_VERSION),
            index=index.reshape(mosaic.index.shape).astype(kind),
            colors=mosaic.colors,
            mirrored=np.asarray(mosaic.mirrored),
            tint=np.float64(mosaic.tint),
            names=np.frombuffer(names, np.uint8),
        )
    options.report(1, 1)


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    return Forecast(order.cells * 4 + order.tiles * 12, order.cells * 16)


def load_plan(path: str | os.PathLike[str], tiles: Tiles | NDArray[np.uint8]) -> Mosaic:
    """Read a plan that `save` wrote as .npz, and lay `tiles` by it, found by their names.

    The tiles may have another size than those it was made with. The file is not trusted: nothing in
    it is executed. Raises InputError for what is not a plan, and for tiles that are missing.

    >>> import tempfile
    >>> from facemo import plan, save
    >>> small, large = (np.zeros((1, side, side, 3), np.uint8) for side in (8, 32))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(plan(np.eye(9), small, cols=9), f"{folder}/plan.npz")
    ...     load_plan(f"{folder}/plan.npz", large)
    Mosaic(9 x 9 cells, 288 x 288 px, Tiles(1 of 32 x 32 px))
    """
    tiles = as_tiles(tiles)
    path = os.fspath(path)
    arrays = _read(path)
    version, index, names = arrays["version"], arrays["index"], arrays["names"]
    if version.shape != () or version != _VERSION:
        raise InputError(f"plan {shown(path)} is of version {version}, facemo reads {_VERSION}")
    listed = names.astype(np.uint8).tobytes().decode("utf-8", "surrogateescape").split("\0")
    if index.ndim != 2 or index.dtype.kind != "u" or not index.size or index.max() >= len(listed):
        raise InputError(f"plan {shown(path)}: its index is damaged")
    place = places(listed, tiles)
    try:
        return Mosaic(
            tiles, place[index], arrays["colors"], arrays["mirrored"], float(arrays["tint"])
        )
    except (InputError, TypeError) as error:
        raise InputError(f"plan {shown(path)} is damaged: {error}") from None


def _read(path: str) -> dict[str, NDArray[Any]]:
    """The arrays of a plan, if they are all there and no larger than memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [archive.getinfo(f"{name}.npy") for name in _ARRAYS]
            nbytes = sum(member.file_size for member in members)
            require_memory(nbytes, f"plan {shown(path)}", "is it one?")
            return {
                name: _array(archive, member) for name, member in zip(_ARRAYS, members, strict=True)
            }
    except FileNotFoundError:
        raise InputError(f"plan {shown(path)}: no such file") from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        ValueError,
        EOFError,
        MemoryError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"plan {shown(path)} is not a plan of facemo's, or damaged") from None


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> NDArray[Any]:
    with archive.open(member) as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return array
