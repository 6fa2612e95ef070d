"""Which tiles for which cell: one batched nearest-neighbour query, in few dimensions if need be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.spatial import KDTree

from facemo.kernels.match import squared_distances
from facemo.machine import batches, divide

# More dimensions than this are brought down to it before the query: 16,384 cells and 10,000 tiles
# in 48 dimensions take 0.87 s, in 16 principal components, 95% of the variance, 0.38 s.
_MOST_DIMENSIONS = 16
# Candidates that will be judged are sought in fewer: of 48 of them (24 pairs of a library and a
# target) what is picked is as good in 8 as in 10, within a hundredth, and a tenth dearer in time.
_FEW_DIMENSIONS = 8
# Cells that look alike have the same tiles near them, and a wall would be of 49 photos: so each
# asks for those near a place a little off its own, by this times what the nearest tile is off on
# average. Flat targets then show 184 of 919 photographs; FLIP of four pictures stays as it was.
_OFF = 0.8
_MEASURED = 256  # cells whose nearest tile is looked for first
# With leaves of 32 tiles, not 10, 48 neighbours of each cell take two thirds of the time.
_LEAF = 32
# Cells asked for at a time: scipy answers in 16 bytes a candidate, of which 8 are kept.
_QUERIED = 1 << 14
# OpenBLAS gives matrix products of more multiplications than this to threads of its own, and those
# spin for some 25 ms afterwards, when the query wants the processors: it then takes twice as long.
_PRODUCT = 1 << 18


class Neighbours:
    """The tiles near each cell, roughly: in the few dimensions that tell most.

    tiles : (N, d), cells : (M, d) float32 descriptions

    >>> Neighbours(np.float32([[0], [10]]), np.float32([[7]])).nearest(slice(1), k=2)
    (array([[1, 0]]), array([[3., 7.]]))
    """

    def __init__(self, tiles: NDArray[np.float32], cells: NDArray[np.float32]) -> None:
        """Build the one tree that all cells ask."""
        self._cells: NDArray[np.floating] = cells
        if tiles.shape[1] <= _FEW_DIMENSIONS:
            self._tree = KDTree(tiles)
        else:
            few, places = _principal(tiles, cells, _FEW_DIMENSIONS)
            self._tree = KDTree(few, leafsize=_LEAF)
            self._cells = places + _off(self._tree, places)

    def nearest(self, some: slice, k: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The `k` tiles nearest to some of the cells, and how far they are: two (m, k)."""
        distance, found = self._tree.query(self._cells[some], np.arange(1, k + 1))
        return found, distance


def _off(tree: KDTree, places: NDArray[np.float64]) -> NDArray[np.float32]:
    """A little way in any direction for each place, (M, d) to (M, d), the same every time."""
    some = places[:: -(-len(places) // _MEASURED)]
    apart = np.median(tree.query(some)[0])
    ways = np.random.default_rng(0).standard_normal(places.shape, np.float32)
    off: NDArray[np.float32] = ways * np.float32(_OFF * apart / places.shape[1] ** 0.5)
    return off


def queried(
    among: NDArray[np.floating], of: NDArray[np.floating], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The `k` nearest points `among` for each one `of`, and how far they are: two (M, k)."""
    tree = KDTree(among)
    found = np.empty((len(of), k), np.int32)
    distances = np.empty((len(of), k), np.float32)
    ranks = np.arange(1, k + 1)

    # In threads of our own: scipy's outlive an interrupt, and then end the process.
    def work(some: slice) -> None:
        distances[some], found[some] = tree.query(of[some], ranks)

    divide(work, len(of), found.nbytes * 8, _QUERIED)
    return found, distances


def nearest(
    tiles: NDArray[np.float32], cells: NDArray[np.float32], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The `k` tiles nearest to each cell, the nearest first, and their squared distances.

    tiles : (N, d), cells : (M, d) float32 descriptions
    Returns (M, min(k, N)) int32 numbers of tiles and float32 distances.

    Up to 16 dimensions the query is exact. Beyond, some more than k are found by principal
    components and ranked by the full description; 99.9% of the true ones are among them (4 x 4
    blocks, 10,000 tiles, 4,096 cells; k of 1, 5 and 20).

    >>> nearest(np.float32([[0], [10]]), np.float32([[7]]), k=2)
    (array([[1, 0]], dtype=int32), array([[ 9., 49.]], dtype=float32))
    """
    k = min(k, len(tiles))
    if tiles.shape[1] <= _MOST_DIMENSIONS:
        found, distances = queried(tiles, cells, k)
        return found, distances**2
    few = _principal(tiles, cells, _MOST_DIMENSIONS)
    found = queried(*few, min(k + k // 2 + 8, len(tiles)))[0]
    return _ranked(tiles, cells, found, k)


def _ranked(
    tiles: NDArray[np.float32], cells: NDArray[np.float32], found: NDArray[np.int32], k: int
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """The `k` nearest among those `found`, by the full description."""
    ranked = np.empty((len(cells), k), np.int32)
    distances = np.empty((len(cells), k), np.float32)

    def work(part: slice) -> None:
        all_distances = np.empty(found[part].shape, np.float32)
        squared_distances(tiles, cells[part], found[part], all_distances)
        order = np.argsort(all_distances, axis=1, kind="stable")[:, :k]
        ranked[part] = np.take_along_axis(found[part], order, axis=1)
        distances[part] = np.take_along_axis(all_distances, order, axis=1)

    divide(work, len(cells), found.size * tiles.itemsize * tiles.shape[1])
    return ranked, distances


def _principal(
    tiles: NDArray[np.float32], cells: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both in the principal components of the tiles, the `count` of largest variance."""
    mean = tiles.mean(axis=0, dtype=np.float64)
    centred = tiles - mean
    axes = np.ascontiguousarray(components(scatter_of(centred))[:, :count])
    return _projected(centred, axes), _projected(cells - mean, axes)


def scatter_of(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """``points.T @ points``, in products that OpenBLAS leaves to the thread that asks for them.

    >>> scatter_of(np.float64([[1, 2], [0, 1]]))
    array([[1., 2.],
           [2., 5.]])
    """
    total = np.zeros((points.shape[1], points.shape[1]))
    for some in batches(len(points), _PRODUCT // total.size):
        total += points[some].T @ points[some]
    return total


def components(scatter: NDArray[np.float64]) -> NDArray[np.float64]:
    """The principal axes of points whose squares and products add up to `scatter`, (d, d).

    Returns (d, d) float64, a column each, that of the largest variance first.

    >>> np.abs(components(np.diag([1.0, 4.0])))
    array([[0., 1.],
           [1., 0.]])
    """
    # Not numpy's, which wakes OpenBLAS's threads at any size.
    return np.asarray(eigh(scatter, driver="evd")[1][:, ::-1])


def _projected(points: NDArray[np.float64], axes: NDArray[np.float64]) -> NDArray[np.float64]:
    """``points @ axes``, in products that OpenBLAS leaves to the thread that asks for them."""
    projected = np.empty((len(points), axes.shape[1]))
    for some in batches(len(points), _PRODUCT // axes.size):
        np.matmul(points[some], axes, out=projected[some])
    return projected
