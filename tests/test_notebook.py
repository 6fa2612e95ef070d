"""The notebook runs, its sliders redraw, and it is committed as if nobody had run it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

DATA = Path(__file__).parents[1] / "data"
NOTEBOOK = DATA / "facemo.ipynb"

MOVED = """
picture, sliders, message = explorer.picture, explorer.sliders, explorer.message
before = bytes(picture.value)
sliders["cols"].value = 40
assert explorer.mosaic.index.shape == (40, 40)
assert bytes(picture.value[:2]) == b"\\xff\\xd8" and bytes(picture.value) != before
assert "2,560 × 2,560 pixels" in message.value
"""
EACH_MOVED = """
for name, value in {"detail": 1, "k": 1, "spacing": 0, "tint": 0.5}.items():
    before = bytes(picture.value)
    sliders[name].value = value
    assert bytes(picture.value) != before, name
"""
REFUSED = """
before = bytes(picture.value)
sliders["spacing"].value = 20
assert "use spacing=15 or less" in message.value
assert bytes(picture.value) == before
sliders["spacing"].value = 3
assert "spacing" not in message.value and bytes(picture.value) != before
"""


def test_it_is_committed_as_if_nobody_had_run_it():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert [cell["outputs"] for cell in code] == [[]] * len(code)
    assert [cell["execution_count"] for cell in code] == [None] * len(code)
    assert [cell["metadata"] for cell in notebook["cells"]] == [{}] * len(notebook["cells"])
    assert notebook["metadata"] == {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A copy of the notebook beside a copy of the sample, and how to run it there."""
    reason = 'needs pip install "facemo[test]"'
    for module in ("ipykernel", "ipywidgets", "matplotlib"):
        pytest.importorskip(module, reason=f"{module} {reason}")
    nbclient = pytest.importorskip("nbclient", reason=f"nbclient {reason}")
    nbformat = pytest.importorskip("nbformat", reason=f"nbformat {reason}")
    shutil.copy(DATA / "face.png", tmp_path)
    shutil.copytree(DATA / "tiles", tmp_path / "tiles")
    # The kernel runs this facemo with this Python, and writes nothing into the user's folders.
    monkeypatch.setenv("PYTHONPATH", str(DATA.parent))
    for name in ("IPYTHONDIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    parsed = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(parsed)
    return nbclient.NotebookClient(
        parsed,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )


def outputs(cells):
    """What each cell with an output shows: the MIME types, or "stdout" for what was printed."""
    return {
        cell["id"]: [kind for output in cell["outputs"] for kind in output.get("data", ["stdout"])]
        for cell in cells
        if cell.get("outputs")
    }


def test_it_runs_from_top_to_bottom_and_its_sliders_redraw(notebook, tmp_path):
    from nbformat.v4 import new_code_cell

    cells = notebook.nb.cells
    cells.extend(map(new_code_cell, [MOVED, EACH_MOVED, REFUSED]))
    notebook.execute()
    shown = {name: set(kinds) - {"text/plain"} for name, kinds in outputs(cells).items()}
    assert shown == {
        "load": {"stdout", "image/png"},
        "template": {"image/png"},
        "colors": {"image/png"},
        "mosaic": {"stdout", "image/png"},
        "sliders": {"application/vnd.jupyter.widget-view+json"},
        "wishes": {"stdout", "image/png"},
        "coverage": {"stdout", "image/png"},
    }
    assert (tmp_path / "mosaic.html").stat().st_size > 100_000
