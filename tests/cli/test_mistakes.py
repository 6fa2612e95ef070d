"""What cannot work: one line that says what would."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from facemo.cli import main


@pytest.fixture
def face(save_picture):
    return save_picture(Image.linear_gradient("L"), "face.png")


BAD = [
    (["nowhere.png", "photos", "-o", "a.png"], "target 'nowhere.png': no such file"),
    (["photos/notes.txt", "photos", "-o", "a.png"], "not a picture"),
    (["photos/broken.jpg", "photos", "-o", "a.png"], "truncated"),
    (["face.png", "nowhere", "-o", "a.png"], "no such file or folder: 'nowhere'"),
    (["face.png", "photos/notes.txt", "-o", "a.png"], "no usable picture"),
    (["face.png", "photos", "-o", "a.xyz"], "suffix"),
    (["face.png", "photos", "-o", "nowhere/a.png"], "no such folder"),
    (["face.png", "photos", "-o", "face.png"], "is read as input"),
    (["face.png", "photos", "-o", "photos/red.png"], "is read as input: give it another name"),
    (["face.png", "photos", "-o", "photos"], "suffix"),
    (["face.png", "photos", "-o", "a.png", "--cols", "0"], "--cols"),
    (["face.png", "photos", "-o", "a.png", "--rows", "-2"], "--rows"),
    (["face.png", "photos", "-o", "a.png", "--k", "1.5"], "--k"),
    (["face.png", "photos", "-o", "a.png", "--seed", "x"], "--seed"),
    (["face.png", "photos", "-o", "a.png", "--tile", "0"], "--tile"),
    (["face.png", "photos", "-o", "a.png", "--tile", "8x"], "--tile"),
    (["face.png", "photos", "-o", "a.png", "--detail", "9"], "--detail 9 is more than"),
    (["face.png", "photos", "-o", "a.png", "--detail", "9"], "use --detail 2 or less"),
    (["face.png", "photos", "-o", "a.png", "--spacing", "-1"], "--spacing"),
    (
        ["face.png", "photos", "-o", "a.png", "--spacing", "4"],
        "4 takes more than the 4 tiles there are: use --spacing 0\n",
    ),
    (
        ["face.png", "photos", "-o", "a.png", "--max-uses", "3"],
        "--max-uses 3 of 4 tiles fill 12 of the 10,000 cells",
    ),
    (["face.png", "photos", "-o", "a.png", "--max-uses", "3"], "use --max-uses 2500 or more"),
    (["face.png", "photos", "-o", "a.png", "--once", "--max-uses", "2"], "--once and --max-uses 2"),
    (["face.png", "photos", "-o", "a.png", "--once", "--cols", "5"], "--once with --cols 5: 5 x 1"),
    (["photos/red.png", "photos", "-o", "a.png", "--once", "--rows", "4"], "1 x 4 cells for 4"),
    (["face.png", "photos", "-o", "a.png", "--tint", "2"], "the nearest is 1"),
    (["face.png", "photos", "-o", "a.png", "--tint", "x"], "--tint"),
    (["face.png", "photos", "-o", "a.png", "--space", "hsv"], "--space"),
    (["face.png", "photos", "-o", "a.png", "--compare", "tnt"], "did you mean 'tint'?"),
    (["face.png", "photos", "-o", "a.png", "--compare", "x"], "spacing, max-uses, even"),
    (["face.png", "photos", "-o", "face.png", "--compare", "tint"], "read as input"),
    (["face.png", "photos", "-o", "a.png", "-o", "b.png", "--compare", "tint"], "one output"),
    (["face.png", "photos", "-o", "a.png", "--weights", "face"], "did you mean 'faces'?"),
    (["face.png", "photos", "-o", "a.png", "--weights", "no.png"], "there is no such file"),
    (["photos", "photos", "-o", "a.png"], "a folder, not a file"),
    (["face.png", "photos", "-o", "a.jpg", "--cols", "2000"], "ends at 65,500"),
    (["face.png", "photos", "-o", "a.png", "--cols", "60000"], "of disk and"),
    (["face.png", "photos", "-o", "a.webp", "--cols", "300"], "16,383"),
    (["face.png", "photos", "-o", "a.png", "-o", "a.webq"], "suffix"),
    (["face.png", "photos", "-o", "a.png", "-o", "./a.png"], "named twice"),
    (["face.png", "photos", "-o", "a.png", "--width", "60"], "did you mean 60cm or 60in?"),
    (["face.png", "photos", "-o", "a.zarr", "--save-tiles", "./a.zarr"], "named twice"),
    (["face.png", "photos", "-o", "a.dzi", "--save-tiles", "a_files"], "named twice"),
    (["face.png", "photos", "-o", "a.png", "--width", "-3in"], "--width"),
    (["face.png", "photos", "-o", "a.png", "--width", "infin"], "--width"),
    (["face.png", "photos", "-o", "a.png", "--width", "999999999in"], "inches"),
    (["face.png", "photos", "-o", "a.png", "--width", "0.001mm"], "a wider print"),
    (["face.png", "photos", "-o", "a.dzi", "-o", "a.DZI"], "named twice"),
    (["face.png", "photos", "-o", "a.png", "--width", "nanin"], "--width"),
    (["face.png", "photos", "-o", "a.png", "--width", "3in", "--tile", "9"], "--tile auto gives"),
    (["face.png", "photos", "-o", "a.png", "--dpi", "0"], "--dpi must be"),
    (["face.png", "photos", "-o", "a.jpg", "--quality", "101"], "--quality must be at most 100"),
    (["face.png", "photos", "-o", "a.jpg", "--subsampling", "4:1:1"], "--subsampling"),
    (["face.png", "photos", "-o", "a.tif", "--compression", "zip"], "--compression"),
    (["face.png", "photos", "-o", "a.png", "--cols", "9" * 400], "--cols"),
    (["face.png", "photos", "-o", "a.png", "--tile", "1x" + "9" * 18], "at most"),
    (["face.png", "photos", "-o", "a" * 300 + ".png"], "File name too long"),
    (["face.png"], "what is 'face.png' to be built of? facemo 'face.png' ~/Photos"),
    (["photos"], "which picture is to be built of 'photos'?"),
    (["-o", "a.png"], "name a picture, and what to build it of"),
    (["photos", "face.png"], "the picture to rebuild comes first"),
    (["fce.png", "photos"], "did you mean 'face.png'?"),
    (["face.png", "phtos"], "did you mean 'photos'?"),
    (["face.png", "Photos/sub"], "did you mean 'photos/sub'?"),
    (["face.png", "a/b/c"], "the nearest folder that there is: '"),
    (["face.png", 'photos" -o a.png'], "a backslash before a closing quote"),
    (["face.png", "photos", "poster.jpg"], "to write it, -o 'poster.jpg'"),
    (["face.png", "photos/*.gif"], "nothing fits the pattern 'photos/*.gif'"),
    (["photos/*.png", "photos"], "3 files fit it: name one of them"),
    (["https://a.b/me.jpg", "photos"], "facemo reads files: download it"),
    (["face.png", "photos", "-o", "xyzzy/a.jpg"], "make it first, or write elsewhere"),
    (["face.png", "photos", "-o", "phtos/a.jpg"], "did you mean 'photos'?"),
    (["face.png", "photos", "-o", "-"], "written to a file: name one"),
    (
        ["face.png", "photos", "-o", "a.gif"],
        "suffix must be one of .png, .jpg, .jpeg, .tif, .tiff, "
        ".webp, .dzi, .html, .zarr, .npz, .csv\n",
    ),
    (["face.png", "photos", "-o", "a"], "write 'a.jpg', or .png"),
    (["face.png", "photos", "-o", "a.jpgg"], "did you mean 'a.jpg'?"),
    (["face.png", "photos", "--colour"], "there is no option --colour: did you mean --tint?"),
    (["face.png", "photos", "--colums=9"], "no option --colums: did you mean --cols?"),
    (["face.png", "photos", "--clear-c"], "did you mean --clear-cache?"),
    (["face.png", "photos", "--xyzzy"], "facemo --help-all shows all"),
    (["face.png", "photos", "-once"], "did you mean --once, with two hyphens?"),
    (["face.png", "photos", "--compare", "tint", "--save-tiles", "a"], "do not go together"),
    (["-help"], "did you mean --help, with two hyphens?"),
    (["face.png", "photos", "--version=9"], "--version takes no value, got '9'"),
    (["face.png", "photos", "\u2013cols", "9"], "did you mean --cols, with two hyphens?"),
    (["face.png", "photos", "--cols"], "--cols wants a value: --cols N\n"),
    (["face.png", "photos", "--cols", "4x3"], "did you mean --cols 4 --rows 3?"),
    (["face.png", "photos", "--once=yes"], "--once takes no value, got 'yes'"),
    (["face.png", "photos", "--tint", "50%"], "did you mean 0.5?"),
    (["face.png", "photos", "--space", "lba"], "wanted rgb or lab, got 'lba': did you mean 'lab'?"),
    (["face.png", "photos", "--recipe", "postr"], "did you mean 'poster'?"),
    (["face.png", "photos", "--save-tiles", "photos"], "holds files already"),
    (["face.png", "photos", "--save-tiles", "photos/sub/new"], "tiles of the next mosaic"),
    (
        ["face.png", "photos", "--rows", "9" * 20],
        "at most 2,147,483,647, got 99999999999999999999\n",
    ),
    (["face.png", "photos", "--seed", "9" * 60], "at most 340,282,"),
    (["face.png", "photos", "--seed", "9" * 60], "got about 10^60\n"),
    (["face.png", "photos", "--cols", "0x10"], "wanted a whole number from 1, got '0x10'\n"),
    (["face.png", "photos", "--tile", "64x"], "a side as 64, or height and width as 48x64, got"),
    (["face.png", "photos", "-o", "-a.png"], "wants a value: --output OUT, or -o=-a.png if it beg"),
    (["face.png", "photos", "--fix", "-1,0=x"], "--fix R,C=NAME, or --fix=-1,0=x if it begins"),
    (["face.png", "photos", "-face.png"], "there is no option -face.png: to name that file, './-"),
    (["face.png", "photos", "cols=5"], "did you mean --cols 5?\n"),
    (["face.png", "photos", "once=True"], "did you mean --once?\n"),
    (["--clear-cache", "--cache"], "--cache wants a value: --cache FOLDER\n"),
    (["--cache-info", "--cache", "face.png"], "--cache must be a folder, got '"),
    (["plan.npz", "photos"], "target 'plan.npz': no such file"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_what_cannot_work_is_one_line_and_status_2(
    face, photos, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "-face.png").write_bytes(face.read_bytes())
    before = sorted(p for p in tmp_path.rglob("*"))
    status = main(arguments)
    said = capsys.readouterr().err.replace("\r", "\n").strip().splitlines()[-1]
    assert status == 2
    assert said.startswith("facemo: error: ")
    assert message in f"{said}\n"
    assert sorted(p for p in tmp_path.rglob("*")) == before


def test_programs_read_errors_as_json(face, photos, capsys):
    assert main([str(face), str(photos), "--json", "--cols", "x"]) == 2
    assert json.loads(capsys.readouterr().out) == {
        "error": "--cols: wanted a whole number from 1, got 'x'"
    }
    assert main([str(face), str(photos), "--json=1"]) == 2
    assert "--json takes no value" in json.loads(capsys.readouterr().out)["error"]
    assert main([str(face), str(photos), "--json", "--show"]) == 2
    assert "leave one of them out" in json.loads(capsys.readouterr().out)["error"]


def test_a_plan_has_decided_where_photos_stand(face, photos, tmp_path, capsys):
    plan = str(tmp_path / "plan.npz")
    assert main([str(face), str(photos), "-o", plan, "--cols", "5", "--quiet"]) == 0
    assert main([plan, str(photos), "--cols", "4", "--tint", "1"]) == 2
    assert "leave --cols, --tint out" in capsys.readouterr().err


@pytest.mark.parametrize("debug", [False, True])
def test_what_nobody_thought_of_is_one_line_that_asks_to_be_reported(
    face, photos, tmp_path, monkeypatch, capsys, debug
):
    def broken(*arguments, **options):
        raise ZeroDivisionError("of a\nkind")

    monkeypatch.setattr("facemo.load_tiles", broken)
    if debug:
        monkeypatch.setenv("FACEMO_DEBUG", "1")
    assert main([str(face), str(photos), "-o", str(tmp_path / "a.png")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("facemo: error: a mistake of facemo's own, please report it (")
    assert "ZeroDivisionError: of a kind)" in said[0]
    assert ("in broken" in "".join(said)) == debug
    assert (len(said) == 1) != debug
