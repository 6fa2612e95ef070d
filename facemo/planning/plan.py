"""plan and render: decide which tile stands in which cell."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.area import block_means
from facemo.drawing.mosaic import Mosaic
from facemo.drawing.variants import read_only
from facemo.errors import InputError
from facemo.kinds import Color, parse_color
from facemo.library.tensor import AnyTiles, as_tiles
from facemo.machine import batches, require_memory, trim_memory
from facemo.options import Loading, MosaicOptions, Planning, Progress
from facemo.planning.cells import FREE, STAYS_EMPTY, Cells, cells_of
from facemo.planning.describe import Looks, mirrored, nearer_turned
from facemo.planning.include import included
from facemo.planning.mask import filled_cells, filled_in, subject_of
from facemo.planning.recolour import recoloured
from facemo.planning.settle import settled
from facemo.planning.shade import Light, rises_of
from facemo.planning.target import Target, as_image, fit, has_pixels, reduced
from facemo.planning.terms import Terms, planned_bytes, terms_of
from facemo.planning.tint import foreseen, moved_to
from facemo.planning.weights import deeper, weights_of
from facemo.planning.wishes import Wishes, held_cells, wishes_of
from facemo.signatures import takes
from facemo.tiles import Tiles

if TYPE_CHECKING:
    from typing_extensions import Unpack

# Shares of the work that are done then, roughly.
_DESCRIBED, _SETTLED = 0.1, 0.8
_COMPARED = 1 << 16  # cells whose halves are compared at a time
_TRIMMED = 1 << 16  # cells whose planning leaves much freed memory: 60 MB of a million


@takes(Planning, Loading)
def plan(
    target: Target,
    tiles: AnyTiles,
    *,
    progress: Progress | None = None,
    **options: Unpack[MosaicOptions],
) -> Mosaic:
    """Decide which tile stands in which cell; nothing is drawn.

    Parameters
    ----------
    target : path, picture or array
        The picture to rebuild: its path, a file opened to be read, the bytes of one, a Pillow
        image, or numbers, (H, W), (H, W, 3) or (H, W, 4), sRGB: uint8, uint16, bool, other whole
        numbers from 0 to 255, or floats in [0, 1]. Cells of which less than half is seen, for the
        target is transparent there or `mask` says so, stay empty.
    tiles : Tiles, path or paths, pictures, or (N, h, w, 3) uint8
        What to build it of: tiles that are ready; what `load_tiles` takes, which then loads it; or
        pictures as a target may be, in a list, or in one array. These keep their size if they have
        one and `size` is not given, in a list of up to 256 pixels; else they are cropped and
        resized as files are.
    {options}
    progress : callable
        Called as ``progress(done, total)``, with numbers of files where tiles are loaded, then of
        cells.

    Returns
    -------
    Mosaic
        The plan, which draws its pixels when they are asked for. The tiles that it does not use,
        as those that `once` leaves over: ``np.delete(tiles.names, mosaic.variants.tiles)``.

    Raises
    ------
    InputError
        For what cannot be used, saying what was wanted and what came; an option about files, where
        none are loaded, is such.

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
    target = as_image(target)
    tiles = as_tiles(tiles, Loading.own(options), progress)
    asked = _asked(target, tiles, wanted, parse_color(Loading.of(options).background))
    image, terms = asked.image, asked.terms
    tell = partial(_tell, progress, terms.grid[0] * terms.grid[1])
    tell(0)
    cells = _cells(asked)
    tell(_DESCRIBED)
    library = looks_of(tiles, asked.wishes.allowed, terms)
    chosen = _chosen(asked, library, cells, tell)
    tint, colors = moved_to(library, cells, chosen, terms.tint)
    chosen = among_all(chosen, asked.wishes.allowed, len(tiles))
    chosen = turned_too(chosen, tiles, image, terms, asked.free)
    tell(_SETTLED)
    # Where tiles stay as they are because nobody would see it, so does their light.
    shade = terms.shade if tint or wanted.shade else 0.0
    rises = rises_of(image, terms.grid, terms.view) if shade else None
    light = None if rises is None else Light(rises, deeper(shade, cells))
    variants, numbers = recoloured(
        tiles.pixels, chosen, colors, tint, terms.palette, light, terms.view
    )
    if cells.which.size >= _TRIMMED:
        trim_memory()
    tell(1)
    # What is read-only need not be copied.
    cells_colors = read_only(numbers), read_only(cells.colors)
    return Mosaic(tiles, variants, *cells_colors, asked.background, terms.view)


@takes(Planning, Loading)
def render(
    target: Target,
    tiles: AnyTiles,
    *,
    progress: Progress | None = None,
    **options: Unpack[MosaicOptions],
) -> NDArray[np.uint8]:
    """Rebuild `target` out of `tiles`: the pixels of ``plan(target, tiles, ...)``.

    Parameters
    ----------
    target : path, picture or array
        As for `plan`.
    tiles : Tiles, path or paths, pictures, or (N, h, w, 3) uint8
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
    return plan(target, tiles, progress=progress, **options)[:]


class _Asked(NamedTuple):
    """What is to be planned.

    image : (H, W, 3) uint8, sRGB, the target, which has no holes any more
    background : sRGB, what is behind it
    filled : (rows, cols) bool, which cells want a tile; None if all do
    held : (rows, cols) int32, what cells keep, as `settle.settled` has it; None if all are free
    """

    image: NDArray[np.uint8]
    background: Color
    terms: Terms
    wishes: Wishes
    filled: NDArray[np.bool_] | None
    held: NDArray[np.int32] | None

    @property
    def free(self) -> NDArray[np.bool_] | None:
        """Which cells keep nothing: (rows, cols) bool; None if all are free."""
        return None if self.held is None else self.held == FREE


def _asked(target: Target, tiles: Tiles, wanted: Planning, ground: Color) -> _Asked:
    """What is wanted, checked against the target and the tiles."""
    subject = subject_of(target, wanted.mask, ground)
    wishes = wishes_of(wanted, tiles)
    terms = terms_of(wanted, len(wishes.allowed), tiles.size, subject.image.shape, subject.count)
    filled = filled_cells(subject.cover, terms.grid)
    empty = None if filled is None else np.where(filled, FREE, STAYS_EMPTY)
    held = held_cells(wishes, terms, empty)
    return _Asked(filled_in(subject, terms.grid, ground), ground, terms, wishes, filled, held)


def _cells(asked: _Asked) -> Cells:
    """The cells as they look, if there is memory to plan so many."""
    image, terms, count = asked.image, asked.terms, len(asked.wishes.allowed)
    shares = terms.detail == 1 and has_pixels(image.shape, terms.grid)
    _require(terms, 0 if shares else terms.grid[0] * terms.grid[1], count)
    some = None if asked.filled is None else np.flatnonzero(asked.filled).astype(np.int32)
    cells = cells_of(image, terms.grid, terms.detail, terms.space, some, terms.view)
    _require(terms, len(cells.looks), count)
    return cells._replace(weights=weights_of(terms.weights, image, cells, some))


def _chosen(
    asked: _Asked, library: Looks, cells: Cells, tell: Callable[[float], None]
) -> NDArray[np.int32]:
    """A tile for each cell, counted among those allowed: (rows, cols) int32."""
    _, _, terms, wishes, _, held = asked
    count, tint = len(wishes.allowed), foreseen(terms.tint)

    def settling(share: float) -> None:
        tell(_DESCRIBED + share * (_SETTLED - _DESCRIBED))

    chosen = settled(library, cells, count, tint, terms, settling, held)
    return included(library, cells, chosen, wishes.included, count, tint, held)


def _tell(progress: Progress | None, cells: int, share: float) -> None:
    """Report a share of the work as if it were cells."""
    if progress is not None:
        progress(int(share * cells), cells)


def looks_of(tiles: Tiles, some: NDArray[np.int32], terms: Terms) -> Looks:
    """How some of the tiles look and, where that may differ and is allowed, their mirror images."""
    blocks = block_means(tiles.pixels, terms.detail, terms.view)
    if len(some) < len(tiles):
        blocks = blocks[some]
    if terms.mirror and terms.detail > 1:
        blocks = np.concatenate([blocks, mirrored(blocks)])
    return Looks(blocks, terms.space, terms.view)


def among_all(chosen: NDArray[np.int32], some: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Tiles and mirror images counted among `some`, in terms of all `count` of them; -1 stays.

    >>> among_all(np.int32([0, 1, 2, 3, -1]), np.int32([4, 7]), 10)
    array([ 4,  7, 14, 17, -1], dtype=int32)
    """
    if len(some) == count:
        return chosen
    return np.concatenate([some, some + np.int32(count), np.array([-1], np.int32)])[chosen]


def turned_too(
    chosen: NDArray[np.int32],
    tiles: Tiles,
    image: NDArray[np.uint8],
    terms: Terms,
    free: NDArray[np.bool_] | None,
) -> NDArray[np.int32]:
    """What is `chosen`, with mirror images where `free` cells look more like these.

    Tiles that are chosen by their means are turned by what is left and right in them.
    """
    if not terms.mirror or terms.detail > 1 or tiles.size[1] == 1:
        return chosen
    turned = _turned(tiles, image, chosen % np.int32(len(tiles)))
    return chosen + np.int32(len(tiles)) * (turned if free is None else turned & free)


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
