"""What was meant by what cannot be understood: options and paths as people mistype them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from itertools import takewhile

from facemo.cli.flags import as_flags
from facemo.errors import InputError, printable, shown

# What other programs call it, and what people try.
_CALLED = {
    "--size": "--tile",
    "--tile-size": "--tile",
    "--columns": "--cols",
    "--grid": "--cols and --rows",
    "--out": "-o",
    "--blend": "--tint",
    "--opacity": "--tint",
    "--color": "--tint",
    "--colour": "--tint",
    "--no-tint": "--tint 0",
    "--unique": "--once",
    "--no-repeat": "--once",
    "--no-repeats": "--once",
    "--distance": "--spacing",
    "--focus": "--weights",
    "--preview": "--show",
    "--silent": "--quiet",
    "--resolution": "--dpi",
    "--format": "-o, whose suffix picks the format",
    "--all": "--help-all",
    "--verbose": "--score",
    "-c": "--cols",
    "-q": "--quiet",
    "-s": "--tile",
    "-t": "--tile",
    "-v": "--version",
    "-w": "--width",
}
_LONG_DASHES = "\u2013\u2014\u2212"


def check_flags(unknown: Sequence[str], flags: Sequence[str]) -> None:
    """Raise an InputError for the first of some options that are none, and say what was meant.

    >>> check_flags(["--colums=9"], ["--cols", "--rows"])
    Traceback (most recent call last):
        ...
    facemo.errors.InputError: there is no option --colums: did you mean --cols?
    """
    for text in unknown:
        flag = text.partition("=")[0]
        near = difflib.get_close_matches(flag.lower(), flags, 1)
        meant = _CALLED.get(flag, near[0] if near else "")
        hint = f"did you mean {meant}?" if meant else "facemo --help-all shows all"
        if os.path.lexists(text):
            hint = f"to name that file, {shown(os.path.join(os.curdir, text))}"
        raise InputError(f"there is no option {shown(flag)[1:-1]}: {hint}")


def check_dashes(arguments: Sequence[str], flags: Sequence[str]) -> None:
    """Raise an InputError for an option with one dash, or a long one, in place of two.

    One dash would make ``-once`` an output called ``nce``.
    """
    for text in takewhile("--".__ne__, arguments):
        word = text.lstrip("-" + _LONG_DASHES).partition("=")[0]
        meant, dashes = f"--{word}", text[: len(text) - len(text.lstrip("-" + _LONG_DASHES))]
        if meant in flags and dashes != "--" and dashes:
            got = text.partition("=")[0]
            raise InputError(f"there is no option {got}: did you mean {meant}, with two hyphens?")


def check_value(flag: str, text: str) -> None:
    """Raise an InputError for a path that no program reads: an address."""
    scheme, marked, _ = text.partition("://")
    if marked and scheme.isalpha() and len(scheme) > 1:
        raise InputError(
            f"{flag} {shown(text)}: facemo reads files: download it, and name the file"
        )


def check_read(target: str, tiles: Sequence[str], outputs: Sequence[str]) -> None:
    """Raise an InputError for paths to read that are not there, or not in their order."""
    for flag, path in (("target", target), *(("tiles:", path) for path in tiles)):
        check_value(flag, path)
    pictures = [path for path in tiles if os.path.isfile(path)]
    if os.path.isdir(target) and len(pictures) == 1:
        raise InputError(
            f"target {shown(target)}: a folder, not a file: the picture to rebuild comes first, "
            f"then what to build it of: facemo {shown(pictures[0])} {shown(target)}"
        )
    if not os.path.lexists(target):
        raise InputError(f"target {shown(target)}: no such file{_instead(target)}")
    for path in tiles:
        if not os.path.lexists(path):
            raise InputError(
                f"tiles: no such file or folder: {shown(path)}{_to_write(path, outputs)}"
            )


def _to_write(path: str, outputs: Sequence[str]) -> str:
    """What was meant by a path that is not there: to write it, perhaps."""
    from facemo.writers.registry import suffixes

    folder = os.path.dirname(path) or os.curdir
    looks_written = os.path.splitext(path)[1].lower() in suffixes() and os.path.isdir(folder)
    if looks_written and not outputs and not _near(path) and '"' not in path:
        return f": to write it, -o {shown(path)}"
    return _instead(path)


def check_written(outputs: Sequence[str]) -> None:
    """Raise an InputError for outputs that name no file, or lie in a folder that is not there."""
    for path in outputs:
        check_value("output", path)
        if path == "-":
            raise InputError("output '-': a mosaic is written to a file: name one, as mosaic.jpg")
        folder = os.path.dirname(path)
        if folder and not os.path.lexists(folder):
            near = _near(folder)
            hint = f"did you mean {shown(near)}?" if near else "make it first, or write elsewhere"
            raise InputError(f"output {shown(path)}: no such folder: {shown(folder)}: {hint}")
        if os.path.isdir(path) and not os.path.splitext(path)[1]:
            name = os.path.join(path, "mosaic.jpg")
            raise InputError(
                f"output {shown(path)} is a folder, and the suffix of a file picks the format: "
                f"name a file in it, as {shown(name)}"
            )
        if not os.path.splitext(path)[1]:
            raise InputError(
                f"output {shown(path)}: the suffix picks the format: write {shown(path + '.jpg')}, "
                "or .png, .tif, .html"
            )


def _instead(path: str) -> str:
    """What there is in place of a path that is not there, as the end of a message."""
    if '"' in path:
        return ": a backslash before a closing quote is taken for part of it: leave that out"
    flag = as_flags(path)
    if flag.startswith("--"):
        return f": did you mean {printable(flag)}?"
    near = _near(path)
    if near:
        return f": did you mean {shown(near)}?"
    folder = _there(path)[0]
    return f": the nearest folder that there is: {shown(os.path.abspath(folder or os.curdir))}"


def _near(path: str) -> str | None:
    """A path that is there, and that differs from `path` in a few letters of one name."""
    folder, missing = _there(path)
    try:
        entries = {name.lower(): name for name in os.listdir(folder or os.curdir)}
    except OSError:
        return None
    found = difflib.get_close_matches(missing[0].lower(), entries, 1)
    if not found:
        return None
    whole = os.path.join(folder, entries[found[0]], *missing[1:])
    return whole if os.path.lexists(whole) else os.path.join(folder, entries[found[0]])


def _there(path: str) -> tuple[str, list[str]]:
    """How far a path that is not there leads, and the names that follow."""
    folder, missing = path.rstrip(os.sep), list[str]()
    while folder and not os.path.lexists(folder):
        folder, name = os.path.split(folder)
        missing.insert(0, name)
        if not name:
            break
    return folder, missing or [path]
