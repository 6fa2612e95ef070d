from __future__ import annotations

import os
from pathlib import Path

import pytest

from facemo.errors import InputError
from facemo.writers.whole import check_file, check_folder, named, whole_file, whole_folder


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "a.bin"
    with whole_file(str(path)) as file:
        file.write(b"all of it")
        assert not path.exists()
    assert path.read_bytes() == b"all of it"
    assert os.listdir(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt])
def test_after_an_error_what_stood_there_stays_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    with (  # noqa: PT012
        pytest.raises((OSError, KeyboardInterrupt)),
        whole_file(str(path)) as file,
    ):
        file.write(b"half of it")
        raise error
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_a_file_gets_the_permissions_that_any_new_file_gets(tmp_path):
    (tmp_path / "usual").touch()
    with whole_file(str(tmp_path / "a.bin")):
        pass
    assert os.stat(tmp_path / "a.bin").st_mode == os.stat(tmp_path / "usual").st_mode


def test_a_link_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "a.bin")
    with whole_file(str(tmp_path / "link")) as file:
        file.write(b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a.bin").read_bytes() == b"x"


def test_a_folder_that_takes_no_file_is_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"no such folder: '.*nowhere'"):
        check_file(str(tmp_path / "nowhere" / "a.png"))
    with pytest.raises(InputError, match="not a regular file"):
        check_file(str(tmp_path))
    with pytest.raises(InputError, match="File name too long"):
        check_file(str(tmp_path / ("a" * 300)))

    def refuse(path, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match="takes no files: Permission denied"):
        check_file(str(tmp_path / "a.png"))


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    (tmp_path / "a.bin").touch(mode=0o600)
    with whole_file(str(tmp_path / "a.bin")):
        pass
    assert os.stat(tmp_path / "a.bin").st_mode & 0o777 == 0o600


def fill(folder, text):
    with open(os.path.join(folder, "member"), "w") as file:
        file.write(text)


def test_a_path_is_text_that_can_name_a_file(tmp_path):
    assert named(tmp_path) == str(tmp_path)
    assert named("~/a.png") == os.path.expanduser("~/a.png")
    for wrong in ("", b"a", 5, None, "a\0"):
        with pytest.raises(InputError, match="path must be text that can name a file"):
            named(wrong)
    with pytest.raises(InputError, match="letters that no file's name can have"):
        named("\ud800.png")


def test_a_folder_appears_when_it_is_complete_and_replaces_the_old_one(tmp_path):
    path = tmp_path / "a.zarr"
    for text in ("old", "new"):
        with whole_folder(str(path)) as (folder, _):
            fill(folder, text)
            assert not path.exists() or (path / "member").read_text() == "old"
        assert (path / "member").read_text() == text
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_after_an_error_the_old_folder_stays_and_nothing_else(tmp_path):
    path = tmp_path / "a.zarr"
    with whole_folder(str(path)) as (folder, _):
        fill(folder, "old")
    with pytest.raises(KeyboardInterrupt), whole_folder(str(path)) as (folder, _):  # noqa: PT012
        fill(folder, "new")
        raise KeyboardInterrupt
    assert (path / "member").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.zarr"]


def test_an_old_folder_comes_back_if_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    path = tmp_path / "a.zarr"
    with whole_folder(str(path)) as (folder, _):
        fill(folder, "old")
    rename = os.rename

    def refuse(source, destination):
        if destination == str(path) and (Path(source) / "member").read_text() == "new":
            raise OSError("no")
        rename(source, destination)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(OSError, match="no"), whole_folder(str(path)) as (folder, _):
        fill(folder, "new")
    assert (path / "member").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.zarr"]


def pair(tmp_path, text):
    with whole_folder(str(tmp_path / "a_files"), named_by=str(tmp_path / "a.dzi")) as (folder, xml):
        fill(folder, text)
        Path(xml).write_text(text)


def shown_by(tmp_path):
    return [path.read_text() for path in (tmp_path / "a.dzi", tmp_path / "a_files" / "member")]


@pytest.mark.parametrize("refused", range(4))
def test_a_folder_and_the_file_that_names_it_change_together(tmp_path, monkeypatch, refused):
    pair(tmp_path, "old")
    rename, calls = os.rename, []

    def sometimes(source, destination):
        calls.append((os.path.basename(source), os.path.basename(destination)))
        if len(calls) == refused + 1:
            raise OSError("no")
        # What names the folder is there only while the folder is.
        assert not (tmp_path / "a.dzi").exists() or (tmp_path / "a_files").exists()
        rename(source, destination)

    monkeypatch.setattr(os, "rename", sometimes)
    with pytest.raises(OSError, match="no"):
        pair(tmp_path, "new")
    assert (
        (tmp_path / "a.dzi").read_text() == (tmp_path / "a_files" / "member").read_text() == "old"
    )
    assert sorted(os.listdir(tmp_path)) == ["a.dzi", "a_files"]
    calls.clear()
    refused = 99
    pair(tmp_path, "new")
    assert (
        (tmp_path / "a.dzi").read_text() == (tmp_path / "a_files" / "member").read_text() == "new"
    )
    assert sorted(os.listdir(tmp_path)) == ["a.dzi", "a_files"]


def test_a_folder_that_cannot_be_flushed_is_no_error(tmp_path, monkeypatch):
    fsync = os.fsync

    def refuse(handle):
        if os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(22, "Invalid argument")
        fsync(handle)

    monkeypatch.setattr(os, "fsync", refuse)
    pair(tmp_path, "old")
    pair(tmp_path, "new")
    with whole_file(str(tmp_path / "a.bin")):
        pass
    assert sorted(os.listdir(tmp_path)) == ["a.bin", "a.dzi", "a_files"]


def test_an_error_names_the_output_and_not_its_temporary_name(tmp_path, monkeypatch):
    def full(path, mode):
        raise OSError(28, "No space left on device", path)

    monkeypatch.setattr("builtins.open", full)
    with (
        pytest.raises(OSError, match=r"No space left on device: '.*a\.bin'"),
        whole_file(str(tmp_path / "a.bin")),
    ):
        pass


def test_a_folder_that_was_not_written_here_is_not_replaced(tmp_path):
    (tmp_path / "a.zarr").mkdir()
    check_folder(str(tmp_path / "a.zarr"))
    (tmp_path / "a.zarr" / "photo.jpg").touch()
    with pytest.raises(InputError, match="exists and was not written by facemo"):
        check_folder(str(tmp_path / "a.zarr"))
    (tmp_path / "a.zarr" / "photo.jpg").unlink()
    for member in ("zarr.json", ".zarray", "c", "0", "12", "0.1.0"):
        (tmp_path / "a.zarr" / member).touch()
    check_folder(str(tmp_path / "a.zarr"))
    (tmp_path / "b.zarr").touch()
    with pytest.raises(InputError, match="exists and was not"):
        check_folder(str(tmp_path / "b.zarr"))
