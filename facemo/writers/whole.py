"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from facemo.errors import InputError, shown

# Levels of Deep Zoom; chunks and metadata of Zarr, versions 2 and 3.
_MEMBER = re.compile(r"\d[\d.]*|c|zarr\.json|\.z(array|attrs|group|metadata)")


def named(path: str | os.PathLike[str]) -> str:
    """A path as text, with ``~`` for the user's own folder; InputError for what names nothing."""
    try:
        name = os.fspath(path)
    except TypeError:
        name = None
    if not isinstance(name, str) or not name or "\0" in name:
        raise InputError(f"path must be text that can name a file, got {path!r}")
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise InputError(f"path {shown(name)} has letters that no file's name can have") from None
    name = os.path.expanduser(name)
    try:
        os.path.realpath(name)
    except OSError:  # os.getcwd's
        raise InputError(f"output {shown(name)}: the current folder is gone") from None
    return name


def check_file(path: str) -> None:
    """Raise an InputError unless a regular file can be created at `path`."""
    _check_beside(path)
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"output {shown(path)} exists and is not a regular file")


def check_folder(path: str) -> None:
    """Raise an InputError unless a folder can be created at `path`.

    One that is there is replaced if nothing is in it but what Deep Zoom or Zarr has.
    """
    _check_beside(path)
    ours = os.path.isdir(path) and all(map(_MEMBER.fullmatch, os.listdir(path)))
    if os.path.lexists(path) and not ours:
        raise InputError(
            f"output {shown(path)} exists and was not written by facemo: give it another name"
        )


def _check_beside(path: str) -> None:
    """Raise an InputError unless files can be created beside `path`; one is, and removed."""
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise InputError(f"output {shown(path)}: no such folder: {shown(folder)}")
    try:
        os.stat(path)
    except FileNotFoundError:
        pass
    except OSError as error:  # a name that is too long, say
        raise InputError(f"output {shown(path)}: {error.strerror}") from None
    part = _part(path)
    try:
        open(part, "xb").close()
        os.unlink(part)
    except OSError as error:
        raise InputError(
            f"output {shown(path)}: the folder {shown(folder)} takes no files: {error.strerror}"
        ) from None


@contextmanager
def whole_file(path: str) -> Iterator[BinaryIO]:
    """A new file to write, which takes the name `path` when the block ends without an error.

    It is written beside its destination, flushed to the disk and renamed; after an error it is
    removed, and what stood at `path` stays. A link is followed: the file it names is replaced.
    """
    path = os.path.realpath(path)
    part = _part(path)
    try:
        with open(part, "x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _copy_mode(path, part)
        os.replace(part, path)
    except BaseException as error:
        _name(error, part, path)
        with suppress(FileNotFoundError):
            os.unlink(part)
        raise
    _sync_folder(path)


@contextmanager
def whole_folder(path: str, *, named_by: str | None = None) -> Iterator[tuple[str, str]]:
    """A new folder to fill, which takes the name `path` when the block ends without an error.

    What stood at `path` is moved aside before, and removed after; it comes back if anything fails.
    `named_by` is a file that goes with the folder, and has its name only while the folder has its
    own. Yields the folder, and the file to write.
    """
    places = [os.path.realpath(path), *([os.path.realpath(named_by)] if named_by else [])]
    parts = [_part(place) for place in places]
    try:
        os.mkdir(parts[0])
        yield parts[0], parts[-1]
        if hasattr(os, "sync"):
            os.sync()  # one call, where there may be a million files
        old = _exchange(parts, places)
    except BaseException as error:
        _name(error, parts[0], places[0])
        for part in parts:
            _remove(part)
        raise
    _sync_folder(places[0])
    for part in old:
        _remove(part)


@contextmanager
def new_folder(path: str) -> Iterator[str]:
    """A new folder to fill, which takes the name `path` when the block ends without an error.

    What stands there may be an empty folder. Nothing else is removed: where something has come
    there meanwhile, the system refuses (OSError).
    """
    place = os.path.realpath(path)
    part = _part(place)
    try:
        os.mkdir(part)
        yield part
        with suppress(FileNotFoundError):
            os.rmdir(place)
        os.rename(part, place)
    except BaseException as error:
        _name(error, part, place)
        _remove(part)
        raise
    _sync_folder(place)


@contextmanager
def disk_errors() -> Iterator[None]:
    """Let what the disk refuses be an OSError, where a library has raised another on top of it.

    zarr 2 makes a KeyError of it.
    """
    try:
        yield
    except KeyError as error:
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def _exchange(parts: list[str], places: list[str]) -> list[str]:
    """Move what is in `places` aside, the last first, and `parts` in, the first first.

    Returns where the old ones are; if anything fails, they are back in their places.
    """
    old = [_part(place) for place in places]
    moves: list[tuple[str, str]] = []
    try:
        for place, aside, part in reversed(list(zip(places, old, parts, strict=True))):
            with suppress(FileNotFoundError):
                _copy_mode(place, part)
                moves.append((place, aside))
                os.rename(place, aside)
        for part, place in zip(parts, places, strict=True):
            moves.append((part, place))
            os.rename(part, place)
    except BaseException:
        for source, destination in reversed(moves):
            if os.path.lexists(destination) and not os.path.lexists(source):
                os.rename(destination, source)
        for aside in old:  # another process has put its own in the place by now
            _remove(aside)
        raise
    return old


def _copy_mode(path: str, part: str) -> None:
    with suppress(FileNotFoundError):
        shutil.copymode(path, part)


def _remove(path: str) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        os.unlink(path)


def _name(error: BaseException, part: str, path: str) -> None:
    """Let an error name what was asked for, not the temporary name that nobody knows."""
    if isinstance(error, OSError) and str(error.filename).startswith(part):
        error.filename = path


def _part(path: str) -> str:
    """The name of a temporary file beside `path`.

    Not tempfile's, which only their owner can read: this file becomes the user's picture.
    """
    folder = os.path.dirname(os.path.realpath(path))
    return os.path.join(folder, f".facemo-{secrets.token_hex(8)}.part")


def _sync_folder(path: str) -> None:
    """Make a rename of `path` survive a power cut, where folders can be opened and flushed."""
    if hasattr(os, "O_DIRECTORY"):
        with suppress(OSError):  # some network file systems cannot; the rename has happened
            handle = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
