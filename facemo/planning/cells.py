"""The cells of a grid: how each looks in the target, said once for those that look the same."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.draw import numbered
from facemo.planning.describe import Looks
from facemo.planning.target import fit, has_pixels, reduced

_COLORS = 1 << 24
# What cells that keep no tile are held as: those that are to be given one, and those that get none.
FREE, STAYS_EMPTY = np.int32(-1), np.int32(-2)


class Cells(NamedTuple):
    """What cells want.

    looks : Looks of D cells, no two of which need be the same
    which : (rows, cols) int32, which of these each cell has; any where it stays empty
    colors : (rows, cols, 3) uint8, sRGB, their mean colours
    weights : (D,) float32, how much likeness counts there, or None for 1 everywhere
    """

    looks: Looks
    which: NDArray[np.int32]
    colors: NDArray[np.uint8]
    weights: NDArray[np.float32] | None = None


def cells_of(
    image: NDArray[np.uint8],
    grid: tuple[int, int],
    detail: int,
    space: str,
    some: NDArray[np.int32] | None = None,
    view: str = "screen",
) -> Cells:
    """The cells of a grid (rows, cols) laid over an (H, W, 3) uint8 image, sRGB.

    some : (m,) int32, the numbers of the cells that are looked at; others have the look of the
        first of them, and are black. None for all.
    view : what means are averages of, as facemo.area has it

    Where each is a pixel they share what pixels share: a photograph of 61 million has some 300,000
    colours, so that everything which follows takes a hundredth of the time and of the memory.
    """
    rows, cols = grid
    if detail == 1 and has_pixels(image.shape, grid):
        colors = np.array(fit(image, rows, cols, view=view), np.uint8)  # not the caller's own
        found, which = numbered(codes(colors), _COLORS)
        looks = Looks(colors_of(found).reshape(-1, 1, 1, 3).astype(np.float64), space)
        return Cells(looks, which, colors)
    # What is fitted to its blocks need not be reduced, which takes a quarter of a small plan.
    fitted = fit(image, rows * detail, cols * detail, 4 if detail == 1 else 1, view)
    blocks = reduced(fitted, rows, cols, detail).reshape(-1, detail, detail, 3)
    if some is None:
        looks = Looks(blocks, space, view)
        which = np.arange(rows * cols, dtype=np.int32).reshape(grid)
        return Cells(looks, which, looks.colors.reshape(*grid, 3))
    looks = Looks(blocks[some], space, view)
    which, colors = np.zeros(rows * cols, np.int32), np.zeros((rows * cols, 3), np.uint8)
    which[some], colors[some] = np.arange(len(some)), looks.colors
    return Cells(looks, which.reshape(grid), colors.reshape(*grid, 3))


def count_colors(image: NDArray[np.uint8]) -> int:
    """How many colours an (H, W, 3) uint8 image has.

    >>> count_colors(np.uint8([[[0, 0, 0], [0, 0, 1], [0, 0, 0]]]))
    2
    """
    used = np.zeros(_COLORS, bool)
    used[codes(image)] = True
    return int(used.sum())


def codes(colors: NDArray[np.uint8], bits: int = 8) -> NDArray[np.int32]:
    """A number for each colour, or for those that begin with the same bits a channel.

    colors : (..., 3) uint8; returns (...) int32, below ``1 << 3 * bits``.
    """
    codes = np.zeros(colors.shape[:-1], np.int32)
    for channel in range(3):
        codes <<= bits
        codes |= colors[..., channel] >> (8 - bits)
    return codes


def colors_of(
    codes: NDArray[np.signedinteger[Any]], bits: int = 8
) -> NDArray[np.signedinteger[Any]]:
    """The values that numbers of colours stand for, so many bits a channel: (D,) to (D, 3) ints.

    >>> colors_of(codes(np.uint8([[1, 2, 255]]))).tolist()
    [[1, 2, 255]]
    """
    return np.stack([codes >> 2 * bits, codes >> bits, codes], axis=1) & ((1 << bits) - 1)
