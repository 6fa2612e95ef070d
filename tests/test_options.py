from __future__ import annotations

import inspect
from dataclasses import fields
from pathlib import Path
from typing import get_type_hints

import pytest

import facemo
from facemo import kinds, options
from facemo.errors import InputError
from facemo.options import Encoding, Loading, Planning


@pytest.mark.parametrize(
    ("group", "given", "message"),
    [
        (Encoding, {"quality": 0}, "quality must be a whole number of at least 1"),
        (Encoding, {"quality": 101}, "quality must be at most 100, got 101"),
        (
            Encoding,
            {"subsampling": "4:1:1"},
            "subsampling must be one of 4:4:4, 4:2:0, got '4:1:1'",
        ),
        (Encoding, {"compression": "lzw"}, "compression must be one of deflate, jpeg, none"),
        (Encoding, {"dpi": 0}, "dpi must be a number from 1 to 65,535, got 0"),
        (Encoding, {"dpi": float("nan")}, "dpi must be"),
        (Encoding, {"dpi": "300"}, "dpi must be"),
        (Loading, {"size": (1, 2, 3)}, r"size must be a side or \(height, width\) in pixels"),
        (Loading, {"size": 0}, "size must be a whole number of at least 1, got 0"),
        (Loading, {"crop": "center"}, "crop must be one of faces, attention, centre"),
        (Loading, {"background": (1, 2)}, "background must be a colour name or three numbers"),
        (Loading, {"cache": ""}, "cache must be a folder, True or False, got ''"),
        (Planning, {"seed": 2**129}, "seed must be at most"),
        (Planning, {"palette": 0}, "palette must be a whole number from 1 to .* 'auto' or None"),
        (Planning, {"palette": 2.5}, r"palette must be .* or None, got 2\.5"),
        (Planning, {"palette": "none"}, "palette must be .* or None, got 'none'"),
        (Planning, {"palette": True}, "palette must be .* or None, got True"),
        (Planning, {"fixed": ["aunt.jpg"]}, r"fixed must be names by \(row, col\), got \['aunt"),
        (Planning, {"fixed": {3: "aunt.jpg"}}, r"fixed must be .* \{\(3, 4\): 'aunt.jpg'\}, got 3"),
        (Planning, {"fixed": {(3, 4): 5}}, r"fixed must be names .* got \(3, 4\): 5"),
        (
            Planning,
            {"fixed": {(3, -1): "a"}},
            "fixed's column must be a whole number of at least 0",
        ),
        (Planning, {"include": 5}, "include must be names or patterns of photos, got 5"),
        (
            Planning,
            {"exclude": ["a", 5]},
            "exclude must be names or patterns of photos, got .'a', 5",
        ),
    ],
)
def test_what_an_option_cannot_be_is_refused(group, given, message):
    with pytest.raises(InputError, match=message):
        group(**given)


def test_names_may_be_paths_and_one_may_stand_alone():
    given = (Path("a", "9.jpg"), "*.png")
    assert Loading(only=iter(given)).only == ("a/9.jpg", "*.png")
    assert Loading(only=given[0]).only == Planning(include=given[:1]).include == ("a/9.jpg",)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("since:2020-05", {"since": "2020-05"}),
        ("until:2005", {"until": "2005"}),
        ("rating:4", {"min_rating": 4}),
        *(
            (name, {})
            for name in (
                "./since:2020",
                "March 2020",
                "aunt: 2020.jpg",
                "since",
                "until now: 1.jpg",
                "C:/since/2020",
            )
        ),
    ],
)
def test_more_than_names_may_be_asked_of_photos(text, options):
    assert kinds.asked(text) == options


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("since:yesterday", "since must be a date as 2020, .* got 'yesterday'"),
        ("until:", "until must be a date as 2020"),
        ("rating:good", "rating must be a whole number from 1 to 5, got 'good'"),
        ("rating:4.5", "rating must be a whole number from 1 to 5, got '4.5'"),
        ("before:2020", "did you mean 'until:2020'"),
        ("after:2020-05", "did you mean 'since:2020-05'"),
        ("stars:4", "did you mean 'rating:4'"),
        ("year:2020", "did you mean 'since:2020' or 'until:2020'"),
        ("since 2023", "did you mean 'since:2023'"),
        ("until=2023", "did you mean 'until:2023'"),
        ("rating:6", "rating must be at most 5, got 6"),
        ("rating:" + "9" * 5000, "rating must be a whole number"),
        ("sinse:2020", "'sinse:2020' asks for nothing: did you mean 'since:2020'?"),
        ("Since:2020-05-01", "did you mean 'since:2020-05-01'?"),
        ("min-rating:3", "did you mean 'rating:3'?"),
        ("RATINGS:4", "did you mean 'rating:4'?"),
    ],
)
def test_what_asks_for_nothing_is_refused_wherever_it_is_said(text, message):
    for group, option in ((Loading, "where"), (Planning, "include"), (Planning, "exclude")):
        with pytest.raises(InputError, match=f"{option}: .*{message}"):
            group(**{option: ["a.jpg", text]})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"where": ["since:2021", "until:2020"]}, "since:2021 is later than until:2020: nothing"),
        ({"where": "since:2021", "until": 2020}, "since:2021 is later than until=2020: nothing"),
        ({"where": ""}, "where must be names or tests, as .*, got ''"),
        ({"where": {"since": 2023}}, "where must be names or tests, as .*'since:2020'"),
    ],
)
def test_what_where_asks_may_not_contradict_itself_or_the_options(given, message):
    with pytest.raises(InputError, match=message):
        Loading(**given)


@pytest.mark.parametrize("group", [Loading, Planning, Encoding])
def test_the_types_for_checkers_are_those_of_the_fields(group):
    typed = getattr(options, f"{group.__name__}Options")
    own = {each.name: get_type_hints(group)[each.name] for each in fields(group)}
    assert get_type_hints(typed) == own


@pytest.mark.parametrize("group", [Loading, Planning, Encoding])
def test_every_default_is_a_value_that_its_own_check_takes(group):
    defaults = group()
    assert {each.name: getattr(defaults, each.name) for each in fields(group)} == {
        each.name: each.default for each in fields(group)
    }


@pytest.mark.parametrize(
    ("function", "groups"),
    [
        (facemo.load_tiles, [Loading]),
        (facemo.plan, [Planning, Loading]),
        (facemo.render, [Planning, Loading]),
        (facemo.replan, [Planning]),
        (facemo.compare, [Planning, Loading]),
        (facemo.explore, [Planning, Loading]),
        (facemo.save, [Encoding]),
        (facemo.preflight, [Loading, Planning, Encoding]),
    ],
)
def test_a_function_shows_its_options_with_their_defaults_and_documents_them(function, groups):
    parameters = inspect.signature(function).parameters
    for each in (each for group in groups for each in fields(group)):
        assert parameters[each.name].default == each.default
        assert f"\n{each.name} : " in function.__doc__
    assert "{options}" not in function.__doc__


def test_types_can_be_read_while_the_program_runs():
    assert get_type_hints(facemo.save)["quality"] is int
    assert "options" not in get_type_hints(facemo.plan)


def test_an_option_that_there_is_not_is_a_type_error_that_says_what_was_meant():
    with pytest.raises(TypeError, match=r"plan\(\) got .* 'spaceing': did you mean 'spacing'"):
        facemo.plan([[0.0]], [], spaceing=1)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("size", "64", 64),
        ("size", "48x64", (48, 64)),
        ("size", "auto", "auto"),
        ("crop", "centre", "centre"),
        ("tint", "auto", "auto"),
        ("tint", "0.5", 0.5),
        ("palette", "auto", "auto"),
        ("palette", "none", None),
        ("palette", "500", 500),
        ("space", "lab", "lab"),
        ("k", "7", 7),
        ("fixed", "3, 4=a=b.jpg", [((3, 4), "a=b.jpg")]),
        ("include", "IMG_*", ["IMG_*"]),
    ],
)
def test_an_option_is_read_from_the_text_of_a_command_line(name, text, value):
    every = {each.name: each for group in (Loading, Planning) for each in fields(group)}
    assert every[name].metadata["kind"].parse(text) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("k", "0", "wanted a whole number from 1, got '0'"),
        ("tint", "much", "wanted a number from 0 to 1, or auto, got 'much'"),
        ("palette", "0", "wanted a whole number from 1, auto or none, got '0'"),
        ("space", "hsv", "wanted rgb or lab, got 'hsv'"),
        ("background", "255,0,0", "wanted a colour as white or #ff8800, got '255,0,0'"),
        (
            "fixed",
            "aunt.jpg",
            "wanted a row, a column and a photo, as 3,4=aunt.jpg, got 'aunt.jpg'",
        ),
        ("fixed", "-1,4=aunt.jpg", "wanted a row, a column and a photo"),
        ("fixed", "3,4=", "wanted a row, a column and a photo"),
        ("exclude", "@none.csv", "cannot read 'none.csv': No such file or directory"),
    ],
)
def test_text_that_is_no_value_is_refused(name, text, message):
    every = {each.name: each for group in (Loading, Planning) for each in fields(group)}
    with pytest.raises(ValueError, match=message):
        every[name].metadata["kind"].parse(text)


LISTS = {
    "a column": "aunt.jpg\nuncle.jpg\n",
    "several, without a head": '"aunt.jpg","Ann"\r\n"uncle.jpg","Bob"\r\n\r\n',
    "a head and semicolons": "\ufeffname;File\nAnn;aunt.jpg\nBob;uncle.jpg\n",
    "a department and a photo": "name,photo\nAnn,aunt.jpg\nBob,uncle.jpg\n",
    "a name and a department": "Name,Department\naunt.jpg,x\nuncle.jpg,y\n",
    "what facemo writes": 'row,column,x,"file"\n0,0,0,"aunt.jpg"\n0,1,64,"uncle.jpg"\n',
}


@pytest.mark.parametrize("text", LISTS.values(), ids=LISTS.keys())
def test_names_are_read_from_a_file(tmp_path, text):
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode())
    kind = next(each for each in fields(Planning) if each.name == "include").metadata["kind"]
    assert kind.gather([kind.parse(f"@{path}"), ["c"]]) == ["aunt.jpg", "uncle.jpg", "c"]


def test_a_file_that_is_no_csv_has_a_name_a_line(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("aunt, 2019.jpg\n\nuncle.jpg\n")
    kind = next(each for each in fields(Planning) if each.name == "exclude").metadata["kind"]
    assert kind.parse(f"@{path}") == ["aunt, 2019.jpg", "uncle.jpg"]


@pytest.mark.parametrize(
    "head", ["", "row,column,file\n", "Row,Col,Name\n", "file,row,mirrored,column\n"]
)
def test_cells_and_their_photos_are_read_from_a_file(tmp_path, head):
    path = tmp_path / "list.csv"
    lines = (
        ["aunt.jpg,3,0,4", "uncle.jpg,5,1,6"]
        if "mirrored" in head
        else ["3,4,aunt.jpg", "5,6,uncle.jpg"]
    )
    path.write_text(head + "\n".join(lines))
    kind = next(each for each in fields(Planning) if each.name == "fixed").metadata["kind"]
    assert dict(kind.parse(f"@{path}")) == {(3, 4): "aunt.jpg", (5, 6): "uncle.jpg"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"3,4\n", "wanted lines of row, column, file, got '3,4'"),
        (b"", "wanted lines of row, column, file, got 'nothing'"),
        (b"a,b,c\n", "wanted a row, a column and a photo, as 3,4=aunt.jpg, got 'a,b=c'"),
        (b"\xff\xfe3", "cannot read .*: it is not UTF-8"),
        (b"row,column,file\n0,0," + b"a" * 200_000, "cannot read .*: field larger than"),
    ],
)
def test_a_file_that_lists_nothing_of_use_is_refused(tmp_path, text, message):
    path = tmp_path / "list.csv"
    path.write_bytes(text)
    kind = next(each for each in fields(Planning) if each.name == "fixed").metadata["kind"]
    with pytest.raises(ValueError, match=message):
        kind.parse(f"@{path}")


def test_a_cell_with_two_photos_is_refused():
    kind = next(each for each in fields(Planning) if each.name == "fixed").metadata["kind"]
    pinned = [[((3, 4), "a")], [((3, 4), "a"), ((5, 6), "a")]]
    assert kind.gather(pinned) == {(3, 4): "a", (5, 6): "a"}
    with pytest.raises(InputError, match="fixed=3,4 is asked for twice, with 'a' and with 'b'"):
        kind.gather([*pinned, [((3, 4), "b")]])
