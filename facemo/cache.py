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

import hashlib
import os
import re
import shutil
import sqlite3
import stat
import time
import uuid
import warnings
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError, nbytes, printable, shown
from facemo.machine import in_order
from facemo.packs import FilePack, Places, checksums, is_finished, mapped

_INDEX = "facemo-1.sqlite"
_BESIDE = ("-journal", "-wal", "-shm")  # what SQLite adds to the name of the index
_PACK = re.compile(r"facemo-[0-9a-f]{32}\.pixels")
_OWN = re.compile(rf"{_PACK.pattern}|{re.escape(_INDEX)}({'|'.join(_BESIDE)})?")

_FILES = """CREATE TABLE files (
    settings TEXT NOT NULL, folder BLOB NOT NULL, name BLOB NOT NULL,
    size INTEGER, mtime INTEGER, ctime INTEGER, inode INTEGER, read INTEGER, content BLOB,
    reason TEXT, crc INTEGER, seal INTEGER, pack TEXT, slot INTEGER,
    PRIMARY KEY (settings, folder, name)
) WITHOUT ROWID"""
_TABLES = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
_OF_A_FOLDER = """
SELECT name, size, mtime, ctime, inode, read, content, reason, crc, seal, pack, slot
FROM files WHERE settings = ? AND folder = ?"""
_KEEP = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM files WHERE settings = ? AND folder = ? AND name = ?"
_MOVE = """
UPDATE files SET pack = ?, slot = ? WHERE settings = ? AND folder = ? AND name = ? AND crc = ?"""
# A damaged index raises these, the latter for what should be text, and for what is said of it.
_DAMAGES = (sqlite3.DatabaseError, UnicodeDecodeError)
# What SQLite says where the index itself is sound.
_REFUSALS = ("locked", "readonly", "unable to open", "disk I/O", "full")

_PATIENCE = 5.0  # seconds to wait for another process that tells the index
_EVERY = 1.0  # seconds between telling it
# A file read so soon after a change may be changed again without its times showing it: some file
# systems count in steps of two seconds.
_DOUBT = 2 * 10**9  # ns
# A pack that the index does not know may be one that is being written, if it is younger.
_ABANDONED = 60.0  # seconds
_UNUSED = 90 * 86400.0  # seconds after which a pack is deleted
# Larger files are not hashed: where their times leave doubt they are decoded again.
_HASHED_BYTES = 64 << 20

_Key = tuple[str, bytes, bytes]


class CacheWarning(UserWarning):
    """The cache cannot be used; the work is done without it."""


class Entry(NamedTuple):
    """What is known of a file of so many bytes, changed at `mtime`, its inode at `ctime`.

    It was read at `read`, all of these in ns; `content` is a hash of its bytes. There is either a
    reason why it was set aside, or the checksum of its tile.
    """

    size: int
    mtime: int
    ctime: int
    inode: int
    read: int
    content: bytes | None
    reason: str | None
    crc: int | None


class Stamp(NamedTuple):
    """What shows without reading a file that it has changed, as in `Entry`."""

    size: int
    mtime: int
    ctime: int
    inode: int

    def is_fresh(self, now: int) -> bool:
        """Whether the file may change again, as of `now`, without its stamp showing it.

        Any change sets its ctime to the system's time; where that is the time of creation, its
        mtime. Times in the future are what somebody set.
        """
        return now - self.ctime < _DOUBT or 0 <= now - self.mtime < _DOUBT


def stamp(path: str) -> Stamp | None:
    """The stamp of the file at `path`, or None if it cannot be had."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    # Some systems count inodes in more bits than SQLite has.
    inode = status.st_ino % 2**63
    return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, inode)


def content_of(path: str) -> bytes | None:
    """The bytes of the file at `path`, or None if they are many or cannot be read."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            status = os.fstat(file.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size <= _HASHED_BYTES:
                return file.read(_HASHED_BYTES)
    except (OSError, ValueError):
        pass
    return None


def content_hash(path: str) -> bytes | None:
    """Half of the SHA-256 of what `content_of` reads.

    Beside decoding a photo of 12 megapixels it takes a twentieth of the time.
    """
    content = content_of(path)
    return None if content is None else hashlib.sha256(content).digest()[:16]


def _without_waiting(path: str, flags: int) -> int:
    """Open a file, or a pipe that nobody writes to."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


class _Known(NamedTuple):
    """What the index says of the file `number` of those that are looked for."""

    number: int
    reason: str | None
    crc: int | None
    pack: str | None
    slot: int | None


class _Doubtful(NamedTuple):
    """What is known if the file at `path`, which has this stamp now, has the content of `entry`."""

    known: _Known
    key: _Key
    path: str
    stamp: Stamp
    entry: Entry


class Cache:
    """What the cache in `folder` knows of tiles of one size, made in one way."""

    def __init__(self, folder: str, settings: str, size: tuple[int, int]) -> None:
        """Open the cache, and make it if there is none."""
        self._folder = folder
        self._settings = settings
        self._size = size
        self._index: sqlite3.Connection | None = None
        self._told = time.monotonic()
        self._new: list[tuple[object, ...]] = []
        self._gone: list[_Key] = []
        self._used: set[str] = set()
        with self._standing_aside():
            os.makedirs(folder, mode=0o700, exist_ok=True)
            _delete_what_is_no_file(folder)
            self._index = _opened(self._path(_INDEX))

    def find(self, root: str, names: Sequence[str], places: Places) -> None:
        """Fill in the places of those files, relative to `root`, that are known and unchanged."""
        with self._standing_aside():
            for _ in range(3):
                if self._index is None:
                    break
                known = self._look_up(self._index, root, names, places.unknown())
                if self._place(known, places):
                    break
                # Another process has moved tiles to a pack of its own in between.

    def pack(self, count: int) -> FilePack | None:
        """A new pack for `count` tiles, or None where there can be none."""
        with self._standing_aside():
            if self._index is not None:
                self._make_room(self._index, count * self._size[0] * self._size[1] * 3)
                name = f"facemo-{uuid.uuid4().hex}.pixels"
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
                with _transaction(self._index):
                    self._index.executemany(_FORGET, gone)
                    self._index.executemany(_KEEP, new)

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
                with _transaction(self._index):
                    self._index.executemany(_MOVE, moves)

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
            _delete(pack.path)
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
            except _DAMAGES as error:
                if not _is_damage(error):
                    raise
                self._close()
                _delete(self._path(_INDEX))
                self._index = _opened(self._path(_INDEX))
        except (OSError, *_DAMAGES) as error:
            self.stand_aside(error)

    def _close(self) -> None:
        if self._index is not None:
            self._index.close()
            self._index = None

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _key(self, path: str) -> _Key:
        folder, name = os.path.split(path)
        return self._settings, os.fsencode(folder), os.fsencode(name)

    def _keep(self, key: _Key, entry: Entry, pack: str | None, slot: int | None) -> None:
        if max(map(abs, entry[:5])) < 2**63:
            self._new.append((*key, *entry, _seal(key, entry), pack, slot))

    def _look_up(
        self, index: sqlite3.Connection, root: str, names: Sequence[str], numbers: Iterable[int]
    ) -> list[_Known]:
        """Those of the numbered files that the index knows, if they are as it says."""
        sure: list[_Known] = []
        doubtful: list[_Doubtful] = []
        for folder, wanted in _by_folder(names, numbers).items():
            path = os.path.join(root, *folder.split("/")) if folder else root
            of_folder = self._settings, os.fsencode(path)
            start, seal = os.path.join(path, ""), _seal_of(of_folder)
            for row in index.execute(_OF_A_FOLDER, of_folder):
                # 70,000 of these in a second: nothing is named here before it is needed.
                number = wanted.get(row[0])
                if number is None:
                    self._forget_if_gone((*of_folder, row[0]))
                elif row[9] == zlib.crc32(repr(row[:9]).encode(), seal):
                    file = start + os.fsdecode(row[0])
                    now = stamp(file)
                    if now is None or now[0] != row[1] or now[1] != row[2]:
                        continue
                    known = _Known(number, row[7], row[8], row[10], row[11])
                    if now == row[1:5] and type(row[5]) is int and not now.is_fresh(row[5]):
                        sure.append(known)
                    else:
                        key, entry = (*of_folder, row[0]), Entry(*row[1:9])
                        doubtful.append(_Doubtful(known, key, file, now, entry))
        return sure + self._confirmed(doubtful)

    def _forget_if_gone(self, key: _Key) -> None:
        if isinstance(key[2], bytes) and not os.path.lexists(os.path.join(key[1], key[2])):
            self._gone.append(key)

    def _confirmed(self, doubtful: list[_Doubtful]) -> list[_Known]:
        """Those whose content is what it was, of which there is no doubt from now on."""
        confirmed = []
        read = time.time_ns()
        hashes = in_order(content_hash, [file.path for file in doubtful])
        for (known, key, path, before, entry), content in zip(doubtful, hashes, strict=True):
            if content is not None and content == entry.content and stamp(path) == before:
                self._keep(key, Entry(*before, read, *entry[5:]), known.pack, known.slot)
                confirmed.append(known)
        return confirmed

    def _place(self, known: list[_Known], places: Places) -> bool:
        """Fill in the places of tiles whose pixels are sound; False if a pack was not there."""
        by_pack: dict[str, list[_Known]] = {}
        for file in known:
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

    def _place_those_of(self, name: str, files: list[_Known], places: Places) -> None:
        if not _PACK.fullmatch(name):
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

    def _make_room(self, index: sqlite3.Connection, wanted: int) -> None:
        """Delete what was not used for the longest time, until the cache, with so many bytes more,
        takes no more of its disk than it leaves free; OSError if they are too many."""
        packs = _packs(self._folder)
        taken = sum(status.st_size for status in packs.values())
        free = shutil.disk_usage(self._folder).free
        now = time.time()
        for name, status in sorted(packs.items(), key=lambda pack: pack[1].st_mtime):
            if taken + wanted <= free - wanted:
                break
            if name not in self._used and now - status.st_mtime > _ABANDONED:
                _drop(index, self._path(name))
                taken, free = taken - status.st_size, free + status.st_size
        if wanted > free // 2:
            raise OSError(f"it needs {nbytes(wanted)}, and may take half of {nbytes(free)} free")

    def _tidy(self, index: sqlite3.Connection) -> None:
        """Delete packs that nobody uses any more, or of which the index does not know."""
        packs = _packs(self._folder)
        if len(packs) < 2:
            return
        listed = "SELECT DISTINCT pack FROM files WHERE pack IS NOT NULL"
        told = {name for (name,) in index.execute(listed)}
        for name, status in packs.items():
            age = time.time() - status.st_mtime
            if name in told and age > _UNUSED:
                _drop(index, self._path(name))
            elif name not in told and (is_finished(status) or age > _ABANDONED):
                _delete(self._path(name))


@dataclass(frozen=True)
class CacheInfo:
    """What a cache holds.

    Parameters
    ----------
    folder : str
    files : {"64x64": int}
        How many files it knows, by the height and width of the tiles.
    nbytes : int
        What it takes on the disk.
    """

    folder: str
    files: dict[str, int]
    nbytes: int

    def __str__(self) -> str:
        lines = [f"{printable(self.folder)}: {nbytes(self.nbytes)}"]
        for size, count in self.files.items():
            height, width = size.split("x")
            lines.append(f"  {count:,} files as tiles of {width} x {height} px")
        return "\n".join(lines)


def cache_folder(cache: bool | str | os.PathLike[str] | None = True) -> str | None:
    """The folder that `cache` means: True the user's own, None or False none, or a path."""
    if cache is None or cache is False:
        return None
    if cache is True:
        import platformdirs

        return platformdirs.user_cache_dir("facemo", appauthor=False)
    try:
        path = os.fsdecode(os.fsencode(cache))
    except (TypeError, UnicodeEncodeError):
        path = ""
    if not path or "\0" in path:
        raise InputError(f"cache must be a folder, True or False, got {cache!r}")
    return os.path.abspath(path)


def cache_info(cache: bool | str | os.PathLike[str] = True) -> CacheInfo:
    """What the cache holds, by default the user's own; a folder that is none holds nothing.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     cache_info(folder).nbytes
    0
    """
    folder = cache_folder(cache)
    if folder is None:
        raise InputError("cache must be a folder or True, got none")
    files: Counter[str] = Counter()
    taken = sum(status.st_size for status in _packs(folder).values())
    path = os.path.join(folder, _INDEX)
    if os.path.isfile(path):
        taken += os.path.getsize(path)
        with suppress(OSError, *_DAMAGES):
            index = _opened(path)
            try:
                counts = "SELECT settings, COUNT(*) FROM files WHERE pack IS NOT NULL GROUP BY 1"
                for settings, count in index.execute(counts):
                    files[settings.split()[0]] += count
            finally:
                index.close()
    return CacheInfo(folder, dict(sorted(files.items())), taken)


def clear_cache(cache: bool | str | os.PathLike[str] = True) -> CacheInfo:
    """Delete what the cache holds and nothing else; return what that was.

    Raises OSError for what the folder refuses, when all else is deleted.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     clear_cache(folder).nbytes
    0
    """
    info = cache_info(cache)
    refused: OSError | None = None
    with suppress(FileNotFoundError, NotADirectoryError):
        for name in filter(is_own, os.listdir(info.folder)):
            try:
                os.unlink(os.path.join(info.folder, name))
            except OSError as error:
                refused = error
    if refused is not None:
        raise refused
    return info


def is_own(name: str) -> bool:
    """Whether a file of this name is a cache's.

    >>> is_own("facemo-1.sqlite"), is_own("facemo.jpg")
    (True, False)
    """
    return _OWN.fullmatch(name) is not None


def _opened(path: str) -> sqlite3.Connection:
    """The index at `path`; made if there is none, and made anew if it is not one, or damaged."""
    try:
        return _connected(path)
    except _DAMAGES as error:
        if not _is_damage(error):
            raise
    _delete(path)
    return _connected(path)


def _connected(path: str) -> sqlite3.Connection:
    # Transactions are begun by hand: one that reads first and writes later cannot wait its turn.
    index = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
    try:
        index.execute("PRAGMA trusted_schema = OFF")
        if not index.execute(_TABLES).fetchall():
            with _transaction(index):
                if not index.execute(_TABLES).fetchall():
                    index.execute(_FILES)
        if index.execute(_TABLES).fetchall() != [(_FILES,)]:
            raise sqlite3.DatabaseError("another kind of database")
    except BaseException:
        index.close()
        raise
    return index


@contextmanager
def _transaction(index: sqlite3.Connection) -> Iterator[None]:
    index.execute("BEGIN IMMEDIATE")
    try:
        yield
        index.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):
            index.execute("ROLLBACK")
        raise


def _is_damage(error: Exception) -> bool:
    return not any(refusal in str(error) for refusal in _REFUSALS)


def _delete(path: str) -> None:
    """Delete a file of the cache; on some systems not while a process has it mapped."""
    with suppress(OSError):
        if os.name == "nt":  # which keeps what may not be written
            os.chmod(path, 0o644)
        os.unlink(path)


def _drop(index: sqlite3.Connection, path: str) -> None:
    """Delete a pack, and what the index knows of it."""
    index.execute("DELETE FROM files WHERE pack = ?", (os.path.basename(path),))
    _delete(path)


def _delete_what_is_no_file(folder: str) -> None:
    """Delete pipes, links and the like that stand where the cache has files: SQLite would wait."""
    with os.scandir(folder) as listing:
        for entry in listing:
            if is_own(entry.name) and not entry.is_file(follow_symlinks=False):
                _delete(entry.path)


def _packs(folder: str) -> dict[str, os.stat_result]:
    """The packs in `folder`; the modification time of each tells when it was written or used."""
    packs = {}
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as listing:
        for entry in listing:
            if _PACK.fullmatch(entry.name):
                with suppress(OSError):
                    packs[entry.name] = entry.stat(follow_symlinks=False)
    return packs


def _by_folder(names: Sequence[str], numbers: Iterable[int]) -> dict[str, dict[bytes, int]]:
    """The numbers of files by their folders, and there by their names."""
    folders: dict[str, dict[bytes, int]] = {}
    for number in numbers:
        folder, _, name = names[number].rpartition("/")
        folders.setdefault(folder, {})[os.fsencode(name)] = number
    return folders


def _seal_of(folder: tuple[str, bytes]) -> int:
    """What the seals of the entries in a folder, of some settings, start from."""
    return zlib.crc32(repr(folder).encode())


def _seal(key: _Key, entry: Entry) -> int:
    """A checksum of all that is known of a file but of where its tile is: pixels show that."""
    return zlib.crc32(repr((key[2], *entry)).encode(), _seal_of(key[:2]))
