"""What a command line says: paths, options in any order, recipes."""

from __future__ import annotations

import os

import pytest
from PIL import Image

from facemo.cli.given import given
from facemo.cli.recipes import RECIPES
from facemo.errors import InputError


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch, photos):
    """A home and a current folder with a face and photos."""
    Image.linear_gradient("L").save(tmp_path / "face.png")
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def test_options_may_stand_anywhere():
    orders = [
        ["face.png", "photos", "photos/sub", "--cols", "9", "-o", "a.png"],
        ["--cols", "9", "face.png", "photos", "-o", "a.png", "photos/sub"],
        ["-o", "a.png", "face.png", "--cols", "9", "photos", "--", "photos/sub"],
    ]
    first, *others = [given(order) for order in orders]
    assert (first.target, first.tiles) == ("face.png", ["photos", "photos/sub"])
    assert (first.outputs, first.planning["cols"]) == (["a.png"], 9)
    assert others == [first, first]


def test_a_pattern_may_spell_accents_otherwise_than_the_disk(here):
    (here / "Zoe\u0308.png").touch()
    assert given(["face.png", "Zo\u00eb*", "-o", "a.png"]).tiles == ["Zoe\u0308.png"]


def test_tildes_and_patterns_are_expanded_here_where_no_shell_does(here):
    said = given(["~/fac?.png", "~/photos/*.png", "-o", "~/a.png", "--cache=~/kept"])
    assert said.target == str(here / "face.png")
    assert said.tiles == [str(here / "photos" / f"{c}.png") for c in ("black", "red", "white")]
    assert said.outputs == [str(here / "a.png")]
    assert said.loading["cache"] == str(here / "kept")
    assert given(["face.png", "photos/**/*.png"]).tiles[-2:] == [
        "photos/sub/green.png",
        "photos/white.png",
    ]


def test_what_is_there_by_its_own_name_is_no_pattern(here):
    os.rename("photos/red.png", "photos/red[1].png")
    assert given(["face.png", "photos/red[1].png"]).tiles == ["photos/red[1].png"]


def test_what_is_not_given_is_as_the_options_say():
    said = given(["face.png", "photos"])
    assert (said.loading["size"], said.loading["cache"], said.planning["seed"]) == (64, True, 0)
    assert (said.outputs, said.width, said.json) == ([], None, False)
    assert given(["face.png", "photos", "--no-cache"]).loading["cache"] is False


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_sets_options_and_says_which(name):
    said = given(["face.png", "photos", "--recipe", name])
    recipe = RECIPES[name]
    have = {**said.loading, **said.planning, **said.encoding, "width": said.width}
    assert {option: have[option] for option in recipe.options} == recipe.options
    assert said.recipe == f"recipe {name}: {' '.join(recipe.text.values())}"
    # What it says is what could be typed.
    typed = given(["face.png", "photos", *" ".join(recipe.text.values()).split()])
    assert typed.loading == said.loading
    assert typed.planning == said.planning
    assert typed.encoding == said.encoding
    assert typed.width == said.width


def test_what_is_given_wins_over_a_recipe():
    said = given(["face.png", "photos", "--recipe", "wall", "--tile", "9", "--rows", "7"])
    assert (said.width, said.loading["size"], said.planning["cols"]) == (None, 9, None)
    assert said.recipe == "recipe wall: --dpi 150"
    assert given(["face.png", "photos", "--once", "--recipe=page"]).planning["cols"] is None


def test_a_shape_of_tiles_goes_with_a_width():
    said = given(["face.png", "photos", "--recipe", "poster", "--tile", "auto"])
    assert (said.width, said.loading["size"]) == (60 / 2.54, "auto")
    assert said.recipe == "recipe poster: --width 60cm --dpi 300"
    said = given(["face.png", "photos", "--recipe", "gigapixel", "--tile", "auto"])
    assert (said.width, said.loading["size"]) == (None, "auto")


def test_a_recipe_of_which_all_is_given_says_so():
    said = given(["face.png", "photos", "--recipe", "page", "--cols", "7"])
    assert said.recipe == "recipe page: all is given"


def test_a_file_name_may_begin_with_a_hyphen(here):
    os.rename("face.png", "-face.png")
    with pytest.raises(InputError, match="there is no option -face"):
        given(["-face.png", "photos"])
    assert given(["--", "-face.png", "photos"]).target == "-face.png"
