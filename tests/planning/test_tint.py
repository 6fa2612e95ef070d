from __future__ import annotations

import numpy as np
import pytest

from facemo.planning.cells import Cells
from facemo.planning.describe import Looks
from facemo.planning.tint import worth_it


@pytest.mark.parametrize(("off", "seen"), [(0, False), (1, False), (10, True), (120, True)])
def test_recolouring_is_worth_it_where_it_would_be_seen(off, seen):
    looks, library = (Looks(np.full((1, 1, 1, 3), value)) for value in (100.0, 100.0 + off))
    which = np.zeros((4, 4), np.int32)
    cells = Cells(looks, which, np.full((4, 4, 3), 100, np.uint8))
    assert worth_it(library, cells, which) == seen
