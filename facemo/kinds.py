"""What an option may be: how it is checked, and read from the text of a command line."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple

from facemo.errors import InputError, one_of, real, share, shown, unquoted, whole_number
from facemo.lists import asks, columns_in, names_in

Cell = tuple[int, int]
View = Literal["screen", "print"]
Color = tuple[int, int, int]
WHITE: Color = (255, 255, 255)
Folder = bool | str | os.PathLike[str] | None
# The path of a picture, a word, or anything that can be an array or is a Pillow image.
Mask = str | os.PathLike[str] | Any
Weights = str | os.PathLike[str] | Any
# Names of photos, or patterns of them, as text or as paths; once checked, as text.
Names = Sequence[str | Any]

_DIGITS = 4300  # of which Python makes a number
WEIGHTS = "faces", "edges", "none"


class Kind(NamedTuple):
    """A kind of value.

    metavar : what stands for it in a line of help; None for a flag, which takes none
    check : ``check(name, value)`` is the value, or an InputError that names the option
    parse : ``parse(text)`` is the value that a text stands for, or a ValueError
    gather : the value that those of several texts make together; None where the last one counts
    """

    metavar: str | None
    check: Callable[[str, Any], Any]
    parse: Callable[[str], Any] = str
    gather: Callable[[list[Any]], Any] | None = None


def whole(least: int = 1, most: int = 2**31 - 1, metavar: str = "N") -> Kind:
    """A whole number."""

    def parse(text: str) -> int:
        if not text.isdecimal() or len(text) > _DIGITS or int(text) < least:
            raise ValueError(f"wanted a whole number from {least}, got {text!r}")
        return int(text)

    return Kind(metavar, lambda name, value: whole_number(name, value, least, most), parse)


def number(least: float, most: float) -> Kind:
    """A number in a range."""

    def check(name: str, value: Any) -> float:
        if not least <= real(value) <= most:
            raise InputError(
                f"{name} must be a number from {least:,} to {most:,}, got {value!r}"
                + unquoted(value)
            )
        return float(value)

    def parse(text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"wanted a number from {least:,} to {most:,}, got {text!r}") from None

    return Kind("N", check, parse)


def share_or_auto() -> Kind:
    """A number from 0 to 1, or "auto"."""

    def check(name: str, value: Any) -> float | str:
        return "auto" if isinstance(value, str) and value == "auto" else share(name, value)

    def parse(text: str) -> float | str:
        try:
            return text if text == "auto" else float(text)
        except ValueError:
            percent = re.fullmatch(r"(\d{1,3})\s?%", text)
            meant = f": did you mean {int(percent[1]) / 100:g}?" if percent else ""
            raise ValueError(f"wanted a number from 0 to 1, or auto, got {text!r}{meant}") from None

    return Kind("T", check, parse)


def count_or_auto() -> Kind:
    """A whole number from 1, "auto", or None for no limit."""

    def check(name: str, value: Any) -> int | str | None:
        if value is None or (isinstance(value, str) and value == "auto"):
            return value
        try:
            return whole_number(name, value)
        except InputError:
            raise InputError(
                f"{name} must be a whole number from 1 to {2**31 - 1:,}, 'auto' or None, "
                f"got {value!r}{unquoted(value)}"
            ) from None

    def parse(text: str) -> int | str | None:
        if text in ("auto", "none"):
            return text if text == "auto" else None
        if not text.isdecimal() or len(text) > 9 or int(text) < 1:
            raise ValueError(f"wanted a whole number from 1, auto or none, got {text!r}")
        return int(text)

    return Kind("N", check, parse)


def choice(*words: str) -> Kind:
    """One of a few words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(
                f"wanted {' or '.join(filter(None, [', '.join(words[:-1]), words[-1]]))}, "
                f"got {text!r}{_meant(text, words)}"
            )
        return text

    return Kind("|".join(words), lambda name, value: one_of(name, value, words), parse)


def _meant(text: str, words: Iterable[str]) -> str:
    """The end of a message on a word that is none of these: which was meant, if one is near."""
    near = difflib.get_close_matches(text.lower(), words, 1)
    return f": did you mean {near[0]!r}?" if near else ""


def weights() -> Kind:
    """What matters more: a word, a picture, or an array."""

    def lacks(text: str) -> str:
        named = os.sep in text or "." in text
        meant = ("" if named else _meant(text, WEIGHTS)) or ": there is no such file"
        return f"{', '.join(WEIGHTS)} or the path of a picture, got {text!r}{meant}"

    def is_known(value: Any) -> bool:
        return (
            not isinstance(value, str)
            or value in WEIGHTS
            or os.path.exists(os.path.expanduser(value))
        )

    def check(name: str, value: Any) -> Any:
        if value is None or not is_known(value):
            raise InputError(f"{name} must be {lacks(value or '')}")
        return value

    def parse(text: str) -> str:
        if not is_known(text):
            raise ValueError(f"wanted {lacks(text)}")
        return text

    return Kind("|".join((*WEIGHTS, "FILE")), check, parse)


def flag() -> Kind:
    """True or False, also numpy's, which are of a type of their own."""

    def check(name: str, value: Any) -> bool:
        if type(value).__name__ not in ("bool", "bool_"):
            raise InputError(f"{name} must be True or False, got {value!r}")
        return bool(value)

    return Kind(None, check)


def tile_size() -> Kind:
    """The side of a tile in pixels, or its height and width, or "auto"."""

    def check(name: str, value: Any) -> int | str | tuple[int, int]:
        if isinstance(value, str) and value == "auto":
            return value
        if not isinstance(value, (tuple, list)):
            return whole_number(name, value)
        if len(value) != 2:
            raise InputError(f"{name} must be a side or (height, width) in pixels, got {value!r}")
        return whole_number(name, value[0]), whole_number(name, value[1])

    def parse(text: str) -> int | str | tuple[int, int]:
        if text == "auto":
            return text
        height, cross, width = text.lower().partition("x")
        if cross and not (height.isdecimal() and width.isdecimal()):
            raise ValueError(f"wanted a side as 64, or height and width as 48x64, got {text!r}")
        side = whole().parse
        return (side(height), side(width)) if cross else side(text)

    return Kind("N|HxW|auto", check, parse)


def color() -> Kind:
    """A colour: a name that CSS knows, or three numbers from 0 to 255."""

    def check(name: str, value: Any) -> str | Color:
        from PIL import ImageColor  # which knows the names; nothing here imports as much

        try:
            if isinstance(value, str):
                ImageColor.getrgb(value)
                return value
            if any(isinstance(part, float) for part in value):  # which may be meant from 0 to 1
                raise TypeError
            red, green, blue = (whole_number(name, part, 0, 255) for part in value)
        except (TypeError, ValueError):
            raise InputError(
                f"{name} must be a colour name or three numbers from 0 to 255, got {value!r}"
            ) from None
        return red, green, blue

    def parse(text: str) -> str:
        try:
            check("background", text)
        except InputError:
            raise ValueError(f"wanted a colour as white or #ff8800, got {text!r}") from None
        return text

    return Kind("COLOR", check, parse)


def mask() -> Kind:
    """A picture, an array, or "none"; what it is worth is seen beside the target."""
    return Kind("FILE|none", lambda name, value: value)


def folder() -> Kind:
    """A folder; True for the user's own, False or None for none."""

    def check(name: str, value: Any) -> Folder:
        if value is None or isinstance(value, bool):
            return value
        try:
            path = os.path.expanduser(os.fsdecode(os.fsencode(value)))
        except (TypeError, UnicodeEncodeError):
            path = ""
        if not path or "\0" in path:
            raise InputError(f"{name} must be a folder, True or False, got {value!r}")
        return path

    return Kind("FOLDER", check)


def names() -> Kind:
    """Names of photos, or patterns of them; the text ``@file.csv`` names a file that lists them."""

    def check(name: str, value: Any) -> tuple[str, ...]:
        given = (value,) if isinstance(value, (str, os.PathLike)) else value
        given = [*given] if isinstance(given, Iterable) else [given]
        if not all(isinstance(each, (str, os.PathLike)) for each in given):
            raise InputError(f"{name} must be names or patterns of photos, got {value!r}")
        return tuple(_name(each) for each in given)

    def parse(text: str) -> list[str]:
        return names_in(text[1:]) if text[:1] == "@" else [text]

    return Kind("NAME", check, parse, lambda parts: [name for part in parts for name in part])


def conditions(metavar: str) -> Kind:
    """Names of photos, or patterns, and what is `asked` of photos."""
    named = names()

    def check(name: str, value: Any) -> tuple[str, ...]:
        given: tuple[str, ...] = () if isinstance(value, Mapping) else named.check(name, value)
        if not all(given) or isinstance(value, Mapping):
            wanted = "names or tests, as ['since:2020', 'rating:4', 'kin/*.jpg']"
            raise InputError(f"{name} must be {wanted}, got {value!r}")
        try:
            [asked(text) for text in given]
        except InputError as error:
            raise InputError(f"{name}: {error}") from None
        return given

    return named._replace(metavar=metavar, check=check)


def asked(text: str) -> dict[str, Any]:
    """What ``since:2020``, ``until:2005`` or ``rating:4`` asks, as an option; {} for a name.

    Raises InputError for what is no date and no rating, and for a word that is misspelt.

    >>> asked("rating:4"), asked("aunt.jpg")
    ({'min_rating': 4}, {})
    """
    try:
        test = asks(text)
    except ValueError as error:
        raise InputError(str(error)) from None
    if test is None:
        return {}
    word, value = test
    if word != "rating":
        return {word: moment().check(word, value)}
    if not re.fullmatch(r"\d{1,9}", value):
        raise InputError(f"rating must be a whole number from 1 to 5, got {shown(value)}")
    return {"min_rating": whole_number(word, int(value), most=5)}


def _name(given: str | os.PathLike[str]) -> str:
    """A name or a path as tiles are named, with ``/``."""
    return str(given) if isinstance(given, str) else os.fsdecode(given).replace(os.sep, "/")


_MOMENT = re.compile(r"\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d)?)?)?)?")


def moment() -> Kind:
    """A year, month, day or time, as text that is as long as it is exact: 2020-05 is all of May."""
    wanted = "a date as 2020, 2020-05, 2020-05-31 or 2020-05-31T12:30"

    def check(name: str, value: Any) -> str | None:
        if value is None:
            return None
        text = str(value)
        if isinstance(value, datetime):
            if value.tzinfo is not None:
                raise InputError(f"{name}: cameras know no time zone: give {value} without one")
            text = value.isoformat(timespec="seconds")
        elif not isinstance(value, (str, int, date)) or isinstance(value, bool):
            text = ""
        text = text.strip().replace(" ", "T")
        try:
            if not _MOMENT.fullmatch(text):
                raise ValueError
            datetime.fromisoformat(text + "0000-01-01"[len(text) :])
        except ValueError:
            raise InputError(f"{name} must be {wanted}, got {value!r}") from None
        return text

    def parse(text: str) -> str | None:
        try:
            return check("", text)
        except InputError:
            raise ValueError(f"wanted {wanted}, got {text!r}") from None

    return Kind("DATE", check, parse)


def cells() -> Kind:
    """Names of photos for cells; the text ``@file.csv`` names a file that lists both."""

    def check(name: str, value: Any) -> dict[Cell, str]:
        if not isinstance(value, Mapping):
            raise InputError(f"{name} must be names by (row, col), got {value!r}")
        for cell, photo in value.items():
            if not isinstance(cell, tuple) or len(cell) != 2 or not isinstance(photo, str):
                raise InputError(
                    f"{name} must be names by (row, col), as {{(3, 4): 'aunt.jpg'}}, got "
                    f"{cell!r}: {photo!r}"
                )
        row, col = f"{name}'s row", f"{name}'s column"
        return {
            (whole_number(row, cell[0], 0), whole_number(col, cell[1], 0)): str(photo)
            for cell, photo in value.items()
        }

    def parse(text: str) -> list[tuple[Cell, str]]:
        if text[:1] == "@":
            lines = columns_in(text[1:], "row", "column", "file")
            return [_pinned(f"{line['row']},{line['column']}={line['file']}") for line in lines]
        return [_pinned(text)]

    def gather(parts: list[list[tuple[Cell, str]]]) -> dict[Cell, str]:
        pinned: dict[Cell, str] = {}
        for cell, photo in (pair for part in parts for pair in part):
            if pinned.setdefault(cell, photo) != photo:
                raise InputError(
                    f"fixed={cell[0]},{cell[1]} is asked for twice, with {pinned[cell]!r} and with "
                    f"{photo!r}: leave one of them out"
                )
        return pinned

    return Kind("R,C=NAME", check, parse, gather)


def _pinned(text: str) -> tuple[Cell, str]:
    cell, _, photo = text.partition("=")
    row, _, col = (part.strip() for part in cell.partition(","))
    if not (photo and row.isdecimal() and col.isdecimal() and len(row + col) < 18):
        raise ValueError(f"wanted a row, a column and a photo, as 3,4=aunt.jpg, got {text!r}")
    return (int(row), int(col)), photo


def parse_color(background: str | Color) -> Color:
    """An (r, g, b) triple of 0 to 255 from one, or from a colour name that CSS knows.

    >>> parse_color("#ff8800")
    (255, 136, 0)
    """
    from PIL import ImageColor

    return ImageColor.getrgb(background)[:3] if isinstance(background, str) else background
