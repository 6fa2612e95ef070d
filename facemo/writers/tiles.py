"""save_tiles: write tiles as files of their own, so that others can use the crops."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from PIL import Image

from facemo.errors import InputError, shown
from facemo.library.filters import spelt
from facemo.library.find import find_files
from facemo.library.tensor import AnyTiles, as_tiles
from facemo.machine import in_order
from facemo.options import Progress
from facemo.writers.whole import named, new_folder

# What some system takes for something else than a letter of a name, and names that Windows keeps.
_UNSAFE = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f\ud800-\udfff]')
_KEPT = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³]) *(\.|$)", re.IGNORECASE)
_LONGEST = 200  # bytes of a name, of the 255 that most file systems take


def save_tiles(
    tiles: AnyTiles, folder: str | os.PathLike[str], *, progress: Progress | None = None
) -> list[str]:
    """Write each tile, as it was cropped and shrunk, as a PNG of its own into a new folder.

    The files are named after the photos, folders and all: ``sub/me.jpg`` becomes ``sub_me.png``;
    letters that some system does not take are replaced, and equal names numbered. The folder
    appears when it is complete, and not before.

    Parameters
    ----------
    tiles : Tiles, (N, h, w, 3) uint8, or a list of pictures of one size
        As `load_tiles` makes them.
    folder : path
        The folder to write, which must not be there, or be empty.
    progress : callable
        Called as ``progress(done, total)`` with numbers of tiles.

    Returns
    -------
    list of str
        The names of the files, in the order of the tiles.

    Raises
    ------
    InputError
        For a folder that holds something, or cannot be made.
    OSError
        For what the disk refuses later.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> tiles = np.zeros((2, 8, 8, 3), np.uint8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_tiles(tiles, f"{folder}/crops")
    ['0.png', '1.png']
    """
    if not (progress is None or callable(progress)):
        raise InputError(f"progress must be a function, got {progress!r}")
    tiles = as_tiles(tiles)
    path = named(folder)
    check_tiles_folder(path)
    names = file_names(tiles.names)
    with new_folder(path) as part:

        def write(number: int) -> None:
            image = Image.fromarray(tiles.pixels[number])
            image.save(os.path.join(part, names[number]), "PNG")

        for done, _ in enumerate(in_order(write, range(len(tiles))), 1):
            if progress is not None:
                progress(done, len(tiles))
    return names


def check_tiles_folder(path: str, reads: Iterable[str] = ()) -> None:
    """Raise an InputError for a folder that tiles cannot be written to.

    reads : files and folders that are read: its files would be photos of the next mosaic
    """
    wish = f"folder {shown(path)} for tiles"
    place = os.path.realpath(named(path))
    if os.path.lexists(place) and not os.path.isdir(place):
        raise InputError(f"{wish} is a file: name a new folder")
    if place == os.path.realpath(os.curdir):
        raise InputError(f"{wish} is the current one: name a new one in it")
    _check_empty(place, wish)
    above = os.path.dirname(place)
    if not os.path.isdir(above):
        raise InputError(f"{wish}: no such folder: {shown(above)}")
    if not os.access(above, os.W_OK):
        raise InputError(f"{wish}: {shown(above)} takes no files: name a folder elsewhere")
    for read in filter(os.path.isdir, reads):
        if {place, above} & find_files(read).folders:
            raise InputError(
                f"{wish} lies in {shown(read)}, where tiles are read from, and they would be "
                "tiles of the next mosaic: name a folder elsewhere"
            )


def _check_empty(place: str, wish: str) -> None:
    """Raise an InputError for a folder that holds something, or whose name the system refuses."""
    try:
        holds = os.listdir(place)
    except FileNotFoundError:
        return
    except OSError as error:  # a name that is too long, say
        raise InputError(f"{wish}: {error.strerror}: name another") from None
    if holds:
        raise InputError(f"{wish} holds files already: name a new one, or an empty one")


def file_names(names: Iterable[str]) -> list[str]:
    """Names of PNG files after those of photos: safe on any system, no two of them equal there.

    >>> file_names(["sub/me.jpg", "sub/me.JPG", "SUB/ME.png", "nul.tif", "a?.b.gif", ".x"])
    ['sub_me.png', 'sub_me-2.png', 'SUB_ME-3.png', '_nul.png', 'a_.b.png', '_.x.png']
    """
    taken: dict[str, int] = {}
    return [_free(_safe(name), taken) for name in names]


def _safe(name: str) -> str:
    """A name without its suffix, as any system takes it; of a long one the end, as it is called."""
    stem = _UNSAFE.sub("_", os.path.splitext(name)[0])
    stem = stem.encode()[-_LONGEST:].decode(errors="ignore").rstrip(". ") or "_"
    return f"_{stem}" if _KEPT.match(stem) or stem[0] in ".-~ " else stem


def _free(stem: str, taken: dict[str, int]) -> str:
    """A name that nothing has yet; `taken` holds stems, as `_alike`, and their last numbers."""
    name, number = stem, taken.get(_alike(stem), 1)
    while _alike(name) in taken:
        number += 1
        name = f"{stem}-{number}"
    taken[_alike(stem)] = number
    taken.setdefault(_alike(name), 1)
    return f"{name}.png"


def _alike(name: str) -> str:
    """What is equal for names that are one on some system, by the case or spelling of letters."""
    return spelt(spelt(name).casefold())
