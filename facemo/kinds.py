"""What an option may be: how it is checked, and read from the text of a command line."""

from __future__ import annotations

import os
from dataclasses import dataclass
from numbers import Real
from typing import Any, Protocol

from facemo.errors import InputError, one_of, share, whole_number

Color = tuple[int, int, int]
Folder = bool | str | os.PathLike[str] | None


class Kind(Protocol):
    """What an option may be."""

    @property
    def metavar(self) -> str | None:
        """What stands for a value in a line of help; None for a flag that takes none."""

    def check(self, name: str, value: Any) -> Any:
        """`value`, or an InputError that names the option."""

    def parse(self, text: str) -> Any:
        """The value that `text` stands for on a command line, or a ValueError."""


@dataclass(frozen=True)
class Whole:
    """A whole number."""

    least: int = 1
    most: int = 2**31 - 1
    metavar: str = "N"

    def check(self, name: str, value: Any) -> int:
        """See `Kind`."""
        return whole_number(name, value, self.least, self.most)

    def parse(self, text: str) -> int:
        """See `Kind`."""
        if not text.isdecimal() or len(text) > 18 or int(text) < self.least:
            raise ValueError(f"wanted a whole number from {self.least}, got {text!r}")
        return int(text)


@dataclass(frozen=True)
class Number:
    """A number in a range."""

    least: float
    most: float
    metavar: str = "N"

    def check(self, name: str, value: Any) -> float:
        """See `Kind`."""
        if not isinstance(value, Real) or not self.least <= value <= self.most:  # type: ignore[operator]
            raise InputError(
                f"{name} must be a number from {self.least:,} to {self.most:,}, got {value!r}"
            )
        return float(value)

    def parse(self, text: str) -> float:
        """See `Kind`."""
        try:
            return float(text)
        except ValueError:
            raise ValueError(f"invalid float value: {text!r}") from None


@dataclass(frozen=True)
class Share:
    """A number from 0 to 1, or "auto"."""

    metavar: str = "T"

    def check(self, name: str, value: Any) -> float | str:
        """See `Kind`."""
        return "auto" if isinstance(value, str) and value == "auto" else share(name, value)

    def parse(self, text: str) -> float | str:
        """See `Kind`."""
        try:
            return text if text == "auto" else float(text)
        except ValueError:
            raise ValueError(f"wanted a number from 0 to 1, or auto, got {text!r}") from None


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]

    @property
    def metavar(self) -> str:
        """See `Kind`."""
        return "|".join(self.words)

    def check(self, name: str, value: Any) -> Any:
        """See `Kind`."""
        one_of(name, value, self.words)
        return value

    def parse(self, text: str) -> str:
        """See `Kind`."""
        if text not in self.words:
            raise ValueError(
                f"invalid choice: {text!r} (choose from {', '.join(map(repr, self.words))})"
            )
        return text


@dataclass(frozen=True)
class Flag:
    """True or False."""

    metavar: None = None

    def check(self, name: str, value: Any) -> bool:
        """See `Kind`."""
        # numpy's booleans too, which are of a type of their own.
        if type(value).__name__ not in ("bool", "bool_"):
            raise InputError(f"{name} must be True or False, got {value!r}")
        return bool(value)

    def parse(self, text: str) -> bool:
        """See `Kind`."""
        raise ValueError(f"takes no value, got {text!r}")


@dataclass(frozen=True)
class Size:
    """The side of a tile in pixels, or its height and width."""

    metavar: str = "N|HxW"

    def check(self, name: str, value: Any) -> int | tuple[int, int]:
        """See `Kind`."""
        sides = value if isinstance(value, (tuple, list)) else (value, value)
        if len(sides) != 2:
            raise InputError(f"{name} must be a side or (height, width) in pixels, got {value!r}")
        height, width = (whole_number(name, side) for side in sides)
        return (height, width) if isinstance(value, (tuple, list)) else height

    def parse(self, text: str) -> int | tuple[int, int]:
        """See `Kind`."""
        height, cross, width = text.lower().partition("x")
        side = Whole()
        return (side.parse(height), side.parse(width)) if cross else side.parse(text)


@dataclass(frozen=True)
class ColorName:
    """A colour: a name that CSS knows, or red, green and blue from 0 to 255."""

    metavar: str = "COLOR"

    def check(self, name: str, value: Any) -> str | Color:
        """See `Kind`."""
        if isinstance(value, str):
            return value  # Pillow knows the names
        try:
            red, green, blue = (whole_number(name, part, 0, 255) for part in value)
        except (TypeError, ValueError):
            raise InputError(
                f"{name} must be a colour name or three numbers from 0 to 255, got {value!r}"
            ) from None
        return red, green, blue

    def parse(self, text: str) -> str:
        """See `Kind`."""
        return text


@dataclass(frozen=True)
class FolderOrNone:
    """A folder; True for the user's own, False or None for none."""

    metavar: str = "FOLDER"

    def check(self, name: str, value: Any) -> Folder:
        """See `Kind`."""
        if value is None or isinstance(value, bool):
            return value
        try:
            path = os.fsdecode(os.fsencode(value))
        except (TypeError, UnicodeEncodeError):
            path = ""
        if not path or "\0" in path:
            raise InputError(f"{name} must be a folder, True or False, got {value!r}")
        return path

    def parse(self, text: str) -> str:
        """See `Kind`."""
        return text
