from __future__ import annotations

import pytest

from facemo.cli.flags import as_flags


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "max_uses=3 of 4 tiles: use max_uses=9 or more",
            "--max-uses 3 of 4 tiles: use --max-uses 9 or more",
        ),
        ("once=True with cols=24 and rows=30: no", "--once with --cols 24 and --rows 30: no"),
        ("size must be at most 4", "--tile must be at most 4"),
        ("include: no photo is called 'cols=3'", "--include: no photo is called 'cols=3'"),
        ("fixed=3,4 and fixed=3,5 are one", "--fix 3,4 and --fix 3,5 are one"),
        ("tiles' means: tint=0.5, seed=1", "tiles' means: --tint 0.5, --seed 1"),
    ],
)
def test_the_command_line_calls_options_as_they_are_spelt_there(message, expected):
    assert as_flags(message) == expected


@pytest.mark.parametrize(
    "message",
    [
        "ask for fewer rows or cols: the detail must be less",
        "target 'k=3': no such file",
        "output 'it's cols=3.jpg' is read as input",
        "no such folder: a/cols=3",
        "width=3 is no option here",
        "target: no such file",
    ],
)
def test_other_words_and_names_of_files_stay_as_they_are(message):
    assert as_flags(message) == message
