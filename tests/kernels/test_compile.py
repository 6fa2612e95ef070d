"""What kernels rely on when they are called: numba tells their arguments apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from facemo.kernels.compile import compiled


class Lines(NamedTuple):
    """Named so long that numba's description of it outgrows the 40 bytes it begins with."""

    what_is_to_be_counted: np.ndarray
    what_it_is_counted_by: np.ndarray


@compiled
def _weighted(lines, out):
    for i in range(len(out)):
        out[i] = lines.what_is_to_be_counted[i] * lines.what_it_is_counted_by[i]


def test_a_view_is_never_taken_for_an_array_whose_values_lie_side_by_side():
    values, ones, out = np.arange(8), np.ones(4, int), np.empty(4, int)
    for _ in range(100):  # numba 0.57 to 0.60 went wrong after the first few calls
        _weighted(Lines(values[:4], ones), out)
        assert out.tolist() == [0, 1, 2, 3]
        _weighted(Lines(values[::2], ones), out)
        assert out.tolist() == [0, 2, 4, 6]
