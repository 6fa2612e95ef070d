from __future__ import annotations

import os

import numpy as np
from PIL import Image

from facemo.library.sample import sample_tiles
from facemo.options import Loading


def test_some_pictures_are_looked_at_spread_over_all(tmp_path):
    for number in range(240):
        Image.new("L", (4, 4), number).save(tmp_path / f"{number:03}.png")
    sample = sample_tiles([tmp_path], (6, 8), Loading())
    assert sample.shape == (24, 6, 8, 3)
    assert (np.abs(np.diff(sample[:, 0, 0, 0]) - 10.4) < 1).all()


def test_what_is_not_usable_is_passed_over(photos):
    assert len(sample_tiles([photos], (8, 8), Loading())) == 4
    assert sample_tiles([photos / "broken.jpg"], (8, 8), Loading()) is None


def test_huge_tiles_are_looked_at_smaller(photos):
    assert sample_tiles([photos], (10_000, 5_000), Loading()).shape[1:] == (512, 256, 3)


def test_filters_that_leave_no_name_leave_nothing(photos):
    assert sample_tiles([photos], (8, 8), Loading(only=["*.heic"])) is None


def test_files_that_changed_are_looked_at_again(tmp_path):
    for color in (10, 20):
        Image.new("L", (4, 4), color).save(tmp_path / "a.png")
        os.utime(tmp_path / "a.png", (color, color))
        assert (sample_tiles([tmp_path], (8, 8), Loading()) == color).all()
