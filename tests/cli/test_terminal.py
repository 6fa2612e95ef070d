"""The command in a terminal: what it asks of it, and what an interrupt leaves."""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import subprocess
import sys

import pytest
from helpers import encoded, noise
from PIL import Image

fcntl = pytest.importorskip("fcntl", reason="only POSIX has terminals to open")
pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")

KNOWS_SIXELS = "\033[?62;4;22c"


# The command as a shell runs it in the foreground: in the background it would ignore Ctrl-C, and
# whatever this process was started to ignore, its children would, too.
FOREGROUND = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)
from facemo.cli import main
sys.exit(main())
"""


@pytest.mark.parametrize("interrupt", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing_behind(save_picture, tmp_path, rng, interrupt):
    face = save_picture(Image.linear_gradient("L"), "face.png")
    folder = tmp_path / "many"
    folder.mkdir()
    picture = encoded(noise(rng, 900, 900), "PNG", compress_level=1)
    for number in range(40):
        (folder / f"{number}.png").write_bytes(picture)
    command = [sys.executable, "-c", FOREGROUND, face, folder, "-o", tmp_path / "a.png"]
    terminal, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with subprocess.Popen(command, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        said = b""
        while b"loading" not in said:
            said += os.read(terminal, 100)
        process.send_signal(interrupt)
        with contextlib.suppress(OSError):  # how a terminal says that its other end is closed
            while more := os.read(terminal, 1000):
                said += more
    os.close(terminal)
    assert process.returncode == 130
    assert said.decode().rstrip().endswith("facemo: interrupted, nothing was written")
    assert "Traceback" not in said.decode()
    assert sorted(os.listdir(tmp_path)) == ["face.png", "many"]


ASKING = (
    "from facemo.cli import show; print(repr(show._answer()), show._side(__import__('sys').stdout))"
)


@pytest.mark.parametrize("answer", [KNOWS_SIXELS, ""])
def test_a_terminal_is_asked_and_may_stay_silent(answer):
    terminal, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 640, 400))

    def take():  # the terminal as its own, as a shell would have it
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with subprocess.Popen(
        [sys.executable, "-c", ASKING], stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=take
    ) as process:
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # how a terminal says that its other end is closed
            while more := os.read(terminal, 1000):
                said += more
                if more.endswith(b"\033[c"):
                    os.write(terminal, answer.encode())
    os.close(terminal)
    assert process.returncode == 0
    assert f"{answer!r} 360".encode() in said
