from __future__ import annotations

import numpy as np
import pytest

from facemo import plan
from facemo.options import Planning
from facemo.reports.summary import summary


@pytest.fixture
def photos(rng):
    return rng.integers(0, 256, (60, 8, 8, 3), dtype=np.uint8)


def said(target, photos, **options):
    return summary(plan(target, photos, cols=6, **options), Planning(**options)).splitlines()


def test_it_says_what_was_made_of_how_many_and_how_strongly_recoloured(rng, photos):
    lines = said(rng.random((60, 60)), photos, tint=1)
    assert lines[0].startswith("6 x 6 cells, 48 x 48 pixels, ")
    assert lines[1].startswith("tint 100%: ")
    assert lines[2] == "shade 70%: how far light runs across each tile as it does in its cell"


def test_what_was_not_done_is_not_spoken_of(rng, photos):
    lines = said(rng.random((60, 60)), photos, tint=0, view="screen")
    assert lines[1].startswith("tint 0%: ")
    assert not any(line.startswith(("shade", "made for print")) for line in lines)


def test_a_print_and_cells_that_stay_empty_are_said(rng, photos):
    mask = np.zeros((60, 60))
    mask[:, :30] = 1
    lines = said(rng.random((60, 60)), photos, tint=1, shade=0.3, view="print", mask=mask)
    assert lines[0].startswith("6 x 6 cells, 18 of them filled, ")
    assert any(line.startswith("shade 30%") for line in lines)
    assert "made for print: from far off, where eyes average light" in lines
