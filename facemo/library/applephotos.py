"""What a person deleted or hid in Apple Photos, which stays where it is for a while, or for ever.

Only the library's database tells it from all else. That is Core Data's, one table of which has a
line for each photo (``ZASSET``, in macOS 10.15 ``ZGENERICASSET``); files of a photo begin with its
UUID. Nothing is written into a library, and its database is not trusted: one that cannot be read,
or not in time, stops nothing, and `find` says so.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from facemo.library.hidden import HIDDEN

DELETED = "deleted in Apple Photos"
UNASKED = "cannot be read: deleted and hidden photos may be among the tiles"

_LIBRARY = re.compile(r".*\.photoslibrary(?=[/\\])", re.IGNORECASE | re.DOTALL)
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE %'"
_WITHHELD = "SELECT ZFILENAME, ZTRASHEDSTATE FROM {} WHERE ZTRASHEDSTATE <> 0 OR {} <> 0"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])", re.IGNORECASE)
_SECONDS = 10.0  # for a database of a million photos
_STEPS = 100_000  # of SQLite's machine, between looks at the clock
_LONGEST = 1_000_000  # bytes of a line, of which Photos writes some thousand
_LARGEST = 4_000_000_000  # bytes of a database to copy, of which 100,000 photos take a quarter
_TRIES = 3

# What was read whole, by the library, and the stamps it had then: a command searches a few times.
_READ: dict[str, tuple[object, dict[str, str]]] = {}


def library_of(path: str) -> str:
    """The library that a file or folder lies in, or "".

    >>> library_of("Pictures/All.photoslibrary/originals/0"), library_of("Pictures")
    ('Pictures/All.photoslibrary', '')
    """
    found = _LIBRARY.match(path)
    return found[0] if found else ""


def database_of(library: str) -> str:
    """Where a library has its database."""
    return os.path.join(library, "database", "Photos.sqlite")


def withheld_in(library: str, seconds: float = _SECONDS) -> tuple[dict[str, str], bool]:
    """Why photos of a library are not taken, by their UUIDs; and whether all of that was read."""
    database, withheld = database_of(library), dict[str, str]()
    log = f"{database}-wal"
    try:
        stamps = _stamp(database), _stamp(log) if os.path.lexists(log) else (0,)
        before = _READ.get(library)
        if before is not None and before[0] == stamps:
            return before[1], True
        with _still(database, *stamps) as uri:
            _read(uri, time.monotonic() + seconds, withheld)
    except (sqlite3.Error, OSError, ValueError, MemoryError):
        return withheld, False
    _READ[library] = stamps, withheld
    return withheld, True


def why_withheld(name: str, withheld: dict[str, str]) -> str | None:
    """Why the file of this name is not taken, or None if it is."""
    found = _UUID.match(name) if withheld else None
    return found and withheld.get(found[0].lower())


def _stamp(path: str) -> tuple[int, ...]:
    """A file's size, and what else tells whether it has changed.

    Raises OSError for what is no file: who opens a pipe may wait for ever.
    """
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        raise OSError(f"no file: {path}")
    return status.st_size, status.st_mtime_ns, status.st_ino


@contextmanager
def _still(database: str, stamp: tuple[int, ...], log: tuple[int, ...]) -> Iterator[str]:
    """The address of a database that can be read without a lock, and nothing written beside it.

    Photos writes to a log first, and SQLite reads no log without writing: a copy is read then.
    """
    if not log[0]:
        yield f"{Path(database).absolute().as_uri()}?immutable=1"
        return
    with TemporaryDirectory(prefix="facemo-") as folder:
        if stamp[0] + log[0] > min(_LARGEST, shutil.disk_usage(folder).free // 2):
            raise OSError(f"too large to be copied: {database}")
        copy = os.path.join(folder, "Photos.sqlite")
        for _ in range(_TRIES):
            shutil.copyfile(database, copy)
            shutil.copyfile(f"{database}-wal", f"{copy}-wal")
            # A longer log does no harm: what it has taken to the database meanwhile does.
            before, stamp = stamp, _stamp(database)
            if stamp == before:
                yield f"{Path(copy).as_uri()}?mode=ro"
                return
        raise OSError(f"written to all the time: {database}")


def _read(uri: str, end: float, withheld: dict[str, str]) -> None:
    """Add what a database says until the time of `end`.

    Raises ValueError where it says nothing of photos, and what SQLite raises.
    """
    with closing(sqlite3.connect(uri, uri=True)) as opened:
        opened.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        if sys.version_info >= (3, 11):
            opened.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        opened.text_factory = partial(str, encoding="utf-8", errors="replace")
        opened.execute("PRAGMA trusted_schema = OFF")
        tables = {"ZASSET", "ZGENERICASSET"} & {name for (name,) in opened.execute(_TABLES)}
        for table in sorted(tables):
            columns = opened.execute(f"PRAGMA table_xinfo({table})").fetchall()
            # One that is computed may take all memory in a single step.
            plain = {name for _, name, _, _, _, _, computed in columns if not computed}
            if not {"ZFILENAME", "ZTRASHEDSTATE"} <= plain:
                raise ValueError(f"{table} has no photos")
            hidden = "ZHIDDEN" if "ZHIDDEN" in plain else "0"
            for name, deleted in opened.execute(_WITHHELD.format(table, hidden)):
                found = _UUID.match(name) if isinstance(name, str) else None
                if found:
                    withheld[found[0].lower()] = DELETED if deleted else HIDDEN
        if not tables:
            raise ValueError("no table of photos")
