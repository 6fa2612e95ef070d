from __future__ import annotations

import os

import pytest

from facemo.errors import InputError
from facemo.writers.whole import check_folder, whole_file


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
        check_folder(str(tmp_path / "nowhere" / "a.png"))
    with pytest.raises(InputError, match="not a regular file"):
        check_folder(str(tmp_path))
    with pytest.raises(InputError, match="File name too long"):
        check_folder(str(tmp_path / ("a" * 300)))

    def refuse(path, mode):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match="takes no files: Permission denied"):
        check_folder(str(tmp_path / "a.png"))


def test_a_file_that_is_replaced_keeps_its_permissions(tmp_path):
    (tmp_path / "a.bin").touch(mode=0o600)
    with whole_file(str(tmp_path / "a.bin")):
        pass
    assert os.stat(tmp_path / "a.bin").st_mode & 0o777 == 0o600
