from __future__ import annotations

import numpy as np
import pytest

from facemo.errors import InputError
from facemo.planning.names import Names
from facemo.tiles import Rejected, Tiles

FILES = ("IMG_12.jpg", "kin/IMG_12.jpg", "kin/aunt.jpg", "kin/uncle.jpg", "team/[bob].jpg")


def names(files=FILES, **others):
    return Names(Tiles(np.zeros((len(files), 2, 2, 3), np.uint8), files, **others))


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("kin/aunt.jpg", [2]),
        ("./kin/aunt.jpg", [2]),
        ("aunt.jpg", [2]),
        ("IMG_12.jpg", [0]),  # a name as it stands comes before the name of a file
        ("team/[bob].jpg", [4]),  # and before a pattern
        ("[bob].jpg", [4]),
        ("IMG_*", [0, 1]),
        ("kin/*", [1, 2, 3]),
        ("kin/", [1, 2, 3]),
        ("kin", [1, 2, 3]),
        ("AUNT.jpg", [2]),
        ("?ncle.jpg", [3]),
        ("*", [0, 1, 2, 3, 4]),
    ],
)
def test_photos_are_meant_by_name_by_file_and_by_pattern(name, meant):
    assert names().meant(name).tolist() == meant


def test_a_path_as_a_shell_completes_it_is_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    known = names(root=str(tmp_path / "photos"))
    assert known.meant("photos/kin/aunt.jpg").tolist() == [2]
    assert known.meant(str(tmp_path / "photos" / "kin" / "aunt.jpg")).tolist() == [2]
    with pytest.raises(InputError, match=r"no photo is called 'other/kin/aunt\.jpg'"):
        known.meant("other/kin/aunt.jpg")


def test_accents_of_a_path_may_be_spelt_in_either_way():
    known = names(["kin/Zoe\u0308.jpg", "Zoe\u0308.jpg", "a.jpg"], root="/photos")
    assert known.meant("/photos/kin/Zo\u00eb.jpg").tolist() == [0]
    assert known.meant("/photos/kin/Zoe\u0308.jpg").tolist() == [0]


def test_a_file_that_was_merged_into_another_stands_for_that_one():
    known = names(merged=(("copies/aunt 2.jpg", "kin/aunt.jpg"),))
    assert known.meant("copies/*").tolist() == known.meant("aunt 2.jpg").tolist() == [2]
    assert known.one("aunt*") == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Since:2020", "'Since:2020' asks for nothing: did you mean 'since:2020'?"),
        ("ant.jpg", "no photo is called 'ant.jpg': did you mean 'aunt.jpg'?"),
        ("aunt.png", "no photo is called 'aunt.png': did you mean 'aunt.jpg'?"),
        ("cat.jpg", "no photo is called 'cat.jpg': they are called as 'IMG_12.jpg'"),
        ("kin/ant.jpg", "no photo is called 'kin/ant.jpg': did you mean 'kin/aunt.jpg'?"),
        ("grandmother", "no photo is called 'grandmother': they are called as 'IMG_12.jpg'"),
        ("DSC*", "no photo's name is like 'DSC*'"),
        ("torn.jpg", "'torn.jpg' was set aside: truncated"),
        ("kin/torn.jpg", "'kin/torn.jpg' was set aside: truncated"),
    ],
)
def test_a_name_that_means_nobody_is_refused_with_what_may_have_been_meant(name, message):
    with pytest.raises(InputError) as refused:
        names(rejected=[Rejected("kin/torn.jpg", "truncated")]).meant(name)
    assert str(refused.value) == message


def test_a_file_in_several_folders_wants_its_folder():
    known = names(("a/1.jpg", "b/1.jpg", "c/1.jpg", "d/1.jpg"))
    message = "'1.jpg' is 4 photos, 'a/1.jpg', 'b/1.jpg', 'c/1.jpg' and 1 more: name the folder"
    with pytest.raises(InputError, match=message):
        known.meant("1.jpg")
    with pytest.raises(InputError, match=r"'\*' is 4 photos, .*: name one of them"):
        known.one("*")


@pytest.mark.parametrize("typed", ["M\u00fcller.jpg", "kin/M\u00fcller.jpg", "m\u00fc*.jpg"])
def test_accents_are_found_however_the_system_spells_them(typed):
    composed, apart = "kin/M\u00fcller.jpg", "kin/Mu\u0308ller.jpg"
    for file in (composed, apart):
        assert names(("a.jpg", file)).meant(typed).tolist() == [1]
    both = names((composed, apart))
    assert both.meant(composed).tolist() == [0]
    assert both.meant(apart).tolist() == [1]
    with pytest.raises(InputError, match="is 2 photos"):
        both.meant("M\u00fcller.jpg")


def test_of_a_folder_that_is_not_at_the_top_the_whole_name_is_told():
    known = names(["a.jpg", "old/kin/aunt.jpg"])
    with pytest.raises(InputError, match=r"folders are named from the top, as 'old/kin', or "):
        known.meant("kin")
    assert known.meant("*/kin/*").tolist() == [1]
