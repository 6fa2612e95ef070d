"""What not every operating system has is not needed: pictures are made without it, too."""

from __future__ import annotations

import ctypes
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from helpers import noise
from PIL import Image

import facemo
from facemo import machine
from facemo.cli import main

# What Windows, macOS or a container lack.
OF_SOME = (
    (os, "O_DIRECTORY"),
    (os, "link"),
    (os, "sched_getaffinity"),
    (os, "sync"),
    (os, "sysconf"),
    (os, "get_terminal_size"),
)


@pytest.fixture
def photos(tmp_path, rng):
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(12):
        noise(rng, 24, 24).save(folder / f"{number:02d}.png")
    return folder


def take_away(monkeypatch, *things):
    for owner, name in things:
        monkeypatch.delattr(owner, name, raising=False)


def without_proc(monkeypatch):
    """No /proc and no /sys, as everywhere but on Linux."""
    read = Path.read_text

    def refused(path, *given, **options):
        if path.parts[:2] in ((os.sep, "proc"), (os.sep, "sys")):
            raise FileNotFoundError(path)
        return read(path, *given, **options)

    monkeypatch.setattr(Path, "read_text", refused)


def made(photos, output, cache):
    """What a poster's files hold, by their names."""
    target = photos / "00.png"
    given = [str(target), str(photos), "-o", str(output), "--cols", "6", "--tile", "8"]
    assert main([*given, "--quiet", "--cache", str(cache)]) == 0
    files = [output] if output.is_file() else []
    folders = [output, output.with_name(output.stem + "_files")]
    files += [f for folder in folders for f in sorted(folder.rglob("*")) if f.is_file()]
    return {str(file.relative_to(output.parent)): file.read_bytes() for file in files}


@pytest.mark.parametrize(
    "suffix", [".png", ".jpg", ".tif", ".webp", ".html", ".dzi", ".npz", ".csv"]
)
def test_a_poster_is_the_same_without_any_of_it(photos, tmp_path, suffix, monkeypatch):
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    with_all = made(photos, tmp_path / "with" / f"a{suffix}", tmp_path / "one")
    take_away(monkeypatch, *OF_SOME)
    without_proc(monkeypatch)
    assert made(photos, tmp_path / "without" / f"a{suffix}", tmp_path / "other") == with_all


@pytest.mark.parametrize(("owner", "name"), OF_SOME)
def test_each_may_lack_alone(photos, tmp_path, owner, name, monkeypatch):
    take_away(monkeypatch, (owner, name))
    assert made(photos, tmp_path / "a.dzi", tmp_path / "cache")


def test_processors_are_counted_without_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert machine.processors() == 3
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.processors() == 1


def test_memory_is_what_the_system_says_or_not_known(monkeypatch):
    without_proc(monkeypatch)
    pages = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__, raising=False)
    assert machine.free_memory() == 4_096_000
    monkeypatch.delattr(os, "sysconf")
    assert machine.free_memory() is None
    machine.require_memory(1 << 60, "a picture", "make it smaller")


def test_memory_is_given_back_only_where_the_library_takes_it(monkeypatch):
    monkeypatch.setattr(machine.sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())  # musl has no malloc_trim
    machine.trim_memory()
    monkeypatch.setattr(machine.sys, "platform", "win32")
    monkeypatch.delattr(ctypes, "CDLL")
    machine.trim_memory()


def test_a_disk_that_nobody_can_measure_is_taken_to_have_room(photos, tmp_path, monkeypatch):
    def refused(path):
        raise OSError("no such call")

    monkeypatch.setattr(shutil, "disk_usage", refused)
    assert made(photos, tmp_path / "a.png", tmp_path / "cache")


def test_names_of_other_systems_come_through(tmp_path, rng):
    names = [
        "Ü\u0308ber.png",
        "ｆｕｌｌ　ｗｉｄｔｈ.png",
        "a b's & c.png",
        "trailing. .png",
        "at 3.04\u202fPM.png",
        "한글.png",
    ]
    photos = tmp_path / "Fotos – März"
    photos.mkdir()
    for name in names:
        noise(rng, 16, 16).save(photos / name)
    tiles = facemo.load_tiles(photos, size=8, cache=False)
    assert {*tiles.names} == {*os.listdir(photos)}
    mosaic = facemo.plan(np.asarray(Image.open(photos / names[0])), tiles, cols=4)
    for suffix in (".csv", ".html", ".npz"):
        facemo.save(mosaic, tmp_path / f"Bild – ü{suffix}")
    again = facemo.load_plan(tmp_path / "Bild – ü.npz", tiles)
    assert np.array_equal(again.index, mosaic.index)
    text = (tmp_path / "Bild – ü.csv").read_text("utf-8-sig")
    assert all(name in text for name in {tiles.names[number] for number in mosaic.index.flat})
