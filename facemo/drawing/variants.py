"""Variants: the looks that tiles are laid in, each of which is made, and encoded, once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError

G = TypeVar("G", bound=np.generic)

EMPTY = -1  # the tile of a variant that shows none


@dataclass(frozen=True, eq=False, repr=False)
class Variants:
    """The V looks of tiles that a mosaic shows: a tile, turned or not, recoloured or not.

    Parameters
    ----------
    tile : (V,) int32
        Which tile; -1 for that of empty cells, which is neither mirrored nor recoloured.
    mirrored : (V,) bool
        Whether it is laid left-right mirrored; by default none is.
    mean : (V, 3) float32, sRGB values of 0 to 255
        What its mean colour is moved to; not a number where it stays as it is, by default all.
    ramp : (V, 4) int8, sRGB values
        By how much light is made to rise across it, from its left edge to its right one, and down
        it; and by how much from its middle to either edge, across and down. Only where the mean is
        moved, if only to what it is. By default 0.
    muted : (V,) float32, 0 to 1
        How far it is muted where its mean is moved: how much of what it may lose of its contrast,
        which disturbs the picture, and of half of its colourfulness. By default 1.
        These arrays are copied unless they are read-only.

    Raises
    ------
    InputError
        If these do not fit together.

    Examples
    --------
    >>> Variants(np.array([0, 3, 3], np.int32), np.array([False, False, True]))
    Variants(3 of 2 tiles)
    """

    tile: NDArray[np.int32]
    # Those that are not given are filled in below.
    mirrored: NDArray[np.bool_] = None  # type: ignore[assignment]
    mean: NDArray[np.float32] = None  # type: ignore[assignment]
    ramp: NDArray[np.int8] = None  # type: ignore[assignment]
    muted: NDArray[np.float32] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        tile = as_array("tile", self.tile)
        if tile.ndim != 1 or tile.dtype != np.int32 or not tile.size:
            raise InputError(f"tile must be (V,) int32, got {tile.shape} {tile.dtype}")
        mirrored = np.zeros(tile.shape, bool)
        if self.mirrored is not None:
            mirrored = as_array("mirrored", self.mirrored)
        if mirrored.shape != tile.shape or mirrored.dtype != bool:
            raise InputError(
                f"mirrored must be {tile.shape} bool, got {mirrored.shape} {mirrored.dtype}"
            )
        wanted = (*tile.shape, 3)
        mean = np.full(wanted, np.nan, np.float32)
        if self.mean is not None:
            mean = as_array("mean", self.mean)
        if mean.shape != wanted or mean.dtype != np.float32:
            raise InputError(f"mean must be {wanted} float32, got {mean.shape} {mean.dtype}")
        moved = mean[~np.isnan(mean).all(axis=1)]
        if not ((moved >= 0) & (moved <= 255)).all():
            raise InputError("mean must be values from 0 to 255, or three times not a number")
        empty = tile == EMPTY
        if (empty & (mirrored | ~np.isnan(mean[:, 0]))).any():
            raise InputError("a variant without a tile, -1, can be neither mirrored nor recoloured")
        ramp = np.zeros((*tile.shape, 4), np.int8)
        if self.ramp is not None:
            ramp = as_array("ramp", self.ramp)
        if ramp.shape != (*tile.shape, 4) or ramp.dtype != np.int8:
            raise InputError(f"ramp must be {(*tile.shape, 4)} int8, got {ramp.shape} {ramp.dtype}")
        if ramp[np.isnan(mean).all(axis=1)].any():
            raise InputError("ramp must be 0 where mean is not a number")
        muted = np.ones(tile.shape, np.float32)
        if self.muted is not None:
            muted = as_array("muted", self.muted)
        if muted.shape != tile.shape or muted.dtype != np.float32:
            raise InputError(f"muted must be {tile.shape} float32, got {muted.shape} {muted.dtype}")
        if not ((muted >= 0) & (muted <= 1)).all():
            raise InputError("muted must be numbers from 0 to 1")
        arrays = {"tile": tile, "mirrored": mirrored, "mean": mean, "ramp": ramp, "muted": muted}
        for name, array in arrays.items():
            object.__setattr__(self, name, frozen(array))

    def __len__(self) -> int:
        return len(self.tile)

    def __repr__(self) -> str:
        recoloured = f", {self.recoloured.sum():,} recoloured" if self.recoloured.any() else ""
        empty = ", one of none" if self.empty.any() else ""
        return f"Variants({len(self):,} of {len(self.tiles):,} tiles{empty}{recoloured})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, so that the arrays are read-only again when unpickled.
        return Variants, tuple(getattr(self, field.name) for field in fields(self))

    @property
    def empty(self) -> NDArray[np.bool_]:
        """Which of them show no tile: (V,) bool."""
        empty: NDArray[np.bool_] = self.tile == EMPTY
        return empty

    @property
    def tiles(self) -> NDArray[np.int32]:
        """The tiles that they are looks of, each once, in their order: (D,) int32."""
        return np.unique(self.tile[~self.empty])

    @property
    def recoloured(self) -> NDArray[np.bool_]:
        """Which of them have another mean than their tile: (V,) bool."""
        recoloured: NDArray[np.bool_] = ~np.isnan(self.mean[:, 0])
        return recoloured


def some_of(variants: Variants, numbers: NDArray[Any]) -> Variants:
    """Some variants, by number: (n,) ints to n of them."""
    return Variants(*(getattr(variants, field.name)[numbers] for field in fields(variants)))


def with_empty(variants: Variants) -> Variants:
    """The variants, and after them that of empty cells.

    >>> with_empty(Variants(np.array([7], np.int32)))
    Variants(2 of 1 tiles, one of none)
    """
    tile = np.append(variants.tile, np.int32(EMPTY))
    mirrored, mean = np.append(variants.mirrored, False), np.full((1, 3), np.nan, np.float32)
    ramp = np.append(variants.ramp, np.zeros((1, 4), np.int8), axis=0)
    muted = np.append(variants.muted, np.float32(1))
    return Variants(tile, mirrored, np.append(variants.mean, mean, axis=0), ramp, muted)


def as_array(name: str, given: object) -> NDArray[Any]:
    """What was given for an array as one, or an InputError that names it."""
    try:
        return np.asarray(given)
    except ValueError as error:
        raise InputError(f"{name} must be an array: {error}") from None


def frozen(array: NDArray[G]) -> NDArray[G]:
    """An array that cannot be written to: a copy, unless it cannot be already.

    It was checked, and kernels that it drives look at nothing again.
    """
    array = np.ascontiguousarray(array)
    return read_only(array.copy()) if array.flags.writeable else array


def read_only(array: NDArray[G]) -> NDArray[G]:
    """An array that nobody else has, which cannot be written to any more."""
    array.flags.writeable = False
    return array
