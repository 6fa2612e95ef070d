"""What is kept between runs, what makes it be decoded again, and what it never costs."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from helpers import noise
from PIL import Image

from facemo.errors import InputError
from facemo.library import batches as decode
from facemo.library import cache, packs, stamps
from facemo.library import index as indexes
from facemo.library import load as loading
from facemo.library.cache import Cache, CacheWarning, cache_folder
from facemo.library.info import cache_info, clear_cache
from facemo.library.load import load_tiles
from facemo.library.packs import FilePack


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def library(tmp_path, rng):
    """Twelve pictures of noise in two folders, and a text."""
    for number in range(12):
        path = tmp_path / "library" / str(number % 2) / f"{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise(rng, 20, 30).save(path)
    (tmp_path / "library" / "notes.txt").write_text("text")
    return tmp_path / "library"


@pytest.fixture
def decoded(monkeypatch):
    """The names of the files that are decoded from now on."""
    monkeypatch.setattr(stamps, "_DOUBT", 0)  # or they would be copies
    names = []
    read = decode.read_picture

    def counting(path, *arguments, **options):
        names.append(os.path.basename(path))
        return read(path, *arguments, **options)

    monkeypatch.setattr(decode, "read_picture", counting)
    return names


def load(library, folder, **options):
    return load_tiles(library, size=8, cache=folder, **options)


def assert_same(tiles, others):
    np.testing.assert_array_equal(tiles.pixels, others.pixels)
    for name in ("names", "rejected", "root", "merged"):
        assert getattr(tiles, name) == getattr(others, name)


def packs_in(folder):
    return sorted(folder.glob("facemo-*.pixels"))


def test_what_another_version_decoded_is_decoded_again(library, folder, decoded, monkeypatch):
    load(library, folder)
    decoded.clear()
    monkeypatch.setattr(loading, "heif_version", lambda: "99")
    load(library, folder)
    assert len(decoded) == 13


@pytest.mark.parametrize(("crop", "again"), [("faces", 13), ("centre", 0)])
def test_what_another_detector_cropped_is_decoded_again(
    library, folder, decoded, monkeypatch, crop, again
):
    load(library, folder, crop=crop)
    decoded.clear()
    monkeypatch.setattr(loading, "detector", lambda: "another 1")
    load(library, folder, crop=crop)
    assert len(decoded) == again


def test_what_is_known_is_not_decoded_again(library, folder, decoded):
    plain = load(library, None)
    cold = load(library, folder)
    decoded.clear()
    warm = load(library, folder)
    assert decoded == []
    assert_same(cold, plain)
    assert_same(warm, plain)


def test_the_tensor_of_a_warm_run_is_mapped_and_not_copied(library, folder):
    load(library, folder)
    pixels = load(library, folder).pixels
    while isinstance(pixels.base, np.ndarray):
        pixels = pixels.base
    assert isinstance(pixels, np.memmap)


def test_only_what_is_new_is_decoded(library, folder, decoded, rng, monkeypatch):
    monkeypatch.setattr(cache, "_ABANDONED", 0)
    load(library, folder)
    decoded.clear()
    noise(rng, 9, 9).save(library / "0" / "05.png")
    tiles = load(library, folder)
    assert decoded == ["05.png"]
    assert_same(tiles, load(library, None))
    decoded.clear()
    load(library, folder)
    assert decoded == []
    assert len(packs_in(folder)) == 1


def test_only_what_is_changed_is_decoded(library, folder, decoded, rng):
    load(library, folder)
    decoded.clear()
    noise(rng, 9, 9).save(library / "0" / "04.png")
    tiles = load(library, folder)
    assert decoded == ["04.png"]
    assert_same(tiles, load(library, None))


def test_what_is_removed_is_forgotten(library, folder, decoded, monkeypatch):
    monkeypatch.setattr(cache, "_ABANDONED", 0)
    load(library, folder)
    decoded.clear()
    os.unlink(library / "0" / "04.png")
    tiles = load(library, folder)
    assert decoded == []
    assert_same(tiles, load(library, None))
    assert cache_info(folder).files == {"8x8": 11}
    assert packs_in(folder)[0].stat().st_size == 11 * 8 * 8 * 3


def test_a_part_of_a_library_is_known_with_it(library, folder, decoded):
    load(library, folder)
    decoded.clear()
    assert_same(load(library / "1", folder), load(library / "1", None))
    paths = [library / "0" / "02.png", library / "1" / "07.png"]
    decoded.clear()
    tiles = load(paths, folder)
    assert decoded == []
    assert_same(tiles, load(paths, None))


@pytest.mark.parametrize("options", [{"background": "red"}, {"truncated": "keep"}, {"size": 9}])
def test_tiles_made_in_another_way_are_others(library, folder, decoded, options):
    Image.new("RGBA", (5, 5)).save(library / "clear.png")
    load(library, folder)
    decoded.clear()
    options = {"size": 8, **options}
    tiles = load_tiles(library, cache=folder, **options)
    assert len(decoded) == 14
    assert_same(tiles, load_tiles(library, cache=None, **options))


def overwritten(path, other):
    """Give `path` other content of the same size and modification time."""
    before, content = os.stat(path), path.read_bytes()
    path.write_bytes((other + bytes(len(content)))[: len(content)])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    return before


def test_content_that_changed_behind_the_same_size_and_time_is_seen(library, folder, rng):
    path = library / "0" / "02.png"
    for age in (0, 10**12):
        os.utime(path, ns=(time.time_ns() - age,) * 2)
        load(library, folder)
        overwritten(path, b"no picture any more" * 2)
        assert [os.path.basename(file.path) for file in load(library, folder).rejected] == [
            "02.png",
            "notes.txt",
        ]
        noise(rng, 20, 30).save(path)


def test_content_that_changed_within_a_tick_of_the_clock_is_seen(library, folder, monkeypatch):
    path = library / "0" / "02.png"
    load(library, folder)
    before = cache.stamp(str(path))
    overwritten(path, b"no picture any more")
    stamp = cache.stamp
    monkeypatch.setattr(indexes, "stamp", lambda p: before if p == str(path) else stamp(p))
    assert len(load(library, folder).rejected) == 2


def test_content_that_changes_while_it_is_read_is_seen(library, folder, monkeypatch):
    path = library / "0" / "02.png"
    before, content = cache.stamp(str(path)), path.read_bytes()
    stamp, read = cache.stamp, decode.read_picture

    def unnoticed(p):
        return before if p == str(path) else stamp(p)

    def late(p, *arguments, **options):
        path.write_bytes(bytes(len(content)))
        pixels = read(p, *arguments, **options)
        path.write_bytes(content)
        return pixels

    monkeypatch.setattr(indexes, "stamp", unnoticed)
    monkeypatch.setattr(decode, "stamp", unnoticed)
    with monkeypatch.context() as patch:
        patch.setattr(decode, "read_picture", late)
        load(library, folder)
    assert_same(load(library, folder), load(library, None))


def test_a_file_whose_inode_alone_changed_is_not_decoded_again(
    library, folder, decoded, monkeypatch
):
    load(library, folder)
    decoded.clear()
    hashed = []
    content_hash = cache.content_hash
    monkeypatch.setattr(cache, "content_hash", lambda p: hashed.append(p) or content_hash(p))
    path = library / "0" / "02.png"
    path.chmod(0o600)
    load(library, folder)
    load(library, folder)
    assert hashed == [str(path)]
    assert decoded == []


def test_why_a_file_was_set_aside_is_known_too(library, folder, decoded):
    cold = load(library, folder)
    decoded.clear()
    assert load(library, folder).rejected == cold.rejected
    assert decoded == []


def test_what_circumstances_are_to_blame_for_is_tried_again(library, folder, decoded):
    (library / "gone.png").symlink_to("nowhere.png")
    assert len(load(library, folder).rejected) == 2
    noise(np.random.default_rng(), 9, 9).save(library / "nowhere.png")
    assert len(load(library, folder).rejected) == 1


def damage(path, number):
    """One of many ways to damage a file."""
    content = bytearray(path.read_bytes())
    rng = np.random.default_rng(number)
    if number % 4 == 0:
        content = content[: rng.integers(len(content))]
    elif number % 4 == 1:
        at = rng.integers(len(content))
        content[at:] = rng.bytes(len(content) - at)
    else:
        for at in rng.integers(len(content), size=1 + number % 3):
            content[at] ^= 1 << rng.integers(8)
    path.write_bytes(content)


@pytest.mark.parametrize("which", ["facemo-1.sqlite", "facemo-*.pixels"])
def test_whatever_is_damaged_is_decoded_again(library, folder, which):
    expected = load(library, None)
    load(library, folder)
    sound = folder.with_name("sound")
    folder.rename(sound)
    for number in range(80):
        shutil.copytree(sound, folder)
        damage(next(folder.glob(which)), number)
        assert_same(load(library, folder), expected)
        assert_same(load(library, folder), expected)
        shutil.rmtree(folder)


def test_an_index_that_lies_is_not_believed(library, folder):
    expected = load(library, None)
    lies = [
        "UPDATE files SET slot = slot + 1",
        "UPDATE files SET slot = -1",
        "UPDATE files SET slot = 'one'",
        "UPDATE files SET slot = 1 << 62",
        "UPDATE files SET pack = '../../../etc/passwd'",
        "UPDATE files SET pack = NULL",
        "UPDATE files SET crc = 1",
        "UPDATE files SET crc = NULL, reason = 'not a picture', pack = NULL",
        "UPDATE files SET reason = 'x' WHERE reason IS NOT NULL",
        "UPDATE files SET name = CAST(name AS TEXT)",
        "UPDATE files SET content = 5, size = 'x', mtime = 1.5",
        "ALTER TABLE files ADD COLUMN more",
        "CREATE TABLE others (x)",
        "CREATE TRIGGER t AFTER INSERT ON files BEGIN DELETE FROM files; END",
        "DROP TABLE files",
        "PRAGMA user_version = 9",
    ]
    for lie in lies:
        load(library, folder)
        with sqlite3.connect(folder / "facemo-1.sqlite") as index:
            index.execute(lie)
        index.close()
        assert_same(load(library, folder), expected)
        assert_same(load(library, folder), expected)


FORGED = [
    {"crc": -1},
    {"crc": 2**40},
    {"crc": "x"},
    {"crc": None, "pack": None, "slot": None},
    {"crc": None, "pack": None, "slot": None, "reason": 5},
    {"read": "x"},
    {"content": 7},
    {"pack": b"x"},
    {"pack": "facemo-1.sqlite"},
    {"slot": 1.5},
    {"slot": None},
]


@pytest.mark.parametrize("forged", FORGED)
def test_an_index_that_lies_with_a_proper_seal_is_not_believed_either(library, folder, forged):
    expected = load(library, None)
    load(library, folder)
    with sqlite3.connect(folder / "facemo-1.sqlite") as index:
        index.row_factory = sqlite3.Row
        for row in index.execute("SELECT * FROM files WHERE crc IS NOT NULL").fetchall():
            lie = {**row, **forged}
            entry = indexes.Entry(*(lie[field] for field in indexes.Entry._fields))
            key = row["settings"], row["folder"], row["name"]
            index.execute(indexes._KEEP, indexes.row_to_keep(key, entry, lie["pack"], lie["slot"]))
    index.close()
    assert_same(load(library, folder), expected)


def test_a_lost_pack_or_index_is_no_loss(library, folder):
    expected = load(library, None)
    for pattern in ("*.pixels", "*.sqlite"):
        load(library, folder)
        next(folder.glob(pattern)).unlink()
        assert_same(load(library, folder), expected)


def test_a_folder_that_cannot_be_used_is_a_warning(library, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(CacheWarning, match=r"the cache '.*file' cannot be used \(File exists\)"):
        tiles = load(library, tmp_path / "file")
    assert_same(tiles, load(library, None))
    (tmp_path / "other" / "facemo-1.sqlite").mkdir(parents=True)
    with pytest.warns(CacheWarning, match="unable to open"):
        load(library, tmp_path / "other")


def test_a_folder_that_may_only_be_read_is_read(library, folder, decoded, monkeypatch):
    load(library, folder)
    noise(np.random.default_rng(), 9, 9).save(library / "new.png")
    decoded.clear()

    def refuse(*arguments):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(cache, "FilePack", refuse)
    monkeypatch.setattr(os, "utime", refuse)
    with pytest.warns(CacheWarning, match="Permission denied"):
        tiles = load(library, folder)
    assert decoded == ["new.png"]
    assert_same(tiles, load(library, None))


@pytest.mark.parametrize("room", [0, 1, 7, 11])
def test_a_disk_that_fills_up_is_a_warning(library, folder, monkeypatch, room):
    append = FilePack.append

    def limited(pack, tiles):
        if len(pack) + len(tiles) > room:
            raise OSError(errno.ENOSPC, "No space left on device")
        append(pack, tiles)

    with monkeypatch.context() as patch:
        patch.setattr(FilePack, "append", limited)
        with pytest.warns(CacheWarning, match="No space left"):
            tiles = load(library, folder)
    assert_same(tiles, load(library, None))
    assert_same(load(library, folder), tiles)


def test_a_disk_with_too_little_room_is_left_alone(library, folder, monkeypatch):
    usage = shutil.disk_usage(library)._replace(free=12 * 8 * 8 * 3)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.warns(CacheWarning, match=r"needs 2\.5 kB, and may take half of 2\.3 kB"):
        tiles = load(library, folder)
    assert packs_in(folder) == []
    assert len(tiles) == 12


def test_interrupted_work_is_kept(library, folder, decoded):
    def interrupt(done, total):
        if done >= 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load(library, folder, progress=interrupt)
    assert len(decoded) >= 6
    decoded.clear()
    tiles = load(library, folder)
    assert len(decoded) <= 7
    assert_same(tiles, load(library, None))


def test_the_index_is_told_while_the_work_goes_on(library, folder, monkeypatch):
    monkeypatch.setattr(cache, "_EVERY", 0.0)
    known = []

    def count(done, total):
        known.append(sum(cache_info(folder).files.values()))

    load(library, folder, progress=count)
    assert known[0] < 12
    assert known[-1] >= 11


def test_a_disk_is_not_filled_with_what_is_not_used(library, folder, monkeypatch):
    for size in (8, 9, 10):
        load_tiles(library, size=size, cache=folder)
    os.utime(packs_in(folder)[1], (10, 10))
    oldest = packs_in(folder)[1]
    usage = shutil.disk_usage(library)._replace(free=3 * 12 * 11 * 11 * 3)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    load_tiles(library, size=11, cache=folder)
    assert oldest not in packs_in(folder)
    assert len(packs_in(folder)) < 4
    assert "11x11" in cache_info(folder).files


def test_abandoned_packs_are_deleted_and_young_ones_left(library, folder):
    folder.mkdir()
    young, old = (folder / f"facemo-{digit * 32}.pixels" for digit in "01")
    for path in (young, old):
        path.write_bytes(b"half a tile")
    os.utime(old, (10, 10))
    load(library, folder)
    assert young.exists()
    assert not old.exists()


def test_what_is_cleared_is_the_caches_own(library, folder):
    load(library, folder)
    (folder / "mine.txt").write_text("mine")
    assert cache_info(folder).files == {"8x8": 12}
    assert str(cache_info(folder)).endswith("12 files as tiles of 8 x 8 px")
    cleared = clear_cache(folder)
    assert cleared.nbytes > 12 * 8 * 8 * 3
    assert os.listdir(folder) == ["mine.txt"]
    assert cache_info(folder).nbytes == clear_cache(folder).nbytes == 0


def test_the_caches_own_files_are_no_tiles(library):
    expected = load(library, None)
    for folder in (library / "0" / "cache", library / "1", library):
        for _ in range(2):
            assert_same(load(library, folder), expected)
        clear_cache(folder)


def test_a_cache_is_a_folder_or_the_users_own_or_none(monkeypatch, tmp_path):
    assert cache_folder(False) is cache_folder(None) is None
    assert os.path.basename(cache_folder(True)) == "facemo"
    assert cache_folder(tmp_path) == str(tmp_path)
    with pytest.raises(InputError, match="cache must be a folder, True or False, got 5"):
        cache_folder(5)
    with pytest.raises(InputError, match="cache must be a folder"):
        cache_info(False)


def test_a_pack_that_another_process_replaced_is_found(library, folder, decoded, monkeypatch):
    load(library, folder)
    decoded.clear()
    look_up = Cache._look_up

    def interrupted(self, *arguments):
        known = look_up(self, *arguments)
        monkeypatch.setattr(Cache, "_look_up", look_up)
        noise(np.random.default_rng(), 9, 9).save(library / "new.png")
        load(library, folder)
        os.unlink(library / "new.png")
        return known

    monkeypatch.setattr(Cache, "_look_up", interrupted)
    tiles = load(library, folder)
    assert decoded == ["new.png"]
    assert_same(tiles, load(library, None))


RUN = """
import hashlib, sys, facemo
tiles = facemo.load_tiles(sys.argv[1], size=8, cache=sys.argv[2])
print(hashlib.sha256(tiles.pixels).hexdigest())
"""


def test_eight_processes_share_a_cache_though_some_are_killed(tmp_path, folder, rng):
    library = tmp_path / "library"
    library.mkdir()
    for number in range(300):
        noise(rng, 60, 60).save(library / f"{number:03}.png")
    command = [sys.executable, "-c", RUN, str(library), str(folder)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(8)]
    while not packs_in(folder):
        time.sleep(0.01)
    for run in runs[:3]:
        run.send_signal(signal.SIGKILL)
    said = [run.communicate(timeout=100)[0] for run in runs]
    assert all(run.returncode == 0 for run in runs[3:])
    assert len(set(said[3:])) == 1
    started = time.monotonic()
    tiles = load(library, folder)
    assert time.monotonic() - started < indexes._PATIENCE / 2
    assert_same(tiles, load(library, None))


def test_a_pack_that_is_finished_is_marked_so_and_no_more_readable_than_before(library, folder):
    before = os.umask(0o077)
    try:
        load(library, folder)
    finally:
        os.umask(before)
    status = packs_in(folder)[0].stat()
    assert packs.is_finished(status)
    assert status.st_mode & 0o777 == 0o400


def test_no_warning_is_given_where_all_is_well(library, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(library, folder)
        load(library, folder)


def test_checksums_are_those_of_each_tile(tile_array):
    slots = np.array([3, 0, 3])
    sums = packs.checksums(tile_array, slots)
    assert sums.tolist() == [packs.checksum(tile_array[n]) for n in slots]
    assert len(set(sums.tolist())) == 2


def test_another_file_with_the_same_size_and_times_is_seen(tmp_path, folder, rng, monkeypatch):
    stamp = cache.stamp

    def alike(path):
        return stamp(path)._replace(mtime=10**18, ctime=10**18)

    monkeypatch.setattr(indexes, "stamp", alike)
    monkeypatch.setattr(decode, "stamp", alike)
    for name in "ab":
        noise(rng, 9, 9).save(tmp_path / f"{name}.bmp")
    for name in "ab":
        link = tmp_path / "link.bmp"
        link.unlink(missing_ok=True)
        link.symlink_to(f"{name}.bmp")
        assert_same(load(link, folder), load(link, None))


@pytest.mark.filterwarnings("ignore::facemo.CacheWarning")
def test_a_pack_that_is_deleted_while_it_is_written_is_no_loss(library, folder):
    def clear(done, total):
        clear_cache(folder)

    tiles = load(library, folder, progress=clear)
    assert_same(tiles, load(library, None))
    assert_same(load(library, folder), tiles)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(library, folder):
    path = library / "0" / "empty.png"
    path.touch()
    os.utime(path, (10, 10))
    load(library, folder)
    path.unlink()
    os.mkfifo(path)
    os.utime(path, (10, 10))
    assert "not a regular file" in {file.reason for file in load(library, folder).rejected}
    for name in ("facemo-1.sqlite-journal", "facemo-1.sqlite"):
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)
        assert len(load(library, folder)) == 12


def test_the_least_used_tiles_make_room_for_new_ones(library, folder, monkeypatch):
    monkeypatch.setattr(cache, "_ABANDONED", 0)
    room = 3 * 13 * 9 * 9 * 3

    def usage(path):
        taken = sum(pack.stat().st_size for pack in packs_in(folder))
        return shutil._ntuple_diskusage(room, taken, room - taken)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    for size in (6, 7, 8, 9):
        load_tiles(library, size=size, cache=folder)
    assert list(cache_info(folder).files) == ["9x9"]


def test_packs_that_nobody_used_for_long_are_deleted(library, folder):
    load_tiles(library, size=9, cache=folder)
    os.utime(packs_in(folder)[0], (10, 10))
    load(library, folder)
    assert list(cache_info(folder).files) == ["8x8"]


@pytest.mark.parametrize("name", ["", "a\0b", "\ud800x", 5.5])
def test_what_cannot_name_a_folder_is_refused(library, name):
    with pytest.raises(InputError, match="cache must be a folder"):
        load(library, name)
