"""What a mosaic will be and take, and what would stop it: known before the work."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.mosaic import Mosaic
from facemo.errors import InputError, nbytes, shown
from facemo.library.cache import cache_folder
from facemo.library.find import find_files
from facemo.library.load import tile_size
from facemo.library.picture import is_photo
from facemo.library.sample import sample_tiles
from facemo.machine import free_disk, require_memory
from facemo.options import LONGEST, SPACING, AllOptions, Encoding, Loading, Planning
from facemo.planning.cells import count_colors
from facemo.planning.mask import filled_cells, subject_of
from facemo.planning.palette import forecast_variants
from facemo.planning.target import Target, as_image, has_pixels
from facemo.planning.terms import detail_of, grid_shape, planned_bytes, shade_of, spelt_out
from facemo.planning.weights import check_weights
from facemo.planning.wishes import check_place
from facemo.signatures import takes
from facemo.tiles import Tiles
from facemo.writers import registry
from facemo.writers.format import Forecast, Order
from facemo.writers.registry import format_of
from facemo.writers.whole import named

if TYPE_CHECKING:
    from typing_extensions import Unpack

# Where nobody says what is read.
_TILES = 1000
_SHAPE = LONGEST, LONGEST
_MEASURED = 24  # variants of a mosaic, by which the size of all is told


@dataclass(frozen=True)
class Preflight:
    """What a mosaic will be and take, as far as it is known before the work; printed, one line.

    Parameters
    ----------
    path : str
        The output.
    shape : (int, int, int)
        (height, width, 3) of the picture in pixels.
    dpi : float
        Pixels an inch, if it is printed.
    disk : int
        Bytes that the output is expected to take: mostly within a quarter, if some of the photos
        could be looked at; else of smooth ones it may be twice what comes, of noise a third.
    memory : int
        Bytes that the tiles and planning or writing take at most, beside Python itself.
    files : int
        How many files the output is.
    tiles : int or None
        How many tiles this is true of, where `once` leaves the size to their number.
    """

    path: str
    shape: tuple[int, int, int]
    dpi: float
    disk: int
    memory: int
    files: int
    tiles: int | None = None

    def __str__(self) -> str:
        start = f"{shown(self.path)}: "
        if self.tiles is not None:
            start += f"if {self.tiles:,} photos can be used, "
        if not format_of(self.path).printed:
            return f"{start}about {nbytes(self.disk)}"
        height, width = self.shape[:2]
        inches = [side / self.dpi for side in (width, height)]
        cm, inch = (" x ".join(f"{side * unit:,.1f}" for side in inches) for unit in (2.54, 1))
        return (
            f"{start}{width:,} x {height:,} pixels, {cm} cm ({inch} in) at "
            f"{self.dpi:g} dpi, about {nbytes(self.disk)}"
            + (f" in {self.files:,} files" if self.files > 1 else "")
            + f", {nbytes(self.memory)} of memory"
        )


@takes(Loading, Planning, Encoding)
def preflight(
    target: Target,
    path: str | os.PathLike[str],
    *,
    reads: Iterable[str | os.PathLike[str]] = (),
    **options: Unpack[AllOptions],
) -> Preflight:
    """Say before any work what a mosaic will take, and whether it can be saved at `path`.

    Takes the options of `load_tiles`, `plan` and `save`; tiles in a `cache` are memory-mapped and
    take no memory. With `once` the size follows from the number of tiles, which nobody knows before
    they are loaded: what it then says is true of as many as files are read, and what does not fit
    is left to `plan` and `save` to refuse.

    Parameters
    ----------
    target : path, picture or array
        As for `plan`.
    path : path
        As for `save`.
    {options}
    reads : iterable of paths
        The files and folders that the work reads from. Writing over a photo is refused; beside
        them is as well as elsewhere, for mosaics say that they are none. Their number is that of
        the tiles, which else is taken to be 1,000.

    Returns
    -------
    Preflight
        What it will be and take.

    Raises
    ------
    InputError
        For what `plan` and `save` would refuse.

    Examples
    --------
    >>> import numpy as np
    >>> flight = preflight(np.zeros((30, 40)), "poster.jpg", size=32, cols=100)
    >>> print(str(flight).partition(", about")[0])
    'poster.jpg': 3,200 x 2,400 pixels, 27.1 x 20.3 cm (10.7 x 8.0 in) at 300 dpi
    """
    loading, planning, encoding = Loading.of(options), Planning.of(options), Encoding.of(options)
    path = checked(path)
    reads = list(reads)
    tiles = check_not_read(path, reads) or _TILES
    subject = subject_of(target, planning.mask)
    tile = tile_size(reads, loading) if reads else loading.tile or _SHAPE
    image = subject.image
    check_weights(planning.weights, image.shape)
    guessed = planning.once and None in (planning.cols, planning.rows)
    planning = spelt_out(planning, tiles, tile, image.shape, subject.count)
    if guessed:  # the detail is for `plan` to refuse, too
        planning = replace(planning, detail=None)
    grid = grid_shape(image.shape, tile, planning.cols, planning.rows)
    filled_cells(subject.cover, grid)  # `plan` would refuse what leaves nothing, but later
    cells = subject.count(grid)
    for cell in () if guessed else planning.fixed or ():
        check_place(cell, grid)
    used, looks = (_used(n, cells, planning) for n in (tiles, tiles * (1 + planning.mirror)))
    variants = looks
    if planning.tint != 0:
        most = min(cells, tiles * (1 + planning.mirror))
        variants = forecast_variants(cells, most, planning.palette)
    if shade_of(planning, cells):
        variants = cells
    tint = 1 if isinstance(planning.tint, str) else planning.tint
    sample = sample_tiles(reads, tile, loading) if reads and format_of(path).measured else None
    part = cells / (grid[0] * grid[1])
    order = Order(grid, tile, used, variants, encoding, part, tint, sample)
    forecast = format_of(path).forecast(order) if guessed else check_fits(path, order)
    # Planning is over when writing begins.
    memory = max(_planned(planning, image, tile, grid, tiles), forecast.memory)
    if cache_folder(loading.cache) is None:
        memory += tiles * tile[0] * tile[1] * 3
    if not guessed:
        require_memory(memory, f"output {shown(path)}", "ask for fewer cells or smaller tiles")
    known = tiles if guessed else None
    return Preflight(path, order.shape, encoding.dpi, forecast.disk, memory, forecast.files, known)


def _used(number: int, cells: int, planning: Planning) -> int:
    """About how many of so many tiles, or looks of them, are used: of as many as cells half."""
    if planning.max_uses is not None:
        return min(number, cells)
    return max(1, number * cells // (number + cells))


def of_mosaic(mosaic: Mosaic, path: str, encoding: Encoding) -> Preflight:
    """What a mosaic that is planned already will be and take; InputError for what does not fit."""
    order = order_of(mosaic, encoding)
    if format_of(path).measured:
        step = max(1, len(mosaic.variants) // _MEASURED)
        order = order._replace(sample=mosaic.layout.made(slice(0, step * _MEASURED, step)))
    forecast = check_fits(path, order)
    return Preflight(
        path, order.shape, encoding.dpi, forecast.disk, forecast.memory, forecast.files
    )


def order_of(mosaic: Mosaic, encoding: Encoding) -> Order:
    """What is to be written of a mosaic."""
    filled = 1.0 if mosaic.filled is None else float(mosaic.filled.mean())
    used, variants = len(mosaic.variants.tiles), len(mosaic.variants)
    return Order(mosaic.cells.shape, mosaic.tiles.size, used, variants, encoding, filled)


def _planned(
    planning: Planning,
    image: NDArray[np.uint8],
    tile: tuple[int, int],
    grid: tuple[int, int],
    tiles: int,
) -> int:
    """The memory that planning takes."""
    detail = detail_of(planning.detail, tile, image.shape, grid)
    looks = grid[0] * grid[1]
    if detail == 1 and has_pixels(image.shape, grid):
        # What is between pixels of a photograph adds as many colours again, and some more.
        looks = min(looks, 3 * count_colors(image))
    library = tiles * (1 + planning.mirror)
    spacing = SPACING if planning.spacing is None else planning.spacing
    sizes = grid, looks, library, detail, min(planning.k, library), spacing
    return planned_bytes(*sizes, planning.once or planning.max_uses is not None)


def tile_side(
    target: Target,
    width: float,
    *,
    dpi: float = Encoding.dpi,
    cols: int | None = None,
    rows: int | None = None,
) -> int:
    """The side in pixels of square tiles that make a print of `width` inches.

    Parameters
    ----------
    target : path, picture or array
        As for `plan`.
    width : float
        In inches.
    dpi : float
        Pixels an inch.
    cols, rows : int
        As for `plan`.

    Returns
    -------
    int
        The nearest whole number: the print is at most half a pixel a cell wider or narrower.

    Raises
    ------
    InputError
        Where that would be none.

    Examples
    --------
    >>> import numpy as np
    >>> tile_side(np.zeros((30, 40)), 24, dpi=300, cols=100)
    72
    """
    planning, dpi = Planning(cols=cols, rows=rows), Encoding(dpi=dpi).dpi
    across = grid_shape(as_image(target).shape, (1, 1), planning.cols, planning.rows)[1]
    if not isinstance(width, (int, float)) or not 0 < width * dpi < 2**31:
        raise InputError(
            f"width must be a number of inches of at most {2**31:,} pixels, got {width!r}"
        )
    side = round(width * dpi / across)
    if side < 1:
        raise InputError(
            f"a print of {width:g} inches has {width * dpi:,.0f} pixels, and {across:,} cells "
            "across: ask for fewer cells or a wider print"
        )
    return side


def checked(path: str | os.PathLike[str]) -> str:
    """`path` as a string, if its suffix names a format and its folder takes files."""
    name = named(path)
    name = name.rstrip(os.sep) or name
    format_of(name).check(name)
    return name


def _replaced(path: str) -> str | None:
    """The folder that writing `path` replaces, if it writes one."""
    folder = format_of(path).folder
    return None if folder is None else folder(path)


def _within(path: str | os.PathLike[str], folder: str | None) -> bool:
    """Whether `path` is `folder` or lies in it."""
    return folder is not None and (os.path.realpath(path) + os.sep).startswith(folder + os.sep)


def check_not_read(path: str, reads: Iterable[str | os.PathLike[str]]) -> int:
    """Raise an InputError for a path that is read from; return how many files are read."""
    folder, replaced = os.path.dirname(os.path.realpath(path)), _replaced(path)
    files = 0
    for source in reads:
        found = find_files(source, hidden=True) if os.path.isdir(source) else None
        files += 1 if found is None else len(found.names)
        if any(_within(read, replaced) for read in [source, *(found.folders if found else ())]):
            raise InputError(
                f"output {shown(path)} would replace {shown(replaced or path)}, where "
                "pictures are read from: give it another name"
            )
        itself = os.path.exists(source) and os.path.exists(path) and os.path.samefile(path, source)
        if itself or (found is not None and folder in found.folders and is_photo(path)):
            raise InputError(f"output {shown(path)} is read as input: give it another name")
    return files


def check_not_a_tile(path: str, tiles: Tiles) -> None:
    """Raise an InputError if writing `path` would replace one of the files that tiles came from."""
    if not tiles.root:
        return
    rejected = (file.path for file in tiles.rejected)
    names = (*tiles.names, *(name for name, _ in tiles.merged), *rejected)
    files = [os.path.join(tiles.root, name) for name in names]
    replaced = _replaced(path)
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
    for file in files:
        if os.path.basename(file) == name and os.path.realpath(file) == output:
            raise InputError(f"output {shown(path)} is read as input: give it another name")


def check_fits(path: str, order: Order) -> Forecast:
    """Raise an InputError for a picture that the format, the memory or the disk cannot hold."""
    height, width = order.shape[:2]
    written = format_of(path)
    most = written.most_side
    others = [
        other.suffixes[0]
        for other in registry.FORMATS
        if other.boundless and max(height, width) <= other.most_side
    ]
    suffix = os.path.splitext(path)[1].lower()
    instead = f", or write {' or '.join(others)}" if others and suffix not in others else ""
    if max(height, width) > most:
        raise InputError(
            f"output {shown(path)}: {width:,} x {height:,} pixels do not fit the format, which "
            f"ends at {most:,} a side: ask for fewer cells (at most {most // max(order.tile):,} of "
            f"these tiles a side) or smaller tiles{instead}"
        )
    if order.cells > written.most_cells:
        raise InputError(
            f"output {shown(path)}: {order.cells:,} cells do not fit the format, which ends at "
            f"{written.most_cells:,}: ask for fewer{instead}"
        )
    forecast = written.forecast(order)
    require_memory(
        forecast.memory,
        f"output {shown(path)}: writing {width:,} x {height:,} pixels",
        f"ask for fewer cells or smaller tiles{instead}",
    )
    folder = os.path.dirname(os.path.realpath(path))
    free = free_disk(folder)
    # What is forecast may be several times what comes; a disk that fills is an error all the same.
    if forecast.disk / 4 > free:
        raise InputError(
            f"output {shown(path)} needs about {nbytes(forecast.disk)} of disk and "
            f"{nbytes(free)} are free: ask for fewer cells or smaller tiles, or write elsewhere"
        )
    return forecast
