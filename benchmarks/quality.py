"""How good the pictures are: facemo's conditions beside other programs, all measured alike.

    python benchmarks/quality.py [--tiles FOLDER ...] [--target PICTURE_OR_FOLDER ...]
        [--rows defaults,recoloured,...] [--columns 64] [--workers 2] [--pairs]
        [--photomosaic-video COMMAND] [--json FILE] [--before FILE] [--read FILE]

Every library of tiles is held against every target. Without arguments it makes 1,000 tiles, seeded
crops of pictures that scikit-image ships, and rebuilds others of these; `--tiles made` names those
tiles beside folders of your own. It prints a Markdown table, and in how many pairs facemo is ahead
of each program, which run if they are installed.
"""

from __future__ import annotations

import argparse
import inspect
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from least import least_tint
from measure import Grid, Measures, Picture, measured
from numpy.typing import NDArray
from PIL import Image
from rivals import Library, Made, Rival, Task, library_of, rivals
from skimage import data
from tables import Result, comparisons, pairs_table, read, table, written

import facemo

TILES = 1000
SOURCES = (
    "coffee", "rocket", "retina", "immunohistochemistry", "hubble_deep_field",
    "stereo_motorcycle",
)  # fmt: skip
TARGETS = ("astronaut", "chelsea", "camera")
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff"}


class Condition(NamedTuple):
    """facemo's options, what they are held against, and how many cells a tile may have.

    Where that is not None the grid has as few columns as it takes, and `max_uses` spreads them.
    """

    options: dict[str, Any]
    rivals: tuple[str, ...] = ()
    cells_a_tile: int | None = None


CONDITIONS = {
    "defaults": Condition({}),
    # photomosaic-video lays each photo four times at most: mirrored, lighter and darker ones.
    "recoloured": Condition(
        {"space": "rgb", "mirror": True, "tint": 1}, ("photomosaic-video",), cells_a_tile=4
    ),
    "free": Condition(
        {"space": "rgb", "spacing": 0, "even": 0, "k": 16, "mirror": True, "tint": 0},
        ("metapixel, distance 0",),
    ),
    "apart": Condition(
        {"detail": 3, "space": "rgb", "spacing": 5, "even": 0, "k": 1, "mirror": True, "tint": 0},
        ("metapixel, distance 5",),
    ),
    "classic": Condition({"detail": 1, "space": "rgb", "spacing": 0, "even": 0, "tint": 0}),
    "once": Condition({}, ("exact assignment",), cells_a_tile=1),
}  # fmt: skip


def main() -> None:
    """Measure every pair, and print the tables."""
    options = arguments()
    if options.read:
        results = read(options.read)
    else:
        with tempfile.TemporaryDirectory() as made:
            results = list(run(options, Path(made)))
    if options.json:
        written(results, options.json)
    if options.pairs:
        print(pairs_table(results), end="\n\n")
    print(table(results, read(options.before) if options.before else []), end="\n\n")
    for line in comparisons(results):
        print(line)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure facemo's pictures and those of others.")
    parser.add_argument("--tiles", nargs="+", default=["made"], metavar="FOLDER")
    parser.add_argument("--target", nargs="+", type=Path, metavar="PICTURE_OR_FOLDER")
    parser.add_argument("--rows", default=",".join(CONDITIONS), help="conditions: %(default)s")
    parser.add_argument("--columns", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2, help="processes that measure")
    parser.add_argument("--photomosaic-video", default="photomosaic-video", metavar="COMMAND")
    parser.add_argument("--json", type=Path, help="write a line for every pair")
    parser.add_argument("--read", type=Path, help="tables of such a file; nothing is measured")
    parser.add_argument("--before", type=Path, help="such a file to compare with")
    parser.add_argument("--pairs", action="store_true", help="print a row for every pair, too")
    options = parser.parse_args()
    unknown = set(options.rows.split(",")) - CONDITIONS.keys()
    if unknown:
        parser.error(f"there is no row {', '.join(sorted(unknown))}: choose of {list(CONDITIONS)}")
    return options


def run(options: argparse.Namespace, made: Path) -> Iterator[Result]:
    """What each condition makes of every library and target."""
    present = rivals(options.photomosaic_video)
    rows = {name: CONDITIONS[name] for name in options.rows.split(",")}
    for name in sorted({rival for row in rows.values() for rival in row.rivals} - present.keys()):
        note(f"{name} is not installed here: left out")
    targets = dict(targets_of(options.target))
    context = get_context("spawn")  # no fork of threads
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        waiting: list[Waiting] = []
        for library in libraries(options.tiles, made):
            if not waiting:
                warm_up(library, next(iter(targets.values())), rows)
            for name, target in targets.items():
                note(f"{library.name} x {name}")
                least: dict[Grid, Future[float]] = {}
                for row, condition in rows.items():
                    grid = grid_of(condition, library, target, options.columns)
                    if grid not in least:
                        least[grid] = pool.submit(least_tint, target, library.thumbs, grid)
                    for program, picture in pictures(condition, library, target, grid, present):
                        of = partial(
                            Result, row, program, library.name, name, grid, picture.seconds
                        )
                        measures = pool.submit(
                            measured, picture.picture, target, library.thumbs, grid, picture.which
                        )
                        waiting.append(Waiting(of, least[grid], measures))
        for each in waiting:
            yield each.result(each.least.result(), each.measures.result())


class Waiting(NamedTuple):
    """A result to be, when its two parts are there."""

    result: partial[Result]
    least: Future[float]
    measures: Future[Measures]


def pictures(
    condition: Condition,
    library: Library,
    target: Picture,
    grid: Grid,
    present: dict[str, Rival],
) -> Iterator[tuple[str, Made]]:
    """What facemo makes in a condition, and what its rivals make in the same grid."""
    picture, tint = by_facemo(condition, library, target, grid)
    yield "facemo", picture
    for name in condition.rivals:
        if name in present:
            try:
                yield name, present[name](Task(library, target, grid, tint))
            except subprocess.CalledProcessError as error:
                said = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
                note(f"{name} failed, and is left out here: {' '.join(said)}")


def by_facemo(
    condition: Condition, library: Library, target: Picture, grid: Grid
) -> tuple[Made, float]:
    """facemo's picture and tint; the seconds are those of planning and drawing."""
    # Options that this version of facemo lacks ask for what it does without them.
    known = inspect.signature(facemo.plan).parameters
    wanted = {name: value for name, value in condition.options.items() if name in known}
    if condition.cells_a_tile is not None:
        wanted["max_uses"] = -(-math.prod(grid) // len(library.tiles))
    start = time.perf_counter()
    mosaic = facemo.plan(target, library.tiles, rows=grid[0], cols=grid[1], **wanted)
    drawn = np.asarray(mosaic)
    return Made(drawn, mosaic.index, time.perf_counter() - start), mosaic.tint


def grid_of(condition: Condition, library: Library, target: Picture, columns: int) -> Grid:
    """(rows, cols) of about square cells, no more than the library has tiles for."""
    height, width = target.shape[:2]
    each = condition.cells_a_tile
    most = math.inf if each is None else max(1, each * len(library.tiles))
    grids = ((max(1, round(cols * height / width)), cols) for cols in range(columns, 0, -1))
    return next((grid for grid in grids if math.prod(grid) <= most), (1, 1))


def warm_up(library: Library, target: Picture, rows: dict[str, Condition]) -> None:
    """Compile what will be timed."""
    note("warming up")
    for condition in rows.values():
        by_facemo(condition, library, target, grid_of(condition, library, target, 16))


def libraries(folders: Sequence[str], made: Path) -> Iterator[Library]:
    """Each folder as a library; "made" are crops of scikit-image's pictures."""
    for number, folder in enumerate(folders):
        source = make_tiles(made / "crops") if folder == "made" else Path(folder)
        name = "crops" if folder == "made" else Path(folder).absolute().name
        yield library_of(name, source, made / str(number))


def make_tiles(folder: Path) -> Path:
    """1,000 square crops, of 48 pixels to all of the shorter side, evenly on a log scale."""
    rng = np.random.default_rng(0)
    sources = [Image.fromarray(shipped(name)) for name in SOURCES]
    folder.mkdir()
    for number in range(TILES):
        picture = sources[rng.integers(len(sources))]
        most = min(picture.size)
        side = int(48 * (most / 48) ** rng.random())
        x, y = (int(rng.integers(length - side + 1)) for length in picture.size)
        crop = picture.crop((x, y, x + side, y + side))
        crop.resize((128, 128), Image.Resampling.LANCZOS).save(folder / f"{number:04}.png")
    return folder


def shipped(name: str) -> NDArray[np.uint8]:
    """A picture that scikit-image ships, (H, W, 3); of a stereo pair the left one."""
    picture = getattr(data, name)()
    one = picture[0] if isinstance(picture, tuple) else picture
    return np.array(Image.fromarray(one).convert("RGB"))


def targets_of(paths: Sequence[Path] | None) -> Iterator[tuple[str, Picture]]:
    """Pictures by name: those that are named, those in folders, or some of scikit-image's."""
    for name in TARGETS if paths is None else ():
        yield name, shipped(name)
    for path in paths or ():
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        for each in inside:
            if each.suffix.lower() in SUFFIXES:
                yield each.stem, facemo.read_image(each)


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
