"""Some tiles of a library, looked at before all are loaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError
from facemo.library.batches import path_of
from facemo.library.choose import chosen_files
from facemo.library.find import Source
from facemo.library.load import load_tiles
from facemo.options import Loading

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
    size = tuple(max(1, int(side * scale)) for side in tile)
    asked: dict[str, Any] = {
        "size": size,
        "background": wanted.background,
        "truncated": wanted.truncated,
        "crop": "centre",
        "cache": False,
        "duplicates": "keep",
    }
    try:
        return load_tiles(files, **asked).pixels
    except InputError:
        return None
