"""What a program that decodes pictures apart is asked, and what it answers, as bytes.

Numbers of fixed widths and parts that say their lengths: nothing in them is a program, and whoever
reads an answer takes it for what somebody may have forged.
"""

from __future__ import annotations

import struct
from typing import IO, NamedTuple

HEADER, PIXELS = 1, 2  # what is wanted
DONE, FAILED, NO_MEMORY, MISSING = 0, 1, 2, 3  # what came of it
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}  # by the bytes of a pixel

MAX_PROFILE = 4 << 20
MAX_EXIF = 1 << 20
MAX_XMP = 1 << 20

_MAGIC = b"fmo2"
_QUESTION = struct.Struct(">BIQQ")
_ANSWER = struct.Struct(">4sBBIIHIIIQ")


class Question(NamedTuple):
    """What to do with the `content` of a file: tell its HEADER, or its PIXELS too.

    Of these there may be no more than `limit`. `least` allows a thumbnail in their place whose
    sides have at least so many; 0 does not.
    """

    wanted: int
    content: bytes
    least: int = 0
    limit: int = 0


class Answer(NamedTuple):
    """A picture, upright: `size` is (width, height), `primaries` are numbers of H.273, 0 for none.

    The `outcome` is DONE, FAILED, NO_MEMORY, or MISSING where there is nothing to decode it with.
    `pixels` are rows of interleaved bytes, as many a pixel as the mode has channels, or none where
    the header alone was wanted.
    """

    outcome: int
    channels: int = 3
    size: tuple[int, int] = (0, 0)
    primaries: int = 0
    profile: bytes = b""
    exif: bytes = b""
    xmp: bytes = b""
    pixels: bytes = b""


class FrameError(Exception):
    """An answer that no decoder gives, or the end of one that was still giving it."""


def send_question(pipe: IO[bytes], question: Question) -> None:
    """Write a question."""
    fixed = question.wanted, question.least, question.limit, len(question.content)
    pipe.write(_QUESTION.pack(*fixed))
    pipe.write(question.content)
    pipe.flush()


def receive_question(pipe: IO[bytes]) -> Question | None:
    """Read a question; None where no more will come."""
    head = pipe.read(_QUESTION.size)
    if len(head) < _QUESTION.size:
        return None
    wanted, least, limit, length = _QUESTION.unpack(head)
    return Question(wanted, pipe.read(length), least, limit)


def send_answer(pipe: IO[bytes], answer: Answer) -> None:
    """Write an answer."""
    parts = answer.profile, answer.exif, answer.xmp, answer.pixels
    fixed = answer.outcome, answer.channels, *answer.size, answer.primaries
    pipe.write(_ANSWER.pack(_MAGIC, *fixed, *map(len, parts)))
    for part in parts:
        pipe.write(part)
    pipe.flush()


def receive_answer(pipe: IO[bytes], question: Question) -> Answer:
    """Read the answer to a question.

    Raises FrameError before it reads a part that is longer than it may be.
    """
    magic, outcome, channels, width, height, primaries, *lengths = _ANSWER.unpack(
        _whole(pipe, _ANSWER.size)
    )
    known = outcome in (DONE, FAILED, NO_MEMORY, MISSING)
    if magic != _MAGIC or not known or channels not in MODES:
        raise FrameError("no answer of a decoder")
    shown = outcome == DONE and question.wanted == PIXELS
    pixels = width * height * shown
    profile, exif, xmp, data = lengths
    too_long = profile > MAX_PROFILE or exif > MAX_EXIF or xmp > MAX_XMP
    if too_long or data != pixels * channels:
        raise FrameError("parts of another length than they have")
    if pixels > question.limit:
        raise FrameError("more pixels than are allowed")
    parts = [_whole(pipe, length) for length in lengths]
    return Answer(outcome, channels, (width, height), primaries, *parts)


def _whole(pipe: IO[bytes], length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise FrameError("it ended early")
    return data
