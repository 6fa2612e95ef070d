"""A tree of points at prices: those that are cheapest for a place, distance and price together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.compile import compiled


class Tree(NamedTuple):
    """Points halved again and again; node n has the children 2 n + 1 and 2 n + 2.

    first, last : (nodes,) int32, where its points begin and end, in the order of `halve`
    low, high : (nodes, d) float64, the box around them
    slope, base : (nodes, d), (nodes,) float64: none of them has a price below base + slope @ point
    """

    first: NDArray[np.int32]
    last: NDArray[np.int32]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    slope: NDArray[np.float64]
    base: NDArray[np.float64]


@compiled
def halve(points: NDArray[np.float32], tree: Tree, order: NDArray[np.int32]) -> None:
    """Give each node the half of its parent's points, split where these lie widest.

    points : (N, d) float32; order : (N,) int32, all their numbers, brought into that order
    """
    first, last, low, high, _, _ = tree
    first[0], last[0] = 0, len(points)
    for node in range(len(first)):
        start, stop = first[node], last[node]
        for q in range(points.shape[1]):
            low[node, q], high[node, q] = np.inf, -np.inf
            for i in range(start, stop):
                value = points[order[i], q]
                low[node, q] = min(low[node, q], value)
                high[node, q] = max(high[node, q], value)
        if 2 * node + 2 >= len(first):
            continue
        widest = np.argmax(high[node] - low[node])
        values = np.empty(stop - start, np.float32)
        for i in range(start, stop):
            values[i - start] = points[order[i], widest]
        order[start:stop] = order[start:stop][np.argsort(values)]
        middle = (start + stop) // 2
        first[2 * node + 1], last[2 * node + 1] = start, middle
        first[2 * node + 2], last[2 * node + 2] = middle, stop


@compiled
def tilt(points: NDArray[np.float32], price: NDArray[np.float64], tree: Tree) -> None:
    """Find for each node a plane below its points' prices: the one that fits them, let down.

    Where cells are far from what they have, prices fall as steeply as distances rise: what a box
    costs at the least both say together, or neither. With their least price alone, as in a tree of
    one dimension more, a query takes three times as long with 80,000 tiles.

    points : (N, d) float32, price : (N,) float64, in the order of `halve`
    """
    first, last, _, _, slope, base = tree
    size = points.shape[1]
    for node in range(len(first)):
        count = last[node] - first[node]
        mean, prices = np.zeros(size), 0.0
        for i in range(first[node], last[node]):
            for q in range(size):
                mean[q] += points[i, q] / count
            prices += price[i] / count
        square, product = np.zeros((size, size)), np.zeros(size)
        for i in range(first[node], last[node]):
            for q in range(size):
                off = points[i, q] - mean[q]
                product[q] += off * (price[i] - prices)
                for r in range(size):
                    square[q, r] += off * (points[i, r] - mean[r])
        for q in range(size):
            square[q, q] += 1e-6 * count + 1e-9
        slope[node] = np.linalg.solve(square, product)
        base[node] = np.inf
        for i in range(first[node], last[node]):
            left = price[i]
            for q in range(size):
                left -= slope[node, q] * points[i, q]
            base[node] = min(base[node], left)
        if count == 0:
            base[node] = 0.0


@compiled
def _at_least(place: NDArray[np.float32], node: int, tree: Tree) -> float:
    """What the points of a node cost at a place at the least."""
    _, _, low, high, slope, base = tree
    total = base[node]
    for q in range(len(place)):
        at = min(max(place[q] - slope[node, q] / 2, low[node, q]), high[node, q])
        total += (np.float64(place[q]) - at) ** 2 + slope[node, q] * at
    return float(total)


@compiled
def cheapest_of(
    places: NDArray[np.float32],
    points: NDArray[np.float32],
    price: NDArray[np.float64],
    tree: Tree,
    slack: float,
    found: NDArray[np.int32],
    cost: NDArray[np.float64],
) -> None:
    """The points that cost least at each place, squared distance and price, the cheapest first.

    places : (m, d) float32; points, price : as for `tilt`
    slack : others may be cheaper by up to this; where very many are nearly as cheap, to tell which
        of them is the cheapest takes long
    found, cost : (m, k) int32, float64, filled; k is at most the number of points
    """
    first, last = tree.first, tree.last
    inner = len(first) // 2  # nodes before this have children
    stack, worth = np.empty(128, np.int64), np.empty(128, np.float64)
    k = found.shape[1]
    for m in range(len(places)):
        place, best, which = places[m], cost[m], found[m]
        best[:] = np.inf
        stack[0], worth[0], depth = 0, _at_least(place, 0, tree), 1
        while depth:
            depth -= 1
            node = stack[depth]
            if worth[depth] >= best[k - 1] - slack:
                continue
            if node < inner:
                left, right = 2 * node + 1, 2 * node + 2
                one, other = _at_least(place, left, tree), _at_least(place, right, tree)
                if one < other:
                    left, right, one, other = right, left, other, one
                stack[depth], worth[depth] = left, one
                stack[depth + 1], worth[depth + 1] = right, other
                depth += 2
                continue
            for i in range(first[node], last[node]):
                value = price[i]
                for q in range(len(place)):
                    value += (np.float64(place[q]) - points[i, q]) ** 2
                if value >= best[k - 1]:
                    continue
                at = k - 1
                while at > 0 and best[at - 1] > value:
                    best[at], which[at] = best[at - 1], which[at - 1]
                    at -= 1
                best[at], which[at] = value, i
