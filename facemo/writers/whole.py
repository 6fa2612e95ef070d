"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from facemo.errors import InputError, shown


def check_folder(path: str) -> None:
    """Raise an InputError unless a regular file can be created at `path`; one is, and removed."""
    folder = os.path.dirname(os.path.realpath(path))
    if not os.path.isdir(folder):
        raise InputError(f"output {shown(path)}: no such folder: {shown(folder)}")
    try:
        os.lstat(path)
    except FileNotFoundError:
        pass
    except OSError as error:  # a name that is too long, say
        raise InputError(f"output {shown(path)}: {error.strerror}") from None
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"output {shown(path)} exists and is not a regular file")
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
        with open(part, "xb") as file:
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
