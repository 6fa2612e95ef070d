"""Decoded tiles kept between runs: an index in SQLite, and their pixels in packs.

A cache is a folder with one index and any number of packs. A process appends to a pack of its own
and tells the index of it about once a second, so that processes share a cache without waiting for
each other, and one that is killed loses a second's work. What the index knows of a pack is never
written again, so it can be memory-mapped.

Nothing that is read here is trusted. Each entry is sealed by a checksum, and so are its pixels:
where they do not fit, the file is not known, and decoded again. And nothing here raises: where
the folder or the disk refuse, a warning says so, and the cache stands aside.
"""

from __future__ import annotations

import os
import re
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

import numpy as np
from numpy.typing import NDArray

from facemo.errors import nbytes, shown
from facemo.kinds import Folder
from facemo.library.filters import ALL, Filters, passing
from facemo.library.index import (
    BESIDE,
    DAMAGES,
    INDEX,
    Doubtful,
    Entry,
    Index,
    Key,
    Known,
    Noted,
    delete,
    is_damage,
    row_to_keep,
)
from facemo.library.packs import (
    PACK,
    FilePack,
    Places,
    checksums,
    is_finished,
    mapped,
    new_name,
    packs_in,
)
from facemo.library.stamps import content_hash, stamp
from facemo.machine import free_disk, in_order
from facemo.options import Loading

_OWN = re.compile(rf"{PACK.pattern}|{re.escape(INDEX)}({'|'.join(BESIDE)})?")

_EVERY = 1.0  # seconds between telling it
# A pack that the index does not know may be one that is being written, if it is younger.
_ABANDONED = 60.0  # seconds
# Seconds after which a pack that nobody used is deleted; and what is known of files without a tile,
# as where their faces are, used or not: what is still wanted of it is soon found again.
_UNUSED = 90 * 86400.0


class CacheWarning(UserWarning):
    """The cache cannot be used; the work is done without it."""


class Cache:
    """What the cache in `folder` knows of tiles of one size, made in one way."""

    def __init__(self, folder: str, settings: str, size: tuple[int, int], noting: str) -> None:
        """Open the cache, and make it if there is none.

        The `settings` say how tiles are made, and `noting` how what is noted beside them is found.
        """
        self._folder = folder
        self._settings = settings
        self._noting = noting
        self._size = size
        self._index: Index | None = None
        self._told = time.monotonic()
        self._new: list[tuple[object, ...]] = []
        self._gone: list[Key] = []
        self._used: set[str] = set()
        with self._standing_aside():
            os.makedirs(folder, mode=0o700, exist_ok=True)
            _delete_what_is_no_file(folder)
            self._index = Index(self._path(INDEX))

    def find(self, root: str, names: Sequence[str], places: Places, filters: Filters = ALL) -> None:
        """Fill in the places of those files, relative to `root`, that are known and unchanged.

        Those that the filters leave out get none.
        """
        with self._standing_aside():
            for _ in range(3):
                if self._index is None:
                    break
                known = self._look_up(self._index, root, names, places.unknown())
                if self._place(known, places, filters):
                    break
                # Another process has moved tiles to a pack of its own in between.

    def noted(self, root: str, names: Sequence[str], numbers: Iterable[int]) -> dict[str, Noted]:
        """What is noted of the numbered files, relative to `root`, by their names."""
        with self._standing_aside():
            if self._index is not None:
                return self._index.noted(self._noting, root, names, numbers)
        return {}

    def note(self, path: str, entry: Entry, text: str) -> None:
        """Note a text of the content that the file at `path` has, as its `entry` says."""
        key = (self._noting, *self._key(path)[1:])
        self._keep(key, entry._replace(facts=text, reason=None, crc=None), None, None)

    def pack(self, count: int) -> FilePack | None:
        """A new pack for `count` tiles, or None where there can be none."""
        with self._standing_aside():
            if self._index is not None:
                self._make_room(self._index, count * self._size[0] * self._size[1] * 3)
                name = new_name()
                pack = FilePack(self._path(name), self._size)
                self._used.add(name)
                return pack
        return None

    def add(self, path: str, entry: Entry, pack: FilePack | None = None, slot: int = 0) -> None:
        """Keep what is known of the file at `path`, whose tile, if it has one, is in `pack`."""
        if pack is None:
            self._keep(self._key(path), entry, None, None)
        else:
            self._keep(self._key(path), entry, os.path.basename(pack.path), slot)
        if time.monotonic() - self._told > _EVERY:
            self.tell()

    def tell(self) -> None:
        """Tell the index of what is new since it was last told."""
        new, self._new = self._new, []
        gone, self._gone = self._gone, []
        self._told = time.monotonic()
        with self._standing_aside():
            if self._index is not None and (new or gone):
                self._index.change(gone, new)

    def move(
        self, paths: Iterable[str], crc: NDArray[np.uint32], pack: FilePack, slot: NDArray[np.int64]
    ) -> None:
        """Tell the index that the tiles of these files are in `pack` now, at these slots."""
        self.tell()
        name = os.path.basename(pack.path)
        moves = (
            (name, to, *self._key(path), check)
            for path, to, check in zip(paths, slot.tolist(), crc.tolist(), strict=True)
        )
        with self._standing_aside():
            if self._index is not None:
                self._index.move(moves)

    def close(self) -> None:
        """Tell the index of the rest, and delete packs that nobody needs."""
        self.tell()
        with self._standing_aside():
            if self._index is not None:
                self._tidy(self._index)
        self._close()

    def stand_aside(self, error: Exception, pack: FilePack | None = None) -> None:
        """Keep no more, and say why; delete the `pack` that the disk has refused to hold."""
        self._close()
        if pack is not None:
            delete(pack.path)
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        warnings.warn(
            f"the cache {shown(self._folder)} cannot be used ({reason}): the rest of the work is "
            "done without it",
            CacheWarning,
            stacklevel=2,
        )

    @contextmanager
    def _standing_aside(self) -> Iterator[None]:
        """Stand aside where the folder or the disk refuse the block; make a damaged index anew."""
        try:
            try:
                yield
            except DAMAGES as error:
                if not is_damage(error):
                    raise
                self._close()
                delete(self._path(INDEX))
                self._index = Index(self._path(INDEX))
        except (OSError, *DAMAGES) as error:
            self.stand_aside(error)

    def _close(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _key(self, path: str) -> Key:
        folder, name = os.path.split(path)
        return self._settings, os.fsencode(folder), os.fsencode(name)

    def _keep(self, key: Key, entry: Entry, pack: str | None, slot: int | None) -> None:
        if max(map(abs, entry[:5])) < 2**63:
            self._new.append(row_to_keep(key, entry, pack, slot))

    def _look_up(
        self, index: Index, root: str, names: Sequence[str], numbers: Iterable[int]
    ) -> list[Known]:
        """Those of the numbered files that the index knows, if they are as it says."""
        found = index.look_up(self._settings, root, names, numbers)
        self._gone += found.gone
        self._gone += [(self._noting, where, name) for _, where, name in found.gone]
        return found.sure + self._confirmed(found.doubtful)

    def _confirmed(self, doubtful: list[Doubtful]) -> list[Known]:
        """Those whose content is what it was, of which there is no doubt from now on."""
        confirmed = []
        read = time.time_ns()
        hashes = in_order(content_hash, [file.path for file in doubtful])
        for (known, key, path, before, entry), content in zip(doubtful, hashes, strict=True):
            if content is not None and content == entry.content and stamp(path) == before:
                self._keep(key, Entry(*before, read, *entry[5:]), known.pack, known.slot)
                confirmed.append(known)
        return confirmed

    def _place(self, known: list[Known], places: Places, filters: Filters) -> bool:
        """Fill in the places of tiles whose pixels are sound; False if a pack was not there."""
        by_pack: dict[str, list[Known]] = {}
        for file in passing(known, filters, places.left_out):
            if isinstance(file.facts, str):
                places.facts[file.number] = file.facts
            if file.pack is not None:
                by_pack.setdefault(file.pack, []).append(file)
            elif isinstance(file.reason, str):
                places.reasons[file.number] = file.reason
        there = True
        for name, files in by_pack.items():
            try:
                self._place_those_of(name, files, places)
            except FileNotFoundError:
                there = False
            except (OSError, TypeError, ValueError, OverflowError):
                continue  # not to be read; or numbers that are none
        return there

    def _place_those_of(self, name: str, files: list[Known], places: Places) -> None:
        if not PACK.fullmatch(name):
            return
        slots = np.array([file.slot for file in files], np.int64)
        crc = np.array([file.crc for file in files], np.int64)
        numbers = np.array([file.number for file in files])
        pixels = mapped(self._path(name), self._size)
        self._used.add(name)
        with suppress(OSError):  # of another user's cache, or a disk that cannot be written
            os.utime(self._path(name))
        inside = np.flatnonzero((slots >= 0) & (slots < len(pixels)))
        sound = inside[checksums(pixels, slots[inside]) == crc[inside]]
        places.put(numbers[sound], pixels, slots[sound], crc[sound].astype(np.uint32))

    def _make_room(self, index: Index, wanted: int) -> None:
        """Delete what was not used for the longest time, until the cache, with so many bytes more,
        takes no more of its disk than it leaves free; OSError if they are too many."""
        packs = packs_in(self._folder)
        taken = sum(status.st_size for status in packs.values())
        free = free_disk(self._folder)
        now = time.time()
        for name, status in sorted(packs.items(), key=lambda pack: pack[1].st_mtime):
            if taken + wanted <= free - wanted:
                break
            if name not in self._used and now - status.st_mtime > _ABANDONED:
                index.drop(self._path(name))
                taken, free = taken - status.st_size, free + status.st_size
        if wanted > free // 2:
            raise OSError(f"it needs {nbytes(wanted)}, and may take half of {nbytes(free)} free")

    def _tidy(self, index: Index) -> None:
        """Delete what nobody uses any more, and packs of which the index does not know."""
        index.forget(time.time_ns() - int(_UNUSED * 1e9))
        packs = packs_in(self._folder)
        if len(packs) < 2:
            return
        told = index.packs()
        for name, status in packs.items():
            age = time.time() - status.st_mtime
            if name in told and age > _UNUSED:
                index.drop(self._path(name))
            elif name not in told and (is_finished(status) or age > _ABANDONED):
                delete(self._path(name))


def cache_folder(cache: Folder = True) -> str | None:
    """The folder that `cache` means: True the user's own, None or False none, or a path."""
    cache = Loading(cache=cache).cache
    if cache is True:
        import platformdirs

        return platformdirs.user_cache_dir("facemo", appauthor=False)
    return os.path.abspath(cache) if cache else None


def is_own(name: str) -> bool:
    """Whether a file of this name is a cache's.

    >>> is_own("facemo-1.sqlite"), is_own("facemo.jpg")
    (True, False)
    """
    return _OWN.fullmatch(name) is not None


def _delete_what_is_no_file(folder: str) -> None:
    """Delete pipes, links and the like that stand where the cache has files: SQLite would wait."""
    with os.scandir(folder) as listing:
        for entry in listing:
            if is_own(entry.name) and not entry.is_file(follow_symlinks=False):
                delete(entry.path)
