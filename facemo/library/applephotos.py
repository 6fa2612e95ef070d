"""What a person deleted or hid in Apple Photos, which stays where it is for a while, or for ever.

Only the library's database tells it from all else. That is Core Data's, one table of which has a
line for each photo (``ZASSET``, in macOS 10.15 ``ZGENERICASSET``); files of a photo begin with its
UUID. The database is opened to be read alone, and not trusted: whatever is wrong with it, or takes
long, is as if there were none.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from facemo.library.hidden import HIDDEN

DELETED = "deleted in Apple Photos"

_LIBRARY = re.compile(r".*\.photoslibrary(?=[/\\])", re.IGNORECASE | re.DOTALL)
_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE TABLE %'"
_WITHHELD = "SELECT ZFILENAME, ZTRASHEDSTATE FROM {} WHERE ZTRASHEDSTATE <> 0 OR ZHIDDEN <> 0"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])", re.IGNORECASE)
_SECONDS = 10.0  # for a database of a million photos; and for Photos to let go of it
_STEPS = 100_000  # of SQLite's machine, between looks at the clock


def library_of(path: str) -> str:
    """The library that a file or folder lies in, or "".

    >>> library_of("Pictures/All.photoslibrary/originals/0"), library_of("Pictures")
    ('Pictures/All.photoslibrary', '')
    """
    found = _LIBRARY.match(path)
    return found[0] if found else ""


def withheld_in(library: str, seconds: float = _SECONDS) -> dict[str, str]:
    """Why photos of a library are not taken, by their UUIDs; none for ""."""
    database = Path(library, "database", "Photos.sqlite")
    if not library:
        return {}
    try:
        return _read(database, time.monotonic() + seconds) if database.is_file() else {}
    except (sqlite3.Error, UnicodeDecodeError, OSError, ValueError):
        return {}


def why_withheld(name: str, withheld: dict[str, str]) -> str | None:
    """Why the file of this name is not taken, or None if it is."""
    found = _UUID.match(name) if withheld else None
    return found and withheld.get(found[0].lower())


def _read(database: Path, end: float) -> dict[str, str]:
    """What the database says, if it has said so by the time of `end`."""
    # Photos writes to a log first. That is read where it has the shared memory to read it by: it
    # would be made elsewhere, and nothing is written into a person's library.
    live = os.path.lexists(f"{database}-shm")
    uri = f"{database.absolute().as_uri()}?mode=ro{'' if live else '&immutable=1'}"
    withheld = {}
    with closing(sqlite3.connect(uri, uri=True, timeout=_SECONDS)) as opened:
        opened.execute("PRAGMA trusted_schema = OFF")
        opened.set_progress_handler(lambda: time.monotonic() > end, _STEPS)
        tables = {name for (name,) in opened.execute(_TABLES)}
        for table in {"ZASSET", "ZGENERICASSET"} & tables:
            for name, deleted in opened.execute(_WITHHELD.format(table)):
                found = _UUID.match(name) if isinstance(name, str) else None
                if found:
                    withheld[found[0].lower()] = DELETED if deleted else HIDDEN
    return withheld
