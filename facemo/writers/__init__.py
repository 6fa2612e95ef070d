"""Write a mosaic to a file; the suffix picks the format."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from types import ModuleType

from facemo.cache import cache_folder
from facemo.errors import InputError, nbytes, shown
from facemo.find import find_files
from facemo.machine import require_memory
from facemo.mosaic import Mosaic
from facemo.planning import planned_bytes
from facemo.target import Target, as_image, grid_shape
from facemo.tiles import Tiles, tile_size
from facemo.tint import whole_or_part
from facemo.writers import csv, deepzoom, html, jpeg, npz, png, tiff, webp, zarr
from facemo.writers.forecast import Forecast, Order
from facemo.writers.options import Options, Progress
from facemo.writers.whole import check_file, check_folder

# Each has MOST_SIDE, in pixels; forecast(order); write(mosaic, path, options). Those that end at a
# number of cells have MOST_CELLS.
FORMATS: dict[str, ModuleType] = {
    ".png": png,
    ".jpg": jpeg,
    ".jpeg": jpeg,
    ".tif": tiff,
    ".tiff": tiff,
    ".webp": webp,
    ".dzi": deepzoom,
    ".html": html,
    ".zarr": zarr,
    ".npz": npz,
    ".csv": csv,
}
_TILES = 1000  # where nobody says how many there are
# Those that nobody prints.
_UNPRINTED = (".html", ".npz", ".csv")
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

    ``.png``, ``.jpg``, ``.tif``, ``.webp``: a picture; a TIFF has reduced levels, too. ``.html``: a
    zoomable page in one file, of up to 16,777,216 cells. ``.dzi``: Deep Zoom, a file and a folder
    of tiles. ``.zarr``: an array in chunks. ``.npz``: the plan, for `load_plan`. ``.csv``: which
    photo stands where.

    The file, or folder, appears under its name when it is complete, and not before: whatever stood
    there stays until then.

    Parameters
    ----------
    quality : int
        Of JPEG and WebP, and of the tiles in a page, 1 to 100.
    subsampling : "4:4:4" or "4:2:0"
        Of JPEG: colours at full or at half the resolution.
    compression : "deflate", "jpeg" or "none"
        Of TIFF. Where tiles are shared and the first level that is not has more than 32 megapixels,
        that level and those below it are JPEG, and each level is a quarter of the one before.
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
        Bytes that the output is expected to take, without and with tint. It may be a third of that,
        or less where few tiles are repeated often, or three times as much.
    memory : int
        Bytes that the tiles and planning or writing take at most, beside Python itself.
    files : int
    """

    path: str
    shape: tuple[int, int, int]
    dpi: float
    disk: tuple[int, int]
    memory: int
    files: int

    def __str__(self) -> str:
        if _suffix(self.path) in _UNPRINTED:
            return f"{shown(self.path)}: about {nbytes(self.disk[0])}"
        height, width = self.shape[:2]
        inches = [side / self.dpi for side in (width, height)]
        cm, inch = (" x ".join(f"{side * unit:,.1f}" for side in inches) for unit in (2.54, 1))
        return (
            f"{shown(self.path)}: {width:,} x {height:,} pixels, {cm} cm ({inch} in) at "
            f"{self.dpi:g} dpi, about {nbytes(self.disk[0])}"
            + (f" ({nbytes(self.disk[1])} if tinted)" if self.disk[1] > 1.5 * self.disk[0] else "")
            + (f" in {self.files:,} files" if self.files > 1 else "")
            + f", {nbytes(self.memory)} of memory"
        )


def preflight(
    target: Target,
    path: str | os.PathLike[str],
    *,
    size: int | tuple[int, int] = 64,
    cols: int | None = None,
    rows: int | None = None,
    detail: int | None = None,
    k: int = 5,
    spacing: int | None = None,
    tint: float | str = "auto",
    quality: int = 92,
    subsampling: str = "4:4:4",
    compression: str = "deflate",
    dpi: float = 300,
    cache: bool | str | os.PathLike[str] | None = True,
    reads: Iterable[str | os.PathLike[str]] = (),
) -> Preflight:
    """Say before any work what a mosaic will take, and whether it can be saved at `path`.

    Takes the options of `load_tiles`, `plan` and `save`; tiles in a `cache` are memory-mapped and
    take no memory. `reads` are the files and folders that the
    work reads from: writing over one, or into one, is refused, for the next run would take the
    mosaic for a tile; and their number is that of the tiles, which else is taken to be 1,000.

    Raises InputError for what `plan` and `save` would refuse.

    >>> import numpy as np
    >>> flight = preflight(np.zeros((30, 40)), "poster.jpg", size=32, cols=100)
    >>> print(str(flight).partition(", about")[0])
    'poster.jpg': 3,200 x 2,400 pixels, 27.1 x 20.3 cm (10.7 x 8.0 in) at 300 dpi
    """
    options = Options(quality, subsampling, compression, dpi)
    path = _checked(path)
    tiles = _check_not_read(path, reads)
    tile = tile_size(size)
    image = as_image(target)
    grid = grid_shape(image.shape, tile, cols, rows)
    cells = grid[0] * grid[1]
    tinted = tint != "auto" and whole_or_part(tint) > 0
    plain, changed = (Order(grid, tile, min(tiles, cells), t, options) for t in (tinted, True))
    planning = planned_bytes(grid, tile, image.shape, detail, min(k, plain.tiles), spacing)
    forecast = _check_fits(path, plain)
    with_tint = _forecast(path, changed) if tint == "auto" else forecast
    # Planning is over when writing begins.
    memory = max(planning, forecast.memory, with_tint.memory)
    if cache_folder(cache) is None:
        memory += tiles * tile[0] * tile[1] * 3
    require_memory(memory, f"output {shown(path)}", "ask for fewer cells or smaller tiles")
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

    The nearest whole number: the print is at most half a pixel a cell wider or narrower. Raises
    InputError where that would be none.

    >>> import numpy as np
    >>> tile_side(np.zeros((30, 40)), 24, dpi=300, cols=100)
    72
    """
    across = grid_shape(as_image(target).shape, (1, 1), cols, rows)[1]
    if not isinstance(width, (int, float)) or not 0 < width * dpi < 2**31:
        raise InputError(
            f"width must be a number of inches of at most {2**31:,} pixels, got {width!r}"
        )
    side = round(width * Options(dpi=dpi).dpi / across)
    if side < 1:
        raise InputError(
            f"a print of {width:g} inches has {width * dpi:,.0f} pixels, and {across:,} cells "
            "across: ask for fewer cells or a wider print"
        )
    return side


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _checked(path: str | os.PathLike[str]) -> str:
    """`path` as a string, if its suffix names a format and its folder takes files."""
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    if not isinstance(name, str) or "\0" in name:
        raise InputError(f"path must be text that can name a file, got {name!r}")
    name = name.rstrip(os.sep) or name
    try:
        os.path.realpath(name)
    except OSError:  # os.getcwd's
        raise InputError(f"output {shown(name)}: the current folder is gone") from None
    if _suffix(name) not in FORMATS:
        raise InputError(f"output {shown(name)}: the suffix must be one of {', '.join(FORMATS)}")
    if _suffix(name) == ".zarr":
        zarr.check()
    else:
        check_file(name)
    folder = _folder(name)
    if folder is not None:
        check_folder(folder)
    return name


def _folder(path: str) -> str | None:
    """The folder that writing `path` replaces, if it writes one."""
    if _suffix(path) == ".dzi":
        return deepzoom.files_folder(path)
    return os.path.realpath(path) if _suffix(path) == ".zarr" else None


def _within(path: str | os.PathLike[str], folder: str | None) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return folder is not None and (os.path.realpath(path) + os.sep).startswith(folder + os.sep)


def _check_not_read(path: str, reads: Iterable[str | os.PathLike[str]]) -> int:
    """Refuse a path that is read from; return how many files are read."""
    folder, replaced = os.path.dirname(os.path.realpath(path)), _folder(path)
    files = 0
    for source in reads:
        found = find_files(source) if os.path.isdir(source) else None
        files += 1 if found is None else len(found.names)
        if any(_within(read, replaced) for read in [source, *(found.folders if found else ())]):
            raise InputError(
                f"output {shown(path)} would replace {shown(replaced or path)}, where "
                "pictures are read from: give it another name"
            )
        if found is not None and folder in found.folders:
            raise InputError(
                f"output {shown(path)} lies in {shown(source)}, where tiles are read from, and "
                "would be a tile of the next mosaic: write it elsewhere"
            )
        if os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise InputError(f"output {shown(path)} is read as input: give it another name")
    return files or _TILES


def _check_not_a_tile(path: str, tiles: Tiles) -> None:
    if not tiles.root:
        return
    names = (*tiles.names, *(name for name, _ in tiles.merged))
    files = [os.path.join(tiles.root, name) for name in names]
    replaced = _folder(path)
    if replaced is not None and os.path.isdir(replaced):
        if any(_within(file, replaced) for file in files):
            raise InputError(
                f"output {shown(path)} would replace {shown(replaced)}, where tiles are read "
                "from: give it another name"
            )
        return
    if not os.path.exists(path):
        return
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
    others = [s for s in _BOUNDLESS if max(height, width) <= FORMATS[s].MOST_SIDE]
    instead = f", or write {' or '.join(others)}" if others and _suffix(path) not in others else ""
    if max(height, width) > most:
        raise InputError(
            f"output {shown(path)}: {width:,} x {height:,} pixels do not fit the format, which "
            f"ends at {most:,} a side: ask for fewer cells (at most {most // max(order.tile):,} of "
            f"these tiles a side) or smaller tiles{instead}"
        )
    most_cells = getattr(FORMATS[_suffix(path)], "MOST_CELLS", order.cells)
    if order.cells > most_cells:
        raise InputError(
            f"output {shown(path)}: {order.cells:,} cells do not fit the format, which ends at "
            f"{most_cells:,}: ask for fewer{instead}"
        )
    forecast = _forecast(path, order)
    require_memory(
        forecast.memory,
        f"output {shown(path)}: writing {width:,} x {height:,} pixels",
        f"ask for fewer cells or smaller tiles{instead}",
    )
    folder = os.path.dirname(os.path.realpath(path))
    free = shutil.disk_usage(folder).free
    # What is forecast may be several times what comes; a disk that fills is an error all the same.
    if forecast.disk / 4 > free:
        raise InputError(
            f"output {shown(path)} needs about {nbytes(forecast.disk)} of disk and "
            f"{nbytes(free)} are free: ask for fewer cells or smaller tiles, or write elsewhere"
        )
    return forecast
