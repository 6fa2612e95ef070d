"""Few colours for many: the means of variants, and which of them each cell gets."""

from __future__ import annotations

import heapq
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.kernels.color import lab_of
from facemo.kernels.compile import compiled, inlined


class Points(NamedTuple):
    """Colours that are wanted, group by group; those of a group share its centres.

    lab : (n, 3) float64, CIE L*a*b*
    weights : (n,) float64, how many cells want each
    starts : (G + 1,) int64, where each group begins
    """

    lab: NDArray[np.float64]
    weights: NDArray[np.float64]
    starts: NDArray[np.int64]


class Centres(NamedTuple):
    """What they become: centres, group by group, and within a group by one of their values.

    lab : (V, 3) float64, CIE L*a*b*
    rgb : (V, 3) float32, sRGB values of 0 to 255
    starts : (G + 1,) int64, where each group begins
    axes : (G,) int64, by which value each is sorted
    """

    lab: NDArray[np.float64]
    rgb: NDArray[np.float32]
    starts: NDArray[np.int64]
    axes: NDArray[np.int64]


@compiled
def _spread(points: Points, some: NDArray[np.int64], mean: NDArray[np.float64]) -> Any:
    """The sums of squares of some points around their `mean`, which is filled: (3,) float64."""
    total = 0.0
    mean[:] = 0.0
    for i in some:
        total += points.weights[i]
        for c in range(3):
            mean[c] += points.weights[i] * points.lab[i, c]
    for c in range(3):
        mean[c] /= total
    squares = np.zeros(3)
    for i in some:
        for c in range(3):
            squares[c] += points.weights[i] * (points.lab[i, c] - mean[c]) ** 2
    return squares


@compiled
def split(points: Points, most: int, out: NDArray[np.int64]) -> None:
    """Cut groups of points in two, always the one whose colours differ most, at its mean.

    out : (n,) int64, which part each point is in. There are `most` parts, or one a group if that is
        more, or fewer where all points of each are one colour.

    After Wan, Wong and Prusinkiewicz, "An Algorithm for Multidimensional Data Clustering", ACM
    Transactions on Mathematical Software 14, 1988.
    """
    groups = len(points.starts) - 1
    room = max(most, groups)
    order = np.arange(len(out))
    ends, means, axes = np.empty((room, 2), np.int64), np.empty((room, 3)), np.empty(room, np.int64)
    heap = [(0.0, 0)]
    heap.pop()
    count = 0
    for group in range(groups):
        ends[count, 0], ends[count, 1] = points.starts[group], points.starts[group + 1]
        squares = _spread(points, order[ends[count, 0] : ends[count, 1]], means[count])
        axes[count] = np.argmax(squares)
        heapq.heappush(heap, (-squares.sum(), count))
        count += 1
    while count < room and len(heap):
        gain, part = heapq.heappop(heap)
        if gain > -1e-9:
            break
        low, last = ends[part, 0], ends[part, 1] - 1
        axis, middle = axes[part], means[part, axes[part]]
        while low <= last:
            if points.lab[order[low], axis] <= middle:
                low += 1
            else:
                order[low], order[last] = order[last], order[low]
                last -= 1
        if low == ends[part, 0] or low == ends[part, 1]:  # all but equal
            continue
        ends[count, 0], ends[count, 1], ends[part, 1] = low, ends[part, 1], low
        for half in (part, count):
            squares = _spread(points, order[ends[half, 0] : ends[half, 1]], means[half])
            axes[half] = np.argmax(squares)
            heapq.heappush(heap, (-squares.sum(), half))
        count += 1
    for part in range(count):
        out[order[ends[part, 0] : ends[part, 1]]] = part


@inlined
def _nearest(
    lab: NDArray[np.float64], axis: int, first: int, last: int, color: tuple[float, float, float]
) -> int:
    """The centre nearest to a colour, of those from `first` up to `last`, sorted by one `axis`.

    Sought from its own place on the axis outwards: of 500 centres some 60 are looked at.
    """
    place = color[axis]
    low, high = first, last
    while low < high:
        middle = (low + high) // 2
        if lab[middle, axis] < place:
            low = middle + 1
        else:
            high = middle
    best, found = np.inf, first
    below, above = low - 1, low
    while below >= first or above < last:
        if above < last:
            if (lab[above, axis] - place) ** 2 >= best:
                above = last
            else:
                apart = (lab[above, 0] - color[0]) ** 2 + (lab[above, 1] - color[1]) ** 2
                apart += (lab[above, 2] - color[2]) ** 2
                if apart < best:
                    best, found = apart, above
                above += 1
        if below >= first:
            if (lab[below, axis] - place) ** 2 >= best:
                below = first - 1
            else:
                apart = (lab[below, 0] - color[0]) ** 2 + (lab[below, 1] - color[1]) ** 2
                apart += (lab[below, 2] - color[2]) ** 2
                if apart < best:
                    best, found = apart, below
                below -= 1
    return found


@compiled
def assign(points: Points, centres: Centres, out: NDArray[np.int64]) -> None:
    """The nearest of its group's centres for each point: (n,) int64."""
    for group in range(len(points.starts) - 1):
        first, last = centres.starts[group], centres.starts[group + 1]
        for i in range(points.starts[group], points.starts[group + 1]):
            color = points.lab[i, 0], points.lab[i, 1], points.lab[i, 2]
            out[i] = _nearest(centres.lab, centres.axes[group], first, last, color)


class Wanted(NamedTuple):
    """Lines of cells, and the colours that they want.

    groups : (rows, cols) int32, whose centres each cell has to choose from; -1 for none
    colors : (rows, cols, 3) uint8, sRGB
    means : (G, 3) float32, where each group starts from
    tint : float32, how much of the way to the colour is wanted, 0 to 1
    """

    groups: NDArray[np.int32]
    colors: NDArray[np.uint8]
    means: NDArray[np.float32]
    tint: float


@compiled
def diffuse(
    wanted: Wanted, centres: Centres, carried: NDArray[np.float64], out: NDArray[np.int32]
) -> None:
    """Give each cell a centre, and its neighbours what that is off, so that their mean stays.

    carried : (2, cols + 2, 3) float64, what the first line inherits, and room for the next one's;
        afterwards what the line behind the last inherits
    out : (rows, cols) int32

    Error diffusion (Floyd and Steinberg, Proceedings of the Society for Information Display 17,
    1976), row by row, in sRGB. What a cell inherits is cut to 12 of 255 a channel: where no centre
    comes near, the error would grow from cell to cell, and end as a stain elsewhere.
    """
    rows, cols = out.shape
    want = np.empty(3)
    for row in range(rows):
        for col in range(cols):
            group = wanted.groups[row, col]
            if group < 0:  # nor does it hand on what it inherits
                out[row, col] = -1
                continue
            for c in range(3):
                mean = wanted.means[group, c]
                own = mean + wanted.tint * (wanted.colors[row, col, c] - mean)
                want[c] = own + min(max(carried[0, col + 1, c], -12.0), 12.0)
            first, last = centres.starts[group], centres.starts[group + 1]
            color = lab_of(want[0], want[1], want[2])
            found = _nearest(centres.lab, centres.axes[group], first, last, color)
            out[row, col] = found
            for c in range(3):
                off = (want[c] - centres.rgb[found, c]) / 16.0
                carried[0, col + 2, c] += 7.0 * off
                carried[1, col, c] += 3.0 * off
                carried[1, col + 1, c] += 5.0 * off
                carried[1, col + 2, c] += off
        carried[0] = carried[1]
        carried[1] = 0.0
