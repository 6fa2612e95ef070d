"""What decodes pictures may die, hang and lie: one file is set aside, and nothing else is lost."""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from helpers import arrow, encoded
from PIL import Image, features

import facemo
from facemo.library import apart as apart_module
from facemo.library import heif
from facemo.library.apart import Apart
from facemo.library.frames import HEADER, PIXELS, Question
from facemo.library.limits import PictureError
from facemo.machine import in_order

ROOT = Path(__file__).parents[2]
GOOD = encoded(arrow(12, 8), "JPEG2000") if features.check("jpg_2000") else b""
FAKE = [sys.executable, str(ROOT / "tests" / "decoders.py"), str(ROOT)]
pytestmark = pytest.mark.skipif(not GOOD, reason="this Pillow has no JPEG 2000")
limited = pytest.mark.skipif(sys.platform != "linux", reason="no such limit is certain here")


@pytest.fixture
def fake():
    """A decoder that can be told what to do."""
    apart = Apart(FAKE, seconds=5)
    yield apart
    apart.close()


def ask(apart, content, limit=96):
    return apart.ask(Question(PIXELS, content, limit=limit))


def test_a_picture_comes_back_as_it_is(fake):
    answer = ask(fake, GOOD)
    assert answer.size == (8, 12)
    assert answer.pixels == arrow(12, 8).tobytes()


def test_a_header_comes_without_pixels(fake):
    answer = fake.ask(Question(HEADER, GOOD))
    assert (answer.size, answer.pixels) == ((8, 12), b"")


def test_one_process_answers_many_questions(fake):
    ask(fake, GOOD)
    (first,) = fake._idle
    ask(fake, GOOD)
    assert fake._idle == [first]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        (b"crash", "what decoded it died"),
        (b"leave", "what decoded it died"),
        (b"babble", "what decoded it died"),
        pytest.param(b"eat", "needs more memory", marks=limited),
        pytest.param(b"spin", "takes too long", marks=limited),
    ],
)
def test_what_a_picture_does_to_its_decoder_is_its_reason(fake, word, reason):
    ask(fake, GOOD)
    with pytest.raises(PictureError, match=reason):
        ask(fake, GOOD + word)
    assert ask(fake, GOOD).size == (8, 12)


def test_a_decoder_that_hangs_is_ended_and_may_do_better_another_time():
    apart = Apart(FAKE, seconds=1)
    with pytest.raises(PictureError, match="takes too long") as caught:
        ask(apart, GOOD + b"hang")
    assert not caught.value.lasting
    apart.close()


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="nothing is stopped here")
def test_a_process_that_somebody_stopped_is_replaced():
    apart = Apart(FAKE, seconds=2)
    ask(apart, GOOD)
    os.kill(apart._idle[0].pid, signal.SIGSTOP)
    assert ask(apart, GOOD).size == (8, 12)
    apart.close()


def test_what_a_used_process_refuses_a_fresh_one_is_asked_once(fake, monkeypatch):
    monkeypatch.setattr(apart_module, "_FEW", 0)
    for _ in range(2):
        assert ask(fake, GOOD + b"tire").size == (8, 12)
    assert len(fake._given) == len(fake._idle) == 1
    for _ in range(2):
        with pytest.raises(OSError, match="refuses"):
            ask(fake, GOOD[:100])
    assert len(fake._given) == len(fake._idle) == 1


def test_an_interrupt_ends_what_is_waited_for(fake):
    reasons = []

    def work(content):
        with pytest.raises(PictureError) as caught:
            ask(fake, content)
        reasons.append(str(caught.value))

    def items():
        yield GOOD + b"hang"
        while not fake._given:
            time.sleep(0.01)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(in_order(work, items(), stop=fake.stop))
    assert reasons == ["what decoded it died"]
    assert not fake._given


def test_a_damaged_picture_ends_nothing(fake):
    with pytest.raises(OSError, match="refuses"):
        ask(fake, GOOD[:100])
    assert len(fake._idle) == 1


def test_more_pixels_than_are_allowed_are_not_taken(fake):
    with pytest.raises(OSError, match="refuses"):
        ask(fake, GOOD, limit=95)


@limited
def test_a_decoder_can_write_no_file(fake):
    with pytest.raises(OSError, match="refuses"):
        ask(fake, GOOD + b"write")
    assert not (ROOT / "tests" / "written").exists()


def test_a_process_that_somebody_ended_is_replaced(fake):
    ask(fake, GOOD)
    fake._idle[0].kill()
    fake._idle[0].wait()
    assert ask(fake, GOOD).size == (8, 12)


def test_threads_ask_a_process_each(fake):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(fake, GOOD).pixels, range(20)))
    assert set(answers) == {arrow(12, 8).tobytes()}
    assert 1 <= len(fake._idle) <= 4


def test_a_process_ends_when_its_pool_is_closed(fake):
    ask(fake, GOOD)
    (process,) = fake._idle
    fake.close()
    assert process.returncode is not None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("executable", ""),
        ("executable", "/no/such/python"),
        ("frozen", True),
        ("path", ["no\0path"]),
    ],
)
def test_without_python_there_is_a_reason(monkeypatch, name, value):
    monkeypatch.setattr(sys, name, value, raising=False)
    with pytest.raises(PictureError, match="no Python") as caught:
        ask(Apart(), GOOD)
    assert not caught.value.lasting


def test_what_python_ignores_in_its_path_is_left_out(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path, b"bytes", None, Path("path")])
    apart = Apart()
    assert ask(apart, GOOD).size == (8, 12)
    apart.close()


@pytest.mark.parametrize("error", ["ImportError", "OSError"])
def test_an_extra_that_cannot_be_imported_is_told_from_a_damaged_picture(
    monkeypatch, tmp_path, error
):
    (tmp_path / "pillow_heif.py").write_text(f"raise {error}('GLIBC_9 not found')")
    monkeypatch.syspath_prepend(tmp_path)
    apart = Apart()
    with pytest.raises(PictureError, match=r'reinstall "facemo\[heic\]"') as caught:
        apart.ask(Question(HEADER, b"\0\0\0\x18ftypheic" + bytes(12)))
    assert not caught.value.lasting
    assert ask(apart, GOOD).size == (8, 12)
    apart.close()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_asks_nobody_that_its_parent_asks(fake):
    ask(fake, GOOD)
    fake._forget()
    assert fake._idle == []


@pytest.mark.parametrize("workers", [1, 3])
def test_a_folder_loses_the_bad_file_alone(fake, tmp_path, monkeypatch, workers):
    monkeypatch.setattr(heif, "decoders", fake)
    colors = [(value, 90, 200 - value) for value in range(0, 200, 20)]
    for number, color in enumerate(colors):
        content = encoded(Image.new("RGB", (8, 12), color), "JPEG2000")
        (tmp_path / f"{number}.jp2").write_bytes(content)
    for word in ("crash", "babble", "leave"):
        (tmp_path / f"5-{word}.jp2").write_bytes(GOOD + word.encode())
    (tmp_path / "6-cut.jp2").write_bytes(GOOD[:200])
    with ThreadPoolExecutor(workers) as pool:
        tiles = facemo.load_tiles(tmp_path, size=4, cache=False, executor=pool)
    assert tiles.names == tuple(f"{number}.jp2" for number in range(10))
    np.testing.assert_array_equal(tiles.pixels[:, 0, 0], colors)
    assert {Path(each.path).name: each.reason for each in tiles.rejected} == {
        "5-babble.jp2": "what decoded it died",
        "5-crash.jp2": "what decoded it died",
        "5-leave.jp2": "what decoded it died",
        "6-cut.jp2": "truncated",
    }
