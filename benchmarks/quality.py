"""How good the pictures are: facemo's conditions beside other programs, all measured alike.

    python benchmarks/quality.py [--tiles FOLDER ...] [--target PICTURE_OR_FOLDER ...]
        [--rows defaults,recoloured,...] [--columns 64] [--workers 2] [--pairs]
        [--photomosaic-video COMMAND] [--json FILE] [--others FILE] [--before FILE] [--read FILE]

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
from rivals import EXACT, Library, Made, Rival, Task, library_of, rivals
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
        {"space": "rgb", "spacing": 0, "k": 1, "mirror": True, "tint": 0},
        ("metapixel, distance 0",),
    ),
    "apart": Condition(
        {"space": "rgb", "spacing": 5, "even": 0, "k": 1, "mirror": True, "tint": 0},
        ("metapixel, distance 5",),
    ),
    "classic": Condition({"detail": 1, "space": "rgb", "spacing": 0, "tint": 0}),
    "once": Condition({}, (EXACT,), cells_a_tile=1),
}  # fmt: skip


def main() -> None:
    """Measure every pair, and print the tables."""
    options = arguments()
    if options.read:
        results = read(options.read)
    else:
        with tempfile.TemporaryDirectory() as made:
            results = list(run(options, Path(made)))
    order = list(CONDITIONS)
    results.sort(key=lambda r: (order.index(r.condition), r.program != "facemo", r.program))
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
    parser.add_argument("--others", type=Path, help="such a file: its programs are not run again")
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
    others = read(options.others) if options.others else []
    # The exact assignment is drawn with facemo's tint of the day.
    others = [r for r in others if r.program not in ("facemo", EXACT)]
    asked = {name for row in options.rows.split(",") for name in CONDITIONS[row].rivals}
    for name in sorted(asked - present.keys() - {r.program for r in others}):
        note(f"{name} is not installed here: left out")
    with ProcessPoolExecutor(options.workers, get_context("spawn")) as pool:  # no fork of threads
        least: dict[tuple[str, str, Grid], Future[float]] = {}
        waiting: list[Waiting] = []
        for case in cases(options, made):
            place = case.library.name, case.name, case.grid
            if place not in least:
                least[place] = pool.submit(least_tint, case.target, case.library.thumbs, case.grid)
            known = [r for r in others if (r.condition, *r.pair, r.grid) == (case.row, *place)]
            yield from known
            wanted = set(case.condition.rivals) & present.keys() - {r.program for r in known}
            for program, made_by in pictures(case, {name: present[name] for name in wanted}):
                result = partial(Result, case.row, program, *place, made_by.seconds)
                measures = pool.submit(
                    measured,
                    made_by.picture,
                    case.target,
                    case.library.thumbs,
                    case.grid,
                    made_by.which,
                )
                waiting.append(Waiting(result, least[place], measures))
        for each in waiting:
            yield each.result(each.least.result(), each.measures.result())


class Waiting(NamedTuple):
    """A result to be, when its two parts are there."""

    result: partial[Result]
    least: Future[float]
    measures: Future[Measures]


class Case(NamedTuple):
    """One condition of one pair: a library and a target, with its name, in a grid."""

    row: str
    condition: Condition
    library: Library
    name: str
    target: Picture
    grid: Grid


def cases(options: argparse.Namespace, made: Path) -> Iterator[Case]:
    """Every condition that is asked for of every pair, after a first that is not measured."""
    rows = {name: CONDITIONS[name] for name in options.rows.split(",")}
    targets = dict(targets_of(options.target))
    for number, library in enumerate(libraries(options.tiles, made)):
        for name, target in targets.items():
            note(f"{library.name} x {name}")
            pair = [
                Case(row, condition, library, name, target, grid)
                for row, condition in rows.items()
                for grid in [grid_of(condition, library, target, options.columns)]
            ]
            if not number and name == next(iter(targets)):
                for case in pair:
                    by_facemo(case)  # compiles what will be timed
            yield from pair


def pictures(case: Case, wanted: dict[str, Rival]) -> Iterator[tuple[str, Made]]:
    """What facemo makes in a case, and what the programs make that are `wanted`."""
    picture, tint = by_facemo(case)
    yield "facemo", picture
    for name, rival in wanted.items():
        try:
            yield name, rival(Task(case.library, case.target, case.grid, tint))
        except subprocess.CalledProcessError as error:
            said = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
            note(f"{name} failed, and is left out here: {' '.join(said)}")


def by_facemo(case: Case) -> tuple[Made, float]:
    """facemo's picture and tint; the seconds are those of planning and drawing."""
    # Options that this version of facemo lacks ask for what it does without them.
    known = inspect.signature(facemo.plan).parameters
    wanted = {name: value for name, value in case.condition.options.items() if name in known}
    tiles, (rows, cols) = case.library.tiles, case.grid
    if case.condition.cells_a_tile is not None:
        wanted["max_uses"] = -(-rows * cols // len(tiles))
    start = time.perf_counter()
    mosaic = facemo.plan(case.target, tiles, rows=rows, cols=cols, **wanted)
    drawn = np.asarray(mosaic)
    return Made(drawn, mosaic.index, time.perf_counter() - start), mosaic.tint


def grid_of(condition: Condition, library: Library, target: Picture, columns: int) -> Grid:
    """(rows, cols) of about square cells, no more than the library has tiles for."""
    height, width = target.shape[:2]
    each = condition.cells_a_tile
    most = math.inf if each is None else max(1, each * len(library.tiles))
    grids = ((max(1, round(cols * height / width)), cols) for cols in range(columns, 0, -1))
    return next((grid for grid in grids if math.prod(grid) <= most), (1, 1))


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
