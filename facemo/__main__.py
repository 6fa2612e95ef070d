"""``python -m facemo``."""

import sys

from facemo.cli import main

if __name__ == "__main__":
    sys.exit(main())
