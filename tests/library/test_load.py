from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest
from helpers import noise
from PIL import Image

from facemo import machine
from facemo.errors import InputError
from facemo.library.load import load_tiles
from facemo.planning.plan import plan
from facemo.tiles import Rejected


def test_a_folder_becomes_one_tensor_in_the_order_of_its_names(photos):
    tiles = load_tiles(photos, size=8)
    assert tiles.names == ("black.png", "red.png", "sub/green.png", "white.png")
    assert tiles.pixels.shape == (4, 8, 8, 3)
    assert tiles.pixels.dtype == np.uint8
    assert tiles.pixels[:, 3, 3].tolist() == [[0] * 3, [255, 0, 0], [0, 255, 0], [255] * 3]
    assert tiles.root == str(photos)


def test_what_cannot_be_used_is_set_aside_with_a_reason(photos):
    assert load_tiles(photos).rejected == (
        Rejected("broken.jpg", "truncated"),
        Rejected("notes.txt", "not a picture"),
    )


def test_a_file_and_an_iterable_of_paths_are_sources_too(photos):
    assert load_tiles(photos / "red.png").names == ("red.png",)
    assert load_tiles(iter([photos / "white.png", str(photos / "sub")])).names == (
        "sub/green.png",
        "white.png",
    )


@pytest.mark.parametrize(("size", "expected"), [(5, (5, 5)), ((3, 9), (3, 9))])
def test_size_is_a_side_or_height_and_width(photos, size, expected):
    assert load_tiles(photos, size=size).size == expected


@pytest.mark.parametrize("size", [0, -1, 2.5, "64", (3,), (3, 0), (1, 2, 3), None])
def test_any_other_size_is_refused(photos, size):
    with pytest.raises(InputError, match="size must be"):
        load_tiles(photos, size=size)


def test_each_crop_is_kept_in_the_cache_for_itself(save_picture, tmp_path):
    image = np.full((32, 128, 3), 128, np.uint8)
    image[8:24:2, 96:] = 0  # what there is to see
    photo = save_picture(Image.fromarray(image), "x.png")
    cold, warm = (
        [
            load_tiles(photo, size=16, crop=crop, cache=tmp_path / "cache").pixels
            for crop in ("centre", "attention", "faces")
        ]
        for _ in range(2)
    )
    np.testing.assert_array_equal(cold, warm)
    assert cold[0].min() == 128
    assert cold[1].min() < 128
    np.testing.assert_array_equal(cold[1], cold[2])


def test_the_background_shows_through(save_picture):
    path = save_picture(Image.new("RGBA", (9, 9)), "clear.png")
    assert np.all(load_tiles(path, size=4, background="#0a141e").pixels == (10, 20, 30))


def test_no_usable_picture_is_an_error_that_says_why(tmp_path):
    with pytest.raises(InputError, match=r"no file in '"):
        load_tiles(tmp_path)
    (tmp_path / "notes.txt").write_text("text")
    with pytest.raises(InputError, match=r"no usable picture: '.*notes.txt' \(not a picture\)"):
        load_tiles(tmp_path)
    (tmp_path / "more.txt").write_text("text")
    with pytest.raises(InputError, match=r"no usable picture in '.*' \(2 not pictures\)"):
        load_tiles(tmp_path)


def test_progress_ends_with_every_file(photos):
    calls = []
    load_tiles(photos, progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (6, 6)


@pytest.fixture
def many(tmp_path, rng):
    for number in range(50):
        noise(rng, 20, 30).save(tmp_path / f"{number}.png")
        if number % 3 == 0:
            (tmp_path / f"{number}.txt").write_text("text")
    return tmp_path


@pytest.mark.parametrize("processors", [1, 2, 8])
def test_the_tensor_does_not_depend_on_the_number_of_threads(many, monkeypatch, processors):
    expected = load_tiles(many, size=16)
    monkeypatch.setattr("facemo.library.batches.processors", lambda: processors)
    with ThreadPoolExecutor(processors) as executor:
        for tiles in (load_tiles(many, size=16), load_tiles(many, size=16, executor=executor)):
            np.testing.assert_array_equal(tiles.pixels, expected.pixels)
            assert tiles.names == expected.names
            assert tiles.rejected == expected.rejected


def test_processes_load_the_same_tensor(many):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        tiles = load_tiles(many, size=16, executor=executor)
    np.testing.assert_array_equal(tiles.pixels, load_tiles(many, size=16).pixels)


def test_an_interrupted_load_stops(many):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_tiles(many, progress=interrupt)


def test_more_tiles_than_memory_are_refused_before_the_work(photos, monkeypatch):
    monkeypatch.setattr(machine, "free_memory", lambda: 10**6)
    with pytest.raises(InputError, match=r"6 files as tiles of 900 x 900 px needs 0\.0 GB"):
        load_tiles(photos, size=900, cache=False)


def test_a_library_beyond_memory_is_mapped_from_the_cache(many, tmp_path, monkeypatch):
    expected = load_tiles(many, size=16, cache=False)
    monkeypatch.setattr(machine, "free_memory", lambda: 1000)
    for _ in range(2):
        tiles = load_tiles(many, size=16, cache=tmp_path / "cache")
        np.testing.assert_array_equal(tiles.pixels, expected.pixels)


@pytest.fixture
def copies(tmp_path, rng):
    """Pictures a, b, c and d of which b and d are copies of a, and e nearly is."""
    image = noise(rng, 4, 4).resize((64, 64), Image.Resampling.BICUBIC)
    for name in ("a.png", "b.png", "sub/d.bmp"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        image.save(tmp_path / name)
    noise(rng, 64, 64).save(tmp_path / "c.png")
    image.save(tmp_path / "sub" / "e.jpg", quality=90)
    return tmp_path


COPIES = (("b.png", "a.png"), ("sub/d.bmp", "a.png"))
MERGED = {
    "merge": (("a.png", "c.png", "sub/e.jpg"), COPIES),
    "near": (("a.png", "c.png"), (*COPIES, ("sub/e.jpg", "a.png"))),
    "keep": (("a.png", "b.png", "c.png", "sub/d.bmp", "sub/e.jpg"), ()),
}


def test_equal_pictures_are_one_tile_and_counted(copies):
    tiles = load_tiles(copies, size=16, cache=False)
    assert (tiles.names, tiles.merged) == MERGED["merge"]
    assert len(tiles.pixels) == 3
    assert repr(tiles) == "Tiles(3 of 16 x 16 px, 2 merged)"


def test_a_plan_finds_a_tile_by_the_name_of_a_copy_too(copies):
    alone = load_tiles(copies / "b.png", size=8, cache=False)
    mosaic = plan(np.eye(3), alone, cols=3)
    again = mosaic.with_tiles(
        load_tiles([copies / "b.png", copies / "a.png"], size=16, cache=False)
    )
    assert [again.tiles.names[n] for n in np.unique(again.index)] == ["a.png"]


@pytest.mark.parametrize("order", [["merge", "near", "keep"], ["keep", "near", "merge", "keep"]])
def test_duplicates_are_treated_as_asked_whatever_was_asked_before(copies, tmp_path, order):
    for duplicates in [*order, *order]:
        expected = load_tiles(copies, size=16, duplicates=duplicates, cache=False)
        tiles = load_tiles(copies, size=16, duplicates=duplicates, cache=tmp_path / "cache")
        assert (tiles.names, tiles.merged) == MERGED[duplicates]
        np.testing.assert_array_equal(tiles.pixels, expected.pixels)


@pytest.mark.parametrize("option", ["duplicates", "truncated"])
def test_an_unknown_word_for_an_option_is_refused(photos, option):
    with pytest.raises(InputError, match=f"{option} must be one of .*, got 'some'"):
        load_tiles(photos, **{option: "some"})


def test_a_picture_that_ends_early_is_used_if_asked_for(photos):
    tiles = load_tiles(photos, truncated="keep")
    assert "broken.jpg" in tiles.names
    assert [file.reason for file in tiles.rejected] == ["not a picture"]
