"""What names alone say of which files are loaded."""

from __future__ import annotations

import pytest

from facemo.library.choose import BESIDE, chosen_files, without_pairs
from facemo.options import Loading

PAIR = ("DSC_1.JPG", "DSC_1.NEF")


@pytest.fixture
def folder(tmp_path):
    for name in (*PAIR, "DSC_2.DNG", "DSC_1.png"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize("raw", ["cr2", "CR3", "arw", "dng", "nef", "raf", "rw2", "orf", "x3f"])
@pytest.mark.parametrize("picture", ["jpg", "JPEG", "HEIC", "hif"])
def test_a_raw_beside_its_picture_is_left_out(raw, picture):
    assert without_pairs([f"a/1.{raw}", f"a/1.{picture}"]) == [f"a/1.{picture}"]


@pytest.mark.parametrize(
    "names",
    [
        ["a/1.nef"],
        ["a/1.nef", "b/1.jpg"],  # elsewhere
        ["a/1.nef", "a/2.jpg"],
        ["a/1.nef", "a/1.png"],  # no camera writes them
        ["a/1.jpg", "a/1.png", "a/1.tif", "a/1.heic"],
        ["nef", "jpg"],
    ],
)
def test_all_others_are_taken(names):
    assert without_pairs(names) == names


def test_files_of_pairs_are_counted(folder):
    _, names, _, left_out = chosen_files(folder, Loading())
    assert names == ["DSC_1.JPG", "DSC_1.png", "DSC_2.DNG"]
    assert left_out == {BESIDE: 1}


def test_a_raw_that_is_asked_for_is_taken(folder):
    assert chosen_files(folder, Loading(only=["*.nef"]))[1] == ["DSC_1.NEF"]
    assert len(chosen_files(folder, Loading(duplicates="keep"))[1]) == 4
