"""The house rules: imports run one way, and compiled loops live in one room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import facemo

PACKAGE = Path(facemo.__file__).parent
# A module imports only from storeys below its own, or what stands before it on the same line.
STOREYS = [
    ["errors", "kernels", "chunks"],
    ["machine", "area", "find", "limits", "decoders", "pictures", "packs", "cache", "decode"],
    ["features", "tint", "target", "match", "repeats", "assign", "coverage", "duplicates"],
    ["tiles", "load"],
    ["mosaic", "metrics", "planning", "preview"],
    ["writers.options", "writers.kernels", "writers.whole", "writers.bands", "writers.forecast"],
    ["writers.distinct", "writers.pyramid", "writers.deflate", "writers.directory"],
    ["writers.png", "writers.jpeg", "writers.tiff", "writers.webp", "writers.deepzoom"],
    ["writers.zarr", "writers.npz", "writers.csv", "writers.html"],
    ["writers"],
    ["cli"],
    ["__main__"],
]
# Tiles and mosaics are shown by what is made of them, which they import when it is asked for.
LATE = {("tiles", "preview"), ("mosaic", "preview")}
ORDER = [module for storey in STOREYS for module in storey]


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        yield name.removesuffix(".__init__"), ast.parse(path.read_text())


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "facemo.writers":
            yield from (f"writers.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "facemo":
            yield from (alias.name for alias in node.names if alias.name in ORDER)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("facemo."):
            yield node.module.removeprefix("facemo.")


def test_every_module_has_its_storey():
    assert {name for name, _ in modules()} - {"__init__"} == set(ORDER)


@pytest.mark.parametrize(("name", "tree"), [m for m in modules() if m[0] != "__init__"])
def test_imports_run_one_way(name, tree):
    late = {other for other in imported(tree) if ORDER.index(other) >= ORDER.index(name)}
    assert {(name, other) for other in late} <= LATE


@pytest.mark.parametrize(("name", "tree"), list(modules()))
def test_compiled_loops_live_in_kernels_alone(name, tree):
    uses = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert name.endswith("kernels") or not uses & {"njit", "compiled", "inlined", "prange"}
