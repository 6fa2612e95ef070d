"""Heads that stay on: the share of faces that crops keep, and what looking for them takes.

    python benchmarks/heads.py [--faces FOLDER] [--scenes FOLDER] [--count N] [--tilt DEGREES]
        [--sides LEAST MOST]

Pastes portraits, with soft edges, a third to all of the shorter side, anywhere into scenes of nine
aspects; and says how many of them are whole in tiles of four shapes. Where a face is in what is
pasted is what `facemo.faces` says of that in 256 pixels, or its middle. Faces are those of data
and of scikit-image, scenes scikit-image's, if no folders are given. Then it times JPEGs of several
sizes, made of the same, with each crop in turn. All in Markdown.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter
from skimage import data

import facemo
from facemo.faces import SIDE, detector, faces, in_colour
from facemo.library.attention import beginning
from facemo.library.boxes import NONE, Faces
from facemo.options import Crop

CROPS: tuple[Crop, ...] = ("centre", "attention", "faces")
ASPECTS = ((2, 1), (16, 9), (3, 2), (4, 3), (5, 4), (4, 5), (3, 4), (2, 3), (9, 16))
TILES = {"square": 1.0, "4 : 3": 4 / 3, "3 : 4": 3 / 4, "16 : 9": 16 / 9}
LONGER = 640  # pixels of a scene
LARGE = 256  # pixels of what is pasted, where its face is sought
SIZES = ((160, 120), (320, 240), (640, 480), (1024, 768), (1600, 1200), (4000, 3000))
TIMES = 5
FACE = Path(__file__).parents[1] / "data" / "face.png"


def main() -> None:
    """Make the pictures, crop them, and print what is left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path)
    parser.add_argument("--scenes", type=Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--tilt", type=float, default=0.0)
    parser.add_argument("--sides", type=float, nargs=2, default=(0.35, 1.0))
    given = parser.parse_args()
    people = pictures(given.faces) or [Image.open(FACE).convert("RGB"), astronaut()]
    scenes = pictures(given.scenes) or [
        Image.fromarray(scene) for scene in (data.coffee(), data.chelsea(), data.rocket())
    ]
    boxes = [box_of(person) for person in people]
    rng = np.random.default_rng(0)
    made = []
    for n in range(given.count):
        person, box = tilted(people[n % len(people)], boxes[n % len(people)], given.tilt)
        made.append(scene_with(person, box, scenes[n % len(scenes)], n, rng, given.sides))
    print(f"Faces are found by {detector()}.\n")
    print("| tiles | " + " | ".join(CROPS) + " |\n| --- |" + " --- |" * len(CROPS))
    for name, aspect in TILES.items():
        shares = [statistics.mean(keeps(*each, aspect, crop) for each in made) for crop in CROPS]
        print(f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |", flush=True)
    print("\n| JPEGs | " + " | ".join(CROPS) + " |\n| --- |" + " --- |" * len(CROPS))
    for across, down in SIZES:
        taken = timed([image for image, _ in made[: 12 if across > 2000 else 60]], across, down)
        times = [f"{ms:.2f} ({ms / taken[0]:.2f})" for ms in taken]
        print(f"| {across} x {down} | " + " | ".join(times) + " |", flush=True)


def pictures(folder: Path | None) -> list[Image.Image]:
    """All that a folder holds, as RGB."""
    files = sorted(folder.iterdir()) if folder else []
    return [Image.open(file).convert("RGB") for file in files]


def astronaut() -> Image.Image:
    """A woman who looks ahead, down to her shoulders."""
    return Image.fromarray(data.astronaut()).crop((100, 0, 350, 250))


def box_of(person: Image.Image) -> NDArray[np.float64]:
    """Top, left, bottom and right of the largest face, as shares of the sides."""
    large = np.asarray(person.resize((LARGE, LARGE), Image.Resampling.BICUBIC))
    found = faces(large) / LARGE
    if not len(found):
        return np.array([0.15, 0.25, 0.6, 0.75])
    largest: NDArray[np.float64] = found[(found[:, 2:] - found[:, :2]).prod(1).argmax()]
    return largest


def tilted(
    person: Image.Image, box: NDArray[np.float64], degrees: float
) -> tuple[Image.Image, NDArray[np.float64]]:
    """A person who is turned about the middle of the picture, to the left; and the face's box."""
    down, across = (box[:2] + box[2:]) / 2 - 0.5
    sin, cos = np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))
    middle = np.array([0.5 + cos * down - sin * across, 0.5 + sin * down + cos * across])
    half = (box[2:] - box[:2]) / 2
    turned = person.convert("RGBA").rotate(degrees, Image.Resampling.BICUBIC)
    return turned, np.concatenate([middle - half, middle + half])


def scene_with(
    person: Image.Image,
    box: NDArray[np.float64],
    scene: Image.Image,
    number: int,
    rng: np.random.Generator,
    sides: tuple[float, float],
) -> tuple[Image.Image, NDArray[np.float64]]:
    """A scene with a person somewhere in it; and the box of the face, as shares of its sides."""
    across, down = ASPECTS[number % len(ASPECTS)]
    scale = min(scene.width / across, scene.height / down)
    left, top = (
        (side - part * scale) / 2 for side, part in zip(scene.size, (across, down), strict=True)
    )
    part = (left, top, left + across * scale, top + down * scale)
    width, height = (round(LONGER * side / max(across, down)) for side in (across, down))
    image = scene.resize((width, height), Image.Resampling.BICUBIC, part)
    side = int(rng.uniform(*sides) * min(width, height))
    x, y = (int(rng.integers(0, free - side + 1)) for free in image.size)
    mask = Image.new("L", (side, side))
    inside = (side * 0.06, side * 0.03, side * 0.94, side * 0.98)
    ImageDraw.Draw(mask).rounded_rectangle(inside, side * 0.2, fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(side * 0.03))
    person = person.resize((side, side), Image.Resampling.LANCZOS)
    mask = ImageChops.multiply(mask, person.getchannel("A"))
    image.paste(person, (x, y), mask)
    return image, (box * side + [y, x, y, x]) / [height, width, height, width]


def keeps(image: Image.Image, box: NDArray[np.float64], aspect: float, crop: Crop) -> bool:
    """Whether the face is whole in a tile of that aspect, but for a pixel."""
    length = aspect * image.height / image.width
    axis = 1 if length < 1 else 0
    length = min(length, 1 / length)
    begin = (1 - length) / 2
    if crop != "centre" and length < 1:
        small = image.reduce(max(image.size) // SIDE or 1)  # as photos are
        look = partial(np.asarray, small if in_colour() else small.getchannel("R"))
        boxes = Faces().boxes(image.size, look) if crop == "faces" else NONE
        begin = beginning(look, axis, length, boxes)
    pixel = 1 / LONGER
    return bool(begin - pixel <= box[axis] and box[axis + 2] <= begin + length + pixel)


def timed(images: list[Image.Image], across: int, down: int) -> list[float]:
    """Milliseconds of processors a picture to load these as JPEGs of that size, with each crop."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        for number, image in enumerate(images):
            size = (across, down) if number % 2 else (down, across)
            large = np.asarray(image.resize(size, Image.Resampling.BICUBIC)).astype(np.int16)
            large += rng.integers(-8, 9, (size[1], size[0], 1), np.int16)  # a camera's grain
            grainy = Image.fromarray(large.clip(0, 255).astype(np.uint8))
            grainy.save(f"{folder}/{number}.jpg", quality=90)
        seconds: dict[Crop, list[float]] = {crop: [] for crop in CROPS}
        facemo.load_tiles(folder, cache=False)
        for _ in range(TIMES):
            for crop in CROPS:
                begun = time.process_time()
                facemo.load_tiles(folder, cache=False, crop=crop)
                seconds[crop].append(time.process_time() - begun)
    return [1000 * min(seconds[crop]) / len(images) for crop in CROPS]


if __name__ == "__main__":
    main()
