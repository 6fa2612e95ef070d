from __future__ import annotations

import numpy as np
import pytest

from facemo.errors import InputError
from facemo.options import Planning
from facemo.planning.plan import plan
from facemo.planning.terms import terms_of
from facemo.planning.wishes import held_cells, met, wishes_of
from facemo.tiles import Tiles

TILES = Tiles(np.zeros((30, 8, 8, 3), np.uint8), tuple("abcdefghijklmnopqrstuvwxyz0123"))


def wished(held=None, **options):
    """The wishes of options for 30 tiles and 8 x 6 cells, and what cells keep."""
    planning = Planning(cols=8, rows=6, **options)
    wishes = wishes_of(planning, TILES)
    terms = terms_of(planning, len(wishes.allowed), (8, 8), (60, 80, 3))
    return wishes, held_cells(wishes, terms, held)


def test_without_wishes_all_tiles_are_allowed_and_all_cells_free():
    wishes, held = wished()
    assert wishes.allowed.tolist() == list(range(30))
    assert wishes.included.size == wishes.fixed.size == 0
    assert held is None


def test_tiles_are_counted_as_if_there_were_none_but_those_allowed():
    wishes, held = wished(
        fixed={(1, 2): "c", (5, 7): "e"}, include=["c", "d", "[xyz]"], exclude=["a", "[x0-9]"]
    )
    assert [TILES.names[n] for n in wishes.allowed] == list("bcdefghijklmnopqrstuvwyz")
    assert [TILES.names[n] for n in wishes.allowed[wishes.included]] == ["c", "d", "y", "z"]
    assert (held[1, 2], held[5, 7]) == (1, 3)
    assert np.count_nonzero(held == -1) == 8 * 6 - 2


def test_what_stays_empty_does_so_beside_what_is_fixed():
    empty = np.full((6, 8), -1, np.int32)
    empty[0] = -2
    _, held = wished(empty, fixed={(1, 0): "b"})
    assert np.all(held[0] == -2)
    assert held[1, 0] == 1
    assert empty[1, 0] == -1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fixed": {(6, 2): "a"}}, "fixed=6,2 is outside of the 8 x 6 cells: rows are 0 to 5, col"),
        ({"fixed": {(0, 2): "a"}}, "fixed=0,2 is a cell that stays empty: fix another one"),
        ({"fixed": {(1, 2): "aa"}}, "fixed=1,2: no photo is called 'aa': did you mean 'a'?"),
        ({"fixed": {(1, 2): "[ab]"}}, "fixed=1,2: '[ab]' is 2 photos, 'a', 'b': name one of them"),
        (
            {"fixed": {(1, 2): "a"}, "exclude": "[abc]"},
            "fixed=1,2: 'a' is among those that exclude leaves out: take it out of one of them",
        ),
        (
            {"fixed": {(1, 2): "a", (3, 3): "a"}},
            "fixed=1,2 and fixed=3,3 are one photo, 2 cells apart, and spacing=2 wants 3: fix them "
            "further apart, or use spacing=1",
        ),
        (
            {"fixed": {(1, 2): "a", (1, 7): "a", (5, 2): "a"}, "max_uses": 2},
            "fixed: one photo is wanted in 3 cells, and max_uses=2 allows 2: fix it in fewer, or "
            "use max_uses=3 instead",
        ),
        ({"include": ["a", "zz"]}, "include: no photo is called 'zz': did you mean 'z'?"),
        (
            {"include": ["a"], "exclude": ["[abc]"]},
            "include: 'a' is among those that exclude leaves out: take it out of one of them",
        ),
        ({"exclude": ["*"]}, "exclude: that leaves none of the 30 photos: leave out fewer"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused_with_what_would_work(options, message):
    empty = np.full((6, 8), -1, np.int32)
    empty[0] = -2
    with pytest.raises(InputError) as refused:
        wished(empty, **options)
    assert str(refused.value).startswith(message)


def test_more_photos_to_include_than_there_are_cells_are_refused():
    full = np.full((6, 8), -2, np.int32)
    full[0, :3] = -1
    wished(full, include=["a", "b", "c"])
    wished(full, include=["a", "b", "c"], fixed={(0, 0): "a"})
    message = "include: 3 photos are more than the 2 free ones of 8 x 6 cells: include fewer"
    with pytest.raises(InputError, match=message):
        wished(full, include=["a", "b", "c"], fixed={(0, 0): "d"})


def test_once_a_photo_is_fixed_once():
    for options in ({"once": True}, {"max_uses": 1, "cols": 2, "spacing": 0}):
        with pytest.raises(InputError, match="in 2 cells, and once=True or max_uses=1 allows 1: "):
            plan(np.eye(30), TILES, fixed={(0, 0): "a", (1, 1): "a"}, **options)


def test_it_is_counted_how_many_wishes_are_met():
    wishes = Planning(fixed={(0, 1): "c", (2, 2): "d"}, include=["e", "f"], exclude="[ab]")
    kept = plan(np.eye(3), TILES, cols=3, fixed=wishes.fixed, include="[ef]", exclude="[ab]")
    assert met(kept, wishes) == "wishes met: 2 of 2 fixed, 2 of 2 included, 2 of 2 excluded"
    other = plan(np.eye(3), TILES, cols=3, fixed={(0, 1): "c", (1, 1): "a"}, exclude="[bef]")
    assert met(other, wishes) == "wishes met: 1 of 2 fixed, 0 of 2 included, 1 of 2 excluded"
    assert met(other, Planning()) is None
