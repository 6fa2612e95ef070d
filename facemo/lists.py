"""Lists of photos that people keep in files: a name a line, or a table as spreadsheets write it."""

from __future__ import annotations

import csv
import os

# What the heads of columns may be called, the surest first.
_HEADS = {
    "row": ("row",),
    "column": ("column", "col"),
    "file": ("file", "filename", "photo", "picture", "image", "tile", "name"),
}


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
