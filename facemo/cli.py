"""The command line: the public functions, a progress bar, a summary."""

from __future__ import annotations

import argparse
import io
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import facemo
from facemo.errors import InputError, nbytes, printable, shown

if TYPE_CHECKING:
    from facemo import Mosaic, Rejected

_Handler = Callable[[int, FrameType | None], object]

_ENCODING = ("quality", "subsampling", "compression", "dpi")
_NAMED = 3  # files named for each reason
_LOOKED_AT = (".html", ".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".heic")
_WORTH_SAYING = 0.05  # of the cells lack near tiles


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``facemo`` with `arguments` (by default the process's own); return its exit status."""
    written: list[str] = []
    with _process_of_our_own():
        try:
            said = _of_cache(arguments)
            if said is None:
                _run(_parser().parse_args(arguments), written)
            else:
                _say(said)
        except InputError as error:
            return _fail(str(error))
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


@contextmanager
def _process_of_our_own() -> Iterator[None]:
    """Set the process up for a command, and back when it is done.

    A polite kill cleans up as Ctrl-C does, decoders do not log, and any file name can be shown.
    """
    handlers = _handled(signal.default_int_handler, signal.SIGTERM)
    showwarning, warnings.showwarning = warnings.showwarning, _warn
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by whoever started us
            setattr(sys, name, _nowhere())
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        yield
    finally:
        warnings.showwarning = showwarning
        for number, handler in handlers:
            signal.signal(number, handler)


def _warn(message: Warning | str, *_: Any, **__: Any) -> None:
    print(f"facemo: warning: {' '.join(str(message).split())}", file=sys.stderr)


def _nowhere() -> TextIO:
    return open(os.devnull, "w")


def _handled(handler: _Handler, *numbers: signal.Signals) -> list[tuple[signal.Signals, Any]]:
    """Let `handler` take signals, but for ignored ones; return who took them before."""
    if threading.current_thread() is not threading.main_thread():
        return []
    numbers = tuple(n for n in numbers if signal.getsignal(n) is not signal.SIG_IGN)
    return [(number, signal.signal(number, handler)) for number in numbers]


def _run(options: argparse.Namespace, written: list[str]) -> None:
    with _held_interrupts():
        import_module("facemo.writers")
    say = _silent if options.quiet else _say
    grid = {"cols": options.cols, "rows": options.rows}
    encoding = {name: getattr(options, name) for name in _ENCODING}
    target = facemo.read_image(options.target)
    size = options.tile or 64
    if options.width is not None:
        size = facemo.tile_side(target, options.width, dpi=options.dpi, **grid)
    reads = [options.target, *options.tiles]
    outputs = [output.rstrip(os.sep) or output for output in options.output]
    _check_named_once(outputs)
    to_open = _to_open(outputs) if options.open else None
    for output in outputs:
        say(
            facemo.preflight(
                target,
                output,
                size=size,
                detail=options.detail,
                k=options.k,
                spacing=options.spacing,
                tint=options.tint,
                cache=options.cache,
                reads=reads,
                **grid,
                **encoding,
            )
        )
    with _muted_decoders(), _bar("loading", "files", options.quiet) as progress:
        tiles = facemo.load_tiles(
            options.tiles,
            size,
            duplicates=options.duplicates,
            truncated=options.truncated,
            cache=options.cache,
            progress=progress,
        )
    mosaic = facemo.plan(
        target,
        tiles,
        **grid,
        detail=options.detail,
        space=options.space,
        mirror=options.mirror,
        k=options.k,
        spacing=options.spacing,
        max_uses=options.max_uses,
        tint=options.tint,
        seed=options.seed,
    )
    if not options.quiet:
        _say(_summary(mosaic))
    for output in outputs:
        with _bar(f"writing {os.path.basename(output)}", "px", options.quiet) as progress:
            facemo.save(mosaic, output, progress=progress, **encoding)
        written.append(output)
        say(f"written to {printable(output)}{_size(output)}")
    if options.score:
        _say(facemo.score(mosaic, target))
    if to_open is not None:
        _open(to_open)


def _to_open(outputs: Sequence[str]) -> str:
    """The output that a person would look at first."""
    found = [
        output
        for suffix in _LOOKED_AT
        for output in outputs
        if os.path.splitext(output)[1].lower() == suffix
    ]
    if not found:
        raise InputError(f"--open shows {', '.join(_LOOKED_AT)}: name such an output, too")
    return found[0]


def _open(output: str) -> None:
    """Show an output with whatever this machine shows such files with."""
    import webbrowser
    from pathlib import Path

    if not webbrowser.open(Path(output).resolve().as_uri()):
        _warn(f"nothing here opens {shown(output)}: open it by hand")


def _check_named_once(outputs: Sequence[str]) -> None:
    seen: set[str] = set()
    for output in outputs:
        base, suffix = os.path.splitext(os.path.realpath(output))
        name = base + (suffix.lower() if suffix.lower() == ".dzi" else suffix)
        if name in seen:
            raise InputError(f"output {shown(output)} is named twice: give each a name of its own")
        seen.add(name)


def _say(what: object) -> None:
    """Print at once, unless whoever read it has gone; Python would complain of that at exit."""
    try:
        print(what, flush=True)
    except BrokenPipeError:
        sys.stdout = _nowhere()


def _silent(what: object) -> None:
    """Say nothing."""


def _size(output: str) -> str:
    """What to say beside the name of an output: how large it is, or what goes with it."""
    if os.path.isdir(output):
        return ""
    if output.lower().endswith(".dzi"):
        return f" and {printable(os.path.splitext(output)[0])}_files"
    return f" ({nbytes(os.path.getsize(output))})"


def _summary(mosaic: Mosaic) -> str:
    import numpy as np

    rows, cols = mosaic.index.shape
    height, width = mosaic.shape[:2]
    used = len(np.unique(mosaic.index))
    lines = [
        f"{cols} x {rows} cells, {width:,} x {height:,} pixels, "
        f"{used:,} of {len(mosaic.tiles):,} tiles used",
        f"tint {mosaic.tint:.0%}: how far each tile's mean colour is moved to its cell's",
        *_lacking(mosaic),
        *_merged(mosaic.tiles.merged),
        *_set_aside(mosaic.tiles.rejected),
    ]
    return "\n".join(lines)


def _lacking(mosaic: Mosaic) -> Iterator[str]:
    """A line on the colours that no tile comes near, if they are a twentieth of the picture."""
    from facemo.coverage import coverage
    from facemo.features import block_means

    found = coverage(block_means(mosaic.tiles.pixels, 1)[:, 0, 0], mosaic.colors)
    if found.lacking >= _WORTH_SAYING:
        yield f"{found}; add such pictures"


def _merged(merged: Sequence[tuple[str, str]]) -> Iterator[str]:
    """A line that counts the pictures which became no tile of their own, and names a few."""
    if merged:
        pairs = [f"{shown(name)} into {shown(other)}" for name, other in merged[:_NAMED]]
        more = f" and {len(merged) - _NAMED:,} more" if len(merged) > _NAMED else ""
        yield f"{len(merged):,} merged into others like them: {', '.join(pairs)}{more}"


def _set_aside(rejected: Sequence[Rejected]) -> Iterator[str]:
    """A line a reason, the first few files of each named; of what is no picture only those that
    are called as if they were."""
    from facemo.pictures import NOT_A_PICTURE
    from facemo.tiles import by_reason

    if rejected:
        yield f"{len(rejected):,} file{'s' * (len(rejected) > 1)} set aside"
    for reason, files in by_reason(rejected):
        line = f"  {len(files):,} {reason}"
        if reason == NOT_A_PICTURE:
            files = [file for file in files if file.path.lower().endswith(_SUFFIXES)]
            line += f", {len(files):,} of them called as if they were" if files else ""
        if files:
            line += ": " + ", ".join(shown(file.path) for file in files[:_NAMED])
            line += f" and {len(files) - _NAMED:,} more" if len(files) > _NAMED else ""
        yield line


@contextmanager
def _held_interrupts() -> Iterator[None]:
    """Hold signals back until the block ends.

    A C extension that is interrupted while it is imported raises anything: numpy an ImportError
    with two screens of advice.
    """
    came: list[int] = []
    before = _handled(lambda number, _: came.append(number), signal.SIGINT, signal.SIGTERM)
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
    if came:
        raise KeyboardInterrupt


@contextmanager
def _muted_decoders() -> Iterator[None]:
    """Keep libtiff, which writes of damaged files to the process's stderr, from the user's.

    Python's own stderr, with the progress bar and the errors, still goes where it went.
    """
    sys.stderr.flush()
    before, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    own, sys.stderr = sys.stderr, _on(before, sys.stderr)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        sys.stderr = own
        os.dup2(before, 2)
        os.close(before)
        os.close(nowhere)


def _on(descriptor: int, stream: TextIO) -> TextIO:
    """`stream` writing to another file descriptor, if it writes to the process's stderr."""
    try:
        if stream.fileno() == 2:
            return open(descriptor, "w", errors="backslashreplace", buffering=1, closefd=False)
    except io.UnsupportedOperation:
        pass
    return stream


@contextmanager
def _bar(what: str, unit: str, quiet: bool) -> Iterator[Callable[[int, int | None], None]]:
    """A progress bar on stderr, and the function that moves it."""
    from tqdm import tqdm

    # None shows the bar on a terminal only: in a log its turns are noise.
    disable = True if quiet else None
    with ExitStack() as closing:
        with _held_interrupts():  # a bar that is half made complains when it is deleted
            bar = tqdm(desc=what, unit=unit, unit_scale=unit == "px", disable=disable, leave=False)
            closing.enter_context(bar)

        def progress(done: int, total: int | None) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        sys.exit(_fail(f"{message} (see facemo --help)"))


def _of_cache(arguments: Sequence[str] | None) -> str | None:
    """What to say if the cache is asked for or to be cleared, whatever else is asked for."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--cache", default=True, nargs="?")
    for option in ("--cache-info", "--clear-cache"):
        parser.add_argument(option, action="store_true")
    options = parser.parse_known_args(arguments)[0]
    if options.clear_cache:
        return f"deleted {facemo.clear_cache(options.cache)}"
    return str(facemo.cache_info(options.cache)) if options.cache_info else None


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="facemo",
        description="Rebuild a picture out of many small pictures.",
        epilog="example: facemo me.jpg ~/Photos -o poster.jpg --cols 100",
    )
    parser.add_argument("target", metavar="TARGET", help="the picture to rebuild")
    parser.add_argument(
        "tiles", metavar="TILES", nargs="+", help="folders (searched recursively) and pictures"
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUT",
        required=True,
        action="append",
        help="what to write: .png, .jpg, .tif, .webp, .html (a page that zooms), .dzi (the same as "
        "files for a server), .zarr, .npz (the plan) or .csv (which photo where); may be given "
        "several times",
    )
    parser.add_argument("--open", action="store_true", help="open the result when it is written")
    parser.add_argument("--cols", metavar="N", type=_whole, help="cells across (64)")
    parser.add_argument(
        "--rows", metavar="N", type=_whole, help="cells down (as the target's shape asks)"
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument(
        "--tile",
        metavar="N|HxW",
        type=_tile,
        help="side of a tile in pixels, or height x width (64)",
    )
    size.add_argument(
        "--width",
        metavar="W",
        type=_inches,
        help="how wide to print it, as 24in, 60cm or 600mm: chooses the tile's side",
    )
    parser.add_argument("--dpi", metavar="N", type=float, default=300, help="pixels an inch (300)")
    parser.add_argument(
        "--detail",
        metavar="N",
        type=_whole,
        help="compare N x N blocks of tiles and cells, 1 to 8 (4, or as much as they give)",
    )
    parser.add_argument(
        "--space",
        choices=["lab", "rgb"],
        default="lab",
        help="compare colours in CIE L*a*b*, or in sRGB: more detail, less colour (lab)",
    )
    parser.add_argument(
        "--mirror", action="store_true", help="tiles may also be laid left-right mirrored"
    )
    parser.add_argument(
        "--k",
        metavar="N",
        type=_whole,
        default=5,
        help="pick at random among the N nearest tiles (5); 1 is the nearest",
    )
    parser.add_argument(
        "--spacing",
        metavar="N",
        type=_natural,
        help="no tile twice within N cells (2, or as many as the tiles allow)",
    )
    parser.add_argument(
        "--max-uses", metavar="N", type=_whole, help="no tile more than N times (no limit)"
    )
    parser.add_argument(
        "--tint",
        metavar="T",
        type=_tint,
        default="auto",
        help="move each tile's colour to its cell's, 0 to 1, or auto: as little as will do (auto)",
    )
    parser.add_argument(
        "--seed", metavar="N", type=_natural, default=0, help="the same seed, the same mosaic (0)"
    )
    parser.add_argument(
        "--quality",
        metavar="Q",
        type=_whole,
        default=92,
        help="of JPEG, WebP and pages, 1 to 100 (92)",
    )
    parser.add_argument(
        "--subsampling",
        choices=["4:4:4", "4:2:0"],
        default="4:4:4",
        help="of JPEG: colours at full or half resolution (4:4:4)",
    )
    parser.add_argument(
        "--compression",
        choices=["deflate", "jpeg", "none"],
        default="deflate",
        help="of TIFF; all but jpeg are lossless (deflate)",
    )
    parser.add_argument(
        "--duplicates",
        choices=["merge", "near", "keep"],
        default="merge",
        help="equal pictures are one tile (merge), nearly equal ones too, or each is one (merge)",
    )
    parser.add_argument(
        "--truncated",
        choices=["refuse", "keep"],
        default="refuse",
        help="set pictures that end early aside, or use them as far as they go (refuse)",
    )
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument(
        "--cache",
        metavar="FOLDER",
        default=True,
        help="where decoded tiles are kept between runs (your user's cache folder)",
    )
    cache.add_argument(
        "--no-cache", dest="cache", action="store_false", help="keep no tiles between runs"
    )
    parser.add_argument(
        "--cache-info", action="store_true", help="say what the cache holds, and exit"
    )
    parser.add_argument("--clear-cache", action="store_true", help="delete what it holds, and exit")
    parser.add_argument(
        "--score", action="store_true", help="say how close to the target the mosaic is"
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar, no summary")
    parser.add_argument("--version", action="version", version=f"facemo {facemo.__version__}")
    return parser


def _whole(text: str, least: int = 1) -> int:
    if not text.isdecimal() or len(text) > 18 or int(text) < least:
        raise argparse.ArgumentTypeError(f"wanted a whole number from {least}, got {text!r}")
    return int(text)


def _natural(text: str) -> int:
    return _whole(text, least=0)


def _tint(text: str) -> float | str:
    try:
        return text if text == "auto" else float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"wanted a number from 0 to 1, or auto, got {text!r}"
        ) from None


def _inches(text: str) -> float:
    number, unit = text[:-2], text[-2:].lower()
    try:
        if 0 < float(number) < 1e9:
            return float(number) / {"in": 1, "cm": 2.54, "mm": 25.4}[unit]
    except (ValueError, KeyError):
        pass
    raise argparse.ArgumentTypeError(f"wanted a width as 24in, 60cm or 600mm, got {text!r}")


def _tile(text: str) -> int | tuple[int, int]:
    height, cross, width = text.lower().partition("x")
    return (_whole(height), _whole(width)) if cross else _whole(text)


def _fail(message: str) -> int:
    print(f"facemo: error: {' '.join(message.split())}", file=sys.stderr)
    return 2
