"""The command: what it is asked, what it answers, and with which status it ends."""

from __future__ import annotations

import errno
import json
import os
import sys
import traceback
from collections.abc import Sequence

import facemo
from facemo.cli.flags import as_flags
from facemo.cli.given import given
from facemo.cli.mistakes import check_dashes
from facemo.cli.parser import Parser, parser
from facemo.cli.run import run
from facemo.cli.terminal import (
    check_interrupted,
    interrupt_came,
    process_of_our_own,
    say,
    say_aside,
)
from facemo.errors import InputError, shown

_REFUSED, _BROKEN, _INTERRUPTED = 2, 1, 130  # statuses; 0 is well


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``facemo`` with `arguments` (by default the process's own); return its exit status.

    0 is well, 2 what was asked for cannot be, 1 a mistake of facemo's own, 130 interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else [*arguments]
    written: list[str] = []
    with process_of_our_own():
        try:
            answer = _answer(arguments)
            if answer is None:
                run(given(arguments), written)
            else:
                say(answer)
            check_interrupted()
        except KeyboardInterrupt:
            return _interrupted(written)
        except Exception as error:  # which a library may have made of an interrupt
            return _interrupted(written) if interrupt_came() else _failed(error, arguments)
    return 0


def _interrupted(written: Sequence[str]) -> int:
    """Say what was written before; return the status."""
    done = f"after {', '.join(map(shown, written))}" if written else "nothing was written"
    say_aside(f"interrupted, {done}")
    return _INTERRUPTED


def _answer(arguments: Sequence[str]) -> str | None:
    """What to say in place of making a mosaic, whatever else is asked for; None to make one."""
    check_dashes(arguments, parser(paths=False).flags())
    asked = Parser(add_help=False, allow_abbrev=False)
    asked.add_argument("--cache", default=True, nargs="?")
    asked.add_argument("--print-completion", nargs="?")
    asked.add_argument("-h", "--help", action="store_true")
    for flag in ("--help-all", "--version", "--cache-info", "--clear-cache"):
        asked.add_argument(flag, action="store_true")
    wanted = asked.parse_known_args(arguments)[0]
    if wanted.help_all:
        return parser().format_help().rstrip()
    if wanted.help or [*arguments] in ([], ["help"]):
        return parser().help_in_short().rstrip()
    if wanted.version:
        return f"facemo {facemo.__version__}"
    if wanted.print_completion:
        parser(paths=False).parse_known_args(arguments)  # which knows the shells
        return _completion(wanted.print_completion)
    if wanted.cache is None:
        parser(paths=False).parse_known_args(arguments)  # which says what it lacks
    if wanted.clear_cache:
        return f"deleted {facemo.clear_cache(wanted.cache)}"
    return str(facemo.cache_info(wanted.cache)) if wanted.cache_info else None


def _completion(shell: str) -> str:
    """What makes a shell complete options, and the paths that they take."""
    import shtab

    made = parser()
    for action in made._actions:
        words = (action.metavar or "").split("|")  # type: ignore[union-attr]
        if {"TARGET", "TILES", "OUT", "FILE"} & {*words}:
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        if "FOLDER" in words:
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
    return str(shtab.complete(made, shell))


def _failed(error: Exception, arguments: Sequence[str]) -> int:
    """Say in one line what went wrong; return the status."""
    status, message = _told(error)
    if "--debug" in arguments or os.environ.get("FACEMO_DEBUG"):
        message = f"{message}\n{''.join(traceback.format_exception(error)).rstrip()}"
    elif status == _BROKEN:
        message += "; FACEMO_DEBUG=1 shows where"
    if any(text.partition("=")[0] == "--json" for text in arguments):
        say(json.dumps({"error": message}))
    else:
        say_aside(f"error: {message}")
    return status


def _told(error: Exception) -> tuple[int, str]:
    """The status for an error, and what to say of it in one line."""
    if isinstance(error, InputError):
        return _REFUSED, " ".join(as_flags(str(error)).split())
    if isinstance(error, MemoryError):
        return _REFUSED, "out of memory: ask for fewer cells or smaller tiles"
    if isinstance(error, OSError):
        name = f": {shown(error.filename)}" if isinstance(error.filename, str) else ""
        full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", None))
        way = ": make room, write elsewhere with -o, or ask for fewer cells or smaller tiles"
        return _REFUSED, f"{error.strerror or error}{name}{way * full}"
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return _BROKEN, f"a mistake of facemo's own, please report it ({facemo.__version__}, {what})"
