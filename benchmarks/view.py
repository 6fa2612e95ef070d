"""A mosaic for screens and one for print, each seen on a screen and from far off a wall.

    python benchmarks/view.py --tiles FOLDER ... --target PICTURE ... [--columns 64] [--sheet PNG]

It prints a Markdown table: the ΔE2000 of the cells' averages to the target's, for both plans, of
sRGB values (a screen that zooms out) and of light (an eye far from a wall). `--sheet` writes, for
the first pair, both pictures under both averages.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab

import facemo
from facemo.area import area_means

VIEWS: tuple[Literal["screen"], Literal["print"]] = ("screen", "print")
SIDE = 32  # pixels of a tile
FACTOR = 4  # pixels of a cell on the sheet

Picture = NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--tiles", nargs="+", type=Path, required=True)
    parser.add_argument("--target", nargs="+", type=Path, required=True)
    parser.add_argument("--columns", type=int, default=64)
    parser.add_argument("--sheet", type=Path)
    given = parser.parse_args()
    print("| tiles | seen | planned for screen | planned for print |\n| --- | --- | --- | --- |")
    for number, folder in enumerate(given.tiles):
        tiles, off = facemo.load_tiles(folder, size=SIDE), []
        for target in map(facemo.read_image, given.target):
            plans = [facemo.plan(target, tiles, cols=given.columns, view=view) for view in VIEWS]
            off.append([[apart(each, target, seen) for each in plans] for seen in VIEWS])
            if given.sheet and number + len(off) == 1:
                Image.fromarray(sheet(plans)).save(given.sheet)
        for row, seen in enumerate(VIEWS):
            mean, worst = np.mean(off, axis=0)[row], np.max(off, axis=0)[row]
            cells = (f"{m:.2f} ({w:.2f})" for m, w in zip(mean, worst, strict=True))
            print(f"| {folder.name}, {len(tiles):,} | {seen} | {' | '.join(cells)} |")


def apart(mosaic: facemo.Mosaic, target: Picture, seen: str) -> float:
    """The mean ΔE2000 of the averages of cells."""
    rows, cols = mosaic.cells.shape
    pictures = np.asarray(mosaic), np.ascontiguousarray(target[..., :3])
    lab = (rgb2lab(area_means(each[np.newaxis], rows, cols, seen)[0] / 255) for each in pictures)
    return float(deltaE_ciede2000(*lab).mean())


def sheet(plans: list[facemo.Mosaic]) -> Picture:
    """Both plans, left for the screen, seen on a screen above and in print below."""
    height, width = (side * FACTOR for side in plans[0].cells.shape)
    drawn = [each[:][np.newaxis] for each in plans]
    seen = [
        np.concatenate([area_means(each, height, width, view)[0] for each in drawn], axis=1)
        for view in VIEWS
    ]
    both: Picture = np.rint(np.concatenate(seen)).astype(np.uint8)
    return both


if __name__ == "__main__":
    main()
