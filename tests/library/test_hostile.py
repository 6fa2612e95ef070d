"""Broken and hostile files: each is refused in one line or loaded, soon and in little memory.

The time limits here are what is asked for, and are held by subprocesses.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import hostile
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile

import facemo
from facemo.errors import shown
from facemo.library.formats import NO_PREVIEW, ODD_PPM
from facemo.library.limits import PictureError
from facemo.library.picture import read_picture

SEEDS = hostile.corpus()
FUZZ = int(os.environ.get("FACEMO_FUZZ", 0))
HERE = Path(__file__).parents[1]


pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of TIFF tags


def script(*arguments, timeout):
    """The output of a fresh process; it fails if that dies of a signal or takes too long."""
    path = os.pathsep.join([str(HERE.parent), str(HERE)])
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": path},
        timeout=timeout,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout


def outcome(path, size=(8, 8), **options):
    """The reason that a file is refused for, or None; anything but a reason is an error."""
    try:
        pixels = read_picture(path, size, **options)
    except PictureError as error:
        reason = str(error)
        assert reason.isprintable()
        assert len(reason) < 100
        return reason
    assert pixels.shape == (*size, 3)
    return None


def test_each_hostile_file_alone_takes_little_time_and_memory(tmp_path):
    expected = {}
    for name, content, size, reason in hostile.hostile():
        expected[name] = reason
        with open(tmp_path / name, "wb") as file:
            file.write(content)
            file.truncate(size or len(content))
    lines = script(HERE / "hostile.py", tmp_path, timeout=10 * len(expected)).splitlines()
    told = {json.loads(name): json.loads(rest) for name, rest in (x.split(" ", 1) for x in lines)}
    assert told.keys() == expected.keys()
    for name, (reason, seconds, megabytes) in told.items():
        assert (reason is None) == (expected[name] is None), (name, reason)
        assert (expected[name] or "") in (reason or ""), name
        assert seconds < 10, name
        assert megabytes < 256, name


@pytest.mark.parametrize("name", SEEDS)
def test_a_file_cut_at_any_tenth_is_refused_unless_all_pixels_are_there(name, tmp_path):
    path = tmp_path / "x"
    for tenth in range(1, 10):
        path.write_bytes(SEEDS[name][: len(SEEDS[name]) * tenth // 10])
        if outcome(path) is None:
            np.testing.assert_array_equal(read_picture(path), read_picture(hostile.CORPUS / name))
        else:
            assert outcome(path) in {"truncated", "damaged", "not a picture", NO_PREVIEW, ODD_PPM}


@pytest.mark.parametrize("name", SEEDS)
def test_flipped_bits_give_a_picture_or_a_reason(name, tmp_path, rng):
    for _ in range(20):
        content = np.frombuffer(SEEDS[name], np.uint8).copy()
        content[rng.integers(len(content), size=3)] ^= 1 << rng.integers(8, size=3, dtype=np.uint8)
        (tmp_path / "x").write_bytes(content.tobytes())
        outcome(tmp_path / "x")


def edits():
    """(kind, place, number) of a change, of which the first hundred bytes see more than others."""
    kinds = st.sampled_from(["flip", "cut", "drop", "insert", "number"])
    places = st.one_of(st.integers(0, 100), st.integers(0, 2000))
    numbers = st.one_of(
        st.sampled_from([0, 1, 2**15, 2**16 - 1, 2**31, 2**32 - 1]), st.integers(0, 255)
    )
    return st.lists(st.tuples(kinds, places, numbers), min_size=1, max_size=6)


def edited(content, other, changes):
    data = bytearray(content)
    for kind, place, number in changes:
        at = place % (len(data) or 1)
        if kind == "flip" and data:
            data[at] ^= 1 << number % 8
        elif kind == "cut":
            del data[at:]
        elif kind == "drop":
            del data[at : at + number % 32]
        elif kind == "insert":
            data[at:at] = other[place % len(other) :][: number % 64]
        elif kind == "number":
            order = "big" if place % 2 else "little"
            data[at : at + 4] = number.to_bytes(4, order)
    return bytes(data)


@settings(
    max_examples=FUZZ or 400,
    derandomize=not FUZZ,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    name=st.sampled_from(sorted(SEEDS)),
    other=st.sampled_from(sorted(SEEDS)),
    changes=edits(),
    size=st.sampled_from([(8, 8), (3, 50)]),
    truncated=st.sampled_from(["refuse", "keep"]),
)
def test_fuzzed_files_give_a_picture_or_a_reason(
    tmp_path_factory, name, other, changes, size, truncated
):
    """A second's worth; for long, see tests/corpus/README.md."""
    path = tmp_path_factory.getbasetemp() / "fuzzed"
    path.write_bytes(edited(SEEDS[name], SEEDS[other], changes))
    outcome(path, size, truncated=truncated)


def test_a_place_before_the_start_of_a_file_is_damage():
    assert outcome(hostile.CORPUS / "before-the-start.tif") == "damaged"


KEPT = {
    "JPEG": {"quality": 95},
    "progressive": {"format": "JPEG", "progressive": True},
    "PNG": {},
    "GIF": {},
    "BMP": {},
    "TIFF": {},
    "deflate": {"format": "TIFF"},
}


@pytest.fixture(params=KEPT)
def cut(request, tmp_path, rng):
    """A file that lacks the last two fifths of itself, and the pixels of the whole one."""
    noise = rng.integers(60, 256, (64, 64, 3), dtype=np.uint8)
    path = tmp_path / "x"
    if request.param == "deflate":
        tifffile.imwrite(path, noise, photometric="rgb", compression="zlib", rowsperstrip=4)
    else:
        Image.fromarray(noise).save(path, **{"format": request.param, **KEPT[request.param]})
    whole = read_picture(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 5])
    return path, whole


def test_what_there_is_of_a_truncated_picture_is_kept_on_request(cut):
    path, whole = cut
    assert outcome(path) == "truncated"
    kept = read_picture(path, truncated="keep")
    assert kept.shape == whole.shape
    # Most rows are what they were, if coarser in a progressive JPEG: noise is 80 away from grey.
    errors = np.abs(kept.astype(int) - whole).mean(axis=(1, 2))
    assert np.sort(errors)[:32].mean() < 40


def test_a_whole_picture_is_the_same_whatever_is_said_of_truncated_ones(tmp_path):
    for name, seed in SEEDS.items():
        (tmp_path / name).write_bytes(seed)
        refused, kept = (read_picture(tmp_path / name, truncated=t) for t in ("refuse", "keep"))
        np.testing.assert_array_equal(refused, kept)


def test_nothing_is_kept_where_nothing_is_to_be_seen(tmp_path, rng):
    picture = Image.fromarray(rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    for form, start in (("JPEG", b"\xff\xda"), ("PNG", b"IDAT"), ("GIF", b",")):
        content = hostile.encoded(picture, form)
        (tmp_path / "x").write_bytes(content[: content.index(start) + 12])
        assert outcome(tmp_path / "x", truncated="keep") == "truncated"


@pytest.mark.parametrize("name", [name for name in SEEDS if name.endswith(("webp", "avif"))])
def test_a_webp_or_avif_is_whole_or_nothing(name, tmp_path):
    (tmp_path / "x").write_bytes(SEEDS[name][:-20])
    assert outcome(tmp_path / "x", truncated="keep") == "truncated"


def test_damage_within_a_file_is_not_kept(tmp_path):
    content = bytearray(SEEDS["rgb.png"])
    content[content.index(b"IDAT") + 8] ^= 255
    (tmp_path / "x").write_bytes(content)
    assert outcome(tmp_path / "x", truncated="keep") == "damaged"


def test_a_host_that_loads_truncated_pictures_changes_nothing_here(cut, monkeypatch):
    path, _ = cut
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    assert outcome(path) == "truncated"
    assert outcome(path, truncated="keep") is None


NAMES = [
    "a\nb",
    "a'b",
    'a"b',
    "a\x1b[31mb",
    "a\x07b",
    " ",
    "-x",
    os.fsdecode(b"a\xff\xfeb"),
    "x" * 255,
]


@pytest.mark.skipif(sys.platform != "linux", reason="not every system has such names")
def test_names_of_all_kinds_are_loaded_or_named(tmp_path):
    for folder, content in (("good", SEEDS["rgb.png"]), ("bad", b"text")):
        for name in NAMES:
            (tmp_path / folder).mkdir(exist_ok=True)
            (tmp_path / folder / name).write_bytes(content)
    tiles = facemo.load_tiles(tmp_path, size=4, duplicates="keep", cache=False)
    assert set(tiles.names) == {f"good/{name}" for name in NAMES}
    assert {file.path for file in tiles.rejected} == {f"bad/{n}" for n in NAMES}
    assert all(shown(file.path).isprintable() for file in tiles.rejected)


def test_what_cannot_be_opened_is_no_lasting_fault(tmp_path):
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name, reason in (("loop", "cannot be read: Too many levels"), ("none", "no such file")):
        with pytest.raises(PictureError, match=reason) as caught:
            read_picture(tmp_path / name)
        assert not caught.value.lasting
    secret = tmp_path / "secret"
    secret.write_bytes(SEEDS["rgb.png"])
    secret.chmod(0)
    if not os.access(secret, os.R_OK):  # root may read all
        with pytest.raises(PictureError, match="cannot be read: Permission denied") as caught:
            read_picture(secret)
        assert not caught.value.lasting


@pytest.mark.parametrize("content", [b"", b"text", b"\x89PNG\r\n\x1a\n", SEEDS["raw.tif"][:600]])
def test_what_a_file_contains_is_a_lasting_fault(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(PictureError) as caught:
        read_picture(tmp_path / "x")
    assert caught.value.lasting


LOAD = """
import sys, numpy, facemo
tiles = facemo.load_tiles(sys.argv[1], size=16, duplicates="keep")
bad = [file.path for file in tiles.rejected]
numpy.savez(sys.argv[2], pixels=tiles.pixels, names=tiles.names, bad=bad)
"""


def test_a_thousand_good_pictures_among_more_bad_ones_are_all_loaded(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    seeds = sorted(SEEDS.items())
    for number in range(1000):
        name, seed = seeds[number % len(seeds)]
        (folder / f"{number}-good-{name}").write_bytes(seed)
    broken = [seed[: len(seed) * tenth // 10] for _, seed in seeds for tenth in range(1, 10)]
    broken += [
        b"",
        b"text",
        b"\xff\xd8\xff" + bytes(500),
        hostile.png(2**31 - 1, 2**31 - 1, rows=0),
        bytes(500),
    ]
    broken = [content for content in broken if refused(tmp_path / "x", content)]
    for number in range(1700):
        (folder / f"{number}-bad.jpg").write_bytes(broken[number % len(broken)])
    script("-c", LOAD, folder, tmp_path / "loaded.npz", timeout=30)
    with np.load(tmp_path / "loaded.npz") as loaded:
        names, pixels, bad = loaded["names"].tolist(), loaded["pixels"], loaded["bad"].tolist()
    assert len(names) == 1000
    assert set(bad) == {f"{number}-bad.jpg" for number in range(1700)}
    alone = {name: read_picture(hostile.CORPUS / name, (16, 16), crop="faces") for name, _ in seeds}
    for name, tile in zip(names, pixels, strict=True):
        np.testing.assert_array_equal(tile, alone[name.split("-good-")[1]])


def refused(path, content):
    path.write_bytes(content)
    return outcome(path) is not None
