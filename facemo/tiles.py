"""Tiles: pictures of one size as one tensor, and the files that could not be part of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError, whole_number

if TYPE_CHECKING:
    from facemo.coverage import Coverage
    from facemo.target import Target


@dataclass(frozen=True)
class Rejected:
    """A file that was set aside: its path, and the reason in one line."""

    path: str
    reason: str


@dataclass(frozen=True, eq=False, repr=False)
class Tiles:
    """N pictures of one size as one tensor.

    Parameters
    ----------
    pixels : (N, h, w, 3) uint8, sRGB
        Never written by facemo; not copied, and held as a read-only view.
    names : N strings
        Paths relative to `root` with ``/``; the number of the tile where none are given.
    rejected : Rejected
        The files that were set aside.
    root : str
        The folder that `names` are relative to; empty for tiles that come from an array.
    merged : (name, name) pairs
        The files that are not among the tiles because they equal one, and the name of that one.

    Raises InputError for another shape or dtype.

    >>> tiles = Tiles(np.zeros((5, 8, 8, 3), np.uint8))
    >>> len(tiles), tiles.size, tiles.names[0]
    (5, (8, 8), '0')
    """

    pixels: NDArray[np.uint8]
    names: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    root: str = ""
    merged: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        pixels = np.asarray(self.pixels)
        if pixels.ndim != 4 or pixels.shape[3:] != (3,) or pixels.dtype != np.uint8:
            raise InputError(f"tiles must be (N, h, w, 3) uint8, got {pixels.shape} {pixels.dtype}")
        if not pixels.size:
            raise InputError(f"tiles must hold at least one pixel, got {pixels.shape}")
        names = tuple(self.names) or tuple(map(str, range(len(pixels))))
        if len(names) != len(pixels):
            raise InputError(f"names must be one a tile, got {len(names)} for {len(pixels)} tiles")
        if len(set(names)) < len(names) or any(type(n) is not str or "\0" in n for n in names):
            raise InputError("names must be strings without NUL, no two of them equal")
        view = np.ascontiguousarray(pixels).view()
        view.flags.writeable = False
        object.__setattr__(self, "pixels", view)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "rejected", tuple(self.rejected))
        object.__setattr__(self, "merged", tuple(self.merged))

    def __len__(self) -> int:
        return len(self.pixels)

    def __repr__(self) -> str:
        h, w = self.size
        merged = f", {len(self.merged):,} merged" if self.merged else ""
        aside = f", {len(self.rejected)} files set aside" if self.rejected else ""
        return f"Tiles({len(self)} of {w} x {h} px{merged}{aside})"

    def _repr_png_(self) -> bytes:
        """What a notebook shows: up to 128 of the tiles, side by side."""
        # Here, because what shows them is made of tiles.
        from facemo.preview import as_png, contact_sheet

        return as_png(contact_sheet(self))

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, so that the array is read-only again when it is unpickled.
        return Tiles, (self.pixels, self.names, self.rejected, self.root, self.merged)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of each tile in pixels."""
        return self.pixels.shape[1], self.pixels.shape[2]

    def coverage(
        self, target: Target, *, cols: int | None = None, rows: int | None = None
    ) -> Coverage:
        """How near these tiles come to the colours of `target`, and which they lack.

        Parameters are those of `plan`, and so are the errors.

        >>> print(Tiles(np.full((9, 8, 8, 3), 255, np.uint8)).coverage(np.eye(2), cols=2))
        50% of the cells lack near tiles: blacks (50%, ΔE 100 off)
        """
        # Here, because whoever only decodes has no use for what this takes 0.4 s to import.
        from facemo import target as targets
        from facemo.coverage import coverage
        from facemo.features import block_means

        image = targets.as_image(target)
        grid = targets.grid_shape(image.shape, self.size, cols, rows)
        cells = targets.pixelate(image, *grid)[:, :, 0, 0]
        means = block_means(self.pixels, 1)[:, 0, 0]
        return coverage(means, np.round(cells).astype(np.uint8))


def as_tiles(tiles: Tiles | NDArray[np.uint8]) -> Tiles:
    """`tiles` themselves, or a bare (N, h, w, 3) uint8 array as Tiles."""
    if isinstance(tiles, (str, os.PathLike)):
        raise InputError(
            f"tiles must be Tiles or (N, h, w, 3) uint8: load them with load_tiles({tiles!r})"
        )
    return tiles if isinstance(tiles, Tiles) else Tiles(np.asarray(tiles))


def tile_size(size: int | tuple[int, int]) -> tuple[int, int]:
    """(height, width) from one side or from both; InputError for anything else."""
    sides = size if isinstance(size, (tuple, list)) else (size, size)
    if len(sides) != 2:
        raise InputError(f"size must be a side or (height, width) in pixels, got {size!r}")
    height, width = (whole_number("size", side) for side in sides)
    return height, width


def by_reason(rejected: Iterable[Rejected]) -> list[tuple[str, list[Rejected]]]:
    """The files that were set aside, reason by reason, the most frequent first."""
    groups: dict[str, list[Rejected]] = {}
    for file in rejected:
        groups.setdefault(file.reason, []).append(file)
    return sorted(groups.items(), key=lambda group: -len(group[1]))
