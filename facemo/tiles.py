"""Tiles: pictures of one size as one tensor, and the files that could not be part of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image

from facemo.area import resized
from facemo.errors import InputError, kind_of, shown

SHOWN = 640  # pixels of the longer side of what notebooks show
# What a reason is that of, where it is so by its first words.
_NOUN = re.compile(
    r"^(not )?(?:a )?((?:[\w-]+ ){0,2}?(?:file|folder|kind|mosaic|picture|RAW|screenshot|video))\b"
)
_SHEET = 8, 16  # tiles down and across on a contact sheet


@dataclass(frozen=True)
class Rejected:
    """A file that was set aside.

    Parameters
    ----------
    path : str
        Where it is, relative to the `root` of the tiles with ``/``, as their names are.
    reason : str
        Why, in one line.
    """

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
    left_out : (reason, count) pairs
        How many files nobody asked for, and why: hidden ones, say, or of other dates.
    facts : (name, text) pairs
        What files say of themselves, those that do, as ``2020-05-31T12:30:00;4;``: when they were
        taken, how they are rated, and ``screenshot`` for one.

    Raises
    ------
    InputError
        For another shape or dtype, or names that do not fit.

    Examples
    --------
    >>> tiles = Tiles(np.zeros((5, 8, 8, 3), np.uint8))
    >>> len(tiles), tiles.size, tiles.names[0]
    (5, (8, 8), '0')
    """

    pixels: NDArray[np.uint8]
    names: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    root: str = ""
    merged: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        wish = "tiles must be (N, h, w, 3) uint8"
        try:
            pixels = np.asarray(self.pixels)
        except ValueError:
            raise InputError(
                f"{wish}, got pictures of several sizes: plan takes a list of them"
            ) from None
        if pixels.dtype.kind in "OUS":
            raise InputError(f"{wish}, got {kind_of(self.pixels)}: load_tiles makes them of files")
        if pixels.ndim != 4 or pixels.shape[3:] != (3,) or pixels.dtype != np.uint8:
            got = f"{pixels.shape} {pixels.dtype}"
            raise InputError(f"{wish}, got {got}: plan takes pictures of other kinds, too")
        if not pixels.size:
            raise InputError(f"tiles must hold at least one pixel, got {pixels.shape}")
        for name in ("names", "rejected", "merged", "left_out", "facts"):
            try:
                object.__setattr__(self, name, tuple(getattr(self, name)))
            except TypeError:
                got = repr(getattr(self, name))
                raise InputError(f"{name} must be a sequence, got {got}") from None
        names = self.names or tuple(map(str, range(len(pixels))))
        if len(names) != len(pixels):
            raise InputError(f"names must be one a tile, got {len(names)} for {len(pixels)} tiles")
        if len(set(names)) < len(names) or any(type(n) is not str or "\0" in n for n in names):
            raise InputError("names must be strings without NUL, no two of them equal")
        view = np.ascontiguousarray(pixels).view()
        view.flags.writeable = False
        object.__setattr__(self, "pixels", view)
        object.__setattr__(self, "names", names)

    def __len__(self) -> int:
        return len(self.pixels)

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """Their pixels, as NumPy asks for them: read-only, unless they are copied."""
        if copy is False and dtype not in (None, self.pixels.dtype):
            raise ValueError("tiles are uint8, and would have to be copied to be anything else")
        return np.array(self.pixels, dtype) if copy else np.asarray(self.pixels, dtype)

    def __repr__(self) -> str:
        h, w = self.size
        merged = f", {len(self.merged):,} merged" if self.merged else ""
        aside = f", {len(self.rejected)} files set aside" if self.rejected else ""
        return f"Tiles({len(self)} of {w} x {h} px{merged}{aside})"

    def _repr_png_(self) -> bytes:
        """What a notebook shows: up to 128 of the tiles, side by side."""
        return as_png(contact_sheet(self.pixels))

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, so that the array is read-only again when it is unpickled.
        files = self.rejected, self.root, self.merged, self.left_out, self.facts
        return Tiles, (self.pixels, self.names, *files)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of each tile in pixels."""
        return self.pixels.shape[1], self.pixels.shape[2]


def contact_sheet(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Tiles side by side, in their order: all that fill whole lines, or 128 from first to last.

    pixels : (N, h, w, 3) uint8; returns (height, width, 3) uint8 of at most about 640 a side.

    >>> contact_sheet(np.zeros((500, 64, 64, 3), np.uint8)).shape
    (320, 640, 3)
    """
    count, (rows, cols) = len(pixels), _SHEET
    cols = min(cols, count)
    rows = min(rows, count // cols)
    numbers = np.linspace(0, count - 1, rows * cols).astype(np.int32)
    sides = pixels.shape[1:3]
    scale = min(1.0, SHOWN / max(rows * sides[0], cols * sides[1]))
    height, width = (max(1, int(side * scale + 0.5)) for side in sides)
    tiles = resized(pixels, numbers, height, width).reshape(rows, cols, height, width, 3)
    return tiles.swapaxes(1, 2).reshape(rows * height, cols * width, 3)


def as_png(image: NDArray[np.uint8]) -> bytes:
    """A picture, (h, w, 3) uint8, as PNG."""
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, "PNG")
    return buffer.getvalue()


def of_files(count: int, reason: str) -> str:
    """How many files a reason is that of.

    >>> of_files(1, "a video"), of_files(12, "a video"), of_files(3, "not a picture")
    ('1 video', '12 videos', '3 not pictures')
    """
    several = _NOUN.sub(r"\1\2s", reason)
    return f"{count:,} {reason.removeprefix('a ') if count == 1 else several}"


def counted(left_out: Iterable[tuple[str, int]]) -> str:
    """How many files were left out, and why; "" for none.

    >>> counted([("hidden", 1200), ("not rated", 3)])
    '1,203 files left out: 1,200 hidden, 3 not rated'
    """
    total = sum(count for _, count in left_out)
    parts = ", ".join(of_files(count, why) for why, count in left_out)
    return f"{total:,} file{'s' * (total != 1)} left out: {parts}" if total else ""


def places(names: Sequence[str], tiles: Tiles) -> NDArray[np.int32]:
    """Which of `tiles` have these names; an InputError names those that are missing.

    For a file that was merged stands the tile that it equals; for one that is not there the one
    file that is called so in another folder, unless the others hold that already.

    >>> moved = Tiles(np.zeros((2, 8, 8, 3), np.uint8), ("kin/a.jpg", "new/b.jpg"))
    >>> places(["kin/a.jpg", "kin/b.jpg"], moved)
    array([0, 1], dtype=int32)
    """
    place = {name: n for n, name in enumerate(tiles.names)}
    place.update((name, place[other]) for name, other in tiles.merged if other in place)
    missing = [name for name in names if name not in place]
    if missing:
        place |= _moved(missing, place, {place[name] for name in names if name in place})
        missing = [name for name in missing if name not in place]
    if missing:
        more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
        raise InputError(
            f"{len(missing):,} of the {len(names):,} tiles that the plan uses are missing: "
            f"{', '.join(map(shown, missing[:3]))}{more}; load the folders where they are, or plan "
            "the target again, without them"
        )
    return np.array([place[name] for name in names], np.int32)


def _moved(missing: Sequence[str], place: Mapping[str, int], held: set[int]) -> dict[str, int]:
    """Which tiles the `missing` names mean by those of their files alone, where that is sure."""
    there: dict[str, set[int]] = {}
    for name, number in place.items():
        there.setdefault(_file(name), set()).add(number)
    alike = Counter(map(_file, missing))
    found = ((name, there.get(_file(name), set())) for name in missing if alike[_file(name)] == 1)
    return {name: min(some) for name, some in found if len(some) == 1 and not some & held}


def _file(name: str) -> str:
    return name.rpartition("/")[2]


def halvings(size: tuple[int, int]) -> int:
    """How often tiles of this (height, width) can be halved and stay whole pixels.

    >>> halvings((64, 48))
    4
    """
    return min((side & -side).bit_length() - 1 for side in size)


def by_reason(rejected: Iterable[Rejected]) -> list[tuple[str, list[Rejected]]]:
    """The files that were set aside, reason by reason, the most frequent first."""
    groups: dict[str, list[Rejected]] = {}
    for file in rejected:
        groups.setdefault(file.reason, []).append(file)
    return sorted(groups.items(), key=lambda group: -len(group[1]))
