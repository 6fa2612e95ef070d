from __future__ import annotations

import sys

import numpy as np
import pytest

from facemo.errors import InputError
from facemo.reports.explore import explore


@pytest.fixture
def greys():
    pytest.importorskip("ipywidgets", reason='ipywidgets needs pip install "facemo[test]"')
    return np.arange(0, 256, 5, dtype=np.uint8)[:, None, None, None].repeat(3, axis=3)


def test_the_mosaic_follows_the_sliders(greys):
    explorer = explore(np.eye(20), greys, cols=20)
    before = bytes(explorer.picture.value)
    explorer.sliders["tint"].value = 0.0
    assert explorer.mosaic.cells.shape == (20, 20)
    assert explorer.options == {"cols": 20, "k": 5, "tint": 0.0}
    assert bytes(explorer.picture.value) != before
    assert "20 × 20 pixels, tint 0.00" in explorer.message.value


def test_options_are_where_the_sliders_begin_and_those_without_one_stay(greys):
    explorer = explore(np.eye(20), greys, cols=200.0, even=0.25, seed=3, background="red")
    assert explorer.sliders["cols"].value == 200
    assert explorer.sliders["even"].value == 0.25
    assert explorer.options == {"cols": 200, "k": 5, "even": 0.25, "seed": 3}
    assert explorer.mosaic.background == (255, 0, 0)


def test_what_cannot_be_had_is_explained_and_the_mosaic_stays(greys):
    explorer = explore(np.eye(20), greys, cols=20)
    before = explorer.mosaic
    explorer.sliders["spacing"].value = 20
    assert "spacing" in explorer.message.value
    assert explorer.mosaic is before
    assert "spacing" not in explorer.options


def test_a_notebook_shows_a_widget(greys):
    bundle = explore(np.eye(20), greys, cols=16)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_without_widgets_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(InputError, match=r'ipywidgets: pip install "facemo\[notebook\]"'):
        explore(np.eye(20), np.zeros((5, 8, 8, 3), np.uint8))
