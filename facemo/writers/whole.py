"""Files that appear whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from facemo.errors import InputError, shown


def check_folder(path: str) -> None:
    """Raise an InputError unless a regular file can be created at `path`."""
    folder = _folder(path)
    if not os.path.isdir(folder):
        raise InputError(f"output {shown(path)}: no such folder: {shown(folder)}")
    if os.path.exists(path) and not os.path.isfile(path):
        raise InputError(f"output {shown(path)} exists and is not a regular file")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"output {shown(path)}: the folder {shown(folder)} cannot be written to")


@contextmanager
def whole_file(path: str) -> Iterator[BinaryIO]:
    """A new file to write, which takes the name `path` when the block ends without an error.

    It is written beside its destination, flushed to the disk and renamed; after an error it is
    removed, and what stood at `path` stays. A link is followed: the file it names is replaced.
    """
    folder = _folder(path)
    part = os.path.join(folder, f".facemo-{secrets.token_hex(8)}.part")
    # Not tempfile, whose files only their owner can read: this one becomes the user's picture.
    try:
        with open(part, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, os.path.realpath(path))
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(part)
        raise
    _sync_folder(folder)


def _folder(path: str) -> str:
    return os.path.dirname(os.path.realpath(path))


def _sync_folder(folder: str) -> None:
    """Make a rename in `folder` survive a power cut, on systems that can open folders."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
