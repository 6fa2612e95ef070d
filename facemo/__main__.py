"""The command, as ``facemo`` and as ``python -m facemo``."""

import sys


def main() -> int:
    """Run the command; return its exit status, also where it is interrupted as it is imported."""
    try:
        from facemo.cli import main as command

        return command()
    except KeyboardInterrupt:
        print("facemo: interrupted, nothing was written", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
