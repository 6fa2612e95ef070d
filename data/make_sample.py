"""Make the sample: data/face.png to rebuild, data/tiles/ to build it of.

    python data/make_sample.py [FOLDER]

Needs facemo's own dependencies and no network: all comes from pictures that scikit-image ships.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from skimage.measure import block_reduce

SIDE = 64
FACES = 100  # the first half of lfw_subset; the second half shows no faces

# Each treatment gives the hundred faces mean colours along a line between two, (r, g, b) from the
# darkest to the lightest. Two are enough: recolouring does the rest, and of more the same face
# comes to stand beside itself.
TREATMENTS = {
    "grey": ((20, 20, 20), (224, 224, 224)),
    "skin": ((60, 36, 24), (232, 200, 176)),
}

# So many parts of each picture, as unlike each other as can be: squares of these sides, a quarter
# of a side apart. Those of less than this deviation are a wall or a sky.
PARTS = {
    "camera": 80,
    "cat": 90,
    "coffee": 110,
    "coins": 50,
    "moon": 40,
    "motorcycle": 180,
    "rocket": 90,
    "stars": 70,
    "tissue": 90,
}
SIDES = 96, 128, 192, 256, 384
PLAIN = 12


def main() -> None:
    """Write the sample into the folder that is named, or the one this file is in."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "tiles").mkdir(parents=True, exist_ok=True)
    Image.fromarray(data.astronaut()[0:300, 76:376]).save(folder / "face.png", optimize=True)
    for name, tile in (*faces(), *parts()):
        Image.fromarray(tile).save(folder / "tiles" / f"{name}.jpg", quality=88)


def faces() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The faces in each treatment, with their names."""
    grey = [enlarged(face) for face in data.lfw_subset()[:FACES]]
    for name, (darkest, lightest) in TREATMENTS.items():
        means = np.linspace(darkest, lightest, FACES)
        # Darker faces get the darker colours, so that each keeps its light.
        for mean, number in zip(means, np.argsort([face.mean() for face in grey]), strict=True):
            yield f"{name}-{number:02d}", toned(grey[number], mean)


def enlarged(face: NDArray[np.float64]) -> NDArray[np.float64]:
    """A (25, 25) face in [0, 1] at (SIDE, SIDE)."""
    small = Image.fromarray(face.astype(np.float32))
    return np.clip(np.asarray(small.resize((SIDE, SIDE), Image.Resampling.LANCZOS)), 0, 1)


def toned(face: NDArray[np.float64], mean: NDArray[np.float64]) -> NDArray[np.uint8]:
    """A grey face in one colour: `mean` where it is as light as its mean, then to black and white.

    face : (h, w) in [0, 1]; mean : (3,) of 0 to 255; returns (h, w, 3) uint8.
    """
    light = (face - face.mean())[:, :, np.newaxis] / max(face.max() - face.mean(), face.mean())
    # Half of the way to white, so that a dark colour stays dark on the whole.
    toned = mean + np.where(light > 0, (255 - mean) * 0.55, mean * 0.9) * light
    toned += mean - toned.mean(axis=(0, 1))
    return np.round(np.clip(toned, 0, 255)).astype(np.uint8)


def parts() -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """Parts of the other pictures, with their names."""
    pictures = {
        "camera": data.camera(),
        "cat": data.chelsea(),
        "coffee": data.coffee(),
        "coins": data.coins(),
        "moon": data.moon(),
        "motorcycle": data.stereo_motorcycle()[0],
        "rocket": data.rocket(),
        "stars": data.hubble_deep_field(),
        "tissue": data.immunohistochemistry(),
    }
    for name, count in PARTS.items():
        for number, part in enumerate(unlike(squares(Image.fromarray(pictures[name])), count)):
            yield f"{name}-{number:02d}", part


def squares(picture: Image.Image) -> NDArray[np.uint8]:
    """Square parts of a picture, brought to one size: (n, SIDE, SIDE, 3)."""
    picture = picture.convert("RGB")
    boxes = (
        (left, top, left + side, top + side)
        for side in SIDES
        for top in range(0, picture.height - side + 1, side // 4)
        for left in range(0, picture.width - side + 1, side // 4)
    )
    size = SIDE, SIDE
    return np.array([picture.resize(size, Image.Resampling.LANCZOS, box) for box in boxes])


def unlike(tiles: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """So many of the tiles: the richest, then each time the one that is least like those chosen.

    Two are as like as their 4 x 4 mean colours.
    """
    looks = block_reduce(tiles, (1, SIDE // 4, SIDE // 4, 1), np.mean).reshape(len(tiles), -1)
    deviation = tiles.reshape(len(tiles), -1).std(axis=1)
    chosen = [int(deviation.argmax())]
    apart = np.where(deviation < PLAIN, -1, np.inf)
    while len(chosen) < count:
        apart = np.minimum(apart, ((looks - looks[chosen[-1]]) ** 2).sum(axis=1))
        chosen.append(int(apart.argmax()))
    return tiles[chosen]


if __name__ == "__main__":
    main()
