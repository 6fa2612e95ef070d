"""The formats that there are: one module each."""

from __future__ import annotations

import difflib
import os

from facemo.errors import InputError, shown
from facemo.writers import csv, deepzoom, html, jpeg, npz, png, tiff, webp, zarr
from facemo.writers.format import Format

FORMATS: list[Format] = [
    module.FORMAT for module in (png, jpeg, tiff, webp, deepzoom, html, zarr, npz, csv)
]


# Of formats that there are, but not here: no slip of the fingers.
_OTHERS = ".gif", ".bmp", ".pdf", ".svg", ".avif", ".heic", ".jp2", ".jxl", ".psd", ".eps"


def suffixes() -> list[str]:
    """All suffixes, in the order of the formats."""
    return [suffix for each in FORMATS for suffix in each.suffixes]


def format_of(path: str) -> Format:
    """The format that the suffix of `path` names; InputError if it names none.

    >>> format_of("poster.JPEG").suffixes
    ('.jpg', '.jpeg')
    """
    suffix = os.path.splitext(path)[1].lower()
    for each in FORMATS:
        if suffix in each.suffixes:
            return each
    near = [] if suffix in _OTHERS else difflib.get_close_matches(suffix, suffixes(), 1)
    meant = f": did you mean {shown(os.path.splitext(path)[0] + near[0])}?" if near else ""
    raise InputError(
        f"output {shown(path)}: the suffix must be one of {', '.join(suffixes())}{meant}"
    )
