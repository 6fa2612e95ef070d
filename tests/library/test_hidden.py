"""What is nobody's photo stays out, and every file is accounted for."""

from __future__ import annotations

import os
import stat
from types import SimpleNamespace

import pytest

from facemo.library.find import find_files
from facemo.library.hidden import HIDDEN, OF_PROGRAMS, TRASH, why_hidden, why_marked

NOT_FOUND = {
    ".IMG_1.jpg": HIDDEN,
    "._IMG_1.jpg": HIDDEN,
    ".private/IMG_1.jpg": HIDDEN,
    ".Trash/IMG_1.jpg": TRASH,
    ".Trash-1000/files/IMG_1.jpg": TRASH,
    ".Trashes/501/IMG_1.jpg": TRASH,
    ".dtrash/IMG_1.jpg": TRASH,
    ".trashed-1700000000-IMG_1.jpg": TRASH,
    "$RECYCLE.BIN/S-1-5/$RABC.jpg": TRASH,
    "#recycle/IMG_1.jpg": TRASH,
    "@Recycle/IMG_1.jpg": TRASH,
    "Google Photos/Trash/IMG_1.jpg": TRASH,
    "Google Photos/Corbeille/IMG_1.jpg": TRASH,
    "Google Fotos/Papierkorb/IMG_1.jpg": TRASH,
    "Google Foto's/Prullenbak/IMG_1.jpg": TRASH,
    "2020/.thumbnails/1.jpg": OF_PROGRAMS,
    "2020/.stversions/IMG_1~2020.jpg": OF_PROGRAMS,
    "2020/@eaDir/IMG_1.jpg/SYNOPHOTO_THUMB_XL.jpg": OF_PROGRAMS,
    "2020/.picasaoriginals/IMG_1.jpg": OF_PROGRAMS,
    "__MACOSX/2020/IMG_1.jpg": OF_PROGRAMS,
    "System Volume Information/IMG_1.jpg": OF_PROGRAMS,
    "lost+found/IMG_1.jpg": OF_PROGRAMS,
    "Thumbs.db": OF_PROGRAMS,
    "desktop.ini": OF_PROGRAMS,
    ".DS_Store": OF_PROGRAMS,
    "thumbnails-digikam.db": OF_PROGRAMS,
    "Catalogue Previews.lrdata/0/IMG_1.jpg": OF_PROGRAMS,
    "2020/CaptureOne/Cache/IMG_1.jpg": OF_PROGRAMS,
    "All.photoslibrary/resources/derivatives/IMG_1.jpeg": OF_PROGRAMS,
    "All.photoslibrary/database/IMG_1.jpg": OF_PROGRAMS,
    "Old.photolibrary/Thumbnails/IMG_1.jpg": OF_PROGRAMS,
}
FOUND = (
    "IMG_1.jpg",
    "2020/#1.jpg",
    "2020/$100.jpg",
    "2020/Trash/IMG_1.jpg",  # of somebody who photographs it
    "Google Photos/Trash day.jpg",
    "2020/Papierkorb/IMG_1.jpg",
    "resources/IMG_1.jpg",
    "database/IMG_1.jpg",
    "All.photoslibrary/originals/0/IMG_1.jpg",
    "Old.photolibrary/Masters/2010/IMG_1.jpg",
    "notes.lrdata",
)


def made(folder, names, content=b"x"):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.mark.parametrize("name", NOT_FOUND)
def test_what_is_nobodys_photo_is_counted_and_not_found(tmp_path, name):
    found = find_files(made(tmp_path, [name, "IMG_2.jpg"]))
    assert found.names == ["IMG_2.jpg"]
    assert found.hidden == {NOT_FOUND[name]: 1}


def test_what_is_somebodys_photo_is_found(tmp_path):
    found = find_files(made(tmp_path, FOUND))
    assert sorted(found.names) == sorted(FOUND)
    assert not found.hidden


def test_all_of_it_is_found_where_it_is_asked_for(tmp_path):
    found = find_files(made(tmp_path, [*NOT_FOUND, *FOUND]), hidden=True)
    assert sorted(found.names) == sorted([*NOT_FOUND, *FOUND])
    assert not found.hidden


def test_what_is_hidden_and_named_is_searched(tmp_path):
    made(tmp_path, [".private/a.jpg", ".private/.b.jpg", ".c.jpg", "d.jpg"])
    assert find_files(tmp_path / ".private").names == ["a.jpg"]
    assert find_files(tmp_path / ".private").hidden == {HIDDEN: 1}
    assert find_files(tmp_path / ".c.jpg").names == [".c.jpg"]
    found = find_files([tmp_path, tmp_path / ".private", tmp_path / ".c.jpg"])
    assert found.names == [".c.jpg", ".private/a.jpg", "d.jpg"]
    assert found.hidden == {HIDDEN: 1}


def test_a_hidden_folder_that_can_be_seen_through_a_link_is_searched(tmp_path):
    made(tmp_path, [".store/a.jpg"])
    (tmp_path / "shown").symlink_to(tmp_path / ".store", target_is_directory=True)
    found = find_files(tmp_path)
    assert found.names == ["shown/a.jpg"]
    assert not found.hidden


def test_a_loop_of_links_among_hidden_folders_ends(tmp_path):
    made(tmp_path, [".store/a.jpg"])
    (tmp_path / ".store" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert find_files(tmp_path).hidden == {HIDDEN: 1}


def test_links_in_hidden_folders_lead_nowhere(tmp_path):
    made(tmp_path, ["photos/.wine/a.jpg", "disk/b.jpg", "disk/c.jpg"])
    link = tmp_path / "photos" / ".wine" / "z"
    link.symlink_to(tmp_path / "disk", target_is_directory=True)
    assert find_files(tmp_path / "photos").hidden == {HIDDEN: 1}


def test_no_hidden_file_counts_twice(tmp_path):
    made(tmp_path, [".a/b/.c/1.jpg", ".a/b/.2.jpg", ".a/3.jpg", "4.jpg"])
    found = find_files([tmp_path, tmp_path / ".a" / "b"])
    assert found.names == ["4.jpg"]
    assert found.hidden == {HIDDEN: 3}


@pytest.mark.parametrize("pattern", ["*/*.jpg", "**/*.jpg"])
def test_what_a_pattern_finds_in_folders_of_programs_is_not_asked_for(tmp_path, pattern):
    for name in ("a/1.jpg", "@eaDir/1.jpg", "b/2.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_files(str(tmp_path / pattern))
    assert found.names == ["a/1.jpg", "b/2.jpg"]
    assert found.hidden.total() == 1
    assert find_files(str(tmp_path / "@eaDir" / "*.jpg")).names == ["1.jpg"]


def test_what_a_shell_names_for_a_pattern_is_not_asked_for(tmp_path):
    made(tmp_path, ["$RECYCLE.BIN/1.jpg", "@eaDir/2.jpg", "2020/3.jpg", "Thumbs.db", ".own/4.jpg"])
    found = find_files([path for path in tmp_path.iterdir() if path.name != ".own"])
    assert found.names == ["2020/3.jpg"]
    assert found.hidden == {TRASH: 1, OF_PROGRAMS: 2}
    assert find_files(tmp_path / "$RECYCLE.BIN").names == ["1.jpg"]
    assert len(find_files(tmp_path.iterdir(), hidden=True).names) == 5
    assert len(find_files([tmp_path / "2020", tmp_path / ".own"]).names) == 2


def test_a_hidden_folder_that_cannot_be_listed_is_of_no_concern(tmp_path, monkeypatch):
    made(tmp_path, [".store/a.jpg", "b.jpg"])
    listing = os.scandir

    def refuse(path):
        if os.path.basename(path) == ".store":
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_files(tmp_path)
    assert found.names == ["b.jpg"]
    assert found.unreadable == []


@pytest.mark.parametrize(
    "status",
    [
        {"st_file_attributes": stat.FILE_ATTRIBUTE_HIDDEN},  # of Windows
        {"st_flags": stat.UF_HIDDEN},  # of macOS
    ],
)
def test_what_the_system_marks_as_hidden_is(status):
    marked = SimpleNamespace(stat=lambda follow_symlinks: SimpleNamespace(**status))
    assert why_marked(marked, marks=True) == HIDDEN
    assert why_marked(marked, marks=False) is None
    plain = SimpleNamespace(stat=lambda follow_symlinks: SimpleNamespace())
    assert why_marked(plain, marks=True) is None


def test_a_file_that_went_away_meanwhile_is_marked_by_nobody():
    def gone(follow_symlinks):
        raise FileNotFoundError

    assert why_marked(SimpleNamespace(stat=gone), marks=True) is None


def test_capitals_hide_nothing():
    assert why_hidden("THUMBS.DB", "photos", False) == OF_PROGRAMS
    assert why_hidden("$Recycle.Bin", "", True) == TRASH


@pytest.mark.parametrize("patterns", [["**"], ["*", "*/*"], ["*/*", "*"], ["*", "*/*", "*/*/*"]])
def test_a_file_that_several_patterns_match_counts_once(tmp_path, patterns):
    made(tmp_path, ["a.jpg", "@eaDir/e.jpg", "@eaDir/x/f.jpg", "sub/b.jpg", "sub/Thumbs.db"])
    found = find_files([str(tmp_path / pattern) for pattern in patterns])
    assert found.names == ["a.jpg", "sub/b.jpg"]
    assert found.hidden == {OF_PROGRAMS: 3}
