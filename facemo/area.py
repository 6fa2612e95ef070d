"""Area averages: how every picture here is shrunk before it is compared."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8] | NDArray[np.float32]


def area_means(image: Pixels, count: int, axis: int) -> Pixels:
    """`image` averaged along `axis` over `count` equal intervals, which may end within a pixel.

    The image itself where `count` is its length; float32 otherwise. `count` may exceed the length.

    >>> area_means(np.array([[0], [30], [60]], np.uint8), 2, axis=0)
    array([[10.], [50.]], dtype=float32)
    """
    if count > image.shape[axis]:
        image = cast(Pixels, np.repeat(image, -(-count // image.shape[axis]), axis))
    length = image.shape[axis]
    if length == count:
        return image
    edges = np.arange(count + 1) * (length / count)
    pixel = np.minimum(edges.astype(np.int64), length - 1)
    part = (edges - pixel).astype(np.float32)
    part[-1] = 0  # the last sum runs to the end as it is
    part = np.expand_dims(part, tuple(range(1, image.ndim - axis)))
    at_edges = np.take(image, pixel, axis) * part
    sums = np.add.reduceat(image, pixel[:-1], axis, dtype=np.float32)
    sums += np.diff(at_edges, axis=axis)
    return sums * np.float32(count / length)
