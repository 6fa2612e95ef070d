"""Pictures in terminals: each way of showing them, read back."""

from __future__ import annotations

import base64
import io
import os
import re
import sys

import numpy as np
import pytest
from helpers import noise
from PIL import Image

from facemo.cli import show
from facemo.cli.show import way_to_show

KNOWS_SIXELS, KNOWS_NONE = "\033[?62;4;22c", "\033[?62;22c"


@pytest.mark.parametrize(
    ("variables", "answer", "way"),
    [
        ({"TERM": "xterm-kitty"}, "", "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "ghostty"}, "", "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "", "iterm"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "", "iterm"),
        ({"WT_SESSION": "1"}, "", "sixel"),
        ({"TERM": "xterm-256color"}, KNOWS_SIXELS, "sixel"),
        ({"TERM": "xterm-256color"}, KNOWS_NONE, None),
        ({"TERM": "xterm-256color"}, "\033[?64c", None),
        ({"TERM": "xterm-256color"}, "", None),
        ({"TERM": "dumb"}, KNOWS_SIXELS, None),
        ({}, KNOWS_SIXELS, None),
        # Inside a multiplexer the variables are those of the terminal around it.
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, KNOWS_NONE, None),
        ({"TERM": "screen", "LC_TERMINAL": "iTerm2"}, KNOWS_SIXELS, "sixel"),
    ],
)
def test_a_terminal_is_known_by_its_variables_or_asked(variables, answer, way):
    assert way_to_show(variables, lambda: answer) == way


def test_kitty_gets_a_png_in_chunks(rng):
    picture = noise(rng, 60, 80)
    sent = show._kitty(picture)
    chunks = re.findall(r"\033_G([^;]*);([^\033]*)\033\\", sent)
    assert [head for head, _ in chunks] == [
        "a=T,f=100,q=2,m=1",
        *["m=1"] * (len(chunks) - 2),
        "m=0",
    ]
    assert max(len(data) for _, data in chunks) <= 4096
    assert read("".join(data for _, data in chunks)) == picture


def test_iterm_gets_a_png(rng):
    picture = noise(rng, 20, 30)
    data = re.fullmatch(r"\033\]1337;File=inline=1;size=\d+:([^\a]*)\a", show._iterm(picture))[1]
    assert read(data) == picture


@pytest.mark.parametrize("size", [(12, 9), (13, 700), (1, 1)])
def test_sixels_say_the_same_picture(rng, size):
    picture = Image.fromarray(rng.integers(0, 2, (*size, 3), np.uint8) * np.uint8(255))
    decoded = np.zeros((*size, 3), np.uint8)
    body = re.fullmatch(r'\033P0;1q"1;1;(\d+);(\d+)(.*)\033\\', show._sixel(picture))
    assert (int(body[2]), int(body[1])) == size
    colors, x, y = {}, 0, 0
    for token in re.findall(r"#\d+(?:;2;\d+;\d+;\d+)?|!\d+.|[?-~]|[$-]", body[3]):
        if token[0] == "#":
            number, _, value = token[1:].partition(";2;")
            if value:
                colors[number] = [int(part) * 255 // 100 for part in value.split(";")]
            color = number
        elif token in "$-":
            x, y = 0, y + 6 * (token == "-")
        else:
            times = int(token[1:-1]) if token[0] == "!" else 1
            for line in range(6):
                if ord(token[-1]) - 63 >> line & 1:
                    decoded[y + line, x : x + times] = colors[color]
            x += times
    np.testing.assert_array_equal(decoded, picture)


def read(data):
    return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")


def test_where_there_is_no_terminal_none_is_asked(monkeypatch):
    def none(*arguments):
        raise OSError

    monkeypatch.setattr(os, "open", none)
    assert show._answer() == ""


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def mosaic(rng):
    from facemo import plan

    return plan(np.eye(4), rng.integers(0, 256, (9, 8, 8, 3), dtype=np.uint8), cols=4)


def test_a_mosaic_is_shown_where_pictures_are(mosaic, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("TERM", "xterm-kitty")
    show.show(mosaic)
    assert sys.stdout.getvalue().startswith("\033_Ga=T,f=100")


def test_a_terminal_that_shows_none_is_said(mosaic, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setattr(show, "way_to_show", lambda environment, ask: None)
    show.show(mosaic)
    assert sys.stdout.getvalue() == ""
    assert "this terminal shows no pictures (kitty, iTerm2 " in capsys.readouterr().err
