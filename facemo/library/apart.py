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
    DONE,
    FAILED,
    MISSING,
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
NO_PYTHON = "no Python to decode it with"
BROKEN_EXTRA = 'HEIC picture, and what decodes it does not work here: reinstall "facemo[heic]"'

# It looks for modules where this process does, and never in the folder that it happens to be in.
_PROGRAM = "import sys; sys.path[:] = sys.argv[1:]; from facemo.library.decoder import main; main()"
_FEW = 3_000_000  # bytes of pixels, which leave no holes worth the name in what gave them
_SECONDS = 60.0  # by the clock, where the limit of a processor's seconds does not hold


class Apart:
    """Processes that decode, one for each thread that asks at a time."""

    def __init__(self, command: Sequence[str] | None = None, seconds: float = _SECONDS) -> None:
        """To be started with the `command`, and to take at most so many `seconds` a question."""
        self._command = command
        self._seconds = seconds
        self._idle: list[subprocess.Popen[bytes]] = []
        # All processes, and the bytes of pixels that each of them has given.
        self._given: dict[subprocess.Popen[bytes], int] = {}
        if hasattr(os, "register_at_fork"):  # two processes must not ask one
            os.register_at_fork(after_in_child=self._forget)

    def ask(self, question: Question) -> Answer:
        """The answer to a question.

        Raises PictureError if there is none, and OSError for a damaged picture. One that ends what
        decodes it, or takes it too long, is given to a second one: the first may have been ended or
        stopped by somebody else, or by the picture before. So is one that is refused by a process
        whose memory has other pictures' holes in it: libraries say of a lack of it that a picture
        is damaged.
        """
        late = False
        for process in self._two():
            fresh = self._given[process] <= _FEW
            answer, late = self._answer(process, question)
            if answer is None and not late and _out_of_time(process):
                raise PictureError(TOO_LONG)
            if answer is not None and (fresh or answer.outcome in (DONE, MISSING)):
                self._given[process] += len(answer.pixels)
                self._idle.append(process)
                return _done(answer)
            self._end(process)
        raise PictureError(TOO_LONG if late else DIED, lasting=False)

    def stop(self) -> None:
        """End all processes, also those that somebody waits for."""
        for process in list(self._given):
            process.kill()

    def close(self) -> None:
        """End the processes that nobody waits for."""
        with suppress(IndexError):  # which other threads may take meanwhile
            while True:
                self._end(self._idle.pop())

    def _two(self) -> Iterator[subprocess.Popen[bytes]]:
        """A process that decodes, an idle one if there is one, and then a new one."""
        try:
            process = self._idle.pop()
        except IndexError:
            process = self._start()
        yield process
        yield self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        # Of a program that was made of Python, the executable is that program.
        if self._command is None and (not sys.executable or getattr(sys, "frozen", False)):
            raise PictureError(NO_PYTHON, lasting=False)
        paths = [path for path in sys.path if isinstance(path, str) and path]
        paths.append(os.path.dirname(os.path.dirname(facemo.__file__)))
        command = self._command or [sys.executable, "-W", "ignore", "-c", _PROGRAM, *paths]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        flags = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        try:
            # Ctrl-C is not for it: whoever waits for it is interrupted.
            process = subprocess.Popen(
                command,
                stdin=pipe,
                stdout=pipe,
                stderr=nowhere,
                start_new_session=os.name == "posix",
                creationflags=flags,
            )
        except (OSError, ValueError) as error:  # the latter for a path that no system takes
            raise PictureError(NO_PYTHON, lasting=False) from error
        self._given[process] = 0
        return process

    def _answer(
        self, process: subprocess.Popen[bytes], question: Question
    ) -> tuple[Answer | None, bool]:
        """What a process answers, None if it ends or answers no picture; and whether it was late,
        and ended for that."""
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()
        watch = threading.Timer(self._seconds, _kill, (process, late))
        watch.daemon = True
        watch.start()
        try:
            send_question(process.stdin, question)
            return receive_answer(process.stdout, question), False
        except (OSError, FrameError):
            self._end(process)
            return None, late.is_set()
        except BaseException:  # an interrupt
            self._end(process)
            raise
        finally:
            watch.cancel()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        """End a process that may be gone already."""
        _close(process)
        process.kill()
        process.wait()
        self._given.pop(process, None)

    def _forget(self) -> None:
        """Leave the processes to the one that this was forked from."""
        for process in self._given:
            process.returncode = 0  # none of this one's children
        for process in self._idle:
            _close(process)
            del self._given[process]
        self._idle = []


def _done(answer: Answer) -> Answer:
    """An answer that is one; raises what else it says."""
    if answer.outcome == NO_MEMORY:
        raise PictureError(TOO_LARGE, lasting=False)
    if answer.outcome == MISSING:
        raise PictureError(BROKEN_EXTRA, lasting=False)
    if answer.outcome == FAILED:
        raise OSError("the decoder refuses it")
    return answer


def _kill(process: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


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
