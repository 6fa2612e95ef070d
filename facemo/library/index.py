"""The index of a cache: what is known of files, in SQLite, each entry sealed by a checksum.

Nothing that is read here is trusted: an entry whose seal does not fit is not known.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from facemo.library.stamps import Stamp, stamp

INDEX = "facemo-1.sqlite"
BESIDE = ("-journal", "-wal", "-shm")  # what SQLite adds to its name

_FILES = """CREATE TABLE files (
    settings TEXT NOT NULL, folder BLOB NOT NULL, name BLOB NOT NULL,
    size INTEGER, mtime INTEGER, ctime INTEGER, inode INTEGER, read INTEGER, content BLOB,
    facts TEXT, reason TEXT, crc INTEGER, seal INTEGER, pack TEXT, slot INTEGER,
    PRIMARY KEY (settings, folder, name)
) WITHOUT ROWID"""
_TABLES = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
_OF_A_FOLDER = """
SELECT name, size, mtime, ctime, inode, read, content, facts, reason, crc, seal, pack, slot
FROM files WHERE settings = ? AND folder = ?"""
_KEEP = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_FORGET = "DELETE FROM files WHERE settings = ? AND folder = ? AND name = ?"
_MOVE = """
UPDATE files SET pack = ?, slot = ? WHERE settings = ? AND folder = ? AND name = ? AND crc = ?"""
_WITHOUT_TILE = "FROM files WHERE pack IS NULL AND read < ?"
# A damaged index raises these, the latter for what should be text, and for what is said of it.
DAMAGES = (sqlite3.DatabaseError, UnicodeDecodeError)
# What SQLite says where the index itself is sound.
_REFUSALS = ("locked", "readonly", "unable to open", "disk I/O", "full")
_PATIENCE = 5.0  # seconds to wait for another process that tells the index

Key = tuple[str, bytes, bytes]  # settings, folder, name


class Entry(NamedTuple):
    """What is known of a file of so many bytes, changed at `mtime`, its inode at `ctime`.

    It was read at `read`, all of these in ns; `content` is a hash of its bytes, and `facts` are
    what its header says, if it has one. There is a reason why it was set aside, or the checksum of
    its tile; neither for a file of which nobody has asked for a tile yet, nor where `facts` are
    what was noted of the content (`Noted`).
    """

    size: int
    mtime: int
    ctime: int
    inode: int
    read: int
    content: bytes | None
    facts: str | None
    reason: str | None
    crc: int | None


class Known(NamedTuple):
    """What the index says of the file `number` of those that are looked for."""

    number: int
    facts: str | None
    reason: str | None
    crc: int | None
    pack: str | None
    slot: int | None


class Noted(NamedTuple):
    """What is noted of a file whose bytes had this hash, whatever its tile is made like."""

    content: bytes
    text: str


class Doubtful(NamedTuple):
    """What is known if the file at `path`, which has this stamp now, has the content of `entry`."""

    known: Known
    key: Key
    path: str
    stamp: Stamp
    entry: Entry


class Found(NamedTuple):
    """What a look-up gives: files of which there is no doubt, others, and those that are gone."""

    sure: list[Known]
    doubtful: list[Doubtful]
    gone: list[Key]


class Index:
    """An open index; what it raises is among `DAMAGES`, or an OSError."""

    def __init__(self, path: str) -> None:
        """Open the index at `path`; make it if there is none, or none that is sound."""
        self._path = path
        try:
            self._files = _connected(path)
        except DAMAGES as error:
            if not is_damage(error):
                raise
            delete(path)
            self._files = _connected(path)

    def close(self) -> None:
        """Close it."""
        self._files.close()

    def look_up(
        self, settings: str, root: str, names: Sequence[str], numbers: Iterable[int]
    ) -> Found:
        """What is known of the numbered files, relative to `root`, if they are as it says."""
        found = Found([], [], [])
        for path, wanted in _by_folder(root, names, numbers).items():
            self._look_up_folder(settings, path, wanted, found)
        return found

    def noted(
        self, settings: str, root: str, names: Sequence[str], numbers: Iterable[int]
    ) -> dict[str, Noted]:
        """What is noted of the numbered files, relative to `root`, by their names."""
        found = {}
        for path, wanted in _by_folder(root, names, numbers).items():
            of_folder = settings, os.fsencode(path)
            seal = _seal_of(of_folder)
            for row in self._files.execute(_OF_A_FOLDER, of_folder):
                number = wanted.get(row[0])
                if number is not None and row[10] == zlib.crc32(repr(row[:10]).encode(), seal):
                    found[names[number]] = Noted(row[6], row[7])
        return found

    def _look_up_folder(
        self, settings: str, path: str, wanted: dict[bytes, int], found: Found
    ) -> None:
        of_folder = settings, os.fsencode(path)
        start, seal = os.path.join(path, ""), _seal_of(of_folder)
        for row in self._files.execute(_OF_A_FOLDER, of_folder):
            # 70,000 of these in a second: nothing is named here before it is needed.
            number = wanted.get(row[0])
            if number is None:
                if isinstance(row[0], bytes) and not os.path.lexists(
                    os.path.join(of_folder[1], row[0])
                ):
                    found.gone.append((*of_folder, row[0]))
            elif row[10] == zlib.crc32(repr(row[:10]).encode(), seal):
                file = start + os.fsdecode(row[0])
                now = stamp(file)
                if now is None or now[0] != row[1] or now[1] != row[2]:
                    continue
                known = Known(number, row[7], row[8], row[9], row[11], row[12])
                if now == row[1:5] and type(row[5]) is int and not now.is_fresh(row[5]):
                    found.sure.append(known)
                else:
                    key, entry = (*of_folder, row[0]), Entry(*row[1:10])
                    found.doubtful.append(Doubtful(known, key, file, now, entry))

    def change(self, gone: Iterable[Key], new: Iterable[tuple[object, ...]]) -> None:
        """Forget the files that are gone, and keep what is new of others."""
        with _transaction(self._files):
            self._files.executemany(_FORGET, gone)
            self._files.executemany(_KEEP, new)

    def move(self, moves: Iterable[tuple[object, ...]]) -> None:
        """Say that tiles are elsewhere: (pack, slot, settings, folder, name, checksum) each."""
        with _transaction(self._files):
            self._files.executemany(_MOVE, moves)

    def packs(self) -> set[str]:
        """The names of all packs that tiles are in."""
        listed = "SELECT DISTINCT pack FROM files WHERE pack IS NOT NULL"
        return {name for (name,) in self._files.execute(listed)}

    def drop(self, path: str) -> None:
        """Delete a pack, and what is known of it."""
        self._files.execute("DELETE FROM files WHERE pack = ?", (os.path.basename(path),))
        delete(path)

    def forget(self, before: int) -> None:
        """Forget what was read before a time, in ns, and has no tile: no pack goes with it."""
        if self._files.execute(f"SELECT 1 {_WITHOUT_TILE} LIMIT 1", (before,)).fetchone():
            self._files.execute(f"DELETE {_WITHOUT_TILE}", (before,))

    def counts(self) -> Counter[str]:
        """How many files have a tile, by the first word of their settings, its size."""
        files: Counter[str] = Counter()
        counted = "SELECT settings, COUNT(*) FROM files WHERE pack IS NOT NULL GROUP BY 1"
        for settings, count in self._files.execute(counted):
            files[settings.split()[0]] += count
        return files


def row_to_keep(key: Key, entry: Entry, pack: str | None, slot: int | None) -> tuple[object, ...]:
    """What `Index.change` is to keep of a file."""
    seal = zlib.crc32(repr((key[2], *entry)).encode(), _seal_of(key[:2]))
    return (*key, *entry, seal, pack, slot)


def _seal_of(folder: tuple[str, bytes]) -> int:
    """What the seals of the entries in a folder, of some settings, start from.

    An entry's is a checksum of all that is known of a file but of where its tile is: pixels show
    that.
    """
    return zlib.crc32(repr(folder).encode())


def is_damage(error: Exception) -> bool:
    """Whether an error tells of the index itself, and not of who may use it."""
    return not any(refusal in str(error) for refusal in _REFUSALS)


def delete(path: str) -> None:
    """Delete a file of the cache; on some systems not while a process has it mapped."""
    with suppress(OSError):
        if os.name == "nt":  # which keeps what may not be written
            os.chmod(path, 0o644)
        os.unlink(path)


def _by_folder(
    root: str, names: Sequence[str], numbers: Iterable[int]
) -> dict[str, dict[bytes, int]]:
    """The numbers of files by the paths of their folders, and there by their names."""
    folders: dict[str, dict[bytes, int]] = {}
    for number in numbers:
        folder, _, name = names[number].rpartition("/")
        folders.setdefault(folder, {})[os.fsencode(name)] = number
    return {
        os.path.join(root, *folder.split("/")) if folder else root: wanted
        for folder, wanted in folders.items()
    }


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
