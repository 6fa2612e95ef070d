"""What is written in two places agrees: versions, and the lowest that work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import facemo

ROOT = Path(__file__).parents[1]
LOWEST = ROOT / ".ci" / "lowest.txt"


def test_the_changelog_has_a_section_for_this_version():
    sections = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert facemo.__version__ in sections


@pytest.mark.skipif(not LOWEST.exists(), reason="only a checkout has .ci")
def test_the_lowest_versions_are_those_that_the_project_allows():
    tomllib = pytest.importorskip("tomllib", reason="Python 3.10 reads no TOML")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dask"], *extras["heic"], *extras["test"]]
    bounds = {
        re.sub(r"\[\w+\]", "", each).replace(">=", "==")
        for each in wanted
        if not each.startswith("facemo[")
    }
    listed = [line for line in LOWEST.read_text().splitlines() if not line.startswith("#")]
    assert sorted(listed) == sorted(bounds)
