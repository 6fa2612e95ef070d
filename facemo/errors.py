"""The error for input that cannot be used, and how messages name files and sizes."""

from __future__ import annotations

import difflib
import math
import operator
import os
import unicodedata
from collections.abc import Collection
from numbers import Real
from typing import Any

_LONGEST = 1000  # letters of a path that are shown


class InputError(ValueError):
    """Something the caller gave cannot be used; the message says what would work."""


def shown(path: str | os.PathLike[str]) -> str:
    r"""A path in quotes for a message, its control characters and undecodable bytes escaped.

    Of a text longer than any path there are its start and its end.

    >>> print(shown("holi\nday.jpg"))
    'holi\nday.jpg'
    """
    text = os.fspath(path)
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"
    return "'" + printable(text) + "'"


def printable(text: str) -> str:
    r"""`text` with every character that a terminal would not show as such escaped.

    >>> print(printable("red\x1b[31m"))
    red\x1b[31m
    """
    return "".join(c if _is_shown(c) else c.encode("unicode_escape").decode() for c in text)


def _is_shown(character: str) -> bool:
    # Spaces of all kinds are: macOS puts a narrow one into the names of screenshots.
    return character.isprintable() or unicodedata.category(character) == "Zs"


def whole_number(name: str, value: object, least: int = 1, most: int = 2**31 - 1) -> int:
    """`value` as an int from `least` to `most`, or an InputError that names the option.

    >>> whole_number("cols", 12), whole_number("cols", 20.0)
    (12, 20)
    """
    number = whole(value)
    if number is None or number < least:
        raise InputError(
            f"{name} must be a whole number of at least {least}, got {value!r}{unquoted(value)}"
        )
    if number > most:
        raise InputError(f"{name} must be at most {most:,}, got {_digits(number)}")
    return number


def _digits(number: int) -> str:
    """A number's digits, or how many there are of them: Python writes out no more than 4,300."""
    return str(number) if number < 1e40 else f"about 10^{math.log10(number):.0f}"


def whole(value: Any) -> int | None:
    """A whole number of any type as an int; None for anything else, and for True and False.

    >>> whole(20.0), whole(20.5), whole(True)
    (20, None, None)
    """
    if type(value).__name__ in ("bool", "bool_"):  # numpy's, too, which old versions take for one
        return None
    try:
        return operator.index(value)
    except TypeError:
        number = real(value)
        return int(number) if number.is_integer() else None


def unquoted(value: object) -> str:
    """What helps where a number came as text, the end of a message; else nothing.

    >>> unquoted("100"), unquoted("many")
    (': leave out the quotes', '')
    """
    try:
        return ": leave out the quotes" if isinstance(value, str) and float(value) else ""
    except ValueError:
        return ""


def one_of(name: str, value: object, choices: Collection[str]) -> str:
    """`value` if it is among `choices`, or an InputError that names the option.

    >>> one_of("space", "lab", ["rgb", "lab"])
    'lab'
    """
    if not isinstance(value, str) or value not in choices:
        near = difflib.get_close_matches(str(value).lower(), choices, 1)
        meant = f": did you mean {near[0]!r}?" if near else ""
        raise InputError(f"{name} must be one of {', '.join(choices)}, got {value!r}{meant}")
    return value


def kind_of(value: object) -> str:
    """What a value is, for a message.

    >>> kind_of(None), kind_of(())
    ('None', 'tuple')
    """
    return "None" if value is None else type(value).__name__


def nbytes(number: int) -> str:
    """A number of bytes in words, to two digits.

    >>> nbytes(1234567), nbytes(56)
    ('1.2 MB', '56 bytes')
    """
    if number < 1000:
        return f"{number} bytes"
    power = min(int(math.log10(number)) // 3, 4)
    value = float(f"{number / 1000**power:.2g}")
    return f"{value:,g} {('', 'kB', 'MB', 'GB', 'TB')[power]}"


def real(value: Any) -> float:
    """A real number as a float, infinite if it is too large for one; else not a number.

    >>> real(2), real(True)
    (2.0, nan)
    """
    try:
        return math.nan if isinstance(value, bool) or not isinstance(value, Real) else float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def share(name: str, value: object) -> float:
    """`value` as a float from 0 to 1, or an InputError that names the option.

    >>> share("tint", 0.5)
    0.5
    """
    message = f'{name} must be a number from 0 to 1, or "auto", got {value!r}{unquoted(value)}'
    number = real(value)
    if 0 <= number <= 1:
        return number
    if not math.isnan(number):
        message += f"; the nearest is {0 if number < 0 else 1}"
    raise InputError(message)
