"""Which files of a library are taken: by their names, and by what they say of themselves."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import translate
from typing import NamedTuple

from facemo.library.facts import Facts
from facemo.library.index import Known
from facemo.library.limits import PictureError
from facemo.options import Loading

WORDS = {"since": "since", "until": "until", "rating": "min_rating"}
WILD = frozenset("*?[")


class LeftOut(PictureError):
    """A file that nobody asked for; the message says why, in a few words."""


class Filters(NamedTuple):
    """What is asked of the facts of files; the fields are those options of `Loading`."""

    since: str | None = None
    until: str | None = None
    min_rating: int | None = None
    screenshots: bool = True

    @classmethod
    def of(cls, loading: Loading) -> Filters:
        """Those among the options."""
        return cls(*(getattr(loading, name) for name in cls._fields))

    def why_not(self, facts: Facts) -> str | None:
        """Why a file that says so is left out, or None if it is taken.

        A date is as long as it is exact: until 2020-05 all of May is taken.

        >>> filters = Filters(since="2020-05", min_rating=3)
        >>> filters.why_not(Facts("2020-04-30T23:59:59", 5))
        'taken before 2020-05'
        >>> filters.why_not(Facts("2020-05-01T00:00:00", 0))
        'not rated'
        """
        if (self.since or self.until) and not facts.taken:
            return "without a date"
        if self.since and facts.taken[: len(self.since)] < self.since:
            return f"taken before {self.since}"
        if self.until and facts.taken[: len(self.until)] > self.until:
            return f"taken after {self.until}"
        if self.min_rating and not facts.rating:
            return "not rated"
        if self.min_rating and facts.rating < self.min_rating:
            return f"rated below {self.min_rating}"
        return None if self.screenshots or not facts.screenshot else "screenshots"


def said(text: str) -> Filters | None:
    """What ``since:2020``, ``until:2005-06`` or ``rating:4`` asks of facts, or None for a name.

    Raises InputError where it is no date and no rating.

    >>> said("rating:4"), said("aunt.jpg")
    (Filters(since=None, until=None, min_rating=4, screenshots=True), None)
    """
    word, colon, value = text.partition(":")
    option = WORDS.get(word) if colon else None
    if option is None:
        return None
    given: dict[str, object] = {option: value}
    if option == "min_rating":
        given = {option: int(value) if value.isdecimal() else value}
    return Filters.of(Loading.of(given))


ALL = Filters()  # nothing is asked


def passing(known: Iterable[Known], filters: Filters, left_out: dict[int, str]) -> Iterator[Known]:
    """The files known that pass the filters; fill in why others are left out.

    Those of which it cannot be told are neither.
    """
    for file in known:
        facts = Facts.parse(file.facts)
        why = None if facts is None else filters.why_not(facts)
        if why is not None:
            left_out[file.number] = why
        elif facts is not None or (file.facts is None and file.pack is None):
            yield file


def like(pattern: str, whole: bool = False) -> Callable[[str], bool]:
    """Whether a name is like a pattern, or is it.

    A pattern without ``/`` is one of names of files, unless it is of `whole` names. Capitals count
    as small letters, for cameras write both IMG_1.JPG and img_1.jpg, and accents may be `spelt` as
    they like.

    >>> [like("*.jpg")("kin/A.JPG"), like("kin/*")("kin/a.jpg"), like("kin/*")("a.jpg")]
    [True, True, False]
    """
    pattern = spelt(pattern)
    matches = re.compile(f"{translate(pattern)}|{re.escape(pattern)}\\Z", re.IGNORECASE).match
    if whole or "/" in pattern:
        return lambda name: matches(spelt(name)) is not None
    return lambda name: matches(spelt(name).rpartition("/")[2]) is not None


def spelt(name: str) -> str:
    """A name as people type it: macOS keeps ü as u and two dots, keyboards make one letter.

    >>> spelt("Mu\u0308ller.jpg") == "M\u00fcller.jpg"
    True
    """
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def below(root: str, name: str) -> str:
    """A path, as shells complete it, as files below `root` are named and `spelt`; else ""."""
    start = spelt(os.path.join(os.path.abspath(root), ""))
    path = spelt(os.path.abspath(os.path.expanduser(name)))
    within = root and path.startswith(start)  # arrays have no root
    return path.removeprefix(start).replace(os.sep, "/") if within else ""


def _is_folder(pattern: str) -> bool:
    """Whether a pattern may be the name of a folder: one with wild cards has a ``/`` at its end."""
    return pattern.endswith("/") or not WILD & {*pattern}


def named(
    root: str, names: Sequence[str], only: Sequence[str] | None
) -> tuple[list[str], Counter[str]]:
    """Those of the names below `root` that are like one of the patterns, and how many are not.

    The name of a folder, as kin or kin/, stands for all that is in it.

    >>> named("", ["a.jpg", "kin/b.png"], ["*.jpg"])
    (['a.jpg'], Counter({'of other names': 1}))
    """
    if only is None:
        return list(names), Counter()
    patterns = [pattern.removeprefix("./") for pattern in only]
    paths = [path for path in (below(root, each) for each in only) if path]
    tests = [like(pattern) for pattern in patterns] + [like(path, whole=True) for path in paths]
    folders = filter(_is_folder, patterns + paths)
    tests += [like(f"{folder.rstrip('/')}/*") for folder in folders]
    kept = [name for name in names if any(test(name) for test in tests)]
    return kept, +Counter({"of other names": len(names) - len(kept)})
