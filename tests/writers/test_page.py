"""The page as a browser shows it; without a browser, these are skipped."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import Window, start
from conftest import laid
from naive import boxed
from PIL import Image
from scipy.ndimage import gaussian_filter

from facemo.errors import printable
from facemo.load import load_tiles
from facemo.mosaic import Mosaic
from facemo.planning import plan
from facemo.tiles import Tiles
from facemo.writers import html, save

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 480, 400


@pytest.fixture(scope="session")
def driver():
    driver = start()
    yield driver
    driver.quit()


@pytest.fixture
def window(driver):
    """A window of 480 x 400 CSS pixels, of which each is one of the screen."""
    window = Window(driver)
    window.resize(WIDTH, HEIGHT)
    window.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    return window


def soft(rng, count, height, width):
    """Tiles with something in them, but without the noise that JPEG changes most."""
    tiles = gaussian_filter(rng.random((count, height, width, 3)), (0, 2, 2, 0))
    axes = (1, 2) if height * width > 1 else (0, 1, 2)
    low, high = tiles.min(axes, keepdims=True), tiles.max(axes, keepdims=True)
    return np.round(255 * (tiles - low) / (high - low)).astype(np.uint8)


@pytest.fixture
def mosaic(rng):
    """Twenty by thirty cells of 40 tiles of 32 pixels, named tile-0.jpg and so on."""
    tiles = Tiles(soft(rng, 40, 32, 32), tuple(f"tile-{n}.jpg" for n in range(40)))
    index = rng.integers(0, 40, (20, 30), dtype=np.int32)
    return Mosaic(tiles, index, rng.integers(0, 256, (20, 30, 3), dtype=np.uint8))


@pytest.fixture
def opened(window, mosaic, tmp_path):
    """The page of that mosaic."""
    save(mosaic, tmp_path / "mosaic.html")
    return window.open(tmp_path / "mosaic.html")


def view(window):
    """The centre, in cells, and the zoom, as the page has them."""
    return window.js("page.then((page) => [page.view.x, page.view.y, page.view.zoom])")


def scale_of(window, mosaic):
    """Pixels of the screen to a pixel of the mosaic, and the mosaic's at the window's corner."""
    x, y, zoom = view(window)
    width, height, density = window.js("[innerWidth, innerHeight, devicePixelRatio]")
    scale = zoom * min(width / mosaic.shape[1], height / mosaic.shape[0])
    tall, wide = mosaic.tiles.size
    return scale * density, x * wide - width / 2 / scale, y * tall - height / 2 / scale


def at(window, mosaic, col, row):
    """Where in the window the middle of a cell is, in CSS pixels."""
    scale, left, top = scale_of(window, mosaic)
    scale /= window.js("devicePixelRatio")
    tall, wide = mosaic.tiles.size
    return round(((col + 0.5) * wide - left) * scale), round(((row + 0.5) * tall - top) * scale)


def uses(mosaic, tile):
    return int((mosaic.index == tile).sum())


# What is drawn.


def drawn_and_wanted(window, mosaic):
    """What the window shows of the mosaic, and what it should: averages of the mosaic's pixels.

    Where a pixel of the window covers more than a cell, cells count by their mean colours.
    """
    got = window.picture().astype(float)
    scale, left, top = scale_of(window, mosaic)
    spans = []
    for start_, side, length in zip((top, left), got.shape, mosaic.shape[:2], strict=False):
        edges = start_ + np.arange(side + 1) / scale
        inside = np.flatnonzero((edges[:-1] > -1e-9) & (edges[1:] < length + 1e-9))
        spans.append((slice(inside[0], inside[-1] + 1), edges[inside[0] : inside[-1] + 2]))
    (lines, ys), (columns, xs) = spans
    tall, wide = mosaic.tiles.size
    if 1 / scale > min(tall, wide):
        pixels, ys, xs = mosaic.blocks(1)[:, :, 0, 0], ys / tall, xs / wide
    else:
        y, x = max(0, int(ys[0])), max(0, int(xs[0]))
        pixels = mosaic[y : int(ys[-1]) + 1, x : int(xs[-1]) + 1]
        ys, xs = ys - y, xs - x
    return got[lines, columns], boxed(pixels, np.clip(ys, 0, None), np.clip(xs, 0, None))


def check_drawn(window, mosaic, mean=1, most=25):
    got, wanted = drawn_and_wanted(window, mosaic)
    assert got.size > 1000
    apart = np.abs(got - wanted)
    assert apart.mean() < mean
    assert apart.max() < most


SHAPES = {
    "square": ((32, 32), (20, 30), 0.0, 0.0),
    "changed": ((32, 32), (20, 30), 0.5, 0.6),
    "odd": ((17, 24), (33, 21), 0.5, 0.4),
    "prime": ((37, 37), (23, 41), 0.5, 0.0),
    "beyond a block": ((4, 3), (1030, 1100), 0.5, 0.3),
    "wide": ((6, 6), (40, 2100), 0.5, 0.3),
    "tall": ((6, 6), (1500, 30), 0.5, 0.3),
    "of single pixels": ((1, 1), (700, 1000), 0.5, 0.3),
}


@pytest.mark.parametrize(("shape", "density"), [*((s, 1) for s in SHAPES), ("tall", 2)])
def test_at_every_zoom_the_page_draws_the_mosaics_own_averages(
    window, rng, tmp_path, shape, density
):
    size, (rows, cols), mirrored, tint = SHAPES[shape]
    mosaic = laid(rng, soft(rng, 30, *size), rows, cols, mirrored=mirrored, tint=tint)
    save(mosaic, tmp_path / "a.html", quality=100)
    window.resize(WIDTH, HEIGHT, density)
    fit = min(WIDTH / mosaic.shape[1], HEIGHT / mosaic.shape[0])
    # Pixels of the screen to one of the tiles: as they are, and as shrunk as the page goes.
    scales = [scale for scale in (1, 0.6, 0.13) if scale > fit * density]
    scales += [fit * density] if fit * density < 1 else []
    assert len(scales) >= 2
    for scale in scales:
        window.open(tmp_path / "a.html", f"#{cols * 0.53},{rows * 0.48},{scale / density / fit}")
        # Beyond three pixels of a tile, those of its levels count: twice as large, and so on.
        check_drawn(window, mosaic, *(5, 40) if 1 / scale > 3 else (1, 25))


def test_enlarged_pixels_of_tiles_are_the_tiles_own(window, rng, tmp_path):
    mosaic = laid(rng, soft(rng, 30, 16, 16), 40, 60, mirrored=0.5, tint=0.5)
    save(mosaic, tmp_path / "a.html", quality=100)
    fit = min(WIDTH / mosaic.shape[1], HEIGHT / mosaic.shape[0])
    window.open(tmp_path / "a.html", f"#30,20,{5 / fit}")
    got = window.picture().astype(int)
    # 96 x 80 pixels of five times five, of which the middle ones are not mixed with neighbours.
    wanted = mosaic[320 - 40 : 320 + 40, 480 - 48 : 480 + 48].astype(int)
    assert np.abs(got[2::5, 2::5] - wanted).max() < 12


def test_the_whole_mosaic_is_shown_first_in_the_middle(opened, mosaic):
    assert view(opened) == [15, 10, 1]
    check_drawn(opened, mosaic, mean=3)
    shot = opened.picture()
    # Three by two, it fills the width; above and below there is the page.
    assert set(map(tuple, np.concatenate([shot[:40], shot[360:]]).reshape(-1, 3))) == {
        tuple(shot[0, 0])
    }


def test_the_slider_blends_to_the_targets_colours(opened, mosaic):
    for part in (100, 50):
        opened.js(
            "((e) => { e.value = arguments[0]; e.dispatchEvent(new Event('input')); })"
            "(document.getElementById('blend'))",
            part,
        )
        flat = replace(mosaic, tiles=Tiles(np.zeros((40, 32, 32, 3), np.uint8)), tint=1.0)
        got, tiles = drawn_and_wanted(opened, mosaic)
        _, colors = drawn_and_wanted(opened, flat)
        wanted = tiles + part / 100 * (colors - tiles)
        assert np.abs(got - wanted).mean() < 1.5


def test_a_page_of_reduced_tiles_says_so_and_draws_them(window, rng, tmp_path, monkeypatch):
    monkeypatch.setattr(html, "_atlas", lambda *_: html._atlas_of((16, 16), html.Options()))
    mosaic = laid(rng, soft(rng, 40, 32, 32), 20, 30)
    save(mosaic, tmp_path / "a.html", quality=100)
    window.open(tmp_path / "a.html")
    assert "here they have 16 x 16, and look softer from near" in window.text("#notice")
    window.js("document.querySelector('#notice button').click()")
    assert window.text("#notice") is None
    check_drawn(window, mosaic, mean=3)


def test_a_million_cells_open(window, rng, tmp_path):
    mosaic = laid(rng, soft(rng, 30, 8, 8), 1000, 1000, tint=0.3)
    save(mosaic, tmp_path / "a.html", quality=100)
    window.open(tmp_path / "a.html", "#777.7,222.2,20")
    check_drawn(window, mosaic)
    opened = window.open(tmp_path / "a.html")
    got = opened.picture()[:, 40:440].astype(float)
    cells = mosaic.blocks(1)[:, :, 0, 0]
    wanted = boxed(cells, np.linspace(0, 1000, 401), np.linspace(0, 1000, 401))
    assert np.abs(got - wanted).mean() < 3


# What can be done with it.


def test_what_is_pointed_at_is_named_with_its_uses(opened, mosaic):
    assert opened.text("#caption") is None
    opened.move(*at(opened, mosaic, 7, 9))
    tile = mosaic.index[9, 7]
    assert opened.text("#caption") == f"tile-{tile}.jpg {uses(mosaic, tile)} uses"
    opened.move(*at(opened, mosaic, 8, 10))
    assert opened.text("#caption").startswith(f"tile-{mosaic.index[10, 8]}.jpg ")


def test_a_click_lights_every_use_and_another_ends_it(opened, mosaic):
    before = opened.picture().astype(float)
    opened.click(*at(opened, mosaic, 7, 9))
    tile = mosaic.index[9, 7]
    assert opened.text("#lit").startswith(f"tile-{tile}.jpg {uses(mosaic, tile)} uses")
    lit = opened.picture().astype(float)
    ground = np.array(opened.js("page.then((page) => page.looks.shade)")) * 255
    left, top = at(opened, mosaic, 0, 0)
    for row in range(20):
        for col in range(30):
            x, y = left + 16 * col, top + 16 * row
            middle = slice(y - 3, y + 3), slice(x - 3, x + 3)
            wanted = before[middle]
            if mosaic.index[row, col] != tile:
                wanted = wanted + 0.65 * (ground - wanted)
            assert np.abs(lit[middle] - wanted).mean() < 1
    opened.click(*at(opened, mosaic, 7, 9))
    assert opened.text("#lit") is None
    np.testing.assert_array_equal(opened.picture(), before)


def test_uses_too_small_to_be_seen_are_marked(window, rng, tmp_path):
    tiles = np.full((2, 8, 8, 3), 90, np.uint8)
    index = np.zeros((1000, 1500), np.int32)
    index[300, 400] = index[700, 1100] = 1
    mosaic = Mosaic(Tiles(tiles), index, np.zeros((1000, 1500, 3), np.uint8))
    save(mosaic, tmp_path / "a.html")
    window.open(tmp_path / "a.html").js("page.then((page) => page.light(1))")
    yellow = (window.picture() == (255, 212, 26)).all(axis=2)
    ys, xs = np.nonzero(yellow)
    left = xs < 240
    assert set(left) == {True, False}
    scale = 480 / 1500
    assert abs(xs[left].mean() - 400 * scale) < 2
    assert abs(ys[left].mean() - 40 - 300 * scale) < 2
    assert abs(xs[~left].mean() - 1100 * scale) < 2
    assert abs(ys[~left].mean() - 40 - 700 * scale) < 2


def test_of_a_great_many_uses_some_are_marked(window, rng, tmp_path):
    tiles = np.full((2, 8, 8, 3), 90, np.uint8)
    index = (rng.random((300, 450)) < 0.5).astype(np.int32)
    mosaic = Mosaic(Tiles(tiles), index, np.zeros((300, 450, 3), np.uint8))
    save(mosaic, tmp_path / "a.html")
    window.open(tmp_path / "a.html").js("page.then((page) => page.light(1))")
    marks = window.js("page.then((page) => page.renderer.marked.count)")
    assert 10_000 < marks <= 20_000
    yellow = (window.picture() == (255, 212, 26)).all(axis=2)
    assert all(part.any() for part in np.split(yellow[60:340, :480], 10, axis=1))
    # Near, where not all would have a frame, none has: what is not lit is faded.
    window.js("page.then((page) => page.view.show(225, 150, 20))")
    near = window.picture()
    assert not (near == (255, 212, 26)).all(axis=2).any()
    assert {(90, 90, 90), (190, 189, 188)} <= set(map(tuple, near.reshape(-1, 3)))


def test_a_photo_in_a_folder_is_named_before_its_folder(window, rng, tmp_path):
    folder = "Pictures/2019/A long holiday in the north of Norway/"
    mosaic = laid(rng, soft(rng, 3, 16, 16), 20, 30)
    names = tuple(f"{folder}IMG_{n}.jpg" for n in range(3))
    save(replace(mosaic, tiles=replace(mosaic.tiles, names=names)), tmp_path / "a.html")
    window.open(tmp_path / "a.html").type("#query", "norway")
    boxes = [
        window.js(f"document.querySelector('#matches {part}').getBoundingClientRect()")
        for part in (".name", ".folder", "button")
    ]
    name, quiet, button = ((box["left"], box["right"]) for box in boxes)
    assert button[0] < name[0] < name[1] - 50 < name[1] < quiet[0] < quiet[1] < button[1]
    window.key("\ue015", "\ue007")
    assert window.text("#lit").startswith(f"IMG_0.jpg {folder}")
    assert window.js("document.getElementById('lit').title") == names[0]


def test_the_uses_of_a_lit_tile_can_be_visited(opened, mosaic):
    opened.click(*at(opened, mosaic, 7, 9))
    tile = mosaic.index[9, 7]
    places = [(x + 0.5, y + 0.5) for y, x in np.argwhere(mosaic.index == tile).tolist()]
    here = places.index((7.5, 9.5))
    for selector, step in (("#next", 1), ("#next", 2), ("#previous", 1), ("#previous", 0)):
        opened.press(selector)
        x, y, zoom = view(opened)
        assert zoom > 1
        number = (here + step) % len(places)
        assert (x, y) == pytest.approx(places[number], abs=0.6)
        assert opened.text("#lit") == f"tile-{tile}.jpg use {number + 1} of {len(places)}"
        spoken = opened.js("document.getElementById('spoken').textContent")
        assert f"use {number + 1} of {len(places)}, column" in spoken


def test_a_search_finds_lights_and_shows_a_tile(opened, mosaic):
    opened.type("#query", "E-3")
    assert opened.text("#found") == "11 tiles"
    names = opened.js("[...document.querySelectorAll('#matches button')].map((b) => b.innerText)")
    assert names == ["tile-3.jpg", *(f"tile-{n}.jpg" for n in range(30, 40))]
    opened.key("\ue015", "\ue015", "\ue007")  # down, down, enter
    assert opened.text("#lit") == f"tile-30.jpg use 1 of {uses(mosaic, 30)}"
    assert opened.text("#results") is None
    x, y, _ = view(opened)
    assert mosaic.index[int(y), int(x)] == 30


def test_a_search_for_what_is_not_there_says_so(opened):
    opened.type("#query", "nobody")
    assert opened.text("#found") == "No tile has such a name."
    opened.key("\ue00c")  # escape
    assert (opened.text("#found"), opened.js("document.getElementById('query').value")) == (
        None,
        "",
    )


def test_enter_takes_the_first_that_is_found_and_accents_do_not_matter(window, rng, tmp_path):
    names = ("Zoë.jpg", "zoe-2.jpg", "other.jpg")
    mosaic = laid(rng, soft(rng, 3, 16, 16), 20, 30)
    mosaic = replace(mosaic, tiles=replace(mosaic.tiles, names=names))
    save(mosaic, tmp_path / "a.html")
    window.open(tmp_path / "a.html").type("#query", "ZOE")
    assert window.text("#found") == "2 tiles"
    window.key("\ue007")
    assert window.text("#found") is None
    assert window.text("#lit").startswith("Zoë.jpg ")


def test_keys_move_and_zoom(opened):
    opened.key("+")
    assert view(opened)[2] == 1.5
    opened.key("+", "+", "=")
    x, y, zoom = view(opened)
    assert (x, y, zoom) == (15, 10, pytest.approx(1.5**4))
    for key, axis, sign in (
        ("\ue014", 0, 1),
        ("\ue015", 1, 1),
        ("\ue012", 0, -1),
        ("\ue013", 1, -1),
    ):
        before = view(opened)
        opened.key(key)
        after = view(opened)
        assert (after[axis] - before[axis]) * sign == pytest.approx(1, abs=0.3)
        assert after[1 - axis] == before[1 - axis]
    opened.key("-")
    assert view(opened)[2] == pytest.approx(1.5**3)
    opened.key("0")
    assert view(opened) == [15, 10, 1]
    opened.key("+", "\ue011")  # home
    assert view(opened) == [15, 10, 1]


def test_without_a_mouse_the_middle_is_described_and_enter_lights_it(opened, mosaic):
    opened.key("+", "+", "+", "+", "\ue014")
    x, y, _ = view(opened)
    tile = mosaic.index[int(y), int(x)]
    said = f"tile-{tile}.jpg, {uses(mosaic, tile)} uses, column {int(x) + 1}, row {int(y) + 1}"
    assert opened.js("document.getElementById('spoken').textContent") == said
    assert opened.js("!document.getElementById('aim').hidden")
    opened.key("\ue007")
    assert opened.text("#lit").startswith(f"tile-{tile}.jpg ")
    opened.key("\ue00c")
    assert opened.text("#lit") is None


def test_the_panels_can_be_hidden(opened):
    opened.key("h")
    hidden = opened.screenshot()
    np.testing.assert_array_equal(hidden, opened.picture())
    opened.key("h")
    assert (opened.screenshot() != hidden).any()


@pytest.mark.parametrize("size", [(320, 480), (390, 844), (640, 360), (844, 390), (1440, 900)])
def test_what_opens_stays_in_the_window_and_moves_nothing(opened, size):
    opened.resize(*size)
    before = layout(opened)
    opened.press("summary")
    assert inside(opened, "#help > div", size)
    assert layout(opened) == before
    opened.key("\ue00c")
    assert opened.text("#help > div") is None
    opened.press("summary")
    opened.type("#query", "tile")
    assert opened.text("#help > div") is None
    assert inside(opened, "#results", size)
    assert layout(opened) == before
    assert inside(opened, "#controls", size)


def inside(window, selector, size):
    """Whether an element is in the window, and not under another."""
    box = window.js(f"document.querySelector('{selector}').getBoundingClientRect()")
    fits = 0 <= box["left"] < box["right"] <= size[0] and 0 <= box["top"] < box["bottom"] <= size[1]
    return fits and window.js(
        "((e) => { const box = e.getBoundingClientRect();"
        "  const top = document.elementFromPoint(box.left + 5, box.bottom - 5);"
        "  return e.id === 'controls' || e.contains(top); })"
        f"(document.querySelector('{selector}'))"
    )


def test_keys_that_are_faster_than_the_flight_all_count(opened):
    opened.prefer(prefers_color_scheme="light", prefers_reduced_motion="no-preference")
    opened.driver.execute_script(
        "for (const key of ['+', '+', '+', 'ArrowRight'])"
        " document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));"
    )
    opened.settle()
    x, y, zoom = view(opened)
    assert zoom == pytest.approx(1.5**3)
    assert x > 15.5
    assert y == 10


def test_a_key_that_is_held_moves_on_but_lights_once(opened):
    opened.driver.execute_script(
        "for (const key of ['+', 'Enter']) for (const repeat of [false, true, true, true])"
        " document.body.dispatchEvent("
        "  new KeyboardEvent('keydown', { key, repeat, bubbles: true }));"
    )
    opened.settle()
    assert view(opened)[2] == pytest.approx(1.5**4)
    assert opened.text("#lit") is not None


def test_every_corner_can_be_brought_to_the_middle(opened):
    opened.js("page.then((page) => page.view.show(0, 0, 1e9))")
    opened.key(*"\ue013\ue012" * 3)
    x, y, _ = view(opened)
    assert 0 <= x < 1
    assert 0 <= y < 1


def test_the_wheel_zooms_about_the_pointer(opened, mosaic):
    place = at(opened, mosaic, 4, 12)
    opened.scroll(*place, -300)
    assert view(opened)[2] > 1.5
    assert np.abs(np.subtract(at(opened, mosaic, 4, 12), place)).max() <= 1
    opened.scroll(*place, 3000)
    assert view(opened) == [15, 10, 1]


def test_a_drag_moves_the_mosaic_with_the_pointer(opened, mosaic):
    opened.key("+", "+", "+")
    before = at(opened, mosaic, 15, 10)
    opened.drag((240, 220), (190, 260))
    assert at(opened, mosaic, 15, 10) == (before[0] - 50, before[1] + 40)
    assert opened.text("#lit") is None


def test_a_double_click_comes_nearer_and_keeps_its_place(opened, mosaic):
    place = at(opened, mosaic, 20, 14)
    opened.double_click(*place)
    assert view(opened)[2] == 2.5
    assert np.abs(np.subtract(at(opened, mosaic, 20, 14), place)).max() <= 1
    assert opened.text("#lit") is None


def test_fingers_tap_drag_and_pinch(window, mosaic, tmp_path):
    save(mosaic, tmp_path / "mosaic.html")
    window.resize(WIDTH, HEIGHT, 2, touch=True)
    window.open(tmp_path / "mosaic.html")
    place = at(window, mosaic, 7, 9)
    window.touch([[place]])
    window.until("!document.getElementById('lit').hidden")
    tile = mosaic.index[9, 7]
    assert window.text("#lit").startswith(f"tile-{tile}.jpg {uses(mosaic, tile)} uses")
    window.touch([[(220, 200), (260, 200)], [(180, 200), (300, 200)], [(140, 200), (340, 200)]])
    assert view(window) == [pytest.approx(15), pytest.approx(10), pytest.approx(5)]
    before = at(window, mosaic, 15, 10)
    window.touch([[(240, 260)], [(250, 270)], [(270, 290)]])
    assert np.abs(np.subtract(at(window, mosaic, 15, 10), before) - 30).max() <= 1


def test_the_buttons_do_what_they_are_called(opened):
    opened.press("#nearer")
    assert view(opened)[2] == 1.5
    opened.press("#further")
    assert view(opened)[2] == 1
    opened.press("#nearer")
    opened.press("#whole")
    assert view(opened) == [15, 10, 1]
    opened.press("#full")
    opened.until("document.fullscreenElement")
    assert opened.js("document.getElementById('full').getAttribute('aria-pressed')") == "true"
    opened.press("#full")
    opened.until("!document.fullscreenElement")


def test_without_a_mouse_every_control_can_be_reached_and_has_a_name(opened):
    opened.key("+", "\ue007")
    reached = []
    for _ in range(20):
        opened.tab()
        reached.append(opened.js("document.activeElement.id || document.activeElement.localName"))
    wanted = ["picture", "nearer", "further", "whole", "full", "blend", "query", "summary",
              "previous", "next", "unlight"]  # fmt: skip
    assert [name for name in dict.fromkeys(reached) if name != "body"] == wanted
    unnamed = opened.js(
        "[...document.querySelectorAll('button, input, canvas')].filter((e) => "
        "!e.getAttribute('aria-label') && !e.labels?.length && !e.innerText.trim())"
        ".map((e) => e.id)"
    )
    assert unnamed == []


# Where it is.


def test_a_link_returns_to_a_view(opened, mosaic, tmp_path):
    opened.scroll(*at(opened, mosaic, 4, 12), -600)
    opened.drag((240, 220), (190, 260))
    before, link = view(opened), opened.js("location.hash")
    picture = opened.picture()
    opened.open(tmp_path / "mosaic.html", link)
    assert view(opened) == pytest.approx(before, rel=1e-3)
    assert np.abs(opened.picture().astype(int) - picture).mean() < 3
    opened.js("void (location.hash = '#3,4,5')")
    opened.settle()
    assert view(opened) == [pytest.approx(3, abs=0.5), pytest.approx(4, abs=0.5), 5]


@pytest.mark.parametrize(
    "link", ["#", "#1,2", "#a,b,c", "#1,2,3,4", "#NaN,1,2", "#1,,Infinity", "#,,"]
)
def test_a_link_that_makes_no_sense_shows_the_whole(window, mosaic, tmp_path, link):
    save(mosaic, tmp_path / "a.html")
    assert view(window.open(tmp_path / "a.html", link)) == [15, 10, 1]


def test_a_link_beyond_the_edges_is_brought_back(window, mosaic, tmp_path):
    save(mosaic, tmp_path / "a.html")
    x, y, zoom = view(window.open(tmp_path / "a.html", "#-1e9,1e9,1e9"))
    assert (x, y) == (pytest.approx(0, abs=0.1), pytest.approx(20, abs=0.1))
    assert 1 < zoom < 100


def test_the_picture_follows_the_window(opened, mosaic):
    for width, height, density in ((800, 300, 1), (200, 600, 1), (300, 200, 3)):
        opened.resize(width, height, density)
        opened.until(f"document.getElementById('picture').width === {width * density}")
        check_drawn(opened, mosaic, mean=3)


def test_the_page_is_dark_where_that_is_preferred(opened):
    opened.resize(900, 300)
    assert opened.picture()[150, 5].min() > 200
    opened.prefer(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    assert opened.picture()[150, 5].max() < 60


def test_moves_are_smooth_unless_that_is_not_wanted(opened):
    opened.prefer(prefers_color_scheme="light", prefers_reduced_motion="no-preference")
    opened.js(
        "void (window.seen = new Set(), page.then((page) => { const old = page.view.changed;"
        " page.view.changed = () => { seen.add(page.view.zoom); old(); }; }))"
    )
    opened.key("+")
    assert view(opened)[2] == pytest.approx(1.5)
    assert opened.js("seen.size") > 2


@pytest.mark.parametrize(("took", "coarse"), [(16, 1), (49, 1), (51, 2)])
def test_only_frames_that_take_long_make_moves_coarser_and_rest_makes_them_sharp(
    opened, took, coarse
):
    opened.driver.execute_script(
        "window.queue = []; window.real = [requestAnimationFrame, setTimeout];"
        "requestAnimationFrame = (then) => queue.push(then); setTimeout = () => 0;"
    )
    widths = []
    for now in (0, 10_000):  # a pause between two moves is no slow frame
        opened.js("page.then((page) => page.view.show(10, 10, 3))")
        opened.js(f"void queue.splice(0).forEach((then) => then({now}))")
        widths.append(opened.js("document.getElementById('picture').width"))
        opened.js(f"void queue.splice(0).forEach((then) => then({now + took}))")
    assert widths == [WIDTH, WIDTH // coarse]
    opened.js("void ([window.requestAnimationFrame, window.setTimeout] = real)")
    opened.js("page.then((page) => page.view.show(10, 10, 3))")
    opened.settle()
    assert opened.js("document.getElementById('picture').width") == WIDTH


# What may go wrong.


def test_graphics_that_are_reset_are_loaded_again(opened, mosaic):
    before = opened.picture()
    opened.js(
        "page.then((page) => { const gl = page.renderer.gl;"
        " window.loss = gl.getExtension('WEBGL_lose_context'); loss.loseContext(); })"
    )
    opened.until("page.then((page) => !page.ready)")
    opened.js("loss.restoreContext()")
    opened.until("page.then((page) => page.ready)")
    np.testing.assert_array_equal(opened.picture(), before)


def test_graphics_that_are_lost_leave_the_still_with_a_word(opened, mosaic):
    lose(opened)
    assert (
        opened.text("#message") == "The graphics were reset. The mosaic comes back when they do …"
    )
    check_still(opened, mosaic)


def lose(window):
    window.js(
        "page.then(({ renderer: { gl } }) => {"
        " window.loss = gl.getExtension('WEBGL_lose_context'); loss.loseContext(); })"
    )
    window.until("page.then((page) => !page.ready)")


@pytest.mark.parametrize("pause", [0, 20, 100, 300])
def test_graphics_may_be_lost_again_while_they_are_loaded(opened, pause):
    before = opened.picture()
    lose(opened)
    opened.driver.execute_async_script(
        "const [pause, done] = arguments; loss.restoreContext();"
        "setTimeout(() => { loss.loseContext(); setTimeout(done, 50); }, pause);",
        pause,
    )
    opened.until("page.then((page) => !page.ready)")
    opened.js("loss.restoreContext()")
    opened.until("page.then((page) => page.ready)")
    np.testing.assert_array_equal(opened.picture(), before)
    assert (opened.text("#message"), opened.js("!document.getElementById('controls').hidden")) == (
        None,
        True,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'id="cells">', b'id="cells">eJ'),
        (b'id="colors">', b'id="other">'),
        (b'"cols":30', b'"cols":31'),
        (b'"names":["tile-0.jpg",', b'"names":['),
        (b'"tint":0.0', b'"tint":0.5'),
    ],
)
def test_a_page_that_was_altered_says_so_over_its_still(window, mosaic, tmp_path, before, after):
    path = tmp_path / "a.html"
    save(mosaic, path)
    page = path.read_bytes()
    assert before in page
    path.write_bytes(page.replace(before, after, 1))
    window.open(path)
    said = "This page is damaged. This is a still of the whole."
    assert window.text("#message") == said
    check_still(window, mosaic)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9, 0.999])
def test_a_page_that_ends_early_says_so_over_its_still(window, mosaic, tmp_path, part):
    path = tmp_path / "a.html"
    save(mosaic, path)
    page = path.read_bytes()
    end = page.index(b'id="plan"')
    path.write_bytes(page[: end + int(part * (len(page) - end))])
    window.driver.get(path.as_uri())
    said = window.until(
        "((e) => getComputedStyle(e).visibility === 'visible' && e.innerText)"
        "(document.getElementById('message'))"
    )
    assert "the file is incomplete" in said or "damaged" in said or "cannot be drawn" in said
    check_still(window, mosaic)


def check_still(window, mosaic):
    still = window.screenshot()[40:360].astype(float)  # the mosaic is three by two
    got = still.reshape(32, 10, 48, 10, 3).mean(axis=(1, 3))[10:24]  # between what says why
    wanted = boxed(mosaic, np.linspace(0, 640, 33), np.linspace(0, 960, 49))[10:24]
    assert np.abs(got - wanted).mean() < 4


def test_without_webgl_the_page_says_so_over_a_still(mosaic, tmp_path):
    save(mosaic, tmp_path / "a.html")
    driver = start("--disable-3d-apis")
    try:
        window = Window(driver)
        window.resize(WIDTH, HEIGHT)
        window.open(tmp_path / "a.html")
        said = "This browser cannot zoom: it lacks WebGL2, or it is turned off. "
        assert window.text("#message") == said + "This is a still of the whole."
        assert window.text("#controls") is None
        check_still(window, mosaic)
    finally:
        driver.quit()


def test_without_scripts_there_is_a_still(window, mosaic, tmp_path):
    save(mosaic, tmp_path / "a.html")
    window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        window.driver.get((tmp_path / "a.html").as_uri())
        check_still(window, mosaic)
    finally:
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# Names, which are anybody's.

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "'-alert(1)-'",
    "</title><script>alert(1)</script>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "</bdi></p></body>",
    "<style>*{display:none}</style>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<iframe src=//evil.example></iframe>",
    "<link rel=stylesheet href=//evil.example/a.css>",
    "<form action=//evil.example><input name=plan id=plan>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "`alert(1)`",
    "__proto__",
    "constructor",
    "toString",
    "\u202egpj.exe",
    "\u2066\u2067\u2068\u202a\u202b\u202c\u202d",
    "שלום עולם.jpg",
    "صورة العائلة.jpg",
    "a\nb\r\nc\td\vf",
    "\u2028\u2029\u0085",
    "\x1b[31mred\x07",
    "zal" + "\u0301\u0316\u0489" * 80 + "go.jpg",
    "W" * 255,
    "folder/" * 500 + "deep.jpg",
    "👨‍👩‍👧‍👦 family 🏳️‍🌈.png",
    "\udcff\udcfe.jpg",
    "\ud800",
    "\ufeff\ufffe\uffff",
    " ",
    "\u00a0\u3000\u200b",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "#1,2,3",
]


def layout(window):
    """Where everything stands that does not depend on what a name says."""
    return window.js(
        "['#tools', '#blending', '#query', 'summary', '#picture'].map((name) => "
        "JSON.stringify(document.querySelector(name).getBoundingClientRect()))"
    )


def requests(window):
    """The addresses that the browser has asked for since, but for those that a policy forbade.

    Without data: addresses, which ask nobody.
    """
    found = {}
    for entry in window.driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        told = message["params"]
        if message["method"] == "Network.requestWillBeSent":
            found[told["requestId"]] = told["request"]["url"]
        elif message["method"] == "Network.loadingFailed" and told.get("blockedReason") == "csp":
            del found[told["requestId"]]
    return {url for url in found.values() if not url.startswith("data:")}


def test_hostile_names_are_text_wherever_they_are_shown(window, rng, tmp_path):
    side = -(-len(HOSTILE) // 8)
    index = np.arange(8 * side, dtype=np.int32).reshape(side, 8) % len(HOSTILE)
    tiles = Tiles(soft(rng, len(HOSTILE), 32, 32), tuple(HOSTILE))
    mosaic = Mosaic(tiles, index, np.zeros((side, 8, 3), np.uint8))
    path = tmp_path / "<img src=x onerror=alert(1)>&'.html"
    save(mosaic, path)
    requests(window)
    window.open(path)
    before, elements = layout(window), window.js("document.querySelectorAll('*').length")
    for tile, name in enumerate(HOSTILE):
        cell = [tile % 8, tile // 8]
        for shows, element in (("caption(cell)", "caption"), ("click(cell)", "lit")):
            window.js(f"page.then((page) => {{ const cell = {cell}; page.{shows}; }})")
            file, folder = (
                window.js(f"document.querySelector('#{element} .{part}').textContent")
                for part in ("name", "folder")
            )
            assert folder + file == printable(name)
            assert "/" not in file
            box = window.js(f"document.getElementById('{element}').getBoundingClientRect()")
            assert 0 <= box["left"] < box["right"] <= WIDTH
            assert 0 <= box["top"] < box["bottom"] <= HEIGHT
            assert box["height"] < 70
        assert layout(window) == before
    window.type("#query", "a")
    assert window.js("document.getElementById('matches').children.length") > 10
    assert window.js("document.querySelector('search').getBoundingClientRect().right") <= WIDTH
    window.key("\ue00c")
    assert window.js("document.querySelectorAll('*').length") == elements
    assert window.driver.title == "<img src=x onerror=alert(1)>&'"
    assert [
        url for url in requests(window) if not url.startswith(("file:", "data:", "about:"))
    ] == []
    assert requests(window) <= {path.as_uri()}
    assert [log for log in window.driver.get_log("browser") if log["level"] == "SEVERE"] == []


def test_nothing_leaves_the_page_even_if_it_tried(opened):
    requests(opened)
    opened.driver.execute_script(
        "window.refused = new Set();"
        "addEventListener('securitypolicyviolation', (e) => refused.add(e.effectiveDirective));"
        "const add = (tag, what) =>"
        "  document.body.append(Object.assign(document.createElement(tag), what));"
        "fetch('https://example.org/').catch(() => {});"
        "add('img', { src: 'https://example.org/a.png' });"
        "add('iframe', { src: 'https://example.org/' });"
        "add('script', { text: 'window.ran = 1' });"
    )
    opened.until("refused.size >= 4")
    refused = set(opened.js("[...refused]"))
    assert refused == {"connect-src", "img-src", "script-src-elem", "frame-src"}
    assert opened.js("window.ran") is None
    assert requests(opened) == set()


# Looked at by people.


def test_screenshots_at_three_zooms_are_kept(window, tmp_path, tmp_path_factory):
    folder = Path(os.environ.get("FACEMO_ARTIFACTS") or tmp_path_factory.mktemp("artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    sample = Path(__file__).parents[2] / "data"
    mosaic = plan(str(sample / "face.png"), load_tiles(sample / "tiles", 64), cols=128)
    save(mosaic, tmp_path / "a.html")
    window.resize(1280, 800)
    for zoom in (1, 8, 60):
        window.open(tmp_path / "a.html", f"#58,45,{zoom}")
        window.settle()
        Image.fromarray(window.screenshot()).save(folder / f"page-{zoom}.png")
        assert window.picture().std() > 20
