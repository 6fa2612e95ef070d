from __future__ import annotations

import numpy as np

from facemo.planning.tint import enough


def test_a_library_that_comes_near_is_not_tinted():
    colors = np.full((4, 4, 3), 100, np.uint8)
    assert enough(colors.astype(float), colors) == 0.0
    assert enough(colors + 3.0, colors) == 0.0


def test_a_library_that_falls_short_is_tinted_as_far_as_it_does():
    colors = np.full((4, 4, 3), 100, np.uint8)
    some, much = enough(colors + 40.0, colors), enough(colors + 120.0, colors)
    assert 0 < some < much < 1
