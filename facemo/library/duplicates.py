"""Tiles that are the same picture twice: equal to the byte, or nearly, as the shots of a burst."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree
from skimage.color import rgb2lab

from facemo.area import block_means
from facemo.machine import batches

# Tiles described at a time, at some 3 kB each.
_BATCH = 1 << 14
_BLOCKS = 4
# Two tiles nearly equal each other if the blocks of 4 x 4 differ by at most this share of their
# contrast, and a little that serves flat pictures, as a root mean square in L*a*b*. So 200
# portraits and 66 parts of photos and textures are found again after JPEG of quality 60, another
# size and a shift of 1% of the side (all), a shift of 2% (100% and 95%), one of 1% with 2% more
# exposure, noise and JPEG (99%), a crop to 96% (98% and 89%); not after a crop to 92% (12% of the
# portraits) or 10% more exposure. None was taken for another: no two are nearer than a share of
# 0.5. Of 100 smooth skies whose colours differ by some 12 of 255, 8 were. With 8 x 8 blocks shifts
# count half as much again.
_SHARE = 0.2
_FLAT = 0.5
# 99 of 100 of those shots differ by at most 2.3, and the nearest two portraits by 11.
_MOST = np.float32(3)
# The coordinates that pairs are sought by: 70,000 crops of photographs take 4.1 s with 12 of the
# 48, 4.7 with 6, 7.2 with 24, 9.5 with all.
_KEYS = 12
_FEWEST = 512


def equal(
    tile: Callable[[int], NDArray[np.uint8]], checksums: NDArray[np.uint32]
) -> NDArray[np.int64]:
    """For each tile the first that it is equal to, which may be itself: (N,) int64.

    tile : what returns a tile by its number; it is asked for those whose checksums repeat
    checksums : (N,) uint32, of each tile's bytes; equal ones are no more than a hint

    >>> pixels = np.uint8([7, 8, 7]).reshape(3, 1, 1, 1).repeat(3, axis=3)
    >>> equal(pixels.__getitem__, np.uint32([5, 5, 5]))
    array([0, 1, 0])
    """
    first = np.arange(len(checksums), dtype=np.int64)
    _, which, counts = np.unique(checksums, return_inverse=True, return_counts=True)
    known: dict[int, list[int]] = {}
    for n in np.flatnonzero(counts[which] > 1).tolist():
        others = known.setdefault(int(checksums[n]), [])
        first[n] = next((m for m in others if np.array_equal(tile(n), tile(m))), n)
        if first[n] == n:
            others.append(n)
    return first


def near(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    """For each tile the first that it nearly equals, which may be itself: (N,) int64.

    pixels : (N, h, w, 3) uint8, sRGB

    In their order, a tile goes to the first earlier one that it nearly equals and that stands for
    itself, so that no chain joins what differs. Nearly equal are copies that were encoded again or
    brought to another size, and the shots of a burst as long as little moves; mirror images,
    turned ones and other crops are not.

    >>> pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)
    >>> pixels[2] = pixels[1] // 2 * 2
    >>> near(pixels)
    array([0, 1, 1])
    """
    points = np.empty((len(pixels), 3 * _BLOCKS**2), np.float32)
    for some in batches(len(pixels), _BATCH):
        points[some] = _frequencies(pixels[some])
    contrast = np.sqrt((points[:, 3:] ** 2).sum(axis=1))
    return _leaders(points, np.minimum(_FLAT + _SHARE * contrast, _MOST))


def _leaders(points: NDArray[np.float32], reach: NDArray[np.float32]) -> NDArray[np.int64]:
    """For each point, in their order, the first leader within reach; else it is one: (N,) int64.

    points : (N, d) float32, the coordinates that vary most first
    reach : (N,) float32; of two points the smaller counts
    """
    first = np.arange(len(points))
    leaders = first[:0]
    start = 0
    while start < len(points):
        # As many at a time as there are leaders, so that pairs are few where most are duplicates.
        stop = min(start + max(_FEWEST, len(leaders)), len(points))
        of_leaders, near = _pairs(points, reach, leaders, np.arange(start, stop))
        np.minimum.at(first, near, of_leaders)
        left = np.arange(start, stop)[first[start:stop] >= start]
        earlier, later = _pairs(points, reach, left, left)
        ends = np.searchsorted(earlier, left, "right")
        for n, begin, end in zip(left, [0, *ends], ends, strict=False):
            if first[n] == n:
                theirs = later[begin:end]
                first[theirs[first[theirs] == theirs]] = n
        leaders = np.concatenate([leaders, left[first[left] == left]])
        start = stop
    return first


def _pairs(
    points: NDArray[np.float32],
    reach: NDArray[np.float32],
    some: NDArray[np.int64],
    others: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The pairs of one of `some` and a later one of `others` within reach, in their order."""
    one, other = (KDTree(points[numbers, :_KEYS]) for numbers in (some, others))
    found = one.sparse_distance_matrix(other, float(reach.max()), output_type="ndarray")
    a, b = some[found["i"]], others[found["j"]]
    a, b = a[a < b], b[a < b]
    near = np.zeros(len(a), bool)
    for part in batches(len(a), _BATCH):
        apart = np.linalg.norm(points[a[part]] - points[b[part]], axis=1)
        near[part] = apart <= np.minimum(reach[a[part]], reach[b[part]])
    a, b = a[near], b[near]
    order = np.lexsort((b, a))
    return a[order], b[order]


def _frequencies(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Points whose distances are root mean squares over blocks: (N, h, w, 3) to (N, 48).

    The discrete cosine transform of the blocks in L*a*b*, the lowest frequencies first, of which
    the first three numbers are the mean. Distances are what they are between the blocks, but show
    in the first few numbers.
    """
    from scipy.fft import dctn  # 16 ms, which few need

    blocks = rgb2lab(block_means(pixels, _BLOCKS) / 255)
    waves = dctn(blocks, axes=(1, 2), norm="ortho") / _BLOCKS
    down, across, channel = np.indices(waves.shape[1:]).reshape(3, -1)
    order = np.lexsort((channel, down + across))
    return np.asarray(waves.reshape(len(waves), -1)[:, order], np.float32)
