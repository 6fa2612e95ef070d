"""Recipes: several options at once, for what is made most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Recipe(NamedTuple):
    """Options that go together.

    options : what they are by name, as the command line's namespace has them
    text : the same as they are typed
    suffix : of the output, where none is named
    help : what it is for
    """

    options: Mapping[str, Any]
    text: Mapping[str, str]
    suffix: str
    help: str


RECIPES = {
    "poster": Recipe(
        {"width": 60 / 2.54, "dpi": 300.0},
        {"width": "--width 60cm", "dpi": "--dpi 300"},
        ".jpg",
        "prints 60 cm wide",
    ),
    "wall": Recipe(
        {"width": 200 / 2.54, "dpi": 150.0, "cols": 200},
        {"width": "--width 200cm", "dpi": "--dpi 150", "cols": "--cols 200"},
        ".jpg",
        "prints 2 m wide",
    ),
    "page": Recipe({"cols": 200}, {"cols": "--cols 200"}, ".html", "is a page that zooms"),
    "gigapixel": Recipe(
        {"cols": 512, "size": 64},
        {"cols": "--cols 512", "size": "--tile 64"},
        ".tif",
        "is a TIFF of a gigapixel",
    ),
}
# What is given in place of an option: columns follow from rows, or from the photos. A size that is
# "auto" is but the shape of tiles.
_INSTEAD = {"cols": {"rows", "once"}, "size": {"width"}, "width": {"size"}}


def followed(name: str, given: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """What is `given` with what a recipe adds to it, and the latter as it is typed.

    >>> followed("wall", {"rows": 90, "dpi": 100.0})
    ({'width': 78.74015748031496, 'rows': 90, 'dpi': 100.0}, '--width 200cm')
    """
    recipe = RECIPES[name]
    deciding = {option for option, value in given.items() if (option, value) != ("size", "auto")}
    taken = {
        option: value
        for option, value in recipe.options.items()
        if option not in given and not deciding & _INSTEAD.get(option, set())
    }
    return {**taken, **given}, " ".join(recipe.text[option] for option in taken)
