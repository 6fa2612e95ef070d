"""What weights and shade do: for what matters more, for the rest, and for whether a face is seen.

    python benchmarks/weights.py --tiles FOLDER ... --target PICTURE ... [--portrait PICTURE ...]
        [--columns 64]

Every library of tiles is held against every target, and against every portrait, a target with one
face. It prints two Markdown tables.
"""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import facemo
from facemo.area import area_means
from facemo.faces import faces
from facemo.reports.flip import flip

SEEN = 4  # pixels a cell
SIDE = 32  # pixels of a tile
EDGES = 0.2  # of the cells, those with most inside them
FEWEST, MOST, STEP = 10, 64, 2  # columns that a face is sought at
ALIKE = 0.4  # of two boxes, what both cover by what either does

CONDITIONS: dict[str, dict[str, Any]] = {
    "none": {"weights": "none"},
    "faces": {"weights": "faces"},
    "edges": {"weights": "edges"},
    "none, no shade": {"weights": "none", "shade": 0},
    "faces, no shade": {"weights": "faces", "shade": 0},
    "edges, no shade": {"weights": "edges", "shade": 0},
}
SEEKING = ("none, no shade", "faces, no shade", "none", "faces")

Picture = NDArray[np.uint8]
Box = NDArray[np.float64]


class Likeness(NamedTuple):
    """FLIP at 4 pixels a cell, over faces, edges and what is neither; and what it costs."""

    faces: float
    but_faces: float
    edges: float
    but_edges: float
    contrast_kept: float
    distinct: float
    most_used: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--tiles", nargs="+", type=Path, required=True)
    parser.add_argument("--target", nargs="+", type=Path, default=[])
    parser.add_argument("--portrait", nargs="+", type=Path, default=[])
    parser.add_argument("--columns", type=int, default=64)
    options = parser.parse_args()
    libraries = {path.name: facemo.load_tiles(path, size=SIDE) for path in options.tiles}
    targets = [facemo.read_image(path) for path in (*options.target, *options.portrait)]
    pairs = [(target, tiles) for tiles in libraries.values() for target in targets]
    print("\n".join(likeness_table(pairs, options.columns)), end="\n\n")
    for name, tiles in libraries.items():
        print(f"\n{name}:\n")
        print("\n".join(faces_table(options.portrait, tiles)))


def likeness_table(pairs: list[tuple[Picture, facemo.Tiles]], columns: int) -> Iterator[str]:
    """Each condition's measures as shares of those of the first, the worst pair in brackets."""
    yield "| weights | " + " | ".join(Likeness._fields) + " |"
    yield "| --- " * (len(Likeness._fields) + 1) + "|"
    first: NDArray[np.float64] | None = None
    for name, given in CONDITIONS.items():
        found = np.array([likeness(*pair, columns, given) for pair in pairs])
        first = found if first is None else first
        shares = found / first
        mean, worst = np.nanmean(shares, axis=0), np.nanmax(shares, axis=0)
        worst[4:6] = np.nanmin(shares, axis=0)[4:6]  # of these more is better
        cells = (f"{one:.2f} ({other:.2f})" for one, other in zip(mean, worst, strict=True))
        yield f"| {name} | " + " | ".join(cells) + " |"


def likeness(target: Picture, tiles: facemo.Tiles, columns: int, given: dict[str, Any]) -> Likeness:
    """The measures of one mosaic; not a number over faces where there are none."""
    mosaic = planned(target, tiles, columns, given)
    rows, cols = mosaic.cells.shape
    size = rows * SEEN, cols * SEEN
    drawn, wanted = (area_means(each[None], *size)[0] for each in (np.asarray(mosaic), target))
    error = flip(drawn, wanted)
    parts = wanted.reshape(rows, SEEN, cols, SEEN, 3)
    inside = parts.std(axis=(1, 3)).mean(axis=2)
    edges = (inside >= np.quantile(inside, 1 - EDGES)).repeat(SEEN, 0).repeat(SEEN, 1)
    in_face = np.zeros(size, bool)
    for top, left, bottom, right in faces(target) * np.tile(np.array(size) / target.shape[:2], 2):
        in_face[int(top) : int(bottom), int(left) : int(right)] = True
    score = facemo.score(mosaic, target)
    face, but_face, edge, but_edge = (
        float(error[some].mean()) if some.any() else np.nan
        for some in (in_face, ~in_face, edges, ~edges)
    )
    kept, distinct, most = score.contrast_kept, score.distinct, score.most_used
    return Likeness(face, but_face, edge, but_edge, kept, distinct, most)


def faces_table(portraits: list[Path], tiles: facemo.Tiles) -> Iterator[str]:
    """At how few columns each portrait's face is found in its mosaic."""
    yield "| portrait | " + " | ".join(SEEKING) + " |"
    yield "| --- " * (len(SEEKING) + 1) + "|"
    found = []
    for path in portraits:
        target = facemo.read_image(path)
        if not len(faces(target)):
            yield f"| {path.stem} | {' | '.join(['no face'] * len(SEEKING))} |"
            continue
        found.append([fewest(target, tiles, CONDITIONS[name]) for name in SEEKING])
        yield f"| {path.stem} | " + " | ".join(map(said, found[-1])) + " |"
    yield "| mean | " + " | ".join(f"{mean:.1f}" for mean in np.mean(found, axis=0)) + " |"


def fewest(target: Picture, tiles: facemo.Tiles, given: dict[str, Any]) -> int:
    """The fewest columns at which, and at the next more, the face is found where it is."""
    [face, *_] = faces(target)
    before = False
    for columns in range(FEWEST, MOST + 1, STEP):
        drawn = np.asarray(planned(target, tiles, columns, given))
        boxes = faces(drawn) * (target.shape[0] / drawn.shape[0])
        now = any(alike(box, face) > ALIKE for box in boxes)
        if now and before:
            return columns - STEP
        before = now
    return MOST + STEP


def alike(one: Box, other: Box) -> float:
    """What two boxes share, by what they cover together.

    >>> round(alike(np.float64([0, 0, 2, 2]), np.float64([0, 1, 2, 3])), 3)
    0.333
    """
    both = np.minimum(one[2:], other[2:]) - np.maximum(one[:2], other[:2])
    shared = float(np.prod(np.maximum(both, 0)))
    areas = (float(np.prod(each[2:] - each[:2])) for each in (one, other))
    return shared / (sum(areas) - shared)


def said(columns: int) -> str:
    return str(columns) if columns <= MOST else f"more than {MOST}"


def planned(
    target: Picture, tiles: facemo.Tiles, columns: int, given: dict[str, Any]
) -> facemo.Mosaic:
    """A plan; options that this version of facemo lacks ask for what it does without them."""
    known = inspect.signature(facemo.plan).parameters
    options = {name: value for name, value in given.items() if name in known}
    return facemo.plan(target, tiles, cols=columns, **options)


if __name__ == "__main__":
    main()
