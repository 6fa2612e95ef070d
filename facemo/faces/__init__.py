"""Where faces are: boxes around those that look out of a picture.

By the network of `yunet` where ``facemo[faces]`` is installed, by the `cascade` elsewhere.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from facemo.area import area_means
from facemo.faces import cascade, yunet

SIDE = cascade.SIDE  # pixels a side that pictures are brought down to
_KEPT = 8  # pictures whose faces are remembered: 0.2 MB each


def detector() -> str:
    """What finds faces here, and its version: another one finds other boxes.

    >>> detector().startswith(("cascade", "YuNet"))
    True
    """
    return yunet.detector() or cascade.DETECTOR


def faces(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The boxes of the faces in a picture, from brows to chin.

    The cascade finds faces that look ahead, upright, and take at least a tenth of the longer side.
    The network also finds those that are turned to the side or tilted: by up to 30 degrees where
    the head takes an eighth of the longer side, by 15 where it takes a twelfth; and most upright
    ones down to an eighteenth.

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
    share = min(1.0, SIDE / max(height, width))
    rows, cols = max(1, round(height * share)), max(1, round(width * share))
    if (rows, cols) != (height, width):
        image = np.rint(area_means(image[np.newaxis], rows, cols)[0]).astype(np.uint8)
    boxes: NDArray[np.float64] = _remembered(image.tobytes(), rows, cols) * np.tile(
        [height / rows, width / cols], 2
    )
    return boxes


@lru_cache(_KEPT)
def _remembered(pixels: bytes, rows: int, cols: int) -> NDArray[np.float64]:
    """The boxes in a small picture, which is its own key: what is remembered is never wrong."""
    image = np.frombuffer(pixels, np.uint8).reshape(rows, cols, 3)
    if in_colour():
        found = yunet.faces_in(image)
        return np.empty((0, 4)) if found is None else found
    return cascade.careful_faces_in(image[..., 0])


def in_colour() -> bool:
    """Whether faces in photos are sought in colour; the cascade looks at red alone."""
    return bool(yunet.detector())


def faces_in(image: NDArray[np.uint8], longer: int) -> NDArray[np.float64] | None:
    """`faces` of a photo that is shown in less than twice `SIDE` pixels, in less time.

    None if what finds them fails.

    image : (H, W, 3) uint8, sRGB, if faces are sought `in_colour`, or else its red, (H, W) uint8
    longer : the longer side of the photo itself: the smaller it is, the less time it is worth
    """
    return yunet.faces_in(image) if in_colour() else cascade.faces_in(image, longer)
