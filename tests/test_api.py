"""The public names: what is exported, what is there, and what the README lists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import facemo

README = Path(__file__).parents[1] / "README.md"


def test_every_public_name_is_there():
    assert [name for name in facemo.__all__ if getattr(facemo, name, None) is None] == []


def test_dir_lists_the_public_names_and_no_others():
    assert sorted(dir(facemo)) == sorted(facemo.__all__)


def test_the_readme_lists_exactly_the_public_names():
    table = README.read_text().partition("<!-- public names -->")[2].partition("<!-- end -->")[0]
    assert sorted(re.findall(r"^\| `(\w+)", table, re.MULTILINE)) == sorted(facemo.__all__)


def test_every_public_name_but_an_error_or_a_record_has_an_example():
    records = {"CacheInfo", "Coverage", "Preflight", "Rejected", "Score"}
    without = {n for n in facemo.__all__ if ">>>" not in (getattr(facemo, n).__doc__ or "")}
    assert without == {*records, "CacheWarning", "InputError"}


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="mosaik"):
        _ = facemo.mosaik


def test_a_list_of_pictures_stands_for_tiles_in_their_order(tmp_path):
    small, large = ([Image.new("L", (n, n), shade) for shade in (0, 255)] for n in (2, 4))
    mosaic = facemo.plan([[0.0, 1.0]], small, cols=2, k=1, spacing=0, tint=0)
    facemo.save(mosaic, tmp_path / "plan.npz")
    for again in (mosaic.with_tiles(large), facemo.load_plan(tmp_path / "plan.npz", large)):
        assert np.asarray(again)[0, :, 0].tolist() == [0] * 4 + [255] * 4


def test_importing_facemo_imports_nothing_heavy():
    code = "import facemo.cli, sys; print({'numpy', 'numba', 'PIL', 'tqdm'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "set()"
