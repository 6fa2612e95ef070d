"""Where faces are, by a cascade of local binary patterns, which scikit-image ships.

Liao et al., "Learning multi-scale block local binary patterns for face recognition", 2007. It finds
faces that look ahead, upright.
"""

from __future__ import annotations

from functools import cache
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from skimage.data import lbp_frontal_face_cascade_filename

from facemo.kernels.faces import Cascade, agree, face_windows

# To be changed when other boxes are found in any picture: a cache of boxes goes by it.
DETECTOR = "cascade 1"

# Pictures are brought down to so many pixels a side, and faces sought from the window's size on.
# Photos of less than _LONG pixels, which decode so fast that looking would cost most of their time,
# are to _LESS: of 609 faces in groups 156 are found there in 0.3 ms, in 256 pixels 317 in 0.6.
SIDE, _LESS, _LONG = 256, 208, 384
_WINDOW = 24
_GROWTH = 1.2  # of the window, from one scale to the next
# What a window of a photo is asked for first: of windows at large 1% have it; with 1.6, which 3.5%
# have, 353 of 400 faces are found in place of 344, and as many kept in crops, in a fifth more time.
_SEED = 3.0
_EVERY = 3.0  # Windows are looked at at every pixel where they are so large, few as they are there.
# A face is where so many windows overlap by so much of what they cover together. What overlaps a
# face by _PART is not another.
_LEAST, _SAME, _PART = 3, 0.5, 0.2
_ROOM = 2000  # windows that are found at most
_MOST = 500  # windows that are compared with each other, 1 MB: a face has up to 150


def faces_in(red: NDArray[np.uint8], longer: int) -> NDArray[np.float64]:
    """The boxes of the faces in a photo by its red, (H, W) uint8, most windows first.

    longer : the longer side of the photo, of which that may be a smaller picture

    They are (F, 4) float64, top, left, bottom and right. Red has more of faces in it than grey: by
    it 360 of 400 are found, by grey 338, by green 323.
    """
    return _found(red, _LESS if longer < _LONG else SIDE, _SEED, _EVERY)


def careful_faces_in(red: NDArray[np.uint8]) -> NDArray[np.float64]:
    """`faces_in`, with a look at every window."""
    return _found(red, SIDE, -np.inf, 1.0)


def _found(red: NDArray[np.uint8], side: int, seed: float, every: float) -> NDArray[np.float64]:
    shrunk = max(1.0, max(red.shape) / side)
    first = round(red.shape[0] / shrunk), round(red.shape[1] / shrunk)
    windows, boxes = np.empty((_ROOM, 4)), np.empty((_MOST, 4))
    # Copied: for what is read-only or laid out otherwise the loops would be compiled again (1 s).
    grey = np.array(red, order="C")
    count = face_windows(grey, _cascade(), first, _GROWTH, seed, every, windows)
    some = windows[: count : 1 + count // _MOST]
    return boxes[: agree(some, _SAME, _PART, _LEAST, boxes)].copy()


@cache
def _cascade() -> Cascade:
    """The cascade that scikit-image ships, in the format of OpenCV's ``traincascade``.

    A feature has 256 bits, one for each pattern: which of its two leaves is its vote.
    """
    root = ElementTree.parse(lbp_frontal_face_cascade_filename()).getroot()
    rectangles = [_numbers(node) for node in root.iter("rect")]
    stages = root.findall("cascade/stages/_")
    blocks, votes, ends = [], [], []
    for stage in stages:
        for weak in stage.iterfind("weakClassifiers/_"):
            _, _, feature, *words = _numbers(weak.find("internalNodes"))
            bits = np.array(words, np.int32).astype("<i4").view(np.uint8)
            yes, no = _numbers(weak.find("leafValues"))
            blocks.append(rectangles[int(feature)])
            votes.append(np.where(np.unpackbits(bits, bitorder="little"), yes, no))
        ends.append(len(blocks))
    least = [_numbers(stage.find("stageThreshold"))[0] for stage in stages]
    return Cascade(
        np.array(blocks, np.int32),
        np.array(votes, np.float32),
        np.array(ends, np.int32),
        np.array(least, np.float32),
        _WINDOW,
    )


def _numbers(node: ElementTree.Element | None) -> list[float]:
    assert node is not None
    return [float(word) for word in (node.text or "").split()]
