"""What matters more: where likeness counts more than uses and than what recolouring costs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemo.area import area_means
from facemo.errors import InputError
from facemo.faces import faces
from facemo.kinds import WEIGHTS
from facemo.library.given import as_numbers, decoded
from facemo.options import SHADE
from facemo.planning.cells import Cells
from facemo.planning.describe import Looks
from facemo.planning.mask import check_aspect, one_channel

# Likeness counts so much where everything matters, and 1 where nothing does: all else stays as it
# is. With 2, 4 and 8 FLIP over faces at 4 pixels a cell was .939, .922 and .916 of what it is
# without (16 pairs of a library and a target), elsewhere 1.004, 1.006 and 1.007.
MOST = 4.0
# A face is an oval, half as high and as wide as its box by these, that ends softly.
_TALL, _WIDE, _SOFT = 1.15, 1.0, 0.25
# The cells with most inside them matter all, up to this share of the others as much as they have:
# with .95, .85 and .8 FLIP over edges was .81, .78 and .77 of what it is without (12 pairs).
_MOST_INSIDE = 0.85


def weights_of(
    wanted: Any, image: NDArray[np.uint8], cells: Cells, some: NDArray[np.int32] | None = None
) -> NDArray[np.float32] | None:
    """How much likeness counts in cells that look the same: (D,) float32, 1 to `MOST`.

    None where it counts the same everywhere.

    wanted : one of the words "faces", "edges" and "none", or values as `values_of` takes them
    image : (H, W, 3) uint8, sRGB, the target
    some : (m,) int32, the numbers of the cells that want anything; None if all do

    Raises InputError for values that cannot be used.
    """
    if not _is_word(wanted):
        matter = _reduced(values_of(wanted, image.shape), cells.which.shape)
    elif wanted == "faces":
        boxes = faces(image)
        if not len(boxes):  # nor is there an array of a terapixel's cells
            return None
        matter = _ovals(boxes, image.shape, cells.which.shape)
    elif wanted == "edges":
        matter = _inside(cells.looks)[cells.which]
    else:
        return None
    if not matter.any():
        return None
    wanting = slice(None) if some is None else some
    which, matter = cells.which.ravel()[wanting], matter.ravel()[wanting]
    cells_of_look = np.maximum(np.bincount(which, minlength=len(cells.looks)), 1)
    mean = np.bincount(which, matter, len(cells.looks)) / cells_of_look
    return (1 + (MOST - 1) * mean).astype(np.float32)


def deeper(shade: float, cells: Cells) -> NDArray[np.float32]:
    """How far light runs across cells, as `shade.Light` has it: (rows, cols, 4).

    It rises all the way where everything matters, and bends there alone; less where `shade` is less
    than the default, and not at all where it is 0.
    """
    matter = np.zeros(cells.which.shape, np.float32)
    if cells.weights is not None:
        matter = (cells.weights[cells.which] - 1) / np.float32(MOST - 1)
    matter *= np.float32(min(1.0, shade / SHADE))
    rises, bends = np.float32(shade) + np.float32(1 - shade) * matter, matter
    return np.stack([rises, rises, bends, bends], axis=-1)


def check_weights(wanted: Any, target: tuple[int, ...]) -> None:
    """Raise an InputError for weights that a target of this (height, width, …) cannot have."""
    if not _is_word(wanted):
        values_of(wanted, target)


def _is_word(wanted: Any) -> bool:
    return isinstance(wanted, str) and wanted in WEIGHTS


def values_of(wanted: Any, target: tuple[int, ...]) -> NDArray[np.float32]:
    """How much places in a target of this (height, width, …) matter: (h, w) float32, 0 to 1.

    wanted : numbers from 0, (h, w) or (h, w, 3), in the target's aspect; or a picture,
        its path, file or bytes, of which the alpha counts if any of it is transparent, and else the
        lightness. The least becomes 0 and the largest 1

    Raises InputError for anything else.
    """
    picture = decoded(wanted, "weights")
    values: NDArray[Any] = _numbers(wanted) if picture is None else one_channel(picture)
    check_aspect("weights", values.shape, target)
    low, high = float(values.min()), float(values.max())
    if not high > 0:
        raise InputError('weights are 0 everywhere: what matters more has more, or use "none"')
    return np.asarray((values - low) / ((high - low) or 1), np.float32)


def _numbers(wanted: Any) -> NDArray[np.float64]:
    """Weights that are given as numbers, (h, w) or (h, w, 3), to (h, w)."""
    wish = '"faces", "edges", "none", a picture, or numbers from 0, (H, W)'
    values = as_numbers(wanted, "weights", wish).astype(np.float64)
    wish = f"weights must be {wish}"
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if not (values.ndim == 2 or (values.ndim == 3 and values.shape[2] in (3, 4))):
        raise InputError(f"{wish}, got {values.shape}")
    values = values if values.ndim == 2 else values[:, :, :3].mean(axis=2)
    if not values.size or not np.isfinite(values).all():
        raise InputError(f"{wish}, got {'NaN or infinity' if values.size else values.shape}")
    if values.min() < 0:
        raise InputError(f"{wish}, got {values.min():.7g}")
    return values


def _reduced(values: NDArray[np.float32], grid: tuple[int, ...]) -> NDArray[np.float32]:
    """The means of values from 0 to 1 in each cell: (H, W) to (rows, cols)."""
    pixels = np.rint(values * 255).astype(np.uint8)[np.newaxis, :, :, np.newaxis]
    means = area_means(np.repeat(pixels, 3, axis=3), grid[0], grid[1])
    matter: NDArray[np.float32] = means[0, :, :, 0] / np.float32(255)
    return matter


def _ovals(
    boxes: NDArray[np.float64], target: tuple[int, ...], grid: tuple[int, ...]
) -> NDArray[np.float32]:
    """Which cells are in faces of a target of this (height, width, …): (rows, cols), 0 to 1."""
    matter = np.zeros(grid, np.float32)
    cells = np.array(grid) / target[:2]
    for top, left, bottom, right in boxes:
        middle = (top + bottom) / 2 * cells[0], (left + right) / 2 * cells[1]
        half = (bottom - top) / 2 * cells[0] * _TALL, (right - left) / 2 * cells[1] * _WIDE
        (rows, y), (cols, x) = (_along(*each) for each in zip(middle, half, grid, strict=True))
        oval = (1 + _SOFT - np.hypot(y[:, np.newaxis], x)) / _SOFT
        matter[rows, cols] = np.maximum(matter[rows, cols], np.clip(oval, 0, 1))
    return matter


def _along(middle: float, half: float, count: int) -> tuple[slice, NDArray[np.floating]]:
    """Which of `count` cells a face may reach along an axis, and how far out in it each is."""
    reach = (1 + _SOFT) * half
    some = slice(max(0, int(middle - reach)), min(count, int(middle + reach) + 1))
    return some, (np.arange(some.start, some.stop) + 0.5 - middle) / half


def _inside(looks: Looks) -> NDArray[np.float32]:
    """How much there is inside each cell, the gradients of its blocks: (D,) float32, 0 to 1."""
    inside = looks.seen.spread.mean(axis=1)
    most = float(np.quantile(inside, _MOST_INSIDE)) or float(inside.max()) or 1.0
    matter: NDArray[np.float32] = np.minimum(inside / np.float32(most), np.float32(1))
    return matter
