"""Where faces are, by a cascade of local binary patterns, which scikit-image ships.

Liao et al., "Learning multi-scale block local binary patterns for face recognition", 2007. It finds
faces that look ahead, upright.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.data import lbp_frontal_face_cascade_filename

from facemo.kernels.faces import face_windows

# To be changed when other boxes are found in any picture: a cache of boxes goes by it.
DETECTOR = "cascade 1"

_WINDOW = 24  # pixels, the smallest face
# The window grows by this. It moves by two pixels while it is less than twice its size, then by
# one. Of 200 faces pasted in scenes, 9 to 40% of the longer side, 91% are found, and 14 things that
# are none; with 1.15 and as many, at almost twice the time; in 192 pixels, 79% at half the time.
_GROWTH = 1.2
# A face is where so many windows overlap by so much of what they cover together: with 2, 93% are
# found, and 35 that are none. What overlaps a face by _PART is not another.
_LEAST, _SAME, _PART = 3, 0.5, 0.2
_MOST = 500  # windows that are compared with each other, 12 MB: a face has up to 150


def faces_in(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The boxes of the faces in a picture of a few hundred pixels a side, most windows first.

    image : (H, W, 3) uint8, sRGB

    They are (F, 4) float64, top, left, bottom and right.
    """
    height, width = image.shape[:2]
    grey = Image.fromarray(image).convert("L")
    found = [np.empty((0, 4))]
    # The picture is shrunk rather than the window grown, which is what takes least time: 5 ms for
    # 256 x 192 pixels, where ``skimage.feature.Cascade`` takes 48 to find as many faces.
    shrunk = 1.0
    while min(height, width) / shrunk >= _WINDOW:
        size = round(width / shrunk), round(height / shrunk)
        small = grey.resize(size, Image.Resampling.BILINEAR, reducing_gap=1.0)
        scale = np.tile([height / size[1], width / size[0]], 2)
        found.append(_windows(small, 2 if shrunk < 2 else 1) * scale)
        shrunk *= _GROWTH
    return _grouped(np.concatenate(found))


def _windows(grey: Image.Image, step: int) -> NDArray[np.int64]:
    """The windows that the cascade takes for faces: (n, 4) int64, boxes."""
    cols, rows = grey.size
    sums = np.zeros((rows + 1, cols + 1), np.int32)
    np.cumsum(np.asarray(grey), 0, np.int32, sums[1:, 1:])
    np.cumsum(sums[1:, 1:], 1, out=sums[1:, 1:])
    out = np.empty((rows - _WINDOW + 1, cols - _WINDOW + 1), np.bool_)
    face_windows(sums, *_cascade(), step, out)
    corners = np.argwhere(out)
    return np.hstack([corners, corners + _WINDOW])


def _grouped(windows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of (n, 4) windows the means of those that overlap, most of them first: (F, 4) float64."""
    windows = windows[:: 1 + len(windows) // _MOST]
    share = _overlaps(windows)
    left = np.ones(len(windows), np.bool_)
    boxes = []
    while left.any():
        agreeing = (share > _SAME) & left
        best = int((agreeing.sum(1) * left).argmax())
        if agreeing[best].sum() >= _LEAST:
            boxes.append(windows[agreeing[best]].mean(0))
        left &= share[best] <= _PART
    return np.array(boxes).reshape(-1, 4)


def _overlaps(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each two of (n, 4) boxes have in common of what they cover together: (n, n) float64."""
    ends = np.minimum(boxes[:, np.newaxis, 2:], boxes[:, 2:])
    starts = np.maximum(boxes[:, np.newaxis, :2], boxes[:, :2])
    common = np.clip(ends - starts, 0, None).prod(-1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
    share: NDArray[np.float64] = common / (areas[:, np.newaxis] + areas - common)
    return share


class _Cascade(NamedTuple):
    """A cascade of boosted features, as `face_windows` takes it."""

    blocks: NDArray[np.int32]
    votes: NDArray[np.float32]
    stages: NDArray[np.int32]
    least: NDArray[np.float32]


@cache
def _cascade() -> _Cascade:
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
    return _Cascade(
        np.array(blocks, np.int32),
        np.array(votes, np.float32),
        np.array(ends, np.int32),
        np.array(least, np.float32),
    )


def _numbers(node: ElementTree.Element | None) -> list[float]:
    assert node is not None
    return [float(word) for word in (node.text or "").split()]
