from __future__ import annotations

import os
import shutil

import imageio.v3 as iio
import numpy as np
import pytest
from helpers import holed, placed
from PIL import Image

from facemo import machine
from facemo.errors import InputError
from facemo.library.load import load_tiles
from facemo.planning.plan import plan
from facemo.tiles import Tiles
from facemo.writers.preflight import preflight, tile_side
from facemo.writers.registry import suffixes
from facemo.writers.save import save


@pytest.fixture
def mosaic(rng):
    tiles = np.repeat(rng.integers(0, 256, (9, 16, 8, 1), dtype=np.uint8), 3, axis=3)
    return plan(rng.random((40, 40, 3)), tiles, cols=10)


def of_size(height, width):
    tiles = Tiles(np.zeros((1, height, 1, 3), np.uint8))
    return placed(tiles, np.zeros((1, width)))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".tiff", ".PNG"])
def test_a_lossless_file_holds_exactly_the_mosaic(mosaic, tmp_path, suffix):
    path = tmp_path / f"poster{suffix}"
    save(mosaic, path)
    np.testing.assert_array_equal(iio.imread(path), mosaic)
    assert os.listdir(tmp_path) == [path.name]


@pytest.mark.parametrize("suffix", [".jpg", ".jpeg", ".webp"])
def test_a_lossy_file_is_near_the_mosaic(mosaic, tmp_path, suffix):
    path = tmp_path / f"poster{suffix}"
    save(mosaic, path)
    difference = iio.imread(path).astype(float) - np.asarray(mosaic)
    assert difference.shape == mosaic.shape
    assert np.abs(difference).mean() < 6


@pytest.mark.parametrize("suffix", [".jpg", ".zarr"])
@pytest.mark.parametrize("tint", [0, 0.5])
def test_empty_cells_have_the_background_where_nothing_can_be_transparent(
    rng, tmp_path, suffix, tint
):
    tiles = np.tile(rng.integers(0, 256, (5, 1, 1, 3), dtype=np.uint8), (1, 16, 16, 1))
    mosaic, path = holed(rng, tiles, 9, 11, tint=tint, background=(9, 90, 190)), tmp_path / "a"
    path = path.with_suffix(suffix)
    save(mosaic, path, quality=100)
    read = iio.imread(path) if suffix == ".jpg" else pytest.importorskip("zarr").open(str(path))[:]
    assert np.abs(read.astype(int) - np.asarray(mosaic)).max() <= 3 * (suffix == ".jpg")


def test_empty_cells_are_transparent_in_webp(rng, tmp_path):
    tiles = np.tile(rng.integers(0, 256, (5, 1, 1, 3), dtype=np.uint8), (1, 16, 16, 1))
    mosaic = holed(rng, tiles, 9, 11, tint=0.5)
    save(mosaic, tmp_path / "a.webp")
    with Image.open(tmp_path / "a.webp") as image:
        read = np.asarray(image)
    shown = np.kron(mosaic.filled, np.ones((16, 16), bool))
    np.testing.assert_array_equal(read[..., 3], 255 * shown)
    assert np.abs(read[shown][:, :3].astype(int) - np.asarray(mosaic)[shown]).mean() < 8


def test_preflight_refuses_a_mask_that_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="leave nothing"):
        preflight(np.eye(9), tmp_path / "a.png", mask=np.zeros((9, 9)))


def test_preflight_with_once_knows_of_empty_cells(photos, tmp_path):
    half = np.zeros((9, 9))
    half[:, :4] = 1
    sizes = [
        preflight(np.eye(9), tmp_path / "a.png", size=10, once=True, mask=mask).shape[:2]
        for mask in (None, half)
    ]
    assert np.prod(sizes[1]) > 1.8 * np.prod(sizes[0])


@pytest.mark.parametrize("suffix", [s for s in suffixes() if s != ".npz"])
@pytest.mark.parametrize("kind", ["plain", "recoloured", "shared"])
def test_progress_rises_to_the_whole_and_changes_no_byte(rng, lay, tmp_path, suffix, kind):
    mosaic = lay(kind, rng.integers(0, 256, (5, 16, 16, 3), dtype=np.uint8), 10, 11)
    calls = []
    name = f"a{suffix}"
    (tmp_path / "told").mkdir()
    save(mosaic, tmp_path / name)
    save(mosaic, tmp_path / "told" / name, progress=lambda *part: calls.append(part))
    if (tmp_path / name).is_file():
        assert (tmp_path / name).read_bytes() == (tmp_path / "told" / name).read_bytes()
    assert calls == sorted(calls)
    assert len({total for _, total in calls}) == 1
    assert calls[-1][0] == calls[-1][1]


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg", ".webp", ".dzi", ".zarr"])
@pytest.mark.parametrize("shape", [(7, 9), (8, 8)])
def test_a_picture_without_cells_is_saved_too(rng, tmp_path, suffix, shape):
    greys = np.kron(rng.integers(0, 256, shape), np.ones((8, 8)))
    picture = np.repeat(greys.astype(np.uint8)[..., np.newaxis], 3, axis=2)
    path = tmp_path / f"a{suffix}"
    save(picture, path, quality=100)
    if suffix == ".zarr":
        read = pytest.importorskip("zarr").open(str(path))[:]
    else:
        levels = (tmp_path / "a_files").glob("*")
        finest = max(levels, key=lambda level: int(level.name), default=path)
        read = iio.imread(finest / "0_0.jpg" if suffix == ".dzi" else path)
    lossless = suffix in (".png", ".tif", ".zarr")
    assert np.abs(read.astype(int) - picture).mean() <= 4 * (not lossless)


@pytest.mark.parametrize("picture", [np.eye(8), Image.new("L", (8, 8)), np.eye(8, dtype=int)])
def test_a_picture_of_any_numbers_is_saved(tmp_path, picture):
    save(picture, tmp_path / "a.png")
    assert iio.imread(tmp_path / "a.png").shape == (8, 8, 3)


@pytest.mark.parametrize(
    ("picture", "name", "message"),
    [
        (np.eye(8), "a.html", r"a picture has no cells, which \.html is of"),
        (np.eye(8), "a.npz", "save the Mosaic that plan makes"),
        (np.eye(8), "a.csv", "save the Mosaic that plan makes"),
        ("a.png", np.eye(8), "what is saved comes first, then the path"),
        (Tiles(np.zeros((1, 8, 8, 3), np.uint8)), "a.png", "got Tiles"),
        (None, "a.png", "a Mosaic, as plan makes one, or a picture, .* got None"),
        (np.zeros((8, 8, 4)), "a.png", "without transparency"),
        (np.zeros((5, 8, 8, 3)), "a.png", r"got \(5, 8, 8, 3\)"),
    ],
)
def test_what_is_no_picture_to_save_is_refused(tmp_path, picture, name, message):
    with pytest.raises(InputError, match=message):
        save(picture, tmp_path / name if isinstance(name, str) else name)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("name", ["poster", "poster.xyz", ".png", "poster.pn"])
def test_an_unknown_suffix_is_refused_with_those_that_work(mosaic, tmp_path, name):
    with pytest.raises(InputError, match=r"suffix must be one of \.png, \.jpg, .*\.csv"):
        save(mosaic, tmp_path / name)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("shape", "suffix", "most"),
    [
        ((1, 65_501), ".jpg", "65,500"),
        ((65_501, 1), ".jpg", "65,500"),
        ((1, 16_384), ".webp", "16,383"),
    ],
)
def test_what_the_format_cannot_hold_is_refused_with_what_it_can(tmp_path, shape, suffix, most):
    with pytest.raises(InputError, match=rf"ends at {most} a side: .* or write \.png or \.tif"):
        save(of_size(*shape), tmp_path / f"a{suffix}")
    assert os.listdir(tmp_path) == []


def test_what_does_not_fit_in_memory_is_refused(mosaic, tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "free_memory", lambda: 1000)
    with pytest.raises(InputError, match=r"writing 80 x 80 pixels needs .* of memory"):
        save(mosaic, tmp_path / "a.webp")


def test_what_is_hopeless_on_this_disk_is_refused(mosaic, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    with pytest.raises(InputError, match=r"needs about [0-9.]+ kB of disk and 1 kB are free"):
        save(mosaic, tmp_path / "a.png")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", [".zarr", ".dzi"])
def test_a_folder_of_somebody_elses_is_never_replaced(mosaic, tmp_path, suffix):
    folder = tmp_path / ("a.zarr" if suffix == ".zarr" else "a_files")
    folder.mkdir()
    (folder / "photo.jpg").touch()
    with pytest.raises(InputError, match="exists and was not written by facemo"):
        save(mosaic, tmp_path / f"a{suffix}")
    assert (folder / "photo.jpg").exists()
    assert os.listdir(tmp_path) == [folder.name]


@pytest.mark.parametrize("option", [{"quality": 0}, {"compression": "zip"}, {"dpi": -1}])
def test_an_option_that_no_format_takes_is_refused(mosaic, tmp_path, option):
    with pytest.raises(InputError, match="must be"):
        save(mosaic, tmp_path / "a.png", **option)


def test_a_tile_is_never_overwritten(photos):
    mosaic = plan(np.eye(3), load_tiles(photos, size=8), cols=3)
    before = (photos / "red.png").read_bytes()
    with pytest.raises(InputError, match="is read as input"):
        save(mosaic, photos / "red.png")
    assert (photos / "red.png").read_bytes() == before
    save(mosaic, photos / "new.png")


def test_preflight_knows_the_shape_that_plan_will_give(tmp_path, mosaic):
    flight = preflight(np.eye(40), tmp_path / "a.png", size=(16, 8), cols=10)
    assert flight.shape == mosaic.shape
    assert os.listdir(tmp_path) == []


def test_preflight_says_what_the_output_will_be_and_take(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "free_memory", lambda: None)
    flight = preflight(np.eye(9), tmp_path / "a.tif", size=64, cols=2000, dpi=254, tint=0)
    assert str(flight).endswith(
        "a.tif': 128,000 x 128,000 pixels, 1,280.0 x 1,280.0 cm (503.9 x 503.9 in) at 254 dpi, "
        "about 92 MB, 140 MB of memory"
    )


@pytest.mark.parametrize("suffix", [".npz", ".csv"])
def test_preflight_says_no_size_in_print_of_what_is_no_picture(tmp_path, suffix):
    flight = preflight(np.eye(9), tmp_path / f"a{suffix}", cols=9)
    assert str(flight).startswith(f"'{tmp_path / 'a'}{suffix}': about ")
    assert "pixels" not in str(flight)


def test_preflight_expects_recoloured_tiles_unless_they_are_to_stay(tmp_path):
    options = {"size": 64, "cols": 512}
    tinted, plain = (
        preflight(np.eye(9), tmp_path / "a.tif", tint=tint, **options).disk for tint in ("auto", 0)
    )
    assert plain < 10**8 < tinted


def test_preflight_with_once_says_what_it_is_true_of(photos, tmp_path):
    flight = preflight(np.eye(9), tmp_path / "a.png", size=10, once=True, reads=[photos])
    assert (flight.tiles, flight.shape) == (6, (30, 20, 3))
    assert ": if 6 photos can be used, 20 x 30 pixels, " in str(flight)
    flight = preflight(np.eye(9), tmp_path / "a.npz", once=True, reads=[photos])
    assert ": if 6 photos can be used, about " in str(flight)


def test_preflight_with_once_refuses_no_size_that_it_does_not_know(tmp_path):
    grid = {"size": 10_000, "once": True, "detail": 8}
    assert preflight(np.eye(9), tmp_path / "a.jpg", **grid).tiles == 1000
    with pytest.raises(InputError, match="do not fit the format"):
        preflight(np.eye(9), tmp_path / "a.jpg", cols=30, rows=30, **grid)
    with pytest.raises(InputError, match="once=True and max_uses=2 do not go together"):
        preflight(np.eye(9), tmp_path / "a.jpg", max_uses=2, **grid)


def test_preflight_counts_the_memory_of_variants_that_repeat(tmp_path):
    sizes = [
        preflight(np.eye(9), tmp_path / "a.png", cols=60, tint=1, palette=palette).memory
        for palette in (50, 1000, 1700, 1900, None)
    ]
    # A library of 1,000 makes as many variants at least; of more than half the cells none repeats.
    assert sizes[0] == sizes[1] < sizes[2]
    assert sizes[3] == sizes[4]


@pytest.mark.parametrize("suffix", [s for s in suffixes() if s not in (".zarr", ".webp")])
@pytest.mark.parametrize(("tint", "palette"), [(0.0, "auto"), (0.5, "auto"), (0.5, 600)])
def test_the_size_that_is_forecast_is_about_right(tmp_path, suffix, tint, palette):
    tiles = load_tiles("data/tiles", size=32)
    options = {"cols": 60, "tint": tint, "palette": palette}
    mosaic = plan("data/face.png", tiles, **options)
    flight = preflight(
        "data/face.png", tmp_path / f"a{suffix}", size=32, reads=["data/tiles"], **options
    )
    save(mosaic, tmp_path / f"a{suffix}")
    there = sum(
        {
            os.stat(os.path.join(at, name)).st_ino: os.path.getsize(os.path.join(at, name))
            for at, _, names in os.walk(tmp_path)
            for name in names
        }.values()
    )
    assert flight.disk / 1.5 < there < flight.disk * 1.5


@pytest.mark.parametrize(
    ("width", "options", "side"),
    [(24, {"cols": 100}, 72), (24, {"rows": 50}, 72), (10, {"cols": 1, "dpi": 72}, 720)],
)
def test_a_print_of_some_width_has_tiles_of_some_side(width, options, side):
    assert tile_side(np.zeros((30, 60)), width, **options) == side


def test_a_width_that_is_none_is_refused():
    for width in (0, -1, float("nan"), float("inf"), 1e9, "24", None):
        with pytest.raises(InputError, match="width must be a number of inches"):
            tile_side(np.eye(3), width)
    with pytest.raises(InputError, match=r"a print of 0\.01 inches has 3 pixels, and 100 cells"):
        tile_side(np.eye(300), 0.01)


@pytest.mark.parametrize("name", ["red.png", "sub/green.png"])
@pytest.mark.parametrize("reads", [[""], ["white.png", ""], ["red.png", "sub/green.png"]])
def test_preflight_refuses_to_write_over_what_is_read(photos, name, reads):
    with pytest.raises(InputError, match="is read as input"):
        preflight(np.eye(3), photos / name, reads=[photos / each for each in reads])


def test_mosaics_may_be_written_beside_the_photos_for_they_say_that_they_are_none(photos):
    for suffix in 2 * (".png", ".jpg", ".tif", ".webp") + (".dzi", ".html"):
        preflight(np.eye(3), photos / f"new{suffix}", reads=[photos])
        save(plan(np.eye(8), load_tiles(photos, size=16), cols=8), photos / f"new{suffix}")
    tiles = load_tiles(photos, size=16)
    assert sorted(tiles.names) == ["black.png", "red.png", "sub/green.png", "white.png"]


def test_preflight_refuses_what_save_would(tmp_path):
    with pytest.raises(InputError, match="suffix"):
        preflight(np.eye(3), tmp_path / "a.xyz")
    with pytest.raises(InputError, match="no such folder"):
        preflight(np.eye(3), tmp_path / "b" / "a.png")
    with pytest.raises(InputError, match="65,600 x 65,600 pixels do not fit"):
        preflight(np.eye(3), tmp_path / "a.jpg", cols=1025)
    with pytest.raises(InputError, match=r"needs about 19 TB of disk and .* are free"):
        preflight(np.eye(3), tmp_path / "a.png", cols=50_000)
    with pytest.raises(InputError, match="quality must be"):
        preflight(np.eye(3), tmp_path / "a.jpg", quality=1000)


def test_what_was_merged_is_not_overwritten_either(photos):
    (photos / "same.png").write_bytes((photos / "red.png").read_bytes())
    tiles = load_tiles(photos)
    assert tiles.merged == (("same.png", "red.png"),)
    with pytest.raises(InputError, match="is read as input"):
        save(plan(np.eye(8), tiles, cols=8), photos / "same.png")


def test_what_was_set_aside_is_not_overwritten_either(photos):
    mosaic = plan(
        np.eye(3), load_tiles([photos / "broken.jpg", photos / "red.png"], size=8), cols=3
    )
    with pytest.raises(InputError, match="is read as input"):
        save(mosaic, photos / "broken.jpg")


def test_preflight_refuses_to_fix_a_photo_outside_of_the_grid(tmp_path):
    fixed = {(3, 3): "aunt.jpg", (3, 10): "uncle.jpg"}
    with pytest.raises(InputError, match="fixed=3,10 is outside of the 10 x 5 cells"):
        preflight(np.zeros((20, 40)), tmp_path / "a.png", cols=10, fixed=fixed)
    preflight(np.zeros((20, 40)), tmp_path / "a.png", once=True, fixed=fixed)


def test_preflight_knows_the_folders_that_links_lead_to(photos, tmp_path):
    (tmp_path / "other").mkdir()
    (photos / "link").symlink_to(tmp_path / "other", target_is_directory=True)
    (tmp_path / "other" / "a.png").write_bytes((photos / "red.png").read_bytes())
    with pytest.raises(InputError, match="is read as input"):
        preflight(np.eye(3), tmp_path / "other" / "a.png", reads=[photos])


@pytest.mark.parametrize("path", [b"a.png", "a\0.png"])
def test_a_path_that_names_no_file_is_refused(mosaic, path):
    with pytest.raises(InputError, match="path must be text"):
        save(mosaic, path)


@pytest.mark.parametrize("suffix", [".dzi", ".zarr"])
def test_a_folder_that_tiles_are_read_from_is_never_replaced(rng, tmp_path, suffix):
    folder = tmp_path / ("a_files" if suffix == ".dzi" else "a.zarr") / "0"
    folder.mkdir(parents=True)
    Image.fromarray(rng.integers(0, 256, (9, 9, 3), dtype=np.uint8)).save(folder / "0_0.jpg")
    tiles = load_tiles(folder.parent, size=8)
    with pytest.raises(InputError, match=r"would replace '.*', where tiles are read from"):
        save(plan(np.eye(3), tiles, cols=3), tmp_path / f"a{suffix}")
    for source in (folder, folder.parent, folder / "0_0.jpg"):
        with pytest.raises(InputError, match=r"would replace '.*', where pictures are read from"):
            preflight(np.eye(3), tmp_path / f"a{suffix}", reads=[source])
    assert (folder / "0_0.jpg").exists()


def test_a_link_that_leads_nowhere_is_refused_before_the_work(mosaic, tmp_path):
    (tmp_path / "loop.png").symlink_to("loop.png")
    with pytest.raises(InputError, match=r"Too many levels of symbolic links"):
        save(mosaic, tmp_path / "loop.png", progress=pytest.fail)


def test_a_linked_dzi_has_its_tiles_beside_the_file_that_the_link_names(mosaic, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.dzi").symlink_to(tmp_path / "sub" / "a.dzi")
    save(mosaic, tmp_path / "link.dzi")
    assert sorted(os.listdir(tmp_path / "sub")) == ["a.dzi", "a_files"]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
def test_numbers_may_be_numpys(mosaic, tmp_path, suffix):
    save(mosaic, tmp_path / f"a{suffix}", quality=np.int64(90), dpi=np.float32(72))
    save(mosaic, tmp_path / f"b{suffix}", quality=90, dpi=72)
    assert (tmp_path / f"a{suffix}").read_bytes() == (tmp_path / f"b{suffix}").read_bytes()


def test_what_no_format_holds_is_refused_without_advice_that_does_not_help(tmp_path):
    with pytest.raises(InputError, match=r"or smaller tiles$"):
        preflight(np.eye(3), tmp_path / "a.png", cols=2**31 - 1, rows=1)


def test_preflight_refuses_what_planning_has_no_memory_for(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "free_memory", lambda: 10**8)
    with pytest.raises(InputError, match=r"a.npz' needs 0\.1 GB of memory and 0\.1 GB are free"):
        preflight(np.eye(9), tmp_path / "a.npz", size=8, cols=2000)
    with pytest.raises(InputError, match=r"use detail=1$"):
        preflight(np.eye(9), tmp_path / "a.npz", cols=2000, detail=4)


def test_planning_takes_less_memory_where_the_target_has_few_colours(rng, tmp_path):
    noise = rng.integers(0, 256, (500, 500, 3), dtype=np.uint8)
    many, few = (
        preflight(target, tmp_path / "a.npz", size=8, cols=500).memory
        for target in (noise, noise // 64)
    )
    assert many > 5 * few
