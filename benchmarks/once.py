"""Every photo once: what it takes to plan, and how near the plan comes to the best there is.

    python benchmarks/once.py [--crops FILE] [CELLS:TILES:DETAIL ...]

Prints a row of a Markdown table for each, a process of its own, whose kernels are compiled before
the clock starts. Tiles are crops of 16 pixels, at several scales, of the pictures that scikit-image
ships, or a (N, 16, 16, 3) uint8 array of a .npy file; the target is its picture of an astronaut.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

import facemo
from facemo.options import PlanningOptions

SIDE = 16
SIZES = ["100:12000:1", "100:12000:4", "256:80000:1", "256:80000:4", "512:320000:1"]
PICTURES = ("coffee", "chelsea", "rocket", "hubble_deep_field", "immunohistochemistry", "retina")


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--crops", type=Path, help="tiles to use, in place of those that are made")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("sizes", nargs="*", default=SIZES, metavar="CELLS:TILES:DETAIL")
    given = parser.parse_args()
    if given.one:
        print(row(given.sizes[0], given.crops), flush=True)
        return
    print("| cells | tiles | detail | seconds | of processors | private memory | above the best |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    crops = ["--crops", str(given.crops)] if given.crops else []
    for size in given.sizes:
        subprocess.run([sys.executable, __file__, "--one", *crops, size], check=True)


def row(size: str, crops: Path | None) -> str:
    """Plan once, prove it, and say so in a line."""
    side, count, detail = map(int, size.split(":"))
    tiles = made(count) if crops is None else np.load(crops, mmap_mode="r")[:count]
    fine = side * max(detail, 2)
    target = Image.fromarray(data.astronaut()).resize((fine, fine), Image.Resampling.LANCZOS)
    options: PlanningOptions = {"detail": detail, "max_uses": 1, "weights": "none"}
    grid: PlanningOptions = {**options, "cols": side, "rows": side}
    few: PlanningOptions = {**options, "cols": 18, "rows": 18}
    warm = facemo.plan(target, tiles[:400], **few)
    facemo.bound(warm, target, **options)
    begun, worked = time.perf_counter(), time.process_time()
    mosaic = facemo.plan(target, tiles, **grid)
    seconds, worked = time.perf_counter() - begun, time.process_time() - worked
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - of_files()
    found = facemo.bound(mosaic, target, detail=detail, max_uses=1, weights="none")
    sure = "proven" if found.proven else "by a sample"
    return (
        f"| {side} x {side} | {count:,} | {detail} | {seconds:,.1f} | {worked:,.1f} | "
        f"{memory / 1e9:.2f} GB | {found.above:.2%} ({sure}) |"
    )


def of_files() -> int:
    """Bytes in memory that belong to files, which the system takes back when it wants them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssFile"))


def made(count: int) -> NDArray[np.uint8]:
    """Crops of scikit-image's pictures, the same every time: (count, 16, 16, 3)."""
    rng = np.random.default_rng(0)
    pictures = [Image.fromarray(getattr(data, name)()[..., :3]) for name in PICTURES]
    scales = [np.asarray(picture.reduce(n)) for picture in pictures for n in (1, 2, 4, 8)]
    scales = [each for each in scales if min(each.shape[:2]) >= 2 * SIDE]
    tiles = np.empty((count, SIDE, SIDE, 3), np.uint8)
    for tile, number in zip(tiles, rng.integers(len(scales), size=count), strict=True):
        height, width = scales[number].shape[:2]
        y, x = rng.integers(height - SIDE), rng.integers(width - SIDE)
        tile[:] = scales[number][y : y + SIDE, x : x + SIDE]
    return tiles


if __name__ == "__main__":
    main()
