"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

from facemo.errors import InputError, shown


def check_file(path: str) -> None:
    """Raise an InputError unless a regular file can be created at `path`."""
    _check_beside(path)
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"output {shown(path)} exists and is not a regular file")


def check_folder(path: str, members: Sequence[str]) -> None:
    """Raise an InputError unless a folder can be created at `path`.

    One that is there is replaced if it is empty or has one of `members`: what was written here has.
    """
    _check_beside(path)
    ours = [os.path.exists(os.path.join(path, member)) for member in members]
    if os.path.lexists(path) and not (os.path.isdir(path) and (any(ours) or not os.listdir(path))):
        raise InputError(
            f"output {shown(path)} exists and was not written by facemo: give it another name"
        )


def _check_beside(path: str) -> None:
    """Raise an InputError unless files can be created beside `path`; one is, and removed."""
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise InputError(f"output {shown(path)}: no such folder: {shown(folder)}")
    try:
        os.lstat(path)
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
        with suppress(FileNotFoundError):
            shutil.copymode(path, part)
        os.replace(part, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part)
        raise
    _sync_folder(os.path.dirname(path))


@contextmanager
def whole_folder(path: str, *, named_by: str | None = None) -> Iterator[str]:
    """A new folder to fill, which takes the name `path` when the block ends without an error.

    What stood at `path` is moved aside before, and removed when it is replaced. `named_by`, a file
    that means nothing without the folder, is removed before it is replaced, so that it never goes
    with another's.
    """
    path = os.path.realpath(path)
    part, old = _part(path), _part(path)
    try:
        os.mkdir(part)
        yield part
        if hasattr(os, "sync"):
            os.sync()  # one call, where there may be a million files
        if named_by is not None:
            with suppress(FileNotFoundError):
                os.unlink(named_by)
        with suppress(FileNotFoundError):
            os.rename(path, old)
        os.rename(part, path)
    except BaseException:
        if os.path.exists(old) and not os.path.exists(path):
            os.rename(old, path)
        shutil.rmtree(part, ignore_errors=True)
        raise
    _sync_folder(os.path.dirname(path))
    shutil.rmtree(old, ignore_errors=True)


def _part(path: str) -> str:
    """The name of a temporary file beside `path`.

    Not tempfile's, which only their owner can read: this file becomes the user's picture.
    """
    folder = os.path.dirname(os.path.realpath(path))
    return os.path.join(folder, f".facemo-{secrets.token_hex(8)}.part")


def _sync_folder(folder: str) -> None:
    """Make a rename in `folder` survive a power cut, on systems that can open folders."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
