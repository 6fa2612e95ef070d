"""What a person deleted or hid in Apple Photos is in no picture."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import closing

import pytest
from PIL import Image

from facemo.library import applephotos
from facemo.library.applephotos import DELETED, UNASKED, database_of, why_withheld, withheld_in
from facemo.library.find import find_files
from facemo.library.hidden import HIDDEN, OF_PROGRAMS
from facemo.library.load import load_tiles

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


def said_in(library):
    """What a database says that can be read."""
    withheld, whole = withheld_in(str(library))
    assert whole
    return withheld


def contents(folder):
    return {each.name: each.read_bytes() for each in folder.iterdir()}


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
    withheld = said_in(written(library, table))
    assert withheld == {TRASHED.lower(): DELETED, PRIVATE.lower(): HIDDEN}
    for name, why in FILES.items():
        assert why_withheld(os.path.basename(name), withheld) == why


def test_it_is_neither_found_nor_forgotten(library):
    found = find_files(library.parent)
    kept = [f"All.photoslibrary/{name}" for name, why in FILES.items() if why is None]
    assert found.names == kept
    assert found.hidden == {DELETED: 2, HIDDEN: 1, OF_PROGRAMS: 1}
    assert not found.unreadable


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


@pytest.mark.parametrize(
    ("link", "leads_to"),
    [("link", "."), ("link", "originals"), ("link", "originals/1"), ("album/link", "..")],
)
def test_it_is_not_found_through_links(library, tmp_path, link, leads_to):
    album = tmp_path / "photos"
    (album / link).parent.mkdir(parents=True)
    (album / link).symlink_to(library / leads_to, target_is_directory=True)
    found = find_files(album)
    assert not any(TRASHED in name for name in found.names)
    assert found.hidden[DELETED] == 2


def test_a_link_to_one_photo_is_judged_by_its_library(library, tmp_path):
    album = tmp_path / "photos"
    album.mkdir()
    for name, photo in (("me.jpg", f"0/{KEPT}.heic"), ("you.jpg", f"1/{TRASHED}.jpeg")):
        (album / name).symlink_to(library / "originals" / photo)
    for source in (album, album / "*", [album / "me.jpg", album / "you.jpg"]):
        found = find_files(source)
        assert found.names == ["me.jpg"]
        assert found.hidden == {DELETED: 1}


def logged(library, sql="UPDATE ZASSET SET ZTRASHEDSTATE = 1"):
    """Photos, at work, with what this changes standing in its log alone."""
    photos = sqlite3.connect(database_of(library), isolation_level=None)
    photos.execute("PRAGMA journal_mode = WAL")
    photos.execute("PRAGMA wal_autocheckpoint = 0")
    photos.execute(sql)
    return closing(photos)


def test_what_stands_in_the_log_alone_is_read_and_nothing_is_written(library):
    with logged(library):
        before = contents(library / "database")
        assert sorted(before) == [f"Photos.sqlite{end}" for end in ("", "-shm", "-wal")]
        assert KEPT.lower() in said_in(library)
        assert contents(library / "database") == before


@pytest.mark.parametrize(("lost", "read"), [("-shm", True), ("-wal", False)])
def test_a_copy_of_some_of_its_files_is_read_and_nothing_is_written(library, lost, read):
    with logged(library):
        copied = contents(library / "database")
    for name, content in copied.items():
        (library / "database" / name).write_bytes(content)
    (library / "database" / f"Photos.sqlite{lost}").unlink()
    before = contents(library / "database")
    assert (KEPT.lower() in said_in(library)) == read
    assert contents(library / "database") == before


@pytest.mark.parametrize("limit", ["_LARGEST", "_TRIES"])
def test_a_log_that_cannot_be_copied_is_not_read_in_part(library, monkeypatch, limit):
    monkeypatch.setattr(applephotos, limit, 0)
    with logged(library):
        assert withheld_in(str(library)) == ({}, False)


def test_a_database_that_is_changed_while_it_is_copied_is_copied_again(library, monkeypatch):
    copy, copied = shutil.copyfile, []

    def disturbed(source, copies):
        copy(source, copies)
        if not copied:
            os.utime(source, (1, 1))
        copied.append(os.path.basename(source))

    monkeypatch.setattr(shutil, "copyfile", disturbed)
    with logged(library):
        assert KEPT.lower() in said_in(library)
    assert copied == ["Photos.sqlite", "Photos.sqlite-wal"] * 2


def test_it_is_read_once_until_it_changes(library, monkeypatch):
    with monkeypatch.context() as patched:
        assert len(said_in(library)) == 2
        patched.setattr(sqlite3, "connect", None)
        assert len(said_in(library)) == 2
    with logged(library):
        assert len(said_in(library)) == 3


def test_it_is_not_read_where_nothing_depends_on_it(library, monkeypatch):
    monkeypatch.setattr(sqlite3, "connect", None)
    find_files(library, hidden=True)
    find_files(library / f"originals/0/{KEPT}.heic")


ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x, 1, 1 FROM n"
HUGE = "GENERATED ALWAYS AS (hex(zeroblob(450000000)))"
BAD = [
    {"table": "ZOTHER"},
    {"sql": "CREATE TABLE ZASSET (ZFILENAME)"},
    {"sql": f"CREATE VIEW ZASSET (ZFILENAME, ZTRASHEDSTATE, ZHIDDEN) AS {ENDLESS}"},
    {"sql": f"CREATE TABLE ZASSET (ZFILENAME TEXT {HUGE}, ZTRASHEDSTATE, ZHIDDEN)"},
]


@pytest.mark.parametrize("database", BAD)
def test_what_is_no_database_of_photos_is_not_believed(library, database):
    assert withheld_in(str(written(library, **database))) == ({}, False)
    assert len(find_files(library).names) == len(FILES)


def test_a_column_that_is_computed_is_not_asked_for(library):
    columns = f"ZFILENAME, ZTRASHEDSTATE, ZHIDDEN TEXT {HUGE}"
    written(library, sql=f"CREATE TABLE ZASSET ({columns})")
    with closing(sqlite3.connect(database_of(library))) as photos, photos:
        photos.execute("INSERT INTO ZASSET VALUES (?, 1)", [f"{TRASHED}.jpeg"])
    assert said_in(library) == {TRASHED.lower(): DELETED}


def test_what_is_deleted_is_told_without_a_word_of_what_is_hidden(library):
    written(library, sql="CREATE TABLE ZGENERICASSET (ZFILENAME, ZTRASHEDSTATE)")
    with closing(sqlite3.connect(database_of(library))) as photos, photos:
        photos.executemany("INSERT INTO ZGENERICASSET VALUES (?, ?)", [row[:2] for row in ROWS])
    assert said_in(library) == {TRASHED.lower(): DELETED}


def test_a_name_that_is_no_text_costs_no_other(library):
    with closing(sqlite3.connect(database_of(library))) as photos, photos:
        photos.execute("INSERT INTO ZASSET VALUES (CAST(x'ff' AS TEXT), 1, 1)")
    assert len(said_in(library)) == 2


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0", b"no database" * 1000, None])
def test_of_a_damaged_database_is_said_that_it_cannot_be_read(library, content):
    path = library / "database" / "Photos.sqlite"
    data = path.read_bytes() if content is None else content
    path.write_bytes(data[:-4096] + b"\xa5" * 4096 if content is None else data)
    found = find_files(library.parent)
    assert len(found.names) == len(FILES)
    assert found.unreadable == [(str(path), UNASKED)]


@pytest.mark.parametrize("name", ["Photos.sqlite", "Photos.sqlite-wal"])
@pytest.mark.parametrize("make", [os.mkdir, getattr(os, "mkfifo", os.mkdir)])
def test_what_is_no_file_is_not_opened(library, name, make):
    path = library / "database" / name
    path.unlink(missing_ok=True)
    make(path)
    assert withheld_in(str(library)) == ({}, False)


def test_a_database_that_is_locked_is_read_at_once(library):
    with closing(sqlite3.connect(database_of(library), isolation_level=None)) as photos:
        photos.execute("BEGIN EXCLUSIVE")
        assert len(said_in(library)) == 2


def test_a_database_that_takes_too_long_is_not_waited_for(library):
    rows = [(f"{n:08x}{TRASHED[8:]}.jpg", 1, 0) for n in range(50_000)]
    some, whole = withheld_in(str(written(library, rows=rows)), seconds=-1)
    assert len(some) < 50_000
    assert not whole
    assert len(said_in(library)) == 50_000


def test_it_is_told_only_of_libraries_that_photos_are_taken_from(library):
    shutil.rmtree(library / "database")
    assert find_files(library.parent).unreadable == [(database_of(str(library)), UNASKED)]
    assert not find_files(library.parent, hidden=True).unreadable
    shutil.rmtree(library / "originals")
    assert not find_files(library.parent).unreadable


@pytest.mark.parametrize("through", ["", "originals", "link"])
def test_it_is_told_with_what_is_set_aside(library, tmp_path, through):
    shutil.rmtree(library / "database")
    for name in FILES:
        Image.new("RGB", (8, 8)).save(library / name, "PNG")
    album = tmp_path / "photos"
    album.mkdir()
    (album / "link").symlink_to(library / "originals", target_is_directory=True)
    source = album if through == "link" else library / through
    tiles = load_tiles(source, size=4, cache=False, duplicates="keep")
    (aside,) = tiles.rejected
    assert aside.reason == UNASKED
    assert os.path.join(tiles.root, aside.path) == database_of(str(library))
    assert os.path.isabs(aside.path) == bool(through)
