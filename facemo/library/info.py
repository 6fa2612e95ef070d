"""What a cache holds, and how it is emptied."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass

from facemo.errors import InputError, nbytes, printable, shown
from facemo.kinds import Folder
from facemo.library.cache import cache_folder, is_own
from facemo.library.index import DAMAGES, INDEX, Index
from facemo.library.packs import packs_in


@dataclass(frozen=True)
class CacheInfo:
    """What a cache holds.

    Parameters
    ----------
    folder : str
        Where it is.
    files : {"64x64": int}
        How many files it knows, by the height and width of the tiles.
    nbytes : int
        What it takes on the disk.
    """

    folder: str
    files: dict[str, int]
    nbytes: int

    def __str__(self) -> str:
        lines = [f"{printable(self.folder)}: {nbytes(self.nbytes)}"]
        for size, count in self.files.items():
            height, width = size.split("x")
            lines.append(f"  {count:,} files as tiles of {width} x {height} px")
        return "\n".join(lines)


def cache_info(cache: Folder = True) -> CacheInfo:
    """Say what the cache holds; a folder that is none holds nothing.

    The user's own is ``~/.cache/facemo`` on Linux; `load_tiles` says what a cache keeps.

    Parameters
    ----------
    cache : bool or path
        The folder, or True for the user's own.

    Returns
    -------
    CacheInfo
        The folder, how many files it knows, and what it takes.

    Raises
    ------
    InputError
        For what names no folder, or is none.

    Examples
    --------
    >>> cache_info("no/such/folder").nbytes
    0
    """
    folder = cache_folder(cache)
    if folder is None:
        raise InputError("cache must be a folder or True, got none")
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise InputError(f"cache must be a folder, got {shown(folder)}, which is none")
    files: Counter[str] = Counter()
    taken = sum(status.st_size for status in packs_in(folder).values())
    path = os.path.join(folder, INDEX)
    if os.path.isfile(path):
        taken += os.path.getsize(path)
        with suppress(OSError, *DAMAGES), closing(Index(path)) as index:
            files = index.counts()
    return CacheInfo(folder, dict(sorted(files.items())), taken)


def clear_cache(cache: Folder = True) -> CacheInfo:
    """Delete what the cache holds and nothing else.

    Parameters
    ----------
    cache : bool or path
        The folder, or True for the user's own.

    Returns
    -------
    CacheInfo
        What that was.

    Raises
    ------
    InputError
        For what names no folder, or is none.
    OSError
        For what the folder refuses, when all else is deleted.

    Examples
    --------
    >>> clear_cache("no/such/folder").nbytes
    0
    """
    info = cache_info(cache)
    refused: OSError | None = None
    with suppress(FileNotFoundError, NotADirectoryError):
        for name in filter(is_own, os.listdir(info.folder)):
            try:
                os.unlink(os.path.join(info.folder, name))
            except OSError as error:
                refused = error
    if refused is not None:
        raise refused
    return info
