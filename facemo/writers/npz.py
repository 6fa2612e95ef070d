"""The plan itself, as NumPy's .npz: arrays and nothing else, so that reading executes nothing."""

from __future__ import annotations

import io
import os
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.draw import numbered
from facemo.drawing.mosaic import Mosaic, places
from facemo.errors import InputError, shown
from facemo.machine import require_memory
from facemo.options import Encoding, Progress
from facemo.tiles import AnyTiles, as_tiles
from facemo.writers.format import Forecast, Format, Order
from facemo.writers.whole import whole_file

_VERSION = 1
# How many axes each array has, and what it may hold.
_ARRAYS = {
    "version": (0, "|u1"),
    "index": (2, "|u1 <u2 <u4"),
    "colors": (3, "|u1"),
    "mirrored": (2, "|b1"),
    "tint": (0, "<f8"),
    "names": (1, "|u1"),
}


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write the plan of `mosaic` to `path`: the tiles by name, and only those that it uses."""
    used, index = numbered(mosaic.index, len(mosaic.tiles))
    # NUL is the one character that no path has.
    names = "\0".join(mosaic.tiles.names[n] for n in used).encode("utf-8", "surrogatepass")
    kind = np.min_scalar_type(len(used)).newbyteorder("<")
    buffer = io.BytesIO()  # zipfile, cut off by a full disk, complains when it is deleted
    np.savez_compressed(
        buffer,
        version=np.uint8(_VERSION),
        index=index.astype(kind),
        colors=mosaic.colors,
        mirrored=np.asarray(mosaic.mirrored),
        tint=np.array(mosaic.tint, "<f8"),
        names=np.frombuffer(names, np.uint8),
    )
    with whole_file(path) as file:
        file.write(buffer.getbuffer())
    report(1, 1)


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    return Forecast(order.cells * 4 + order.tiles * 12, order.cells * 16)


def load_plan(path: str | os.PathLike[str], tiles: AnyTiles) -> Mosaic:
    """Read a plan that `save` wrote as .npz, and lay `tiles` by it, found by their names.

    The file is not trusted: nothing in it is executed.

    Parameters
    ----------
    path : path
        The plan.
    tiles : Tiles, (N, h, w, 3) uint8, or a list of pictures of one size
        The tiles it was made of, of the same names; they may have another size.

    Returns
    -------
    Mosaic
        The plan, laid of these tiles.

    Raises
    ------
    InputError
        For what is not a plan, and for tiles that are missing.

    Examples
    --------
    >>> import tempfile
    >>> from facemo import plan, save
    >>> small, large = (np.zeros((1, side, side, 3), np.uint8) for side in (8, 32))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(plan(np.eye(9), small, cols=9), f"{folder}/plan.npz")
    ...     load_plan(f"{folder}/plan.npz", large)
    Mosaic(9 x 9 cells, 288 x 288 px, tint 0.55, Tiles(1 of 32 x 32 px))
    """
    tiles = as_tiles(tiles)
    path = os.fsdecode(path)
    arrays = _read(path)
    version, index, names = arrays["version"], arrays["index"], arrays["names"]
    if version != _VERSION:
        raise InputError(f"plan {shown(path)} is of version {version}, facemo reads {_VERSION}")
    count = int(np.count_nonzero(names == 0)) + 1
    if not index.size or count > index.size or index.max() >= count:
        raise InputError(f"plan {shown(path)} is damaged: its index and its names do not fit")
    try:
        listed = names.tobytes().decode("utf-8", "surrogatepass").split("\0")
    except UnicodeDecodeError:
        raise InputError(f"plan {shown(path)} is damaged: its names are no text") from None
    place = places(listed, tiles)
    colors, mirrored, tint = arrays["colors"], arrays["mirrored"], float(arrays["tint"])
    try:
        return Mosaic(tiles, place[index], colors, mirrored, tint)
    except InputError as error:
        raise InputError(f"plan {shown(path)} is damaged: {error}") from None


def _read(path: str) -> dict[str, NDArray[Any]]:
    """The arrays of a plan, if they are all there and no larger than memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [archive.getinfo(f"{name}.npy") for name in _ARRAYS]
            nbytes = sum(member.file_size for member in members)
            require_memory(nbytes, f"plan {shown(path)}", "is it one?")
            return {
                name: _array(archive, member, *_ARRAYS[name])
                for name, member in zip(_ARRAYS, members, strict=True)
            }
    except OSError as error:
        raise InputError(f"plan {shown(path)}: {error.strerror or error}") from None
    except InputError:
        raise
    except Exception:  # a damaged header or member makes numpy raise anything
        raise InputError(f"plan {shown(path)} is not a plan of facemo's, or damaged") from None


def _array(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, ndim: int, kinds: str
) -> NDArray[Any]:
    """An array of so many axes and of one of these kinds of dtype, or a ValueError."""
    with archive.open(member) as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    if array.ndim != ndim or array.dtype.str not in kinds.split():
        raise ValueError
    return array


FORMAT = Format((".npz",), write, forecast, printed=False)
