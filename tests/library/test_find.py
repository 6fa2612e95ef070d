from __future__ import annotations

import os
import unicodedata

import pytest

from facemo.errors import InputError
from facemo.library.find import expanded, find_files


@pytest.fixture
def folder(tmp_path):
    for name in ("b.jpg", "a/z.jpg", "a.jpg", "B.jpg", "a/b/c.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "photos"


def test_a_folder_is_searched_recursively_in_the_order_of_bytes(folder):
    found = find_files(folder)
    assert found.names == ["B.jpg", "a.jpg", "a/b/c.jpg", "a/z.jpg", "b.jpg"]
    assert found.root == str(folder)


def test_the_order_of_sources_does_not_matter_and_no_file_counts_twice(folder):
    some = [folder / "b.jpg", folder / "a", folder / "a" / "z.jpg"]
    assert find_files(some) == find_files(reversed(some))
    assert find_files(some).names == ["a/b/c.jpg", "a/z.jpg", "b.jpg"]


def test_a_single_file_is_named_by_its_file_name(folder):
    assert find_files(str(folder / "b.jpg")).names == ["b.jpg"]


def test_names_that_are_no_text_are_found(tmp_path):
    name = os.fsdecode(b"caf\xe9.jpg")
    (tmp_path / name).write_text("")
    assert find_files(tmp_path).names == [name]


def test_a_loop_of_links_ends(folder):
    (folder / "a" / "loop").symlink_to(folder, target_is_directory=True)
    assert len(find_files(folder).names) == 5


def test_a_linked_folder_is_followed(folder, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "x.jpg").write_text("")
    (folder / "link").symlink_to(tmp_path / "other", target_is_directory=True)
    assert "link/x.jpg" in find_files(folder).names


def test_a_folder_that_cannot_be_listed_is_reported(folder, monkeypatch):
    listing = os.scandir

    def refuse(path):
        if os.path.basename(path) == "a":
            raise PermissionError(13, "Permission denied")
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_files(folder)
    assert found.names == ["B.jpg", "a.jpg", "b.jpg"]
    assert found.unreadable == [(str(folder / "a"), "cannot be listed: Permission denied")]


@pytest.mark.parametrize("source", [[], 5, [b"bytes"], None])
def test_what_is_no_path_is_refused(source):
    with pytest.raises(InputError, match="tiles must be a folder, a file, a pattern, or an"):
        find_files(source)


def test_bytes_are_called_what_they_are():
    with pytest.raises(InputError, match=r"an iterable of paths, got bytes$"):
        find_files(b"photos")


def test_a_missing_source_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"no such file or folder: '.*nowhere'"):
        find_files([tmp_path, tmp_path / "nowhere"])


def test_a_link_to_itself_is_a_file_like_any_other(folder):
    (folder / "self").symlink_to(folder / "self")
    (folder / "through").symlink_to(folder / "a.jpg" / "x")
    assert {"self", "through"} <= set(find_files(folder).names)


def test_links_are_followed_before_dots(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder / "a" / "b", target_is_directory=True)
    assert find_files(f"{tmp_path}/link/..").root == str(folder / "a")


def test_an_empty_path_is_no_path():
    with pytest.raises(InputError, match="no such file or folder: ''"):
        find_files("")


@pytest.mark.parametrize("forms", [("NFC", "NFD"), ("NFD", "NFC")])
def test_accents_of_a_path_may_be_spelt_in_either_way(tmp_path, forms):
    there, typed = (unicodedata.normalize(form, "Zo\u00eb") for form in forms)
    (tmp_path / there).mkdir()
    (tmp_path / there / f"{there}.jpg").touch()
    assert expanded(tmp_path / typed) == str(tmp_path / there)
    assert find_files(tmp_path / typed / f"{typed}.jpg").names == [f"{there}.jpg"]
    assert find_files(str(tmp_path / typed / f"{typed}*.jpg")).names == [f"{there}.jpg"]
