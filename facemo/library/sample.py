"""Some tiles of a library, looked at before all are loaded."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError
from facemo.kinds import Color, parse_color
from facemo.library.batches import path_of
from facemo.library.choose import chosen_files
from facemo.library.find import Source
from facemo.library.load import load_tiles
from facemo.options import Loading, LoadingOptions, Truncated

_COUNT = 24  # whose mean is within a tenth of that of all, mostly
_LONGEST = 512  # pixels of a side: larger tiles are looked at in that size


def sample_tiles(
    source: Sequence[Source], tile: tuple[int, int], wanted: Loading
) -> NDArray[np.uint8] | None:
    """Some pictures of `source`, spread over it, as tiles of this (height, width).

    Returns (n, h, w, 3) uint8, n at most 24 and sides at most 512; None if none of those looked at
    is usable. They are cut about their middle, and are not put into a cache, which would lay them
    apart from the rest.

    >>> sample_tiles(["data/tiles"], (32, 32), Loading()).shape
    (24, 32, 32, 3)
    """
    root, names, *_ = chosen_files(source, wanted)
    if not names:
        return None
    places = np.unique(np.linspace(0, len(names) - 1, _COUNT).round().astype(int))
    files = [path_of(root, names[place]) for place in places]
    scale = min(1, _LONGEST / max(tile))
    size = max(1, int(tile[0] * scale)), max(1, int(tile[1] * scale))
    stamped = tuple((file, _changed(file)) for file in files)
    return _loaded(stamped, size, parse_color(wanted.background), wanted.truncated)


def _changed(path: str) -> int:
    """When a file was changed; 0 if it is gone."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=1)  # of several outputs each asks
def _loaded(
    stamped: tuple[tuple[str, int], ...],
    size: tuple[int, int],
    background: Color,
    truncated: Truncated,
) -> NDArray[np.uint8] | None:
    asked: LoadingOptions = {
        "size": size,
        "background": background,
        "truncated": truncated,
        "crop": "centre",
        "cache": False,
        "duplicates": "keep",
    }
    try:
        return load_tiles([path for path, _ in stamped], **asked).pixels
    except InputError:
        return None
