"""Which region of a picture an index means, and which cells lie in it."""

from __future__ import annotations

import operator
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

Key = int | slice | EllipsisType | tuple[int | slice | EllipsisType, ...]


def parts_of(key: Key) -> tuple[int | slice, int | slice, int | slice]:
    """`key` as three parts, one an axis: an ellipsis and missing parts become whole axes.

    Raises IndexError as numpy does.
    """
    given = list(key) if isinstance(key, tuple) else [key]
    if sum(part is Ellipsis for part in given) > 1:
        raise IndexError("an index can have only one ellipsis ('...')")
    if not any(part is Ellipsis for part in given):
        given.append(Ellipsis)
    if len(given) > 4:
        raise IndexError(f"too many indices: a mosaic has 3 axes, {len(given) - 1} were indexed")
    at = next(i for i, part in enumerate(given) if part is Ellipsis)
    given[at : at + 1] = [slice(None)] * (4 - len(given))
    y, x, channel = (_part(part) for part in given)
    return y, x, channel


def _part(part: object) -> int | slice:
    if isinstance(part, slice):
        return part
    if not isinstance(part, (bool, np.bool_, np.ndarray)) and hasattr(part, "__index__"):
        return operator.index(part)
    raise IndexError(f"a mosaic takes integers, slices and an ellipsis as indices, got {part!r}")


def span_of(part: int | slice, length: int) -> range:
    """The places along an axis that an index selects."""
    if isinstance(part, slice):
        return range(*part.indices(length))
    if not -length <= part < length:
        raise IndexError(f"index {part} is out of bounds for an axis of {length} pixels")
    return range(part % length, part % length + 1)


def cells_of(span: range, side: int) -> tuple[slice, NDArray[np.int64]]:
    """The cells that a span of pixels lies in, and the span counted from the first of them.

    >>> cells_of(range(7, 10), 4)
    (slice(1, 3, None), array([3, 4, 5]))
    """
    ends = span[0] // side, span[-1] // side
    first = min(ends)
    # np.array(span) would take longer than drawing does.
    places = np.arange(span.start, span.stop, span.step, dtype=np.int64)
    return slice(first, max(ends) + 1), places - first * side
