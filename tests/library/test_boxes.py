"""Where faces are, as it is written down; and that it costs nothing but the second look."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from helpers import encoded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from facemo.faces import in_colour
from facemo.library import boxes as modules
from facemo.library import load as loading
from facemo.library import stamps
from facemo.library.boxes import Boxes, Faces
from facemo.library.index import INDEX, row_to_keep
from facemo.library.load import load_tiles

FACE = Path(__file__).parents[2] / "data" / "face.png"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """Pictures of several sizes and formats, with a face and without."""
    folder = tmp_path_factory.mktemp("library")
    face = Image.open(FACE).convert("RGB")
    for number, size in enumerate([(240, 120), (120, 250), (1600, 1100), (96, 72)]):
        ground = Image.effect_mandelbrot(size, (-2, -1.5, 1, 1.5), 20).convert("RGB")
        (folder / f"{number}-without.jpg").write_bytes(encoded(ground, "JPEG"))
        side = min(size) * 3 // 5
        ground.paste(face.resize((side, side)), (size[0] - side, size[1] - side))
        (folder / f"{number}.jpg").write_bytes(encoded(ground, "JPEG"))
        (folder / f"{number}.png").write_bytes(encoded(ground, "PNG"))
    return folder


@pytest.fixture
def looks(monkeypatch):
    """The shapes of the pictures in which faces are sought from now on."""
    monkeypatch.setattr(stamps, "_DOUBT", 0)
    shapes = []
    seek = modules.faces_in

    def counting(image, longer):
        shapes.append(image.shape[:2])
        return seek(image, longer)

    monkeypatch.setattr(modules, "faces_in", counting)
    return shapes


def shown(picture):
    """What faces are sought in."""
    return np.asarray(picture if in_colour() else picture.getchannel("R"))


def load(library, cache, size=(64, 48), **options):
    return load_tiles(library, size=size, cache=cache, duplicates="keep", **options)


def test_text_says_all_of_it():
    found = Boxes.found((512, 512), shown(Image.open(FACE).convert("RGB").resize((256, 256))))
    read = Boxes.parse(str(found))
    assert len(found.shares) == 1
    assert read.size == found.size
    np.testing.assert_array_equal(read.shares, found.shares)
    assert len(Boxes.parse("30x20:").shares) == 0


@pytest.mark.parametrize(
    "text",
    [
        None,
        b"30x20:",
        "",
        "30x20",
        "x20:",
        "30x-20:",
        "30x20:0000",
        "30x20:00000000ffff333g",
        "30x20:ffff00000000ffff",  # ends before it begins
        "30x20:" + 65 * "00000000ffffffff",
        "30x20:\n",
        "3000000x20:",
    ],
)
def test_what_is_no_text_of_boxes_says_nothing(text):
    assert Boxes.parse(text) is None


def test_what_is_known_is_not_looked_for():
    known = Boxes((30, 20), np.array([[0.0, 0.2, 0.4, 0.6]]))
    faces = Faces(known)
    assert faces.boxes((30, 20), lambda: 1 / 0) is known.shares
    assert faces.new is None


def test_what_is_known_of_another_size_does_not_count():
    faces = Faces(Boxes((30, 20), np.array([[0.0, 0.2, 0.4, 0.6]])))
    assert len(faces.boxes((60, 40), lambda: shown(Image.new("RGB", (60, 40))))) == 0
    assert faces.new.size == (60, 40)


def test_faces_are_looked_for_once_for_small_tiles_of_any_size_and_aspect(library, tmp_path, looks):
    load(library, tmp_path)
    assert len(looks) == 12
    for size in [(48, 64), (64, 64), (30, 10), (8, 8)]:
        looks.clear()
        tiles = load(library, tmp_path, size)
        assert looks == []
        np.testing.assert_array_equal(tiles.pixels, load(library, None, size).pixels)


def test_for_tiles_that_are_decoded_larger_faces_are_looked_for_again(library, tmp_path, looks):
    large = ["2.jpg", "2-without.jpg"]
    for name in large:
        shutil.copy(library / name, tmp_path / name)
    load(tmp_path, tmp_path / "cache")
    load(tmp_path, tmp_path / "cache", (100, 160))
    assert len(looks) == 4


def test_a_crop_that_needs_no_faces_notes_none(library, tmp_path, looks):
    for crop in ("centre", "attention"):
        load(library, tmp_path, crop=crop)
    assert looks == []
    load(library, tmp_path)
    assert len(looks) == 12


def test_faces_in_a_file_that_was_changed_are_looked_for_again(library, tmp_path, looks):
    photo = tmp_path / "photos" / "a.png"
    photo.parent.mkdir()
    photo.write_bytes((library / "0.png").read_bytes())
    load(photo.parent, tmp_path / "cache")
    photo.write_bytes((library / "1.png").read_bytes())
    looks.clear()
    tiles = load(photo.parent, tmp_path / "cache", (48, 64))
    assert len(looks) == 1
    np.testing.assert_array_equal(tiles.pixels, load(photo.parent, None, (48, 64)).pixels)


def test_faces_in_a_file_that_was_only_touched_are_known(library, tmp_path, looks):
    photo = tmp_path / "photos" / "a.png"
    photo.parent.mkdir()
    photo.write_bytes((library / "0.png").read_bytes())
    load(photo.parent, tmp_path / "cache")
    os.utime(photo, (5, 5))
    looks.clear()
    load(photo.parent, tmp_path / "cache", (48, 64))
    assert looks == []


def test_faces_that_another_detector_found_are_looked_for_again(
    library, tmp_path, looks, monkeypatch
):
    load(library, tmp_path)
    monkeypatch.setattr(loading, "detector", lambda: "another 1")
    looks.clear()
    load(library, tmp_path)
    assert len(looks) == 12


def test_faces_on_another_background_are_looked_for_again(tmp_path, looks):
    (tmp_path / "photos").mkdir()
    clear = Image.new("RGBA", (60, 30))
    (tmp_path / "photos" / "a.png").write_bytes(encoded(clear, "PNG"))
    for background in ("white", "black"):
        load(tmp_path / "photos", tmp_path / "cache", background=background)
    assert len(looks) == 2


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize("text", ["", "400x200:zz", None, 7, b"\xff", "400x200:0000ffff00000000"])
def test_what_is_damaged_counts_as_unknown(library, tmp_path, looks, text, sealed):
    load(library, tmp_path)
    damage(tmp_path / INDEX, text, sealed)
    looks.clear()
    tiles = load(library, tmp_path, (64, 64))
    assert len(looks) == 12
    np.testing.assert_array_equal(tiles.pixels, load(library, None, (64, 64)).pixels)


def damage(path, text, sealed):
    """Have the index note another text of all files."""
    index = sqlite3.connect(path)
    index.text_factory = bytes
    rows = index.execute("SELECT * FROM files WHERE settings LIKE 'faces %'").fetchall()
    assert rows
    for row in rows:
        key, entry, seal = (row[0].decode(), *row[1:3]), (*row[3:9], text, None, None), row[12]
        if sealed:
            seal = row_to_keep(key, entry, None, None)[12]
        index.execute(
            "UPDATE files SET facts = ?, seal = ? WHERE settings = ? AND folder = ? AND name = ?",
            (text, seal, *key),
        )
    index.commit()
    index.close()


def test_what_is_noted_of_a_file_that_is_gone_goes_too(library, tmp_path, looks):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("0.png", "1.png"):
        (photos / name).write_bytes((library / name).read_bytes())
    load(photos, tmp_path / "cache")
    (photos / "0.png").unlink()
    load(photos, tmp_path / "cache")
    index = sqlite3.connect(tmp_path / "cache" / INDEX)
    noted = index.execute("SELECT name FROM files WHERE settings LIKE 'faces %'").fetchall()
    index.close()
    assert noted == [(b"1.png",)]


def everything(folder):
    """All that the index of a cache knows of files."""
    with closing(sqlite3.connect(folder / INDEX)) as index:
        return index.execute("SELECT settings, folder, name FROM files").fetchall()


def test_what_was_noted_long_ago_is_forgotten_whether_or_not_its_folder_is_there(
    library, tmp_path, monkeypatch
):
    photos, kept = tmp_path / "photos", tmp_path / "kept"
    for folder in (photos, kept):
        folder.mkdir()
        (folder / "notes.txt").write_text("no picture")
        (folder / "0.png").write_bytes((library / "0.png").read_bytes())
    cache = tmp_path / "cache"
    load(photos, cache)
    shutil.rmtree(photos)
    load(kept, cache)
    assert len(everything(cache)) == 6
    later = time.time() + 91 * 86400
    monkeypatch.setattr(time, "time", lambda: later)
    monkeypatch.setattr(time, "time_ns", lambda: int(later * 1e9))
    load(kept, cache)
    assert {folder for _, folder, _ in everything(cache)} == {os.fsencode(kept)}
    assert not any(settings.startswith("faces ") for settings, _, _ in everything(cache))


def test_a_picture_in_which_no_face_can_be_sought_is_a_tile_that_is_not_kept(
    library, tmp_path, monkeypatch
):
    with monkeypatch.context() as failing:
        failing.setattr(modules, "faces_in", lambda image, longer: None)
        tiles = load(library, tmp_path)
        assert tiles.rejected == ()
        assert everything(tmp_path) == []
    np.testing.assert_array_equal(load(library, tmp_path).pixels, load(library, None).pixels)


class Elsewhere(Executor):
    """Workers of another installation, which see a face in the corner of every picture."""

    def submit(self, work, /, *given):
        with pytest.MonkeyPatch.context() as there:
            there.setattr(modules, "detector", lambda: "another 1")
            corner = np.array([[0.0, 0.0, 9.0, 9.0]])
            there.setattr(modules, "faces_in", lambda image, longer: corner)
            done = Future()
            done.set_result(work(*given))
        return done


def test_faces_are_where_they_are_found_here_whatever_workers_find(library, tmp_path):
    here = load(library, None).pixels
    for cache in (None, tmp_path):
        tiles = load(library, cache, executor=Elsewhere())
        np.testing.assert_array_equal(tiles.pixels, here)
    np.testing.assert_array_equal(load(library, tmp_path).pixels, here)
    np.testing.assert_array_equal(
        load(library, tmp_path, (48, 64)).pixels, load(library, None, (48, 64)).pixels
    )


def test_what_workers_are_told_of_faces_is_not_decoded_again(library, tmp_path, looks):
    load(library, tmp_path)
    looks.clear()
    tiles = load(library, tmp_path, (48, 64), executor=Elsewhere())
    assert looks == []
    np.testing.assert_array_equal(tiles.pixels, load(library, None, (48, 64)).pixels)


SIZES = st.tuples(st.integers(2, 140), st.integers(2, 140))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=SIZES, second=SIZES, workers=st.integers(1, 3))
def test_pixels_do_not_depend_on_what_was_asked_for_before(library, first, second, workers):
    with TemporaryDirectory() as cache, ThreadPoolExecutor(workers) as executor:
        load(library, cache, first, executor=executor)
        tiles = load(library, cache, second, executor=executor)
        np.testing.assert_array_equal(tiles.pixels, load(library, None, second).pixels)


def test_processes_are_told_where_faces_are(library, tmp_path):
    load(library, tmp_path)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        tiles = load(library, tmp_path, (48, 64), executor=executor)
    np.testing.assert_array_equal(tiles.pixels, load(library, None, (48, 64)).pixels)
