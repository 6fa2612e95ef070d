"""Tiles: a folder of pictures as one tensor, and the files that could not be part of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError, shown, whole_number
from facemo.find import Source, find_files
from facemo.machine import in_order, processors, require_memory
from facemo.pictures import NOT_A_PICTURE as NOT_A_PICTURE
from facemo.pictures import Color, PictureError, parse_color, read_picture, silent_decoders

if TYPE_CHECKING:
    from facemo.coverage import Coverage
    from facemo.target import Target

Progress = Callable[[int, int], None]

# Files a task: enough that handing out work costs nothing beside decoding even 128-pixel
# thumbnails (0.3 ms each), few enough that Ctrl-C and the progress bar feel immediate.
_BATCH = 16
_PENDING_BYTES = 64 << 20


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

    Raises InputError for another shape or dtype.

    >>> tiles = Tiles(np.zeros((5, 8, 8, 3), np.uint8))
    >>> len(tiles), tiles.size, tiles.names[0]
    (5, (8, 8), '0')
    """

    pixels: NDArray[np.uint8]
    names: tuple[str, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    root: str = ""

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

    def __len__(self) -> int:
        return len(self.pixels)

    def __repr__(self) -> str:
        h, w = self.size
        aside = f", {len(self.rejected)} files set aside" if self.rejected else ""
        return f"Tiles({len(self)} of {w} x {h} px{aside})"

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, so that the array is read-only again when it is unpickled.
        return Tiles, (self.pixels, self.names, self.rejected, self.root)

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


def load_tiles(
    source: Source | Iterable[Source],
    size: int | tuple[int, int] = 64,
    *,
    background: str | Color = "white",
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Tiles:
    """Load pictures into one (N, h, w, 3) uint8 tensor.

    Each is what a person sees: turned upright (EXIF), converted to sRGB (ICC), its first frame if
    it moves, cropped at the centre to the tile's aspect and shrunk (or enlarged) to its size.
    Files are taken for what they contain, whatever they are called: JPEG, PNG, WebP, GIF, TIFF,
    BMP or AVIF. What cannot be used is listed in the result's `rejected`, and stops nothing.

    Parameters
    ----------
    source : path, or iterable of paths
        A folder, searched recursively, or a file. The tiles are in the order of the bytes of
        their paths relative to the folder that holds them all, whatever the order in `source`.
    size : int or (int, int)
        The side of a tile in pixels, or (height, width).
    background : str or (int, int, int)
        What shows through transparent pixels, sRGB.
    progress : callable
        Called as ``progress(done, total)`` with numbers of files.
    executor : concurrent.futures.Executor
        Who decodes; by default a thread for each processor. The result does not depend on it.

    Raises InputError if there is no such path or not one usable picture.

    >>> tiles = load_tiles("data/tiles", size=32)
    >>> tiles.pixels.shape
    (1000, 32, 32, 3)
    """
    height, width = tile_size(size)
    color = parse_color(background)
    found = find_files(source)
    nbytes = height * width * 3
    require_memory(
        len(found.names) * nbytes,
        f"{len(found.names):,} files as tiles of {width} x {height} px",
        "load fewer of them, or smaller tiles",
    )
    pixels = np.empty((len(found.names), height, width, 3), np.uint8)
    names: list[str] = []
    rejected = [Rejected(path, reason) for path, reason in found.unreadable]
    done = 0
    # A few large photos are better handed out one by one.
    batch = min(_BATCH, max(1, len(found.names) // (8 * processors())))
    ahead = max(2 * processors(), min(64, _PENDING_BYTES // (batch * nbytes)))
    tasks = (
        (found.root, found.names[i : i + batch], (height, width), color)
        for i in range(0, len(found.names), batch)
    )
    results = in_order(_load_batch, tasks, executor=executor, ahead=ahead)
    with silent_decoders(), closing(results):
        for loaded, reasons in results:
            pixels[len(names) : len(names) + len(loaded)] = loaded
            for name, reason in zip(found.names[done : done + len(reasons)], reasons, strict=True):
                if reason is None:
                    names.append(name)
                else:
                    rejected.append(Rejected(_join(found.root, name), reason))
            done += len(reasons)
            if progress is not None:
                progress(done, len(found.names))
    if not names:
        raise InputError(_nothing_usable(found.root, rejected))
    return Tiles(pixels[: len(names)], tuple(names), tuple(rejected), found.root)


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


_Task = tuple[str, Sequence[str], tuple[int, int], Color]
_Batch = tuple[NDArray[np.uint8], list[str | None]]


def _load_batch(task: _Task) -> _Batch:
    """The usable ones among some files as (m, h, w, 3) uint8, and for each a reason or None."""
    root, names, size, background = task
    loaded = np.empty((len(names), *size, 3), np.uint8)
    reasons: list[str | None] = []
    good = 0
    for name in names:
        try:
            loaded[good] = read_picture(_join(root, name), size, background)
            good += 1
            reasons.append(None)
        except PictureError as error:
            reasons.append(str(error))
    return loaded[:good], reasons


def _join(root: str, name: str) -> str:
    return os.path.join(root, *name.split("/"))


def _nothing_usable(root: str, rejected: list[Rejected]) -> str:
    if len(rejected) == 1:
        return f"no usable picture: {shown(rejected[0].path)} ({rejected[0].reason})"
    if not rejected:
        return f"no file in {shown(root)}: tiles are made of at least one picture"
    reasons = "; ".join(f"{len(files)} {reason}" for reason, files in by_reason(rejected)[:5])
    return f"no usable picture in {shown(root)} ({reasons})"
