"""Where faces are: boxes around those that look out of a picture."""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from skimage.data import lbp_frontal_face_cascade_filename
from skimage.feature import Cascade

from facemo.area import area_means

# Pictures are brought down to so many pixels a side, and faces sought from so many on. Of 100
# portraits of 128 pixels 96 show a face, of 230 photographs of other things 3; a picture of 256
# pixels takes 70 ms.
_SIDE, _LEAST = 256, 24
# The search window grows by this, and moves by a pixel of its smallest size. With 1.1 all 100 show
# one, but 11 of the 230, too; with 1.3 92 and none.
_GROWTH, _STEP = 1.2, 1.0
_KEPT = 8  # pictures whose faces are remembered: 0.2 MB each


def faces(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The boxes of the faces in a picture, from brows to chin.

    By the cascade of local binary patterns that scikit-image ships (Liao et al., "Learning
    multi-scale block local binary patterns for face recognition", 2007). It finds faces that look
    ahead, upright, and take at least a tenth of the longer side.

    Parameters
    ----------
    image : (H, W, 3) uint8, sRGB
        The picture. What was found in the last few is remembered.

    Returns
    -------
    (F, 4) float64
        Top, left, bottom and right of each, in pixels of `image`.

    Examples
    --------
    >>> faces(np.zeros((64, 64, 3), np.uint8)).shape
    (0, 4)
    """
    height, width = image.shape[:2]
    share = min(1.0, _SIDE / max(height, width))
    rows, cols = max(1, round(height * share)), max(1, round(width * share))
    if (rows, cols) != (height, width):
        image = np.rint(area_means(image[np.newaxis], rows, cols)[0]).astype(np.uint8)
    found = np.array(_found(image.tobytes(), rows, cols), np.float64).reshape(-1, 4)
    boxes: NDArray[np.float64] = found * np.tile([height / rows, width / cols], 2)
    return boxes


@lru_cache(_KEPT)
def _found(pixels: bytes, rows: int, cols: int) -> list[tuple[int, int, int, int]]:
    """The boxes in a small picture, which is its own key: what is remembered is never wrong."""
    image = np.frombuffer(pixels, np.uint8).reshape(rows, cols, 3)
    if min(rows, cols) < _LEAST:
        return []
    boxes = _cascade().detect_multi_scale(
        image, _GROWTH, _STEP, (_LEAST, _LEAST), (max(rows, cols),) * 2
    )
    return [
        (box["r"], box["c"], box["r"] + box["height"], box["c"] + box["width"]) for box in boxes
    ]


@cache
def _cascade() -> Cascade:
    return Cascade(lbp_frontal_face_cascade_filename())
