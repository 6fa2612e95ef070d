from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from helpers import laid, write

from facemo.errors import InputError
from facemo.tiles import Tiles
from facemo.writers import npz
from facemo.writers.npz import load_plan

NAMES = ("a.jpg", "b/ä.png", "b/\udcff.png", "c\n.jpg", "d")


@pytest.fixture
def mosaic(rng):
    mosaic = laid(rng, rng.integers(0, 256, (5, 8, 6, 3), dtype=np.uint8), 9, 11, mirrored=0.3)
    return mosaic.with_tiles(Tiles(mosaic.tiles.pixels, tuple("01234")))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "plan.npz"


def saved(mosaic, path, **options):
    write(npz, mosaic, path)
    return path


@pytest.mark.parametrize("tint", [0.0, 0.7])
def test_a_plan_is_read_back_as_it_was(rng, path, tint):
    tiles = Tiles(rng.integers(0, 256, (5, 8, 6, 3), dtype=np.uint8), NAMES)
    mosaic = laid(rng, tiles.pixels, 9, 11, mirrored=0.3, tint=tint)
    again = load_plan(saved(mosaic.with_tiles(Tiles(tiles.pixels)), path), tiles.pixels)
    np.testing.assert_array_equal(again, mosaic)
    assert again.tint == tint


def test_tiles_are_found_by_their_names_however_they_are_ordered(rng, path):
    pixels = rng.integers(0, 256, (5, 8, 6, 3), dtype=np.uint8)
    mosaic = laid(rng, pixels, 9, 11)
    named = type(mosaic)(Tiles(pixels, NAMES), mosaic.index, mosaic.colors)
    order = [3, 1, 4, 0, 2]
    shuffled = Tiles(pixels[order], tuple(NAMES[n] for n in order))
    np.testing.assert_array_equal(load_plan(saved(named, path), shuffled), named)


def test_the_same_plan_may_be_drawn_of_larger_tiles(mosaic, path):
    large = np.repeat(np.repeat(mosaic.tiles.pixels, 3, axis=1), 3, axis=2)
    again = load_plan(saved(mosaic, path), large)
    np.testing.assert_array_equal(again[1::3, 1::3], mosaic)


def test_tiles_that_are_missing_are_named(mosaic, path):
    saved(mosaic, path)
    few = Tiles(mosaic.tiles.pixels[:2], ("0", "x"))
    with pytest.raises(InputError, match=r"4 of the 5 .* missing: '1', '2', '3' and 1 more"):
        load_plan(path, few)


def test_only_the_tiles_that_are_used_need_to_be_there(rng, path):
    pixels = rng.integers(0, 256, (5, 8, 6, 3), dtype=np.uint8)
    mosaic = laid(rng, pixels[:1], 3, 3)
    again = load_plan(saved(mosaic, path), Tiles(pixels[:2], ("0", "other")))
    np.testing.assert_array_equal(again, mosaic)


def arrays_of(path):
    with np.load(path) as file:
        return dict(file)


def test_names_of_nothing_but_separators_cost_no_memory(mosaic, path):
    arrays = arrays_of(saved(mosaic, path))
    np.savez_compressed(path, **{**arrays, "names": np.zeros(10**8, np.uint8)})
    with pytest.raises(InputError, match="its index and its names do not fit"):
        load_plan(path, mosaic.tiles)


DAMAGE = {
    "version": np.uint8(9),
    "index": np.full((9, 11), 200, np.uint8),
    "colors": np.zeros((9, 11, 4), np.uint8),
    "mirrored": np.zeros((9, 11), np.uint8),
    "tint": np.float64(3),
    "names": np.frombuffer(b"\xff\0a", np.uint8),
}
STRANGE = [
    ("names", np.array(["a", "b"])),
    ("names", np.zeros(3, "u1,u1")),
    ("names", np.zeros((2, 2), np.uint8)),
    ("tint", np.array("abc")),
    ("tint", np.zeros(3)),
    ("version", np.array([1, 1], np.uint8)),
    ("version", np.array("1\x1b[31m\n")),
    ("index", np.zeros((0, 3), np.uint8)),
    ("index", np.zeros((2, 3), np.int64)),
]


@pytest.mark.parametrize(("name", "array"), STRANGE)
def test_an_array_of_another_kind_is_no_plan(mosaic, path, name, array):
    arrays = arrays_of(saved(mosaic, path))
    np.savez(path, **{**arrays, name: array})
    with pytest.raises(InputError, match="damaged") as error:
        load_plan(path, mosaic.tiles)
    assert str(error.value).isprintable()


@pytest.mark.parametrize("header", ['("', "'''", "  x\n y", "{'descr': '|V0'}", "\x00"])
def test_a_header_of_any_text_is_no_plan(mosaic, path, header):
    arrays = arrays_of(saved(mosaic, path))
    np.savez(path, **{key: value for key, value in arrays.items() if key != "index"})
    with zipfile.ZipFile(path, "a") as archive:
        length = len(header).to_bytes(2, "little")
        archive.writestr("index.npy", b"\x93NUMPY\x01\x00" + length + header.encode())
    with pytest.raises(InputError, match="not a plan of facemo's"):
        load_plan(path, mosaic.tiles)


@pytest.mark.parametrize("name", [".", "a" * 300, "plan.npz/x"])
def test_a_path_that_is_no_file_is_an_error_in_one_line(mosaic, path, name, monkeypatch):
    monkeypatch.chdir(saved(mosaic, path).parent)
    with pytest.raises(InputError, match=r"plan '.*': "):
        load_plan(name, mosaic.tiles)


@pytest.mark.parametrize("name", DAMAGE)
def test_a_plan_with_a_wrong_array_is_an_error_in_one_line(mosaic, path, name):
    arrays = arrays_of(saved(mosaic, path))
    np.savez(path, **{**arrays, name: DAMAGE[name]})
    with pytest.raises(InputError, match=r"plan '.*npz'|missing") as error:
        load_plan(path, mosaic.tiles)
    assert "\n" not in str(error.value)
    np.savez(path, **{key: value for key, value in arrays.items() if key != name})
    with pytest.raises(InputError, match="not a plan of facemo's"):
        load_plan(path, mosaic.tiles)


def test_pickled_objects_are_never_loaded(mosaic, path, tmp_path):
    arrays = arrays_of(saved(mosaic, path))
    np.savez(path, **{**arrays, "tint": np.array([object()], dtype=object)})
    with pytest.raises(InputError, match="not a plan of facemo's"):
        load_plan(path, mosaic.tiles)


def test_a_header_that_claims_terabytes_is_no_plan(mosaic, path):
    arrays = arrays_of(saved(mosaic, path))
    claim = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": (10**7, 10**7)}
    np.lib.format.write_array_header_1_0(claim, header)
    np.savez(path, **{key: value for key, value in arrays.items() if key != "index"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("index.npy", claim.getvalue() + b"\0" * 100)
    with pytest.raises(InputError, match="not a plan of facemo's"):
        load_plan(path, mosaic.tiles)


@pytest.mark.parametrize("flip", range(0, 600, 37))
def test_a_damaged_file_is_an_error_or_the_same_plan(mosaic, path, flip):
    data = bytearray(saved(mosaic, path).read_bytes())
    data[flip] ^= 0x55
    path.write_bytes(data)
    try:
        again = load_plan(path, mosaic.tiles)
    except InputError:
        return
    np.testing.assert_array_equal(again, mosaic)


def test_a_file_that_is_cut_off_or_missing_is_an_error(mosaic, path):
    path.write_bytes(saved(mosaic, path).read_bytes()[:-100])
    with pytest.raises(InputError, match="not a plan of facemo's"):
        load_plan(path, mosaic.tiles)
    with pytest.raises(InputError, match="No such file"):
        load_plan("nowhere.npz", mosaic.tiles)
