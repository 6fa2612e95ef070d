"""Paths as people type them: with a tilde, as patterns; and names that nothing has yet."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain, count

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


def names_after(path: str, word: str, suffix: str) -> Iterator[str]:
    """Names in the current folder, after that of `path`, that nothing has.

    >>> names = names_after("pictures/me.jpg", "mosaic", ".png")
    >>> next(names), next(names)
    ('me-mosaic.png', 'me-mosaic-2.png')
    """
    stem = f"{os.path.splitext(os.path.basename(path))[0]}-{word}"
    names = (f"{stem}{number}{suffix}" for number in chain([""], count(-2, -1)))
    return (name for name in names if not os.path.lexists(name))


@contextmanager
def free_name(names: Iterator[str]) -> Iterator[str]:
    """The first of some names that nothing has.

    An empty file takes it, so that no other run does; it goes again if nothing is written there.

    >>> with free_name(iter(["a.png", "b.png"])) as name:
    ...     name, os.path.exists(name)
    ('a.png', True)
    >>> os.path.exists(name)
    False
    """
    name = next(filter(_taken, names))
    try:
        yield name
    finally:
        with suppress(OSError):
            if not os.path.getsize(name):
                os.unlink(name)


def _taken(name: str) -> bool:
    """Whether there was nothing of this name, and now is an empty file, if the folder takes one."""
    try:
        open(name, "xb").close()
    except FileExistsError:  # of another run, by now
        return False
    except OSError:  # which is told where outputs are checked
        pass
    return True
