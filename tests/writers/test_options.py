from __future__ import annotations

import pytest

from facemo.errors import InputError
from facemo.writers.options import Options


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"quality": 0}, "quality must be a whole number of at least 1"),
        ({"quality": 101}, "quality must be at most 100, got 101"),
        ({"progress": 5}, "progress must be a function, got 5"),
        ({"subsampling": "4:1:1"}, "subsampling must be one of 4:4:4, 4:2:0, got '4:1:1'"),
        ({"compression": "lzw"}, "compression must be one of deflate, jpeg, none"),
        ({"dpi": 0}, "dpi must be a number from 1 to 65,535, got 0"),
        ({"dpi": float("nan")}, "dpi must be"),
        ({"dpi": "300"}, "dpi must be"),
    ],
)
def test_what_no_format_takes_is_refused(given, message):
    with pytest.raises(InputError, match=message):
        Options(**given)


def test_progress_is_told_if_anybody_asked():
    told = []
    Options(progress=lambda *numbers: told.append(numbers)).report(3, 9)
    Options().report(3, 9)
    assert told == [(3, 9)]
