"""replan: a mosaic after photos came, went or were wished for, with few cells changed.

What cells have is held, so that only those that lose it are described, matched and settled.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from facemo.drawing.mosaic import Mosaic, require_mosaic
from facemo.drawing.recolour import means_of
from facemo.drawing.variants import EMPTY, Variants, read_only
from facemo.errors import InputError
from facemo.kernels.settle import Choices, choose
from facemo.library.tensor import AnyTiles, as_tiles
from facemo.options import Planning, PlanningOptions
from facemo.planning.appraise import appraised, judged
from facemo.planning.assign import free_cells
from facemo.planning.cells import FREE, STAYS_EMPTY, Cells, cells_of
from facemo.planning.describe import Looks
from facemo.planning.include import included
from facemo.planning.mask import filled_in, subject_of
from facemo.planning.names import Names
from facemo.planning.plan import among_all, looks_of, turned_too
from facemo.planning.recolour import recoloured
from facemo.planning.settle import bounds_of, settled
from facemo.planning.shade import Light, rises_of
from facemo.planning.target import Target
from facemo.planning.terms import Terms, terms_of
from facemo.planning.tint import aimed, foreseen
from facemo.planning.weights import deeper, weights_of
from facemo.planning.wishes import Wishes, held_cells, wishes_of
from facemo.signatures import takes
from facemo.tiles import Tiles

if TYPE_CHECKING:
    from typing_extensions import Unpack

# A photo that came takes a cell if it costs less than so much of what the cell's own does. Ten that
# come to 190 portraits or 909 photographs then change .2 to 2.1% of 100 x 100 cells, and FLIP is
# within .0001 of the best of .6 to 1; planning anew changes 34 to 66%, for a FLIP that differs by
# -.0008 to +.0007.
_BETTER = 0.8
_NEAR = 4  # of those that came, for each cell


@takes(Planning)
def replan(
    mosaic: Mosaic, target: Target, tiles: AnyTiles, **options: Unpack[PlanningOptions]
) -> Mosaic:
    """Change as few cells as must be where photos came, went, or are wished for.

    A cell keeps its photo, and its colours to the last bit, unless that is gone or left out, or has
    to go for what `fixed`, `include`, `spacing` and `max_uses` say. Photos that came get the cells
    that they fit clearly better, by a fifth. Empty cells stay so, and no others become it. Options
    mean what they do for `plan`: give the same. What is kept is part of a `palette`: where it is
    full, cells that change share a look that their photo has already, or get one for each photo.

    Parameters
    ----------
    mosaic : Mosaic
        What was planned, for this target.
    target : path, picture or array
        As for `plan`.
    tiles : Tiles, path or paths, pictures, or (N, h, w, 3) uint8
        What there is now, known by their names; an array or a list of as many as before stands for
        those in the same order.
    {options}

    Returns
    -------
    Mosaic
        The plan, on the same grid; where `tint` is "auto", new cells are recoloured if others are,
        and light runs across them if it does across others.

    Raises
    ------
    InputError
        As `plan` does, and for another grid than the mosaic's.

    Examples
    --------
    >>> from facemo import plan
    >>> shades = np.arange(0, 256, 5, dtype=np.uint8)[:, None, None, None]
    >>> tiles, target = np.broadcast_to(shades, (52, 4, 4, 3)), np.linspace(0, 1, 400)
    >>> before = plan(target.reshape(20, 20), tiles, cols=10)
    >>> after = replan(before, target.reshape(20, 20), tiles, exclude=["25"])
    >>> np.array_equal(before.index != after.index, before.index == 25)
    True
    """
    require_mosaic(mosaic)
    wanted = _on_grid(Planning.of(options), mosaic)
    subject = subject_of(target, wanted.mask, mosaic.background)
    image = filled_in(subject, mosaic.cells.shape, mosaic.background)
    now = _now(wanted, _named(tiles, mosaic.tiles), image, int((mosaic.index >= 0).sum()))
    place = _places(mosaic, now)
    before = place[mosaic.cells]
    empty = np.minimum(before, FREE) if np.any(before == STAYS_EMPTY) else None
    pinned = held_cells(now.wishes, now.terms, empty)
    chosen = _settled(now, _held(now, mosaic, before, pinned))
    chosen = _bettered(now, mosaic, chosen, pinned)
    return _laid(now, mosaic, place, chosen, pinned)


@dataclass(frozen=True, eq=False)
class _Now:
    """What there is now: what to plan for, with what, and how; `library` is how `wishes` count."""

    image: NDArray[np.uint8]
    tiles: Tiles
    wishes: Wishes
    terms: Terms
    library: Looks
    looked: dict[bytes, Cells] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many tiles may be used."""
        return len(self.wishes.allowed)

    @property
    def tint(self) -> float:
        """How far means will be moved."""
        return foreseen(self.terms.tint)

    def cells(self, some: NDArray[np.int32] | None = None) -> Cells:
        """Those cells as they look, or all; the same are looked at once."""
        key, terms = b"" if some is None else some.tobytes(), self.terms
        if key not in self.looked:
            cells = cells_of(self.image, terms.grid, terms.detail, terms.space, some, terms.view)
            weights = weights_of(terms.weights, self.image, cells, some)
            self.looked[key] = cells._replace(weights=weights)
        return self.looked[key]


def _now(wanted: Planning, tiles: Tiles, image: NDArray[np.uint8], cells: int) -> _Now:
    """What there is for so many cells that show a tile."""
    wishes = wishes_of(wanted, tiles)
    if wanted.max_uses == 1 and len(wishes.allowed) < cells:
        raise InputError(
            f"{len(wishes.allowed):,} photos, each once, are fewer than the {cells:,} cells: use "
            "max_uses=2 in place of once=True, bring others, or plan anew"
        )
    terms = terms_of(wanted, len(wishes.allowed), tiles.size, image.shape, lambda _: cells)
    return _Now(image, tiles, wishes, terms, looks_of(tiles, wishes.allowed, terms))


def _on_grid(wanted: Planning, mosaic: Mosaic) -> Planning:
    """The options for the grid that there is."""
    rows, cols = mosaic.cells.shape
    for name, given, there in (("cols", wanted.cols, cols), ("rows", wanted.rows, rows)):
        if given not in (None, there):
            raise InputError(
                f"{name}={given}: the mosaic has {cols:,} x {rows:,} cells, and they stay: leave "
                "it out, or plan anew"
            )
    if wanted.view not in (None, mosaic.view):
        raise InputError(
            f"view={wanted.view}: the mosaic was planned for {mosaic.view}, and stays so: leave it "
            "out, or plan anew"
        )
    most = 1 if wanted.once else wanted.max_uses
    return replace(wanted, cols=cols, rows=rows, once=False, max_uses=most, view=mosaic.view)


def _named(tiles: AnyTiles, before: Tiles) -> Tiles:
    """The tiles, with the names that they had where they have none."""
    now = as_tiles(tiles)
    unnamed = not isinstance(tiles, Tiles) and len(now) == len(before)
    return Tiles(now.pixels, before.names) if unnamed else now


def _places(mosaic: Mosaic, now: _Now) -> NDArray[np.int32]:
    """What each variant shows, counted among the tiles allowed now: (V,) int32.

    As `settle.settled` has what is held; `FREE` where it is gone.
    """
    number = Names(now.tiles).number
    place = np.full(len(now.tiles) + 1, FREE)
    place[now.wishes.allowed] = np.arange(now.count)
    gone = len(now.tiles)
    for name, other in mosaic.tiles.merged:  # a file that was one with this one stands for it
        if name in number:
            number.setdefault(other, number[name])
    variants, names = mosaic.variants, mosaic.tiles.names
    known = [number.get(names[n], gone) if n >= 0 else gone for n in variants.tile.tolist()]
    places = place[known]
    places[(places >= 0) & variants.mirrored] += np.int32(now.count)
    places[variants.tile < 0] = STAYS_EMPTY
    return places


def _held(
    now: _Now, mosaic: Mosaic, before: NDArray[np.int32], pinned: NDArray[np.int32] | None
) -> NDArray[np.int32]:
    """What cells keep of what they had, or get for good: (rows, cols) int32, as for `settled`."""
    held, count = before.copy(), now.count
    fixed = np.zeros(held.shape, bool)
    if pinned is not None:
        fixed = pinned >= 0
        other = fixed & ((held < 0) | (held % count != pinned))
        held[other] = pinned[other]
    for some, others in _windows(held.shape, now.terms.spacing):
        one, two = held[some], held[others]
        meet = (one >= 0) & (two >= 0) & (one % count == two % count)
        if meet.any():
            one[meet & fixed[others]] = FREE
            two[meet & ~fixed[others]] = FREE
    most = now.terms.max_uses
    if most is not None and np.bincount(held[held >= 0] % count).max(initial=0) > most:
        held.ravel()[_surplus(now, mosaic, held, fixed, most)] = FREE
    return held


def _windows(grid: tuple[int, ...], spacing: int) -> Iterator[tuple[Any, Any]]:
    """All pairs of parts of a grid whose cells are so far apart, or nearer."""
    rows, cols = (min(spacing, side - 1) for side in grid)
    for down, across in product(range(rows + 1), range(-cols, cols + 1)):
        if (down, across) > (0, 0):
            left, right = max(0, -across), max(0, across)
            some = slice(0, grid[0] - down), slice(left, grid[1] - right)
            yield some, (slice(down, None), slice(right, grid[1] - left))


def _surplus(
    now: _Now, mosaic: Mosaic, held: NDArray[np.int32], fixed: NDArray[np.bool_], most: int
) -> NDArray[np.int64]:
    """The cells whose tile is used more often than it may be: those whose colours are furthest."""
    cells = np.flatnonzero(held >= 0)
    tile = held.ravel()[cells] % now.count
    off = mosaic.colors.reshape(-1, 3)[cells] - now.library.means[tile]
    order = np.lexsort(((off**2).sum(axis=1), ~fixed.ravel()[cells], tile))
    uses = np.bincount(tile)
    rank = np.arange(len(cells)) - np.repeat(np.cumsum(uses) - uses, uses)
    surplus: NDArray[np.int64] = cells[order[rank >= most]]
    return surplus


def _settled(now: _Now, held: NDArray[np.int32]) -> NDArray[np.int32]:
    """A tile for each cell that is free; no others are looked at."""
    free = free_cells(held, held.size)
    if not len(free):
        return np.maximum(held, np.int32(-1))
    return settled(now.library, now.cells(free), now.count, now.tint, now.terms, held=held)


def _bettered(
    now: _Now, mosaic: Mosaic, chosen: NDArray[np.int32], pinned: NDArray[np.int32] | None
) -> NDArray[np.int32]:
    """What is chosen, with those that came where they are better, and all who have to appear."""
    known = {*mosaic.tiles.names, *(name for name, _ in mosaic.tiles.merged)}
    names = now.tiles.names
    came = [n for n, tile in enumerate(now.wishes.allowed.tolist()) if names[tile] not in known]
    missing = np.setdiff1d(now.wishes.included, chosen[chosen >= 0] % now.count)
    if not came and not len(missing):
        return chosen
    cells = now.cells()
    if came:
        chosen = _improved(now, cells, chosen, np.array(came, np.int32), pinned)
    wanted = now.wishes.included
    return included(now.library, cells, chosen, wanted, now.count, now.tint, pinned)


def _improved(
    now: _Now,
    cells: Cells,
    chosen: NDArray[np.int32],
    came: NDArray[np.int32],
    pinned: NDArray[np.int32] | None,
) -> NDArray[np.int32]:
    """What is chosen, with those that `came`, (n,), where they cost clearly less."""
    few = looks_of(now.tiles, now.wishes.allowed[came], now.terms)
    found = appraised(few, cells.looks, _NEAR, now.tint, weights=cells.weights)
    own = chosen.reshape(-1, 1)
    cost = _BETTER * judged(now.library, cells, own % np.int32(len(now.library)), now.tint)
    which = cells.which.ravel()
    tile = np.concatenate([came, came + np.int32(now.count)])[found.tile[which]]
    gain = (cost - found.cost[which]).max(axis=1)
    free = (chosen >= 0 if pinned is None else pinned == FREE).ravel()
    order = np.argsort(-gain, kind="stable")
    order = order[(free & (gain > 0))[order]]
    choices = Choices(
        np.concatenate([own, tile], axis=1),
        np.concatenate([cost, found.cost[which]], axis=1),
        np.arange(len(which), dtype=np.int32),
        np.zeros(len(which)),
    )
    uses = np.bincount(chosen[chosen >= 0] % now.count, minlength=now.count).astype(np.int32)
    changed = chosen.copy()
    bounds = bounds_of(now.terms, now.count, int(uses.sum()))._replace(k=1)
    choose(order, choices, bounds, uses, changed)
    return changed


def _laid(
    now: _Now,
    mosaic: Mosaic,
    place: NDArray[np.int32],
    chosen: NDArray[np.int32],
    pinned: NDArray[np.int32] | None,
) -> Mosaic:
    """The mosaic with what is chosen where that is another tile than before.

    place : (V,) int32, of `_places`
    """
    tile = now.wishes.allowed[place % now.count]
    tile[place == STAYS_EMPTY] = EMPTY
    kept = replace(mosaic.variants, tile=tile)  # those that are gone have no cell
    changed = (chosen != place[mosaic.cells]) & (chosen >= 0)
    if not changed.any():
        return replace(mosaic, tiles=now.tiles, variants=kept)
    laid = among_all(chosen, now.wishes.allowed, len(now.tiles))
    free = changed if pinned is None else changed & (pinned < 0)
    laid = turned_too(laid, now.tiles, now.image, now.terms, free)
    tint, colors = now.tint, mosaic.colors
    if isinstance(now.terms.tint, str):
        tint, colors = float(mosaic.variants.recoloured.any()), aimed(colors)
    places, palette = mosaic.cells.copy(), now.terms.palette
    if isinstance(palette, int):
        used = np.unique(mosaic.cells[~changed])
        palette -= len(used)
        if palette < len(np.unique(laid[changed])):
            tile = np.where(changed, laid % np.int32(len(now.tiles)), np.int32(EMPTY))
            shared = _shared(kept, used[kept.tile[used] >= 0], tile, colors, now)
            places = np.where(shared >= 0, shared, places)
            changed &= shared < 0
        palette = max(1, palette)
    if not changed.any():
        return replace(mosaic, tiles=now.tiles, variants=kept, cells=read_only(places))
    laid, colors = laid[np.newaxis, changed], colors[np.newaxis, changed]
    light = None
    if now.terms.shade and mosaic.variants.ramp.any():
        rises = rises_of(now.image, now.terms.grid, now.terms.view)[np.newaxis, changed]
        cells = now.cells(np.flatnonzero(changed).astype(np.int32))
        light = Light(rises, deeper(now.terms.shade, cells)[np.newaxis, changed])
    new, numbers = recoloured(now.tiles.pixels, laid, colors, tint, palette, light, now.terms.view)
    places[changed] = len(kept) + numbers[0]
    both = (
        np.concatenate([getattr(each, part.name) for each in (kept, new)]) for part in fields(new)
    )
    return replace(mosaic, tiles=now.tiles, variants=Variants(*both), cells=read_only(places))


def _shared(
    kept: Variants,
    used: NDArray[np.int32],
    tile: NDArray[np.int32],
    colors: NDArray[np.uint8],
    now: _Now,
) -> NDArray[np.int32]:
    """Which of the variants in use cells may show, so that their tiles need no others.

    used : (U,) int32, numbers of `kept`
    tile : (rows, cols) int32, `EMPTY` where none is wanted
    colors : (rows, cols, 3) uint8, sRGB

    Returns (rows, cols) int32, that of the tile whose mean is nearest; -1 where there is none.
    """
    shared, cells = np.full(tile.shape, np.int32(-1)), tile != EMPTY
    if not len(used):
        return shared
    means = kept.mean[used]
    own = np.isnan(means[:, 0])
    means[own] = means_of(now.tiles.pixels, kept.tile[used[own]], now.terms.view)
    apart = 1000.0  # further than any two means, and so nearer than another tile's
    tree = KDTree(np.column_stack([kept.tile[used] * apart, means]))
    distance, nearest = tree.query(np.column_stack([tile[cells] * apart, colors[cells]]))
    shared[cells] = np.where(distance < apart, used[nearest], -1)
    return shared
