"""How near a mosaic is to its target: any measure of pixels, averaged, without drawing it whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from facemo.area import window_means
from facemo.drawing.draw import Layout, blocks
from facemo.machine import divide
from facemo.reports import flip as flips

# A measure takes what is drawn and what is wanted, both (h, w, 3) float32, sRGB values of 0 to 255,
# and says of each pixel how good it is: (h, w).
Measure = Callable[[NDArray[np.float32], NDArray[np.float32]], NDArray[np.floating]]

# Pictures are compared in windows of about so many pixels a side: what is at work stays small.
_SIDE = 128
# Of more windows so many speak for all. On 1,024 x 1,024 cells that moved FLIP by .001 at most.
_WINDOWS = 128
_TRIED = 64  # times as many, where most cells are empty
# Means of so many variants are kept, 50 MB of them at most; of more each window makes its own.
_KEPT = 1 << 16
# Two irrational steps whose multiples fill a square evenly, however many are taken (Roberts 2018,
# "The unreasonable effectiveness of quasirandom sequences"): no grid that could fall in step.
_STEPS = 0.7548776662466927, 0.5698402909980532
_SSIM_REACH = 3


@dataclass(frozen=True, eq=False)
class Pair:
    """A mosaic and its target, both as area averages of `n` x `n` pixels a cell.

    plan : Layout, the mosaic
    image : (H, W, 3) uint8, sRGB, the target
    """

    plan: Layout
    image: NDArray[np.uint8]
    n: int

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) of what is compared."""
        rows, cols = self.plan.cells.shape
        return rows * self.n, cols * self.n

    @cached_property
    def _kept(self) -> NDArray[np.float32] | None:
        """The means of all variants, if they are not too many."""
        return blocks(self.plan, self.n) if len(self.plan.variants) <= _KEPT else None

    def drawn(self, ys: range, xs: range) -> NDArray[np.float32]:
        """The mosaic where lines `ys` and columns `xs` cross: (len(ys), len(xs), 3)."""
        n = self.n
        top, left = ys.start // n, xs.start // n
        cells = self.plan.cells[top : -(-ys.stop // n), left : -(-xs.stop // n)]
        if self._kept is None:
            some, place = np.unique(cells, return_inverse=True)
            means = blocks(self.plan, n, some)[place.reshape(cells.shape)]
        else:
            means = self._kept[cells]
        flat = means.swapaxes(1, 2).reshape(cells.shape[0] * n, cells.shape[1] * n, 3)
        y, x = ys.start - top * n, xs.start - left * n
        return flat[y : y + len(ys), x : x + len(xs)]

    def wanted(self, ys: range, xs: range) -> NDArray[np.float32]:
        """The target there."""
        return window_means(self.image, *self.shape, ys, xs, self.plan.view)

    def counted(self, ys: range, xs: range) -> NDArray[np.bool_] | None:
        """Which pixels are of cells that show a tile: (len(ys), len(xs)), or None if all do."""
        filled = self.plan.filled
        if filled is None:
            return None
        rows, cols = (np.arange(span.start, span.stop) // self.n for span in (ys, xs))
        return filled[rows[:, np.newaxis], cols]

    def mean(self, measure: Measure, reach: int = 0, inset: int = 0) -> float:
        """The mean of a measure over all pixels, or over a sample of windows of very many.

        In empty cells both are the same, and do not count.

        reach : how many pixels away something still changes what is measured
        inset : how many pixels at each edge of the picture do not count

        Returns not a number where none counts.
        """
        height, width = self.shape
        if min(height, width) <= 2 * inset:
            return float("nan")
        windows = [*islice(self._seen(inset), _WINDOWS)]
        sums, counts = np.zeros(len(windows)), np.zeros(len(windows), np.int64)
        _ = self._kept, self.plan.changes  # made once, before several threads want them

        def work(part: slice) -> None:
            for number in range(part.start, part.stop):
                ys, xs = windows[number]
                y, down = _reaching(ys, reach, height)
                x, across = _reaching(xs, reach, width)
                drawn, wanted, counted = self.drawn(y, x), self.wanted(y, x), self.counted(y, x)
                if counted is not None:
                    wanted = np.where(counted[..., np.newaxis], wanted, drawn)
                measured = measure(drawn, wanted)[down, across]
                if counted is not None:
                    measured = measured[counted[down, across]]
                sums[number], counts[number] = measured.sum(dtype=np.float64), measured.size

        divide(work, len(windows), len(windows) * _SIDE**2 * 12)
        return float(sums.sum() / counts.sum()) if counts.any() else float("nan")

    def _seen(self, inset: int) -> Iterator[tuple[range, range]]:
        """Windows of the picture without its edges, in which not all cells are empty."""
        height, width = (side - 2 * inset for side in self.shape)
        for window in _windows(height, width, 1 if self.plan.filled is None else _TRIED):
            ys, xs = (range(span.start + inset, span.stop + inset) for span in window)
            counted = self.counted(ys, xs)
            if counted is None or counted.any():
                yield ys, xs


def _windows(height: int, width: int, times: int = 1) -> Iterator[tuple[range, range]]:
    """Windows that make up a picture; or, where they are too many, some of them, spread evenly."""
    down, across = -(-height // _SIDE), -(-width // _SIDE)
    if down * across <= _WINDOWS:
        places = np.indices((down, across)).reshape(2, -1).T
    else:
        steps = np.arange(times * _WINDOWS)[:, np.newaxis] * np.array(_STEPS)
        places = (steps % 1 * (down, across)).astype(np.int64)
    for y, x in places.tolist():
        yield (
            range(height * y // down, height * (y + 1) // down),
            range(width * x // across, width * (x + 1) // across),
        )


def _reaching(span: range, reach: int, side: int) -> tuple[range, slice]:
    """What to look at for a span, within the picture; and where in it the span lies."""
    start = max(span.start - reach, 0)
    stop = min(span.stop + reach, side)
    first = span.start - start
    return range(start, stop), slice(first, first + len(span))


def delta_e(pair: Pair) -> float:
    """The mean CIEDE2000."""

    def measure(drawn: NDArray[np.float32], wanted: NDArray[np.float32]) -> NDArray[np.floating]:
        one, other = (rgb2lab(each.astype(np.float64) / 255) for each in (drawn, wanted))
        apart: NDArray[np.float64] = deltaE_ciede2000(one, other)
        return apart

    return pair.mean(measure)


def psnr(pair: Pair) -> float:
    """The peak signal-to-noise ratio in dB, infinite if equal."""
    squares = pair.mean(lambda drawn, wanted: ((drawn - wanted) ** 2).mean(axis=2))
    return float("inf") if squares == 0 else float(10 * np.log10(255**2 / squares))


def ssim(pair: Pair) -> float:
    """The structural similarity, of windows of 7 x 7 pixels that lie within; or not a number."""

    def measure(drawn: NDArray[np.float32], wanted: NDArray[np.float32]) -> NDArray[np.floating]:
        one, other = (each.astype(np.float64) for each in (drawn, wanted))
        alike: NDArray[np.float64] = structural_similarity(
            one, other, win_size=2 * _SSIM_REACH + 1, channel_axis=2, data_range=255, full=True
        )[1].mean(axis=2)
        return alike

    return pair.mean(measure, _SSIM_REACH, _SSIM_REACH)


def flip(pair: Pair) -> float:
    """The mean FLIP error."""
    return pair.mean(flips.flip, flips.reach())
