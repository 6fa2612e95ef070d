"""Find the files to load, and give them their names and their order."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from facemo.errors import InputError, kind_of, shown

Source = str | os.PathLike[str]

_ADDRESS = re.compile(r"[a-z]{3,6}:/", re.IGNORECASE)  # a Path has made one of two slashes


class Found(NamedTuple):
    """The files below `root`: `names` are relative to it, with ``/``, in the order of their bytes.

    `folders` are all that were searched, links resolved; `unreadable` holds a (path, reason) for
    each that could not be listed.
    """

    root: str
    names: list[str]
    folders: set[str]
    unreadable: list[tuple[str, str]]


def find_files(source: Source | Iterable[Source]) -> Found:
    """Every file of `source`: a folder (searched recursively), a file, or an iterable of both.

    `root` is the deepest folder that holds all of them. Folders are followed through links, each
    one once, so that a loop of links ends.
    """
    sources = sorted({_resolved(path) for path in _listed(source)}, key=os.fsencode)
    root = _common_root(sources)
    files: set[str] = set()
    folders: set[str] = set()
    unreadable: list[tuple[str, str]] = []
    for path in sources:
        files.update(_walk(path, folders, unreadable) if os.path.isdir(path) else [path])
    # All start with it; os.path.relpath would take half of the time of listing them.
    below = len(os.path.join(root, ""))
    names = [path[below:].replace(os.sep, "/") for path in files]
    return Found(root, sorted(names, key=os.fsencode), folders, unreadable)


def expanded(path: Source, name: str = "tiles") -> str:
    """A path that is there, or else as it is with ``~`` for the user's own folder.

    Raises InputError for an address in the web, which it calls by the `name` of what it is for.

    >>> expanded("data/face.png")
    'data/face.png'
    """
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"{name} must be a path, got {kind_of(path)}")
    text = os.fsdecode(path)
    if os.path.lexists(text):
        return text
    if _ADDRESS.match(text):
        raise InputError(
            f"{name} {shown(text)}: nothing is downloaded: save it to a file, and give its path"
        )
    return os.path.expanduser(text)


def _matching(path: Source) -> list[Source]:
    """A path, with ``~`` for the user's own folder; or those that match it as a pattern."""
    text = expanded(path)
    if os.path.lexists(text) or not glob.has_magic(text):
        return [text]
    found = glob.glob(text, recursive=True)
    if not found:
        raise InputError(f"tiles: no file or folder matches {shown(text)}")
    return [*found]


def _listed(source: Source | Iterable[Source]) -> list[Source]:
    wanted = "tiles must be a folder, a file, a pattern, or an iterable of paths"
    if isinstance(source, (str, os.PathLike)):
        return _matching(source)
    if not isinstance(source, Iterable):
        raise InputError(f"{wanted}, got {kind_of(source)}")
    paths = list(source)
    if not paths:
        raise InputError(f"{wanted}, got none")
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise InputError(
                f"{wanted}, got {kind_of(path)} in it: plan takes pictures in memory as they are"
            )
    return [found for path in paths for found in _matching(path)]


def _resolved(path: Source) -> str:
    """A source without links on its way; a file that is itself a link keeps its name."""
    if not os.path.lexists(path):
        folder, name = os.path.split(path)
        lone = not folder and os.path.splitext(name)[1]  # as os.listdir gives them
        hint = ": give it with its folder, or give the folder" if lone else ""
        raise InputError(f"tiles: no such file or folder: {shown(path)}{hint}")
    if os.path.isdir(path):
        return os.path.realpath(path)
    folder, name = os.path.split(os.fspath(path))
    return os.path.join(os.path.realpath(folder), name)


def _common_root(sources: list[str]) -> str:
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in sources]
    try:
        return os.path.commonpath(folders)
    except ValueError:
        raise InputError("tiles: the sources must lie on one drive") from None


def _walk(top: str, folders: set[str], unreadable: list[tuple[str, str]]) -> Iterator[str]:
    """The files below `top`, but for `folders` searched before; those searched are added."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        resolved = os.path.realpath(folder)
        if resolved in folders:
            continue
        folders.add(resolved)
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name), reverse=True)
        except OSError as error:
            unreadable.append((folder, f"cannot be listed: {error.strerror}"))
            continue
        for entry in entries:
            if _is_folder(entry):
                waiting.append(entry.path)
            else:
                yield entry.path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, say: whoever opens it as a file will say what is wrong
        return False
