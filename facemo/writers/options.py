"""What can be asked of a writer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from facemo.errors import InputError, whole_number

Progress = Callable[[int, int], None]

SUBSAMPLINGS = ("4:4:4", "4:2:0")
COMPRESSIONS = ("deflate", "jpeg", "none")


@dataclass(frozen=True)
class Options:
    """The options of `save`; those that mean nothing to a format are ignored by it.

    Raises InputError for a value that no format takes.
    """

    quality: int = 92
    subsampling: str = "4:4:4"
    compression: str = "deflate"
    dpi: float = 300
    progress: Progress | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "quality", whole_number("quality", self.quality, most=100))
        for name, wanted in (("subsampling", SUBSAMPLINGS), ("compression", COMPRESSIONS)):
            got = getattr(self, name)
            if not isinstance(got, str) or got not in wanted:
                raise InputError(f"{name} must be one of {', '.join(wanted)}, got {got!r}")
        dpi: object = self.dpi
        if not isinstance(dpi, (int, float, np.number)) or not 1 <= dpi <= 65_535:
            raise InputError(f"dpi must be a number from 1 to 65,535, got {dpi!r}")
        object.__setattr__(self, "dpi", float(dpi))
        if not (self.progress is None or callable(self.progress)):
            raise InputError(f"progress must be a function, got {self.progress!r}")

    def report(self, done: int, total: int) -> None:
        """Tell `progress`, if anybody asked, how many of how many pixels are done."""
        if self.progress is not None:
            self.progress(done, total)
