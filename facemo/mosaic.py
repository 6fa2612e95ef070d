"""Mosaic, the small plan that stands for a large picture; plan and render, which make one."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import EllipsisType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError, whole_number
from facemo.features import shrink, tile_means
from facemo.kernels import assemble, sample
from facemo.machine import divide, require_memory
from facemo.match import nearest, pick
from facemo.target import Target, as_image, grid_shape, pixelate
from facemo.tiles import Tiles, as_tiles

Key = int | slice | EllipsisType | tuple[int | slice | EllipsisType, ...]


def plan(
    target: Target,
    tiles: Tiles | NDArray[np.uint8],
    *,
    cols: int | None = None,
    rows: int | None = None,
    k: int = 5,
    seed: int = 0,
) -> Mosaic:
    """Decide which tile stands in which cell; nothing is drawn.

    Parameters
    ----------
    target : array or path
        The picture to rebuild: (H, W), (H, W, 3) or (H, W, 4), of uint8, uint16, bool, or floats
        in [0, 1], sRGB.
    tiles : Tiles or (N, h, w, 3) uint8
        What to build it of.
    cols, rows : int
        Cells across and down. One follows from the other and the aspects of target and tiles, so
        that nothing looks stretched; with both given, the target is stretched to them. By
        default `cols` is 64.
    k : int
        Each cell gets one of the `k` tiles nearest to its mean colour, at random; 1 is the nearest.
    seed : int
        The same seed and inputs give the same mosaic.

    Raises InputError, saying what was wanted and what came.

    >>> shades = np.arange(256, dtype=np.uint8)
    >>> tiles = np.broadcast_to(shades[:, None, None, None], (256, 4, 4, 3))
    >>> plan(np.array([[0.0, 0.2], [0.4, 1.0]]), tiles, cols=2, k=1).index
    array([[  0,  51], [102, 255]], dtype=int32)
    """
    k = whole_number("k", k)
    seed = whole_number("seed", seed, least=0, most=2**128)
    tiles = as_tiles(tiles)
    image = as_image(target)
    rows, cols = grid_shape(image.shape, tiles.size, cols, rows)
    # Each cell's means, its query's distances and numbers, and copies on the way.
    require_memory(
        rows * cols * (96 + 24 * min(k, len(tiles))),
        f"planning {cols:,} x {rows:,} cells",
        "ask for fewer cells",
    )
    means = pixelate(image, rows, cols)
    candidates = nearest(tile_means(tiles.pixels), means.reshape(-1, 3), k)
    index = pick(candidates, np.random.default_rng(seed)).reshape(rows, cols)
    return Mosaic(tiles, index.astype(np.int32), np.round(means).astype(np.uint8))


def render(
    target: Target,
    tiles: Tiles | NDArray[np.uint8],
    *,
    cols: int | None = None,
    rows: int | None = None,
    k: int = 5,
    seed: int = 0,
) -> NDArray[np.uint8]:
    """Rebuild `target` out of `tiles`: the pixels of ``plan(target, tiles, ...)``.

    Options and errors are those of `plan`. Returns (rows * h, cols * w, 3) uint8, sRGB.

    >>> tiles = np.stack([np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 255, np.uint8)])
    >>> render(np.eye(3), tiles, cols=3, k=1).shape
    (24, 24, 3)
    """
    return np.asarray(plan(target, tiles, cols=cols, rows=rows, k=k, seed=seed))


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

    Raises InputError if these do not fit together.

    >>> tiles = np.arange(2 * 3 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3, 3)
    >>> mosaic = Mosaic(Tiles(tiles), np.array([[0, 1]], np.int32), np.zeros((1, 2, 3), np.uint8))
    >>> mosaic.shape, mosaic[0, -1]
    ((3, 6, 3), array([33, 34, 35], dtype=uint8))
    """

    tiles: Tiles
    index: NDArray[np.int32]
    colors: NDArray[np.uint8]

    def __post_init__(self) -> None:
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
        for name, array in (("index", index), ("colors", colors)):
            view = np.ascontiguousarray(array).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __repr__(self) -> str:
        rows, cols = self.index.shape
        height, width = self.shape[:2]
        return f"Mosaic({cols} x {rows} cells, {width} x {height} px, {self.tiles!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Mosaic, (self.tiles, self.index, self.colors)  # read-only again when unpickled

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

    def reduced(self, n: int) -> Mosaic:
        """The same mosaic of the tiles shrunk 2ⁿ times by box averages.

        Its picture is this one's, shrunk likewise: a pyramid is a list of mosaics. Raises
        InputError if 2ⁿ does not divide the sides of the tiles.

        >>> mosaic = plan(np.eye(2), np.zeros((1, 8, 8, 3), np.uint8), cols=2)
        >>> [mosaic.reduced(n).shape for n in range(3)]
        [(16, 16, 3), (8, 8, 3), (4, 4, 3)]
        """
        n = whole_number("n", n, least=0)
        height, width = self.tiles.size
        most = min((side & -side).bit_length() - 1 for side in (height, width))
        if n > most:
            raise InputError(
                f"tiles of {width} x {height} px can be halved {most} times and stay whole, got {n}"
            )
        if n == 0:
            return self
        return replace(self, tiles=replace(self.tiles, pixels=shrink(self.tiles.pixels, 2**n)))

    def _draw(self, ys: range, xs: range) -> NDArray[np.uint8]:
        require_memory(
            len(ys) * len(xs) * 3,
            f"a picture of {len(xs):,} x {len(ys):,} pixels",
            "ask for a smaller region, fewer cells or smaller tiles",
        )
        out = np.empty((len(ys), len(xs), 3), np.uint8)
        if not out.size:
            return out
        pixels, index = self.tiles.pixels, self.index
        if ys.step == xs.step == 1:
            lines, region = pixels.reshape(*pixels.shape[:2], -1), out.reshape(len(ys), -1)

            def work(part: slice) -> None:
                assemble(lines, index, ys.start + part.start, xs.start * 3, region[part])
        else:
            down, across = np.array(ys), np.array(xs)

            def work(part: slice) -> None:
                sample(pixels, index, down[part], across, out[part])

        divide(work, len(ys), out.nbytes)
        return out


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
