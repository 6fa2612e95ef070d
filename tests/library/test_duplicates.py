from __future__ import annotations

from io import BytesIO
from zlib import crc32

import naive
import numpy as np
import pytest
from helpers import encoded
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facemo.library import duplicates
from facemo.library.duplicates import _leaders, equal, near


def checksums(pixels):
    return np.array([crc32(tile) for tile in pixels], np.uint32)


def scene(rng, side=128):
    """A picture with light, shapes and colours at all sizes, as photos have them."""
    picture = np.full((side, side, 3), 128.0)
    for n in (2, 4, 8, 16):
        coarse = Image.fromarray(rng.integers(0, 256, (n, n, 3), dtype=np.uint8))
        picture += (np.asarray(coarse.resize((side, side), 3)) - 128.0) / n**0.5
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def tiles_of(images, side=64):
    return np.stack([np.asarray(image.resize((side, side), 5)) for image in images])


def brighter(image, gain):
    return Image.fromarray(np.clip(np.asarray(image) * gain, 0, 255).astype(np.uint8))


def noisy(image, spread):
    noise = np.random.default_rng(3).normal(0, spread, np.asarray(image).shape)
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


def again(image, quality):
    return Image.open(BytesIO(encoded(image, "JPEG", quality=quality)))


SHOTS = {
    "encoded again": lambda image: again(image, 60),
    "brought to another size": lambda image: image.resize((96, 96), 1),
    "moved a little": lambda image: image.crop((2, 2, 128, 128)),
    "cropped a little": lambda image: image.crop((1, 1, 127, 127)),
    "exposed a little longer": lambda image: brighter(image, 1.03),
    "grainier": lambda image: noisy(image, 8),
    "all at once": lambda image: again(noisy(brighter(image.crop((1, 2, 126, 128)), 1.02), 4), 75),
}


def test_each_tile_goes_to_the_first_that_it_equals(tile_array):
    pixels = tile_array[[0, 1, 0, 2, 1, 0]]
    assert equal(pixels.__getitem__, checksums(pixels)).tolist() == [0, 1, 0, 3, 1, 0]


def test_equal_checksums_do_not_join_different_tiles(tile_array):
    pixels = tile_array[[0, 1, 2, 1, 0]]
    assert equal(pixels.__getitem__, np.zeros(5, np.uint32)).tolist() == [0, 1, 2, 1, 0]


def test_tiles_of_unique_checksums_are_not_read(tile_array):
    class Counted(np.ndarray):
        read: list[int] = []  # noqa: RUF012

        def __getitem__(self, key):
            self.read.append(key)
            return np.asarray(self)[key]

    pixels = tile_array[[0, 1, 2, 0]].view(Counted)
    assert equal(pixels.__getitem__, checksums(np.asarray(pixels))).tolist() == [0, 1, 2, 0]
    assert set(Counted.read) == {0, 3}


@pytest.mark.parametrize("shot", SHOTS)
def test_the_shots_of_a_burst_are_nearly_equal(rng, shot):
    images = [scene(rng) for _ in range(10)]
    pixels = tiles_of([*images, *map(SHOTS[shot], images)])
    assert near(pixels).tolist() == [*range(10), *range(10)]


def test_different_pictures_are_not(rng):
    pixels = tiles_of([scene(rng) for _ in range(100)])
    assert near(pixels).tolist() == list(range(100))


def test_nor_a_picture_and_its_mirror_image(rng):
    pixels = tiles_of([scene(rng)])
    assert near(np.concatenate([pixels, pixels[:, :, ::-1]])).tolist() == [0, 1]


def test_plain_colours_are_told_apart_as_finely_as_the_eye_does():
    greys = np.arange(0, 256, 3, dtype=np.uint8)
    pixels = greys.reshape(-1, 1, 1, 1).repeat(32, axis=1).repeat(32, axis=2).repeat(3, axis=3)
    assert near(pixels).tolist() == list(range(len(greys)))
    noise = np.random.default_rng(0).integers(-1, 2, pixels.shape)
    grainy = np.clip(pixels + noise, 0, 255).astype(np.uint8)
    assert near(np.concatenate([pixels, grainy])).tolist() == 2 * list(range(len(greys)))


def test_skies_of_different_colours_are_told_apart():
    def sky(top, bottom):
        return np.linspace(top, bottom, 32)[:, np.newaxis].repeat(32, axis=1)

    skies = [
        sky([90, 140, 200], [170, 200, 230]),
        sky([75, 130, 200], [160, 190, 230]),
        sky([90, 140, 200], [170, 200, 210]),
        sky([105, 150, 200], [185, 210, 230]),
    ]
    assert near(np.round(skies).astype(np.uint8)).tolist() == [0, 1, 2, 3]


def test_no_chain_joins_what_differs(rng):
    image = scene(rng)
    found = near(tiles_of([brighter(image, 0.6 + step / 100) for step in range(40)]))
    assert len(set(found.tolist())) > 3
    assert (found[found] == found).all()


def test_a_thousand_black_frames_are_few(rng):
    pixels = rng.integers(0, 4, (1000, 32, 32, 3), dtype=np.uint8)
    assert near(pixels).tolist() == [0] * 1000


def test_batches_do_not_show(rng, monkeypatch):
    images = [scene(rng) for _ in range(10)]
    pixels = tiles_of([*images, *map(SHOTS["all at once"], images)])
    whole = near(pixels)
    monkeypatch.setattr(duplicates, "_BATCH", 3)
    np.testing.assert_array_equal(near(pixels), whole)


@pytest.mark.parametrize("side", [1, 3, 5])
def test_tiles_may_have_any_size(rng, side):
    pixels = rng.integers(0, 256, (4, side, side, 3), dtype=np.uint8)
    assert near(pixels[[0, 1, 2, 3, 1]]).tolist() == [0, 1, 2, 3, 1]


@pytest.mark.parametrize("fewest", [1, 7, 512])
@given(st.integers(0, 2**32), st.integers(1, 60), st.sampled_from([2, 12, 15]), st.floats(0.1, 9))
def test_leaders_are_the_first_within_reach(fewest, seed, count, dimensions, spread):
    rng = np.random.default_rng(seed)
    points = rng.normal(0, spread, (count, dimensions)).astype(np.float32)
    points[count // 2 :] = points[: count - count // 2] + rng.normal(0, 0.3, dimensions)
    reach = (0.3 + 0.2 * np.abs(points[:, 0])).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_FEWEST", fewest)
        assert _leaders(points, reach).tolist() == naive.leaders(points, reach)
