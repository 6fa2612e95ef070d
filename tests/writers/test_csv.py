from __future__ import annotations

import csv

import numpy as np
import pytest
from helpers import holed, placed, write

from facemo.drawing.mosaic import Mosaic
from facemo.drawing.variants import Variants
from facemo.tiles import Tiles
from facemo.writers import csv as writer


def lines_of(mosaic, path):
    write(writer, mosaic, path)
    with open(path, encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def written(path, names):
    tiles = Tiles(np.zeros((len(names), 4, 6, 3), np.uint8), names)
    index = np.arange(len(names))[np.newaxis]
    index = np.concatenate([index, index[:, ::-1]])
    return lines_of(placed(tiles, index, mirrored=index == 1), path)


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
        "tint": "0.0",
        "file": "sub/b, c.jpg",
    }
    assert [(line["row"], line["column"], line["file"]) for line in lines[2:]] == [
        ("1", "0", "sub/b, c.jpg"),
        ("1", "1", "a.jpg"),
    ]


@pytest.mark.parametrize("tint", [0.0, 0.07, 1 / 3, 0.5, 0.999, 1.0])
def test_the_tint_of_a_plan_is_that_of_each_cell(rng, tmp_path, tint):
    colors = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    tiles = np.array([90, 160], np.uint8).repeat(27).reshape(2, 3, 3, 3)
    mosaic = placed(tiles, rng.integers(0, 2, (5, 7)), colors, tint=tint)
    lines = lines_of(mosaic, tmp_path / "a.csv")
    assert [line["tint"] for line in lines] == [str(round(tint, 2))] * 35


def test_the_tint_is_how_far_a_cells_mean_is_moved_to_its_colour(tmp_path):
    tiles = np.full((1, 3, 3, 3), 100, np.uint8)
    means = [np.nan, 100, 125, 133, 150, 200, 225, 75]  # and all colours are 200 but the last
    variants = Variants(
        np.zeros(8, np.int32), mean=np.repeat(np.float32(means)[:, np.newaxis], 3, axis=1)
    )
    colors = np.full((1, 9, 3), 200, np.uint8)
    colors[0, 8] = 100
    cells = np.array([[0, 1, 2, 3, 4, 5, 6, 7, 4]], np.int32)
    lines = lines_of(Mosaic(tiles, variants, cells, colors), tmp_path / "a.csv")
    wanted = ["0.0", "0.0", "0.25", "0.33", "0.5", "1.0", "1.0", "0.0", "0.0"]
    assert [line["tint"] for line in lines] == wanted


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


def test_an_empty_cell_has_no_line(rng, tile_array, tmp_path):
    mosaic = holed(rng, tile_array, 5, 6, tint=0.5)
    lines = lines_of(mosaic, tmp_path / "a.csv")
    places = [[int(line["row"]), int(line["column"])] for line in lines]
    assert places == np.argwhere(mosaic.filled).tolist()
    assert [int(line["file"]) for line in lines] == mosaic.index[mosaic.filled].tolist()
    assert {line["tint"] for line in lines} == {"0.5"}
