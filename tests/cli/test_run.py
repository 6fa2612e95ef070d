"""What a command makes where little is said, of plans, and for programs."""

from __future__ import annotations

import json
import os
import re
import shutil

import imageio.v3 as iio
import numpy as np
import pytest
from PIL import Image

import facemo
from facemo.cli import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, photos):
    """A current folder with a face and photos."""
    Image.linear_gradient("L").save(tmp_path / "face.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return main([*map(str, arguments), "--no-cache"])


SMALL = "--cols", 6, "--tile", 8


def test_a_picture_and_a_folder_are_enough(capsys):
    assert run("face.png", "photos", *SMALL) == 0
    assert "written to face-mosaic.jpg (" in capsys.readouterr().out
    before = (facemo.read_image("face-mosaic.jpg")).copy()
    assert run("face.png", "photos", *SMALL, "--seed", 9) == 0
    assert "written to face-mosaic-2.jpg (" in capsys.readouterr().out
    np.testing.assert_array_equal(facemo.read_image("face-mosaic.jpg"), before)


def test_the_mosaics_of_runs_before_are_left_out(capsys):
    for name in ("face-mosaic.jpg", "other.png", "poster.tif", "deep.dzi"):
        assert run("face.png", "photos", *SMALL, "-o", name) == 0
    assert run("face.png", "photos", *SMALL, "--compare", "mirror", "-o", "sheet.webp") == 0
    capsys.readouterr()
    for _ in range(2):  # the second time from the cache
        arguments = ["face.png", ".", *SMALL, "--cache", "../kept", "-o", "../page.html", "--json"]
        assert main([*map(str, arguments)]) == 0
        made = json.loads(capsys.readouterr().out)
        assert (made["photos"]["loaded"], list(made["left_out"])) == (
            5,
            ["a mosaic made by facemo"],
        )
        os.remove("../page.html")
    assert run("face.png", "*.*", *SMALL, "--hidden", "--json", "-o", "../page.html") == 0
    assert not json.loads(capsys.readouterr().out)["left_out"]
    assert run("face.png", "other.png", *SMALL) == 2
    assert "1 mosaic made by facemo: --hidden takes mosaics, too" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["page.html", "plan.npz", "cells.csv"])
def test_what_is_no_picture_may_lie_beside_the_photos(name):
    assert run("face.png", "photos", *SMALL, "-o", f"photos/{name}", "--quiet") == 0
    assert run("face.png", "photos", *SMALL, "-o", "face-mosaic.jpg", "--quiet") == 0


def test_a_name_that_another_run_takes_meanwhile_is_not_taken(monkeypatch, capsys):
    plan, others = facemo.plan, []

    def meanwhile(*arguments, **options):
        monkeypatch.setattr(facemo, "plan", plan)
        others.append(run("face.png", "photos", *SMALL, "--seed", 9))
        return plan(*arguments, **options)

    monkeypatch.setattr(facemo, "plan", meanwhile)
    assert (run("face.png", "photos", *SMALL), *others) == (0, 0)
    said = capsys.readouterr().out
    assert said.index("written to face-mosaic-2.jpg (") < said.index("written to face-mosaic.jpg (")
    assert all(facemo.read_image(f"face-mosaic{n}.jpg").size for n in ("", "-2"))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_run_that_fails_gives_its_name_back(monkeypatch, here, error):
    before = sorted(here.iterdir())

    def failing(*arguments, **options):
        assert sorted(here.iterdir()) != before
        raise error

    monkeypatch.setattr(facemo, "plan", failing)
    assert run("face.png", "photos", *SMALL) > 0
    assert sorted(here.iterdir()) == before


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (["--recipe", "page"], "face-mosaic.html"),
        (["--recipe", "gigapixel"], "face-mosaic.tif"),
        (["--compare", "tint"], "face-mosaic-tint.jpg"),
        (["--mask", "face.png"], "face-mosaic.png"),
        (["--mask", "none"], "face-mosaic.jpg"),
    ],
)
def test_the_name_of_an_output_follows_from_what_it_is(options, name):
    assert run("face.png", "photos", *SMALL, *options, "--quiet") == 0
    assert os.path.exists(name)


def test_what_is_transparent_stays_so():
    Image.new("RGBA", (60, 60), (0, 0, 0, 0)).save("logo.png")
    with Image.open("logo.png") as logo:
        logo.paste((200, 0, 0, 255), (20, 0, 60, 60))
        logo.save("logo.png")
    assert run("logo.png", "photos", *SMALL, "--quiet") == 0
    assert os.path.exists("logo-mosaic.png")


def test_a_plan_is_drawn(capsys):
    assert run("face.png", "photos", *SMALL, "-o", "plan.npz") == 0
    assert run("plan.npz", "photos", "--tile", 16, "-o", "larger.png") == 0
    said = capsys.readouterr().out
    assert "6 x 6 cells, 96 x 96 pixels, made of " in said
    assert re.search(r"'larger\.png': 96 x 96 pixels, .*, about [\d.,]+ (bytes|kB)", said)
    larger = facemo.load_plan("plan.npz", facemo.load_tiles("photos", size=16, cache=False))
    np.testing.assert_array_equal(iio.imread("larger.png"), larger)
    assert run("plan.npz", "photos", "--width", "2in", "--dpi", 150, "-o", "print.png") == 0
    assert iio.imread("print.png").shape == (300, 300, 3)


def test_a_print_of_each_photo_once_is_as_wide_as_is_wanted(capsys):
    command = ["face.png", "photos", "--once", "--width", "2in", "--dpi", "100", "-o", "once.png"]
    assert run(*command) == 0
    assert "2 x 2 cells, 200 x 200 pixels" in capsys.readouterr().out
    for shade in range(10, 170, 10):
        Image.new("RGB", (20, 20), (shade, 0, 0)).save(f"photos/{shade}.png")
    for number in range(60):  # of which a wider grid would be thought
        open(f"photos/{number}.txt", "w").close()
    assert run(*command) == 0
    said = capsys.readouterr().out
    assert "20 photos can be used: tiles of 40 pixels make that width" in said
    assert iio.imread("once.png").shape[1] == 200


@pytest.mark.parametrize(
    ("asked", "cells"),
    [(["--cols", "6"], (6, 8)), (["--rows", "8"], (6, 8)), (["--once"], (2, 3))],
)
def test_tiles_have_the_shape_of_photos_and_a_print_its_width(capsys, asked, cells):
    os.mkdir("wide")
    for n in range(6):
        Image.new("RGB", (40, 30), (40 * n, 0, 0)).save(f"wide/{n}.png")
    print_it = ["--tile", "auto", "--width", "4.8in", "--dpi", "100", "-o", "print.png"]
    assert run("face.png", "wide", *asked, *print_it) == 0
    cols, rows = cells
    assert iio.imread("print.png").shape == (480 // cols * 3 // 4 * rows, 480, 3)
    assert f"{cols} x {rows} cells" in capsys.readouterr().out


def test_programs_read_one_object(capsys):
    arguments = ["face.png", "photos", *SMALL, "-o", "a.png", "-o", "a.zarr"]
    assert run(*arguments[:-2], "--json", "--score") == 0
    made = json.loads(capsys.readouterr().out)
    mosaic = facemo.plan("face.png", facemo.load_tiles("photos", size=8, cache=False), cols=6)
    assert made["outputs"] == [{"path": "a.png", "bytes": os.path.getsize("a.png")}]
    assert made["cells"] == {"cols": 6, "rows": 6, "filled": 36}
    assert made["pixels"] == {"width": 48, "height": 48}
    assert made["tile"] == {"width": 8, "height": 8}
    assert made["photos"]["loaded"] == 4
    assert made["photos"]["set_aside"] == len(made["rejected"]) == 2
    assert {file["reason"] for file in made["rejected"]} == {"truncated", "not a picture"}
    assert all(os.path.isfile(file["path"]) for file in made["rejected"])
    assert made["recoloured"]["tint"] == mosaic.tint
    assert made["score"]["delta_e"] == facemo.score(mosaic, "face.png").delta_e
    assert made["bound"] is None
    assert made["seconds"] > 0


def test_programs_read_of_every_file(capsys):
    os.mkdir("photos/.thumbnails")
    for name in (".a.jpg", ".thumbnails/b.jpg"):
        shutil.copy("photos/black.png", f"photos/{name}")
    assert run("face.png", "photos", *SMALL, "-o", "a.png", "--json") == 0
    made = json.loads(capsys.readouterr().out)
    assert made["left_out"] == {"hidden": 1, "in programs' caches": 1}
    photos = made["photos"]
    found = sum(len(files) for _, _, files in os.walk("photos"))
    assert sum(photos[name] for name in ("loaded", "merged", "set_aside", "left_out")) == found


def test_numbers_that_are_none_are_null(capsys):
    Image.new("L", (8, 8)).save("black.png")
    arguments = ["black.png", "photos/black.png", "--cols", 1, "--tile", 8, "-o", "a.png"]
    assert run(*arguments, "--json", "--score") == 0
    score = json.loads(capsys.readouterr().out)["score"]
    assert (score["psnr"], score["ssim_fine"], score["delta_e"]) == (None, None, 0)


def test_tiles_are_written_out_as_they_were_laid(capsys):
    assert run("face.png", "photos", *SMALL, "--save-tiles", "crops") == 0
    assert "tiles written to crops" in capsys.readouterr().out
    tiles = facemo.load_tiles("photos", size=8, cache=False)
    names = [name.replace("/", "_") for name in tiles.names]
    assert sorted(os.listdir("crops")) == sorted(names)
    for name, tile in zip(names, tiles.pixels, strict=True):
        np.testing.assert_array_equal(iio.imread(f"crops/{name}"), tile)


def test_it_shows_the_mosaic_only_in_a_terminal(capsys):
    assert run("face.png", "photos", *SMALL, "--show", "--quiet") == 0
    assert capsys.readouterr() == (
        "",
        "facemo: warning: --show needs a terminal, and what is said here goes elsewhere\n",
    )
