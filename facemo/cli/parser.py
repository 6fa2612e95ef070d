"""The options of the command line in their groups, and their help, in short and in full."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from itertools import pairwise
from typing import Any, NoReturn

from facemo import kinds
from facemo.cli.recipes import RECIPES
from facemo.errors import InputError, printable
from facemo.kinds import Kind
from facemo.options import Encoding, Loading, Options, Planning
from facemo.signatures import flag_of, line_of

GROUPS: dict[str, type[Options]] = {
    "the photos": Loading,
    "which photo stands where": Planning,
    "how it is written": Encoding,
}
SHELLS = "bash", "zsh", "fish", "tcsh", "powershell"
USAGE = "facemo TARGET TILES… [-o OUT] [options]"
_EXAMPLES = """\
examples:
  facemo me.jpg ~/Photos                    writes me-mosaic.jpg
  facemo me.jpg ~/Photos -o poster.jpg --width 60cm
  facemo me.jpg ~/Photos --recipe page --open
  facemo plan.npz ~/Photos -o larger.tif --tile 128
"""
# What `--help` shows; `--help-all` shows all.
_COMMON = {
    *("target", "tiles", "output", "recipe", "size", "width", "cols", "once", "tint", "mask"),
    *("fixed", "exclude", "open", "show", "score", "compare", "help", "help_all"),
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are InputErrors, and which knows only what was given."""

    arguments: Sequence[str] = ()  # what is parsed, for its errors

    def error(self, message: str) -> NoReturn:
        """Raise an InputError that says what would work."""
        message = re.sub(r"argument (\S+/)?(?=-)", "", message)
        lacking = re.match(r"(\S+): expected one argument", message)
        valued = re.match(r"(\S+): ignored explicit argument (.*)", message)
        if lacking:
            action = self._option_string_actions[lacking[1]]
            message = f"{lacking[1]} wants a value: {lacking[1]} {action.metavar}"
            for flag, value in pairwise(self.arguments):
                if flag in action.option_strings and value.rstrip("-") and value[:1] == "-":
                    message += f", or {flag}={printable(value)} if it begins with a hyphen"
                    break
        elif valued:
            message = f"{valued[1]} takes no value, got {valued[2]}: leave it out"
        elif crossed := re.match(r"--(?:cols|rows): .*'([1-9]\d*)x([1-9]\d*)'$", message):
            message += f": did you mean --cols {crossed[1]} --rows {crossed[2]}?"
        elif "not allowed with" in message:
            message += ": leave one of them out"
        raise InputError(message)

    def flags(self) -> list[str]:
        """All options as they are typed."""
        return [*self._option_string_actions]

    def help_in_short(self) -> str:
        """The help of the options that are wanted most."""
        return self._help(lambda action: action.dest in _COMMON)

    def format_help(self) -> str:
        """The help of all options."""
        return self._help(lambda action: True)

    def _help(self, wanted: Callable[[argparse.Action], bool]) -> str:
        formatter = argparse.RawDescriptionHelpFormatter(self.prog)
        formatter.add_usage(USAGE, [], [])
        formatter.add_text(self.description)
        for group in self._action_groups:
            actions = [action for action in group._group_actions if wanted(action)]
            formatter.start_section(group.title)
            formatter.add_arguments(actions)
            formatter.end_section()
        formatter.add_text(self.epilog)
        return formatter.format_help()


def parser(paths: bool = True) -> Parser:
    """The parser of the command line; without `paths` it leaves them, in their order, over.

    So options may stand before, among and behind them, which argparse cannot do with both.
    """
    made = Parser(
        prog="facemo",
        allow_abbrev=False,  # or half a --clear-cache would be taken and not heeded
        usage=USAGE,
        description="Rebuild a picture out of many small pictures.",
        epilog=_EXAMPLES,
        argument_default=argparse.SUPPRESS,
        add_help=False,
    )
    _add_read_and_written(made.add_argument_group("what is read and written"), paths)
    for title, group in GROUPS.items():
        _add_group(made.add_argument_group(title), group)
    _add_said(made.add_argument_group("what is said and shown"))
    _add_answers(made.add_argument_group("in place of a mosaic"))
    return made


def _add_read_and_written(group: argparse._ArgumentGroup, paths: bool) -> None:
    """Add what is read and written."""
    if paths:
        group.add_argument(
            "target", metavar="TARGET", help="the picture to rebuild, or a plan (.npz) to draw"
        )
        group.add_argument(
            "tiles",
            metavar="TILES",
            nargs="+",
            help="what to build it of: pictures, patterns of them, and folders, searched with all "
            "folders in them",
        )
    group.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        action="append",
        help="what to write; the suffix picks the format, as .jpg, .tif or .html (a page that "
        "zooms); may be repeated (TARGET-mosaic.jpg here, a new name each time)",
    )
    _add_kind(
        group.add_argument,
        "--recipe",
        kinds.choice(*RECIPES),
        "several options at once, of which those you give yourself win: "
        + "; ".join(f"{name} {recipe.help}" for name, recipe in RECIPES.items()),
    )
    group.add_argument(
        "--save-tiles",
        metavar="FOLDER",
        help="write the tiles, too, each as PNG, into a new folder",
    )


def _add_group(options: argparse._ArgumentGroup, group: type[Options]) -> None:
    """Add the options of one of the dataclasses."""
    exclusive = options.add_mutually_exclusive_group()
    for each in fields(group):
        _add_option((exclusive if each.name == "cache" else options).add_argument, each)
        if each.name == "size":
            _add_width(options)
    if group is Loading:
        exclusive.add_argument(
            "--no-cache", dest="cache", action="store_false", help="keep nothing between runs"
        ).default = argparse.SUPPRESS


def _add_width(group: argparse._ArgumentGroup) -> None:
    """Add the width of a print, from which that of tiles follows."""
    group.add_argument(
        "--width",
        metavar="W",
        type=_parsed_by(inches),
        default=argparse.SUPPRESS,
        help="how wide to print it, as 24in, 60cm or 600mm, in place of --tile N",
    )


def _add_said(group: argparse._ArgumentGroup) -> None:
    """Add what the command says and shows of its work."""
    _add_flags(
        group,
        ("--open", "open the result: the page, or else the first picture"),
        ("--show", "show the mosaic in the terminal, if it shows pictures"),
        (
            "--score",
            "say how near the target the mosaic is, how whole its photos, how evenly they are used",
        ),
        ("--quiet", "no progress bar and no summary"),
        (
            "--json",
            "print one JSON object in place of the summary: outputs, sizes, photos, rejected, "
            "recoloured, lacking, score, seconds; or error",
        ),
        ("--debug", "show where an error of facemo's own comes from"),
    )


def _add_answers(group: argparse._ArgumentGroup) -> None:
    """Add what can be asked in place of a mosaic."""
    group.add_argument(
        "--compare",
        metavar="OPTION",
        help="write one picture of mosaics that differ in an option, as tint, with their scores",
    )
    _add_flags(
        group,
        ("--cache-info", "say what the cache holds, and exit"),
        ("--clear-cache", "delete what the cache holds, and exit"),
    )
    _add_kind(
        group.add_argument,
        "--print-completion",
        kinds.choice(*SHELLS),
        "print what makes a shell complete options, and exit",
    )
    _add_flags(
        group,
        ("--version", "show the version"),
        ("-h", "--help", "show the options wanted most"),
        ("--help-all", "show all options"),
    )


def _add_flags(group: argparse._ArgumentGroup, *flags: tuple[str, ...]) -> None:
    """Add options without a value, each as its names and its help."""
    for *names, help in flags:
        group.add_argument(*names, action="store_true", default=argparse.SUPPRESS, help=help)


def _add_option(add: Callable[..., argparse.Action], each: Field[Any]) -> None:
    """Add an option as its field describes it."""
    kind, line, settings = each.metadata["kind"], line_of(each), {"dest": each.name}
    if kind.metavar is None and each.default:
        settings["action"], line = "store_false", line.removeprefix("False ")
    _add_kind(add, flag_of(each), kind, line, **settings)


def _add_kind(
    add: Callable[..., argparse.Action], flag: str, kind: Kind, help: str, **settings: Any
) -> None:
    """Add an option that takes a value of some kind, or none."""
    settings = {"default": argparse.SUPPRESS, "help": help, **settings}
    if kind.metavar is None:
        add(flag, **{"action": "store_true", **settings})
        return
    if kind.gather is not None:
        settings["action"] = "append"
    added = add(flag, type=_parsed_by(kind.parse), metavar=kind.metavar, **settings)
    words = kind.metavar.split("|")
    if not any(map(str.isupper, words)):
        added.choices = words  # which shells complete


def _parsed_by(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """`parse` with its errors as argparse shows them."""

    def parsed(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def inches(text: str) -> float:
    """A width in inches from a text that names its unit; ValueError for any other.

    >>> inches("254mm")
    10.0
    """
    number, unit = text[:-2], text[-2:].lower()
    units: Mapping[str, float] = {"in": 1, "cm": 2.54, "mm": 25.4}
    try:
        if 0 < float(number) < 1e9:
            return float(number) / units[unit]
    except (ValueError, KeyError):
        pass
    meant = f": did you mean {text}cm or {text}in?" if text.isdecimal() else ""
    raise ValueError(f"wanted a width as 24in, 60cm or 600mm, got {text!r}{meant}")
