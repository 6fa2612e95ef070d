"""The README says what is so: its options, names, links, commands and code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from helpers import noise
from PIL import Image

import facemo
from facemo.cli.parser import _COMMON, parser

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def table(title):
    """The rows below the head of the table whose first column has this title."""
    lines = TEXT.split(f"\n{title} | ")[1].splitlines()[2:]
    return lines[: lines.index("")]


def row(names, line):
    """An option as a table has it, in which a bar would end the cell."""
    return "`" + names.replace("|", r"\|") + f"` | {line}"


def blocks(language):
    """The contents of the blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def commands():
    """Every command line that begins with facemo, wherever it lies."""
    lines = (part.strip() for block in blocks("sh") for part in re.split(r"&&|\n", block))
    return [line for line in lines if re.match(r"(\S*/)?facemo ", line)]


def test_it_is_a_front_door():
    assert len(TEXT.split()) <= 1500


def options():
    """The options of the command, but for those that show its help."""
    actions = parser()._actions
    return [each for each in actions if each.option_strings and "help" not in each.dest]


def test_its_options_are_those_that_the_command_explains_first():
    assert table("option") == [
        row(
            ", ".join(" ".join(filter(None, [name, each.metavar])) for name in each.option_strings),
            each.help,
        )
        for each in options()
        if each.dest in _COMMON
    ]


def test_it_names_all_other_options():
    others = TEXT.split("\nThe others: ")[1].split("\n\n")[0]
    named = re.findall(r"`(--[\w-]+)`", others)
    assert named == [each.option_strings[-1] for each in options() if each.dest not in _COMMON]


def test_its_public_names_are_those_that_there_are():
    names = [re.match(r"`(\w+)` \|", line)[1] for line in table("name")[:-1]]
    assert sorted(names) == sorted(facemo.__all__)


def test_its_formats_are_those_that_there_are():
    from facemo.writers.registry import FORMATS

    suffixes = [re.match(r"`(\.\w+)` \|", line)[1] for line in table("suffix")]
    assert sorted(suffixes) == sorted(each.suffixes[0] for each in FORMATS)


def test_its_folders_and_local_links_are_there():
    folders = [re.match(r"`([\w/]+)` \|", line)[1] for line in table("folder")]
    links = [link for link in re.findall(r"\]\(([^)]+)\)", TEXT) if "://" not in link]
    assert [name for name in (*folders, *links) if not (ROOT / name).exists()] == []


def test_every_picture_in_data_is_shown_somewhere():
    told = TEXT + (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    pictures = [path.name for path in (ROOT / "data").glob("*.jpg")]
    assert [name for name in pictures if f"data/{name})" not in told] == []


def test_the_commands_that_it_shows_are_parsed():
    assert len(commands()) > 5
    for command in commands():
        given = parser().parse_args(shlex.split(command)[1:])
        assert given.target
        assert given.tiles


def test_its_script_runs(tmp_path, monkeypatch, rng, capsys):
    monkeypatch.chdir(tmp_path)
    noise(rng, 200, 150).save("me.jpg")
    Path("photos").mkdir()
    for number, shade in enumerate(range(0, 256, 25)):
        Image.new("RGB", (12, 16), (shade, shade, 255 - shade)).save(f"photos/{number}.png")
    for block in blocks("python"):
        exec(block.replace("cols=100", "cols=10"), {})
    assert "ΔE2000" in capsys.readouterr().out
    with Image.open("poster.png") as poster:
        assert poster.width == 640
