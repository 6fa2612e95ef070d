from __future__ import annotations

import datetime
import unicodedata

import pytest

from facemo.errors import InputError
from facemo.library.facts import Facts
from facemo.library.filters import ALL, Filters, below, meant_by, named
from facemo.options import Loading

MAY = Facts("2020-05-31T12:30:00", 3)
NAMES = ["a.jpg", "kin/B.JPG", "kin/c.png", "team/[bob].jpg"]


def why_not(facts, **options):
    return Filters.of(Loading(**options)).why_not(facts)


@pytest.mark.parametrize("moment", ["2020", "2020-05", "2020-05-31", "2020-05-31T12:30"])
def test_a_date_is_all_of_the_time_that_it_names(moment):
    assert why_not(MAY, since=moment) is why_not(MAY, until=moment) is None
    assert why_not(MAY, since=moment, until=moment) is None


@pytest.mark.parametrize("moment", ["2021", "2020-06", "2020-06-01", "2020-05-31 12:31"])
def test_what_was_taken_before_or_after_is_left_out(moment):
    assert why_not(MAY, since=moment) == f"taken before {moment.replace(' ', 'T')}"
    assert why_not(MAY, until=moment) is None


def test_what_has_no_date_is_left_out_where_one_is_asked_for():
    assert why_not(Facts(), since=2020) == why_not(Facts(), until=2020) == "without a date"
    assert why_not(Facts(), min_rating=1) == "not rated"
    assert why_not(Facts()) is None


def test_a_file_is_left_out_by_its_rating():
    assert why_not(MAY, min_rating=3) is None
    assert why_not(MAY, min_rating=4) == why_not(Facts(rating=-1), min_rating=4) == "rated below 4"


def test_a_screenshot_is_left_out_where_none_are_wanted():
    assert why_not(Facts(screenshot=True), screenshots=False) == "a screenshot"
    assert why_not(Facts(screenshot=True)) is None
    assert Filters.of(Loading()) == ALL


def test_a_mosaic_made_by_facemo_is_left_out_unless_what_is_hidden_is_taken():
    assert why_not(Facts(mosaic=True)) == "a mosaic made by facemo"
    assert why_not(Facts(mosaic=True), hidden=True) is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2020, "2020"),
        ("2020-05", "2020-05"),
        (" 2020-05-31 ", "2020-05-31"),
        ("2020-05-31 12:30", "2020-05-31T12:30"),
        (datetime.date(2020, 5, 31), "2020-05-31"),
        (datetime.datetime(2020, 5, 31, 12, 30, 0, 5), "2020-05-31T12:30:00"),
    ],
)
def test_a_date_may_be_given_in_several_ways(value, text):
    assert Loading(since=value).since == text


@pytest.mark.parametrize(
    "value",
    ["", "20", "May", "2020-13", "2020-02-30", "31.05.2020", "2020-5", True, 2020.5, b"2020"],
)
def test_what_is_no_date_is_refused(value):
    with pytest.raises(InputError, match=r"since must be a date as 2020, .*, got "):
        Loading(since=value)


def test_a_date_of_some_time_zone_is_refused():
    noon = datetime.datetime(2020, 5, 31, 12, tzinfo=datetime.timezone.utc)
    with pytest.raises(InputError, match=r"since: cameras know no time zone: give .* without one"):
        Loading(since=noon)


def test_dates_in_the_wrong_order_are_refused():
    with pytest.raises(InputError, match="since=2021 is later than until=2020: nothing lies"):
        Loading(since=2021, until=2020)
    Loading(since="2020-05", until=2020)


@pytest.mark.parametrize(
    ("only", "kept"),
    [
        (None, NAMES),
        (["*.jpg"], ["a.jpg", "kin/B.JPG", "team/[bob].jpg"]),
        (["kin/*"], ["kin/B.JPG", "kin/c.png"]),
        (["b.jpg", "./a.jpg"], ["a.jpg", "kin/B.JPG"]),
        (["[bob].jpg"], ["kin/B.JPG", "team/[bob].jpg"]),  # a pattern, and a name
        (["/photos/kin/*"], ["kin/B.JPG", "kin/c.png"]),
        (["/photos/?.jpg"], ["a.jpg"]),
        (["kin"], ["kin/B.JPG", "kin/c.png"]),
        (["Team/", "/photos/kin/"], ["kin/B.JPG", "kin/c.png", "team/[bob].jpg"]),
        (["k*/"], ["kin/B.JPG", "kin/c.png"]),
        (["k*"], []),  # one of names of files
        ([], []),
    ],
)
def test_names_are_kept_that_are_like_one_of_the_patterns(only, kept):
    found, left_out = named("/photos", NAMES, Loading(only=only))
    assert found == kept
    assert sum(left_out.values()) == len(NAMES) - len(kept)


def test_a_path_is_below_a_root_however_it_is_spelt():
    root, typed = (unicodedata.normalize(form, "/Zo\u00eb/\u00fc") for form in ("NFD", "NFC"))
    assert below(root, f"{typed}/a.jpg") == "a.jpg"
    assert [meant_by(root, f"{typed}/a.jpg")(name) for name in ("a.jpg", "b.jpg")] == [True, False]


@pytest.mark.parametrize(
    ("where", "kept", "left_out"),
    [
        (["since:2020", "rating:4"], NAMES, {}),
        (["*.jpg", "kin/*"], ["kin/B.JPG"], {"not like '*.jpg'": 1, "not like 'kin/*'": 2}),
        ("kin", ["kin/B.JPG", "kin/c.png"], {"not like 'kin'": 2}),
        ([], NAMES, {}),
        (["/photos"], NAMES, {}),
        (["/photos/", "./kin/"], ["kin/B.JPG", "kin/c.png"], {"not like './kin/'": 2}),
    ],
)
def test_names_are_kept_that_are_like_all_of_where(where, kept, left_out):
    assert named("/photos", NAMES, Loading(where=where)) == (kept, left_out)


def test_only_and_where_go_together():
    kept, left_out = named("/photos", NAMES, Loading(only=["a.jpg", "kin/"], where="*.jpg"))
    assert kept == ["a.jpg", "kin/B.JPG"]
    assert left_out == {"of other names": 1, "not like '*.jpg'": 1}


@pytest.mark.parametrize(
    ("where", "others", "filters"),
    [
        ("since:2020-05", {}, Filters(since="2020-05")),
        ("rating:4", {"min_rating": 3}, Filters(min_rating=4)),
        ("rating:3", {"min_rating": 4}, Filters(min_rating=4)),
        (["since:2019", "since:2020", "a.jpg"], {"since": 2018}, Filters(since="2020")),
        (["until:2020-05", "until:2020"], {}, Filters(until="2020-05")),
        (["until:2020"], {"until": "2019-12"}, Filters(until="2019-12")),
    ],
)
def test_where_asks_the_same_of_facts_as_the_options_do(where, others, filters):
    assert Filters.of(Loading(where=where, **others)) == filters


def test_the_whole_name_of_a_file_is_that_file_and_no_other():
    names = ["a.jpg", "kin/a.jpg", "kin/b.jpg"]
    for typed in ("a.jpg", "./a.jpg", "/photos/a.jpg"):
        assert named("/photos", names, Loading(where=typed))[0] == ["a.jpg"]
        assert named("/photos", names, Loading(only=[typed, "b.jpg"]))[0] == ["a.jpg", "kin/b.jpg"]
    assert named("/photos", names[1:], Loading(where="a.jpg"))[0] == ["kin/a.jpg"]


def test_of_a_folder_that_is_not_at_the_top_the_whole_name_is_told():
    names = ["a.jpg", "WhatsApp/Media/Sent/b.jpg"]
    [(why, count)] = named("", names, Loading(where="sent"))[1].items()
    told = "folders are named from the top, as 'WhatsApp/Media/Sent', or '*/sent/*'"
    assert (why, count) == (f"not like 'sent' ({told})", 2)
    assert named("", names, Loading(where="*/Sent/*"))[0] == names[1:]
