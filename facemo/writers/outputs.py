"""The outputs that a command names: which is shown, and what is said of them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from facemo.errors import InputError, nbytes, printable, shown
from facemo.writers.registry import FORMATS, format_of


def to_open(outputs: Sequence[str]) -> str:
    """The output that a person would look at first."""
    ranks = {format_of(output).opened: output for output in reversed(outputs)}
    first = min((rank for rank in ranks if rank is not None), default=None)
    if first is None:
        shows = sorted((each.opened, each.suffixes) for each in FORMATS if each.opened is not None)
        suffixes = ", ".join(suffix for _, some in shows for suffix in some)
        raise InputError(f"--open shows {suffixes}: name such an output, too")
    return ranks[first]


def check_named_once(outputs: Sequence[str], tiles: str | None = None) -> None:
    """Raise an InputError if two outputs are one file, or share a folder, as that for `tiles`."""
    seen = set[str]() if tiles is None else {os.path.realpath(tiles)}
    for output in outputs:
        folder = format_of(output).folder
        places = {os.path.realpath(output), *([os.path.realpath(folder(output))] if folder else [])}
        if places & seen:
            raise InputError(f"output {shown(output)} is named twice: give each a name of its own")
        seen |= places


def size_of(output: str) -> str:
    """What to say beside the name of an output: how large it is, or what goes with it."""
    if os.path.isdir(output):
        return ""
    folder = format_of(output).folder
    if folder is not None:
        beside = os.path.join(os.path.dirname(output), os.path.basename(folder(output)))
        return f" and {printable(beside)}"
    return f" ({nbytes(os.path.getsize(output))})"
