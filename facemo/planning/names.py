"""Which photos are meant: by name, by the name of the file alone, or by a pattern."""

from __future__ import annotations

import difflib
import os
from collections import defaultdict
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError, shown
from facemo.kinds import asked
from facemo.library.facts import Facts
from facemo.library.filters import WILD, Filters, below, lower_folder, meant_by, spelt
from facemo.tiles import Tiles

_COMPARED = 1 << 14  # names that are looked at for the nearest: 0.3 s
_NAMED = 3  # photos named in a message


class Names:
    """The names of tiles; a file that was merged into another stands for that one.

    >>> tiles = Tiles(np.zeros((3, 8, 8, 3), np.uint8), ("a/1.jpg", "a/2.jpg", "b/1.jpg"))
    >>> names = Names(tiles)
    >>> names.meant("2.jpg"), names.meant("*/1.jpg")
    (array([1], dtype=int32), array([0, 2], dtype=int32))
    """

    def __init__(self, tiles: Tiles) -> None:
        """Look nothing up yet."""
        self._tiles = tiles

    @cached_property
    def number(self) -> dict[str, int]:
        """The number of the tile that each name stands for."""
        number = {name: n for n, name in enumerate(self._tiles.names)}
        merged = ((name, number[other]) for name, other in self._tiles.merged if other in number)
        return {**dict(merged), **number}

    @cached_property
    def _files(self) -> dict[str, set[int]]:
        """The tiles whose names, or those of their files, are `spelt` so."""
        files = defaultdict(set)
        for name, number in self.number.items():
            typed = spelt(name)
            files[typed].add(number)
            files[_file(typed)].add(number)
        return files

    def meant(self, name: str) -> NDArray[np.int32]:
        """The numbers of the tiles that a name or a pattern means, ascending: (n,) int32, n > 0.

        A pattern without ``/`` is one of names of files, the name of a folder means all that is in
        it; ``since:2020``, ``until:2005`` and ``rating:4`` mean those whose files say so. Raises
        InputError where none is meant, or where a name is that of several files.
        """
        given = name
        name = name.removeprefix("./")  # as CSV has those that a spreadsheet would compute
        path = below(self._tiles.root, name)
        known = self.number.get(name, self.number.get(path))
        found = self._files.get(spelt(name)) if known is None else {known}
        found = found or self._whole(path)
        if len(found) > 1:
            raise InputError(f"{shown(name)} is {self._listed(found)}: name the folder, too")
        if not found:
            wanted = asked(given)
            found = self._passing(Filters(**wanted, hidden=True)) if wanted else self._matched(name)
        if not found:
            raise InputError(self._unknown(given))
        return np.array(sorted(found), np.int32)

    def one(self, name: str) -> int:
        """The number of the one tile that a name means, or a pattern. Raises InputError."""
        found = self.meant(name)
        if len(found) > 1:
            raise InputError(
                f"{shown(name)} is {self._listed({*found.tolist()})}: name one of them"
            )
        return int(found[0])

    def _whole(self, path: str) -> set[int]:
        """The tiles with this name, folders and all, which is `spelt`; none for ""."""
        return {n for name, n in self.number.items() if spelt(name) == path} if path else set()

    def _matched(self, pattern: str) -> set[int]:
        test = meant_by(self._tiles.root, pattern)
        return {number for name, number in self.number.items() if test(name)}

    def _passing(self, filters: Filters) -> set[int]:
        facts = ((name, Facts.parse(text)) for name, text in self._tiles.facts)
        passing = (name for name, each in facts if each and filters.why_not(each) is None)
        return {self.number[name] for name in passing if name in self.number}

    def _listed(self, numbers: set[int]) -> str:
        names = [shown(self._tiles.names[n]) for n in sorted(numbers)[:_NAMED]]
        more = f" and {len(numbers) - _NAMED:,} more" if len(numbers) > _NAMED else ""
        return f"{len(numbers):,} photos, {', '.join(names)}{more}"

    def _unknown(self, name: str) -> str:
        """Why no photo is meant, and what may have been."""
        if asked(name):
            return f"no photo says so of itself: {shown(name)}"
        name = name.removeprefix("./")
        if WILD & {*name}:
            return f"no photo's name is like {shown(name)}"
        for file in self._tiles.rejected:
            if name in (file.path, _file(file.path)) or file.path.endswith("/" + name):
                return f"{shown(name)} was set aside: {file.reason}"
        lower = lower_folder(self.number, name)
        if lower:
            return f"no photo is called {shown(name)}{lower}"
        folders, typed = "/" in name, _stem(name)
        names = {_stem(each): each for each in self._files if folders or "/" not in each}
        alike = (each for each in names if each[:1] == typed[:1])
        for some in (islice(alike, _COMPARED), islice(names, _COMPARED)):
            near = difflib.get_close_matches(typed, some, 1)
            if near:
                meant = shown(names[near[0]])
                return f"no photo is called {shown(name)}: did you mean {meant}?"
        first = shown(self._tiles.names[0])
        return f"no photo is called {shown(name)}: they are called as {first}"


def _file(name: str) -> str:
    return name.rpartition("/")[2]


def _stem(name: str) -> str:
    """A name as it is compared with others, which mostly end in .jpg alike."""
    return os.path.splitext(name)[0].lower()
