from __future__ import annotations

import numpy as np
import pytest

from facemo.cli import main
from facemo.errors import InputError
from facemo.planning.plan import plan
from facemo.writers import registry
from facemo.writers.format import Forecast, Format
from facemo.writers.preflight import preflight
from facemo.writers.save import save


def write_text(mosaic, path, options, report):
    """A format of its own: the numbers of the tiles, as text."""
    np.savetxt(path, mosaic.index, fmt="%d")
    report(1, 1)


TOY = Format(
    (".toy",), write_text, lambda order: Forecast(3 * order.cells, 0), most_cells=99, printed=False
)


@pytest.fixture
def toy(monkeypatch):
    monkeypatch.setattr(registry, "FORMATS", [*registry.FORMATS, TOY])


@pytest.fixture
def mosaic():
    return plan(np.eye(3), np.zeros((1, 4, 4, 3), np.uint8), cols=3)


def test_a_format_is_one_record_and_is_saved(toy, mosaic, tmp_path):
    told = []
    save(mosaic, tmp_path / "a.toy", progress=lambda *part: told.append(part))
    assert (tmp_path / "a.toy").read_text() == "0 0 0\n" * 3
    assert told == [(1, 1)]


def test_it_is_forecast(toy, tmp_path):
    flight = preflight(np.eye(3), tmp_path / "a.toy", cols=3)
    assert str(flight) == f"'{tmp_path / 'a.toy'}': about 27 bytes"


def test_it_is_refused_where_it_ends_and_where_no_file_can_be(toy, tmp_path):
    with pytest.raises(InputError, match="100 cells do not fit the format, which ends at 99"):
        preflight(np.eye(10), tmp_path / "a.toy", cols=10)
    with pytest.raises(InputError, match="no such folder"):
        preflight(np.eye(3), tmp_path / "nowhere" / "a.toy", cols=3)


def test_the_command_writes_it(toy, photos, tmp_path, capsys):
    command = [str(photos / "red.png"), str(photos), "--cols=9", "-o"]
    assert main([*command, str(tmp_path / "a.toy")]) == 0
    assert "written to" in capsys.readouterr().out
    assert main([*command, str(tmp_path / "a.toys")]) == 2
    assert ", ".join(registry.suffixes()) in capsys.readouterr().err


def test_no_two_formats_share_a_suffix():
    assert len(set(registry.suffixes())) == len(registry.suffixes())
