from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import lbp_frontal_face_cascade_filename
from skimage.feature import Cascade

from facemo.faces.cascade import faces_in

FACE = Path(__file__).parents[2] / "data" / "face.png"


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 400, 3), (64, 64, 3), (300, 23, 3)])
def test_where_no_face_is_there_are_no_boxes(shape):
    assert faces_in(np.full(shape, 128, np.uint8)).shape == (0, 4)


def test_the_cascade_is_read_as_scikit_image_reads_it():
    image = np.asarray(Image.open(FACE).convert("RGB").resize((128, 128)))
    cascade = Cascade(lbp_frontal_face_cascade_filename())
    [theirs] = cascade.detect_multi_scale(image, 1.2, 1, (24, 24), (128, 128))
    [ours] = faces_in(image)
    box = [theirs["r"], theirs["c"], theirs["r"] + theirs["height"], theirs["c"] + theirs["width"]]
    np.testing.assert_allclose(ours, box, atol=6)


def test_two_faces_are_two_boxes():
    small = Image.open(FACE).convert("RGB").resize((100, 100))
    scene = Image.new("RGB", (250, 120), (90, 120, 90))
    scene.paste(small, (0, 10))
    scene.paste(small, (150, 20))
    one, other = sorted(faces_in(np.asarray(scene)).tolist(), key=lambda box: box[1])
    np.testing.assert_allclose(np.subtract(other, one), [10, 150, 10, 150], atol=3)


def test_windows_without_number_take_no_memory_without_bounds(monkeypatch):
    def everywhere(*given):
        given[-1][:] = True

    monkeypatch.setattr("facemo.faces.cascade.face_windows", everywhere)
    tracemalloc.start()
    assert len(faces_in(np.zeros((256, 256, 3), np.uint8))) > 10
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20


def test_threads_find_the_same():
    image = np.asarray(Image.open(FACE).convert("RGB").resize((160, 160)))
    images = [np.roll(image, n, axis=1) for n in range(16)]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(map(faces_in, images), pool.map(faces_in, images), strict=True):
            np.testing.assert_array_equal(one, other)
