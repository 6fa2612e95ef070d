from __future__ import annotations

import numpy as np
import pytest

from facemo.planning.cells import Cells
from facemo.planning.describe import Looks
from facemo.planning.tint import moved_to, worth_it


@pytest.mark.parametrize(("off", "seen"), [(0, False), (1, False), (10, True), (120, True)])
def test_recolouring_is_worth_it_where_it_would_be_seen(off, seen):
    looks, library = (Looks(np.full((1, 1, 1, 3), value)) for value in (100.0, 100.0 + off))
    which = np.zeros((4, 4), np.int32)
    cells = Cells(looks, which, np.full((4, 4, 3), 100, np.uint8))
    assert worth_it(library, cells, which) == seen


def test_a_photo_stays_to_be_seen_in_black_and_white_unless_a_tint_is_asked_for():
    looks, which = Looks(np.full((1, 1, 1, 3), 100.0)), np.zeros((1, 2), np.int32)
    cells = Cells(looks, which, np.uint8([[[0, 9, 255], [255, 254, 3]]]))
    tint, colors = moved_to(looks, cells, which, "auto")
    assert (tint, colors.tolist()) == (1.0, [[[3, 9, 252], [252, 252, 3]]])
    tint, colors = moved_to(looks, cells, which, 1.0)
    assert (tint, colors.tolist()) == (1.0, cells.colors.tolist())
