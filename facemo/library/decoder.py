"""The program that decodes pictures apart from whoever wants them.

It reads questions from its standard input and answers them on its standard output, until there are
no more. Before the first it gives up what a decoder does not need: once it is taken over by a
picture, it can open no file and no connection, write into none, and take no more than some memory
and time. It still can do what takes no open file: delete, rename and empty files, make folders,
start processes and end those of its user. That is so on Linux; macOS does not limit memory in this
way, and Windows has no such limits.
"""

from __future__ import annotations

import os
from contextlib import suppress
from importlib import import_module
from io import BytesIO
from typing import Any

from PIL import Image, Jpeg2KImagePlugin  # noqa: F401

from facemo.library.frames import (
    DONE,
    FAILED,
    MAX_EXIF,
    MAX_PROFILE,
    MAX_XMP,
    MISSING,
    MODES,
    NO_MEMORY,
    PIXELS,
    Answer,
    Question,
    receive_question,
    send_answer,
)

with suppress(Exception):  # an extra, and one whose libraries do not fit here raises anything
    import pillow_heif

    pillow_heif.register_heif_opener(
        thumbnails=True, depth_images=False, aux_images=False, decode_threads=1
    )
resource: Any = None
with suppress(ImportError):  # Windows has none
    resource = import_module("resource")

_FORMATS: list[str] = [name for name in ("HEIF", "JPEG2000") if name in Image.OPEN]
# Beyond what the program itself takes: 64 megapixels of HEIC take 0.7 GB, of JPEG 2000 1.1.
_MEMORY = 3 << 29
_SECONDS = 20  # of a processor, a question: 64 megapixels take 1 to 5


def main() -> None:
    """Answer all questions."""
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    Image.MAX_IMAGE_PIXELS = None  # whoever asks has limits of its own
    _warm_up()
    _give_up()
    while (question := receive_question(questions)) is not None:
        _allow_time()
        send_answer(answers, _answer(question))


def _answer(question: Question) -> Answer:
    try:
        with Image.open(BytesIO(question.content), formats=_FORMATS) as image:
            return _told(image, question)
    except MemoryError:
        return Answer(NO_MEMORY)
    except ImportError:
        return Answer(MISSING)
    except Exception:  # decoders raise anything
        is_heif = question.content[4:8] == b"ftyp"
        return Answer(MISSING if is_heif and "HEIF" not in _FORMATS else FAILED)


def _told(image: Image.Image, question: Question) -> Answer:
    if question.least:
        image.draft(None, (question.least, question.least))
    profile = image.info.get("icc_profile") or b""
    exif = image.info.get("exif") or b""
    xmp = image.info.get("xmp") or b""
    primaries = (image.info.get("nclx_profile") or {}).get("color_primaries", 0)
    if question.wanted == PIXELS:
        if image.width * image.height <= question.limit:
            image.load()  # which may find another size
        if image.width * image.height > question.limit:
            return Answer(FAILED)
        if image.mode.startswith("I"):  # greys of 16 bits
            image = image.convert("I").point([value >> 8 for value in range(1 << 16)], "L")
        if image.mode not in MODES.values():
            image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    return Answer(
        DONE,
        channels=len(image.getbands()),
        size=image.size,
        primaries=int(primaries),
        profile=profile if len(profile) <= MAX_PROFILE else b"",
        exif=exif if len(exif) <= MAX_EXIF else b"",
        xmp=xmp if len(xmp) <= MAX_XMP else b"",
        pixels=image.tobytes() if question.wanted == PIXELS else b"",
    )


def _warm_up() -> None:
    """Have all imported that decoding imports late, while files can be opened."""
    small = BytesIO()
    Image.new("RGB", (8, 8)).save(small, "JPEG2000")
    _answer(Question(PIXELS, small.getvalue(), least=1, limit=64))


def _give_up() -> None:
    """Give up all but memory and time, and most of these, where the system has limits.

    Processes are not limited: threads count as such, and libheif's decoder starts one.
    """
    if resource is None:
        return
    held = _held()
    for name, limit in (
        ("RLIMIT_AS", None if held is None else held + _MEMORY),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
        ("RLIMIT_NOFILE", 0),
    ):
        number = getattr(resource, name, None)
        if number is not None and limit is not None:
            with suppress(ValueError, OSError):  # a system that does not limit this
                resource.setrlimit(number, (limit, limit))


def _held() -> int | None:
    """The bytes of this program's addresses, or None where nobody tells."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return None


def _allow_time() -> None:
    """Let the next question take some seconds of a processor."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + 1 + _SECONDS
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))


if __name__ == "__main__":
    main()
