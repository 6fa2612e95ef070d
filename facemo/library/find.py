"""Find the files to load, and give them their names and their order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from facemo.errors import InputError, shown
from facemo.library.hidden import why_hidden, why_marked

Source = str | os.PathLike[str]


class Found(NamedTuple):
    """The files below `root`: `names` are relative to it, with ``/``, in the order of their bytes.

    `folders` are all that were searched, links resolved; `unreadable` holds a (path, reason) for
    each that could not be listed; `hidden` counts the files that were passed over, by why.
    """

    root: str
    names: list[str]
    folders: set[str]
    unreadable: list[tuple[str, str]]
    hidden: Counter[str]


def find_files(source: Source | Iterable[Source], hidden: bool = False) -> Found:
    """Every file of `source`: a folder (searched recursively), a file, or an iterable of both.

    `root` is the deepest folder that holds all of them. Folders are followed through links, each
    one once, so that a loop of links ends. What is hidden, or nobody's photo (`why_hidden`), is
    counted and passed over, unless `hidden` asks for it, or it is itself a source: not one of those
    that a shell names for a pattern, though.
    """
    sources = sorted({_resolved(path) for path in _listed(source)}, key=os.fsencode)
    root = _common_root(sources)
    search = _Search(hidden)
    files: set[str] = set()
    plain = {os.path.dirname(path) for path in sources if _why_hidden(path) is None}
    for path in sources:
        folder, name = os.path.split(path)
        # Shells expand photos/* to all but the names with a dot: nobody has asked for @eaDir.
        why = _why_hidden(path)
        if why is not None and not hidden and folder in plain and not name.startswith("."):
            search.put_by.append((path, why))
        else:
            files.update(search.files(path) if os.path.isdir(path) else [path])
    # All start with it; os.path.relpath would take half of the time of listing them.
    below = len(os.path.join(root, ""))
    names = [path[below:].replace(os.sep, "/") for path in files]
    passed = search.passed_over(files)
    names.sort(key=os.fsencode)
    return Found(root, names, search.folders, search.unreadable, passed)


def _listed(source: Source | Iterable[Source]) -> list[Source]:
    wanted = "tiles must be a folder, a file, or an iterable of paths"
    if isinstance(source, (str, os.PathLike)):
        return [source]
    if not isinstance(source, Iterable):
        raise InputError(f"{wanted}, got {type(source).__name__}")
    paths = list(source)
    if not paths:
        raise InputError(f"{wanted}, got none")
    for path in paths:
        if not isinstance(path, (str, os.PathLike)):
            raise InputError(f"{wanted}, got {type(path).__name__} in it")
    return paths


def _resolved(path: Source) -> str:
    """A source without links on its way; a file that is itself a link keeps its name."""
    if not os.path.lexists(path):
        raise InputError(f"tiles: no such file or folder: {shown(path)}")
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


def _why_hidden(path: str) -> str | None:
    folder, name = os.path.split(path)
    return why_hidden(name, os.path.basename(folder), os.path.isdir(path))


class _Search:
    """A search through folders, each one once."""

    def __init__(self, hidden: bool) -> None:
        """Search what is hidden, too, or put it by."""
        self._all = hidden
        self.put_by: list[tuple[str, str]] = []  # a file or folder, and why it is not searched
        self.folders: set[str] = set()
        self.unreadable: list[tuple[str, str]] = []

    def files(self, top: str) -> Iterator[str]:
        """The files below `top`, but for folders searched before."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            parent = os.path.basename(folder)
            for entry, is_folder in self._entries(folder):
                if not self._all:
                    why = why_hidden(entry.name, parent, is_folder) or why_marked(entry)
                    if why is not None:
                        self.put_by.append((entry.path, why))
                        continue
                if is_folder:
                    waiting.append(entry.path)
                else:
                    yield entry.path

    def _entries(self, folder: str) -> list[tuple[os.DirEntry[str], bool]]:
        """What is in a folder, and whether each is one, the last first; none the second time."""
        resolved = os.path.realpath(folder)
        if resolved in self.folders:
            return []
        self.folders.add(resolved)
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: os.fsencode(entry.name), reverse=True)
        except OSError as error:
            self.unreadable.append((folder, f"cannot be listed: {error.strerror}"))
            return []
        return [(entry, _is_folder(entry)) for entry in entries]

    def passed_over(self, found: set[str]) -> Counter[str]:
        """How many files were put by, by why, but for those that were `found` in another way.

        To be asked last: a folder that can be seen somewhere, through a link say, is none of them.
        """
        counts: Counter[str] = Counter()
        counted = set(self.folders)
        for path, why in self.put_by:
            if not os.path.isdir(path):
                counts[why] += path not in found
            for folder, _, names in os.walk(path):  # no link is worth following to be counted
                resolved = os.path.realpath(folder)
                if resolved not in counted:
                    counted.add(resolved)
                    counts[why] += sum(os.path.join(folder, name) not in found for name in names)
        return +counts


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, say: whoever opens it as a file will say what is wrong
        return False
