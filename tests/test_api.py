"""The public names: what is exported, what is there, and what the README lists."""

from __future__ import annotations

import inspect
import subprocess
import sys
from types import FunctionType

import numpy as np
import pytest
from numpydoc.validate import validate
from PIL import Image

import facemo


def test_every_public_name_is_there():
    assert [name for name in facemo.__all__ if getattr(facemo, name, None) is None] == []


def test_dir_lists_the_public_names_and_no_others():
    assert sorted(dir(facemo)) == sorted(facemo.__all__)


# What facemo makes and nobody else, so that there is nothing to show.
RECORDS = {
    "Bound",
    "CacheInfo",
    "CacheWarning",
    "Coverage",
    "Explorer",
    "InputError",
    "Preflight",
    "Rejected",
    "Score",
}
# What numpydoc asks for and the docstrings do not have: an extended summary where the short one
# says it all; lines for the quotes alone, which are ruff's to place; a section See Also, which is
# the README's table.
UNASKED = {"ES01", "GL01", "GL02", "SA01"}


def documented():
    """The public names, and the methods and properties of the classes among them."""
    for name in facemo.__all__:
        thing = getattr(facemo, name)
        yield name, thing
        if isinstance(thing, type):
            for member, value in vars(thing).items():
                if not member.startswith("_") and isinstance(value, (FunctionType, property)):
                    yield f"{name}.{member}", value


@pytest.mark.parametrize(
    ("name", "thing"), [pytest.param(*each, id=each[0]) for each in documented()]
)
def test_a_docstring_has_the_sections_that_numpydoc_asks_for(name, thing):
    unasked = UNASKED | ({"EX01"} if name in RECORDS or isinstance(thing, property) else set())
    errors = validate(f"facemo.{name}")["errors"]
    assert [error for error in errors if error[0] not in unasked] == []


@pytest.mark.parametrize(
    "function", [thing for _, thing in documented() if isinstance(thing, FunctionType)]
)
def test_a_function_says_what_it_raises(function):
    assert "\nRaises\n------\n" in inspect.getdoc(function)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="mosaik"):
        _ = facemo.mosaik


def test_a_list_of_pictures_stands_for_tiles_in_their_order(tmp_path):
    small, large = ([Image.new("L", (n, n), shade) for shade in (0, 255)] for n in (2, 4))
    mosaic = facemo.plan([[0.0, 1.0]], small, cols=2, k=1, spacing=0, tint=0)
    facemo.save(mosaic, tmp_path / "plan.npz")
    for again in (mosaic.with_tiles(large), facemo.load_plan(tmp_path / "plan.npz", large)):
        assert np.asarray(again)[0, :, 0].tolist() == [0] * 4 + [255] * 4


def test_importing_facemo_imports_nothing_heavy():
    code = "import facemo.cli, sys; print({'numpy', 'numba', 'PIL', 'tqdm'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "set()"
