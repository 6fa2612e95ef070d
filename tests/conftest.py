"""What every test may ask for, and how all of them run."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from helpers import encoded, noise
from hypothesis import settings
from PIL import Image

# What the tests decode is not kept among what the user has decoded.
os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="facemo-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)

# Compiling a kernel takes longer than a deadline allows, and only the first time.
settings.register_profile("facemo", deadline=None, max_examples=60)
settings.load_profile("facemo")


@pytest.fixture
def rng():
    return np.random.default_rng(1)


@pytest.fixture
def tile_array(rng):
    """Seven tiles of 4 x 6 pixels."""
    return rng.integers(0, 256, (7, 4, 6, 3), dtype=np.uint8)


@pytest.fixture
def save_picture(tmp_path):
    """A function that saves a Pillow image below tmp_path and returns the path."""

    def save(image: Image.Image, name: str, **options) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path, **options)
        return path

    return save


@pytest.fixture
def photos(tmp_path, rng):
    """A folder with four flat pictures (black, red, green, white), a text and a damaged picture."""
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    colors = {"black": (0, 0, 0), "red": (255, 0, 0), "sub/green": (0, 255, 0), "white": (255,) * 3}
    for name, color in colors.items():
        Image.new("RGB", (20, 20), color).save(folder / f"{name}.png")
    (folder / "notes.txt").write_text("not a picture at all")
    (folder / "broken.jpg").write_bytes(encoded(noise(rng, 64, 64), "JPEG")[:700])
    return folder
