"""What a picture file says of itself: when it was taken, its rating, what made it.

It is in the header, or else in the name. Nothing is allocated by what a file claims, and XMP is not
parsed as the XML that it is: of EXIF data seven tags are read, of XMP what two patterns find in its
bytes.
"""

from __future__ import annotations

import os
import re
import struct
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import BinaryIO, NamedTuple

from PIL import Image

_MAKE, _SOFTWARE, _RATING, _EXIF = 0x010F, 0x0131, 0x4746, 0x8769
_TAKEN, _COMMENT, _PACKET = 0x9003, 0x9286, 0x02BC
_WANTED = (_MAKE, _SOFTWARE, _RATING, _EXIF, _TAKEN, _COMMENT, _PACKET)
_WHOLE = {3: "H", 4: "I"}  # kinds of values
_BYTES = (1, 2, 7)
# Of EXIF data and TIFFs, and of RAW files of Olympus and Panasonic.
_ORDERS = {b"II*\0": "<", b"MM\0*": ">", b"IIRO": "<", b"IIRS": "<", b"MMOR": ">", b"IIU\0": "<"}
_ENTRIES = 1000  # of a directory, which has thirty
_LONGEST = 200  # bytes of a text
_XMP = 1 << 20  # bytes of a packet that are looked at

_XMP_RATING = re.compile(
    rb"""(?<![\w:.-])(?:xmp|xap):Rating\s{0,9}(?:=\s{0,9}["']|>)\s{0,9}(-1|[0-5])\b"""
)
_XMP_SCREENSHOT = re.compile(
    rb"""exif:UserComment\s{0,9}(?:=\s{0,9}["']|>)(?:\s{0,99}<[^<>]{0,99}>){0,4}\s{0,99}screenshot""",
    re.IGNORECASE,
)
_DATE = re.compile(rb"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_PNG_TEXTS = ("Software", "Comment", "Description", "Title")
_FACTS = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)?;(-1|[1-5])?;(screenshot)?(;mosaic)?")
# What facemo calls itself in the headers of the pictures that it writes, and nothing more.
MADE_BY = "facemo"

# A date in a name has hyphens, or what phones write before it, or a time behind it: eight digits
# alone may be any number. A time by a clock of twelve hours is left alone.
_NAMED_DATE = re.compile(
    r"""(?:
        (?<!\d) (?P<hyphened> (?:19|20)\d\d ([-_.]) \d\d \2 \d\d ) (?!\d)
        | ^ (?:IMG|VID|PXL|MVIMG|PANO|BURST|Screenshot) [-_ ]? (?P<marked> (?:19|20)\d{6} ) (?!\d)
        | (?<!\d) (?P<timed> (?:19|20)\d{6} ) (?= [-_ T]? \d{6} (?!\d) )
    )
    (?: (?: \s(?:at|um)\s | [-_., T]? ) (?P<time> \d\d ([-_.:]?) \d\d \6 \d\d ) (?!\s?[AP]M) )?
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Android's and Apple's in English; Apple's and GNOME's in German and Spanish.
_SCREENSHOT = re.compile(
    r"(screen ?shot|bildschirmfoto|captura de pantalla)(?![^\W\d_])", re.IGNORECASE
)

# The sizes of screens in pixels, longer sides by the shorter one. Those that cameras have, too, as
# 768 x 1024 or 1536 x 2048, are not among them.
_SCREENS: dict[int, tuple[int, ...]] = {
    640: (1136,),
    720: (1280, 1520, 1560, 1600),
    750: (1334,),
    768: (1366,),
    800: (1280,),
    828: (1792,),
    900: (1440, 1600),
    1008: (2244,),
    1050: (1680,),
    1080: (1920, 2160, 2220, 2280, 2310, 2340, 2376, 2400, 2408, 2412, 2460, 2560),
    1125: (2436,),
    1170: (2532,),
    1179: (2556,),
    1200: (1920,),
    1206: (2622,),
    1242: (2208, 2688),
    1280: (2856,),
    1284: (2778,),
    1290: (2796,),
    1320: (2868,),
    1344: (2992,),
    1440: (2560, 2880, 2960, 3040, 3088, 3120, 3200, 3440),
    1600: (2560,),
    1640: (2360,),
    1664: (2560,),
    1668: (2224, 2388),
    1800: (2880,),
    1864: (2880,),
    1964: (3024,),
    2048: (2732,),
    2160: (3840,),
    2234: (3456,),
    2520: (4480,),
    2880: (5120,),
}


class Facts(NamedTuple):
    """What a file says of itself.

    taken : when it was taken, as 2020-05-31T12:30:00, by its camera's clock; "" if it does not say
    rating : 1 to 5 stars, -1 for what was refused, 0 if it does not say
    screenshot : whether it is one
    mosaic : whether facemo made it
    """

    taken: str = ""
    rating: int = 0
    screenshot: bool = False
    mosaic: bool = False

    def __or__(self, other: Facts) -> Facts:
        """These, and what the others say where they say nothing.

        >>> Facts(rating=4) | Facts("2020-05-31T12:30:00", 3)
        Facts(taken='2020-05-31T12:30:00', rating=4, screenshot=False, mosaic=False)
        """
        return Facts(
            self.taken or other.taken,
            self.rating or other.rating,
            self.screenshot or other.screenshot,
            self.mosaic or other.mosaic,
        )

    def __str__(self) -> str:
        screenshot, mosaic = "screenshot" * self.screenshot, ";mosaic" * self.mosaic
        return f"{self.taken};{self.rating or ''};{screenshot}{mosaic}"

    @classmethod
    def parse(cls, text: object) -> Facts | None:
        """The facts of which `text` is the text, or None if it is none.

        >>> Facts.parse(str(Facts("2020-05-31T12:30:00", 4)))
        Facts(taken='2020-05-31T12:30:00', rating=4, screenshot=False, mosaic=False)
        """
        found = _FACTS.fullmatch(text) if isinstance(text, str) else None
        return found and cls(found[1] or "", int(found[2] or 0), bool(found[3]), bool(found[4]))


NOTHING = str(Facts())


def facts_of(image: Image.Image, file: BinaryIO) -> Facts:
    """What the header of a picture says; its pixels are not decoded, and `file` stays where it is.

    A screenshot is what says so in its EXIF data (UserComment, Software), its XMP or the texts of
    a PNG; and a PNG of the size of a screen that no camera made. A mosaic is what says `MADE_BY`
    and nothing more, in its EXIF data (Software), as a JPEG's comment, or as a PNG's Software.
    """
    if image.format == "TIFF":  # which is EXIF data itself
        at = file.tell()
        tags = exif_tags(file)
        file.seek(at)
    else:
        tags = exif_tags(BytesIO(_data(image, "exif")))
    facts = read_facts(tags, _data(image, "xmp"))
    around = image.info.get("around")  # of a RAW, whose JPEG says as much or less
    if isinstance(around, Facts):
        facts |= around
    if image.format == "JPEG" and image.info.get("comment") == MADE_BY.encode():
        facts = facts._replace(mosaic=True)
    if image.format != "PNG":
        return facts
    texts = [str(image.info.get(name, "")) for name in _PNG_TEXTS]
    told = "screenshot" in " ".join(texts).lower()
    short, long = sorted(image.size)
    screen = long in _SCREENS.get(short, ()) and not tags.get(_MAKE)
    return facts._replace(
        screenshot=facts.screenshot or told or screen, mosaic=facts.mosaic or texts[0] == MADE_BY
    )


def with_name(facts: Facts, path: str) -> Facts:
    """What a header says and, where that says nothing, the name of its file or its folder.

    A date without a time is the start of that day.

    >>> with_name(Facts(), "Pictures/IMG-20230501-WA0001.jpg").taken
    '2023-05-01T00:00:00'
    >>> with_name(Facts(), "Pictures/Screenshots/1.jpg").screenshot
    True
    """
    folder, name = os.path.split(path)
    screenshot = (
        facts.screenshot
        or _SCREENSHOT.match(name) is not None
        or os.path.basename(folder).lower() == "screenshots"
    )
    return facts._replace(taken=facts.taken or _named_date(name), screenshot=screenshot)


def _named_date(name: str) -> str:
    """The date in the name of a file, as 2020-05-31T12:30:00; "" where there is none."""
    found = _NAMED_DATE.search(name)
    if found is None:
        return ""
    day = re.sub(r"\D", "", found["hyphened"] or found["marked"] or found["timed"])
    time = re.sub(r"\D", "", found["time"] or "")
    for text in (day + time, day):  # what is no time may be a number
        with suppress(ValueError):
            return datetime.strptime(text, "%Y%m%d%H%M%S"[: len(text) - 2]).isoformat()
    return ""


def _data(image: Image.Image, name: str) -> bytes:
    """What Pillow found in a header; a text of this name in a PNG is not meant."""
    data = image.info.get(name)
    return data if isinstance(data, bytes) else b""


def read_facts(tags: dict[int, bytes | int], xmp: bytes = b"") -> Facts:
    """What EXIF tags, as `exif_tags` has them, and a packet of XMP say; damaged ones say nothing.

    >>> read_facts({0x9003: b"2020:05:31 12:30:00"}, b'<x xmp:Rating="4"/>')
    Facts(taken='2020-05-31T12:30:00', rating=4, screenshot=False, mosaic=False)
    """
    packet = tags.get(_PACKET)
    xmp = xmp[:_XMP] or (packet if isinstance(packet, bytes) else b"")
    start, *others = xmp.split(b"<!--")  # what comments say counts for nothing
    xmp = start + b"".join(other.partition(b"-->")[2] for other in others)
    rated = _XMP_RATING.search(xmp)
    rating = int(rated[1]) if rated else tags.get(_RATING)
    said = [text for text in (tags.get(_SOFTWARE), tags.get(_COMMENT)) if isinstance(text, bytes)]
    # Comments may be in UTF-16.
    told = b"screenshot" in b" ".join(said).replace(b"\0", b"").lower()
    return Facts(
        _iso(tags.get(_TAKEN)),
        rating if isinstance(rating, int) and -1 <= rating <= 5 else 0,
        told or _XMP_SCREENSHOT.search(xmp) is not None,
        tags.get(_SOFTWARE) == MADE_BY.encode(),
    )


def _iso(taken: bytes | int | None) -> str:
    """A date as EXIF has it, 2020:05:31 12:30:00, as 2020-05-31T12:30:00; "" for what is none."""
    found = _DATE.match(taken) if isinstance(taken, bytes) else None
    with suppress(ValueError):
        return datetime(*map(int, found.groups())).isoformat() if found else ""  # type: ignore[arg-type]
    return ""


def exif_tags(file: BinaryIO) -> dict[int, bytes | int]:
    r"""Those tags of the EXIF data in `file` that facts are read from: bytes, or whole numbers.

    >>> exif_tags(BytesIO(b"II*\0\x08\0\0\0\x01\0\x46\x47\x03\0\x01\0\0\0\x04\0\0\0"))
    {18246: 4}
    """
    tags: dict[int, bytes | int] = {}
    with suppress(struct.error, OSError, ValueError, OverflowError):
        file.seek(0)
        start = file.read(14)
        base = 6 if start.startswith(b"Exif\0\0") else 0
        order = _ORDERS.get(start[base : base + 4])
        if order is not None:
            (first,) = struct.unpack_from(order + "I", start, base + 4)
            tags = _directory(file, base, order, first)
            below = tags.get(_EXIF)
            if isinstance(below, int):
                tags |= _directory(file, base, order, below)
    return tags


def _directory(file: BinaryIO, base: int, order: str, at: int) -> dict[int, bytes | int]:
    """The tags of the directory at an offset; offsets count from `base`."""
    tags: dict[int, bytes | int] = {}
    file.seek(base + at)
    (entries,) = struct.unpack(order + "H", file.read(2))
    table = file.read(12 * min(entries, _ENTRIES))
    for number, kind, count, value in struct.iter_unpack(
        order + "HHI4s", table[: len(table) // 12 * 12]
    ):
        if number not in _WANTED or number in tags:
            continue
        if kind in _WHOLE and count == 1:
            tags[number] = struct.unpack_from(order + _WHOLE[kind], value)[0]
        elif kind in _BYTES:
            if count > 4:
                file.seek(base + struct.unpack(order + "I", value)[0])
                value = file.read(min(count, _XMP if number == _PACKET else _LONGEST))
            tags[number] = value[:count].strip(b" \0")
    return tags
