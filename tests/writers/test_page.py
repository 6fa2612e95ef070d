"""The page as a browser shows it; without a browser, these are skipped."""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from browser import DOWN, ENTER, ESCAPE, HOME, LEFT, RIGHT, TAB, UP, Window, start
from helpers import holed, laid, placed
from naive import boxed
from scipy.ndimage import gaussian_filter

from facemo.drawing.draw import blocks
from facemo.errors import printable
from facemo.library.load import load_tiles
from facemo.planning.plan import plan
from facemo.tiles import Tiles
from facemo.writers import html
from facemo.writers.save import save

pytestmark = pytest.mark.browser

WIDTH, HEIGHT = 480, 400
LIT = (255, 212, 26)  # what marks and frames are made of


@pytest.fixture(scope="session")
def browser():
    driver = start("--disable-gpu-compositing")  # in software, compositing is slower with WebGL
    yield Window(driver)
    driver.quit()


@pytest.fixture
def window(browser):
    """A window of 480 x 400 CSS pixels, of which each is one of the screen."""
    browser.resize(WIDTH, HEIGHT)
    browser.prefer(prefers_color_scheme="light", prefers_reduced_motion="reduce")
    return browser


def soft(rng, count, height, width):
    """Tiles with something in them, but without the noise that JPEG changes most."""
    tiles = gaussian_filter(rng.random((count, height, width, 3)), (0, 2, 2, 0))
    axes = (1, 2) if height * width > 1 else (0, 1, 2)
    low, high = tiles.min(axes, keepdims=True), tiles.max(axes, keepdims=True)
    return np.round(255 * (tiles - low) / (high - low)).astype(np.uint8)


@pytest.fixture(scope="module")
def mosaic():
    """Twenty by thirty cells of 40 tiles of 32 pixels, named tile-0.jpg and so on."""
    rng = np.random.default_rng(1)
    tiles = Tiles(soft(rng, 40, 32, 32), tuple(f"tile-{n}.jpg" for n in range(40)))
    index = rng.integers(0, 40, (20, 30), dtype=np.int32)
    return placed(tiles, index, rng.integers(0, 256, (20, 30, 3), dtype=np.uint8))


@pytest.fixture(scope="module")
def saved(mosaic, tmp_path_factory):
    """The file of that mosaic, for all tests: no test writes to it."""
    path = tmp_path_factory.mktemp("page") / "mosaic.html"
    with pytest.MonkeyPatch.context() as patch:
        # A sheet of 40 tiles and no more: a full one takes half a second to load in software.
        patch.setattr(html, "_LAYER", 256)
        save(mosaic, path)
    return path


@pytest.fixture
def opened(window, saved):
    """The page of that mosaic, as it is when it has been opened."""
    return window.fresh(saved)


def view(window):
    """The centre, in cells, and the zoom, as the page has them."""
    return window.js("page.then(({ view }) => [view.x, view.y, view.zoom])")


def show(window, x, y, zoom):
    """Show a place at once."""
    window.js("page.then(({ view }) => view.show(...arguments[0]))", (x, y, zoom))


def light(window, tile):
    """Light up the uses of a tile."""
    window.js("page.then((page) => page.light(arguments[0]))", tile)


def spoken(window):
    """What was said last to who cannot see."""
    return window.js("document.getElementById('spoken').textContent")


def canvas_width(window):
    """How many pixels are drawn across."""
    return window.js("document.getElementById('picture').width")


def box(window, selector):
    """Where an element is in the window, in CSS pixels."""
    return window.js("document.querySelector(arguments[0]).getBoundingClientRect()", selector)


def scale_of(window, mosaic):
    """CSS pixels to a pixel of the mosaic, and the mosaic's at the window's corner."""
    x, y, zoom, width, height = window.js(
        "page.then(({ view }) => [view.x, view.y, view.zoom, innerWidth, innerHeight])"
    )
    scale = zoom * min(width / mosaic.shape[1], height / mosaic.shape[0])
    tall, wide = mosaic.tiles.size
    return scale, x * wide - width / 2 / scale, y * tall - height / 2 / scale


def at(window, mosaic, col, row):
    """Where in the window the middle of a cell is, in CSS pixels."""
    scale, left, top = scale_of(window, mosaic)
    tall, wide = mosaic.tiles.size
    return round(((col + 0.5) * wide - left) * scale), round(((row + 0.5) * tall - top) * scale)


def uses(mosaic, tile):
    return int((mosaic.index == tile).sum())


# What is drawn.


def expected(window, mosaic, density=1):
    """What part of the window the mosaic covers, and the averages of its pixels there.

    Where a pixel of the window covers more than a cell, cells count by their mean colours.
    """
    scale, left, top = scale_of(window, mosaic)
    scale *= density
    sides = window.js("[innerHeight, innerWidth]")
    spans = []
    for first, side, length in zip((top, left), sides, mosaic.shape[:2], strict=False):
        edges = first + np.arange(side * density + 1) / scale
        inside = np.flatnonzero((edges[:-1] > -1e-9) & (edges[1:] < length + 1e-9))
        spans.append((slice(inside[0], inside[-1] + 1), edges[inside[0] : inside[-1] + 2]))
    (lines, ys), (columns, xs) = spans
    tall, wide = mosaic.tiles.size
    if 1 / scale > min(tall, wide):
        pixels, ys, xs = blocks(mosaic.layout, 1)[mosaic.cells][:, :, 0, 0], ys / tall, xs / wide
    else:
        y, x = max(0, int(ys[0])), max(0, int(xs[0]))
        pixels = mosaic[y : int(ys[-1]) + 1, x : int(xs[-1]) + 1]
        ys, xs = ys - y, xs - x
    return (lines, columns), boxed(pixels, np.clip(ys, 0, None), np.clip(xs, 0, None))


def check_drawn(window, mosaic, mean=1, most=25, density=1):
    shot = window.picture().astype(float)
    part, wanted = expected(window, mosaic, density)
    apart = np.abs(shot[part] - wanted)
    assert apart.size > 1000
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
    width, height = WIDTH // density, HEIGHT // density
    window.resize(width, height, density)
    window.open(tmp_path / "a.html")
    fit = min(width / mosaic.shape[1], height / mosaic.shape[0])
    # Pixels of the screen to one of the tiles: as they are, and as shrunk as the page goes.
    scales = [scale for scale in (1, 0.6, 0.13) if scale > fit * density]
    scales += [fit * density] if fit * density < 1 else []
    assert len(scales) >= 2
    for scale in scales:
        show(window, cols * 0.53, rows * 0.48, scale / density / fit)
        # Beyond three pixels of a tile, those of its levels count: twice as large, and so on.
        check_drawn(window, mosaic, *(5, 40) if 1 / scale > 3 else (1, 25), density)


def test_tiles_on_several_sheets_are_drawn(window, rng, tmp_path, monkeypatch):
    monkeypatch.setattr(html, "_LAYER", 128)
    mosaic = laid(rng, soft(rng, 30, 32, 32), 15, 20, mirrored=0.5)
    save(mosaic, tmp_path / "a.html", quality=100)
    window.open(tmp_path / "a.html")
    assert window.js("page.then(({ plan }) => plan.sheets.length)") == 4
    check_drawn(window, mosaic)


def test_recoloured_tiles_that_repeat_are_drawn(window, rng, lay, tmp_path):
    mosaic = lay("shared", soft(rng, 30, 32, 32), 20, 30)
    save(mosaic, tmp_path / "a.html", quality=100)
    window.open(tmp_path / "a.html")
    fit = WIDTH / mosaic.shape[1]
    for zoom in (1, 1 / fit):
        show(window, 15.4, 9.7, zoom)
        check_drawn(window, mosaic)


def test_light_that_rises_and_bends_across_tiles_is_drawn(window, rng, lay, tmp_path):
    mosaic = lay("recoloured", soft(rng, 30, 24, 32), 20, 30)
    ramp = rng.integers(-90, 91, (len(mosaic.variants), 4)).astype(np.int8)
    ramp[~mosaic.variants.recoloured] = 0
    ramp[::3] = 0
    mosaic = replace(mosaic, variants=replace(mosaic.variants, ramp=ramp))
    save(mosaic, tmp_path / "a.html", quality=100)
    window.open(tmp_path / "a.html")
    fit = WIDTH / mosaic.shape[1]
    for zoom in (1, 1 / fit):
        show(window, 15.4, 9.7, zoom)
        check_drawn(window, mosaic)


@pytest.mark.parametrize("tint", [0, 0.5])
def test_of_empty_cells_nothing_is_drawn_at_any_zoom(window, rng, tmp_path, tint):
    """What is behind the mosaic is seen, and what is left of a pixel beside them."""
    mosaic = holed(rng, soft(rng, 30, 24, 24), 50, 60, tint=tint, background="red")
    save(mosaic, tmp_path / "a.html", quality=100)
    window.open(tmp_path / "a.html")
    shade = np.array(window.js("page.then((page) => page.looks.shade)")) * 255
    seen = replace(mosaic, background=tuple(int(value) for value in shade.round()))
    fit = HEIGHT / mosaic.shape[0]
    for scale in (fit, 0.6, 1):
        show(window, 31, 24.4, scale / fit)
        check_drawn(window, seen, *(5, 40) if 1 / scale > 2.9 else (1, 25))
    window.resize(40, 33)
    show(window, 30, 25, 1)
    check_drawn(window, seen, 5, 40)


def test_empty_cells_are_as_what_is_beside_the_mosaic(window, rng, tmp_path):
    mosaic = holed(rng, soft(rng, 30, 32, 32), 20, 30)
    save(mosaic, tmp_path / "a.html")
    window.open(tmp_path / "a.html")
    full, empty = (np.argwhere(part)[0].tolist() for part in (mosaic.filled, ~mosaic.filled))
    tile = mosaic.index[tuple(full)]
    page = "page.then(({ view, plan }) => [view.cellAt([%s, %s]), plan.tileAt(%s, %s)])"
    places = [(x + 0.5, y + 0.5, x, y) for y, x in (full, empty)]
    names = np.array(window.js("page.then(({ plan }) => plan.names)"))
    cell, number = window.js(page % places[0])
    assert (cell, names[number]) == (full[::-1], mosaic.tiles.names[tile])
    assert window.js(page % places[1]) == [None, -1]
    assert window.js("page.then(({ plan }) => [...plan.uses])")[number] == uses(mosaic, tile)


def test_more_variants_than_a_layer_holds_are_drawn(window, rng, lay, tmp_path, monkeypatch):
    source = html._source
    monkeypatch.setattr(html, "_LAYER", 128)
    monkeypatch.setattr(
        html,
        "_source",
        lambda name: source(name).replace("const LAYER = 2048;", "const LAYER = 128;"),
    )
    mosaic = lay("recoloured", soft(rng, 9, 6, 6), 250, 300)
    assert len(mosaic.variants) > 4 * 128**2
    save(mosaic, tmp_path / "a.html", quality=100)
    window.open(tmp_path / "a.html")
    assert window.js("page.then(({ plan }) => [plan.wide, LAYER])") == [True, 128]
    fit = HEIGHT / mosaic.shape[0]
    for zoom, row in ((1, 125), (1 / fit, 3), (1 / fit, 125), (1 / fit, 247)):
        show(window, 150, row, zoom)
        check_drawn(window, mosaic, *((1, 25) if zoom > 1 else (5, 40)))


def test_enlarged_pixels_of_tiles_are_the_tiles_own(window, rng, tmp_path):
    mosaic = laid(rng, soft(rng, 30, 16, 16), 40, 60, mirrored=0.5, tint=0.5)
    save(mosaic, tmp_path / "a.html", quality=100)
    fit = min(WIDTH / mosaic.shape[1], HEIGHT / mosaic.shape[0])
    window.open(tmp_path / "a.html", f"#30,20,{5 / fit}")
    got = window.picture().astype(int)
    # 96 x 80 pixels of five times five, of which the middle ones are not mixed with neighbours.
    wanted = mosaic[320 - 40 : 320 + 40, 480 - 48 : 480 + 48].astype(int)
    assert np.abs(got[2::5, 2::5] - wanted).max() < 12


def test_a_page_of_reduced_tiles_says_so_and_draws_them(window, rng, tmp_path, monkeypatch):
    monkeypatch.setattr(html, "_atlas", lambda *_: html._atlas_of((16, 16), html.Encoding()))
    mosaic = laid(rng, soft(rng, 40, 32, 32), 20, 30)
    save(mosaic, tmp_path / "a.html", quality=100)
    window.open(tmp_path / "a.html")
    assert "here they have 16 x 16, and look softer from near" in window.text("#notice")
    window.press("#notice button")
    assert window.text("#notice") is None
    check_drawn(window, mosaic, mean=3)


def test_a_million_cells_open(window, rng, tmp_path):
    mosaic = laid(rng, soft(rng, 30, 8, 8), 1000, 1000, tint=0.3)
    save(mosaic, tmp_path / "a.html", quality=100)
    window.open(tmp_path / "a.html", "#777.7,222.2,20")
    check_drawn(window, mosaic)
    window.press("#whole")
    got = window.picture()[:, 40:440].astype(float)
    cells = blocks(mosaic.layout, 1)[mosaic.cells][:, :, 0, 0]
    wanted = boxed(cells, np.linspace(0, 1000, 401), np.linspace(0, 1000, 401))
    assert np.abs(got - wanted).mean() < 3


@pytest.fixture(scope="module")
def crowd(tmp_path_factory):
    """A page of cells smaller than a pixel: tile 1 has two uses, tile 2 has 270,000 or so."""
    path = tmp_path_factory.mktemp("crowd") / "a.html"
    rng = np.random.default_rng(1)
    index = 2 * (rng.random((600, 900)) < 0.5).astype(np.int32)
    index[180, 240] = index[420, 660] = 1
    tiles = Tiles(np.full((3, 8, 8, 3), 90, np.uint8))
    save(placed(tiles, index), path)
    return path


def test_uses_too_small_to_be_seen_are_marked(window, crowd):
    light(window.fresh(crowd), 1)
    ys, xs = np.nonzero((window.picture() == LIT).all(axis=2))
    left = xs < 240
    assert set(left) == {True, False}
    scale = 480 / 900
    assert abs(xs[left].mean() - 240 * scale) < 2
    assert abs(ys[left].mean() - 40 - 180 * scale) < 2
    assert abs(xs[~left].mean() - 660 * scale) < 2
    assert abs(ys[~left].mean() - 40 - 420 * scale) < 2


def test_of_a_great_many_uses_some_are_marked(window, crowd):
    light(window.fresh(crowd), 2)
    marks = window.js("page.then((page) => page.renderer.marked.count)")
    assert 10_000 < marks <= 20_000
    yellow = (window.picture() == LIT).all(axis=2)
    assert all(part.any() for part in np.split(yellow[60:340], 10, axis=1))


def test_near_where_not_all_uses_would_have_a_frame_none_has(window, crowd):
    light(window.fresh(crowd), 2)
    show(window, 450, 300, 20)
    near = window.picture()
    assert not (near == LIT).all(axis=2).any()
    # What is not lit is faded.
    assert {(90, 90, 90), (190, 189, 188)} <= set(map(tuple, near.reshape(-1, 3)))


def test_the_whole_mosaic_is_shown_first_in_the_middle(window, saved, mosaic):
    opened = window.open(saved)
    assert view(opened) == [15, 10, 1]
    check_drawn(opened, mosaic, mean=3)
    shot = opened.picture()
    # Three by two, it fills the width; above and below there is the page.
    assert set(map(tuple, np.concatenate([shot[:40], shot[360:]]).reshape(-1, 3))) == {
        tuple(shot[0, 0])
    }


@pytest.mark.parametrize("part", [100, 50])
def test_the_slider_blends_to_the_targets_colours(opened, mosaic, part):
    opened.js(
        "((e) => { e.value = arguments[0]; e.dispatchEvent(new Event('input')); })"
        "(document.getElementById('blend'))",
        part,
    )
    flat = placed(np.zeros((40, 32, 32, 3), np.uint8), mosaic.index, mosaic.colors, tint=1.0)
    shot = opened.picture()
    covered, tiles = expected(opened, mosaic)
    _, colors = expected(opened, flat)
    wanted = tiles + part / 100 * (colors - tiles)
    assert np.abs(shot[covered] - wanted).mean() < 1.5


# What is lit.


def test_what_is_pointed_at_is_named_with_its_uses(opened, mosaic):
    assert opened.text("#caption") is None
    opened.move(*at(opened, mosaic, 7, 9))
    tile = mosaic.index[9, 7]
    assert opened.text("#caption") == f"tile-{tile}.jpg {uses(mosaic, tile)} uses"
    opened.move(*at(opened, mosaic, 8, 10))
    assert opened.text("#caption").startswith(f"tile-{mosaic.index[10, 8]}.jpg ")


def test_a_click_lights_every_use_and_another_ends_it(opened, mosaic):
    before = opened.picture()
    opened.click(*at(opened, mosaic, 7, 9))
    tile = mosaic.index[9, 7]
    assert opened.text("#lit").startswith(f"tile-{tile}.jpg {uses(mosaic, tile)} uses")
    unlit, lit = middles(before), middles(opened.picture())
    ground = np.array(opened.js("page.then((page) => page.looks.shade)")) * 255
    faded = unlit + 0.65 * (ground - unlit)
    wanted = np.where((mosaic.index == tile)[:, :, np.newaxis, np.newaxis], unlit, faded)
    assert np.abs(lit - wanted).mean(axis=(2, 3)).max() < 1
    opened.click(*at(opened, mosaic, 7, 9))
    assert opened.text("#lit") is None
    np.testing.assert_array_equal(opened.picture(), before)


def middles(shot):
    """Six by six pixels of each cell of the whole mosaic, which has 16 by 16: (20, 30, 36, 3)."""
    cells = shot[40:360].reshape(20, 16, 30, 16, 3).swapaxes(1, 2)
    return cells[:, :, 5:11, 5:11].reshape(20, 30, 36, 3).astype(float)


def test_clicks_and_the_address_wait_for_nothing_but_time(opened, mosaic):
    left, top = at(opened, mosaic, 7, 9)
    for what in ("Pressed", "Released"):
        opened.mouse(what, left, top, button="left", clickCount=1)
    opened.until("!document.getElementById('lit').hidden")
    opened.mouse("Wheel", left, top, deltaX=0, deltaY=-100)
    opened.until("page.then(({ view }) => view.zoom > 1 && location.hash === view.hash)")
    assert view(opened)[2] == pytest.approx(np.exp(0.22))
    assert opened.text("#lit").startswith(f"tile-{mosaic.index[9, 7]}.jpg ")


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
        assert f"use {number + 1} of {len(places)}, column" in spoken(opened)


# What is found by its name.


def test_a_search_finds_lights_and_shows_a_tile(opened, mosaic):
    opened.type("#query", "E-3")
    assert opened.text("#found") == "11 tiles"
    names = opened.js("[...document.querySelectorAll('#matches button')].map((b) => b.innerText)")
    assert names == ["tile-3.jpg", *(f"tile-{n}.jpg" for n in range(30, 40))]
    opened.key(DOWN, DOWN, ENTER)
    assert opened.text("#lit") == f"tile-30.jpg use 1 of {uses(mosaic, 30)}"
    assert opened.text("#results") is None
    x, y, _ = view(opened)
    assert mosaic.index[int(y), int(x)] == 30


def test_a_search_for_what_is_not_there_says_so(opened):
    opened.type("#query", "nobody")
    assert opened.text("#found") == "No tile has such a name."
    opened.key(ESCAPE)
    assert opened.text("#found") is None
    assert opened.js("document.getElementById('query').value") == ""


# What can be done with keys.


def press_at_once(window, *keys, repeat=(False,)):
    """Press keys, faster than anything is drawn; the time of the page after that."""
    return window.js(
        "((keys, repeats) => { for (const key of keys) for (const repeat of repeats)"
        " document.body.dispatchEvent("
        "  new KeyboardEvent('keydown', { key, repeat, bubbles: true }));"
        " return performance.now(); })(...arguments)",
        keys,
        repeat,
    )


def test_keys_zoom(opened):
    opened.key("+")
    assert view(opened)[2] == 1.5
    opened.key("+", "+", "=")
    assert view(opened) == [15, 10, pytest.approx(1.5**4)]
    opened.key("-")
    assert view(opened) == [15, 10, pytest.approx(1.5**3)]


@pytest.mark.parametrize("home", ["0", HOME])
def test_a_key_shows_the_whole(opened, home):
    show(opened, 10, 12, 3)
    opened.key(home)
    assert view(opened) == [15, 10, 1]


@pytest.mark.parametrize(
    ("key", "axis", "sign"), [(RIGHT, 0, 1), (DOWN, 1, 1), (LEFT, 0, -1), (UP, 1, -1)]
)
def test_arrows_move(opened, key, axis, sign):
    show(opened, 15, 10, 1.5**4)
    opened.key(key)
    after = view(opened)
    assert (after[axis] - (15, 10)[axis]) * sign == pytest.approx(1, abs=0.3)
    assert after[1 - axis] == (15, 10)[1 - axis]
    assert after[2] == pytest.approx(1.5**4)


def test_keys_that_are_faster_than_the_flight_all_count(opened):
    opened.prefer(prefers_color_scheme="light", prefers_reduced_motion="no-preference")
    press_at_once(opened, "+", "+", "+", "ArrowRight")
    opened.settle()
    x, y, zoom = view(opened)
    assert zoom == pytest.approx(1.5**3)
    assert x > 15.5
    assert y == 10


def test_a_key_that_is_held_moves_on_but_lights_once(opened):
    press_at_once(opened, "+", "Enter", repeat=(False, True, True, True))
    opened.settle()
    assert view(opened)[2] == pytest.approx(1.5**4)
    assert opened.text("#lit") is not None


def test_every_corner_can_be_brought_to_the_middle(opened):
    show(opened, 0, 0, 1e9)
    opened.key(*(UP + LEFT) * 3)
    x, y, _ = view(opened)
    assert 0 <= x < 1
    assert 0 <= y < 1


def test_without_a_mouse_the_middle_is_described_and_enter_lights_it(opened, mosaic):
    opened.key("+", "+", "+", "+", RIGHT)
    x, y, _ = view(opened)
    tile = mosaic.index[int(y), int(x)]
    said = f"tile-{tile}.jpg, {uses(mosaic, tile)} uses, column {int(x) + 1}, row {int(y) + 1}"
    assert spoken(opened) == said
    assert opened.js("!document.getElementById('aim').hidden")
    opened.key(ENTER)
    assert opened.text("#lit").startswith(f"tile-{tile}.jpg ")
    opened.key(ESCAPE)
    assert opened.text("#lit") is None


def test_without_a_mouse_every_control_can_be_reached_and_has_a_name(window, saved):
    opened = window.open(saved)  # or the focus went on from where it was
    opened.key("+", ENTER)
    opened.js(
        "void (window.reached = new Set(),"
        " addEventListener('focusin', ({ target }) => reached.add(target.id || target.localName)))"
    )
    opened.key(TAB * 20)
    wanted = ["picture", "nearer", "further", "whole", "full", "blend", "query", "summary",
              "previous", "next", "unlight"]  # fmt: skip
    assert opened.js("[...reached]") == wanted
    unnamed = opened.js(
        "[...document.querySelectorAll('button, input, canvas')].filter((e) => "
        "!e.getAttribute('aria-label') && !e.labels?.length && !e.innerText.trim())"
        ".map((e) => e.id)"
    )
    assert unnamed == []


# What can be done with a mouse, or fingers.


def test_the_wheel_zooms_about_the_pointer(opened, mosaic):
    place = at(opened, mosaic, 4, 12)
    opened.scroll(*place, -300)
    assert view(opened)[2] > 1.5
    assert np.abs(np.subtract(at(opened, mosaic, 4, 12), place)).max() <= 1
    opened.scroll(*place, 600)
    assert view(opened) == [15, 10, 1]


def test_a_drag_moves_the_mosaic_with_the_pointer(opened, mosaic):
    show(opened, 15, 10, 3)
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


@pytest.fixture
def touched(window, saved):
    """The same page on a telephone, whose screen has two pixels to a CSS pixel."""
    window.resize(300, 360, 2, touch=True)
    return window.fresh(saved)


def test_a_finger_that_taps_lights_a_tile(touched, mosaic):
    touched.touch([[at(touched, mosaic, 7, 9)]])
    tile = mosaic.index[9, 7]
    assert touched.text("#lit").startswith(f"tile-{tile}.jpg {uses(mosaic, tile)} uses")


def test_two_fingers_zoom_and_one_drags(touched, mosaic):
    touched.touch([[(130, 180), (170, 180)], [(90, 180), (210, 180)], [(50, 180), (250, 180)]])
    assert view(touched) == [pytest.approx(15), pytest.approx(10), pytest.approx(5)]
    before = at(touched, mosaic, 15, 10)
    touched.touch([[(150, 240)], [(160, 250)], [(180, 270)]])
    assert np.abs(np.subtract(at(touched, mosaic, 15, 10), before) - 30).max() <= 1


def test_the_buttons_do_what_they_are_called(opened):
    opened.press("#nearer")
    assert view(opened)[2] == 1.5
    opened.press("#further")
    assert view(opened)[2] == 1
    opened.press("#nearer")
    opened.press("#whole")
    assert view(opened) == [15, 10, 1]


def test_a_button_fills_the_screen_and_ends_that(opened):
    pressed = "document.getElementById('full').getAttribute('aria-pressed')"
    opened.press("#full")
    opened.until("document.fullscreenElement")
    opened.settle()
    assert opened.js(pressed) == "true"
    opened.press("#full")
    opened.until("!document.fullscreenElement")
    opened.settle()
    assert opened.js(pressed) == "false"


# The panels.


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
    opened.key(ESCAPE)
    assert opened.text("#help > div") is None
    opened.press("summary")
    opened.type("#query", "tile")
    assert opened.text("#help > div") is None
    assert inside(opened, "#results", size)
    assert layout(opened) == before
    assert inside(opened, "#controls", size)


def inside(window, selector, size):
    """Whether an element is in the window, and not under another."""
    edges = box(window, selector)
    fits = 0 <= edges["left"] < edges["right"] <= size[0]
    fits &= 0 <= edges["top"] < edges["bottom"] <= size[1]
    return fits and window.js(
        "((e) => { const box = e.getBoundingClientRect();"
        "  const top = document.elementFromPoint(box.left + 5, box.bottom - 5);"
        "  return e.id === 'controls' || e.contains(top); })"
        "(document.querySelector(arguments[0]))",
        selector,
    )


LAYOUT = (
    "['#tools', '#blending', '#query', 'summary', '#picture'].map((name) => "
    "JSON.stringify(document.querySelector(name).getBoundingClientRect()))"
)


def layout(window):
    """Where everything stands that does not depend on what a name says."""
    return window.js(LAYOUT)


# Where it is.


def test_a_link_returns_to_a_view(opened, mosaic, saved):
    opened.scroll(*at(opened, mosaic, 4, 12), -600)
    opened.drag((240, 220), (190, 260))
    before, link = view(opened), opened.js("location.hash")
    picture = opened.picture().astype(int)
    opened.open(saved, link)
    assert view(opened) == pytest.approx(before, rel=1e-3)
    assert np.abs(opened.picture() - picture).mean() < 3


def test_an_open_page_follows_a_link(opened):
    opened.js("void (location.hash = '#3,4,5')")
    opened.until("page.then(({ view }) => view.zoom > 1)")
    assert view(opened) == [pytest.approx(3, abs=0.5), pytest.approx(4, abs=0.5), 5]


@pytest.mark.parametrize(
    "link", ["#", "#1,2", "#a,b,c", "#1,2,3,4", "#NaN,1,2", "#1,,Infinity", "#,,"]
)
def test_a_link_that_makes_no_sense_shows_the_whole(window, saved, link):
    assert view(window.open(saved, link)) == [15, 10, 1]


def test_a_link_beyond_the_edges_is_brought_back(window, saved):
    x, y, zoom = view(window.open(saved, "#-1e9,1e9,1e9"))
    assert (x, y) == (pytest.approx(0, abs=0.1), pytest.approx(20, abs=0.1))
    assert 1 < zoom < 100


@pytest.mark.parametrize("screen", [(800, 300, 1), (200, 600, 1), (300, 200, 3)])
def test_the_picture_follows_the_window(opened, mosaic, screen):
    width, _, density = screen
    opened.resize(*screen)
    opened.settle()
    assert canvas_width(opened) == width * density
    check_drawn(opened, mosaic, mean=3, density=density)


def test_the_page_is_dark_where_that_is_preferred(opened):
    assert opened.picture()[5, 5].min() > 200
    opened.prefer(prefers_color_scheme="dark", prefers_reduced_motion="reduce")
    assert opened.picture()[5, 5].max() < 60


# What is drawn while it moves.


def test_moves_are_smooth(opened):
    opened.prefer(prefers_color_scheme="light", prefers_reduced_motion="no-preference")
    with opened.by_hand():
        began = press_at_once(opened, "+")
        zooms = []
        for after in (50, 100, 150, 250):
            opened.frame(began + after)
            zooms.append(view(opened)[2])
    assert 1 < zooms[0] < zooms[1] < zooms[2] < zooms[3] == pytest.approx(1.5)


def test_moves_are_not_smooth_where_that_is_not_wanted(opened):
    with opened.by_hand():
        press_at_once(opened, "+")
        assert view(opened)[2] == pytest.approx(1.5)


@pytest.mark.parametrize(("took", "coarse"), [(16, 1), (49, 1), (51, 2)])
def test_only_frames_that_take_long_make_moves_coarser_and_rest_makes_them_sharp(
    opened, took, coarse
):
    widths = []
    with opened.by_hand():
        for now in (0, 10_000):  # a pause between two moves is no slow frame
            show(opened, 10, 10, 3)
            opened.frame(now)
            widths.append(canvas_width(opened))
            opened.frame(now + took)
    assert widths == [WIDTH, WIDTH // coarse]
    assert canvas_width(opened) == WIDTH


# What may go wrong.


def lose(window):
    """Take the graphics away, as a driver does that is reset."""
    window.js(
        "page.then(({ renderer: { gl } }) => {"
        " window.loss = gl.getExtension('WEBGL_lose_context'); loss.loseContext(); })"
    )
    window.until("page.then((page) => !page.ready)")


def restore(window):
    """Give the graphics back, and wait until they are loaded."""
    window.js("loss.restoreContext()")
    window.until("page.then((page) => page.ready)")


def test_graphics_that_are_lost_leave_the_still_with_a_word_until_they_are_back(opened, mosaic):
    before = opened.picture()
    lose(opened)
    said = "The graphics were reset. The mosaic comes back when they do …"
    assert opened.text("#message") == said
    check_still(opened, mosaic)
    restore(opened)
    np.testing.assert_array_equal(opened.picture(), before)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_graphics_may_be_lost_again_before_a_sheet_is_decoded_or_after(opened, moment):
    before = opened.picture()
    lose(opened)
    opened.driver.execute_async_script(
        "const [moment, done] = arguments; const decode = createImageBitmap;"
        "const canvas = document.getElementById('picture');"
        "const lost = new Promise("
        "  (then) => canvas.addEventListener('webglcontextlost', then, { once: true }));"
        "window.createImageBitmap = async (...what) => {"
        "  window.createImageBitmap = decode;"
        "  if (moment === 'before') { loss.loseContext(); await lost; }"
        "  const image = await decode(...what);"
        "  if (moment === 'after') loss.loseContext();"
        "  lost.then(() => setTimeout(done));"
        "  return image; };"
        "loss.restoreContext();",
        moment,
    )
    assert opened.js("page.then((page) => page.ready)") is False
    check_restored(opened, before)


def test_graphics_may_be_lost_again_when_they_are_loaded(opened):
    before = opened.picture()
    lose(opened)
    restore(opened)
    lose(opened)
    check_restored(opened, before)


def check_restored(window, before):
    restore(window)
    np.testing.assert_array_equal(window.picture(), before)
    assert window.text("#message") is None
    assert window.js("!document.getElementById('controls').hidden")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'id="cells">', b'id="cells">eJ'),
        (b'id="colors">', b'id="other">'),
        (b'"cols":30', b'"cols":31'),
        (b'"names":["tile-0.jpg",', b'"names":['),
        (b'id="variants">', b'id="variants">eJ'),
        (b'"wide":false', b'"wide":true'),
    ],
)
def test_a_page_that_was_altered_says_so_over_its_still(
    window, mosaic, saved, tmp_path, before, after
):
    page = saved.read_bytes()
    assert before in page
    path = tmp_path / "a.html"
    path.write_bytes(page.replace(before, after, 1))
    window.open(path)
    assert window.text("#message") == "This page is damaged. This is a still of the whole."
    check_still(window, mosaic)


@pytest.mark.parametrize(
    "damage",
    [
        lambda variants: variants[:-1],
        lambda variants: variants.ravel()[:-1],
        lambda variants: np.where(variants == 2 * 39, np.uint32(2 * 40), variants),
        lambda variants: np.where(variants == 2 * 39, np.uint32(2**32 - 2), variants),
    ],
    ids=["a variant is missing", "part of one is", "a tile is", "a tile is by far"],
)
def test_a_page_whose_variants_do_not_fit_says_so_over_its_still(
    window, mosaic, saved, tmp_path, damage
):
    page = saved.read_bytes()
    stored = re.search(b'id="variants">([^<]*)<', page)[1]
    variants = np.frombuffer(zlib.decompress(base64.b64decode(stored)), "<u4").reshape(40, 4)
    altered = damage(variants)
    assert altered.tobytes() != variants.tobytes()
    path = tmp_path / "a.html"
    for array, said in (
        (variants, None),
        (altered, "This page is damaged. This is a still of the whole."),
    ):
        path.write_bytes(page.replace(stored, base64.b64encode(zlib.compress(array.tobytes()))))
        window.open(path)
        assert window.text("#message") == said
    check_still(window, mosaic)


def test_a_page_whose_ramps_do_not_fit_says_so_over_its_still(window, mosaic, saved, tmp_path):
    page = saved.read_bytes()
    stored = re.search(b'id="ramps">([^<]*)<', page)[1]
    ramps = zlib.decompress(base64.b64decode(stored))
    path = tmp_path / "a.html"
    path.write_bytes(page.replace(stored, base64.b64encode(zlib.compress(ramps[:-1]))))
    window.open(path)
    assert window.text("#message") == "This page is damaged. This is a still of the whole."
    check_still(window, mosaic)


@pytest.mark.parametrize("part", [0.3, 0.6, 0.9, 0.999])
def test_a_page_that_ends_early_says_so_over_its_still(window, mosaic, saved, tmp_path, part):
    page = saved.read_bytes()
    data = page.index(b'id="plan"')
    path = tmp_path / "a.html"
    path.write_bytes(page[: data + int(part * (len(page) - data))])
    window.driver.get(path.as_uri())
    delays = window.js("document.getAnimations().map(({ effect }) => effect.getTiming().delay)")
    assert delays == [2000]  # most pages are ready before that
    window.js("document.getAnimations()[0].finish()")
    assert "the file is incomplete" in window.text("#message")
    assert window.js("getComputedStyle(document.getElementById('message')).visibility") == "visible"
    check_still(window, mosaic)


def check_still(window, mosaic):
    still = window.screenshot()[40:360].astype(float)  # the mosaic is three by two
    got = still.reshape(32, 10, 48, 10, 3).mean(axis=(1, 3))[10:24]  # between what says why
    wanted = boxed(mosaic, np.linspace(0, 640, 33), np.linspace(0, 960, 49))[10:24]
    assert np.abs(got - wanted).mean() < 4


def test_without_webgl_the_page_says_so_over_a_still(mosaic, saved):
    driver = start("--disable-3d-apis")
    try:
        window = Window(driver)
        window.resize(WIDTH, HEIGHT)
        window.open(saved)
        said = "This browser cannot zoom: it lacks WebGL2, or it is turned off. "
        assert window.text("#message") == said + "This is a still of the whole."
        assert window.text("#controls") is None
        check_still(window, mosaic)
    finally:
        driver.quit()


def test_without_scripts_there_is_a_still(window, mosaic, saved):
    window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        window.driver.get(saved.as_uri())
        check_still(window, mosaic)
    finally:
        window.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


# Names, which are anybody's.

FOLDER = "Pictures/2019/A long holiday in the north of Norway/"


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """A page of three tiles in a folder and three that are not."""
    path = tmp_path_factory.mktemp("named") / "a.html"
    rng = np.random.default_rng(1)
    mosaic = laid(rng, soft(rng, 6, 16, 16), 20, 30)
    names = (*(f"{FOLDER}IMG_{n}.jpg" for n in range(3)), "Zoë.jpg", "zoe-2.jpg", "other.jpg")
    save(replace(mosaic, tiles=replace(mosaic.tiles, names=names)), path)
    return path


def test_a_photo_in_a_folder_is_named_before_its_folder(window, named):
    window.fresh(named).type("#query", "norway")
    boxes = [box(window, f"#matches {part}") for part in (".name", ".folder", "button")]
    name, quiet, button = ((edges["left"], edges["right"]) for edges in boxes)
    assert button[0] < name[0] < name[1] - 50 < name[1] < quiet[0] < quiet[1] < button[1]
    window.key(DOWN, ENTER)
    assert window.text("#lit").startswith(f"IMG_0.jpg {FOLDER}")
    assert window.js("document.getElementById('lit').title") == f"{FOLDER}IMG_0.jpg"


def test_enter_takes_the_first_that_is_found_and_accents_do_not_matter(window, named):
    window.fresh(named).type("#query", "ZOE")
    assert window.text("#found") == "2 tiles"
    window.key(ENTER)
    assert window.text("#found") is None
    assert window.text("#lit").startswith("Zoë.jpg ")


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


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The file of a mosaic with such names, eight cells across; it has such a name itself."""
    side = -(-len(HOSTILE) // 8)
    index = np.arange(8 * side, dtype=np.int32).reshape(side, 8) % len(HOSTILE)
    tiles = Tiles(soft(np.random.default_rng(1), len(HOSTILE), 32, 32), tuple(HOSTILE))
    path = tmp_path_factory.mktemp("hostile") / "<img src=x onerror=alert(1)>&'.html"
    save(placed(tiles, index), path)
    return path


def captions(window):
    """Of each tile, pointed at and lit: its folder, its file, their box, where all else stands."""
    return window.js(
        "page.then((page) => page.plan.names.flatMap((_, tile) => {"
        " const cell = [tile % 8, Math.floor(tile / 8)];"
        " const look = (id) => {"
        "  const element = document.getElementById(id);"
        "  const text = (part) => element.querySelector(part).textContent;"
        f"  return [text('.folder'), text('.name'), element.getBoundingClientRect(), {LAYOUT}]; }};"
        " page.caption(cell); const caption = look('caption');"
        " page.click(cell); return [caption, look('lit')]; }))"
    )


def test_hostile_names_are_text_wherever_they_are_shown(window, hostile):
    window.fresh(hostile)
    before = layout(window)
    names = [printable(name) for name in HOSTILE for _ in range(2)]
    for name, (folder, file, edges, around) in zip(names, captions(window), strict=True):
        assert folder + file == name
        assert "/" not in file
        assert 0 <= edges["left"] < edges["right"] <= WIDTH
        assert 0 <= edges["top"] < edges["bottom"] <= HEIGHT
        assert edges["height"] < 70
        assert around == before


def test_hostile_names_that_are_found_stay_in_the_window(window, hostile):
    window.fresh(hostile).type("#query", "a")
    assert window.js("document.getElementById('matches').children.length") > 10
    assert box(window, "search")["right"] <= WIDTH


def test_hostile_names_make_no_elements_and_ask_for_nothing(window, hostile):
    window.driver.get_log("browser")
    requests(window)
    window.open(hostile)
    elements = "document.querySelectorAll('*').length"
    before = window.js(elements)
    captions(window)
    window.type("#query", "a")
    window.key(ESCAPE)
    assert window.js(elements) == before
    assert requests(window) - {"about:blank"} == {hostile.as_uri()}
    assert [log for log in window.driver.get_log("browser") if log["level"] == "SEVERE"] == []


def test_the_title_may_be_hostile(window, hostile):
    window.fresh(hostile)
    assert window.driver.title == "<img src=x onerror=alert(1)>&'"


def test_nothing_leaves_the_page_even_if_it_tried(window, saved):
    window.open(saved)
    requests(window)
    window.driver.execute_script(
        "window.refused = new Set();"
        "addEventListener('securitypolicyviolation', (e) => refused.add(e.effectiveDirective));"
        "const add = (tag, what) =>"
        "  document.body.append(Object.assign(document.createElement(tag), what));"
        "fetch('https://example.org/').catch(() => {});"
        "add('img', { src: 'https://example.org/a.png' });"
        "add('iframe', { src: 'https://example.org/' });"
        "add('script', { text: 'window.ran = 1' });"
    )
    window.until("refused.size >= 4")
    refused = set(window.js("[...refused]"))
    assert refused == {"connect-src", "img-src", "script-src-elem", "frame-src"}
    assert window.js("window.ran") is None
    assert requests(window) == set()


# Looked at by people.


def test_screenshots_at_three_zooms_are_kept(window, tmp_path, tmp_path_factory):
    folder = Path(os.environ.get("FACEMO_ARTIFACTS") or tmp_path_factory.mktemp("artifacts"))
    folder.mkdir(parents=True, exist_ok=True)
    sample = Path(__file__).parents[2] / "data"
    mosaic = plan(str(sample / "face.png"), load_tiles(sample / "tiles", size=64), cols=128)
    save(mosaic, tmp_path / "a.html")
    window.resize(1280, 800)
    window.open(tmp_path / "a.html")
    for zoom in (1, 8, 60):
        show(window, 58, 45, zoom)
        window.settle()
        shot = window.screenshot(folder / f"page-{zoom}.png")
        assert shot.shape == (800, 1280, 3)
        assert shot[100:700].std() > 20  # between what floats over it
