"""What facemo is held against: other programs, each run as it comes, and the exact assignment."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from measure import FINE, Floats, Grid, Picture, area_means, cells_of, pooled, thumbs_of
from numpy.typing import NDArray
from pictures import placed
from PIL import Image
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree
from skimage.color import rgb2lab

import facemo

SIDE = 32  # pixels of a cell
EXACT = "exact assignment"


class Library(NamedTuple):
    """Tiles of 32 pixels, as an array and as a folder of PNG, of which all programs get the same.

    `work` is a folder for what they keep.
    """

    name: str
    tiles: facemo.Tiles
    thumbs: Floats
    folder: Path
    work: Path


class Task(NamedTuple):
    """What to rebuild: a target in a grid; `tint` is how far facemo moved colours."""

    library: Library
    target: Picture
    grid: Grid
    tint: float


class Made(NamedTuple):
    """A finished picture, which tile is in each cell if that is known, and the seconds it took."""

    picture: Picture
    which: NDArray[np.int32] | None
    seconds: float


Rival = Callable[[Task], Made]


def library_of(name: str, source: Path, work: Path) -> Library:
    """The pictures in a folder as tiles of 32 pixels, cropped square, equal ones once."""
    tiles = facemo.load_tiles(source, size=SIDE, cache=False)
    folder = work / "tiles"
    folder.mkdir(parents=True)
    for number, pixels in enumerate(tiles.pixels):
        Image.fromarray(pixels).save(folder / f"{number:05}.png")
    return Library(name, tiles, thumbs_of(tiles.pixels), folder, work)


def rivals(photomosaic_video: str | None) -> dict[str, Rival]:
    """The programs that are here, by name."""
    found: dict[str, Rival] = {EXACT: exact}
    if shutil.which("metapixel") and shutil.which("metapixel-prepare"):
        found["metapixel, distance 0"] = lambda task: metapixel(task, 0)
        found["metapixel, distance 5"] = lambda task: metapixel(task, 5)
    if photomosaic_video and shutil.which(photomosaic_video):
        found["photomosaic-video"] = lambda task: photomosaic(task, photomosaic_video)
    return found


def metapixel(task: Task, distance: int) -> Made:
    """metapixel at its own search; what it prepares of a library is made once and not timed."""
    prepared = task.library.work / "prepared"
    size = f"--width={SIDE}", f"--height={SIDE}"
    if not prepared.exists():
        prepared.mkdir()
        _run("metapixel-prepare", *size, task.library.folder, prepared)
    scaled, output = _scaled(task), task.library.work / "metapixel.png"
    keep = "--library", prepared, f"--distance={distance}"
    start = time.perf_counter()
    _run("metapixel", *size, *keep, "--metapixel", scaled, output)
    made = _finished(output, start)
    # It lays tiles as they are, so that the nearest is the one, also where it is flat.
    rows, cols = task.grid
    cells = cells_of(area_means(made.picture, rows * FINE, cols * FINE), task.grid)
    own, shown = (each.reshape(len(each), -1) for each in (task.library.thumbs, cells))
    return made._replace(which=KDTree(own).query(shown)[1].astype(np.int32))


def photomosaic(task: Task, command: str) -> Made:
    """photomosaic-video, whose only settings are the grid; what it knows of a library it keeps.

    It picks cells that divide the height: for a target of this size the grid that is asked for.
    """
    rows, cols = task.grid
    scaled, output = _scaled(task), task.library.work / "photomosaic-video.png"
    cache = task.library.work / "cache"
    grid = f"--cells={rows * cols}", f"--height={rows * SIDE}"
    start = time.perf_counter()
    _run(command, scaled, "--tiles", task.library.folder, *grid, "--output", output, cache=cache)
    return _finished(output, start)


def exact(task: Task) -> Made:
    """Each tile once at most, by the least sum of squared L*a*b* distances of 4 x 4 blocks.

    Solved exactly; compared, and drawn, with the tint that facemo chose.
    """
    rows, cols = task.grid
    start = time.perf_counter()
    fine = area_means(task.target, rows * FINE, cols * FINE)
    cells, tiles = (
        _described(each, task.tint) for each in (cells_of(fine, task.grid), task.library.thumbs)
    )
    costs = (cells**2).sum(1)[:, None] - 2 * cells @ tiles.T + (tiles**2).sum(1)
    index = linear_sum_assignment(costs)[1].reshape(rows, cols).astype(np.int32)
    colors = np.round(pooled(fine, FINE)).astype(np.uint8)
    mosaic = placed(task.library.tiles, index, colors, task.tint, None)
    return Made(np.asarray(mosaic), index, time.perf_counter() - start)


def _described(cells: Floats, tint: float) -> Floats:
    """4 x 4 blocks in L*a*b* of (n, 8, 8, 3) cells: what is left of means, and what is beside."""
    blocks = cells.reshape(len(cells), 4, 2, 4, 2, 3).mean(axis=(2, 4))
    lab: Floats = rgb2lab(blocks / 255).reshape(len(cells), 16, 3)
    means = lab.mean(axis=1, keepdims=True)
    return np.asarray(lab - tint * means).reshape(len(cells), -1)


def _scaled(task: Task) -> Path:
    """The target as a PNG of as many pixels as the mosaic, which both programs want."""
    rows, cols = task.grid
    path = task.library.work / "target.png"
    size = cols * SIDE, rows * SIDE
    Image.fromarray(task.target).resize(size, Image.Resampling.LANCZOS).save(path)
    return path


def _finished(output: Path, start: float) -> Made:
    seconds = time.perf_counter() - start
    return Made(np.asarray(Image.open(output).convert("RGB")), None, seconds)


def _run(*command: object, cache: Path | None = None) -> None:
    """Run a program, and let it speak only if it fails."""
    env = os.environ if cache is None else {**os.environ, "XDG_CACHE_HOME": str(cache)}
    subprocess.run([str(part) for part in command], check=True, capture_output=True, env=env)
