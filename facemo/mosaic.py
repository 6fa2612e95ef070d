"""Mosaic, the small plan that stands for a large picture, and its pixels, drawn when asked for."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemo import tint as tints
from facemo.chunks import as_dask, chunk_sides
from facemo.errors import InputError, shown, whole_number
from facemo.features import block_means, shrink
from facemo.kernels import assemble, assemble_changed, sample
from facemo.machine import divide, require_memory
from facemo.tiles import Tiles, as_tiles

# Cells whose tint is worked out at a time, at some 200 bytes each.
_TINTED_CELLS = 1 << 16

Key = int | slice | EllipsisType | tuple[int | slice | EllipsisType, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Mosaic:
    """A picture made of tiles, as the plan of which tile stands where.

    It behaves as a read-only array of its pixels, (rows * h, cols * w, 3) uint8, sRGB, that are
    drawn when they are asked for: ``mosaic[y0:y1, x0:x1]`` draws that region and nothing else,
    ``np.asarray(mosaic)`` draws it all. So dask, zarr, napari and matplotlib take it as it is.

    Parameters
    ----------
    tiles : Tiles
    index : (rows, cols) int32
        Which tile stands in which cell.
    colors : (rows, cols, 3) uint8, sRGB
        The target's mean colour in each cell.
    mirrored : (rows, cols) bool
        Which cells show their tile left-right mirrored; by default none.
    tint : float
        How much of the way each cell's mean colour is moved from its tile's to `colors`, 0 to 1.
    levels : (N, 3, 3) float32
        The lowest, mean and highest value of each tile and channel, which say how far contrast
        has to give way to the tint; by default what `tiles` have, and 0 for those not used.

    Raises InputError if these do not fit together.

    >>> tiles = np.arange(2 * 3 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3, 3)
    >>> mosaic = Mosaic(Tiles(tiles), np.array([[0, 1]], np.int32), np.zeros((1, 2, 3), np.uint8))
    >>> mosaic.shape, mosaic[0, -1]
    ((3, 6, 3), array([33, 34, 35], dtype=uint8))
    """

    tiles: Tiles
    index: NDArray[np.int32]
    colors: NDArray[np.uint8]
    mirrored: NDArray[np.bool_] | None = None
    tint: float = 0.0
    levels: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiles", as_tiles(self.tiles))
        index, colors = np.asarray(self.index), np.asarray(self.colors)
        if index.ndim != 2 or index.dtype != np.int32 or not index.size:
            raise InputError(f"index must be (rows, cols) int32, got {index.shape} {index.dtype}")
        if index.min() < 0 or index.max() >= len(self.tiles):
            raise InputError(
                f"index must name tiles 0 to {len(self.tiles) - 1}, "
                f"got {index.min()} to {index.max()}"
            )
        if colors.shape != (*index.shape, 3) or colors.dtype != np.uint8:
            raise InputError(
                f"colors must be {(*index.shape, 3)} uint8, got {colors.shape} {colors.dtype}"
            )
        mirrored = np.zeros(index.shape, bool)
        if self.mirrored is not None:
            mirrored = np.asarray(self.mirrored)
        if mirrored.shape != index.shape or mirrored.dtype != bool:
            raise InputError(
                f"mirrored must be {index.shape} bool, got {mirrored.shape} {mirrored.dtype}"
            )
        object.__setattr__(self, "tint", tints.whole_or_part(self.tint))
        arrays = {"index": index, "colors": colors, "mirrored": mirrored}
        if self.tint:
            levels = self.levels
            if levels is None:
                levels = tints.levels(self.tiles.pixels, numbered(index, len(self.tiles))[0])
            arrays["levels"] = levels
        for name, array in arrays.items():
            view = np.ascontiguousarray(array).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __repr__(self) -> str:
        rows, cols = self.index.shape
        height, width = self.shape[:2]
        tint = f", tint {self.tint:g}" if self.tint else ""
        return f"Mosaic({cols} x {rows} cells, {width} x {height} px{tint}, {self.tiles!r})"

    def _repr_png_(self) -> bytes:
        """What a notebook shows: the preview."""
        from facemo.preview import as_png

        return as_png(self)

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, so that the arrays are read-only again when unpickled.
        return Mosaic, tuple(getattr(self, field.name) for field in fields(self))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3) of the picture in pixels."""
        (rows, cols), (height, width) = self.index.shape, self.tiles.size
        return rows * height, cols * width, 3

    @property
    def dtype(self) -> np.dtype[np.uint8]:
        """uint8."""
        return np.dtype(np.uint8)

    @property
    def ndim(self) -> int:
        """3."""
        return 3

    @property
    def size(self) -> int:
        """How many values the picture has."""
        height, width, channels = self.shape
        return height * width * channels

    @property
    def nbytes(self) -> int:
        """How many bytes the picture takes as an array."""
        return self.size

    def __len__(self) -> int:
        return self.shape[0]

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        return (self[y] for y in range(len(self)))

    def __array__(
        self, dtype: np.typing.DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """Draw the whole picture; ``copy=False`` cannot be had."""
        if copy is False:
            raise ValueError("a Mosaic is drawn when it is asked for: it has no array to share")
        pixels = self[:]
        return pixels if dtype is None else pixels.astype(dtype, copy=False)

    def __getitem__(self, key: Key) -> NDArray[np.uint8]:
        """Draw a region: slices, integers and an ellipsis, with numpy's meaning.

        Raises IndexError as numpy does, and InputError for a region larger than free memory.
        """
        parts = _expand(key)
        ys, xs = (_span(part, n) for part, n in zip(parts[:2], self.shape[:2], strict=True))
        block = self._draw(ys, xs)
        rest = tuple(slice(None) if isinstance(part, slice) else 0 for part in parts[:2])
        # The tuple makes a single pixel of a single channel a scalar, as numpy has it.
        return block[(*rest, parts[2])]

    def preview(self, most: int = 1024) -> NDArray[np.uint8]:
        """The whole mosaic as a small picture: (h, w, 3) uint8, sRGB, averages of its pixels.

        Its longer side has `most` pixels, or fewer if the mosaic has. A terapixel takes ten
        seconds, 4,096 x 4,096 pixels 30 ms. Raises InputError if `most` is not a whole number of
        at least 1.

        >>> tiles = Tiles(np.zeros((1, 64, 64, 3), np.uint8))
        >>> mosaic = Mosaic(tiles, np.zeros((90, 120), np.int32), np.zeros((90, 120, 3), np.uint8))
        >>> mosaic.shape, mosaic.preview(400).shape
        ((5760, 7680, 3), (300, 400, 3))
        """
        # Here, because previews are made of mosaics.
        from facemo.preview import preview

        return preview(self, most)

    def reduced(self, n: int) -> Mosaic:
        """The same mosaic of the tiles shrunk 2ⁿ times by box averages.

        Its picture is this one's, shrunk likewise: a pyramid is a list of mosaics. From n = 1 on,
        `tiles` are those that are used, and `index` counts these; their names stay. Raises
        InputError if 2ⁿ does not divide the sides of the tiles.

        >>> tiles = Tiles(np.zeros((1, 8, 8, 3), np.uint8))
        >>> mosaic = Mosaic(tiles, np.zeros((2, 2), np.int32), np.zeros((2, 2, 3), np.uint8))
        >>> [mosaic.reduced(n).shape for n in range(3)]
        [(16, 16, 3), (8, 8, 3), (4, 4, 3)]
        """
        n = whole_number("n", n, least=0)
        height, width = self.tiles.size
        most = halvings(self.tiles.size)
        if n > most:
            raise InputError(
                f"tiles of {width} x {height} px can be halved {most} times and stay whole, got {n}"
            )
        if n == 0:
            return self
        used, index = numbered(self.index, len(self.tiles))
        names = tuple(self.tiles.names[n] for n in used)
        tiles = replace(self.tiles, pixels=shrink(self.tiles.pixels, 2**n, used), names=names)
        levels = None if self.levels is None else self.levels[used]
        return replace(self, tiles=tiles, index=index, levels=levels)

    def with_tiles(self, tiles: Tiles | NDArray[np.uint8]) -> Mosaic:
        """The same plan with other tiles of the same names: at another size, say.

        An array of as many tiles stands for those in the same order. Raises InputError that names
        the tiles that are missing.

        >>> small, large = (Tiles(np.zeros((2, side, side, 3), np.uint8)) for side in (8, 64))
        >>> mosaic = Mosaic(small, np.ones((3, 4), np.int32), np.zeros((3, 4, 3), np.uint8))
        >>> mosaic.with_tiles(large).shape
        (192, 256, 3)
        """
        if not isinstance(tiles, Tiles) and len(tiles) == len(self.tiles):
            tiles = Tiles(tiles, self.tiles.names)
        tiles = as_tiles(tiles)
        used, index = numbered(self.index, len(self.tiles))
        place = places([self.tiles.names[n] for n in used], tiles)
        return replace(self, tiles=tiles, index=place[index], levels=None)

    def to_dask(self, chunks: int | tuple[int, int] | None = None) -> Any:
        """The picture as a dask array, each chunk drawn when it is computed.

        It is (height, width, 3) uint8. `chunks` are the sides of a chunk in pixels, by default
        whole tiles of about 1,024 pixels. The same code draws on this machine's threads and on the
        workers of a ``dask.distributed.Client``, each of which gets the tiles once.

        Raises InputError if dask is not installed (``pip install "facemo[dask]"``).

        >>> mosaic = Mosaic(Tiles(np.zeros((1, 8, 8, 3), np.uint8)), np.zeros((300, 200), np.int32),
        ...     np.zeros((300, 200, 3), np.uint8))
        >>> mosaic.to_dask().chunks
        ((1024, 1024, 352), (1024, 576), (3,))
        """
        sides = chunk_sides(self.tiles.size) if chunks is None else chunks
        down, across = sides[:2] if isinstance(sides, tuple) and len(sides) > 1 else (sides, sides)
        return as_dask(self, (whole_number("chunks", down), whole_number("chunks", across)))

    def blocks(self, n: int) -> NDArray[np.float64]:
        """The mean colours of n x n blocks of each cell, as drawn: (rows, cols, n, n, 3) float64.

        >>> tiles = Tiles(np.full((1, 8, 8, 3), 7, np.uint8))
        >>> Mosaic(tiles, np.zeros((2, 3), np.int32), np.zeros((2, 3, 3), np.uint8)).blocks(4).shape
        (2, 3, 4, 4, 3)
        """
        of_tiles = block_means(self.tiles.pixels, whole_number("n", n))
        blocks: NDArray[np.float64] = of_tiles[self.index]
        blocks[self.mirrored] = blocks[self.mirrored][:, :, ::-1]
        if self.levels is None:
            return blocks
        gain, offset = tints.affine(self.levels[self.index], self.colors, self.tint)
        maps = (part[:, :, np.newaxis, np.newaxis] / 256 for part in (gain, offset - 128))
        tinted: NDArray[np.float64] = np.multiply(blocks, next(maps)) + next(maps)
        return tinted

    def _draw(self, ys: range, xs: range) -> NDArray[np.uint8]:
        require_memory(
            len(ys) * len(xs) * 3,
            f"a picture of {len(xs):,} x {len(ys):,} pixels",
            "ask for a smaller region, fewer cells or smaller tiles",
        )
        out = np.empty((len(ys), len(xs), 3), np.uint8)
        if not out.size:
            return out
        step = len(ys)
        if self.levels is not None:
            across = len(xs) // self.tiles.size[1] + 2
            step = max(1, _TINTED_CELLS // across) * self.tiles.size[0]
        for first in range(0, len(ys), step):
            part = slice(first, first + step)
            self._fill(ys[part], xs, out[part])
        return out

    def _fill(self, ys: range, xs: range, out: NDArray[np.uint8]) -> None:
        (rows, down), (cols, across) = (
            _cells(span, side) for span, side in zip((ys, xs), self.tiles.size, strict=True)
        )
        pixels = self.tiles.pixels
        cells = index, mirrored, gain, _ = self._cells(rows, cols)
        plain = not gain.size and not mirrored.any()
        if ys.step == xs.step == 1:
            lines, region = pixels.reshape(*pixels.shape[:2], -1), out.reshape(len(ys), -1)

            def work(part: slice) -> None:
                y0, x0 = int(down[0]) + part.start, int(across[0]) * 3
                if plain:
                    assemble(lines, index, y0, x0, region[part])
                else:
                    assemble_changed(lines, *cells, y0, x0, region[part])
        else:

            def work(part: slice) -> None:
                sample(pixels, *cells, down[part], across, out[part])

        divide(work, len(ys), out.nbytes)

    def _cells(
        self, rows: slice, cols: slice
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.uint16], NDArray[np.uint16]]:
        """What the kernels need of a block of cells: tiles, mirrored, tint as gain and offset."""
        index = np.ascontiguousarray(self.index[rows, cols])
        assert self.mirrored is not None
        mirrored = np.ascontiguousarray(self.mirrored[rows, cols])
        if self.levels is None:
            gain = offset = np.empty((0, 0, 3), np.uint16)
        else:
            gain, shift = tints.affine(self.levels[index], self.colors[rows, cols], self.tint)
            offset = shift.astype(np.uint16)  # the kernels count modulo 2**16, see _tint there
        return index, mirrored, gain, offset


def numbered(index: NDArray[np.int32], count: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which of `count` tiles an index uses, in their order, and the index in terms of these.

    What ``np.unique(index, return_inverse=True)`` says, without sorting millions of cells.

    >>> numbered(np.array([[7, 2], [2, 7]], np.int32), 9)[1].tolist()
    [[1, 0], [0, 1]]
    """
    used = np.zeros(count, bool)
    used[index] = True
    place = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(used).astype(np.int32), place[index]


def places(names: Sequence[str], tiles: Tiles) -> NDArray[np.int32]:
    """Which of `tiles` have these names; an InputError names those that are missing.

    For a file that was merged stands the tile that it equals.
    """
    place = {name: n for n, name in enumerate(tiles.names)}
    place.update((name, place[other]) for name, other in tiles.merged)
    missing = [name for name in names if name not in place]
    if missing:
        more = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
        raise InputError(
            f"{len(missing):,} of the {len(names):,} tiles that the plan uses are missing: "
            f"{', '.join(map(shown, missing[:3]))}{more}; load them from the same folders"
        )
    return np.array([place[name] for name in names], np.int32)


def halvings(size: tuple[int, int]) -> int:
    """How often tiles of this (height, width) can be halved and stay whole pixels.

    >>> halvings((64, 48))
    4
    """
    return min((side & -side).bit_length() - 1 for side in size)


def _cells(span: range, side: int) -> tuple[slice, NDArray[np.int64]]:
    """The cells that a span of pixels lies in, and the span counted from the first of them."""
    ends = span[0] // side, span[-1] // side
    first = min(ends)
    # np.array(span) would take longer than drawing does.
    places = np.arange(span.start, span.stop, span.step, dtype=np.int64)
    return slice(first, max(ends) + 1), places - first * side


def _expand(key: Key) -> tuple[int | slice, int | slice, int | slice]:
    """`key` as three parts, one an axis: an ellipsis and missing parts become whole axes."""
    given = list(key) if isinstance(key, tuple) else [key]
    if sum(part is Ellipsis for part in given) > 1:
        raise IndexError("an index can have only one ellipsis ('...')")
    if not any(part is Ellipsis for part in given):
        given.append(Ellipsis)
    if len(given) > 4:
        raise IndexError(f"too many indices: a mosaic has 3 axes, {len(given) - 1} were indexed")
    at = next(i for i, part in enumerate(given) if part is Ellipsis)
    given[at : at + 1] = [slice(None)] * (4 - len(given))
    y, x, channel = (_part(part) for part in given)
    return y, x, channel


def _part(part: object) -> int | slice:
    if isinstance(part, slice):
        return part
    if not isinstance(part, (bool, np.bool_, np.ndarray)) and hasattr(part, "__index__"):
        return operator.index(part)
    raise IndexError(f"a mosaic takes integers, slices and an ellipsis as indices, got {part!r}")


def _span(part: int | slice, length: int) -> range:
    """The places along an axis that an index selects."""
    if isinstance(part, slice):
        return range(*part.indices(length))
    if not -length <= part < length:
        raise IndexError(f"index {part} is out of bounds for an axis of {length} pixels")
    return range(part % length, part % length + 1)
