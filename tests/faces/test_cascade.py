from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import lbp_frontal_face_cascade_filename
from skimage.feature import Cascade

from facemo.faces.cascade import careful_faces_in, faces_in
from facemo.kernels.faces import face_windows

FACE = Path(__file__).parents[2] / "data" / "face.png"


@pytest.mark.parametrize("shape", [(1, 1), (10, 400), (64, 64), (300, 23)])
def test_where_no_face_is_there_are_no_boxes(shape):
    assert faces_in(np.full(shape, 128, np.uint8), 256).shape == (0, 4)


def test_the_cascade_is_read_as_scikit_image_reads_it():
    image = np.asarray(Image.open(FACE).convert("RGB").resize((128, 128)))
    cascade = Cascade(lbp_frontal_face_cascade_filename())
    [theirs] = cascade.detect_multi_scale(image, 1.2, 1, (24, 24), (128, 128))
    [ours] = careful_faces_in(np.ascontiguousarray(image[..., 0]))
    box = [theirs["r"], theirs["c"], theirs["r"] + theirs["height"], theirs["c"] + theirs["width"]]
    np.testing.assert_allclose(ours, box, atol=6)


def test_two_faces_are_two_boxes():
    small = Image.open(FACE).convert("RGB").resize((100, 100))
    scene = Image.new("RGB", (250, 120), (90, 120, 90))
    scene.paste(small, (0, 10))
    scene.paste(small, (150, 20))
    one, other = sorted(faces_in(np.asarray(scene)[..., 0], 256).tolist(), key=lambda box: box[1])
    np.testing.assert_allclose(np.subtract(other, one), [10, 150, 10, 150], atol=3)


def test_windows_without_number_take_no_memory_without_bounds(monkeypatch):
    def everywhere(*given):
        out = given[-1]
        out[:, :2] = np.random.default_rng(0).integers(0, 232, (len(out), 2))
        out[:, 2:] = out[:, :2] + 24
        return len(out)

    monkeypatch.setattr("facemo.faces.cascade.face_windows", everywhere)
    tracemalloc.start()
    assert len(faces_in(np.zeros((256, 256), np.uint8), 256)) > 10
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20


def test_the_loops_are_compiled_once_however_a_picture_is_laid_out():
    red = np.asarray(Image.open(FACE).convert("RGB").resize((96, 128)))[..., 0].copy()
    expected = careful_faces_in(red)
    compiled = len(face_windows.signatures)
    frozen = red.copy()
    frozen.flags.writeable = False
    for other in (frozen, np.asfortranarray(red), np.stack([red, red], axis=2)[..., 1]):
        np.testing.assert_array_equal(careful_faces_in(other), expected)
    assert len(face_windows.signatures) == compiled
    assert len(expected) == 1


def test_smaller_faces_are_sought_in_photos_that_take_longer_to_decode():
    scene = Image.new("RGB", (500, 400), (128, 128, 128))
    scene.paste(Image.open(FACE).resize((130, 130)), (190, 150))
    red = np.asarray(scene.getchannel("R"))
    assert len(faces_in(red, 500)) == 1
    assert len(faces_in(red, 250)) == 0


def test_threads_find_the_same():
    image = np.asarray(Image.open(FACE).convert("RGB").resize((160, 160)).getchannel("R"))
    images, find = [np.roll(image, n, axis=1) for n in range(16)], partial(faces_in, longer=256)
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(map(find, images), pool.map(find, images), strict=True):
            np.testing.assert_array_equal(one, other)
