"""The summary that the command prints of a plan, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab

from facemo.drawing.mosaic import Mosaic
from facemo.errors import shown
from facemo.faces import detector, faces
from facemo.library.formats import NOT_A_PICTURE
from facemo.options import SHADE, Planning
from facemo.planning.mask import subject_of
from facemo.planning.target import Target
from facemo.planning.wishes import met, wishes_of
from facemo.reports.coverage import coverage
from facemo.reports.repeats import uses
from facemo.tiles import Rejected, by_reason, counted, of_files

_NAMED = 3  # files named for each reason
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".heic")
_WORTH_SAYING = 0.05  # of the cells lack near tiles
_OFTEN = 25  # times that photos are laid on average
# What a mean ΔE2000 looks like: 2 is just seen, and 20 makes another colour of one.
_STRONGLY = (
    (15, "moved strongly"),
    (8, "moved clearly"),
    (3, "moved a little"),
    (0, "hardly moved"),
)


def summary(mosaic: Mosaic, planning: Planning, target: Target | None = None) -> str:
    """What was made, of how many photos, how strongly recoloured, and what would make it better.

    planning : the options that it was planned with
    target : the picture that it was planned for, if there is one
    """
    lines = [
        _made(mosaic),
        _recoloured(mosaic),
        *_seen(mosaic, planning),
        *(() if target is None else _faces(target, planning)),
        *(met(mosaic, planning) or "").splitlines(),
        *(_left_over(mosaic, wishes_of(planning, mosaic.tiles).allowed) if planning.once else ()),
        *_better(mosaic),
        *_merged(mosaic.tiles.merged),
        *_set_aside(mosaic.tiles.rejected),
        *counted(mosaic.tiles.left_out).splitlines(),
    ]
    return "\n".join(lines)


def looks(mosaic: Mosaic) -> int:
    """How many variants a mosaic shows, without that of empty cells."""
    return int(np.count_nonzero(~mosaic.variants.empty))


def moved(mosaic: Mosaic) -> float:
    """How far the mean colours of photos were moved: mean CIEDE2000 over the cells.

    >>> from facemo import plan
    >>> round(moved(plan(np.eye(2), np.full((1, 4, 4, 3), 255, np.uint8), cols=2, tint=1)))
    50
    """
    numbers, counts = np.unique(mosaic.cells, return_counts=True)
    changed = mosaic.variants.recoloured[numbers]
    filled = counts[~mosaic.variants.empty[numbers]].sum()
    some = numbers[changed]
    lab, was = (rgb2lab(x[some] / 255.0) for x in (mosaic.variants.mean, mosaic.means))
    return float(np.sum(deltaE_ciede2000(lab, was) * counts[changed]) / max(filled, 1))


def _made(mosaic: Mosaic) -> str:
    """What was made, and of how many photos."""
    (rows, cols), (height, width) = mosaic.cells.shape, mosaic.shape[:2]
    filled = mosaic.filled
    some = "" if filled is None else f", {np.count_nonzero(filled):,} of them filled"
    counts = uses(mosaic.index)
    most = f", one of them {counts.max():,} times" if counts.max() > 1 else ", each once"
    return (
        f"{cols} x {rows} cells{some}, {width:,} x {height:,} pixels, made of "
        f"{np.count_nonzero(counts):,} of {len(mosaic.tiles):,} photos{most}"
    )


def _recoloured(mosaic: Mosaic) -> str:
    """How strongly photos are recoloured, and how far that brings them."""
    if not mosaic.tint:
        mean = "mean" if mosaic.variants.ramp.any() else "own"
        return f"photos keep their {mean} colours (tint 0%)"
    delta_e = round(moved(mosaic))
    word = next(word for least, word in _STRONGLY if delta_e >= least)
    far = f"a ΔE of {delta_e}" if delta_e else "a ΔE below 1"
    return (
        f"photos are recoloured (tint {mosaic.tint:.0%}): their mean colours are {word}, by {far} "
        f"on average, in {looks(mosaic):,} variants"
    )


def _faces(target: Target, planning: Planning) -> Iterator[str]:
    """A line on the faces in the target, if they were looked for."""
    if isinstance(planning.weights, str) and planning.weights == "faces":
        found = len(faces(subject_of(target, planning.mask).image[..., :3]))
        network = detector().startswith("YuNet")
        if not found:
            more = "" if network else '; pip install "facemo[faces]" finds more faces'
            yield (
                "no face was found in the target: likeness counts the same everywhere (--weights "
                f"edges, or a picture, says where it counts more{more})"
            )
        else:
            some = "a face was" if found == 1 else f"{found:,} faces were"
            by = " by YuNet" if network else ""
            yield f"{some} found in the target{by}, where likeness counts more"


def _seen(mosaic: Mosaic, planning: Planning) -> Iterator[str]:
    """How far light runs across photos as it does in the target, and where it is to be seen."""
    if mosaic.variants.ramp.any():
        of_tint = SHADE * (planning.tint if isinstance(planning.tint, float) else 1)
        shade = of_tint if planning.shade is None else planning.shade
        yield f"light runs across each photo as it does in its cell (shade {shade:.0%})"
    if mosaic.view == "print":
        yield "made for print: from far off, where eyes average light"


def _left_over(mosaic: Mosaic, allowed: NDArray[np.int32]) -> Iterator[str]:
    """A line that counts those of the allowed photos without a cell, and names a few."""
    names = [mosaic.tiles.names[n] for n in np.setdiff1d(allowed, mosaic.variants.tiles)]
    if names:
        more = f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        yield f"{len(names):,} left over: {', '.join(map(shown, names[:_NAMED]))}{more}"


def _better(mosaic: Mosaic) -> Iterator[str]:
    """A line on what photos would make it better: of which colours, or simply more of them."""
    found = coverage(mosaic)
    if found.lacking >= _WORTH_SAYING:
        wanted = [f"{lack.name} ({lack.share:.0%})" for lack in found.lacks if lack.share >= 0.01]
        named = ", ".join(wanted[:_NAMED])
        less = " and are recoloured most" * (mosaic.tint > 0)
        yield (
            f"better with more photos of: {named or 'other colours'}; {found.lacking:.0%} of the "
            f"cells lack near ones{less}"
        )
    counts = uses(mosaic.index)
    often = counts.sum() / max(np.count_nonzero(counts), 1)
    if often >= _OFTEN:
        yield f"better with more photos: those used are laid {often:,.0f} times on average"


def _merged(merged: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A line that counts the pictures which became no tile of their own, and names a few."""
    if merged:
        (name, other), *rest = merged
        more = f" and {len(rest):,} more" if rest else ""
        yield (
            f"{len(merged):,} merged into others like them: {shown(name)} into {shown(other)}{more}"
        )


def _set_aside(rejected: Sequence[Rejected]) -> Iterator[str]:
    """A line a reason, the first few files of each named; of what is no picture only those that
    are called as if they were."""
    if rejected:
        yield f"{len(rejected):,} file{'s' * (len(rejected) > 1)} set aside"
    for reason, files in by_reason(rejected):
        line = f"  {of_files(len(files), reason)}"
        if reason == NOT_A_PICTURE:
            files = [file for file in files if file.path.lower().endswith(_SUFFIXES)]
            line += f", {len(files):,} of them called as if they were" if files else ""
        if files:
            line += ": " + ", ".join(shown(file.path) for file in files[:_NAMED])
            line += f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
        yield line
