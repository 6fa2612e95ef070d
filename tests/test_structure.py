"""The house rules: imports run one way, and compiled loops live in one room."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import facemo

PACKAGE = Path(facemo.__file__).parent
# One rule a folder, and one for each small module beside them: what it may import from, besides
# itself and what these may.
MAY_IMPORT = {
    "errors": (),
    "lists": ("errors",),
    "kinds": ("errors", "lists"),
    "options": ("kinds",),
    "signatures": ("options",),
    "machine": ("errors",),
    "kernels": (),
    "area": ("kernels", "machine"),
    "faces": ("area",),
    "tiles": ("area", "errors"),
    "library": ("tiles", "signatures", "kernels", "faces"),
    "drawing": ("library", "kernels"),
    "planning": ("drawing", "faces", "library"),
    "reports": ("planning",),
    "writers": ("planning",),
    "cli": ("reports", "writers"),
    "__main__": ("cli",),
}
MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def room(module):
    return module.partition(".")[0]


def below(name):
    """Every room that one may import from, by way of others."""
    return {room for other in MAY_IMPORT[name] for room in (other, *below(other))}


def imported(path):
    """The modules of facemo that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "facemo":
            inside = node.module.removeprefix("facemo").removeprefix(".")
            for alias in node.names:
                whole = f"{inside}.{alias.name}".removeprefix(".")
                yield whole if whole in MODULES else inside


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"__init__"}))
def test_a_room_imports_from_those_below_it_alone(name):
    rooms = {room(other) for other in imported(MODULES[name])} - {"", room(name)}
    assert rooms <= below(room(name))


def test_no_modules_import_each_other_in_a_circle():
    graph = {name: {*imported(path)} - {""} for name, path in MODULES.items() if name != "__init__"}
    while leaves := [name for name, others in graph.items() if not others & graph.keys()]:
        for name in leaves:
            del graph[name]
    assert graph == {}


@pytest.mark.parametrize("name", sorted(set(MODULES) - {"__init__"}))
def test_a_room_names_no_private_thing_of_another(name):
    tree = ast.parse(MODULES[name].read_text())
    taken = [
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("facemo")
        for alias in node.names
        if alias.name.startswith("_") and not alias.name.startswith("__")
    ]
    assert taken == []


@pytest.mark.parametrize("name", sorted(MODULES))
def test_compiled_loops_live_in_kernels_alone(name):
    tree = ast.parse(MODULES[name].read_text())
    uses = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert room(name) == "kernels" or not uses & {"njit", "compiled", "inlined", "prange"}


@pytest.mark.parametrize("name", sorted(n for n in MODULES if room(n) == "kernels"))
def test_a_kernel_has_fewer_than_eight_parameters_and_raises_nothing(name):
    tree = ast.parse(MODULES[name].read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert [f.name for f in functions if len(f.args.args) >= 8] == []
    assert [node for f in functions for node in ast.walk(f) if isinstance(node, ast.Raise)] == []


def test_the_house_stays_small_enough_to_see():
    lengths = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert {name: lines for name, lines in lengths.items() if lines > 400} == {}
    beside_rooms = [n for n in MODULES if "." not in n and MODULES[n].name != "__init__.py"]
    assert len(beside_rooms) <= 11


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_function_has_at_most_sixty_lines(name):
    tree = ast.parse(MODULES[name].read_text())
    bodies = {
        node.name: node.end_lineno - node.body[min(1, len(node.body) - 1)].lineno + 1
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    }
    assert {name: lines for name, lines in bodies.items() if lines > 60} == {}
