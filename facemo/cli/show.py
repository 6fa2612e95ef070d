"""A picture in the terminal, where it shows some: kitty's way, iTerm2's, or sixels."""

from __future__ import annotations

import os
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, TextIO

from facemo.cli.terminal import say, warn

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from facemo import Mosaic

_KITTY = {"xterm-kitty", "xterm-ghostty", "ghostty"}
_ITERM = {"iTerm.app", "iTerm2", "WezTerm", "mintty"}
_CHUNK = 4096  # characters of base64 that kitty takes at a time
_COLORS = 255  # which most terminals have registers for
_SIDE = 800  # pixels of the longer side, where a terminal does not say how wide it is
_PATIENCE = 0.5  # seconds that a terminal has to answer


def show(mosaic: Mosaic) -> None:
    """Show a mosaic in the terminal, or say that it shows no pictures."""
    from PIL import Image

    if not sys.stdout.isatty():
        warn("--show needs a terminal, and what is said here goes elsewhere")
        return
    way = way_to_show(os.environ, _answer)
    if way is None:
        warn("this terminal shows no pictures (kitty, iTerm2 and those with sixels do): use --open")
        return
    say(_WAYS[way](Image.fromarray(mosaic.preview(_side(sys.stdout)))))


def way_to_show(environment: Mapping[str, str], ask: Callable[[], str]) -> str | None:
    """How a terminal shows pictures, by the variables that it sets, or else by what it answers.

    What runs inside tmux or screen inherits variables of the terminal around it, which do not
    count there.

    >>> way_to_show({"TERM": "xterm-kitty"}, str), way_to_show({"TERM": "xterm"}, str)
    ('kitty', None)
    """
    program, term = environment.get("TERM_PROGRAM", ""), environment.get("TERM", "")
    inside = term.startswith(("screen", "tmux")) or program == "tmux"
    if not inside:
        if {program, term} & _KITTY or "KITTY_WINDOW_ID" in environment:
            return "kitty"
        if {program, environment.get("LC_TERMINAL", "")} & _ITERM:
            return "iterm"
        if "WT_SESSION" in environment:  # Windows Terminal, which shows them from 1.22 on
            return "sixel"
    if term in ("", "dumb", "linux"):
        return None
    return "sixel" if "4" in ask().removeprefix("\033[?").rstrip("c").split(";")[1:] else None


def _answer() -> str:
    """What the terminal says that it can (its primary device attributes); empty if it does not.

    It has half a second, and is not asked from the background, which would stop this process.
    """
    try:
        import select
        import termios
        import tty

        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except (ImportError, OSError):
        return ""
    said = b""
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():
            return ""
        before = termios.tcgetattr(terminal)
        try:
            tty.setcbreak(terminal)
            os.write(terminal, b"\033[c")
            end = time.monotonic() + _PATIENCE
            while not said.endswith(b"c") and (left := end - time.monotonic()) > 0:
                if select.select([terminal], [], [], left)[0]:
                    said += os.read(terminal, 64)
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)
    except (OSError, termios.error):
        return ""
    finally:
        os.close(terminal)
    return said.decode("ascii", "replace")


def _side(stream: TextIO) -> int:
    """Pixels of the longer side of a picture: as wide as the terminal, if it says how wide it is.

    It leaves a line for what is written below.
    """
    try:
        import fcntl
        import struct
        import termios

        size = fcntl.ioctl(stream.fileno(), termios.TIOCGWINSZ, bytes(8))
        _, _, width, height = struct.unpack("HHHH", size)
    except (ImportError, OSError, ValueError):
        return _SIDE
    return max(64, min(width, height * 9 // 10, 2 * _SIDE)) if width and height else _SIDE


def _kitty(picture: Image.Image) -> str:
    """A picture as kitty's graphics protocol has it: PNG in chunks."""
    data = b64encode(_png(picture)).decode()
    parts = [data[at : at + _CHUNK] for at in range(0, len(data), _CHUNK)]
    shown = ""
    for number, part in enumerate(parts):
        first = "a=T,f=100,q=2," if number == 0 else ""
        shown += f"\033_G{first}m={int(number + 1 < len(parts))};{part}\033\\"
    return shown


def _iterm(picture: Image.Image) -> str:
    """A picture as iTerm2's inline images have it."""
    data = _png(picture)
    return f"\033]1337;File=inline=1;size={len(data)}:{b64encode(data).decode()}\a"


def _sixel(picture: Image.Image) -> str:
    """A picture as sixels (DEC's VT340): six lines at a time, one colour after the other."""
    import numpy as np

    small = picture.quantize(_COLORS)
    pixels = np.asarray(small)
    percent = [round(value * 100 / 255) for value in small.getpalette() or []]
    colors = "".join(
        f"#{n};2;{';'.join(map(str, percent[3 * n : 3 * n + 3]))}" for n in range(len(percent) // 3)
    )
    bands = "-".join("$".join(_band(pixels[top : top + 6])) for top in range(0, len(pixels), 6))
    return f'\033P0;1q"1;1;{picture.width};{picture.height}{colors}{bands}\033\\'


def _band(lines: NDArray[np.uint8]) -> Iterator[str]:
    """Up to six lines of palette numbers, (n, w), as sixels of each colour in them."""
    import numpy as np

    bits = (1 << np.arange(len(lines)))[:, np.newaxis]
    for color in np.unique(lines).tolist():
        sixels = ((lines == color) * bits).sum(axis=0)
        starts = np.flatnonzero(np.diff(sixels, prepend=-1))
        lengths = np.diff(starts, append=len(sixels))
        yield f"#{color}" + "".join(
            f"!{length}{chr(63 + sixel)}" if length > 3 else chr(63 + sixel) * length
            for sixel, length in zip(sixels[starts].tolist(), lengths.tolist(), strict=True)
        )


def _png(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


_WAYS: dict[str, Callable[[Image.Image], str]] = {
    "kitty": _kitty,
    "iterm": _iterm,
    "sixel": _sixel,
}
