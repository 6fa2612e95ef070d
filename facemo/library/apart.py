"""Ask a process of its own to decode a picture, and outlive whatever that picture does to it.

The process gives up what it does not need (`decoder`), is ended when it takes too long, and another
one takes its place. It is kept for many pictures: starting one takes 0.15 s.
"""

from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress

import facemo
from facemo.library.frames import (
    FAILED,
    NO_MEMORY,
    Answer,
    FrameError,
    Question,
    receive_answer,
    send_question,
)
from facemo.library.limits import PictureError

DIED = "what decoded it died"
TOO_LONG = "takes too long to decode"
TOO_LARGE = "needs more memory than a picture may take"

# It looks for modules where this process does, and never in the folder that it happens to be in.
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from facemo.library.decoder import main; main()"
_SECONDS = 60.0  # by the clock, where the limit of a processor's seconds does not hold


class Apart:
    """Processes that decode, one for each thread that asks at a time."""

    def __init__(self, command: Sequence[str] | None = None, seconds: float = _SECONDS) -> None:
        """To be started with the `command`, and to take at most so many `seconds` a question."""
        self._command = command
        self._seconds = seconds
        self._idle: list[subprocess.Popen[bytes]] = []
        if hasattr(os, "register_at_fork"):  # two processes must not ask one
            os.register_at_fork(after_in_child=self._forget)

    def ask(self, question: Question) -> Answer:
        """The answer to a question.

        Raises PictureError if there is none, and OSError for a damaged picture. One that ends what
        decodes it is given to a second one: the first may have been ended by somebody else, or by
        the picture before.
        """
        for process in self._two():
            late = threading.Event()
            answer = self._answer(process, question, late)
            if answer is None and (late.is_set() or _out_of_time(process)):
                raise PictureError(TOO_LONG, lasting=not late.is_set())
            if answer is not None and answer.outcome == NO_MEMORY:
                raise PictureError(TOO_LARGE, lasting=False)
            if answer is not None and answer.outcome == FAILED:
                raise OSError("the decoder refuses it")
            if answer is not None:
                return answer
        raise PictureError(DIED, lasting=False)

    def close(self) -> None:
        """End the processes that nobody waits for."""
        with suppress(IndexError):  # which other threads may take meanwhile
            while True:
                _end(self._idle.pop())

    def _two(self) -> Iterator[subprocess.Popen[bytes]]:
        """A process that decodes, an idle one if there is one, and then a new one."""
        try:
            process = self._idle.pop()
        except IndexError:
            process = self._start()
        yield process
        yield self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        if self._command is None and not sys.executable:
            raise PictureError("no Python to decode it with", lasting=False)
        paths = *filter(None, sys.path), os.path.dirname(os.path.dirname(facemo.__file__))
        command = self._command or [sys.executable, "-W", "ignore", "-c", _PROGRAM, *paths]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        # Ctrl-C is not for it: whoever waits for it is interrupted.
        return subprocess.Popen(
            command,
            stdin=pipe,
            stdout=pipe,
            stderr=nowhere,
            start_new_session=os.name == "posix",
            creationflags=flags,
        )

    def _answer(
        self, process: subprocess.Popen[bytes], question: Question, late: threading.Event
    ) -> Answer | None:
        """What a process answers, None if it ends or answers no picture; `late` tells if late."""
        assert process.stdin is not None
        assert process.stdout is not None
        watch = threading.Timer(self._seconds, _stop, (process, late))
        watch.daemon = True
        watch.start()
        try:
            send_question(process.stdin, question)
            answer = receive_answer(process.stdout, question)
        except (OSError, FrameError):
            answer = None
        except BaseException:  # an interrupt
            _end(process)
            raise
        finally:
            watch.cancel()
        if answer is None:
            _end(process)
        else:
            self._idle.append(process)
        return answer

    def _forget(self) -> None:
        """Leave the processes to the one that this was forked from."""
        for process in self._idle:
            process.returncode = 0  # none of this one's children
            _close(process)
        self._idle = []


def _stop(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that may be gone already."""
    _close(process)
    process.kill()
    process.wait()


def _close(process: subprocess.Popen[bytes]) -> None:
    """Close the pipes that lead to a process."""
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        with suppress(OSError):  # what was written and is not read any more
            pipe.close()


def _out_of_time(process: subprocess.Popen[bytes]) -> bool:
    """Whether the system ended a process for the processor's time that it took."""
    number = getattr(signal, "SIGXCPU", None)
    return number is not None and process.returncode == -number


decoders = Apart()
atexit.register(decoders.close)
