"""The command's process: its streams and its signals."""

from __future__ import annotations

import errno
import io
import logging
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TextIO

from facemo.errors import InputError

_Handler = Callable[[int, FrameType | None], object]

# The signals that came: Python swallows what a handler raises while a C library calls back, as
# LLVM does where numba compiles, or while an object is deleted.
_came: list[int] = []


@contextmanager
def process_of_our_own() -> Iterator[None]:
    """Set the process up for a command, and back when it is done.

    A polite kill cleans up as Ctrl-C does, decoders do not log, and any file name can be shown.
    """
    _open_descriptors()
    _came.clear()
    handlers = _handled(_interrupt, signal.SIGINT, signal.SIGTERM)
    showwarning, warnings.showwarning = warnings.showwarning, warn
    unraisable, sys.unraisablehook = sys.unraisablehook, _but_interrupts(sys.unraisablehook)
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
        warnings.showwarning, sys.unraisablehook = showwarning, unraisable
        for number, handler in handlers:
            signal.signal(number, handler)
        _came.clear()


def interrupt_came() -> bool:
    """Whether a signal came that ends the command."""
    return bool(_came)


def check_interrupted() -> None:
    """Raise a KeyboardInterrupt if one came that was swallowed."""
    if interrupt_came():
        raise KeyboardInterrupt


def say(what: object) -> None:
    """Print at once, unless whoever read it has gone; Python would complain of that at exit.

    InputError where stdout is a file that takes no more.
    """
    try:
        print(what, flush=True)
    except OSError as error:
        sys.stdout = _nowhere()
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # as Windows calls a broken pipe
            raise InputError(f"stdout takes nothing more: {error.strerror}") from None


def say_aside(what: str) -> None:
    """Print a line on stderr, as `say` does on stdout."""
    try:
        print(f"facemo: {what}", file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = _nowhere()


def warn(message: Warning | str, *_: Any, **__: Any) -> None:
    """Print a warning in one line, as `warnings.showwarning` is called."""
    say_aside(f"warning: {' '.join(str(message).split())}")


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Hold signals back until the block ends, and let them come then.

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
    for each in came:
        signal.raise_signal(each)


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


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Handle a signal: raise a KeyboardInterrupt, and remember it for `check_interrupted`."""
    _came.append(number)
    raise KeyboardInterrupt


def _but_interrupts(hook: Callable[[Any], object]) -> Callable[[Any], object]:
    """`hook`, which tells of what was swallowed, but not of interrupts: they are heeded later."""
    return lambda what: None if issubclass(what.exc_type, KeyboardInterrupt) else hook(what)


def _open_descriptors() -> None:
    """Let stdin, stdout and stderr lead nowhere where they are closed.

    The next files to be opened would have their numbers, and get what is printed there.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # the lowest that is free


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
