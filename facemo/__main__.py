"""The command, as ``facemo`` and as ``python -m facemo``."""

import atexit
import os
import sys
from contextlib import suppress
from typing import NoReturn


def main() -> NoReturn:
    """Run the command, and end the process with its exit status, also where imports are cut off."""
    try:
        from facemo.cli import main as command

        status = command()
    except KeyboardInterrupt:
        print("facemo: interrupted, nothing was written", file=sys.stderr)
        status = 130
    leave(status)


def leave(status: int) -> NoReturn:
    """End the process at once, with what is to be done at its end and nothing left unsaid.

    To take apart all that numba and scipy have built takes a third of the time of a small mosaic.
    """
    atexit._run_exitfuncs()
    for stream in filter(None, (sys.stdout, sys.stderr)):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(status)


if __name__ == "__main__":
    main()
