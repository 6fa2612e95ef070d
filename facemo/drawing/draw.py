"""The pixels of a plan: any region of it, its variants, and the means of its cells' blocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from facemo.area import block_means, box_averages
from facemo.drawing.recolour import changes_of
from facemo.drawing.regions import cells_of
from facemo.drawing.variants import Variants
from facemo.kernels.draw import Changes, assemble, assemble_changed, sample
from facemo.kinds import WHITE, Color
from facemo.machine import batches, divide, require_memory

# Variants handled at a time: what is under way does not count beside the rest.
_BATCH_BYTES = 1 << 20
# All variants are kept where they take no more than this, once a region of as many cells is drawn:
# 201 MB are laid of 10,240 variants of 32 pixels in 12 ms, of 16 pixels in 11; made on the way,
# they take 19 and 30.
_KEPT_BYTES = 64 << 20
# Cells that are drawn at a time, of tiles that are too many for a processor's cache.
_ABREAST, _CACHED_BYTES = 16, 16 << 20


@dataclass(frozen=True, eq=False)
class Layout:
    """What drawing needs to know of a plan.

    pixels : (N, h, w, 3) uint8, the tiles
    variants : Variants, the V looks of them
    cells : (rows, cols) int32, which of the V stands in which cell
    background : sRGB, what is seen in cells without a tile
    view : what averages are of, as facemo.area has it
    """

    pixels: NDArray[np.uint8]
    variants: Variants
    cells: NDArray[np.int32]
    background: Color = WHITE
    view: str = "screen"

    @property
    def tile(self) -> tuple[int, int]:
        """(height, width) of a tile."""
        return self.pixels.shape[1], self.pixels.shape[2]

    @property
    def shape(self) -> tuple[int, int, int]:
        """(height, width, 3) of the picture in pixels."""
        (rows, cols), (height, width) = self.cells.shape, self.tile
        return rows * height, cols * width, 3

    @property
    def uses(self) -> float:
        """How many cells show each variant, on average."""
        return self.cells.size / len(self.variants)

    @cached_property
    def filled(self) -> NDArray[np.bool_] | None:
        """Which cells show a tile: (rows, cols) bool; None where all do."""
        shown = ~self.variants.empty
        return None if shown.all() else shown[self.cells]

    @cached_property
    def changes(self) -> Changes:
        """What makes each variant of its tile."""
        return changes_of(self.pixels, self.variants, self.background, self.view)

    @cached_property
    def plain(self) -> bool:
        """Whether all variants are tiles as they are."""
        return not self.changes.gain.size and not self.changes.mirrored.any()

    @cached_property
    def kept(self) -> NDArray[np.uint8]:
        """All variants, kept: (V, h, w, 3) uint8."""
        return self.made(slice(None))

    def made(self, some: slice | NDArray[np.int32], factor: int = 1) -> NDArray[np.uint8]:
        """Some of the variants, shrunk `factor` times by box averages.

        Returns (v, h / factor, w / factor, 3) uint8; `factor` must divide the sides.
        """
        cells = self.numbers(some)[:, np.newaxis]
        height, width = self.tile
        made = np.empty((len(cells), height // factor, width // factor, 3), np.uint8)
        lines = self.pixels.reshape(*self.pixels.shape[:2], -1)

        def work(part: slice) -> None:
            shape = len(cells[part]), height, width, 3
            out = made[part] if factor == 1 else np.empty(shape, np.uint8)
            assemble_changed(lines, self.changes, cells[part], 0, 0, out.reshape(-1, width * 3))
            if factor > 1:
                made[part] = box_averages(out, factor, self.view)

        nbytes = self.pixels[0].nbytes
        divide(work, len(cells), len(cells) * nbytes, max(1, _BATCH_BYTES // nbytes))
        return made

    def numbers(self, some: slice | NDArray[np.int32]) -> NDArray[np.int32]:
        """Which variants a slice means, or numbers, which mean themselves: (v,) int32."""
        if isinstance(some, slice):
            return np.arange(*some.indices(len(self.variants)), dtype=np.int32)
        return some

    def batches(self, most: int = 2**31) -> Iterator[slice]:
        """Slices of about a megabyte, and of at most `most`, that make up all variants."""
        return batches(len(self.variants), min(most, _BATCH_BYTES // self.pixels[0].nbytes))


def draw(plan: Layout, ys: range, xs: range) -> NDArray[np.uint8]:
    """The pixels where lines `ys` and columns `xs` of the picture cross.

    Returns (len(ys), len(xs), 3) uint8, sRGB. Raises InputError for more than fits into memory.

    >>> plan = Layout(np.full((1, 4, 4, 3), 7, np.uint8), Variants(np.zeros(1, np.int32)),
    ...     np.zeros((2, 2), np.int32))
    >>> draw(plan, range(8), range(0, 8, 2)).shape
    (8, 4, 3)
    """
    require_memory(
        len(ys) * len(xs) * 3,
        f"a picture of {len(xs):,} x {len(ys):,} pixels",
        "ask for a smaller region, fewer cells or smaller tiles",
    )
    out = np.empty((len(ys), len(xs), 3), np.uint8)
    if not out.size:
        return out
    (rows, down), (cols, across) = (
        cells_of(span, side) for span, side in zip((ys, xs), plan.tile, strict=True)
    )
    shown = np.ascontiguousarray(plan.cells[rows, cols])
    if ys.step == xs.step == 1:
        _lay(plan, shown, int(down[0]), int(across[0]) * 3, out.reshape(len(ys), -1))
    else:
        pixels, changes = plan.pixels, plan.changes

        def work(part: slice) -> None:
            sample(pixels, changes, shown, down[part], across, out[part])

        divide(work, len(ys), out.nbytes)
    return out


def _lay(plan: Layout, cells: NDArray[np.int32], y0: int, x0: int, out: NDArray[np.uint8]) -> None:
    """Fill `out`, (height, width * 3), from line `y0` and byte `x0` of a block of cells on."""
    changes = plan.changes
    pixels, cells, plain = _made(plan, cells)
    lines = pixels.reshape(*pixels.shape[:2], -1)
    abreast = _ABREAST if pixels.nbytes > _CACHED_BYTES else cells.shape[1]

    def work(part: slice) -> None:
        if plain:
            assemble(lines, cells, y0 + part.start, x0, abreast, out[part])
        else:
            assemble_changed(lines, changes, cells, y0 + part.start, x0, out[part])

    divide(work, len(out), out.nbytes)


def _made(
    plan: Layout, cells: NDArray[np.int32]
) -> tuple[NDArray[np.uint8], NDArray[np.int32], bool]:
    """Pixels, and which of them stand in these cells; and whether they are laid as they are."""
    if plan.plain:
        return plan.pixels, plan.changes.tile[cells], True
    count, many = len(plan.variants), cells.size >= len(plan.variants)
    if "kept" in vars(plan) or (many and count * plan.pixels[0].nbytes <= _KEPT_BYTES):
        return plan.kept, cells, True
    if many:
        used, numbers = numbered(cells, count)
        if 8 * len(used) <= cells.size:  # else they would take much memory beside the picture
            return plan.made(used), numbers, True
    return plan.pixels, cells, False


def blocks(
    plan: Layout, n: int, some: slice | NDArray[np.int32] = slice(None)
) -> NDArray[np.float32]:
    """The mean colours of n x n blocks of some variants, as laid: (v, n, n, 3) float32."""
    numbers = plan.numbers(some)
    means = np.empty((len(numbers), n, n, 3), np.float32)
    for part in batches(len(numbers), _BATCH_BYTES // plan.pixels[0].nbytes):
        means[part] = block_means(plan.made(numbers[part]), n, plan.view)
    return means


def numbered(index: NDArray[np.int32], count: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Which of `count` numbers an index uses, in their order, and the index in terms of these.

    What ``np.unique(index, return_inverse=True)`` says, without sorting millions of cells.

    >>> numbered(np.array([[7, 2], [2, 7]], np.int32), 9)[1].tolist()
    [[1, 0], [0, 1]]
    """
    if index.size < count >> 6:  # 16,384 cells of all colours: 0.5 ms in place of 22 and more
        found, which = np.unique(index, return_inverse=True)
        return found.astype(np.int32), which.astype(np.int32).reshape(index.shape)
    used = np.zeros(count, bool)
    used[index] = True
    place = np.cumsum(used, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(used).astype(np.int32), place[index]
