"""A mosaic with a fourth channel: how much of each pixel there is, nothing of it in empty cells."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facemo.area import box_averages, light_of, value_of
from facemo.drawing.draw import draw
from facemo.drawing.mosaic import Mosaic

_OPAQUE = np.uint8(255)


class WithAlpha:
    """A mosaic as RGBA, drawn when it is asked for: 255 where there is a tile, else 0.

    What is transparent has the colour of the background.
    """

    def __init__(self, mosaic: Mosaic) -> None:
        """Take `mosaic`, of which nothing is drawn yet."""
        self._plan = mosaic.layout
        self.shape = (*mosaic.shape[:2], 4)

    def __getitem__(self, key: tuple[slice, slice]) -> NDArray[np.uint8]:
        spans = (range(*part.indices(n)) for part, n in zip(key, self.shape[:2], strict=True))
        ys, xs = spans
        out = np.empty((len(ys), len(xs), 4), np.uint8)
        out[..., :3] = draw(self._plan, ys, xs)
        out[..., 3] = _OPAQUE
        if self._plan.filled is not None:
            rows, cols = (
                np.arange(span.start, span.stop, span.step) // side
                for span, side in zip((ys, xs), self._plan.tile, strict=True)
            )
            out[..., 3] *= self._plan.filled[rows[:, np.newaxis], cols]
        return out


def alpha_averages(
    image: NDArray[np.uint8], factor: int, view: str = "screen"
) -> NDArray[np.uint8]:
    """An RGBA image shrunk `factor` times: the averages of what there is in boxes of pixels.

    image : (H, W, 4) uint8; returns (H / factor, W / factor, 4) uint8, sides rounded up: the last
    boxes average what they have. Colours count as much as there is of them, so that none of what is
    transparent comes into them; a box of nothing has the plain average.

    >>> alpha_averages(np.uint8([[[9, 9, 9, 255], [200, 0, 0, 0]]]), 2).tolist()
    [[[9, 9, 9, 128]]]
    """
    colors, alpha = image[..., :3], np.repeat(image[..., 3:], 3, axis=2)
    plain = box_averages(colors[np.newaxis], factor, view)[0]
    opaque = box_averages(alpha[np.newaxis], factor)[0]
    plain = np.concatenate([plain, opaque[..., :1]], axis=2)
    ys, xs = np.nonzero((plain[..., 3] > 0) & (plain[..., 3] < _OPAQUE))
    missing = [-side % factor for side in image.shape[:2]]
    padded = np.pad(image, [(0, missing[0]), (0, missing[1]), (0, 0)])
    boxes = padded.reshape(len(plain), factor, -1, factor, 4)[ys, :, xs]
    weights = boxes[..., 3:].astype(np.float64)
    light = (light_of(boxes[..., :3], view) * weights).sum(axis=(1, 2)) / weights.sum(axis=(1, 2))
    plain[ys, xs, :3] = np.floor(value_of(light, view) + 0.5)
    return plain
