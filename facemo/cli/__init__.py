"""The command line: the public functions, a progress bar, a summary."""

from facemo.cli.command import main as main
