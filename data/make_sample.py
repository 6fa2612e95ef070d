"""Make the sample: data/face.png to rebuild, data/tiles/ to build it of.

    python data/make_sample.py [FOLDER]

Needs facemo's own dependencies and no network: both come from pictures that scikit-image ships.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

SIDE = 64
FACES = 100  # the first half of lfw_subset; the second half shows no faces

# Each treatment gives the hundred faces mean colours along a line between two, (r, g, b) from the
# darkest to the lightest, chosen to cover what a portrait is made of.
TREATMENTS = {
    "black": ((8, 4, 3), (52, 36, 26)),
    "brown": ((48, 30, 18), (118, 94, 70)),
    "dark-skin": ((92, 62, 44), (158, 112, 84)),
    "skin": ((150, 122, 98), (212, 176, 148)),
    "light-skin": ((206, 172, 146), (240, 212, 192)),
    "grey": ((120, 114, 108), (186, 178, 172)),
    "white": ((184, 176, 170), (236, 230, 226)),
    "orange": ((170, 62, 26), (236, 136, 98)),
    "red": ((78, 12, 16), (188, 52, 40)),
    "blue": ((22, 22, 42), (116, 120, 162)),
}


def main() -> None:
    """Write the sample into the folder that is named, or the one this file is in."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "tiles").mkdir(parents=True, exist_ok=True)
    Image.fromarray(data.astronaut()[0:300, 76:376]).save(folder / "face.png", optimize=True)
    faces = [enlarged(face) for face in data.lfw_subset()[:FACES]]
    for name, (darkest, lightest) in TREATMENTS.items():
        means = np.linspace(darkest, lightest, FACES)
        # Darker faces get the darker colours, so that each keeps its light.
        for mean, number in zip(means, np.argsort([face.mean() for face in faces]), strict=True):
            path = folder / "tiles" / f"{name}-{number:02d}.jpg"
            Image.fromarray(toned(faces[number], mean)).save(path, quality=88)


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


if __name__ == "__main__":
    main()
