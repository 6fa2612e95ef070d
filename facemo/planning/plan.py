"""plan and render: decide which tile stands in which cell."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facemo.area import block_means
from facemo.drawing.mosaic import Mosaic
from facemo.drawing.variants import read_only
from facemo.errors import InputError
from facemo.machine import batches, require_memory, trim_memory
from facemo.options import Planning, PlanningOptions, Progress, takes
from facemo.planning.cells import cells_of
from facemo.planning.describe import Looks, mirrored, nearer_turned
from facemo.planning.palette import varied
from facemo.planning.settle import settled
from facemo.planning.target import Target, as_image, fit, has_pixels, reduced
from facemo.planning.terms import Terms, planned_bytes, terms_of
from facemo.planning.tint import moved_to
from facemo.tiles import AnyTiles, Tiles, as_tiles

if TYPE_CHECKING:
    from typing_extensions import Unpack

# Shares of the work that are done then, roughly.
_DESCRIBED, _SETTLED = 0.1, 0.8
_COMPARED = 1 << 16  # cells whose halves are compared at a time
_TRIMMED = 1 << 16  # cells whose planning leaves much freed memory: 60 MB of a million


@takes(Planning)
def plan(
    target: Target,
    tiles: AnyTiles,
    *,
    progress: Progress | None = None,
    **options: Unpack[PlanningOptions],
) -> Mosaic:
    """Decide which tile stands in which cell; nothing is drawn.

    Parameters
    ----------
    target : array, picture or path
        The picture to rebuild: (H, W), (H, W, 3) or (H, W, 4), of uint8, uint16, bool, or floats
        in [0, 1], sRGB; a Pillow image; or the path of a picture.
    tiles : Tiles, (N, h, w, 3) uint8, or a list of pictures of one size
        What to build it of.
    {options}
    progress : callable
        Called as ``progress(done, total)`` with numbers of cells.

    Returns
    -------
    Mosaic
        The plan, which draws its pixels when they are asked for. The tiles that it does not use,
        as those that `once` leaves over: ``np.delete(tiles.names, mosaic.variants.tile)``.

    Raises
    ------
    InputError
        For what cannot be used, saying what was wanted and what came.

    Examples
    --------
    >>> shades = np.arange(256, dtype=np.uint8)
    >>> tiles = np.broadcast_to(shades[:, None, None, None], (256, 4, 4, 3))
    >>> plan(np.array([[0.0, 0.2], [0.4, 1.0]]), tiles, cols=2, k=1).index
    array([[  0,  51], [102, 255]], dtype=int32)
    """
    wanted = Planning.of(options)
    if not (progress is None or callable(progress)):
        raise InputError(f"progress must be a function, got {progress!r}")
    tiles = as_tiles(tiles)
    image = as_image(target)
    terms = terms_of(wanted, len(tiles), tiles.size, image.shape)
    (rows, cols), detail = terms.grid, terms.detail
    tell = partial(_tell, progress, rows * cols)
    tell(0)
    shares = detail == 1 and has_pixels(image.shape, terms.grid)
    _require(terms, 0 if shares else rows * cols, len(tiles))
    cells = cells_of(image, terms.grid, detail, terms.space)
    _require(terms, len(cells.looks), len(tiles))
    tell(_DESCRIBED)
    library = library_of(tiles, terms)
    chosen = settled(
        library,
        cells,
        len(tiles),
        1.0 if isinstance(terms.tint, str) else terms.tint,
        terms,
        lambda share: tell(_DESCRIBED + share * (_SETTLED - _DESCRIBED)),
    )
    tint, colors = moved_to(library, cells, chosen, terms.tint)
    # Tiles that are chosen by their means are turned by what is left and right in them.
    if terms.mirror and detail == 1 and tiles.size[1] > 1:
        chosen += np.int32(len(tiles)) * _turned(tiles, image, chosen)
    tell(_SETTLED)
    variants, numbers = varied(tiles.pixels, chosen, colors, tint, terms.palette)
    if cells.which.size >= _TRIMMED:
        trim_memory()
    tell(1)
    # What is read-only need not be copied.
    return Mosaic(tiles, variants, read_only(numbers), read_only(cells.colors))


@takes(Planning)
def render(
    target: Target,
    tiles: AnyTiles,
    *,
    progress: Progress | None = None,
    **options: Unpack[PlanningOptions],
) -> NDArray[np.uint8]:
    """Rebuild `target` out of `tiles`: the pixels of ``plan(target, tiles, ...)``.

    Parameters
    ----------
    target : array, picture or path
        As for `plan`.
    tiles : Tiles, (N, h, w, 3) uint8, or a list of pictures of one size
        As for `plan`.
    {options}
    progress : callable
        As for `plan`: drawing is not told.

    Returns
    -------
    (rows * h, cols * w, 3) uint8, sRGB
        The picture.

    Raises
    ------
    InputError
        As `plan` does, and for a picture larger than memory.

    Examples
    --------
    >>> tiles = np.stack([np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)])
    >>> render(np.eye(3), tiles, cols=3, k=1).shape
    (24, 24, 3)
    """
    return np.asarray(plan(target, tiles, progress=progress, **options))


def _tell(progress: Progress | None, cells: int, share: float) -> None:
    """Report a share of the work as if it were cells."""
    if progress is not None:
        progress(int(share * cells), cells)


def library_of(tiles: Tiles, terms: Terms) -> Looks:
    """How the tiles look and, where that may differ and is allowed, their mirror images."""
    blocks = block_means(tiles.pixels, terms.detail)
    if terms.mirror and terms.detail > 1:
        blocks = np.concatenate([blocks, mirrored(blocks)])
    return Looks(blocks, terms.space)


def _turned(tiles: Tiles, image: NDArray[np.uint8], index: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Which cells look more like their tile's mirror image: (rows, cols) bool."""
    rows, cols = index.shape
    fitted = fit(image, 2 * rows, 2 * cols)
    halves = block_means(tiles.pixels, 2)
    turned = np.empty(index.shape, bool)
    lines = len(fitted) // rows
    for some in batches(rows, _COMPARED // cols):
        band = fitted[some.start * lines : some.stop * lines]
        blocks = reduced(band, some.stop - some.start, cols, 2)
        turned[some] = nearer_turned(halves, index[some], blocks.reshape(-1, 2, 2, 3))
    return turned


def _require(terms: Terms, looks: int, tiles: int) -> None:
    """Raise an InputError if there is no memory to plan cells of so many looks, of tiles."""
    rows, cols = terms.grid
    library = tiles * (1 + terms.mirror)
    capped = terms.max_uses is not None
    sizes = terms.grid, looks, library, terms.detail, terms.k, terms.spacing
    nbytes = planned_bytes(*sizes, capped)
    require_memory(
        nbytes,
        f"planning {cols:,} x {rows:,} cells",
        "ask for fewer cells" + ", with once=True by fewer tiles" * (terms.max_uses == 1),
    )
