"""Mosaic, the small plan that stands for a large picture, and its pixels, drawn when asked for."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from facemo.area import sampled
from facemo.drawing.dask import as_dask, chunk_sides
from facemo.drawing.draw import Layout, draw, numbered
from facemo.drawing.lazy import LazyPicture
from facemo.drawing.preview import preview
from facemo.drawing.recolour import means_of, tints
from facemo.drawing.regions import Key, parts_of, span_of
from facemo.drawing.variants import EMPTY, Variants, as_array, frozen, read_only, some_of
from facemo.errors import InputError, kind_of, whole_number
from facemo.kinds import WHITE, Color, View, choice, color, parse_color
from facemo.library.tensor import AnyTiles, as_tiles
from facemo.machine import require_memory
from facemo.tiles import SHOWN, Tiles, as_png, halvings, places

# What is looked for among a mosaic's methods.
_FUNCTIONS = {"save": "save(mosaic, path)", "show": "show(mosaic)"}


@dataclass(frozen=True, eq=False, repr=False)
class Mosaic(LazyPicture):
    """A picture made of tiles, as the plan of which tile stands where.

    It behaves as a read-only array of its pixels, (rows * h, cols * w, 3) uint8, sRGB, that are
    drawn when they are asked for: ``mosaic[y0:y1, x0:x1]`` draws that region and nothing else,
    ``np.asarray(mosaic)`` draws it all. So Pillow, dask, zarr, napari and matplotlib take it as it
    is.

    Parameters
    ----------
    tiles : Tiles
        What it is made of.
    variants : Variants
        The looks of them that it shows.
    cells : (rows, cols) int32
        Which variant stands in which cell; variants without a cell are left out.
    colors : (rows, cols, 3) uint8, sRGB
        The target's mean colour in each cell. These arrays are copied unless they are read-only.
    background : (r, g, b), sRGB
        What is seen in empty cells, those of a variant without a tile, where nothing can be
        transparent: in an array, say.
    view : str
        Of what means and reduced pictures are averages: "screen", of sRGB values, as programs that
        zoom out make them; "print", of light, as an eye far from a wall does.

    Raises
    ------
    InputError
        If these do not fit together.

    Examples
    --------
    >>> tiles = Tiles(np.arange(2 * 3 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3, 3))
    >>> variants = Variants(np.array([0, 1], np.int32))
    >>> colors = np.zeros((1, 2, 3), np.uint8)
    >>> mosaic = Mosaic(tiles, variants, np.array([[0, 1]], np.int32), colors)
    >>> mosaic.shape, mosaic[0, -1]
    ((3, 6, 3), array([33, 34, 35], dtype=uint8))
    """

    tiles: Tiles
    variants: Variants
    cells: NDArray[np.int32]
    colors: NDArray[np.uint8]
    background: Color = WHITE
    view: View = "screen"

    def __post_init__(self) -> None:
        object.__setattr__(self, "tiles", as_tiles(self.tiles))
        cells, colors = as_array("cells", self.cells), as_array("colors", self.colors)
        if not isinstance(self.variants, Variants):
            raise InputError(f"variants must be Variants, got {type(self.variants).__name__}")
        used = self.variants.tile
        _check_names("variants", used[used != EMPTY], "tiles", len(self.tiles))
        if cells.ndim != 2 or cells.dtype != np.int32 or not cells.size:
            raise InputError(f"cells must be (rows, cols) int32, got {cells.shape} {cells.dtype}")
        _check_names("cells", cells, "variants", len(self.variants))
        if colors.shape != (*cells.shape, 3) or colors.dtype != np.uint8:
            raise InputError(
                f"colors must be {(*cells.shape, 3)} uint8, got {colors.shape} {colors.dtype}"
            )
        shown = np.zeros(len(self.variants), bool)
        shown[cells] = True
        if not shown.all():
            used, cells = numbered(cells, len(self.variants))
            object.__setattr__(self, "variants", some_of(self.variants, used))
        if self.variants.empty.all():
            raise InputError("cells must show a tile, at least one of them: all are empty")
        for name, array in (("cells", cells), ("colors", colors)):
            object.__setattr__(self, name, frozen(array))
        background = parse_color(color().check("background", self.background))
        object.__setattr__(self, "background", background)
        choice("screen", "print").check("view", self.view)

    def __repr__(self) -> str:
        rows, cols = self.cells.shape
        height, width = self.shape[:2]
        count = f"{len(self.variants):,} variant{'s' * (len(self.variants) > 1)}"
        return f"Mosaic({cols} x {rows} cells, {width} x {height} px, {count}, {self.tiles!r})"

    if not TYPE_CHECKING:  # or any attribute would be one to checkers

        def __getattr__(self, name: str) -> NoReturn:
            function = _FUNCTIONS.get(name)
            hint = f": facemo.{function} does that" if function else ""
            message = f"'Mosaic' object has no attribute {name!r}{hint}"
            raise AttributeError(message, name=name, obj=self)

    def _repr_png_(self) -> bytes:
        """What a notebook shows, which keeps it: the preview, 640 pixels wide."""
        return as_png(self.preview(SHOWN))

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, so that the arrays are read-only again when unpickled.
        return Mosaic, tuple(getattr(self, field.name) for field in fields(self))

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3) of the picture in pixels."""
        (rows, cols), (height, width) = self.cells.shape, self.tiles.size
        return rows * height, cols * width, 3

    @property
    def index(self) -> NDArray[np.int32]:
        """Which tile stands in which cell: (rows, cols) int32; -1 in empty ones."""
        return read_only(self.variants.tile[self.cells])

    @property
    def filled(self) -> NDArray[np.bool_] | None:
        """Which cells show a tile: (rows, cols) bool; None where all do."""
        return self.layout.filled

    @property
    def mirrored(self) -> NDArray[np.bool_]:
        """Which cells show their tile left-right mirrored: (rows, cols) bool."""
        return read_only(self.variants.mirrored[self.cells])

    @cached_property
    def means(self) -> NDArray[np.float32]:
        """The mean colours of the variants' tiles, as they are: (V, 3) float32, sRGB.

        That of no tile is the background.
        """
        shown, used = ~self.variants.empty, self.variants.tiles
        means = np.full((len(self.variants), 3), self.background, np.float32)
        of_used = means_of(self.tiles.pixels, used, self.view)
        means[shown] = of_used[np.searchsorted(used, self.variants.tile[shown])]
        return read_only(means)

    @cached_property
    def tint(self) -> float:
        """How far, over all cells, means are moved from the tiles' to `colors`, 0 to 1.

        As `plan` was asked to, where cells are exact; a palette leaves it some thousandths off.
        """
        if not self.variants.recoloured.any():
            return 0.0
        some = sampled(self.cells.size)
        cells, colors = self.cells.ravel()[some], self.colors.reshape(-1, 3)[some]
        if self.filled is not None:
            shown = self.filled.ravel()[some]
            cells, colors = cells[shown], colors[shown]
        moved, whole = tints(self.variants, self.means, cells, colors)
        return round(float(np.clip(moved.sum() / max(whole.sum(), 1e-9), 0, 1)), 4)

    def __getitem__(self, key: Key) -> NDArray[np.uint8]:
        """Draw a region: slices, integers and an ellipsis, with numpy's meaning.

        Raises IndexError as numpy does, and InputError for a region larger than free memory.
        """
        parts = parts_of(key)
        ys, xs = (span_of(part, n) for part, n in zip(parts[:2], self.shape[:2], strict=True))
        block = draw(self.layout, ys, xs)
        rest = tuple(slice(None) if isinstance(part, slice) else 0 for part in parts[:2])
        # The tuple makes a single pixel of a single channel a scalar, as numpy has it.
        return block[(*rest, parts[2])]

    @cached_property
    def layout(self) -> Layout:
        """What drawing needs to know of it, as plain arrays."""
        return Layout(self.tiles.pixels, self.variants, self.cells, self.background, self.view)

    def preview(self, limit: int = 1024) -> NDArray[np.uint8]:
        """Draw the whole mosaic as a small picture, of averages of its pixels.

        A terapixel takes ten seconds, 4,096 x 4,096 pixels 30 ms.

        Parameters
        ----------
        limit : int
            Pixels of the longer side, or fewer if the mosaic has fewer.

        Returns
        -------
        (h, w, 3) uint8, sRGB
            The picture.

        Raises
        ------
        InputError
            If `limit` is not a whole number of at least 1.

        Examples
        --------
        >>> from facemo import plan
        >>> tiles = np.zeros((1, 64, 64, 3), np.uint8)
        >>> mosaic = plan(np.zeros((90, 120)), tiles, cols=120)
        >>> mosaic.shape, mosaic.preview(400).shape
        ((5760, 7680, 3), (300, 400, 3))
        """
        return preview(self.layout, whole_number("limit", limit))

    def reduced(self, n: int) -> Mosaic:
        """Lay the same mosaic of its variants shrunk 2ⁿ times by box averages.

        Its picture is this one's, shrunk likewise: a pyramid is a list of mosaics.

        Parameters
        ----------
        n : int
            How often the sides are halved; 0 gives the mosaic itself.

        Returns
        -------
        Mosaic
            From n = 1 on, its tiles are the variants, as they are laid: `index` counts these, and
            nothing is recoloured any more. They keep their names where no tile has two; else its
            number follows each.

        Raises
        ------
        InputError
            If 2ⁿ does not divide the sides of the tiles, or the variants do not fit into memory.

        Examples
        --------
        >>> from facemo import plan
        >>> mosaic = plan(np.zeros((2, 2)), np.zeros((1, 8, 8, 3), np.uint8), cols=2)
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
        require_memory(
            len(self.variants) * self.tiles.pixels[0].nbytes >> 2 * n,
            f"{len(self.variants):,} variants of {width >> n} x {height >> n} pixels",
            "ask for fewer variants",
        )
        made = np.flatnonzero(~self.variants.empty).astype(np.int32)
        names = [self.tiles.names[tile] for tile in self.variants.tile[made]]
        if len(set(names)) < len(names):
            names = [f"{name} #{number}" for number, name in enumerate(names)]
        tiles = replace(self.tiles, pixels=self.layout.made(made, 2**n), names=tuple(names))
        tile = np.full(len(self.variants), EMPTY, np.int32)
        tile[made] = np.arange(len(made))
        return replace(self, tiles=tiles, variants=Variants(tile))

    def with_tiles(self, tiles: AnyTiles) -> Mosaic:
        """Lay other tiles of the same names by the same plan: of another size, say.

        Parameters
        ----------
        tiles : Tiles, path or paths, pictures, or (N, h, w, 3) uint8
            An array or a list of as many tiles stands for those in the same order.

        Returns
        -------
        Mosaic
            The plan with these tiles.

        Raises
        ------
        InputError
            Where tiles that are used are missing; it names them.

        Examples
        --------
        >>> from facemo import plan
        >>> small, large = (np.zeros((2, side, side, 3), np.uint8) for side in (8, 64))
        >>> plan(np.zeros((3, 4)), small, cols=4).with_tiles(large).shape
        (192, 256, 3)
        """
        unnamed = not isinstance(tiles, Tiles)
        tiles = as_tiles(tiles)
        if unnamed and len(tiles) == len(self.tiles):
            tiles = Tiles(tiles.pixels, self.tiles.names)
        used, tile = self.variants.tiles, self.variants.tile.copy()
        shown = ~self.variants.empty
        place = places([self.tiles.names[n] for n in used], tiles)
        tile[shown] = place[np.searchsorted(used, tile[shown])]
        return replace(self, tiles=tiles, variants=replace(self.variants, tile=tile))

    def to_dask(self, chunks: int | tuple[int, int] | None = None) -> Any:
        """Make a dask array of the picture, each chunk drawn when it is computed.

        The same code draws on this machine's threads and on the workers of a
        ``dask.distributed.Client``, each of which gets the tiles once.

        Parameters
        ----------
        chunks : int or (int, int)
            The side of a chunk in pixels, or its height and width; by default whole tiles of about
            1,024 pixels.

        Returns
        -------
        dask.array.Array
            (height, width, 3) uint8, sRGB.

        Raises
        ------
        InputError
            If dask is not installed (``pip install "facemo[dask]"``).

        Examples
        --------
        >>> from facemo import plan
        >>> mosaic = plan(np.zeros((300, 200)), np.zeros((1, 8, 8, 3), np.uint8), cols=200)
        >>> mosaic.to_dask().chunks
        ((1024, 1024, 352), (1024, 576), (3,))
        """
        sides = chunk_sides(self.tiles.size) if chunks is None else chunks
        down, across = sides[:2] if isinstance(sides, tuple) and len(sides) > 1 else (sides, sides)
        return as_dask(self, (whole_number("chunks", down), whole_number("chunks", across)))


def require_mosaic(given: object) -> None:
    """Raise an InputError for what is no mosaic."""
    if not isinstance(given, Mosaic):
        raise InputError(f"mosaic must be a Mosaic, as plan makes one, got {kind_of(given)}")


def _check_names(what: str, numbers: NDArray[np.int32], named: str, count: int) -> None:
    """Raise an InputError unless all `numbers` are those of one of `count`."""
    if numbers.size and (numbers.min() < 0 or numbers.max() >= count):
        raise InputError(
            f"{what} must name {named} 0 to {count - 1}, got {numbers.min()} to {numbers.max()}"
        )
