"""What a command line says."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from facemo.cli.mistakes import check_flags, check_read, check_written
from facemo.cli.parser import GROUPS, parser
from facemo.cli.paths import expanded, only
from facemo.cli.recipes import RECIPES, followed
from facemo.errors import InputError, shown
from facemo.options import Options, Planning
from facemo.signatures import flag_of

_FILES = "mask", "weights", "cache", "save_tiles"  # options that may be paths


@dataclass(frozen=True)
class Given:
    """What a command line says, checked as far as nothing has to be read for it.

    target, tiles, outputs : paths, ``~`` and patterns expanded; no outputs if none are named
    loading, planning, encoding : all options of each
    suffix : of an output that is not named; None where no recipe has one
    recipe : what a recipe has set, as it is typed
    """

    target: str
    tiles: list[str]
    outputs: list[str]
    loading: dict[str, Any]
    planning: dict[str, Any]
    encoding: dict[str, Any]
    suffix: str | None = None
    recipe: str = ""
    width: float | None = None
    compare: str | None = None
    save_tiles: str | None = None
    open: bool = False
    show: bool = False
    score: bool = False
    quiet: bool = False
    json: bool = False

    @property
    def is_plan(self) -> bool:
        """Whether the target is no picture, but a plan that says which photo stands where."""
        return self.target.lower().endswith(".npz")


def given(arguments: Sequence[str]) -> Given:
    """What the arguments of a command line say; InputError for what cannot be meant.

    >>> said = given(["facemo", "facemo", "--cols", "9", "-o", "out.png"])
    >>> said.target, said.tiles, said.outputs, said.planning["cols"]
    ('facemo', ['facemo'], ['out.png'], 9)
    """
    paths, named = _parsed(arguments)
    target, tiles = _read(paths)
    outputs = [os.path.expanduser(path) for path in named.pop("output", [])]
    outputs = [path.rstrip(os.sep) or path for path in outputs]
    check_read(target, tiles, outputs)
    check_written(outputs)
    _check_together(named)
    if target.lower().endswith(".npz"):
        _check_plan(named)
    recipe = named.pop("recipe", None)
    suffix, text = None, ""
    if recipe is not None:
        named, text = followed(recipe, named)
        suffix, text = RECIPES[recipe].suffix, f"recipe {recipe}: {text or 'all is given'}"
    for name in _FILES:
        if isinstance(named.get(name), str):
            named[name] = os.path.expanduser(named[name])
    loading, planning, encoding = (_options(group, named) for group in GROUPS.values())
    own = {each.name: named[each.name] for each in fields(Given) if each.name in named}
    options = loading, planning, encoding
    return Given(target, tiles, outputs, *options, suffix, text, **own)


def _parsed(arguments: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """The paths of a command line in their order, and its options by name, only those given."""
    made = parser(paths=False)
    end = arguments.index("--") if "--" in arguments else len(arguments)
    before, after = arguments[:end], arguments[end + 1 :]
    made.arguments = before
    namespace, rest = made.parse_known_args(before)
    check_flags([text for text in rest if text[:1] == "-" and text != "-"], made.flags())
    return [*rest, *after], vars(namespace)


def _read(paths: Sequence[str]) -> tuple[str, list[str]]:
    """The target, and what it is to be built of."""
    if not paths:
        raise InputError("name a picture, and what to build it of: facemo me.jpg ~/Photos")
    if len(paths) == 1 and os.path.isdir(paths[0]):
        folder = shown(paths[0])
        raise InputError(f"which picture is to be built of {folder}? facemo me.jpg {folder}")
    if len(paths) == 1:
        picture = shown(paths[0])
        raise InputError(f"what is {picture} to be built of? facemo {picture} ~/Photos")
    return only(paths[0]), list(expanded(paths[1:]))


def _check_together(named: Mapping[str, Any]) -> None:
    """Raise an InputError for options of the command that do not go together."""
    for one, other in (("json", "show"), ("compare", "json"), ("compare", "save_tiles")):
        if named.keys() >= {one, other}:
            flags = [f"--{name.replace('_', '-')}" for name in (one, other)]
            raise InputError(f"{' and '.join(flags)} do not go together: leave one of them out")
    if "width" in named and named.get("size", "auto") != "auto":
        raise InputError(
            "--tile and --width do not go together: leave one of them out, or --tile auto gives "
            "tiles the shape of most photos"
        )


def _check_plan(named: Mapping[str, Any]) -> None:
    """Raise an InputError for options that a plan has decided already, or that want a target."""
    flags = {each.name: flag_of(each) for each in fields(Planning)}
    flags |= {name: f"--{name}" for name in ("score", "compare", "recipe")}
    decided = [flag for name, flag in flags.items() if name in named]
    if decided:
        raise InputError(
            f"a plan says which photo stands where: leave {', '.join(decided)} out, or name the "
            "picture that it was made of in its place"
        )


def _options(group: type[Options], named: Mapping[str, Any]) -> dict[str, Any]:
    """All options of a group, checked."""
    chosen = {each.name: named.get(each.name, each.default) for each in fields(group)}
    for each in fields(group):
        gather = each.metadata["kind"].gather
        if gather is not None and chosen[each.name] is not None:
            chosen[each.name] = gather(chosen[each.name])
    group(**chosen)
    return chosen
