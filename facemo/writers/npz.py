"""The plan itself, as NumPy's .npz: arrays and nothing else, so that reading executes nothing."""

from __future__ import annotations

import io
import os
import zipfile
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.draw import numbered
from facemo.drawing.mosaic import Mosaic
from facemo.drawing.recolour import EDITION
from facemo.drawing.variants import EMPTY, Variants
from facemo.errors import InputError, share, shown
from facemo.kinds import WHITE, View
from facemo.library.find import expanded
from facemo.library.tensor import AnyTiles, as_tiles
from facemo.machine import require_memory
from facemo.options import Encoding, Progress
from facemo.planning.recolour import recoloured
from facemo.tiles import Tiles, places
from facemo.writers.format import Forecast, Format, Order
from facemo.writers.whole import whole_file

_VERSION = 5
_VERSION_BYTES = 1 << 10  # which its member has at most
# How many axes each array has, and what it may hold; `edition` says how tiles reached their means:
# plans of an earlier one are drawn by the present one, to the same means.
_NUMBERS = "|u1 <u2 <u4"
_ARRAYS = {
    "edition": (0, "|u1"),
    "cells": (2, _NUMBERS),
    "tile": (1, _NUMBERS),
    "mirrored": (1, "|b1"),
    "mean": (2, "<f4"),
    "ramp": (2, "|i1"),
    "muted": (1, "<f4"),
    "colors": (3, "|u1"),
    "background": (1, "|u1"),
    "print": (0, "|b1"),
    "names": (1, "|u1"),
}
# Up to version 4 all that was recoloured was muted in full. By version 3 light rose and did not
# bend: a ramp had two numbers. Version 2 knew neither ramps nor empty cells, and so no background;
# and screens alone.
_THIRD_ARRAYS = {name: kind for name, kind in _ARRAYS.items() if name != "muted"}
_LATER = "ramp", "background", "print"
_SECOND_ARRAYS = {name: kind for name, kind in _THIRD_ARRAYS.items() if name not in _LATER}
# Version 1 had a tint for all cells, in place of variants.
_FIRST_ARRAYS = {
    "index": (2, _NUMBERS),
    "mirrored": (2, "|b1"),
    "tint": (0, "<f8"),
    "colors": (3, "|u1"),
    "names": (1, "|u1"),
}

_KINDS = _FIRST_ARRAYS, _SECOND_ARRAYS, _THIRD_ARRAYS, _THIRD_ARRAYS, _ARRAYS  # by version


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write the plan of `mosaic` to `path`: the tiles by name, and only those that it uses.

    Their number, of which there is no name, stands for no tile.
    """
    variants = mosaic.variants
    used = variants.tiles
    tile = np.where(variants.empty, len(used), np.searchsorted(used, variants.tile))
    # NUL is the one character that no path has.
    names = "\0".join(mosaic.tiles.names[n] for n in used).encode("utf-8", "surrogatepass")
    buffer = io.BytesIO()  # zipfile, cut off by a full disk, complains when it is deleted
    np.savez_compressed(
        buffer,
        version=np.uint8(_VERSION),
        edition=np.uint8(EDITION),
        cells=_small(mosaic.cells, len(variants)),
        tile=_small(tile, len(used) + 1),
        mirrored=variants.mirrored,
        mean=variants.mean.astype("<f4"),
        ramp=variants.ramp,
        muted=variants.muted.astype("<f4"),
        colors=mosaic.colors,
        background=np.array(mosaic.background, np.uint8),
        print=np.bool_(mosaic.view == "print"),
        names=np.frombuffer(names, np.uint8),
    )
    with whole_file(path) as file:
        file.write(buffer.getbuffer())
    report(1, 1)


def _small(numbers: NDArray[np.signedinteger[Any]], count: int) -> NDArray[Any]:
    """Numbers below `count` in as few bytes as hold them, little-endian."""
    return numbers.astype(np.min_scalar_type(count - 1).newbyteorder("<"))


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    disk = order.cells * 4.4 + order.variants * 7 + order.tiles * 5
    return Forecast(int(disk), order.cells * 16)


def load_plan(path: str | os.PathLike[str], tiles: AnyTiles) -> Mosaic:
    """Read a plan that `save` wrote as .npz, and lay `tiles` by it, found by their names.

    The file is not trusted: nothing in it is executed.

    Parameters
    ----------
    path : path
        The plan.
    tiles : Tiles, path or paths, pictures, or (N, h, w, 3) uint8
        The tiles it was made of, of the same names, or the same files in other folders; they may
        have another size.

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
    Mosaic(9 x 9 cells, 288 x 288 px, 2 variants, Tiles(1 of 32 x 32 px))
    """
    path = expanded(path, "plan")
    tiles = as_tiles(tiles)
    version, arrays = _read(path)
    laid = _first_laid if version == 1 else _laid
    try:
        return laid(arrays, tiles)
    except _Damaged as error:
        raise InputError(f"plan {shown(path)} is damaged: {error}") from None


def grid_of(path: str) -> tuple[int, int]:
    """(rows, cols) of the cells of a plan in a file; InputError for what is not a plan."""
    version, arrays = _read(path)
    rows, cols = arrays["index" if version == 1 else "cells"].shape
    return rows, cols


class _Damaged(Exception):
    """What a plan says does not fit together."""


def _laid(arrays: dict[str, NDArray[Any]], tiles: Tiles) -> Mosaic:
    """The mosaic that a plan says."""
    tile, cells = arrays["tile"], arrays["cells"]
    empty = 1 if "background" in arrays else 0
    place = np.append(_places(arrays["names"], tile, tiles, empty), np.int32(EMPTY))
    ground = arrays.get("background", np.array(WHITE, np.uint8))
    if ground.shape != (3,):
        raise _Damaged("its background is no colour")
    named = cells.size and cells.max() < len(tile)
    if not named or len(numbered(cells, len(tile))[0]) < len(tile):
        raise _Damaged("its variants and its cells do not fit")
    try:
        mean = arrays["mean"].astype(np.float32)
        ramp = arrays.get("ramp", np.zeros((len(tile), 4), np.int8))
        if ramp.shape[1] == 2:
            ramp = np.pad(ramp, [(0, 0), (0, 2)])
        muted = arrays.get("muted", np.ones(len(tile), "<f4")).astype(np.float32)
        variants = Variants(place[tile], arrays["mirrored"], mean, ramp, muted)
        red, green, blue = ground.tolist()
        colors, background = arrays["colors"], (red, green, blue)
        view: View = "print" if arrays.get("print", False) else "screen"
        return Mosaic(tiles, variants, cells.astype(np.int32), colors, background, view)
    except InputError as error:
        raise _Damaged(error) from None


def _first_laid(arrays: dict[str, NDArray[Any]], tiles: Tiles) -> Mosaic:
    """The mosaic that a plan of version 1 says."""
    index, mirrored, colors = arrays["index"], arrays["mirrored"], arrays["colors"]
    place = _places(arrays["names"], index, tiles)
    if mirrored.shape != index.shape or colors.shape != (*index.shape, 3):
        raise _Damaged("its arrays do not fit")
    try:
        tint = share("tint", float(arrays["tint"]))
    except InputError as error:
        raise _Damaged(error) from None
    chosen = place[index] + np.int32(len(tiles)) * mirrored
    variants, cells = recoloured(tiles.pixels, chosen, colors, tint)
    full = np.ones(len(variants), np.float32)
    return Mosaic(tiles, replace(variants, muted=full), cells, colors)


def _places(
    names: NDArray[np.uint8], tile: NDArray[np.unsignedinteger[Any]], tiles: Tiles, more: int = 0
) -> NDArray[np.int32]:
    """Which of `tiles` has each name, if `tile` asks for none further than `more` behind these."""
    count = int(np.count_nonzero(names == 0)) + 1
    if not tile.size or count > tile.size or tile.max() >= count + more:
        raise _Damaged("its tiles and its names do not fit")
    try:
        listed = names.tobytes().decode("utf-8", "surrogatepass").split("\0")
    except UnicodeDecodeError:
        raise _Damaged("its names are no text") from None
    return places(listed, tiles)


def _read(path: str) -> tuple[int, dict[str, NDArray[Any]]]:
    """The version and the arrays of a plan, if they are all there and no larger than memory."""
    try:
        with zipfile.ZipFile(path) as archive:
            member = archive.getinfo("version.npy")
            if member.file_size > _VERSION_BYTES:
                raise ValueError
            version = int(_array(archive, member, 0, "|u1"))
            if not 1 <= version <= _VERSION:
                raise InputError(
                    f"plan {shown(path)} is of version {version}, facemo reads 1 to {_VERSION}"
                )
            kinds = _KINDS[version - 1]
            members = {name: archive.getinfo(f"{name}.npy") for name in kinds}
            # Numbers of a byte become four, in copies.
            nbytes = 8 * sum(member.file_size for member in members.values())
            require_memory(nbytes, f"plan {shown(path)}", "is it one?")
            arrays = {name: _array(archive, members[name], *kinds[name]) for name in kinds}
    except OSError as error:
        raise InputError(f"plan {shown(path)}: {error.strerror or error}") from None
    except InputError:
        raise
    except Exception:  # a damaged header or member makes numpy raise anything
        raise InputError(f"plan {shown(path)} is not a plan of facemo's, or damaged") from None
    edition = int(arrays.get("edition", EDITION))
    if not 1 <= edition <= EDITION:
        raise InputError(
            f"plan {shown(path)} recolours tiles by edition {edition}, facemo knows 1 to {EDITION}"
        )
    return version, arrays


def _array(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, ndim: int, kinds: str
) -> NDArray[Any]:
    """An array of so many axes and of one of these kinds of dtype, or a ValueError."""
    with archive.open(member) as file:
        array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    if array.ndim != ndim or array.dtype.str not in kinds.split():
        raise ValueError
    return array


FORMAT = Format((".npz",), write, forecast, printed=False, measured=False, of_cells=True)
