"""How good the pictures are: facemo's options beside other methods, scored alike.

    python benchmarks/quality.py [--tiles FOLDER] [--target PICTURE]

Without arguments it makes 1,000 tiles, seeded crops of the pictures that scikit-image ships, and
rebuilds one of these pictures, 64 x 64 cells of 32 pixels. Prints a Markdown table. If the program
metapixel is installed, it runs too.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray
from pictures import placed
from PIL import Image
from scipy.spatial import KDTree
from skimage import data

import facemo
from facemo.area import block_means
from facemo.options import PlanningOptions
from facemo.planning.target import pixelate

CELLS, SIDE, TILES = 64, 32, 1000
PICTURES = ("coffee", "chelsea", "rocket", "astronaut", "retina", "immunohistochemistry", "camera")

# The conditions of each comparison, and facemo's options for them.
ROWS: dict[str, PlanningOptions] = {
    "classic: `detail=1, space='rgb', spacing=0, tint=0`": {
        "detail": 1, "space": "rgb", "spacing": 0, "tint": 0,
    },
    "the defaults": {},
    "repeats free, colour: `detail=1, space='rgb', spacing=0, k=1, mirror=True, tint=0`": {
        "detail": 1, "space": "rgb", "spacing": 0, "k": 1, "mirror": True, "tint": 0,
    },
    "repeats free, detail: `space='rgb', spacing=0, k=16, mirror=True, tint=0`": {
        "space": "rgb", "spacing": 0, "k": 16, "mirror": True, "tint": 0,
    },
    "5 cells apart: `detail=3, space='rgb', spacing=5, k=1, mirror=True, tint=0`": {
        "detail": 3, "space": "rgb", "spacing": 5, "k": 1, "mirror": True, "tint": 0,
    },
    "recoloured, nearly every tile: `space='rgb', max_uses=5, mirror=True, tint=1`": {
        "space": "rgb", "max_uses": 5, "mirror": True, "tint": 1,
    },
}  # fmt: skip


def main() -> None:
    """Make what is missing, and print the table."""
    parser = argparse.ArgumentParser(description="Score facemo's options and other methods.")
    parser.add_argument("--tiles", type=Path)
    parser.add_argument("--target", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        tiles = options.tiles or make_tiles(Path(made) / "tiles")
        target = options.target or Path(made) / "target.png"
        if options.target is None:
            iio.imwrite(target, data.astronaut())
        print("| method | ΔE2000 of cells | SSIM at 4× | ΔE2000 at 4× | neighbours equal |", end="")
        print(" distinct tiles | seconds |\n| --- | --- | --- | --- | --- | --- | --- |")
        facemo.render(
            target, facemo.load_tiles(tiles, size=SIDE, cache=False), cols=2, max_uses=TILES
        )  # compile
        for name, mosaic, seconds in methods(tiles, target):
            print(row(name, facemo.score(mosaic, target), seconds))
        if shutil.which("metapixel"):
            for row_text in metapixel(tiles, target, Path(made)):
                print(row_text)


def make_tiles(folder: Path) -> Path:
    """1,000 square crops, of 48 pixels to all of the shorter side, evenly on a log scale."""
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(getattr(data, name)()).convert("RGB") for name in PICTURES]
    folder.mkdir()
    for number in range(TILES):
        picture = pictures[rng.integers(len(pictures))]
        most = min(picture.size)
        side = int(48 * (most / 48) ** rng.random())
        x, y = (int(rng.integers(length - side + 1)) for length in picture.size)
        crop = picture.crop((x, y, x + side, y + side))
        crop.resize((128, 128), Image.Resampling.LANCZOS).save(folder / f"{number:04}.png")
    return folder


def methods(tiles: Path, target: Path) -> Iterator[tuple[str, facemo.Mosaic, float]]:
    """A plan by each method, and the seconds of the whole: loading, planning, drawing."""
    for name, options in ROWS.items():
        start = time.perf_counter()
        wanted: PlanningOptions = {"cols": CELLS, **options}
        loaded = facemo.load_tiles(tiles, size=SIDE, cache=False)
        mosaic = facemo.plan(target, loaded, **wanted)
        np.asarray(mosaic)
        yield f"facemo, {name}", mosaic, time.perf_counter() - start
    for name, blocks in (("mean colour nearest, by hand", 1), ("5 × 5 blocks nearest, by hand", 5)):
        start = time.perf_counter()
        mosaic = nearest_by_hand(
            facemo.load_tiles(tiles, size=SIDE, cache=False), facemo.read_image(target), blocks
        )
        yield name, mosaic, time.perf_counter() - start


def nearest_by_hand(tiles: facemo.Tiles, target: NDArray[np.uint8], blocks: int) -> facemo.Mosaic:
    """The nearest tile by the RGB means of blocks x blocks, and nothing else."""
    cells = pixelate(target, CELLS, CELLS, blocks)
    wanted, described = (
        part.reshape(-1, blocks * blocks * 3) for part in (cells, block_means(tiles.pixels, blocks))
    )
    index = KDTree(described).query(wanted)[1].reshape(CELLS, CELLS).astype(np.int32)
    return placed(tiles, index, np.round(cells.mean(axis=(2, 3))).astype(np.uint8))


def metapixel(tiles: Path, target: Path, folder: Path) -> Iterator[str]:
    """What metapixel makes of the same, with repeats free and 5 apart, each cell traced back."""
    start = time.perf_counter()
    prepared = folder / "prepared"
    prepared.mkdir()
    size = [f"--width={SIDE}", f"--height={SIDE}"]
    run("metapixel-prepare", *size, tiles, prepared)
    preparing = time.perf_counter() - start
    for distance in (0, 5):
        start = time.perf_counter()
        output = folder / f"metapixel{distance}.png"
        scaled = folder / "scaled.png"
        side = (CELLS * SIDE, CELLS * SIDE)
        Image.open(target).convert("RGB").resize(side, Image.Resampling.LANCZOS).save(scaled)
        run(
            "metapixel", *size, "--library", prepared, f"--distance={distance}",
            "--metapixel", scaled, output,
        )  # fmt: skip
        seconds = time.perf_counter() - start
        name = f"metapixel, distance {distance} ({preparing:.1f} s to prepare beside)"
        yield row(name, facemo.score(traced(output), target), seconds)


def run(*command: object) -> None:
    """Run a program, and let it speak only if it fails."""
    subprocess.run([str(part) for part in command], check=True, capture_output=True)


def traced(output: Path) -> facemo.Mosaic:
    """A finished picture as the mosaic of its own cells, equal ones being one tile."""
    picture = facemo.read_image(output)
    cells = picture.reshape(CELLS, SIDE, CELLS, SIDE, 3).swapaxes(1, 2).reshape(-1, SIDE, SIDE, 3)
    own, place = np.unique(cells, axis=0, return_inverse=True)
    index = place.reshape(CELLS, CELLS).astype(np.int32)
    return placed(facemo.Tiles(own), index)


def row(name: str, score: facemo.Score, seconds: float) -> str:
    """One line of the table."""
    return (
        f"| {name} | {score.delta_e:.2f} | {score.ssim_fine:.3f} | {score.delta_e_fine:.2f} | "
        f"{score.equal_neighbours:.1%} | {score.distinct} | {seconds:.1f} |"
    )


if __name__ == "__main__":
    main()
