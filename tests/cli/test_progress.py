from __future__ import annotations

import contextlib
import io
import os
import signal
import threading

import pytest
from numba import njit
from numba.core import event

from facemo.cli.progress import progress_bar


class Terminal(io.StringIO):
    """A stream that shows bars, and says when one has been drawn."""

    def __init__(self):
        super().__init__()
        self.drawn = threading.Event()

    def isatty(self):
        return True

    def write(self, text):
        if "%" in text or "?" in text:
            self.drawn.set()
        return super().write(text)


@contextlib.contextmanager
def bar(**options):
    """A bar on a terminal: what moves it, and the terminal."""
    terminal = Terminal()
    with (
        contextlib.redirect_stderr(terminal),
        progress_bar("planning", "cells", **{"quiet": False, **options}) as progress,
    ):
        yield progress, terminal


@pytest.fixture
def kernel():
    """A function that numba has not compiled yet."""
    return njit(lambda x: x + 1)


def test_a_bar_that_is_over_before_its_delay_is_never_seen():
    with bar(delay=60) as (progress, terminal):
        for done in (0, 5, 10):
            progress(done, 10)
    assert terminal.getvalue() == ""


def test_a_bar_appears_after_its_delay_though_nothing_moves_it():
    with bar(delay=0.001) as (progress, terminal):
        progress(0, 10)
        assert terminal.drawn.wait(60)
    assert "planning: " in terminal.getvalue()


def test_a_bar_that_is_interrupted_leaves_a_clean_line():
    def interrupted(progress, terminal):
        progress(0, 10)
        terminal.drawn.wait(60)
        raise KeyboardInterrupt

    with contextlib.suppress(KeyboardInterrupt), bar(delay=0.001) as (progress, terminal):
        interrupted(progress, terminal)
    *_, wiped, last = terminal.getvalue().split("\r")
    assert (wiped.strip(), last) == ("", "")


def test_a_bar_says_that_something_is_compiled_and_only_then(kernel):
    with bar() as (_, terminal):
        kernel(1)
        assert "planning, compiling" in terminal.getvalue()
        terminal.truncate(0)
        kernel(2)
    assert "compiling" not in terminal.getvalue()


@pytest.mark.parametrize("folder", [None, "kept"])
def test_that_it_is_the_first_run_only_is_said_where_the_result_is_kept(monkeypatch, folder):
    dispatcher = njit(lambda x: x + 1)
    stats = dispatcher.stats._replace(cache_path=folder)
    monkeypatch.setattr(type(dispatcher), "stats", stats)
    with bar() as (_, terminal):
        dispatcher(1)
    assert "planning, compiling" in terminal.getvalue()
    assert ("(first run only)" in terminal.getvalue()) == (folder is not None)


@pytest.mark.parametrize("quiet", [False, True])
def test_an_interrupt_waits_until_numba_has_compiled(kernel, quiet):
    class Interrupting(event.Listener):
        def on_start(self, _):
            os.kill(os.getpid(), signal.SIGINT)

        def on_end(self, _):
            pass

    with (
        pytest.raises(KeyboardInterrupt),
        bar(quiet=quiet),
        event.install_listener("numba:compile", Interrupting()),
    ):
        kernel(1)
    assert len(kernel.overloads) == 1
