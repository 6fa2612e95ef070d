"""One description for tiles and cells alike, so that they cannot disagree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.area import averaged
from facemo.kernels.appraise import Seen
from facemo.kernels.color import lab
from facemo.kernels.describe import parts_of, spread_of
from facemo.machine import divide

# How much what differs in parts counts, of which there are the n x n blocks and, where n is even,
# their quarters: those are seen from further away. Together the parts of a kind count as one block.
# With .6, 1 and 1.6 FLIP at 2 pixels a cell was .267, .258 and .248 of the first version's, SSIM
# .669, .666 and .660 (12 pairs of a library and a target); without quarters FLIP was a sixth more.
_QUARTERS = 1.0
# The eye blurs colours more than light, and fine detail is of light: chroma in parts counts less.
# .15 and .5 change FLIP by less than 1%, the ΔE2000 of blocks by +.1 and -.1.
_CHROMA = 0.3
# A step of a value of 255 is about so much of L*.
_RGB = 100 / 255
# Candidates are found by squared distances. There quarters count twice as much as blocks, and how
# far a mean is moved as much as will make the nearest those that are cheapest.
_NEAR_QUARTERS, _NEAR_MOVED = 2.0, 0.06


def mirrored(blocks: NDArray[np.float64]) -> NDArray[np.float64]:
    """The blocks of the same tiles laid left-right mirrored: (N, n, n, 3) to (N, n, n, 3)."""
    return blocks[:, :, ::-1]


class Looks:
    """How tiles or cells look: the colours of their blocks, ready to be compared.

    blocks : (M, n, n, 3), sRGB values of 0 to 255
    space : "rgb" or "lab" (CIE 1976 L*a*b*, D65), the colours to compare
    view : what means are averages of, as facemo.area has it

    `means` are their mean colours, (M, 3) float64, sRGB, `colors` these as uint8; `seen` is what
    they are judged by, `detail` is n.

    >>> Looks(np.full((1, 1, 1, 3), 7.0)).described()
    array([[7., 7., 7.]], dtype=float32)
    """

    def __init__(
        self, blocks: NDArray[np.float64], space: str = "rgb", view: str = "screen"
    ) -> None:
        """Bring the colours to `space`, which takes longer than to compare them."""
        self.detail = blocks.shape[1]
        self.means: NDArray[np.float64] = averaged(blocks, view)
        in_lab = space == "lab"
        self.unit = 1.0 if in_lab else _RGB
        self._in_space = _lab(self.means) if in_lab else self.means
        parts, spread = _parts(_lab(blocks) if in_lab else blocks, in_lab), _spread(blocks)
        evened = _evened(self._in_space) if in_lab else self.means * _RGB
        others = (self._in_space * self.unit, evened, self.means, spread)
        self.seen = Seen(parts, *(np.asarray(each, np.float32) for each in others))

    def __len__(self) -> int:
        return len(self.means)

    @property
    def colors(self) -> NDArray[np.uint8]:
        """The mean colours, rounded."""
        return np.round(self.means).astype(np.uint8)

    def described(self, tint: float = 0.0) -> NDArray[np.float32]:
        """Points whose squared distances say how different two tiles, or a tile and a cell, look.

        tint : how much of the way tiles' means will be moved, 0 to 1

        Returns (M, d) float32: the mean colour and, where n > 1, what parts differ from it by.
        """
        if self.detail == 1:
            return np.asarray(self._in_space, np.float32)
        weights = part_weights(self.detail, _NEAR_QUARTERS)
        parts = (self.seen.parts * np.sqrt(weights)).reshape(len(self), -1)
        # What a mean still differs by, each part does.
        columns = [parts, (1 - tint) * weights.sum() ** 0.5 * self.seen.mean]
        if tint:
            columns.append(tint * _NEAR_MOVED**0.5 * self.seen.evened)
        return np.concatenate(columns, axis=1, dtype=np.float32)


def part_weights(detail: int, quarters: float = _QUARTERS) -> NDArray[np.float32]:
    """How much each part counts: (p,) float32, first the blocks and then, if any, the quarters."""
    blocks = np.full(detail**2, 1 / detail**2)
    return np.append(blocks, np.full(4 if _has_quarters(detail) else 0, quarters / 4)).astype(
        np.float32
    )


def _has_quarters(detail: int) -> bool:
    return detail > 2 and detail % 2 == 0


def _parts(blocks: NDArray[np.float64], in_lab: bool) -> NDArray[np.float32]:
    """What blocks, and quarters, differ from the mean of all by: (M, n, n, 3) to (M, 3, p)."""
    weights = np.array((1, _CHROMA, _CHROMA) if in_lab else 3 * (_RGB,), np.float64)
    parts = np.empty((len(blocks), 3, len(part_weights(blocks.shape[1]))), np.float32)

    def work(some: slice) -> None:
        parts_of(blocks[some], weights, parts[some])

    divide(work, len(blocks), blocks.nbytes)
    return parts


def _spread(blocks: NDArray[np.float64]) -> NDArray[np.float32]:
    """The standard deviation of each channel: (M, n, n, 3) to (M, 3)."""
    spread = np.empty((len(blocks), 3), np.float32)

    def work(some: slice) -> None:
        spread_of(blocks[some], spread[some])

    divide(work, len(blocks), blocks.nbytes)
    return spread


def nearer_turned(
    tiles: NDArray[np.float64], index: NDArray[np.int32], cells: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which cells look more like the mirror image of their tile than like the tile: (rows, cols).

    tiles : (N, n, n, 3), cells : (rows * cols, n, n, 3), the colours of their blocks
    index : (rows, cols) int32, which of the tiles stands in each of the cells
    """
    laid = tiles[index.ravel()]
    apart, apart_turned = (
        ((blocks - cells) ** 2).sum(axis=(1, 2, 3)) for blocks in (laid, mirrored(laid))
    )
    nearer: NDArray[np.bool_] = (apart_turned < apart).reshape(index.shape)
    return nearer


def _evened(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """L*a*b* with large chroma drawn in, so that distances are about those of CIEDE2000.

    As in DIN 6176 (DIN99): a chroma of C becomes log(1 + .045 C) / .045.
    """
    chroma = np.maximum(np.hypot(lab[..., 1], lab[..., 2]), 1e-6)
    evened = lab.copy()
    evened[..., 1:] *= (np.log1p(0.045 * chroma) / (0.045 * chroma))[..., np.newaxis]
    return evened


def _lab(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    """sRGB values of 0 to 255 as CIE L*a*b*: (..., 3) to (..., 3)."""
    flat = colors.reshape(-1, 3)
    converted = np.empty_like(flat)

    def work(some: slice) -> None:
        lab(flat[some], converted[some])

    divide(work, len(flat), flat.nbytes)
    return converted.reshape(colors.shape)
