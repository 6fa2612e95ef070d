from __future__ import annotations

import csv

import numpy as np
import pytest
from helpers import write

from facemo.drawing.mosaic import Mosaic
from facemo.tiles import Tiles
from facemo.writers import csv as writer


def written(path, names):
    tiles = Tiles(np.zeros((len(names), 4, 6, 3), np.uint8), names)
    index = np.arange(len(names), dtype=np.int32)[np.newaxis]
    index = np.concatenate([index, index[:, ::-1]])
    mirrored = index == 1
    mosaic = Mosaic(tiles, index, np.zeros((*index.shape, 3), np.uint8), mirrored)
    write(writer, mosaic, path)
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_each_cell_has_a_line_that_says_what_is_where(tmp_path):
    lines = written(tmp_path / "a.csv", ("a.jpg", "sub/b, c.jpg"))
    assert lines[1] == {
        "row": "0",
        "column": "1",
        "x": "6",
        "y": "0",
        "width": "6",
        "height": "4",
        "mirrored": "1",
        "file": "sub/b, c.jpg",
    }
    assert [(line["row"], line["column"], line["file"]) for line in lines[2:]] == [
        ("1", "0", "sub/b, c.jpg"),
        ("1", "1", "a.jpg"),
    ]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t=", " =", "＝", "\r@"])
def test_no_name_can_be_taken_for_a_formula(tmp_path, first):
    name = f"{first}cmd|' /C calc'!A0.jpg"
    line = written(tmp_path / "a.csv", (name,))[0]
    assert line["file"].lstrip()[0] not in "=+-@＝＋－＠\t\r"
    assert line["file"].endswith("cmd|' /C calc'!A0.jpg")


def test_control_characters_and_undecodable_bytes_are_escaped(tmp_path):
    lines = written(tmp_path / "a.csv", ('new\nline "quoted".jpg', "\udcff\x01.jpg"))
    assert lines[0]["file"] == 'new\\nline "quoted".jpg'
    assert lines[1]["file"] == "\\udcff\\x01.jpg"


def test_names_in_any_script_are_kept(tmp_path):
    assert written(tmp_path / "a.csv", ("Großmutter 祖母.jpg",))[0]["file"] == "Großmutter 祖母.jpg"
