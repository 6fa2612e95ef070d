"""A library as people have it: what is taken of it, what is not, and that nothing is forgotten."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from helpers import encoded, noise
from PIL import Image

from facemo import plan
from facemo.cli import main
from facemo.errors import InputError
from facemo.library import batches, stamps
from facemo.library import index as indexes
from facemo.library.load import load_tiles
from facemo.options import Loading, Planning
from facemo.planning.names import Names
from facemo.reports.summary import summary

YEARS = range(2000, 2012)


def photo(rng, year=None, rating=None, name="JPEG", size=(20, 30)):
    data = Image.Exif()
    if rating is not None:
        data[0x4746] = rating
    if year is not None:
        data[0x8769] = {0x9003: f"{year}:05:31 12:30:00"}
    return encoded(noise(rng, *size), name, exif=data)


@pytest.fixture
def library(tmp_path, rng):
    """Photos of twelve years, rated 0 to 5; and all that lies among photos on people's disks."""
    folder = tmp_path / "library"
    files = {f"{year}/IMG_{year}.jpg": photo(rng, year, rating=year % 6) for year in YEARS}
    files |= {f"undated/{n}.jpg": photo(rng) for n in range(3)}
    files["undated/copy of 0.jpg"] = files["undated/0.jpg"]
    files["screen.png"] = encoded(Image.new("RGB", (750, 1334), "red"), "PNG")
    files["torn.jpg"] = files["2001/IMG_2001.jpg"][:700]
    files["IMG_1.HEIC"] = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    files["notes.txt"] = b"text"
    deleted = (
        ".Trash-1000/files/1.jpg",
        ".trashed-17-2.jpg",
        "$RECYCLE.BIN/3.jpg",
        ".hidden/4.jpg",
    )
    files |= {name: photo(rng, 2005, rating=5) for name in (*deleted, "2001/.thumbnails/5.jpg")}
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.fixture
def decoded(monkeypatch):
    """The names of the files that are opened from now on."""
    monkeypatch.setattr(stamps, "_DOUBT", 0)  # or they would be copies
    names = []
    read = batches.read_picture

    def counting(path, *arguments, **options):
        names.append(os.path.basename(path))
        return read(path, *arguments, **options)

    monkeypatch.setattr(batches, "read_picture", counting)
    return names


def assert_same(tiles, others):
    np.testing.assert_array_equal(tiles.pixels, others.pixels)
    for name in ("names", "rejected", "merged", "left_out", "facts"):
        assert getattr(tiles, name) == getattr(others, name)


def load(library, cache=False, **options):
    return load_tiles(library, size=8, cache=cache, **options)


ASKED = {
    "nothing": {},
    "all": {"hidden": True},
    "dates": {"since": 2003, "until": "2008-04"},
    "stars": {"min_rating": 3},
    "names": {"only": ["IMG_*", "0.jpg"]},
    "no screenshots": {"screenshots": False},
    "where": {"where": ["rating:2", "until:2008", "IMG_*", "20*/*"]},
    "much": {"since": 2002, "min_rating": 2, "screenshots": False, "only": ["200*/*", "*.txt"]},
}


@pytest.mark.parametrize("options", ASKED.values(), ids=ASKED.keys())
def test_every_file_is_accounted_for(library, options):
    tiles = load(library, **options)
    files = sum(len(names) for _, _, names in os.walk(library))
    left_out = sum(count for _, count in tiles.left_out)
    assert files == len(tiles) + len(tiles.merged) + len(tiles.rejected) + left_out


def test_nobody_who_was_deleted_is_in_the_picture(library):
    tiles = load(library)
    assert len(tiles) == 16
    assert not any(name.startswith((".", "$")) or "/." in name for name in tiles.names)
    assert dict(tiles.left_out) == {"in a trash": 3, "hidden": 1, "in programs' caches": 1}
    assert len(load(library, hidden=True)) == 21


@pytest.mark.parametrize(
    ("options", "years", "left_out"),
    [
        ({"since": 2009}, (2009, 2010, 2011), {"taken before 2009": 9, "without a date": 5}),
        ({"until": "2001-05"}, (2000, 2001), {"taken after 2001-05": 10, "without a date": 5}),
        ({"min_rating": 5}, (2003, 2009), {"rated below 5": 8, "not rated": 7}),
        ({"only": "IMG_200[01]*"}, (2000, 2001), {"of other names": 18}),
        (
            {"where": ["rating:5", "until:2008", "20??/"]},
            (2003,),
            {"not like '20??/'": 8, "rated below 5": 7, "taken after 2008": 3, "not rated": 1},
        ),
    ],
)
def test_photos_are_chosen_by_what_their_files_say(library, options, years, left_out):
    tiles = load(library, **options)
    assert tiles.names == tuple(f"{year}/IMG_{year}.jpg" for year in years)
    assert left_out.items() <= dict(tiles.left_out).items()


@pytest.mark.parametrize("cached", [False, True])
def test_names_count_where_files_say_nothing(tmp_path, rng, cached):
    folder = tmp_path / "phone"
    folder.mkdir()
    for name in ("IMG-20230501-WA0001.jpg", "IMG-20190501-WA0001.jpg", "Screenshot_1.jpg"):
        (folder / name).write_bytes(photo(rng))
    cache = tmp_path / "cache" if cached else False
    for _ in range(2):
        later = load_tiles(folder, size=4, since=2020, cache=cache)
        assert later.names == ("IMG-20230501-WA0001.jpg",)
        assert dict(later.left_out) == {"taken before 2020": 1, "without a date": 1}
        assert len(load_tiles(folder, size=4, screenshots=False, cache=cache)) == 2


def test_screenshots_stay_out_where_they_are_not_wanted(library):
    assert "screen.png" in load(library).names
    tiles = load(library, screenshots=False)
    assert "screen.png" not in tiles.names
    assert ("a screenshot", 1) in tiles.left_out
    assert len(tiles) == 15


def test_what_says_nothing_is_not_taken_for_a_broken_file(library):
    broken = {os.path.basename(file.path) for file in load(library, since=2009).rejected}
    assert broken == {"IMG_1.HEIC", "notes.txt", "torn.jpg"}


@pytest.mark.parametrize("options", ASKED.values(), ids=ASKED.keys())
def test_a_warm_run_chooses_the_same_and_decodes_nothing(library, tmp_path, decoded, options):
    plain = load(library, **options)
    load(library, tmp_path / "all")
    for cache in ("all", "own"):
        assert_same(load(library, tmp_path / cache, **options), plain)
        decoded.clear()
        assert_same(load(library, tmp_path / cache, **options), plain)
        assert decoded == []


def test_what_is_left_out_is_decoded_when_it_is_asked_for(library, tmp_path, decoded):
    load(library, tmp_path / "cache", since=2009)
    decoded.clear()
    assert_same(load(library, tmp_path / "cache"), load(library))


def test_names_are_looked_at_before_anything_is_opened(library, decoded):
    load(library, only=["IMG_2001.jpg"])
    assert decoded == ["IMG_2001.jpg"]


def test_processes_choose_the_same(library):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        options = {"since": 2003, "min_rating": 2}
        assert_same(load(library, executor=executor, **options), load(library, **options))


@pytest.mark.parametrize("lie", [5, "2030", "2005-05-31T12:30:00;9;", None, b";;"])
def test_facts_that_cannot_be_are_not_believed(library, tmp_path, lie):
    expected = load(library, since=2003)
    cache = tmp_path / "cache"
    load(library, cache)
    with sqlite3.connect(cache / "facemo-1.sqlite") as index:
        index.row_factory = sqlite3.Row
        for row in index.execute("SELECT * FROM files WHERE crc IS NOT NULL").fetchall():
            forged = {**row, "facts": lie}
            entry = indexes.Entry(*(forged[field] for field in indexes.Entry._fields))
            key = row["settings"], row["folder"], row["name"]
            kept = indexes.row_to_keep(key, entry, row["pack"], row["slot"])
            index.execute(indexes._KEEP, kept)
    index.close()
    assert_same(load(library, cache, since=2003), expected)


def test_filters_that_leave_nothing_say_which_of_them_took_how_many(library):
    with pytest.raises(InputError) as refused:
        load(library, since=2011, min_rating=5, only=["IMG_*"])
    message = str(refused.value)
    assert message.startswith("no picture is left in '")
    for part in ("in a trash", "11 taken before 2011", "1 rated below 5", "7 of other names"):
        assert part in message
    with pytest.raises(InputError, match=r"no picture .* 12 not like 'aunt\*', 8 of other names"):
        load(library, only="2*/*", where=["since:2011", "rating:5", "aunt*"])


def test_a_folder_of_nothing_but_hidden_files_says_so(tmp_path):
    (tmp_path / ".hidden").mkdir()
    (tmp_path / ".hidden" / "1.jpg").write_text("")
    with pytest.raises(InputError, match=r"no picture is left in .*: 1 file left out: 1 hidden$"):
        load_tiles(tmp_path)


def test_the_summary_says_in_one_line_what_was_left_out(library):
    mosaic = plan(np.zeros((8, 8)), load(library, since=2009), cols=2)
    line = summary(mosaic, Planning()).splitlines()[-1]
    assert line == (
        "19 files left out: 9 taken before 2009, 5 without a date, 3 in a trash, 1 hidden, "
        "1 in programs' caches"
    )
    quiet = plan(np.zeros((8, 8)), load(library / "2001" / "IMG_2001.jpg"), cols=2)
    assert "left out" not in summary(quiet, Planning())


def test_photos_are_excluded_and_included_by_what_they_say(library):
    tiles = load(library)
    names = Names(tiles)
    early = [tiles.names[n] for n in names.meant("until:2001")]
    assert early == ["2000/IMG_2000.jpg", "2001/IMG_2001.jpg"]
    assert [tiles.names[n] for n in names.meant("rating:5")] == [
        "2003/IMG_2003.jpg",
        "2009/IMG_2009.jpg",
    ]
    with pytest.raises(InputError, match="no photo says so of itself: 'since:2030'"):
        names.meant("since:2030")
    mosaic = plan(np.zeros((8, 8)), tiles, cols=8, exclude=["until:2010"])
    assert not {*mosaic.variants.tiles.tolist()} & {*names.meant("until:2010").tolist()}


def test_the_command_takes_all_of_it(library, tmp_path, capsys):
    out = tmp_path / "out.png"
    target = tmp_path / "target.png"
    Image.new("RGB", (8, 8)).save(target)
    options = "--cols 2 --tile 8 --no-cache --no-screenshots --hidden --since 2002 --until 2005"
    options += " --where *.jpg --where since:2003 --only *.jpg"
    arguments = [str(target), str(library), "-o", str(out), *options.split()]
    assert main([*arguments, "--min-rating", "3"]) == 0
    assert "rated below 3" in capsys.readouterr().out
    assert main([*arguments, "--since", "May"]) == 2
    assert "wanted a date as 2020, 2020-05, " in capsys.readouterr().err
    assert main([*arguments, "--where", "rating:many"]) == 2
    assert "where: rating must be a whole number" in capsys.readouterr().err


def test_screenshots_are_taken_by_default():
    assert Loading().screenshots
