from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageShow

from facemo.errors import InputError
from facemo.planning.plan import plan
from facemo.reports.show import show
from facemo.tiles import Tiles


@pytest.fixture
def seen(monkeypatch):
    """The (width, height) of what the system's viewer was given."""
    sizes = []
    monkeypatch.setattr(ImageShow, "show", lambda image, title: sizes.append(image.size) or True)
    return sizes


def test_a_mosaic_is_shown_and_a_large_one_reduced(seen):
    mosaic = plan(np.zeros((30, 40)), np.zeros((1, 8, 8, 3), np.uint8), cols=40)
    show(mosaic)
    show(mosaic, limit=100)
    assert seen == [(320, 240), (100, 75)]


def test_tiles_and_pictures_are_shown(seen):
    show(Tiles(np.zeros((3, 8, 8, 3), np.uint8)))
    show(np.zeros((10, 20)))
    show(Image.new("RGB", (4000, 10)), limit=2000)
    assert seen == [(24, 8), (20, 10), (2000, 5)]


def test_a_notebook_shows_it_itself(seen, monkeypatch):
    displayed = []
    ipython = SimpleNamespace(get_ipython=lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=displayed.append))
    show(np.zeros((10, 20)))
    assert [image.size for image in displayed] == [(20, 10)]
    assert seen == []


def test_where_nothing_shows_pictures_it_says_how_to_save(monkeypatch):
    monkeypatch.setattr(ImageShow, "show", lambda image, title: False)
    with pytest.raises(InputError, match="no program shows pictures here"):
        show(np.zeros((10, 20)))


@pytest.mark.parametrize("limit", [0, "large"])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(InputError, match="limit must be a whole number of at least 1"):
        show(np.zeros((10, 20)), limit=limit)
