from __future__ import annotations

import io
import os
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from helpers import holed, laid, placed, write

from facemo.drawing.draw import blocks
from facemo.drawing.mosaic import Mosaic
from facemo.drawing.variants import Variants
from facemo.errors import InputError
from facemo.tiles import Tiles
from facemo.writers import npz
from facemo.writers.npz import load_plan

NAMES = ("a.jpg", "b/ä.png", "b/\udcff.png", "c\n.jpg", "d")


@pytest.fixture
def mosaic(rng):
    """Nine by eleven cells of five tiles, half of whose ten variants are recoloured."""
    tiles = Tiles(rng.integers(0, 256, (5, 8, 6, 3), dtype=np.uint8), tuple("01234"))
    tile, mean = np.repeat(np.arange(5, dtype=np.int32), 2), np.full((10, 3), np.nan, np.float32)
    mean[1::2] = rng.random((5, 3)) * 255
    ramp = np.zeros((10, 4), np.int8)
    ramp[3::4] = [[-120, 9, 0, 0], [127, 0, -3, 90]]
    cells = rng.permutation(99).astype(np.int32).reshape(9, 11) % 10
    colors = rng.integers(0, 256, (9, 11, 3), dtype=np.uint8)
    mirrored, muted = rng.random(10) < 0.5, rng.random(10, np.float32)
    return Mosaic(tiles, Variants(tile, mirrored, mean, ramp, muted), cells, colors)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "plan.npz"


def saved(mosaic, path, **options):
    write(npz, mosaic, path)
    return path


@pytest.mark.parametrize("kind", ["plain", "recoloured", "shared"])
def test_a_plan_is_read_back_as_it_was(rng, lay, path, kind):
    mosaic = lay(kind, rng.integers(0, 256, (5, 8, 6, 3), dtype=np.uint8), 9, 11)
    check_same(load_plan(saved(mosaic, path), mosaic.tiles), mosaic)


def test_a_plan_of_which_some_is_recoloured_is_read_back_as_it_was(mosaic, path):
    again = load_plan(saved(mosaic, path), mosaic.tiles)
    check_same(again, mosaic)
    assert again.variants.recoloured.tolist() == [False, True] * 5


def test_empty_cells_stay_empty(rng, path):
    tiles = Tiles(rng.integers(0, 256, (5, 8, 6, 3), dtype=np.uint8), NAMES)
    mosaic = holed(rng, tiles.pixels, 9, 11, tint=0.5, background=(1, 2, 3))
    mosaic = replace(mosaic, tiles=tiles)
    again = load_plan(saved(mosaic, path), tiles)
    check_same(again, mosaic)
    np.testing.assert_array_equal(again.index, mosaic.index)
    assert again.background == (1, 2, 3)
    assert len(arrays_of(path)["names"].tobytes().split(b"\0")) == len(mosaic.variants.tiles)


def test_in_a_plan_of_version_4_all_that_is_recoloured_is_muted_in_full(mosaic, path):
    full = replace(mosaic, variants=replace(mosaic.variants, muted=None))
    altered(saved(mosaic, path), version=np.uint8(4), muted=None)
    check_same(load_plan(path, mosaic.tiles), full)


def test_the_light_of_a_plan_of_version_3_rises_and_does_not_bend(mosaic, path):
    ramp = mosaic.variants.ramp * np.int8([1, 1, 0, 0])
    unbent = replace(mosaic, variants=replace(mosaic.variants, ramp=ramp, muted=None))
    altered(saved(unbent, path), version=np.uint8(3), ramp=ramp[:, :2], muted=None)
    check_same(load_plan(path, mosaic.tiles), unbent)


def test_a_plan_of_version_2_is_one_without_ramps_and_empty_cells(mosaic, path):
    level = replace(mosaic, variants=replace(mosaic.variants, ramp=None, muted=None))
    later = {"background": None, "ramp": None, "print": None, "muted": None}
    altered(saved(level, path), version=np.uint8(2), **later)
    check_same(load_plan(path, mosaic.tiles), level)
    altered(path, tile=np.full(10, 5, np.uint8), mean=np.full((10, 3), np.nan, np.float32))
    refused(path, mosaic.tiles, "its tiles and its names do not fit")


def test_a_plan_of_a_print_stays_one(mosaic, path):
    printed = replace(mosaic, view="print")
    again = load_plan(saved(printed, path), mosaic.tiles)
    assert again.view == "print"
    np.testing.assert_array_equal(again, printed)


def test_a_plan_of_nothing_but_empty_cells_is_damaged(mosaic, path):
    nothing = {"tile": np.uint8([5]), "mirrored": np.zeros(1, bool)}
    mean, cells = np.full((1, 3), np.nan, np.float32), np.zeros((9, 11), np.uint8)
    altered(saved(mosaic, path), mean=mean, cells=cells, **nothing)
    refused(path, mosaic.tiles, "is damaged")


def check_same(again, mosaic):
    np.testing.assert_array_equal(again, mosaic)
    np.testing.assert_array_equal(again.cells, mosaic.cells)
    np.testing.assert_array_equal(again.colors, mosaic.colors)
    np.testing.assert_array_equal(again.variants.mean, mosaic.variants.mean)
    np.testing.assert_array_equal(again.variants.ramp, mosaic.variants.ramp)
    np.testing.assert_array_equal(again.variants.muted, mosaic.variants.muted)
    assert again.tint == mosaic.tint


@pytest.mark.parametrize(("count", "dtype"), [(256, np.uint8), (257, np.uint16), (70_000, "<u4")])
def test_numbers_take_as_few_bytes_as_hold_them(path, count, dtype):
    tiles = np.zeros((1, 1, 1, 3), np.uint8)
    mean = np.zeros((count, 3), np.float32)
    cells = np.arange(count, dtype=np.int32).reshape(-1, 1)
    variants = Variants(np.zeros(count, np.int32), mean=mean)
    mosaic = Mosaic(tiles, variants, cells, np.zeros((count, 1, 3), np.uint8))
    assert arrays_of(saved(mosaic, path))["cells"].dtype == dtype
    np.testing.assert_array_equal(load_plan(path, tiles).cells, cells)


def test_tiles_are_found_by_their_names_however_they_are_ordered(rng, path):
    pixels = rng.integers(0, 256, (5, 8, 6, 3), dtype=np.uint8)
    named = placed(Tiles(pixels, NAMES), rng.integers(0, 5, (9, 11)))
    order = [3, 1, 4, 0, 2]
    shuffled = Tiles(pixels[order], tuple(NAMES[n] for n in order))
    np.testing.assert_array_equal(load_plan(saved(named, path), shuffled), named)


def test_the_same_plan_may_be_drawn_of_larger_tiles(mosaic, path):
    large = np.repeat(np.repeat(mosaic.tiles.pixels, 3, axis=1), 3, axis=2)
    again = load_plan(saved(mosaic, path), large)
    assert again.variants.recoloured.any()
    # To where light runs across a tile, offsets are found of its pixels, as near as is enough.
    apart = np.abs(again[1::3, 1::3].astype(int) - np.asarray(mosaic))
    assert (apart.max(), apart.mean() < 0.05) == (1, True)


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


def altered(path, **arrays):
    """A plan with some of its arrays replaced; those that are None are left out."""
    arrays = {**arrays_of(path), **arrays}
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})


def refused(path, tiles, wanted):
    """Assert that a plan is refused in one line, which names it."""
    with pytest.raises(InputError, match=wanted) as error:
        load_plan(path, tiles)
    assert str(error.value).startswith(f"plan '{path}' ")
    assert str(error.value).isprintable()


def test_names_of_nothing_but_separators_cost_no_memory(mosaic, path):
    arrays = arrays_of(saved(mosaic, path))
    np.savez_compressed(path, **{**arrays, "names": np.zeros(10**8, np.uint8)})
    refused(path, mosaic.tiles, "its tiles and its names do not fit")


def test_cells_of_variants_that_are_not_there_cost_no_memory(mosaic, path, monkeypatch):
    altered(saved(mosaic, path), cells=np.full((9, 11), 2**32 - 1, np.uint32))
    monkeypatch.setattr(npz, "numbered", lambda *_: pytest.fail("of four billion variants"))
    refused(path, mosaic.tiles, "its variants and its cells do not fit")


MEAN = np.full((10, 3), 99, np.float32)


def test_a_version_that_is_an_array_of_gigabytes_is_never_read(mosaic, path, monkeypatch):
    saved(mosaic, path)
    altered(path, version=np.zeros(1 << 20, np.uint8))
    monkeypatch.setattr(npz, "_array", lambda *args: pytest.fail("it was read"))
    with pytest.raises(InputError, match="is not a plan of facemo's, or damaged"):
        load_plan(path, mosaic.tiles)


def mean_with(value):
    mean = MEAN.copy()
    mean[4, 1] = value
    return mean


def test_a_plan_of_an_earlier_edition_is_drawn_by_the_present_one(mosaic, path):
    altered(saved(mosaic, path), edition=np.uint8(1))
    np.testing.assert_array_equal(load_plan(path, mosaic.tiles), mosaic)


# What does not fit together, and what is said of it.
DAMAGE = [
    ("version", np.uint8(9), "is of version 9, facemo reads 1 to 5"),
    ("version", np.uint8(0), "is of version 0, facemo reads 1 to 5"),
    ("edition", np.uint8(9), "recolours tiles by edition 9, facemo knows 1 to 3"),
    ("edition", np.uint8(0), "recolours tiles by edition 0, facemo knows 1 to 3"),
    ("cells", np.full((9, 11), 200, np.uint8), "variants and its cells do not fit"),
    ("cells", np.arange(99, dtype=np.uint8).reshape(9, 11) % 9, "variants and its cells do not"),
    ("cells", np.arange(99, dtype=np.uint8).reshape(9, 11) % 11, "variants and its cells do not"),
    ("cells", np.arange(90, dtype=np.uint8).reshape(9, 10) % 10, "colors must be"),
    ("cells", np.zeros((0, 3), np.uint8), "variants and its cells do not fit"),
    ("tile", np.full(10, 5, np.uint8), "a variant without a tile, -1, can be neither"),
    ("tile", np.full(10, 6, np.uint8), "tiles and its names do not fit"),
    ("background", np.zeros(4, np.uint8), "its background is no colour"),
    ("background", np.zeros(0, np.uint8), "its background is no colour"),
    ("tile", np.full(10, 2**32 - 1, np.uint32), "tiles and its names do not fit"),
    ("tile", np.zeros(9, np.uint8), "variants and its cells do not fit"),
    ("tile", np.zeros(11, np.uint8), "variants and its cells do not fit"),
    ("tile", np.zeros(0, np.uint8), "tiles and its names do not fit"),
    ("mirrored", np.zeros(9, bool), "mirrored must be"),
    ("mean", MEAN[:9], "mean must be"),
    ("mean", MEAN[:, :2], "mean must be"),
    ("mean", mean_with(np.nan), "mean must be values from 0 to 255, or three times not a number"),
    ("mean", mean_with(np.inf), "mean must be values from 0 to 255"),
    ("mean", mean_with(-0.01), "mean must be values from 0 to 255"),
    ("mean", mean_with(255.1), "mean must be values from 0 to 255"),
    ("muted", np.ones(9, "<f4"), "muted must be"),
    ("muted", np.full(10, np.nan, "<f4"), "muted must be numbers from 0 to 1"),
    ("muted", np.full(10, 1.5, "<f4"), "muted must be numbers from 0 to 1"),
    ("colors", np.zeros((9, 11, 4), np.uint8), "colors must be"),
    ("colors", np.zeros((11, 9, 3), np.uint8), "colors must be"),
    ("names", np.frombuffer(b"0\0\xff\0002\0003\0004", np.uint8), "its names are no text"),
    ("names", np.frombuffer(b"0\0001", np.uint8), "tiles and its names do not fit"),
]


@pytest.mark.parametrize(("name", "array", "said"), DAMAGE)
def test_a_plan_that_does_not_fit_together_is_an_error_in_one_line(mosaic, path, name, array, said):
    altered(saved(mosaic, path), **{name: array})
    refused(path, mosaic.tiles, said)


# Arrays of another kind than they are, of either version: of another type, or of other axes.
STRANGE = [
    ("version", np.array([1, 1], np.uint8)),
    ("version", np.array("1\x1b[31m\n")),
    ("version", np.int64(2)),
    ("edition", np.array([1], np.uint8)),
    ("edition", np.float64(1)),
    ("cells", np.zeros((9, 11), np.int32)),
    ("cells", np.zeros((9, 11), ">u2")),
    ("cells", np.zeros(99, np.uint8)),
    ("tile", np.zeros(10, np.int64)),
    ("tile", np.zeros((10, 1), np.uint8)),
    ("mirrored", np.zeros(10, np.uint8)),
    ("mirrored", np.zeros((9, 11), bool)),
    ("mean", MEAN.astype(np.float64)),
    ("mean", MEAN.astype(">f4")),
    ("mean", MEAN[0]),
    ("colors", np.zeros((9, 11, 3), np.float32)),
    ("names", np.array(["a", "b"])),
    ("names", np.zeros(3, "u1,u1")),
    ("names", np.zeros((2, 2), np.uint8)),
    ("index", np.zeros((9, 11), np.int64)),
    ("tint", np.array("abc")),
    ("tint", np.zeros(3)),
]


@pytest.mark.parametrize(("name", "array"), STRANGE)
def test_an_array_of_another_kind_is_no_plan(mosaic, path, name, array):
    save = first_saved if name in FIRST else saved
    altered(save(mosaic, path), **{name: array})
    refused(path, mosaic.tiles, "is not a plan of facemo's, or damaged")


MEMBERS = [
    "version",
    "edition",
    "cells",
    "tile",
    "mirrored",
    "mean",
    "ramp",
    "muted",
    "colors",
    "background",
    "print",
    "names",
]


@pytest.mark.parametrize("name", MEMBERS)
def test_a_plan_without_one_of_its_arrays_is_none(mosaic, path, name):
    assert sorted(arrays_of(saved(mosaic, path))) == sorted(MEMBERS)
    altered(path, **{name: None})
    refused(path, mosaic.tiles, "is not a plan of facemo's, or damaged")


@pytest.mark.parametrize("name", MEMBERS)
def test_pickled_objects_are_never_loaded(mosaic, path, tmp_path, name):
    altered(saved(mosaic, path), **{name: np.array(Trap(tmp_path / "sprung"), dtype=object)})
    refused(path, mosaic.tiles, "is not a plan of facemo's, or damaged")
    assert not (tmp_path / "sprung").exists()
    np.load(path, allow_pickle=True)[name]
    assert (tmp_path / "sprung").exists()


class Trap:
    """What leaves a folder behind when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("header", ['("', "'''", "  x\n y", "{'descr': '|V0'}", "\x00"])
def test_a_header_of_any_text_is_no_plan(mosaic, path, header):
    altered(saved(mosaic, path), cells=None)
    with zipfile.ZipFile(path, "a") as archive:
        length = len(header).to_bytes(2, "little")
        archive.writestr("cells.npy", b"\x93NUMPY\x01\x00" + length + header.encode())
    refused(path, mosaic.tiles, "not a plan of facemo's")


def test_a_header_that_claims_terabytes_is_no_plan(mosaic, path):
    claim = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": (10**7, 10**7)}
    np.lib.format.write_array_header_1_0(claim, header)
    altered(saved(mosaic, path), cells=None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("cells.npy", claim.getvalue() + b"\0" * 100)
    refused(path, mosaic.tiles, "not a plan of facemo's")


@pytest.mark.parametrize("name", [".", "a" * 300, "plan.npz/x"])
def test_a_path_that_is_no_file_is_an_error_in_one_line(mosaic, path, name, monkeypatch):
    monkeypatch.chdir(saved(mosaic, path).parent)
    with pytest.raises(InputError, match=r"plan '.*': "):
        load_plan(name, mosaic.tiles)


# Plans of version 1, which had a tile, a mirror and a colour for each cell, and one tint for all.

FIRST = ("index", "tint")


def first_saved(mosaic, path, **arrays):
    """Write a plan of version 1 of a mosaic's tiles, with some of its arrays replaced."""
    arrays = {
        "version": np.uint8(1),
        "index": mosaic.index.astype(np.uint8),
        "mirrored": mosaic.mirrored,
        "tint": np.float64(0.7),
        "colors": mosaic.colors,
        "names": np.frombuffer("\0".join(mosaic.tiles.names).encode(), np.uint8),
        **arrays,
    }
    np.savez_compressed(
        path, **{name: array for name, array in arrays.items() if array is not None}
    )
    return path


@pytest.mark.parametrize("tint", [0.0, 0.7, 1.0])
def test_a_plan_of_version_1_is_laid_as_it_says(mosaic, path, tint):
    again = load_plan(first_saved(mosaic, path, tint=np.float64(tint)), mosaic.tiles)
    np.testing.assert_array_equal(again.index, mosaic.index)
    np.testing.assert_array_equal(again.mirrored, mosaic.mirrored)
    np.testing.assert_array_equal(again.colors, mosaic.colors)
    assert again.mirrored.any()
    means = mosaic.tiles.pixels.mean(axis=(1, 2))[mosaic.index]
    wanted = means + tint * (mosaic.colors - means)
    assert np.abs(blocks(again.layout, 1)[again.cells][:, :, 0, 0] - wanted).max() < 1
    assert again.tint == pytest.approx(tint, abs=1e-6)
    wanted = placed(mosaic.tiles, mosaic.index, mosaic.colors, mosaic.mirrored, tint)
    full = replace(wanted.variants, muted=None)
    np.testing.assert_array_equal(again, replace(wanted, variants=full))


def test_a_plan_of_version_1_finds_its_tiles_by_name_and_is_saved_as_version_5(mosaic, path):
    order = [3, 1, 4, 0, 2]
    shuffled = Tiles(mosaic.tiles.pixels[order], tuple("31402"))
    first = load_plan(first_saved(mosaic, path), shuffled)
    np.testing.assert_array_equal(first, load_plan(path, mosaic.tiles))
    assert arrays_of(saved(first, path))["version"] == 5
    np.testing.assert_array_equal(load_plan(path, mosaic.tiles), first)


FIRST_DAMAGE = [
    ("index", np.full((9, 11), 200, np.uint8), "tiles and its names do not fit"),
    ("index", np.zeros((0, 3), np.uint8), "tiles and its names do not fit"),
    ("mirrored", np.zeros((11, 9), bool), "its arrays do not fit"),
    ("colors", np.zeros((9, 11, 4), np.uint8), "its arrays do not fit"),
    ("tint", np.float64(3), "tint must be"),
    ("tint", np.float64(np.nan), "tint must be"),
    ("names", np.frombuffer(b"0\0\xff\0002\0003\0004", np.uint8), "its names are no text"),
    *((name, None, "is not a plan") for name in ("index", "mirrored", "tint", "colors", "names")),
]


@pytest.mark.parametrize(("name", "array", "said"), FIRST_DAMAGE)
def test_a_damaged_plan_of_version_1_is_an_error_in_one_line(mosaic, path, name, array, said):
    first_saved(mosaic, path, **{name: array})
    refused(path, mosaic.tiles, said)


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
