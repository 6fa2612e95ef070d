"""The command line: the public functions, a progress bar, a summary."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import Field, fields
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

import facemo
from facemo.errors import InputError, printable, shown
from facemo.options import Encoding, Loading, Options, Planning, as_flags, flag_of, line_of
from facemo.terminal import (
    held_interrupts,
    muted_decoders,
    process_of_our_own,
    progress_bar,
    say,
    warn,
)

if TYPE_CHECKING:
    from facemo import Tiles

_GROUPS: dict[str, type[Options]] = {
    "the photos": Loading,
    "which photo stands where": Planning,
    "how it is written": Encoding,
}
_PROVEN = 1024  # cells up to which a proof takes next to no time


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``facemo`` with `arguments` (by default the process's own); return its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    written: list[str] = []
    with process_of_our_own():
        try:
            if not arguments:
                say(_parser().format_help().rstrip())
                return 0
            said = _of_cache(arguments)
            if said is None:
                _run(_parser().parse_args(arguments), written)
            else:
                say(said)
        except InputError as error:
            return _fail(as_flags(str(error)))
        except OSError as error:
            name = f": {shown(error.filename)}" if isinstance(error.filename, str) else ""
            return _fail(f"{error.strerror or error}{name}")
        except MemoryError:
            return _fail("out of memory: ask for fewer cells or smaller tiles")
        except KeyboardInterrupt:
            done = f"after {', '.join(map(shown, written))}" if written else "nothing was written"
            print(f"facemo: interrupted, {done}", file=sys.stderr)
            return 130
    return 0


def _run(given: argparse.Namespace, written: list[str]) -> None:
    with held_interrupts():
        import_module("facemo.writers.save")
    from facemo.reports.summary import summary
    from facemo.writers.outputs import check_named_once, size_of, to_open
    from facemo.writers.preflight import check_not_read

    tell = _silent if given.quiet else say
    loading, planning, encoding = (_chosen(group, given) for group in _GROUPS.values())
    target = facemo.read_image(given.target)
    if given.width is not None:
        loading["size"] = _tile_side(target, given)
        planning["view"] = planning["view"] or "print"
    if given.compare is not None:
        _compare(given, target, loading, planning, encoding)
        return
    outputs = [output.rstrip(os.sep) or output for output in given.output]
    check_named_once(outputs)
    first = to_open(outputs) if given.open else None
    for output in outputs:
        options = {**loading, **planning, **encoding}
        flight = facemo.preflight(target, output, reads=given.tiles, **options)
        check_not_read(output, [given.target])
        tell(flight)
    tiles = _loaded(given, loading)
    with ExitStack() as closing:
        with held_interrupts():
            bar = progress_bar("planning", "cells", given.quiet, delay=1)
            progress = closing.enter_context(bar)
        ground = loading["background"]
        mosaic = facemo.plan(target, tiles, background=ground, progress=progress, **planning)
    if not given.quiet:
        say(summary(mosaic, Planning.of(planning)))
    for output in outputs:
        writing = f"writing {os.path.basename(output)}"
        with ExitStack() as closing:
            with held_interrupts():
                progress = closing.enter_context(progress_bar(writing, "px", given.quiet))
            facemo.save(mosaic, output, progress=progress, **encoding)
        written.append(output)
        tell(f"written to {printable(output)}{size_of(output)}")
    if _is_proven(given, mosaic.cells.size):
        say(facemo.bound(mosaic, target, **planning))
    if given.score:
        say(facemo.score(mosaic, target))
    if first is not None:
        _open(first)


def _loaded(given: argparse.Namespace, loading: dict[str, Any]) -> Tiles:
    """The tiles, with a progress bar."""
    with ExitStack() as closing:
        with held_interrupts():  # one that comes between entering and being in leaves the rest open
            closing.enter_context(muted_decoders())
            progress = closing.enter_context(progress_bar("loading", "files", given.quiet))
        return facemo.load_tiles(given.tiles, progress=progress, **loading)


def _compare(
    given: argparse.Namespace,
    target: Any,
    loading: dict[str, Any],
    planning: dict[str, Any],
    encoding: dict[str, Any],
) -> None:
    """Write what an option does, in place of a mosaic."""
    from facemo.reports.compare import values_of
    from facemo.writers.outputs import size_of
    from facemo.writers.preflight import check_not_read, checked

    if len(given.output) > 1:
        raise InputError("--compare writes one picture: name one output")
    option, output = given.compare.lstrip("-").replace("-", "_"), checked(given.output[0])
    values_of(option)
    check_not_read(output, [given.target, *given.tiles])
    tiles = _loaded(given, loading)
    with ExitStack() as closing:
        with held_interrupts():
            bar = progress_bar(f"comparing {option}", "mosaics", given.quiet)
            progress = closing.enter_context(bar)
        given_too = {"background": loading["background"], **planning}
        sheet = facemo.compare(target, tiles, option, progress=progress, **given_too)
    facemo.save(sheet, output, **encoding)
    if not given.quiet:
        say(f"written to {printable(output)}{size_of(output)}")
    if given.open:
        _open(output)


def _chosen(group: type[Options], given: argparse.Namespace) -> dict[str, Any]:
    """What the command line says of a group of options."""
    chosen = {each.name: getattr(given, each.name) for each in fields(group)}
    for each in fields(group):
        gather = each.metadata["kind"].gather
        if gather is not None and chosen[each.name] is not None:
            chosen[each.name] = gather(chosen[each.name])
    return chosen


def _tile_side(target: Any, given: argparse.Namespace) -> int:
    """The side of the tiles that make a print as wide as is wanted."""
    if given.once and given.cols is None:
        raise InputError(
            "--width wants to know how many columns there are, and --once finds that out when the "
            "photos are loaded: use --tile in its place, or --cols, too"
        )
    grid = {"cols": given.cols, "rows": given.rows}
    return facemo.tile_side(target, given.width, dpi=given.dpi, **grid)


def _is_proven(given: argparse.Namespace, cells: int) -> bool:
    """Whether to say how near the best a mosaic of photos comes that are used only so often."""
    capped = given.once or given.max_uses is not None
    return capped and not given.quiet and (given.score or cells <= _PROVEN)


def _silent(what: object) -> None:
    """Say nothing."""


def _open(output: str) -> None:
    """Show an output with whatever this machine shows such files with."""
    import webbrowser
    from pathlib import Path

    if not webbrowser.open(Path(output).resolve().as_uri()):
        warn(f"nothing here opens {shown(output)}: open it by hand")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.exit(_fail(f"{message} (see facemo --help)"))


def _of_cache(arguments: Sequence[str]) -> str | None:
    """What to say if the cache is asked for or to be cleared, whatever else is asked for."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--cache", default=True, nargs="?")
    for option in ("--cache-info", "--clear-cache"):
        parser.add_argument(option, action="store_true")
    given = parser.parse_known_args(arguments)[0]
    if given.clear_cache:
        return f"deleted {facemo.clear_cache(given.cache)}"
    return str(facemo.cache_info(given.cache)) if given.cache_info else None


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="facemo",
        allow_abbrev=False,  # or half a --clear-cache would be taken and not heeded
        usage="facemo TARGET TILES… -o OUT [options]",
        description="Rebuild a picture out of many small pictures.",
        epilog="example: facemo me.jpg ~/Photos -o poster.jpg --cols 100",
        add_help=False,
    )
    pictures = parser.add_argument_group("what is read and written")
    pictures.add_argument("target", metavar="TARGET", help="the picture to rebuild")
    pictures.add_argument(
        "tiles",
        metavar="TILES",
        nargs="+",
        help="what to build it of: pictures, and folders, searched with all folders in them",
    )
    pictures.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        action="append",
        help="what to write; the suffix picks the format, as .jpg, .tif or .html (a page that "
        "zooms); may be repeated",
    )
    for title, group in _GROUPS.items():
        options = parser.add_argument_group(title)
        exclusive = {
            "size": options.add_mutually_exclusive_group(),
            "cache": options.add_mutually_exclusive_group(),
        }
        for each in fields(group):
            _add_option((exclusive.get(each.name) or options).add_argument, each)
        if group is Loading:
            exclusive["size"].add_argument(
                "--width",
                metavar="W",
                type=_parsed_by(_inches),
                help="how wide to print it, as 24in, 60cm or 600mm, in place of --tile",
            )
            exclusive["cache"].add_argument(
                "--no-cache", dest="cache", action="store_false", help="keep nothing between runs"
            )
    _add_command(parser.add_argument_group("the command itself"))
    return parser


def _add_command(command: argparse._ArgumentGroup) -> None:
    """Add what the command itself can be asked."""
    command.add_argument(
        "--compare",
        metavar="OPTION",
        help="write one picture of mosaics that differ in an option, as tint, with their scores",
    )
    for name, action in (
        ("--open", "open the result: the page, or else the first picture"),
        (
            "--score",
            "say how near the target the mosaic is, how whole its photos, how evenly they are used",
        ),
        ("--quiet", "no progress bar and no summary"),
        ("--cache-info", "say what the cache holds, and exit"),
        ("--clear-cache", "delete what the cache holds, and exit"),
    ):
        command.add_argument(name, action="store_true", help=action)
    command.add_argument(
        "--version",
        action="version",
        version=f"facemo {facemo.__version__}",
        help="show the version",
    )
    command.add_argument("-h", "--help", action="help", help="show this help")


def _add_option(add: Callable[..., object], each: Field[Any]) -> None:
    """Add an option to a parser as its field describes it."""
    kind, flag = each.metadata["kind"], flag_of(each)
    settings: dict[str, Any] = {"dest": each.name, "default": each.default, "help": line_of(each)}
    if kind.metavar is None:
        add(flag, action="store_false" if each.default else "store_true", **settings)
    elif kind.gather is not None:
        add(flag, action="append", type=_parsed_by(kind.parse), metavar=kind.metavar, **settings)
    else:
        add(flag, type=_parsed_by(kind.parse), metavar=kind.metavar, **settings)


def _parsed_by(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """`parse` with its errors as argparse shows them."""

    def parsed(text: str) -> Any:
        try:
            return parse(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def _inches(text: str) -> float:
    number, unit = text[:-2], text[-2:].lower()
    units: Mapping[str, float] = {"in": 1, "cm": 2.54, "mm": 25.4}
    try:
        if 0 < float(number) < 1e9:
            return float(number) / units[unit]
    except (ValueError, KeyError):
        pass
    raise ValueError(f"wanted a width as 24in, 60cm or 600mm, got {text!r}")


def _fail(message: str) -> int:
    print(f"facemo: error: {' '.join(message.split())}", file=sys.stderr)
    return 2
