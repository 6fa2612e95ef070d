"""The error for input that cannot be used, and how messages name files and sizes."""

from __future__ import annotations

import math
import operator
import os
import unicodedata
from collections.abc import Collection
from numbers import Real
from typing import Any


class InputError(ValueError):
    """Something the caller gave cannot be used; the message says what would work."""


def shown(path: str | os.PathLike[str]) -> str:
    r"""A path in quotes for a message, its control characters and undecodable bytes escaped.

    >>> print(shown("holi\nday.jpg"))
    'holi\nday.jpg'
    """
    return "'" + printable(os.fspath(path)) + "'"


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

    >>> whole_number("cols", 12)
    12
    """
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = least - 1
    if number < least:
        raise InputError(f"{name} must be a whole number of at least {least}, got {value!r}")
    if number > most:
        raise InputError(f"{name} must be at most {most:,}, got {str(number)[:20]}")
    return number


def one_of(name: str, value: object, choices: Collection[str]) -> str:
    """`value` if it is among `choices`, or an InputError that names the option.

    >>> one_of("space", "lab", ["rgb", "lab"])
    'lab'
    """
    if not isinstance(value, str) or value not in choices:
        raise InputError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
    return value


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
    message = f'{name} must be a number from 0 to 1, or "auto", got {value!r}'
    number = real(value)
    if 0 <= number <= 1:
        return number
    if not math.isnan(number):
        message += f"; the nearest is {0 if number < 0 else 1}"
    raise InputError(message)
