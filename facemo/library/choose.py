"""Which files of a source are loaded, by their names: before any of them is opened."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from facemo.library.cache import is_own
from facemo.library.filters import named
from facemo.library.find import Source, find_files
from facemo.library.hidden import OF_PROGRAMS
from facemo.options import Loading

BESIDE = "RAW beside a JPEG or HEIC of that name"

_RAW = re.compile(
    r"\.(3fr|arw|cr[23w]|dcr|dng|erf|fff|iiq|kdc|mef|mos|mrw|nef|nrw|orf|pef|ra[fw]|rw[2l]|sr2"
    r"|sr[fw]|x3f)"
)
_PICTURE = re.compile(r"\.(jpe?g|hei[cf]|hif)")


def chosen_files(
    source: Source | Iterable[Source], wanted: Loading
) -> tuple[str, list[str], list[tuple[str, str]], Counter[str]]:
    """The root and names of what there is to load, what of it cannot be read, and how many
    files are left out, by why: hidden ones, those of caches, of other names, RAWs of pairs."""
    found = find_files(source, wanted.hidden)
    names = [name for name in found.names if not is_own(name.rpartition("/")[2])]
    left_out = found.hidden + Counter({OF_PROGRAMS: len(found.names) - len(names)})
    names, unlike = named(found.root, names, wanted)
    alone = names if wanted.duplicates == "keep" else without_pairs(names)
    left_out += unlike + Counter({BESIDE: len(names) - len(alone)})
    return found.root, alone, found.unreadable, left_out


def without_pairs(names: Sequence[str]) -> list[str]:
    """The names without RAWs of which the camera wrote a JPEG or HEIC, too, into the same folder.

    >>> without_pairs(["a/1.JPG", "a/1.NEF", "a/2.dng", "b/1.NEF"])
    ['a/1.JPG', 'a/2.dng', 'b/1.NEF']
    """
    suffixes = {f".{name.rpartition('.')[2]}".lower() for name in names}
    if not any(map(_RAW.fullmatch, suffixes)):  # which takes a tenth of what is to come
        return [*names]
    parts = [(name, *os.path.splitext(name)) for name in names]
    shown = {stem for _, stem, suffix in parts if _PICTURE.fullmatch(suffix.lower())}
    return [
        name
        for name, stem, suffix in parts
        if stem not in shown or not _RAW.fullmatch(suffix.lower())
    ]
