"""The shape that tiles are given by the pictures they are made of."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np

from facemo.library.batches import path_of
from facemo.library.facts import facts_of, with_name
from facemo.library.filters import ALL, Filters
from facemo.library.formats import opened, orientation
from facemo.library.picture import silent_decoders
from facemo.options import LONGEST

# What cameras make, width to height; other pictures count as the nearest.
_ASPECTS = (1.0, 4 / 3, 3 / 4, 3 / 2, 2 / 3, 16 / 9, 9 / 16)
# So many files are looked at, spread over all: their headers take 20 ms, however many there are.
_SAMPLE = 100
_MOST = 2000  # where filters leave most of them out


def common_shape(root: str, names: Sequence[str], filters: Filters = ALL) -> tuple[int, int]:
    """(height, width) of tiles with the shape that most pictures below `root` have.

    Those count that pass the `filters`. Where no shape has more than half of those looked at, a
    square one, which loses least of all. Only headers are read.
    """
    step = max(1, math.ceil(len(names) / _SAMPLE))
    spread = (name for start in range(step) for name in names[start::step])
    some = islice(spread, _SAMPLE if filters == ALL else _MOST)
    with silent_decoders():
        sizes = (_size_of(path_of(root, name), filters) for name in some)
        return shape_of(islice((size for size in sizes if size is not None), _SAMPLE))


def shape_of(sizes: Iterable[tuple[int, int]], longest: int = LONGEST) -> tuple[int, int]:
    """(height, width) of tiles with the shape that most pictures of these (width, height) have.

    >>> shape_of([(4000, 3000), (3000, 4000), (4032, 3024)])
    (48, 64)
    """
    shapes = Counter(_nearest(*size) for size in sizes)
    [(aspect, count)] = shapes.most_common(1) or [(1.0, 0)]
    if 2 * count <= shapes.total():
        aspect = 1.0
    return round(longest / max(aspect, 1)), round(longest * min(aspect, 1))


def _nearest(width: int, height: int) -> float:
    return min(_ASPECTS, key=lambda aspect: abs(np.log(width / height / aspect)))


def _size_of(path: str, filters: Filters) -> tuple[int, int] | None:
    """(width, height) that a file's header tells of its picture, turned.

    None where it does not, and where the `filters` leave the file out.
    """
    try:
        with opened(path) as (file, image):
            told = with_name(facts_of(image, file), path)
            if filters.why_not(told) is not None:
                return None
            width, height = image.size
            # Else a PNG would be decoded for what may follow its pixels; a TIFF is turned already.
            turn = orientation(image) if "exif" in image.info else 1
    except Exception:  # decoders raise anything; why it is set aside is said when it is decoded
        return None
    if not width * height:
        return None
    return (height, width) if turn >= 5 else (width, height)
