"""What the command shows of work that goes on: bars, clocks, and that something is compiled."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import Any

from facemo.cli.terminal import check_interrupted, held_interrupts
from facemo.options import Progress

_SILENT = 0.7  # seconds that work may take before anything is said of it
_TICK = 1.0  # seconds between two looks of a bar that nothing moves


@contextmanager
def progress_bar(
    what: str, unit: str = "", quiet: bool = False, delay: float = 0
) -> Iterator[Progress]:
    """A progress bar on stderr, and the function that moves it.

    With a `delay` it appears when it has lasted so many seconds; its clock goes on while nothing
    moves it. Without a `unit` it is a clock alone.
    """
    from tqdm import tqdm

    check_interrupted()
    # None shows the bar on a terminal only: in a log its turns are noise.
    disable = True if quiet else None
    looks = {"unit": unit, "unit_scale": unit == "px", "leave": False}
    if not unit:
        looks["bar_format"] = "{desc}: {elapsed}"
    with tqdm(desc=what, disable=disable, delay=delay, **looks) as bar, ExitStack() as closing:

        def progress(done: int, total: int) -> None:
            check_interrupted()
            bar.total = total
            bar.update(done - bar.n)

        closing.enter_context(_compiling_said(bar, what))
        if not bar.disable:
            closing.enter_context(_ticking(bar, delay or _TICK))
        yield progress


@contextmanager
def shown_progress(
    what: str, unit: str = "", quiet: bool = False, delay: float = _SILENT
) -> Iterator[Progress]:
    """`progress_bar` that an interrupt finds either made or not begun."""
    with ExitStack() as closing:
        with held_interrupts():
            progress = closing.enter_context(progress_bar(what, unit, quiet, delay))
        yield progress


@contextmanager
def _ticking(bar: Any, seconds: float) -> Iterator[None]:
    """Draw a bar again and again, for the first time after so many seconds."""
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


def _compiling_said(bar: Any, what: str) -> AbstractContextManager[None]:
    """Have a bar say so while numba compiles, if numba is there: it takes long to import."""
    return _listening(bar, what) if "numba" in sys.modules else nullcontext()


@contextmanager
def _listening(bar: Any, what: str) -> Iterator[None]:
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
                bar.set_description_str(text, refresh=not bar.delay)

    with install_listener("numba:compile", Compiling()):
        yield
