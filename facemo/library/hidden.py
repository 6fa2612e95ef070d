"""What lies among photos and is nobody's: hidden files, trash, what programs keep there."""

from __future__ import annotations

import os
import re
import stat

HIDDEN = "hidden"
TRASH = "in a trash"
OF_PROGRAMS = "in programs' caches"

# Names, in lower case. Android calls what was deleted ``.trashed-1700000000-IMG_1.jpg``, Linux the
# trash of a disk ``.Trash-1000``.
_TRASH = re.compile(
    r"\.d?trash(es)?|\.trash(ed)?-.*|\$recycle\.bin|recycler|[#@]recycle|files_trashbin"
)
_OF_PROGRAMS = re.compile(
    r"\.thumbnails|\.stversions|\.picasaoriginals|thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini"
    r"|\.ds_store|@eadir|\.@__thumb|__macosx|system volume information|lost\+found"
    r"|(thumbnails-|similarity-|recognition-)?digikam4?\.db"
)
# Lightroom's previews; Capture One's.
_FOLDERS_OF_PROGRAMS = re.compile(r".*\.(lrdata|lrcat-data)|captureone")
# Libraries of Apple's programs hold previews, faces and edited copies beside the photos.
_LIBRARY = re.compile(r".*\.(photoslibrary|photolibrary|migratedphotolibrary|aplibrary)")
_OF_LIBRARY = ("originals", "masters")
# What Google writes out has its trash beside the albums, both in its owner's language.
_TAKEOUT = ("google photos", "google fotos", "google foto", "google foto's", "google foto\u2019s")
_OF_TAKEOUT = ("trash", "bin", "papierkorb", "corbeille", "cestino", "papelera", "lixeira") + (
    "prullenbak",
)

_MARKS = hasattr(os.stat_result, "st_file_attributes") or hasattr(os.stat_result, "st_flags")


def why_hidden(name: str, parent: str, is_folder: bool) -> str | None:
    """Why what has this name in the folder `parent` is not searched, or None if it is.

    >>> why_hidden(".trashed-1700000000-IMG_1.jpg", "Camera", False)
    'in a trash'
    """
    name = name.lower()
    if _TRASH.fullmatch(name):
        return TRASH
    if _OF_PROGRAMS.fullmatch(name):
        return OF_PROGRAMS
    if name.startswith("."):
        return HIDDEN
    if is_folder:
        parent = parent.lower()
        if parent in _TAKEOUT and name in _OF_TAKEOUT:
            return TRASH
        apart = name not in _OF_LIBRARY and _LIBRARY.fullmatch(parent)
        if apart or _FOLDERS_OF_PROGRAMS.fullmatch(name):
            return OF_PROGRAMS
    return None


def why_marked(entry: os.DirEntry[str], marks: bool = _MARKS) -> str | None:
    """`HIDDEN` if the system says so of an entry, where it has `marks` for that, or None."""
    if not marks:
        return None  # or every file would be asked for its status in vain
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    windows = getattr(status, "st_file_attributes", 0) & stat.FILE_ATTRIBUTE_HIDDEN
    return HIDDEN if windows or getattr(status, "st_flags", 0) & stat.UF_HIDDEN else None
