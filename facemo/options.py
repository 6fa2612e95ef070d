"""The options: what each means, may be and is by default, said here and nowhere else.

Three frozen dataclasses hold what `load_tiles`, `plan` and `save` can be asked. From their fields
follow the signatures and docstrings of the functions that take them, the command line and its help,
and the README's table. The types stand once more in a `TypedDict` each, for checkers and editors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any, Literal, TypedDict, TypeVar

from facemo import kinds
from facemo.errors import InputError
from facemo.kinds import Cell, Color, Folder, Kind, Mask, Names, View, Weights, asked

Progress = Callable[[int, int], None]
Duplicates = Literal["merge", "near", "keep"]
Truncated = Literal["refuse", "keep"]
Crop = Literal["faces", "attention", "centre"]
Space = Literal["rgb", "lab"]
Subsampling = Literal["4:4:4", "4:2:0"]
Compression = Literal["deflate", "jpeg", "none"]

# What is meant where an option is None and nothing else decides.
COLS = 100
DETAIL = 4
SPACING = 2
EVEN = 0.5
SHADE = 0.7
LONGEST = 64  # the longer side of a tile, in pixels, whose shape follows from the photos

MOST_DETAIL = 8
EXACT = 1 << 14  # so many cells may each be a variant of its own, if need be


def option(
    default: Any, kind: Kind, help: str, *, meaning: str | None = None, flag: str | None = None
) -> Any:
    """A field of one of the dataclasses below.

    `help` is a phrase without a full stop; `meaning` is what the default comes to, where that is
    not its own text; `flag` is what the command line calls it, by default its name.
    """
    metadata = {"kind": kind, "help": help, "meaning": meaning, "flag": flag}
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Options:
    """What the three have in common: they are checked when they are made."""

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None or each.default is not None:
                value = each.metadata["kind"].check(each.name, value)
                object.__setattr__(self, each.name, value)

    @classmethod
    def of(cls: type[G], given: Mapping[str, object]) -> G:
        """Those of the `given` options that are its own, and the defaults of the others."""
        return cls(**cls.own(given))

    @classmethod
    def own(cls, given: Mapping[str, object]) -> dict[str, Any]:
        """Those of the `given` options that are its own."""
        names = {each.name for each in fields(cls)}
        return {name: value for name, value in given.items() if name in names}


G = TypeVar("G", bound=Options)


@dataclass(frozen=True)
class Loading(Options):
    """How pictures become tiles."""

    size: int | tuple[int, int] | Literal["auto"] = option(
        64,
        kinds.tile_size(),
        f"side of a tile in pixels, or its height and width; auto: the shape of most photos, "
        f"{LONGEST} on the longer side",
        flag="--tile",
    )
    crop: Crop = option(
        "faces",
        kinds.choice("faces", "attention", "centre"),
        "what crops keep: faces, or else what draws attention, or the centre",
    )
    background: str | Color = option(
        "white",
        kinds.color(),
        "colour behind what is transparent, in photos and in the mosaic, by name or as #rrggbb",
    )
    duplicates: Duplicates = option(
        "merge",
        kinds.choice("merge", "near", "keep"),
        "merge makes one tile of equal ones, near also of nearly equal ones, as of a burst; keep "
        "keeps all",
    )
    truncated: Truncated = option(
        "refuse",
        kinds.choice("refuse", "keep"),
        "pictures that end early: refuse sets them aside, keep uses what there is",
    )
    only: Names | None = option(
        None,
        kinds.names(),
        "only photos of these names or patterns, as *.jpg or 2020/*; may be repeated",
        meaning="all",
    )
    since: str | int | date | None = option(
        None,
        kinds.moment(),
        "only photos taken then or later (EXIF, or else the file's name), as 2020, 2020-05 or "
        "2020-05-31",
        meaning="any",
    )
    until: str | int | date | None = option(
        None, kinds.moment(), "only photos taken then or earlier, likewise", meaning="any"
    )
    min_rating: int | None = option(
        None,
        kinds.whole(most=5),
        "only photos of so many stars or more (XMP), 1 to 5",
        meaning="any",
    )
    where: Names | None = option(
        None,
        kinds.conditions("TEST"),
        "only photos of which each of these is true: a name or pattern, since:2020, until:2005, "
        "rating:4; may be repeated",
        meaning="all",
    )
    screenshots: bool = option(
        True,
        kinds.flag(),
        "False leaves screenshots out: told by what files and their names say, PNGs also by a "
        "screen's size",
        flag="--no-screenshots",
    )
    hidden: bool = option(
        False,
        kinds.flag(),
        "also what is hidden or deleted, what programs keep, and mosaics made by facemo",
    )
    cache: Folder = option(
        True,
        kinds.folder(),
        "folder that keeps decoded tiles between runs",
        meaning="the user's own",
    )

    @property
    def tile(self) -> tuple[int, int] | None:
        """(height, width) of a tile in pixels; None where the photos decide."""
        if isinstance(self.size, str):
            return None
        return self.size if isinstance(self.size, tuple) else (self.size, self.size)

    def __post_init__(self) -> None:
        super().__post_init__()
        for text in self.where or ():
            for name, value in asked(text).items():
                object.__setattr__(self, name, _stricter(name, getattr(self, name), value))
        since, until = str(self.since or ""), str(self.until or "")
        if since and until and since[: len(until)] > until[: len(since)]:
            said = {text.replace(":", "=", 1): text for text in self.where or ()}
            one, other = (said.get(each, each) for each in (f"since={since}", f"until={until}"))
            raise InputError(f"{one} is later than {other}: nothing lies between")


def _stricter(name: str, one: Any, other: Any) -> Any:
    """Which of two values of an option leaves fewer photos; the first may be None."""
    if name == "until":  # a month ends before its year does, and its text is longer
        return min(one or other, other, key=lambda text: f"{text}~")
    return max(one or other, other)


@dataclass(frozen=True)
class Planning(Options):
    """Which tile stands in which cell."""

    cols: int | None = option(
        None,
        kinds.whole(),
        "cells across",
        meaning=f"{COLS}, or what rows asks for",
    )
    rows: int | None = option(
        None,
        kinds.whole(),
        "cells down; cols and rows together stretch the target",
        meaning="what cols asks for",
    )
    once: bool = option(
        False,
        kinds.flag(),
        "each photo once; cols and rows follow from their number",
    )
    mask: Mask | None = option(
        None,
        kinds.mask(),
        "picture whose dark or transparent parts leave cells empty; none fills all cells",
        meaning="what is transparent in the target",
    )
    detail: int | None = option(
        None,
        kinds.whole(),
        f"compare tiles and cells by so many blocks each way, 1 to {MOST_DETAIL}; 1 compares "
        "mean colours",
        meaning=f"{DETAIL}, or as much as target and tiles give",
    )
    space: Space = option(
        "lab",
        kinds.choice("rgb", "lab"),
        "compare colours in lab (CIELAB), as the eye does, or in rgb: a little more detail, less "
        "true colours",
    )
    mirror: bool = option(
        False,
        kinds.flag(),
        "tiles may be laid left-right mirrored, too; both ways count as one tile",
    )
    k: int = option(
        5,
        kinds.whole(),
        "pick at random among up to so many tiles that fit alike; 1 takes the best",
    )
    spacing: int | None = option(
        None,
        kinds.whole(least=0, most=2**63),
        "no tile again within so many cells in any direction; 0 allows it",
        meaning=f"{SPACING}, or as much as there are tiles for",
    )
    max_uses: int | None = option(
        None,
        kinds.whole(most=2**63),
        "no tile more often than this; where nearly all are needed, arranged for the best fit",
        meaning="no limit",
    )
    even: float | None = option(
        None,
        kinds.number(0, 1),
        "how evenly tiles are used: 0 not at all, 1 as far as near ones allow",
        meaning=f"{EVEN}, or 0 where spacing is",
    )
    tint: float | Literal["auto"] = option(
        "auto",
        kinds.share_or_auto(),
        "how far tiles' mean colours are moved to their cells', and tiles softened: 0 not at all, "
        "1 all the way, auto 1, or 0 where tiles are near enough",
    )
    shade: float | None = option(
        None,
        kinds.number(0, 1),
        "how far light runs across each cell as it does in the target; each is a variant of its "
        "own then",
        meaning=f"{SHADE} of tint up to {EXACT:,} cells, else 0",
    )
    palette: int | Literal["auto"] | None = option(
        "auto",
        kinds.count_or_auto(),
        "at most so many recoloured variants, and one at least of each tile in use; none gives "
        "each cell its own",
        meaning="auto: as many as pay",
    )
    fixed: Mapping[Cell, str] | None = option(
        None,
        kinds.cells(),
        "the photo of a cell, its row and column from 0, as 3,4=aunt.jpg; may be repeated, or "
        "listed in @FILE.csv",
        meaning="none",
        flag="--fix",
    )
    include: Names | None = option(
        None,
        kinds.conditions("NAME"),
        "photos that are sure to appear, by name or pattern, likewise",
        meaning="none",
    )
    exclude: Names | None = option(
        None, kinds.conditions("NAME"), "photos that never appear, likewise", meaning="none"
    )
    weights: Weights = option(
        "faces",
        kinds.weights(),
        "where likeness counts most, and uses and tint less: faces, edges, none, or what is "
        "lighter in a picture of the target's aspect",
    )
    view: View | None = option(
        None,
        kinds.choice("screen", "print"),
        "where it will be seen from afar: on a screen, or in print, where eyes average light",
        meaning="screen, or print with --width",
    )
    seed: int = option(
        0, kinds.whole(least=0, most=2**128), "the same seed and inputs give the same mosaic"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.once and self.max_uses not in (None, 1):
            raise InputError(
                f"once=True and max_uses={self.max_uses} do not go together: leave one of them out"
            )
        if self.shade and isinstance(self.palette, int):
            raise InputError(
                f"shade={self.shade:g} makes each cell a variant of its own, palette="
                f"{self.palette} allows no more than so many: leave one of them out"
            )


@dataclass(frozen=True)
class Encoding(Options):
    """How a mosaic is written; what means nothing to a format is ignored by it."""

    quality: int = option(
        92,
        kinds.whole(most=100, metavar="Q"),
        "quality of WebP and of JPEG, also inside other formats, 1 to 100",
    )
    subsampling: Subsampling = option(
        "4:4:4",
        kinds.choice("4:4:4", "4:2:0"),
        "4:2:0 halves the resolution of a JPEG's colours: a fifth smaller, but they run across "
        "tiles' edges",
    )
    compression: Compression = option(
        "deflate",
        kinds.choice("deflate", "jpeg", "none"),
        "how a TIFF is compressed; all but jpeg are lossless at full size",
    )
    dpi: float = option(
        300, kinds.number(1, 65_535), "pixels an inch in print, noted in PNG, JPEG and TIFF"
    )


class LoadingOptions(TypedDict, total=False):
    """The types of `Loading`."""

    size: int | tuple[int, int] | Literal["auto"]
    crop: Crop
    background: str | Color
    duplicates: Duplicates
    truncated: Truncated
    only: Names | None
    since: str | int | date | None
    until: str | int | date | None
    min_rating: int | None
    where: Names | None
    screenshots: bool
    hidden: bool
    cache: Folder


class PlanningOptions(TypedDict, total=False):
    """The types of `Planning`."""

    cols: int | None
    rows: int | None
    once: bool
    mask: Mask | None
    detail: int | None
    space: Space
    mirror: bool
    k: int
    spacing: int | None
    max_uses: int | None
    even: float | None
    tint: float | Literal["auto"]
    shade: float | None
    palette: int | Literal["auto"] | None
    fixed: Mapping[Cell, str] | None
    include: Names | None
    exclude: Names | None
    weights: Weights
    view: View | None
    seed: int


class EncodingOptions(TypedDict, total=False):
    """The types of `Encoding`."""

    quality: int
    subsampling: Subsampling
    compression: Compression
    dpi: float


class MosaicOptions(LoadingOptions, PlanningOptions, total=False):
    """The types of `Loading` and `Planning`."""


class AllOptions(MosaicOptions, EncodingOptions, total=False):
    """The types of all three."""
