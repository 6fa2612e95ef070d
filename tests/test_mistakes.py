"""What a script's author does who reads no documentation: one line each says what would work."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

import facemo
from facemo.errors import InputError

PICTURE = np.zeros((30, 40, 3), np.uint8)
TILES = facemo.Tiles(np.zeros((5, 8, 8, 3), np.uint8))
PIXELS = TILES.pixels
FIRST = "the target comes first"

MISTAKES = {
    # the wrong order
    "tiles, then the target": (lambda: facemo.plan(TILES, PICTURE), f"got Tiles: {FIRST}"),
    "photos, then the target": (
        lambda: facemo.render(["a.jpg", "b.jpg"], "me.jpg"),
        f"target must be a picture, .* got paths: {FIRST}",
    ),
    "pixels, then the target": (lambda: facemo.plan(PIXELS, PICTURE), FIRST),
    "a folder, then the target": (lambda: facemo.plan(".", "a.jpg"), f"a folder, .* {FIRST}"),
    "colours first": (lambda: facemo.plan(np.zeros((3, 30, 40)), TILES), "colours are the last"),
    "colours of tiles first": (
        lambda: facemo.plan(PICTURE, np.zeros((5, 3, 8, 8))),
        r"colours are the last axis, as after \.transpose\(0, 2, 3, 1\)",
    ),
    "a path, then what is saved": (
        lambda: facemo.save("a.png", mosaic()),
        "what is saved comes first, then the path",
    ),
    "a target, then its mosaic": (
        lambda: facemo.score(PICTURE, mosaic()),
        "mosaic must be a Mosaic, as plan makes one, got ndarray",
    ),
    # no target
    "no target": (lambda: facemo.plan(None, TILES), "target must be a picture, .* got None"),
    "an empty list as target": (lambda: facemo.plan([], TILES), r"got \(0,\)"),
    "a target that is not there": (lambda: facemo.plan("no.jpg", TILES), "'no.jpg': no such file"),
    "an address": (
        lambda: facemo.render("https://example.org/me.jpg", TILES),
        "nothing is downloaded: save it to a file, and give its path",
    ),
    "NaN": (lambda: facemo.plan(PICTURE + np.nan, TILES), r"must lie in \[0, 1\], got NaN"),
    "floats up to 255": (lambda: facemo.plan(PICTURE + 255.0, TILES), "divide it by 255"),
    "whole numbers beyond 255": (
        lambda: facemo.plan(PICTURE.astype(np.int64) + 300, TILES),
        "must lie in 0 to 255, got values from 300 to 300",
    ),
    "a ragged list": (lambda: facemo.plan([[0], [0, 1]], TILES), "no array of numbers"),
    "a generator as target": (lambda: facemo.plan((x for x in "ab"), TILES), "got generator"),
    # no tiles
    "no tiles": (lambda: facemo.plan(PICTURE, None), "tiles must be Tiles, a folder, .* got None"),
    "an empty list as tiles": (lambda: facemo.plan(PICTURE, []), "got none"),
    "an empty generator": (lambda: facemo.plan(PICTURE, (x for x in ())), "got none"),
    "tiles that are one image": (lambda: facemo.plan(PICTURE, PICTURE), "got one, .* a list"),
    "tiles that are one Pillow image": (
        lambda: facemo.plan(PICTURE, Image.new("RGB", (8, 8))),
        "got Image: give a list of them",
    ),
    "a dict": (lambda: facemo.plan(PICTURE, {"a": PICTURE}), r"give list\(tiles.values\(\)\)"),
    "a file that could not be read": (
        lambda: facemo.plan(PICTURE, [PICTURE, None]),
        "tile 1 must be a picture, its path, or numbers, .* got None",
    ),
    "paths and pictures": (lambda: facemo.plan(PICTURE, ["a.jpg", PICTURE]), "not both"),
    "names without their folder": (
        lambda: facemo.plan(PICTURE, ["p1.jpg", "p2.jpg"]),
        "no such file or folder: 'p1.jpg': give it with its folder, or give the folder",
    ),
    "a pattern that nothing matches": (
        lambda: facemo.plan(PICTURE, "no/*.jpg"),
        r"no file or folder matches 'no/\*\.jpg'",
    ),
    "a function": (lambda: facemo.plan(PICTURE, facemo.load_tiles), "got function"),
    "pictures for load_tiles": (
        lambda: facemo.load_tiles(PIXELS),
        "got ndarray in it: plan takes pictures in memory as they are",
    ),
    "float pixels": (lambda: facemo.Tiles(PIXELS / 255), "plan takes pictures of other kinds"),
    "a path for Tiles": (lambda: facemo.Tiles("photos"), "load_tiles makes them of files"),
    "sizes for Tiles": (lambda: facemo.Tiles([PICTURE, PIXELS[0]]), "plan takes a list of them"),
    # options
    "cols as text": (lambda: facemo.plan(PICTURE, TILES, cols="100"), "leave out the quotes"),
    "no cols": (lambda: facemo.plan(PICTURE, TILES, cols=0), "of at least 1, got 0"),
    "fewer cols": (lambda: facemo.plan(PICTURE, TILES, cols=-1), "of at least 1, got -1"),
    "half a col": (lambda: facemo.plan(PICTURE, TILES, cols=20.5), "whole number .* got 20.5"),
    "cols and rows": (lambda: facemo.plan(PICTURE, TILES, cols=(20, 30)), r"got \(20, 30\)"),
    "tint as text": (lambda: facemo.plan(PICTURE, TILES, tint="0.5"), "leave out the quotes"),
    "tint in per cent": (lambda: facemo.plan(PICTURE, TILES, tint=50), "the nearest is 1"),
    "capitals": (lambda: facemo.plan(PICTURE, TILES, space="RGB"), "did you mean 'rgb'"),
    "a colour of floats": (
        lambda: facemo.plan(PICTURE, TILES, background=(1.0, 1.0, 1.0)),
        "a colour name or three numbers from 0 to 255",
    ),
    "a word for a flag": (lambda: facemo.plan(PICTURE, TILES, mirror="yes"), "True or False"),
    "a size for tiles that are ready": (
        lambda: facemo.plan(PICTURE, TILES, size=32),
        "size=32 is for .* ready, of 8 x 8 px: leave it out",
    ),
    "a mask of another shape": (
        lambda: facemo.plan(PICTURE, TILES, mask=np.ones((40, 30))),
        r"mask must have the target's shape, \(30, 40\)",
    ),
    "a mask of zeros and ones": (
        lambda: facemo.plan(PICTURE, TILES, mask=np.ones((30, 40), int)),
        "a mask that is white, 255 or True, where photos should be",
    ),
    "weights that are a dict": (lambda: facemo.plan(PICTURE, TILES, weights={}), "got dict"),
    # what is written and read
    "no suffix": (lambda: facemo.save(mosaic(), "poster"), "suffix must be one of"),
    "no path": (lambda: facemo.save(mosaic(), None), "path must be text that can name a file"),
    "tiles to save": (lambda: facemo.save(TILES, "a.png"), "a Mosaic, as plan makes one, or a"),
    "a plan of an array": (lambda: facemo.save(PICTURE, "a.npz"), "save the Mosaic that plan"),
    "an array to read": (lambda: facemo.read_image(PICTURE), "must be a path, got ndarray"),
    "tiles, then a plan": (lambda: facemo.load_plan(TILES, "a.npz"), "must be a path, got Tiles"),
    "nothing to show": (lambda: facemo.show(None), "picture must be a picture, .* got None"),
}


def mosaic():
    return facemo.plan(PICTURE, TILES, cols=4)


@pytest.mark.parametrize(("mistake", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_answered_in_one_line_that_says_what_would_work(
    tmp_path, monkeypatch, mistake, message
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message) as error:
        mistake()
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (lambda: facemo.plan(PICTURE, TILES, 50), "options by name, as cols=…, got 3 arguments"),
        (lambda: facemo.plan(PICTURE, TILES, colums=5), "'colums': did you mean 'cols'"),
        (lambda: facemo.plan(PICTURE, "photos", tile_size=5), "did you mean 'size'"),
        (lambda: facemo.render(PICTURE, TILES, opacity=0.5), "there are cols, rows, .*tint"),
        (lambda: facemo.save(PICTURE, "a.png", format="png"), "there are quality, "),
        (lambda: facemo.render(PICTURE, "photos", tile=5), "did you mean 'size'"),
        (lambda: facemo.plan(PICTURE, TILES, fix={}), "did you mean 'fixed'"),
        (lambda: facemo.render(PICTURE, "p", no_screenshots=True), "mean 'screenshots=False'"),
        (lambda: facemo.load_tiles("photos", no_cache=True), "did you mean 'cache=False'"),
        (lambda: facemo.render(PICTURE, "p", width=20), r"'size=tile_side\(target, inches\)'"),
        (lambda: facemo.save(PICTURE, "a.png", tile=5), "there are quality, "),
        (lambda: facemo.plan(PICTURE), "missing .* 'tiles'"),
    ],
)
def test_a_call_that_python_itself_would_refuse_is_a_type_error(mistake, message):
    with pytest.raises(TypeError, match=message):
        mistake()


def test_what_is_no_method_of_a_mosaic_is_named():
    with pytest.raises(AttributeError, match=r"'save': facemo\.save\(mosaic, path\) does that"):
        mosaic().save("a.jpg")
    with pytest.raises(AttributeError, match=r"no attribute 'nothing'$"):
        mosaic().nothing()


@pytest.mark.parametrize("cols", [4.0, np.float32(4), np.int8(4), np.array(4)])
def test_numbers_of_any_type_will_do(cols):
    assert facemo.plan(PICTURE, TILES, cols=cols, mirror=np.bool_(True)).cells.shape == (3, 4)


def test_the_users_own_folder_is_meant_by_a_tilde(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    made = facemo.plan("~/photos/red.png", "~/photos", size=8, cols=4, cache="~/cache")
    facemo.save(made, "~/poster.png")
    facemo.save(made, "~/plan.npz")
    again = facemo.load_plan("~/plan.npz", "~/photos")
    assert (tmp_path / "poster.png").exists()
    assert (tmp_path / "cache").is_dir()
    np.testing.assert_array_equal(again.index, made.index)
