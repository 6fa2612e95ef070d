"""Lists of photos: in files, a name a line, or a table; and tests that stand for a name in them."""

from __future__ import annotations

import csv
import difflib
import os
import re
from collections.abc import Sequence

from facemo.errors import shown

# What the heads of columns may be called, the surest first.
_HEADS = {
    "row": ("row",),
    "column": ("column", "col"),
    "file": ("file", "filename", "photo", "picture", "image", "tile", "name"),
}

_WORDS = "since", "until", "rating"  # what may be asked of photos where a name could stand
# What people try.
_TRIED = {
    **dict.fromkeys(("after", "from"), ("since",)),
    **dict.fromkeys(("before", "to"), ("until",)),
    **dict.fromkeys(("date", "taken", "year"), ("since", "until")),
    **dict.fromkeys(("stars", "min_rating"), ("rating",)),
}
_LIKE_A_TEST = re.compile(r"([\w-]+) ?([:= ]) ?(\d[\d :.T-]*)")


def asks(text: str) -> tuple[str, str] | None:
    """The word and the value of a test, as ``since:2020``; None for a name.

    Raises ValueError for one that is misspelt.

    >>> asks("since:2020"), asks("./since:2020")
    (('since', '2020'), None)
    """
    word, colon, value = text.partition(":")
    if colon and word in _WORDS:
        return word, value.strip()
    found = _LIKE_A_TEST.fullmatch(text)
    if found is None:
        return None
    word, value = found[1].lower(), found[3]
    meant: Sequence[str] = [word] if word in _WORDS else ()
    if found[2] == ":":  # or "March 2020" may be a folder
        meant = meant or _TRIED.get(word) or difflib.get_close_matches(word, _WORDS, 1)
    if not meant:
        return None
    tests = " or ".join(shown(f"{each}:{value}") for each in meant)
    raise ValueError(f"{shown(text)} asks for nothing: did you mean {tests}?")


def names_in(path: str) -> list[str]:
    """The names that a file lists: those in a column of a CSV, or else its lines."""
    if path.lower().endswith(".csv"):
        return [line["file"] for line in columns_in(path, "file")]
    return [line for line in _read(path).splitlines() if line.strip()]


def _read(path: str) -> str:
    """The text of a file, without Excel's byte order mark; ValueError for what cannot be read."""
    try:
        with open(os.path.expanduser(path), encoding="utf-8-sig", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ValueError(f"cannot read {path!r}: {reason}") from None


def columns_in(path: str, *columns: str) -> list[dict[str, str]]:
    """Those `columns` of the lines of a CSV file: by its head, or else the first ones.

    Semicolons are taken, too, and other words for the columns. Raises ValueError.
    """
    text = _read(path)
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    try:
        rows = csv.reader(text.splitlines(), delimiter=separator)
        lines = [line for line in rows if any(line)]
    except csv.Error as error:
        raise ValueError(f"cannot read {path!r}: {error}") from None
    head = [name.strip().lower() for name in lines[0]] if lines else []
    found = (next((word for word in _HEADS[name] if word in head), None) for name in columns)
    places = [head.index(word) for word in found if word is not None]
    if len(places) == len(columns):
        del lines[0]
    else:
        places = [*range(len(columns))]
    short = next((line for line in lines if len(line) <= max(places)), None)
    if short is not None or not lines:
        got = "nothing" if short is None else ",".join(short)
        raise ValueError(f"{path!r}: wanted lines of {', '.join(columns)}, got {got!r}")
    return [{name: line[n] for name, n in zip(columns, places, strict=True)} for line in lines]
