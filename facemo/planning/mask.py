"""What of the target is to be seen: its own alpha and a mask say which cells stay empty.

From here on nothing knows of alpha: what is not covered takes the mean colour of what is covered
in its cell, so that averages of cells are those of what is to be seen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facemo.area import area_means
from facemo.errors import InputError
from facemo.kernels.cover import cover_means, lay_over
from facemo.kinds import WHITE, Color, Mask
from facemo.library.given import as_picture
from facemo.machine import divide, require_memory
from facemo.planning.target import Target, as_image, has_pixels

_HALF = 127.5  # of 255: cells that are covered less stay empty
_STRETCHED = 1.02  # that a mask may be of another aspect than the target: sides were rounded


class Subject(NamedTuple):
    """A target, and what of it is to be seen.

    image : (H, W, 3) uint8, sRGB
    cover : (H, W) uint8, how much of each pixel is to be seen; None where all is
    """

    image: NDArray[np.uint8]
    cover: NDArray[np.uint8] | None

    @property
    def count(self) -> Callable[[tuple[int, int]], int]:
        """What says how many cells of a grid, (rows, cols), show a tile."""
        cover = self.cover
        if cover is None:
            return math.prod
        return lambda grid: int(np.count_nonzero(_covered(cover, grid) >= _HALF))


def subject_of(target: Target, mask: Mask | None = None, background: Color = WHITE) -> Subject:
    """A target and its mask.

    mask : what is to be seen of it, as `mask_of` takes it; with "none" all, and what is transparent
        in the target is laid over the `background`
    """
    image = as_image(target)
    alpha = np.ascontiguousarray(image[..., 3]) if image.shape[2] == 4 else None
    image = np.ascontiguousarray(image[..., :3])
    if isinstance(mask, str) and mask == "none":
        return Subject(image if alpha is None else _over(image, alpha, _flat(background)), None)
    cover = alpha
    if mask is not None:
        cover = mask_of(mask, image.shape[:2])
        if alpha is not None:
            cover = ((cover.astype(np.uint16) * alpha + 127) // 255).astype(np.uint8)
    return Subject(image, None if cover is None or cover.min() == 255 else cover)


def mask_of(mask: Mask, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """A mask for a target of this (height, width): (height, width) uint8, 255 where all is seen.

    mask : anything that `as_picture` takes; of one in colours the alpha counts if any of it is
        transparent, and else the lightness

    It is brought to the target's size, and must have its aspect.
    """
    picture = as_picture(mask, "mask")
    given = picture if picture.ndim == 2 else one_channel(picture)
    check_aspect("mask", given.shape, shape)
    height, width = shape[:2]
    if given.shape == (height, width):
        return given
    return np.round(_covered(given, (height, width))).astype(np.uint8)


def check_aspect(name: str, given: tuple[int, ...], target: tuple[int, ...]) -> None:
    """Raise an InputError unless what is given has about the aspect of a target, (height, width).

    name : what it was given for
    """
    (h, w), (height, width) = given[:2], target[:2]
    if not 1 / _STRETCHED <= (h * width) / (w * height) <= _STRETCHED:
        raise InputError(
            f"{name} must have the target's shape, {(height, width)}, or at least its aspect, got "
            f"{(h, w)}: crop or extend it as the target is"
        )


def one_channel(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What a picture says as a mask: its alpha if it is transparent anywhere, or its lightness."""
    if picture.shape[2] == 4 and picture[..., 3].min() < 255:
        return np.ascontiguousarray(picture[..., 3])
    return np.asarray(Image.fromarray(picture[..., :3]).convert("L"))


def filled_cells(
    cover: NDArray[np.uint8] | None, grid: tuple[int, int]
) -> NDArray[np.bool_] | None:
    """Which cells show a tile, those that are covered by half: (rows, cols) bool, None if all do.

    Raises InputError if none does.
    """
    if cover is None:
        return None
    filled: NDArray[np.bool_] = _covered(cover, grid) >= _HALF
    if not filled.any():
        raise InputError(
            f"mask and transparency leave nothing: of {grid[1]:,} x {grid[0]:,} cells none is seen "
            "by half; use more cells, a mask that is white, 255 or True, where photos should be, "
            "or mask=none, which fills all cells"
        )
    return None if filled.all() else filled


def filled_in(
    subject: Subject, grid: tuple[int, int], background: Color = WHITE
) -> NDArray[np.uint8]:
    """The target without a hole, (H, W, 3) uint8: each cell's mean is that of what is seen in it.

    What is not covered has the mean colour of what is, in the cell; that of cells of which nothing
    is seen is the background.
    """
    image, cover = subject
    if cover is None:
        return image
    if has_pixels(image.shape, grid):
        return _grown(image, cover)
    whole = _covered(cover, grid)[..., np.newaxis]
    seen = area_means(_over(image, cover, np.zeros((1, 1, 3), np.uint8))[np.newaxis], *grid)[0]
    means = np.where(whole > 0, seen * 255 / np.maximum(whole, 1e-6), _flat(background))
    return _over(image, cover, np.clip(np.round(means), 0, 255).astype(np.uint8))


def _grown(image: NDArray[np.uint8], cover: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture whose pixels without cover have the colour of the nearest one that has some."""
    if not cover.any():
        return image
    from scipy.ndimage import distance_transform_edt  # 30 ms, a fiftieth of a small mosaic

    ys, xs = distance_transform_edt(cover == 0, return_distances=False, return_indices=True)
    grown: NDArray[np.uint8] = image[ys, xs]
    return grown


def _flat(color: Color) -> NDArray[np.uint8]:
    return np.array(color, np.uint8).reshape(1, 1, 3)


def _over(
    image: NDArray[np.uint8], cover: NDArray[np.uint8], ground: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """A picture laid over a coarser one, (rows, cols, 3) uint8, as far as it covers it."""
    sides = zip(cover.shape, ground.shape[:2], strict=True)
    rows, cols = (np.arange(side) * parts // side for side, parts in sides)
    out = np.empty_like(image)

    def work(part: slice) -> None:
        lay_over(image[part], cover[part], ground, (rows[part], cols), out[part])

    divide(work, len(image), image.nbytes)
    return out


def _covered(cover: NDArray[np.uint8], grid: tuple[int, int]) -> NDArray[np.float32]:
    """The averages of one channel over a grid of rectangles: (H, W) uint8 to (rows, cols)."""
    rows, cols = grid
    require_memory(16 * rows * cols, f"a mask of {cols:,} x {rows:,} cells", "ask for fewer cells")
    out = np.empty(grid, np.float32)
    divide(lambda part: cover_means(cover, grid[0], part.start, out[part]), grid[0], cover.nbytes)
    return out
