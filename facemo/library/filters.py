"""Which files of a library are taken: by their names, and by what they say of themselves."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import translate
from typing import NamedTuple

from facemo.errors import shown
from facemo.kinds import asked
from facemo.library.facts import Facts
from facemo.library.index import Known
from facemo.library.limits import PictureError
from facemo.options import Loading

WILD = frozenset("*?[")
MOSAIC = "a mosaic made by facemo"


class LeftOut(PictureError):
    """A file that nobody asked for; the message says why, in a few words."""


class Filters(NamedTuple):
    """What is asked of the facts of files; the fields are those options of `Loading`."""

    since: str | None = None
    until: str | None = None
    min_rating: int | None = None
    screenshots: bool = True
    hidden: bool = False

    @classmethod
    def of(cls, loading: Loading) -> Filters:
        """Those among the options."""
        return cls(*(getattr(loading, name) for name in cls._fields))

    def why_not(self, facts: Facts) -> str | None:
        """Why a file that says so is left out, or None if it is taken.

        A date is as long as it is exact: until 2020-05 all of May is taken. What facemo made is
        hidden: in the folder of the photos, mosaics of runs before are none of them.

        >>> filters = Filters(since="2020-05", min_rating=3)
        >>> filters.why_not(Facts("2020-04-30T23:59:59", 5))
        'taken before 2020-05'
        >>> filters.why_not(Facts("2020-05-01T00:00:00", 0))
        'not rated'
        """
        if facts.mosaic and not self.hidden:
            return MOSAIC
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
        return None if self.screenshots or not facts.screenshot else "a screenshot"


ALL = Filters()  # nothing is asked but that it is no mosaic


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


def meant_by(root: str, pattern: str) -> Callable[[str], bool]:
    """Whether a name below `root` is like a pattern, which may be a path that shells complete.

    The name of a folder, as kin or kin/, stands for all that is in it.

    >>> [meant_by("", pattern)("kin/A.JPG") for pattern in ("./*.jpg", "kin", "kin/b.jpg")]
    [True, True, False]
    """
    pattern, path = pattern.removeprefix("./"), below(root, pattern)
    if root and spelt(os.path.abspath(os.path.expanduser(pattern))) == spelt(os.path.abspath(root)):
        return lambda name: True
    tests = [like(pattern), *([like(path, whole=True)] if path else [])]
    folders = filter(_is_folder, filter(None, (pattern, path)))
    tests += [like(f"{folder.rstrip('/')}/*") for folder in folders]
    return lambda name: any(test(name) for test in tests)


def _exactly(root: str, pattern: str, whole: set[str]) -> Callable[[str], bool] | None:
    """Whether a name is the pattern, if that is one of the `whole` names, `spelt`; else None."""
    typed = spelt(pattern.removeprefix("./")), below(root, pattern)
    exact = next((name for name in typed if name in whole), None)
    return None if exact is None else lambda name: spelt(name) == exact


def lower_folder(names: Iterable[str], pattern: str) -> str:
    """Where a folder is that nothing at the top is called like, the end of a message; else "".

    >>> lower_folder(["Media/Sent/a.jpg"], "Sent")
    " (folders are named from the top, as 'Media/Sent', or '*/Sent/*')"
    """
    within = f"/{pattern.strip('/')}/"
    for name in names:
        at = spelt(name).lower().find(spelt(within).lower())
        if at >= 0:
            folder = spelt(name)[: at + len(within) - 1]
            return f" (folders are named from the top, as {shown(folder)}, or '*{within}*')"
    return ""


def named(root: str, names: Sequence[str], wanted: Loading) -> tuple[list[str], Counter[str]]:
    """Those of the names below `root` that are wanted, and how many are not, by why.

    >>> named("", ["a.jpg", "kin/b.png"], Loading(only=["*.jpg"]))
    (['a.jpg'], Counter({'of other names': 1}))
    """
    patterns = [text for text in wanted.where or () if not asked(text)]
    whole, asks = {*map(spelt, names)}, [(f"not like {shown(text)}", [text]) for text in patterns]
    if wanted.only is not None:
        asks.insert(0, ("of other names", [*wanted.only]))
    kept, left_out = [*names], Counter[str]()
    for why, each in asks:
        tests = [_exactly(root, pattern, whole) or meant_by(root, pattern) for pattern in each]
        passing = [name for name in kept if any(test(name) for test in tests)]
        why += "" if passing or len(each) != 1 else lower_folder(kept, each[0])
        left_out[why] += len(kept) - len(passing)
        kept = passing
    return kept, +left_out
