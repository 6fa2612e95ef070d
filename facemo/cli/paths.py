"""Paths as people type them: with a tilde, as patterns; and names that nothing has yet."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator

from facemo.errors import InputError, shown
from facemo.library.find import spellings


def expanded(paths: Iterable[str]) -> Iterator[str]:
    """Paths with ``~`` and patterns expanded, as a shell does where nobody quotes them.

    cmd.exe and PowerShell never do. What is there by its own name is no pattern; a pattern that
    fits nothing is an InputError.
    """
    for path in map(os.path.expanduser, paths):
        if not glob.has_magic(path) or os.path.lexists(path):
            yield path
            continue
        matches = (glob.glob(pattern, recursive=True) for pattern in spellings(path))
        found = next(filter(None, matches), None)
        if not found:
            raise InputError(f"nothing fits the pattern {shown(path)}")
        yield from sorted(found, key=os.fsencode)


def only(path: str) -> str:
    """`path`, or the one file that it fits if it is a pattern; else an InputError."""
    found = list(expanded([path]))
    if len(found) > 1:
        raise InputError(f"target {shown(path)}: {len(found):,} files fit it: name one of them")
    return found[0]


def free_name(path: str, word: str, suffix: str) -> str:
    """A name in the current folder, after that of `path`, that nothing has yet.

    >>> free_name("pictures/me.jpg", "mosaic", ".png")
    'me-mosaic.png'
    """
    stem = f"{os.path.splitext(os.path.basename(path))[0]}-{word}"
    name, number = f"{stem}{suffix}", 1
    while os.path.lexists(name):
        number += 1
        name = f"{stem}-{number}{suffix}"
    return name
