"""The help of the options, and what completes them in shells."""

from __future__ import annotations

import subprocess
import sys

import pytest

from facemo.cli import main
from facemo.cli.parser import SHELLS, parser


def said(capsys, *arguments):
    assert main(arguments) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["help"], ["-h"], ["me.jpg", "--help"]])
def test_help_is_short(capsys, arguments):
    text = said(capsys, *arguments)
    assert text.startswith("usage: facemo TARGET TILES")
    assert len(text.splitlines()) <= 60
    assert "--recipe" in text
    assert "--subsampling" not in text


def test_all_options_are_in_the_whole_help(capsys):
    text = said(capsys, "--help-all")
    assert [flag for flag in parser().flags() if flag not in text] == []
    assert "\nwhich photo stands where:\n" in text


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_what_completes_all_options(capsys, shell):
    text = said(capsys, "--print-completion", shell)
    assert all(word in text for word in ("recipe", "gigapixel", "cols", "4:2:0"))


def test_bash_takes_it(capsys):
    text = said(capsys, "--print-completion", "bash")
    asked = "COMP_WORDS=(facemo --once --reci); COMP_CWORD=2; _shtab_facemo; echo ${COMPREPLY[*]}"
    answer = subprocess.run(["bash", "-c", f"{text}\n{asked}"], capture_output=True, text=True)
    assert answer.stdout.split() == ["--recipe"]


def test_a_shell_that_nobody_knows_is_refused(capsys):
    assert main(["--print-completion", "bsh"]) == 2
    assert "did you mean 'bash'?" in capsys.readouterr().err


def test_the_version_is_said(capsys):
    assert said(capsys, "--version").startswith("facemo ")


def test_help_needs_no_heavy_import():
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "facemo", "--help"],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0
    assert result.stdout.startswith("usage: facemo")
    assert not any(name in result.stderr for name in ("numpy", "shtab", "tqdm"))


def test_a_flag_that_switches_off_says_so(capsys):
    assert "--no-screenshots leaves screenshots out: told by" in " ".join(
        said(capsys, "--help-all").split()
    )
