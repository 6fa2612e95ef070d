"""The work of a command line: what it reads becomes a mosaic, is written, and is spoken of."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import facemo
from facemo.cli.given import Given
from facemo.cli.paths import free_name, names_after
from facemo.cli.progress import progress_bar, shown_progress
from facemo.cli.terminal import held_interrupts, muted_decoders, say, warn
from facemo.errors import InputError, printable, shown
from facemo.options import Encoding, Loading, Planning

if TYPE_CHECKING:
    from facemo import Mosaic, Preflight, Tiles

_PROVEN = 1024  # cells up to which a proof takes next to no time


def run(given: Given, written: list[str]) -> None:
    """Do what is `given`; `written` gets each output when it is there."""
    with ExitStack() as closing:
        _run(given, written, closing)


def _run(given: Given, written: list[str], closing: ExitStack) -> None:
    """`run`; what is to be undone at its end is in `closing`."""
    started = time.monotonic()
    with shown_progress("starting", quiet=given.quiet), held_interrupts():
        import_module("facemo.writers.save")
    _tell(given, given.recipe)
    with shown_progress(f"reading {os.path.basename(given.target)}", quiet=given.quiet):
        target = None if given.is_plan else facemo.read_image(given.target)
        names = None if given.outputs else _names(given, target)
        if names is not None:
            given = replace(given, outputs=[next(names)])
        files = _checked(given)
        given = _sized(given, target, files)
        foretold = _foretold(given, target)
    for flight in foretold:  # when the clock is gone from the line
        _tell(given, flight)
    tiles = _loaded(given)
    if names is not None:  # only now, for what takes the name might be among the photos
        given = replace(given, outputs=[closing.enter_context(free_name(_names(given, target)))])
    if given.compare is not None:
        _compare(given, target, tiles, written)
        return
    given, tiles = _fitted(given, target, tiles)
    if given.save_tiles is not None:
        with shown_progress("writing tiles", "tiles", given.quiet) as progress:
            facemo.save_tiles(tiles, given.save_tiles, progress=progress)
        _tell(given, f"tiles written to {printable(given.save_tiles)}")
    mosaic = _planned(given, target, tiles)
    for flight in _foretold_of_plan(given, mosaic):
        _tell(given, flight)
    _tell(given, _summary(given, mosaic, target))
    for output in given.outputs:
        _write(given, mosaic, output, written)
    _report(given, mosaic, target, time.monotonic() - started)
    _show(given, mosaic)


def _tell(given: Given, what: object) -> None:
    """Say something, if anything is to be said and there is anything."""
    if not (given.quiet or given.json) and str(what):
        say(what)


def _names(given: Given, target: Any) -> Iterator[str]:
    """What an output in the current folder may be called, where none is named.

    What is transparent stays so: it is a PNG if some of the target is, or a mask cuts it out.
    """
    holes = given.planning["mask"] not in (None, "none") or (
        target is not None and given.planning["mask"] is None and target.shape[2] == 4
    )
    suffix = given.suffix or (".png" if holes else ".jpg")
    word = "mosaic" if given.compare is None else f"mosaic-{given.compare.strip('-')}"
    return names_after(given.target, word, suffix)


def _checked(given: Given) -> int:
    """Raise an InputError for outputs that cannot be written; return how many files are read."""
    from facemo.writers.outputs import check_named_once, to_open
    from facemo.writers.preflight import check_not_read, checked
    from facemo.writers.tiles import check_tiles_folder

    if given.compare is not None:
        from facemo.reports.compare import values_of  # which imports much

        try:
            values_of(_option(given.compare))
        except InputError as error:
            raise InputError(str(error).replace("_", "-")) from None
        if len(given.outputs) > 1:
            raise InputError("--compare writes one picture: name one output")
    for output in given.outputs:
        checked(output)
    check_named_once(given.outputs, given.save_tiles)
    if given.open:
        to_open(given.outputs)
    if given.save_tiles is not None:
        check_tiles_folder(given.save_tiles, given.tiles)
    files = 0
    for output in given.outputs:
        check_not_read(output, [given.target])
        if given.width is not None or not _is_foretold(given):  # it lists all folders
            files = check_not_read(output, given.tiles)
    return files


def _is_foretold(given: Given) -> bool:
    """Whether what an output will be is said, and so checked, before the work."""
    return not given.is_plan and given.compare is None


def _foretold(given: Given, target: Any) -> list[Preflight]:
    """What each output will be and take; InputError for what does not fit."""
    if not _is_foretold(given):
        return []
    options = {**given.loading, **given.planning, **given.encoding}
    with muted_decoders():  # it looks at some photos
        return [
            facemo.preflight(target, output, reads=given.tiles, **options)
            for output in given.outputs
        ]


def _foretold_of_plan(given: Given, mosaic: Mosaic) -> list[Preflight]:
    """What each output of a plan that was read will be and take, before it is drawn."""
    if not given.is_plan:
        return []
    from facemo.writers.preflight import of_mosaic

    encoding = Encoding(**given.encoding)
    with shown_progress("looking at it", quiet=given.quiet):
        return [of_mosaic(mosaic, output, encoding) for output in given.outputs]


def _sized(given: Given, target: Any, photos: int) -> Given:
    """What is given, with the size of the tiles that makes a print as wide as is wanted."""
    if given.width is None:
        return given
    from facemo.library.load import tile_size

    planning = {**given.planning, "view": given.planning["view"] or "print"}
    given = replace(given, planning=planning)
    shape = tile_size(given.tiles, Loading(**given.loading))
    size = _size(given, target, photos, shape)
    return replace(given, loading={**given.loading, "size": size})


def _size(given: Given, target: Any, photos: int, shape: tuple[int, int]) -> tuple[int, int]:
    """(height, width) of the tiles, in this shape, of so many photos in a print that wide."""
    from facemo.planning.mask import subject_of
    from facemo.planning.terms import grid_shape, spelt_out
    from facemo.writers.npz import grid_of

    assert given.width is not None
    if given.is_plan:
        cols = grid_of(given.target)[1]
    else:
        subject, planning = subject_of(target, given.planning["mask"]), Planning(**given.planning)
        seen = subject.image.shape
        spelt = spelt_out(planning, photos, shape, seen, subject.count)
        cols = grid_shape(seen, shape, spelt.cols, spelt.rows)[1]
    across = facemo.tile_side([[0.0]], given.width, dpi=given.encoding["dpi"], cols=cols)
    return max(1, round(across * shape[0] / shape[1])), across


def _fitted(given: Given, target: Any, tiles: Tiles) -> tuple[Given, Tiles]:
    """The tiles, loaded again if a print of each photo once has other columns than was thought.

    How many there are is known when they are loaded: it was thought that each file is one.
    """
    if given.width is None or not given.planning["once"]:
        return given, tiles
    from facemo.planning.wishes import wishes_of

    allowed = wishes_of(Planning(**given.planning), tiles).allowed
    size = _size(given, target, len(allowed), tiles.size)
    if size == tiles.size:
        return given, tiles
    height, width = size
    pixels = f"{width} pixels" if height == width else f"{width} x {height} pixels"
    _tell(given, f"{len(allowed):,} photos can be used: tiles of {pixels} make that width")
    given = replace(given, loading={**given.loading, "size": size})
    return given, _loaded(given)


def _loaded(given: Given) -> Tiles:
    """The tiles, with a progress bar."""
    with ExitStack() as closing:
        with held_interrupts():  # one that comes between entering and being in leaves the rest open
            closing.enter_context(muted_decoders())
            progress = closing.enter_context(progress_bar("loading", "files", given.quiet))
        return facemo.load_tiles(given.tiles, progress=progress, **given.loading)


def _planned(given: Given, target: Any, tiles: Tiles) -> Mosaic:
    """The mosaic: planned, or as a plan says."""
    with shown_progress("planning", "cells", given.quiet) as progress:
        if given.is_plan:
            return facemo.load_plan(given.target, tiles)
        ground = given.loading["background"]
        return facemo.plan(target, tiles, background=ground, progress=progress, **given.planning)


def _summary(given: Given, mosaic: Mosaic, target: Any) -> str:
    """What is said of the mosaic, if anything is."""
    from facemo.reports.summary import summary

    if given.quiet or given.json:
        return ""
    with shown_progress("looking at it"):
        return summary(mosaic, Planning(**given.planning), target)


def _write(given: Given, mosaic: Mosaic, output: str, written: list[str]) -> None:
    """Write an output, and say so."""
    from facemo.writers.outputs import size_of

    writing = f"writing {os.path.basename(output)}"
    with shown_progress(writing, "px", given.quiet, delay=0) as progress:
        facemo.save(mosaic, output, progress=progress, **given.encoding)
    written.append(output)
    _tell(given, f"written to {printable(output)}{size_of(output)}")


def _report(given: Given, mosaic: Mosaic, target: Any, seconds: float) -> None:
    """Say what was measured, or all that a program may want to know."""
    from facemo.cli.account import account

    capped = given.planning["once"] or given.planning["max_uses"] is not None
    few = mosaic.cells.size <= _PROVEN
    proven = capped and not given.quiet and (given.score or (few and not given.json))
    with shown_progress("measuring", quiet=given.quiet):
        bound = facemo.bound(mosaic, target, **given.planning) if proven else None
        score = facemo.score(mosaic, target) if given.score else None
    if given.json:
        say(account(mosaic, given.outputs, Planning(**given.planning), score, bound, seconds))
        return
    for measured in filter(None, (bound, score)):
        say(measured)


def _show(given: Given, mosaic: Mosaic) -> None:
    """Show the mosaic in the terminal, or with whatever shows such files, if that is wanted."""
    if given.show:
        from facemo.cli.show import show

        show(mosaic)
    if given.open:
        from facemo.writers.outputs import to_open

        _open(to_open(given.outputs))


def _compare(given: Given, target: Any, tiles: Tiles, written: list[str]) -> None:
    """Write what an option does, in place of a mosaic."""
    from facemo.writers.outputs import size_of

    assert given.compare is not None
    option, (output,) = _option(given.compare), given.outputs
    with shown_progress(f"comparing {option}", "mosaics", given.quiet, delay=0) as progress:
        given_too = {"background": given.loading["background"], **given.planning}
        sheet = facemo.compare(target, tiles, option, progress=progress, **given_too)
    facemo.save(sheet, output, **given.encoding)
    written.append(output)
    _tell(given, f"written to {printable(output)}{size_of(output)}")
    _show(given, sheet)


def _option(flag: str) -> str:
    """The name of an option, given as it is typed."""
    return flag.lstrip("-").replace("-", "_")


def _open(output: str) -> None:
    """Show an output with whatever this machine shows such files with."""
    import webbrowser
    from pathlib import Path

    if not webbrowser.open(Path(output).resolve().as_uri()):
        warn(f"nothing here opens {shown(output)}: open it by hand")
