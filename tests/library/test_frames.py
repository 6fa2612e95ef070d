"""Questions and answers as bytes, and what a forged answer is taken for."""

from __future__ import annotations

import struct
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facemo.library.frames import (
    DONE,
    FAILED,
    HEADER,
    MAX_EXIF,
    MAX_PROFILE,
    MAX_XMP,
    MISSING,
    PIXELS,
    Answer,
    FrameError,
    Question,
    receive_answer,
    receive_question,
    send_answer,
    send_question,
)

ANSWER = Answer(DONE, 3, (2, 1), 12, b"profile", b"exif", b"xmp", b"abcdef")
FIELDS = ">4sBBIIHIIIQ"


def sent(answer):
    pipe = BytesIO()
    send_answer(pipe, answer)
    return pipe.getvalue()


def received(data, wanted=PIXELS, limit=2):
    return receive_answer(BytesIO(data), Question(wanted, b"", limit=limit))


def test_a_question_arrives_as_it_was_sent():
    pipe = BytesIO()
    send_question(pipe, Question(PIXELS, b"content", 128, 10**9))
    pipe.seek(0)
    assert receive_question(pipe) == Question(PIXELS, b"content", 128, 10**9)
    assert receive_question(pipe) is None


def test_an_answer_arrives_as_it_was_sent():
    assert received(sent(ANSWER)) == ANSWER
    assert received(sent(Answer(FAILED))) == Answer(FAILED)
    assert received(sent(Answer(MISSING))) == Answer(MISSING)
    header = ANSWER._replace(pixels=b"")
    assert received(sent(header), HEADER) == header


@pytest.mark.parametrize(
    "forged",
    [
        (b"fmo1", DONE, 3, 2, 1, 0, 0, 0, 0, 6),
        (b"fmo2", 7, 3, 2, 1, 0, 0, 0, 0, 6),
        (b"fmo2", DONE, 5, 2, 1, 0, 0, 0, 0, 10),
        (b"fmo2", DONE, 3, 2, 1, 0, MAX_PROFILE + 1, 0, 0, 6),
        (b"fmo2", DONE, 3, 2, 1, 0, 0, MAX_EXIF + 1, 0, 6),
        (b"fmo2", DONE, 3, 2, 1, 0, 0, 0, MAX_XMP + 1, 6),
        (b"fmo2", DONE, 3, 2, 1, 0, 0, 0, 0, 5),
        (b"fmo2", DONE, 3, 2**31, 2**31, 0, 0, 0, 0, 3 << 62),
        (b"fmo2", FAILED, 3, 2, 1, 0, 0, 0, 0, 6),
    ],
)
def test_a_forged_answer_is_refused_before_its_parts_are_read(forged):
    pipe = BytesIO(struct.pack(FIELDS, *forged) + bytes(100))
    with pytest.raises(FrameError):
        receive_answer(pipe, Question(PIXELS, b"", limit=2))
    assert pipe.tell() == struct.calcsize(FIELDS)


@given(st.integers(0, len(sent(ANSWER)) - 1))
def test_an_answer_that_ends_early_is_refused(length):
    with pytest.raises(FrameError, match="ended early"):
        received(sent(ANSWER)[:length])
