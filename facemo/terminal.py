"""The command's process: its streams, its signals, its progress bar."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Any, TextIO

from facemo.options import Progress

_Handler = Callable[[int, FrameType | None], object]


@contextmanager
def process_of_our_own() -> Iterator[None]:
    """Set the process up for a command, and back when it is done.

    A polite kill cleans up as Ctrl-C does, decoders do not log, and any file name can be shown.
    """
    handlers = _handled(signal.default_int_handler, signal.SIGTERM)
    showwarning, warnings.showwarning = warnings.showwarning, warn
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


def say(what: object) -> None:
    """Print at once, unless whoever read it has gone; Python would complain of that at exit."""
    try:
        print(what, flush=True)
    except BrokenPipeError:
        sys.stdout = _nowhere()


def warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """Print a warning in one line, as `warnings.showwarning` is called."""
    print(f"facemo: warning: {' '.join(str(message).split())}", file=sys.stderr)


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Hold signals back until the block ends, and let a KeyboardInterrupt follow it.

    A bar that is half made complains when it is deleted, and a C extension that is interrupted
    while it is imported raises anything: numpy an ImportError with two screens of advice.
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
def muted_decoders() -> Iterator[None]:
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


@contextmanager
def progress_bar(what: str, unit: str, quiet: bool, delay: float = 0) -> Iterator[Progress]:
    """A progress bar on stderr, and the function that moves it.

    With a `delay` it appears when it has lasted so many seconds, and its clock goes on while
    nothing moves it.
    """
    from tqdm import tqdm

    # None shows the bar on a terminal only: in a log its turns are noise.
    disable = True if quiet else None
    looks = {"unit": unit, "unit_scale": unit == "px", "leave": False}
    with tqdm(desc=what, disable=disable, delay=delay, **looks) as bar, ExitStack() as closing:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        closing.enter_context(_compiling_said(bar, what))
        if delay and not bar.disable:
            closing.enter_context(_ticking(bar, delay))
        yield progress


@contextmanager
def _ticking(bar: Any, seconds: float) -> Iterator[None]:
    """Draw a bar again and again, for the first time after its delay."""
    over = threading.Event()

    def tick() -> None:
        while not over.wait(seconds):
            bar.delay = 0  # or tqdm would not wipe out what it did not draw by itself
            bar.refresh()

    clock = threading.Thread(target=tick, daemon=True)
    clock.start()
    try:
        yield
    finally:
        over.set()
        clock.join()


@contextmanager
def _compiling_said(bar: Any, what: str) -> Iterator[None]:
    """Have a bar say so while numba compiles: not while it reads what it compiled before.

    Interrupts are held back meanwhile, a second or two, for numba may meet one with an error of its
    own.
    """
    from numba.core.event import Listener, install_listener

    class Compiling(Listener):  # type: ignore[misc]
        depth = 0  # what is called is compiled within what calls it, and all under one lock
        held = ExitStack()

        def on_start(self, event: Any) -> None:
            if self.depth == 0:
                self.held.enter_context(held_interrupts())
                kept = event.data["dispatcher"].stats.cache_path is not None
                self.say(f"{what}, compiling{' (first run only)' * kept}")
            self.depth += 1

        def on_end(self, event: Any) -> None:
            self.depth -= 1
            if self.depth == 0:
                self.say(what)
                self.held.close()

        def say(self, text: str) -> None:
            if not bar.disable:
                bar.set_description(text, refresh=not bar.delay)

    with install_listener("numba:compile", Compiling()):
        yield


def _nowhere() -> TextIO:
    return open(os.devnull, "w")


def _on(descriptor: int, stream: TextIO) -> TextIO:
    """`stream` writing to another file descriptor, if it writes to the process's stderr."""
    try:
        if stream.fileno() == 2:
            return open(descriptor, "w", errors="backslashreplace", buffering=1, closefd=False)
    except io.UnsupportedOperation:
        pass
    return stream


def _handled(handler: _Handler, *numbers: signal.Signals) -> list[tuple[signal.Signals, Any]]:
    """Let `handler` take signals, but for ignored ones; return who took them before."""
    if threading.current_thread() is not threading.main_thread():
        return []
    numbers = tuple(n for n in numbers if signal.getsignal(n) is not signal.SIG_IGN)
    return [(number, signal.signal(number, handler)) for number in numbers]
