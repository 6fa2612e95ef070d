"""Write a mosaic to a file; the suffix picks the format."""

from __future__ import annotations

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
    path = _checked(path)
    _check_not_a_tile(path, mosaic.tiles)
    _check_size(path, mosaic.shape)
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
    _check_size(path, shape)
    return shape


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _checked(path: str | os.PathLike[str]) -> str:
    """`path` as a string, if its suffix names a format and its folder takes files."""
    name = os.fspath(path)
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
            raise InputError(_READ_AS_INPUT.format(shown(path)))


def _check_not_a_tile(path: str, tiles: Tiles) -> None:
    if not tiles.root or not os.path.exists(path):
        return
    files = [os.path.join(tiles.root, name) for name in tiles.names]
    output, name = os.path.realpath(path), os.path.basename(os.path.realpath(path))
    for file in [*files, *(rejected.path for rejected in tiles.rejected)]:
        if os.path.basename(file) == name and os.path.realpath(file) == output:
            raise InputError(_READ_AS_INPUT.format(shown(path)))


_READ_AS_INPUT = "output {} is read as input: give it another name"


def _check_size(path: str, shape: tuple[int, int, int]) -> None:
    height, width = shape[:2]
    limits = picture.FORMATS[_suffix(path)]
    does_not_fit = f"output {shown(path)}: {width:,} x {height:,} pixels do not fit the format, "
    remedy = "ask for fewer cells or smaller tiles, or write"
    if max(height, width) > limits.most_pixels:
        raise InputError(
            f"{does_not_fit}which ends at {limits.most_pixels:,} a side: {remedy} .png or .tif"
        )
    if limits.most_bytes is not None and height * width * 3 > limits.most_bytes:
        raise InputError(f"{does_not_fit}which ends at 4 GB: {remedy} .png")
    # The drawn pixels, and Pillow's copy of them at four bytes a pixel.
    require_memory(
        height * width * 7,
        f"output {shown(path)}: drawing and encoding {width:,} x {height:,} pixels",
        "ask for fewer cells or smaller tiles",
    )
