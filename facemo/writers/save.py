"""save: write a mosaic to a file; the suffix picks the format."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from facemo.drawing.mosaic import Mosaic
from facemo.errors import InputError
from facemo.options import Encoding, EncodingOptions, Progress, takes
from facemo.writers.format import Order
from facemo.writers.preflight import check_fits, check_not_a_tile, checked
from facemo.writers.registry import format_of

if TYPE_CHECKING:
    from typing_extensions import Unpack


@takes(Encoding)
def save(
    mosaic: Mosaic,
    path: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
    **options: Unpack[EncodingOptions],
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
    mosaic : Mosaic
        As `plan` makes one.
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
    Where a TIFF's tiles are shared and the first level that is not has more than 32 megapixels,
    that level and those below it are JPEG, and each level is a quarter of the one before.

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
    if not isinstance(mosaic, Mosaic):
        raise InputError(f"mosaic must be a Mosaic, as plan makes one, got {type(mosaic).__name__}")
    wanted = Encoding.of(options)
    if not (progress is None or callable(progress)):
        raise InputError(f"progress must be a function, got {progress!r}")
    path = checked(path)
    check_not_a_tile(path, mosaic.tiles)
    used = min(len(mosaic.tiles), mosaic.index.size)
    check_fits(path, Order(mosaic.index.shape, mosaic.tiles.size, used, bool(mosaic.tint), wanted))
    format_of(path).write(mosaic, path, wanted, progress or _untold)


def _untold(done: int, total: int) -> None:
    """Report to nobody."""
