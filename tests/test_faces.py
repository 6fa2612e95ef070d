from __future__ import annotations

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.data import lbp_frontal_face_cascade_filename
from skimage.feature import Cascade

from facemo.faces import faces, faces_in
from facemo.library.picture import read_image

FACE = Path(__file__).parents[1] / "data" / "face.png"


def test_a_face_is_found_where_it_is():
    [(top, left, bottom, right)] = faces(read_image(FACE))
    eyes, mouth = (130, 125), (150, 178)  # (x, y) of one and the other, by eye
    for x, y in (eyes, mouth):
        assert left < x < right
        assert top - 30 < y < bottom + 10


def test_boxes_are_in_pixels_of_the_picture_whatever_its_size():
    small = Image.open(FACE).convert("RGB")
    large = small.resize((900, 900), Image.Resampling.BICUBIC)
    one, other = (faces(np.asarray(each))[0] for each in (small, large))
    np.testing.assert_allclose(other, one * 3, atol=60)


@pytest.mark.parametrize("shape", [(1, 1, 3), (10, 400, 3), (64, 64, 3), (300, 23, 3)])
def test_where_no_face_is_there_are_no_boxes(shape):
    assert faces(np.full(shape, 128, np.uint8)).shape == (0, 4)


def test_what_is_remembered_is_not_that_of_another_picture():
    image = read_image(FACE)
    assert len(faces(image)) == 1
    assert len(faces(np.flipud(image))) == 0
    assert len(faces(image)) == 1


def test_the_picture_is_left_as_it_is():
    image = read_image(FACE).copy()
    before = image.copy()
    faces(image)
    np.testing.assert_array_equal(image, before)


def test_the_cascade_is_read_as_scikit_image_reads_it():
    image = np.asarray(Image.open(FACE).convert("RGB").resize((128, 128)))
    cascade = Cascade(lbp_frontal_face_cascade_filename())
    [theirs] = cascade.detect_multi_scale(image, 1.2, 1, (24, 24), (128, 128))
    [ours] = faces(image)
    box = [theirs["r"], theirs["c"], theirs["r"] + theirs["height"], theirs["c"] + theirs["width"]]
    np.testing.assert_allclose(ours, box, atol=6)


def test_two_faces_are_two_boxes():
    small = Image.open(FACE).convert("RGB").resize((100, 100))
    scene = Image.new("RGB", (250, 120), (90, 120, 90))
    scene.paste(small, (0, 10))
    scene.paste(small, (150, 20))
    one, other = sorted(faces_in(np.asarray(scene)[..., 0]).tolist(), key=lambda box: box[1])
    np.testing.assert_allclose(np.subtract(other, one), [10, 150, 10, 150], atol=3)


def test_windows_without_number_take_no_memory_without_bounds(monkeypatch):
    def everywhere(*given):
        out = given[-1]
        out[:, :2] = np.random.default_rng(0).integers(0, 232, (len(out), 2))
        out[:, 2:] = out[:, :2] + 24
        return len(out)

    monkeypatch.setattr("facemo.faces.face_windows", everywhere)
    tracemalloc.start()
    assert len(faces_in(np.zeros((256, 256), np.uint8))) > 10
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20


def test_threads_find_the_same():
    image = np.asarray(Image.open(FACE).convert("RGB").resize((160, 160)).getchannel("R"))
    images = [np.roll(image, n, axis=1) for n in range(16)]
    with ThreadPoolExecutor(4) as pool:
        for one, other in zip(map(faces_in, images), pool.map(faces_in, images), strict=True):
            np.testing.assert_array_equal(one, other)
