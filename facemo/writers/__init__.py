"""Write a mosaic to a file; the suffix picks the format."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType

from facemo.errors import InputError, shown, whole_number
from facemo.find import find_files
from facemo.machine import require_memory
from facemo.mosaic import Mosaic
from facemo.target import Target, as_image, grid_shape
from facemo.tiles import Tiles, tile_size
from facemo.tint import whole_or_part
from facemo.writers import csv, deepzoom, jpeg, npz, png, tiff, webp, zarr
from facemo.writers.forecast import Forecast, Order
from facemo.writers.options import Options, Progress
from facemo.writers.whole import check_file, check_folder

# Each has MOST_SIDE, in pixels; forecast(order); write(mosaic, path, options).
FORMATS: dict[str, ModuleType] = {
    ".png": png,
    ".jpg": jpeg,
    ".jpeg": jpeg,
    ".tif": tiff,
    ".tiff": tiff,
    ".webp": webp,
    ".dzi": deepzoom,
    ".zarr": zarr,
    ".npz": npz,
    ".csv": csv,
}
_TILES = 1000  # where nobody says how many there are
# Those that hold a picture of any size.
_BOUNDLESS = (".png", ".tif", ".dzi")


def save(
    mosaic: Mosaic,
    path: str | os.PathLike[str],
    *,
    quality: int = 92,
    subsampling: str = "4:4:4",
    compression: str = "deflate",
    dpi: float = 300,
    progress: Progress | None = None,
) -> None:
    """Write `mosaic` to `path`, in the format that the suffix names.

    ``.png``, ``.jpg``, ``.tif``, ``.webp``: a picture; a TIFF has reduced levels, too. ``.dzi``:
    Deep Zoom, a file and a folder of tiles. ``.zarr``: an array in chunks. ``.npz``: the plan, for
    `load_plan`. ``.csv``: which photo stands where.

    The file, or folder, appears under its name when it is complete, and not before: whatever stood
    there stays until then.

    Parameters
    ----------
    quality : int
        Of JPEG and WebP, 1 to 100.
    subsampling : "4:4:4" or "4:2:0"
        Of JPEG: colours at full or at half the resolution.
    compression : "deflate", "jpeg" or "none"
        Of TIFF.
    dpi : float
        Pixels an inch, for printing; noted in PNG, JPEG and TIFF.
    progress : callable
        Called as ``progress(done, total)`` with numbers of pixels, or of cells for ``.csv``.

    Raises InputError before any work for an unknown suffix or option, a folder that takes no files,
    a picture that the format, the memory or the disk cannot hold, or a path that is one of the
    tiles; OSError for what the disk refuses later.

    >>> import tempfile, numpy as np
    >>> from facemo import plan
    >>> mosaic = plan(np.eye(9), np.zeros((1, 8, 8, 3), np.uint8), cols=9)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(mosaic, f"{folder}/poster.png")
    ...     os.listdir(folder)
    ['poster.png']
    """
    if not isinstance(mosaic, Mosaic):
        raise InputError(f"mosaic must be a Mosaic, as plan makes one, got {type(mosaic).__name__}")
    options = Options(quality, subsampling, compression, dpi, progress)
    path = _checked(path)
    _check_not_a_tile(path, mosaic.tiles)
    used = min(len(mosaic.tiles), mosaic.index.size)
    order = Order(mosaic.index.shape, mosaic.tiles.size, used, bool(mosaic.tint), options)
    _check_fits(path, order)
    FORMATS[_suffix(path)].write(mosaic, path, options)


@dataclass(frozen=True)
class Preflight:
    """What a mosaic will be and take, as far as it can be known before the work.

    Parameters
    ----------
    path : str
    shape : (height, width, 3) in pixels
    dpi : float
    disk : (int, int)
        Bytes that the output is expected to take, without and with tint, to within a factor of two.
    memory : int
        Bytes beside the tiles and the plan.
    files : int
    """

    path: str
    shape: tuple[int, int, int]
    dpi: float
    disk: tuple[int, int]
    memory: int
    files: int

    def __str__(self) -> str:
        height, width = self.shape[:2]
        inches = [side / self.dpi for side in (width, height)]
        size = " x ".join(f"{inch * 2.54:,.0f}" for inch in inches)
        return (
            f"{shown(self.path)}: {width:,} x {height:,} pixels, {size} cm at {self.dpi:g} dpi, "
            f"about {_bytes(self.disk[0])}"
            + (f" ({_bytes(self.disk[1])} if tinted)" if self.disk[1] > 1.5 * self.disk[0] else "")
            + (f" in {self.files:,} files" if self.files > 1 else "")
            + f", {_bytes(self.memory)} of memory beside the tiles"
        )


def preflight(
    target: Target,
    path: str | os.PathLike[str],
    *,
    size: int | tuple[int, int] = 64,
    cols: int | None = None,
    rows: int | None = None,
    tint: float | str = "auto",
    quality: int = 92,
    subsampling: str = "4:4:4",
    compression: str = "deflate",
    dpi: float = 300,
    reads: Iterable[str | os.PathLike[str]] = (),
) -> Preflight:
    """Say before any work what a mosaic will take, and whether it can be saved at `path`.

    Takes the options of `load_tiles`, `plan` and `save`. `reads` are the files and folders that the
    work reads from: writing over one, or into one, is refused, for the next run would take the
    mosaic for a tile; and their number is that of the tiles, which else is taken to be 1,000.

    Raises InputError for what `plan` and `save` would refuse.

    >>> import numpy as np
    >>> print(preflight(np.zeros((30, 40)), "poster.jpg", size=32, cols=100))
    'poster.jpg': 3,200 x 2,400 pixels, 27 x 20 cm at 300 dpi, about 4.2 MB, 68 MB of memory beside
    the tiles
    """
    options = Options(quality, subsampling, compression, dpi)
    path = _checked(path)
    tiles = _check_not_read(path, reads)
    tile = tile_size(size)
    grid = grid_shape(as_image(target).shape, tile, cols, rows)
    cells = grid[0] * grid[1]
    tinted = tint != "auto" and whole_or_part(tint) > 0
    plain, changed = (Order(grid, tile, min(tiles, cells), t, options) for t in (tinted, True))
    forecast = _check_fits(path, plain)
    with_tint = _forecast(path, changed) if tint == "auto" else forecast
    memory = max(forecast.memory, with_tint.memory)
    disk = forecast.disk, with_tint.disk
    return Preflight(path, plain.shape, dpi, disk, memory, forecast.files)


def tile_side(
    target: Target,
    width: float,
    *,
    dpi: float = 300,
    cols: int | None = None,
    rows: int | None = None,
) -> int:
    """The side in pixels of square tiles that make a print of `width` inches.

    The nearest whole number: the print is at most half a pixel a cell wider or narrower.

    >>> import numpy as np
    >>> tile_side(np.zeros((30, 40)), 24, dpi=300, cols=100)
    72
    """
    across = grid_shape(as_image(target).shape, (1, 1), cols, rows)[1]
    if not width > 0:
        raise InputError(f"width must be more than nothing, got {width!r}")
    return whole_number("tile", max(1, round(width * Options(dpi=dpi).dpi / across)))


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _checked(path: str | os.PathLike[str]) -> str:
    """`path` as a string, if its suffix names a format and its folder takes files."""
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    if not isinstance(name, str) or "\0" in name:
        raise InputError(f"path must be text that can name a file, got {name!r}")
    name = name.rstrip(os.sep) or name
    if _suffix(name) not in FORMATS:
        raise InputError(f"output {shown(name)}: the suffix must be one of {', '.join(FORMATS)}")
    if _suffix(name) == ".zarr":
        check_folder(name, ("zarr.json", ".zarray"))
        zarr.check()
    else:
        check_file(name)
    if _suffix(name) == ".dzi":
        check_folder(deepzoom.files_folder(name), (os.path.join("0", "0_0.jpg"),))
    return name


def _check_not_read(path: str, reads: Iterable[str | os.PathLike[str]]) -> int:
    """Refuse a path that is read from; return how many files are read."""
    folder = os.path.dirname(os.path.realpath(path))
    files = 0
    for source in reads:
        found = find_files(source) if os.path.isdir(source) else None
        files += 1 if found is None else len(found.names)
        if found is not None and folder in found.folders:
            raise InputError(
                f"output {shown(path)} lies in {shown(source)}, where tiles are read from, and "
                "would be a tile of the next mosaic: write it elsewhere"
            )
        if os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise InputError(f"output {shown(path)} is read as input: give it another name")
    return files or _TILES


def _check_not_a_tile(path: str, tiles: Tiles) -> None:
    if not tiles.root or not os.path.exists(path):
        return
    files = [os.path.join(tiles.root, name) for name in tiles.names]
    output, name = os.path.realpath(path), os.path.basename(os.path.realpath(path))
    for file in [*files, *(rejected.path for rejected in tiles.rejected)]:
        if os.path.basename(file) == name and os.path.realpath(file) == output:
            raise InputError(f"output {shown(path)} is read as input: give it another name")


def _forecast(path: str, order: Order) -> Forecast:
    forecast: Forecast = FORMATS[_suffix(path)].forecast(order)
    return forecast


def _check_fits(path: str, order: Order) -> Forecast:
    """Raise an InputError for a picture that the format, the memory or the disk cannot hold."""
    height, width = order.shape[:2]
    most = FORMATS[_suffix(path)].MOST_SIDE
    if max(height, width) > most:
        raise InputError(
            f"output {shown(path)}: {width:,} x {height:,} pixels do not fit the format, which "
            f"ends at {most:,} a side: ask for fewer cells (at most {most // max(order.tile):,} of "
            f"these tiles a side) or smaller tiles, or write {' or '.join(_BOUNDLESS)}"
        )
    forecast = _forecast(path, order)
    require_memory(
        forecast.memory,
        f"output {shown(path)}: writing {width:,} x {height:,} pixels",
        "ask for fewer cells or smaller tiles"
        + ("" if _suffix(path) in _BOUNDLESS else f", or write {' or '.join(_BOUNDLESS)}"),
    )
    folder = os.path.dirname(os.path.realpath(path))
    free = shutil.disk_usage(folder).free
    # The forecast may be twice what it comes to; a disk that fills is an error all the same.
    if forecast.disk / 2 > free:
        raise InputError(
            f"output {shown(path)} needs about {_bytes(forecast.disk)} of disk and "
            f"{_bytes(free)} are free: ask for fewer cells or smaller tiles, or write .tif or .jpg"
        )
    return forecast


def _bytes(number: int) -> str:
    """A number of bytes to two digits.

    >>> _bytes(1234567), _bytes(56)
    ('1.2 MB', '56 bytes')
    """
    if number < 1000:
        return f"{number} bytes"
    power = min(int(math.log10(number)) // 3, 4)
    value = float(f"{number / 1000**power:.2g}")
    return f"{value:,g} {('', 'kB', 'MB', 'GB', 'TB')[power]}"
