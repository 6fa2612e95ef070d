"""Loading JPEG files as tiles, against the obvious loop over Pillow on one thread."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

import facemo

SIDE = 64
CASES = {  # files, height, width
    "1,000 thumbnails, 128 x 128": (1000, 128, 128),
    "4 photos of 12 megapixels": (4, 3000, 4000),
}


def pillow_loop(folder: Path) -> NDArray[np.uint8]:
    """Decode each file in full, crop it at the centre and shrink it."""
    loaded = []
    for path in sorted(folder.iterdir()):
        with Image.open(path) as image:
            tile = ImageOps.fit(image.convert("RGB"), (SIDE, SIDE), Image.Resampling.LANCZOS)
        loaded.append(np.asarray(tile))
    return np.stack(loaded)


WAYS: dict[str, Callable[[Path], object]] = {
    "facemo": lambda folder: facemo.load_tiles(folder, size=SIDE, cache=False),
    "Pillow, one thread": pillow_loop,
    "facemo, from the cache": lambda folder: facemo.load_tiles(
        folder, size=SIDE, cache=folder.with_name("cache")
    ),
}


@pytest.fixture(scope="module", params=CASES)
def photos(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    picture: Callable[[int, int], NDArray[np.uint8]],
) -> tuple[str, Path]:
    """The name of a case, and a folder with its files."""
    count, height, width = CASES[request.param]
    folder = tmp_path_factory.mktemp("photos")
    for number in range(count):
        Image.fromarray(picture(height, width)).save(folder / f"{number}.jpg", quality=90)
    return request.param, folder


@pytest.mark.parametrize("way", WAYS)
def test_load(measure: Callable[..., None], photos: tuple[str, Path], way: str) -> None:
    case, folder = photos
    WAYS[way](folder)  # which fills the cache
    measure(way, WAYS[way], folder, case=case, amount=CASES[case][0], unit="files")
