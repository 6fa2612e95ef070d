from __future__ import annotations

import numpy as np
import pytest

from facemo.errors import InputError, printable, share, shown, whole_number


@pytest.mark.parametrize(
    "value", [0, -3, 2.5, "7", None, True, np.bool_(True), np.nan, np.inf, [7]]
)
def test_what_is_no_positive_whole_number_is_refused_by_name(value):
    with pytest.raises(InputError, match="cols must be a whole number of at least 1, got"):
        whole_number("cols", value)


@pytest.mark.parametrize("value", [1, 2**31 - 1, np.int8(5), np.uint64(7), 20.0, np.float32(3)])
def test_any_integer_type_is_a_whole_number(value):
    assert whole_number("cols", value) == int(value)
    assert type(whole_number("cols", value)) is int


def test_a_number_beyond_all_use_is_refused():
    for number, got in ((10**30, "10{30}"), (10**5000, r"about 10\^5000")):
        with pytest.raises(InputError, match=f"got {got}$"):
            whole_number("k", number)
    with pytest.raises(InputError, match="cols must be at most 2,147,483,647"):
        whole_number("cols", 10**400)


def test_control_characters_and_undecodable_bytes_are_escaped():
    assert printable("a\x1b[2J\n\udcff‮é") == "a\\x1b[2J\\n\\udcff\\u202eé"
    assert printable("3.04\u202fPM　写真") == "3.04\u202fPM　写真"


def test_a_path_is_shown_in_quotes_on_one_line():
    assert shown("a\nb.jpg") == r"'a\nb.jpg'"


@pytest.mark.parametrize(
    "tint", [-0.1, 1.1, float("nan"), "much", None, True, np.array([0.1, 0.2])]
)
def test_what_is_no_part_is_refused(tint):
    with pytest.raises(InputError, match='tint must be a number from 0 to 1, or "auto", got'):
        share("tint", tint)


def test_the_error_names_the_nearest_tint_that_works():
    with pytest.raises(InputError, match="the nearest is 1"):
        share("tint", np.float32(7))
    with pytest.raises(InputError, match="the nearest is 0"):
        share("tint", -1)


def test_of_a_text_longer_than_any_path_its_ends_are_shown():
    assert len(shown("a" * 10**6)) == 1003
    assert shown("a" * 600 + "b" * 600).startswith("'aaa")
