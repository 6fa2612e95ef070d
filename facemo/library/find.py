"""Find the files to load, and give them their names and their order."""

from __future__ import annotations

import functools
import glob
import itertools
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from facemo.errors import InputError, kind_of, shown
from facemo.library.applephotos import (
    UNASKED,
    database_of,
    library_of,
    why_withheld,
    withheld_in,
)
from facemo.library.hidden import why_hidden, why_marked

Source = str | os.PathLike[str]

_ADDRESS = re.compile(r"[a-z]{3,6}:/", re.IGNORECASE)  # a Path has made one of two slashes


class Found(NamedTuple):
    """The files below `root`: `names` are relative to it, with ``/``, in the order of their bytes.

    `folders` are all that were searched, links resolved; `unreadable` holds a (path, reason) for
    each that could not be listed, and for each database of Apple Photos that could not be asked of
    the files of its library; `hidden` counts the files that were passed over, by why.
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
    that match a pattern, though.
    """
    sources = sorted({_resolved(path) for path in _listed(source)}, key=os.fsencode)
    root = _common_root(sources)
    search = _Search(hidden)
    files: set[str] = set()
    # Patterns, as photos/* or photos/*/*.jpg, match all names but those with a dot: where there are
    # others, nobody has asked for what is in @eaDir.
    reasons: list[str | None] = [None] * len(sources)
    if not hidden and len(sources) > 1:
        asked = [_why_matched(path, root) or search.why_withheld(path) for path in sources]
        reasons = reasons if all(asked) else asked
    for path, why in zip(sources, reasons, strict=True):
        if why is not None:
            search.put_by.append((path, why))
        else:
            files.update(search.files(path) if os.path.isdir(path) else [path])
    # All start with it; os.path.relpath would take half of the time of listing them.
    below = len(os.path.join(root, ""))
    names = [path[below:].replace(os.sep, "/") for path in files]
    passed = search.passed_over(files)
    names.sort(key=os.fsencode)
    unasked = [(database_of(library), UNASKED) for library in sorted(search.unasked)]
    return Found(root, names, search.folders, search.unreadable + unasked, passed)


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
    for other in spellings(os.path.expanduser(text)):
        if os.path.lexists(other):
            return other
    if _ADDRESS.match(text):
        raise InputError(
            f"{name} {shown(text)}: nothing is downloaded: save it to a file, and give its path"
        )
    return os.path.expanduser(text)


def spellings(path: str) -> list[str]:
    """A path as it is, with one letter for each accented one, and with letter and accent.

    Keyboards make one, macOS writes two, and other systems take them for different names.

    >>> spellings("me.jpg"), len(spellings("M\u00fcller.jpg"))
    (['me.jpg'], 2)
    """
    if path.isascii():
        return [path]
    return [*dict.fromkeys([path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD"))])]


def _matching(path: Source) -> list[Source]:
    """A path, with ``~`` for the user's own folder; or those that match it as a pattern."""
    text = expanded(path)
    if os.path.lexists(text) or not glob.has_magic(text):
        return [text]
    for pattern in spellings(text):
        found = glob.glob(pattern, recursive=True)
        if found:
            return [*found]
    raise InputError(f"tiles: no file or folder matches {shown(text)}")


def _listed(source: Source | Iterable[Source]) -> list[Source]:
    wanted = "tiles must be a folder, a file, a pattern, or an iterable of paths"
    if isinstance(source, (str, os.PathLike)):
        return _matching(source)
    try:
        if kind_of(source) == "bytes":
            raise TypeError
        paths = list(source)
    except TypeError:  # as an array of no dimensions, which looks as if it could be iterated
        raise InputError(f"{wanted}, got {kind_of(source)}") from None
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


def _why_matched(path: str, root: str) -> str | None:
    """Why a source is nobody's photo, by what it is called below `root`; None if it is somebody's.

    Names with a dot have been given by hand.
    """
    parts = [os.path.basename(root), *path[len(os.path.join(root, "")) :].split(os.sep)]
    last = len(parts) - 1
    for number, (parent, name) in enumerate(itertools.pairwise(parts), 1):
        is_folder = number < last or os.path.isdir(path)
        why = None if name.startswith(".") else why_hidden(name, parent, is_folder)
        if why is not None:
            return why
    return None


class _Search:
    """A search through folders, each one once."""

    def __init__(self, hidden: bool) -> None:
        """Search what is hidden, too, or put it by."""
        self._all = hidden
        self.put_by: list[tuple[str, str]] = []  # a file or folder, and why it is not searched
        self.folders: set[str] = set()
        self.unreadable: list[tuple[str, str]] = []
        self.unasked: set[str] = set()  # libraries with files that nobody could be asked about
        self._withheld = functools.cache(withheld_in)

    def why_withheld(self, path: str) -> str | None:
        """Why a file is not taken by what Apple Photos says, or None if it is.

        It may be a link, in a folder without one on its way: what it leads to is asked about.
        """
        path = os.path.realpath(path) if os.path.islink(path) else path
        library = library_of(path)
        if not library:
            return None
        withheld, whole = self._withheld(library)
        why = why_withheld(os.path.basename(path), withheld)
        if why is None and not whole:
            self.unasked.add(library)
        return why

    def files(self, top: str) -> Iterator[str]:
        """The files below `top`, but for folders searched before."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            resolved = os.path.realpath(folder)
            if resolved in self.folders:
                continue
            self.folders.add(resolved)
            parent, apple = os.path.basename(resolved), library_of(os.path.join(resolved, ""))
            for entry, is_folder in self._entries(folder):
                if not self._all:
                    why = why_hidden(entry.name, parent, is_folder) or why_marked(entry)
                    if why is None and not is_folder and (apple or entry.is_symlink()):
                        why = self.why_withheld(os.path.join(resolved, entry.name))
                    if why is not None:
                        self.put_by.append((entry.path, why))
                        continue
                if is_folder:
                    waiting.append(entry.path)
                else:
                    yield entry.path

    def _entries(self, folder: str) -> list[tuple[os.DirEntry[str], bool]]:
        """What is in a folder, and whether each is one, the last first; or nothing."""
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
        walked = set(self.folders)
        counted: set[str] = set()  # patterns may match a folder, and the files in it again
        for path, why in self.put_by:
            folder, name = os.path.split(path)
            files = [] if os.path.isdir(path) else [(os.path.realpath(folder), folder, name)]
            for folder, _, names in os.walk(path):  # no link is worth following to be counted
                resolved = os.path.realpath(folder)
                if resolved not in walked:
                    walked.add(resolved)
                    files += [(resolved, folder, name) for name in names]
            for resolved, folder, name in files:
                file = os.path.join(resolved, name)
                if file not in counted and os.path.join(folder, name) not in found:
                    counted.add(file)
                    counts[why] += 1
        return counts


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, say: whoever opens it as a file will say what is wrong
        return False
