"""The summary that the command prints of a plan, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from facemo.drawing.mosaic import Mosaic
from facemo.errors import shown
from facemo.library.formats import NOT_A_PICTURE
from facemo.options import SHADE, Planning
from facemo.planning.wishes import met, wishes_of
from facemo.reports.coverage import coverage
from facemo.tiles import Rejected, by_reason, counted

_NAMED = 3  # files named for each reason
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".heic")
_WORTH_SAYING = 0.05  # of the cells lack near tiles


def summary(mosaic: Mosaic, planning: Planning) -> str:
    """What was made, of how many photos, how strongly recoloured, and what would make it better.

    planning : the options that it was planned with
    """
    rows, cols = mosaic.cells.shape
    height, width = mosaic.shape[:2]
    used = len(mosaic.variants.tiles)
    filled = mosaic.filled
    some = "" if filled is None else f", {np.count_nonzero(filled):,} of them filled"
    looks = int(np.count_nonzero(~mosaic.variants.empty))
    variants = f", in {looks:,} variants" if mosaic.tint else ""
    lines = [
        f"{cols} x {rows} cells{some}, {width:,} x {height:,} pixels, "
        f"{used:,} of {len(mosaic.tiles):,} tiles used",
        f"tint {mosaic.tint:.0%}: how far each tile's mean colour is moved to its cell's{variants}",
        *_seen(mosaic, planning),
        *(met(mosaic, planning) or "").splitlines(),
        *(_left_over(mosaic, wishes_of(planning, mosaic.tiles).allowed) if planning.once else ()),
        *_lacking(mosaic),
        *_merged(mosaic.tiles.merged),
        *_set_aside(mosaic.tiles.rejected),
        *counted(mosaic.tiles.left_out).splitlines(),
    ]
    return "\n".join(lines)


def _seen(mosaic: Mosaic, planning: Planning) -> Iterator[str]:
    """How far light runs across photos as it does in the target, and where it is to be seen."""
    if mosaic.variants.ramp.any():
        of_tint = SHADE * (planning.tint if isinstance(planning.tint, float) else 1)
        shade = of_tint if planning.shade is None else planning.shade
        yield f"shade {shade:.0%}: how far light runs across each tile as it does in its cell"
    if mosaic.view == "print":
        yield "made for print: from far off, where eyes average light"


def _left_over(mosaic: Mosaic, allowed: NDArray[np.int32]) -> Iterator[str]:
    """A line that counts those of the allowed photos without a cell, and names a few."""
    names = [mosaic.tiles.names[n] for n in np.setdiff1d(allowed, mosaic.variants.tiles)]
    if names:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        yield f"{len(names):,} left over: {', '.join(map(shown, names[:_NAMED]))}{more}"


def _lacking(mosaic: Mosaic) -> Iterator[str]:
    """A line on the colours that no tile comes near, if they are a twentieth of the picture."""
    found = coverage(mosaic)
    if found.lacking >= _WORTH_SAYING:
        less = ", which would be recoloured less" if mosaic.tint else ""
        yield f"{found}; add such pictures{less}"


def _merged(merged: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A line that counts the pictures which became no tile of their own, and names a few."""
    if merged:
        pairs = [f"{shown(name)} into {shown(other)}" for name, other in merged[:_NAMED]]
        more = f" and {len(merged) - _NAMED:,} more" if len(merged) > _NAMED else ""
        yield f"{len(merged):,} merged into others like them: {', '.join(pairs)}{more}"


def _set_aside(rejected: Sequence[Rejected]) -> Iterator[str]:
    """A line a reason, the first few files of each named; of what is no picture only those that
    are called as if they were."""
    if rejected:
        yield f"{len(rejected):,} file{'s' * (len(rejected) > 1)} set aside"
    for reason, files in by_reason(rejected):
        line = f"  {len(files):,} {reason}"
        if reason == NOT_A_PICTURE:
            files = [file for file in files if file.path.lower().endswith(_SUFFIXES)]
            line += f", {len(files):,} of them called as if they were" if files else ""
        if files:
            line += ": " + ", ".join(shown(file.path) for file in files[:_NAMED])
            line += f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
        yield line
