"""What a person deleted or hid in Apple Photos is in no picture."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing

import pytest

from facemo.library.applephotos import DELETED, why_withheld, withheld_in
from facemo.library.find import find_files
from facemo.library.hidden import HIDDEN, OF_PROGRAMS

KEPT, TRASHED, PRIVATE = (f"{n}A8F9F1C-0000-4000-8000-00000000ABCD" for n in range(3))
ROWS = [(f"{KEPT}.heic", 0, 0), (f"{TRASHED}.jpeg", 1, 0), (f"{PRIVATE}.png", 0, 1)]
ROWS += [("IMG_1.jpg", 1, 0), (None, 1, 0), (b"\xff", 1, 1), (7, 1, 0)]
FILES = {
    f"originals/0/{KEPT}.heic": None,
    f"originals/1/{TRASHED}.jpeg": DELETED,
    f"originals/1/{TRASHED}_4.dng": DELETED,  # beside it
    f"originals/2/{PRIVATE.lower()}.png": HIDDEN,
    "originals/2/IMG_1.jpg": None,  # no name that Photos gives
}


@pytest.fixture
def library(tmp_path):
    """A library with one photo that is deleted, one that is hidden, and one that is neither."""
    folder = tmp_path / "All.photoslibrary"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "database").mkdir()
    written(folder)
    return folder


def written(library, table="ZASSET", rows=ROWS, sql=None):
    """The library, with a database of these rows, or of what one statement makes."""
    path = library / "database" / "Photos.sqlite"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        database.execute(sql or f"CREATE TABLE {table} (ZFILENAME, ZTRASHEDSTATE, ZHIDDEN)")
        if sql is None:
            database.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)
    return library


@pytest.mark.parametrize("table", ["ZASSET", "ZGENERICASSET"])
def test_what_is_deleted_or_hidden_is_told_by_the_database(library, table):
    withheld = withheld_in(str(written(library, table)))
    assert withheld == {TRASHED.lower(): DELETED, PRIVATE.lower(): HIDDEN}
    for name, why in FILES.items():
        assert why_withheld(os.path.basename(name), withheld) == why


def test_it_is_neither_found_nor_forgotten(library):
    found = find_files(library.parent)
    kept = [f"All.photoslibrary/{name}" for name, why in FILES.items() if why is None]
    assert found.names == kept
    assert found.hidden == {DELETED: 2, HIDDEN: 1, OF_PROGRAMS: 1}


@pytest.mark.parametrize("within", ["", "originals", "originals/1"])
def test_it_is_nowhere_in_a_library(library, within):
    assert not any(TRASHED in name for name in find_files(library / within).names)


def test_it_is_found_where_it_is_asked_for(library):
    found = find_files(library, hidden=True)
    assert {*found.names} >= {*FILES}
    assert not found.hidden
    assert find_files(library / f"originals/1/{TRASHED}.jpeg").names == [f"{TRASHED}.jpeg"]


def test_a_pattern_finds_no_more_than_its_folder(library):
    found = find_files(library / "originals" / "*" / "*")
    assert found.names == [name.removeprefix("originals/") for name in FILES if not FILES[name]]
    assert found.hidden == {DELETED: 2, HIDDEN: 1}


def test_other_folders_ask_no_database(library):
    other = library.rename(library.with_name("All"))
    assert not find_files(other).hidden.keys() & {DELETED, HIDDEN}


def test_what_stands_in_the_log_alone_is_read_and_nothing_is_written(library):
    path = library / "database" / "Photos.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as photos:
        photos.execute("PRAGMA journal_mode = WAL")
        photos.execute("UPDATE ZASSET SET ZTRASHEDSTATE = 1")
        before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
        assert before.keys() == {path.name, f"{path.name}-wal", f"{path.name}-shm"}
        assert KEPT.lower() in withheld_in(str(library))
        assert {each.name for each in path.parent.iterdir()} == before.keys()
        assert path.read_bytes() == before[path.name]


def test_a_copy_is_read_and_nothing_is_written_beside_it(library):
    path = library / "database" / "Photos.sqlite"
    with closing(sqlite3.connect(path)) as photos:
        photos.execute("PRAGMA journal_mode = WAL")
    assert len(withheld_in(str(library))) == 2
    assert os.listdir(path.parent) == [path.name]


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, 1, 1 FROM n"


@pytest.mark.parametrize(
    "database",
    [
        {"table": "ZOTHER"},
        {"sql": "CREATE TABLE ZASSET (ZFILENAME)"},
        {"sql": f"CREATE VIEW ZASSET (ZFILENAME, ZTRASHEDSTATE, ZHIDDEN) AS {ENDLESS}"},
    ],
)
def test_what_is_no_database_of_photos_says_nothing(library, database):
    assert withheld_in(str(written(library, **database))) == {}
    assert len(find_files(library).names) == len(FILES)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"no database" * 1000, None])
def test_a_damaged_database_says_nothing(library, content):
    path = library / "database" / "Photos.sqlite"
    data = path.read_bytes() if content is None else content
    path.write_bytes(data[:-4096] + b"\xa5" * 4096 if content is None else data)
    assert withheld_in(str(library)) == {}


def test_a_database_that_takes_too_long_says_nothing(library):
    rows = [(f"{n:08x}{TRASHED[8:]}.jpg", 1, 0) for n in range(50_000)]
    assert len(withheld_in(str(written(library, rows=rows)))) == 50_000
    assert withheld_in(str(library), seconds=-1) == {}
