"""Write a mosaic to a file; the suffix picks the format."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable

from facemo.errors import InputError, shown
from facemo.find import find_files
from facemo.machine import require_memory
from facemo.mosaic import Mosaic
from facemo.target import Target, as_image, grid_shape
from facemo.tiles import Tiles, tile_size
from facemo.writers import picture
from facemo.writers.whole import check_folder, whole_file


def save(
    mosaic: Mosaic, path: str | os.PathLike[str], *, progress: picture.Progress | None = None
) -> None:
    """Write `mosaic` to `path` as PNG, JPEG, TIFF or WebP, whichever the suffix names.

    The file appears under its name when it is complete, and not before: whatever stood there
    stays until then. ``progress(done, total)`` counts bytes written, of which the total is None
    because these encoders cannot know it.

    Raises InputError before any work for an unknown suffix, a folder that takes no files, a
    picture that the format or the memory cannot hold, or a path that is one of the tiles.

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
    path = _checked(path)
    _check_not_a_tile(path, mosaic.tiles)
    _check_fits(path, mosaic.shape, mosaic.tiles.size)
    with whole_file(path) as file:
        picture.write(mosaic, file, _suffix(path), progress)


def preflight(
    target: Target,
    path: str | os.PathLike[str],
    *,
    size: int | tuple[int, int] = 64,
    cols: int | None = None,
    rows: int | None = None,
    reads: Iterable[str | os.PathLike[str]] = (),
) -> tuple[int, int, int]:
    """Say before any work whether a mosaic can be made and saved at `path`.

    Takes the options of `load_tiles` and `plan`. `reads` are the files and folders that the work
    reads from: writing over one, or into one, is refused, for the next run would take the mosaic
    for a tile. Returns the picture's shape, (height, width, 3) in pixels; raises InputError for
    what `plan` and `save` would refuse.

    >>> import numpy as np
    >>> preflight(np.zeros((30, 40)), "poster.png", size=32, cols=100)
    (2400, 3200, 3)
    """
    path = _checked(path)
    _check_not_read(path, reads)
    tile = tile_size(size)
    down, across = grid_shape(as_image(target).shape, tile, cols, rows)
    shape = (down * tile[0], across * tile[1], 3)
    _check_fits(path, shape, tile)
    return shape


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _checked(path: str | os.PathLike[str]) -> str:
    """`path` as a string, if its suffix names a format and its folder takes files."""
    name = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    if not isinstance(name, str) or "\0" in name:
        raise InputError(f"path must be text that can name a file, got {name!r}")
    if _suffix(name) not in picture.FORMATS:
        raise InputError(
            f"output {shown(name)}: the suffix must be one of {', '.join(picture.FORMATS)}"
        )
    check_folder(name)
    return name


def _check_not_read(path: str, reads: Iterable[str | os.PathLike[str]]) -> None:
    folder = os.path.dirname(os.path.realpath(path))
    for source in reads:
        if os.path.isdir(source) and folder in find_files(source).folders:
            raise InputError(
                f"output {shown(path)} lies in {shown(source)}, where tiles are read from, and "
                "would be a tile of the next mosaic: write it elsewhere"
            )
        if os.path.exists(path) and os.path.exists(source) and os.path.samefile(path, source):
            raise InputError(f"output {shown(path)} is read as input: give it another name")


def _check_not_a_tile(path: str, tiles: Tiles) -> None:
    if not tiles.root or not os.path.exists(path):
        return
    files = [os.path.join(tiles.root, name) for name in tiles.names]
    output, name = os.path.realpath(path), os.path.basename(os.path.realpath(path))
    for file in [*files, *(rejected.path for rejected in tiles.rejected)]:
        if os.path.basename(file) == name and os.path.realpath(file) == output:
            raise InputError(f"output {shown(path)} is read as input: give it another name")


def _check_fits(path: str, shape: tuple[int, int, int], tile: tuple[int, int]) -> None:
    """Raise an InputError for a picture that the format or the memory cannot hold."""
    height, width = shape[:2]
    most = picture.FORMATS[_suffix(path)]
    if not most.holds(height, width):
        by_bytes = math.isqrt(most.most_bytes // 3)
        cells = min(most.most_pixels, by_bytes) // max(tile)
        others = [s for s in (".png", ".tif") if picture.FORMATS[s].holds(height, width)]
        raise InputError(
            f"output {shown(path)}: {width:,} x {height:,} pixels do not fit the format, which "
            f"ends at {most.most_pixels:,} a side"
            + (
                f" and {most.most_bytes / 2**30:.0f} GB of pixels"
                if most.most_bytes < 2**60
                else ""
            )
            + f": ask for fewer cells (at most {cells:,} of these tiles a side) or smaller tiles"
            + (f", or write {' or '.join(others)}" if others else "")
        )
    # The drawn pixels, and Pillow's copy of them at four bytes a pixel.
    require_memory(
        height * width * 7,
        f"output {shown(path)}: drawing and encoding {width:,} x {height:,} pixels",
        "ask for fewer cells or smaller tiles",
    )
