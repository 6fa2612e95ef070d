"""save: write a mosaic to a file; the suffix picks the format."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facemo.drawing.mosaic import Mosaic
from facemo.drawing.variants import Variants
from facemo.errors import InputError, kind_of, shown
from facemo.library.given import as_numbers, as_picture
from facemo.options import Encoding, EncodingOptions, Progress
from facemo.signatures import takes
from facemo.tiles import Tiles
from facemo.writers.preflight import check_fits, check_not_a_tile, checked, order_of
from facemo.writers.registry import format_of

if TYPE_CHECKING:
    from typing_extensions import Unpack

_SAVED = "a Mosaic, as plan makes one, or a picture, (H, W, 3) uint8"


@takes(Encoding)
def save(
    mosaic: Mosaic | NDArray[Any] | Image.Image,
    path: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
    **options: Unpack[EncodingOptions],
) -> None:
    """Write a mosaic, or any picture, to `path`, in the format that the suffix names.

    ``.png``, ``.jpg``, ``.tif``, ``.webp``: a picture; a TIFF has reduced levels, too. ``.html``: a
    zoomable page in one file, of up to 16,777,216 cells. ``.dzi``: Deep Zoom, a file and a folder
    of tiles. ``.zarr``: an array in chunks. ``.npz``: the plan, for `load_plan`. ``.csv``: which
    photo stands where.

    The file, or folder, appears under its name when it is complete, and not before: whatever stood
    there stays until then.

    Parameters
    ----------
    mosaic : Mosaic, array or Pillow image
        As `plan` makes one; or a picture, as `render` draws one: (H, W, 3) uint8, or any numbers
        that `plan` takes for a target, without transparency. A picture has no cells, and becomes
        none of ``.html``, ``.npz`` and ``.csv``.
    path : path
        The file or folder to write.
    {options}
    progress : callable
        Called as ``progress(done, total)`` with numbers of pixels, or of cells for ``.csv``.

    Raises
    ------
    InputError
        Before any work, for an unknown suffix or option, a folder that takes no files, a picture
        that the format, the memory or the disk cannot hold, or a path that is one of the tiles.
    OSError
        For what the disk refuses later.

    Notes
    -----
    Where variants are laid twice or more on average, each is encoded once and what was encoded is
    arranged. PNG and pages take tiles of any sides for that, JPEG multiples of 8 (16 with a
    `subsampling` of 4:2:0), TIFF multiples of 16, Deep Zoom squares of 64 or more. Anything else is
    drawn and encoded piece by piece, which takes longer, and the disk that its pixels ask for, but
    hardly more memory; only a WebP is in memory as a whole, 7 bytes a pixel.

    JPEG ends at 65,500 pixels a side, WebP at 16,383, a page at 16,777,216 cells. A page that
    more tiles are used in than it holds (13,440 of 64 x 64 pixels, 3,200 of 128 x 128), or longer
    ones than 1,024 pixels, shows them smaller and says so; Deep Zoom keeps every pixel. The names
    of the files are in a page, with the folders below the one that holds them all.

    Where a TIFF's tiles are shared and the first level that is not has more than 32 megapixels,
    that level and those below it are JPEG, and each level is a quarter of the one before: about
    from 500,000 cells on. libvips wants such levels by their page, ``huge.tif[page=2]``, and reads
    a TIFF of more than 2.9 million cells as ``huge.tif[unlimited]``, from Python with
    ``unlimited=True, access="sequential"``.

    Empty cells are transparent in PNG, WebP and TIFF, but for a `compression` of JPEG; in JPEG and
    Zarr they have the mosaic's background, in a page what is behind the mosaic is seen, Deep Zoom
    has no tile where all cells are empty, and ``.csv`` no line.

    A million cells make 1.3 million files of Deep Zoom. Cells that show the same tile are hard
    links to one; ``rsync -H`` and ``tar`` keep them so. The text of a ``.csv`` is UTF-8 with a
    mark that Excel wants: ``open(path, newline="", encoding="utf-8-sig")``.

    What is under way has a hidden name beside its destination, ``.facemo-….part``. A power cut,
    or a kill that leaves no time to tidy up, may leave it there; it can be removed.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> from facemo import plan
    >>> mosaic = plan(np.eye(9), np.zeros((1, 8, 8, 3), np.uint8), cols=9)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(mosaic, f"{folder}/poster.png")
    ...     os.listdir(folder)
    ['poster.png']
    """
    wanted = Encoding.of(options)
    if not (progress is None or callable(progress)):
        raise InputError(f"progress must be a function, got {progress!r}")
    if not isinstance(mosaic, Mosaic):
        mosaic = _of_picture(mosaic, path)
    path = checked(path)
    check_not_a_tile(path, mosaic.tiles)
    check_fits(path, order_of(mosaic, wanted))
    format_of(path).write(mosaic, path, wanted, progress or _untold)


def _of_picture(picture: Any, path: str | os.PathLike[str]) -> Mosaic:
    """A picture as a mosaic of one cell, for a path that can be one."""
    if isinstance(picture, (str, bytes, os.PathLike, Tiles)):
        first = "" if isinstance(picture, Tiles) else ": what is saved comes first, then the path"
        raise InputError(f"mosaic must be {_SAVED}, got {kind_of(picture)}{first}")
    if not isinstance(picture, Image.Image):
        as_numbers(picture, "mosaic", _SAVED)
    pixels = as_picture(picture, "mosaic")
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., np.newaxis], 3, axis=2)
    if pixels[..., 3:].size and pixels[..., 3].min() < 255:
        raise InputError("mosaic must be a picture without transparency: lay it over a colour")
    written = format_of(checked(path))
    if written.of_cells:
        raise InputError(
            f"output {shown(path)}: a picture has no cells, which {written.suffixes[0]} is of: "
            "save the Mosaic that plan makes"
        )
    tiles = Tiles(pixels[np.newaxis, ..., :3])
    colors = np.rint(tiles.pixels.mean(axis=(1, 2))).astype(np.uint8)
    return Mosaic(tiles, Variants(np.zeros(1, np.int32)), np.zeros((1, 1), np.int32), colors[None])


def _untold(done: int, total: int) -> None:
    """Report to nobody."""
