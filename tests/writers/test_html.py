from __future__ import annotations

import base64
import hashlib
import html.parser
import json
import re
import zlib
from dataclasses import replace
from io import BytesIO

import naive
import numpy as np
import pytest
from helpers import holed, laid, placed, write
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facemo.drawing.mosaic import Mosaic
from facemo.drawing.variants import Variants
from facemo.errors import InputError
from facemo.options import Encoding
from facemo.tiles import Tiles
from facemo.writers import html as writer
from facemo.writers.format import Order
from facemo.writers.save import save


class Elements(html.parser.HTMLParser):
    """The elements of a page, in their order: tag, attributes, text."""

    def __init__(self, path):
        super().__init__()
        self.found = []
        self.open = False
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attributes):
        self.found.append([tag, dict(attributes), ""])
        self.open = True

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        if self.open:
            self.found[-1][2] += data

    def __getitem__(self, name):
        return next(text for _, attributes, text in self.found if attributes.get("id") == name)

    def all(self, tag):
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


def written(mosaic, path, **options):
    write(writer, mosaic, path, **options)
    return Elements(path)


def inflated(elements, name):
    return zlib.decompress(base64.b64decode(elements[name]))


@pytest.fixture
def mosaic(rng, tile_array):
    return laid(rng, tile_array, 5, 8, mirrored=0.5, tint=0.25)


def test_the_page_carries_the_plan(mosaic, tmp_path):
    elements = written(mosaic, tmp_path / "a.html")
    plan = json.loads(elements["plan"])
    used, index = np.unique(mosaic.index, return_inverse=True)
    cells = np.frombuffer(inflated(elements, "cells"), "<u2").reshape(5, 8)
    variants = np.frombuffer(inflated(elements, "variants"), "<u4").reshape(-1, 4)
    np.testing.assert_array_equal(variants[cells, 0] >> 1, index.reshape(5, 8))
    np.testing.assert_array_equal(variants[cells, 0] & 1, mosaic.mirrored)
    colors = np.frombuffer(inflated(elements, "colors"), np.uint8).reshape(5, 8, 3)
    np.testing.assert_array_equal(np.cumsum(colors, axis=1, dtype=np.uint8), mosaic.colors)
    assert (plan["cols"], plan["rows"], plan["wide"], plan["notice"]) == (8, 5, False, "")
    assert plan["names"] == [mosaic.tiles.names[n] for n in used]


def test_empty_cells_have_a_variant_without_a_tile(rng, tile_array, tmp_path):
    mosaic = holed(rng, tile_array, 5, 8, tint=0.25)
    elements = written(mosaic, tmp_path / "a.html")
    cells = np.frombuffer(inflated(elements, "cells"), "<u2").reshape(5, 8)
    variants = np.frombuffer(inflated(elements, "variants"), "<u4").reshape(-1, 4)
    np.testing.assert_array_equal(variants[cells, 0] != 2**32 - 1, mosaic.filled)
    used, index = np.unique(mosaic.index[mosaic.filled], return_inverse=True)
    np.testing.assert_array_equal(variants[cells, 0][mosaic.filled] >> 1, index)
    names = json.loads(elements["plan"])["names"]
    assert names == [mosaic.tiles.names[n] for n in used]


def test_variants_are_laid_as_the_page_says_to_the_last_value(rng, lay, tmp_path):
    tiles = rng.integers(0, 256, (7, 4, 6, 3), dtype=np.uint8)
    # Flat ones, and such that hardly may be moved, have the largest offsets and the smallest gains.
    tiles[:3] = np.array([0, 128, 255]).reshape(3, 1, 1, 1)
    tiles[3:5, :, 1:] = np.array([0, 255]).reshape(2, 1, 1, 1)
    for kind in ("plain", "recoloured", "shared"):
        check_variants(lay(kind, tiles, 20, 30), tmp_path / "a.html")
    means = np.array([[0, 255, 0], [255, 0, 128], [np.nan] * 3], np.float32)
    ramps = np.array([[-127, 127, 90, -7], [127, 90, 0, 0], [0, 0, 0, 0]], np.int8)
    of_tile, cells = np.arange(7, dtype=np.int32).repeat(3), np.arange(21, dtype=np.int32)
    for ramp in (None, np.tile(ramps, (7, 1))):
        muted = np.linspace(0, 1, 21, dtype=np.float32)
        variants = Variants(of_tile, mean=np.tile(means, (7, 1)), ramp=ramp, muted=muted)
        mosaic = Mosaic(Tiles(tiles), variants, cells.reshape(3, 7), np.zeros((3, 7, 3), np.uint8))
        check_variants(mosaic, tmp_path / "a.html")


def check_variants(mosaic, path):
    """Assert that what a page says of its variants makes the mosaic's pixels of its tiles."""
    elements = written(mosaic, path)
    made = np.frombuffer(inflated(elements, "variants"), "<u4").reshape(-1, 4).astype(int)
    tiles = mosaic.tiles.pixels[np.unique(mosaic.index)][made[:, 0] >> 1].astype(int)
    tiles = np.where(made[:, 0, None, None, None] & 1, tiles[:, :, ::-1], tiles)
    gain, offset = made[:, 1:] >> 18 & 255, (made[:, 1:] & 0x3FFFF) - (1 << 17)
    share = made[:, 1] >> 26 | made[:, 2] >> 26 << 6
    ramp = np.frombuffer(inflated(elements, "ramps"), np.int8).reshape(-1, 4)
    for n in np.flatnonzero(made[:, 1] & 0x3FFFF != 0x3FFFF):
        light = naive.rises(ramp[n], *tiles.shape[1:3])
        tiles[n] = naive.recoloured(tiles[n], gain[n], offset[n] + light, share[n])
    np.testing.assert_array_equal(tiles, mosaic.layout.made(slice(None)))
    np.testing.assert_array_equal(
        np.frombuffer(inflated(elements, "cells"), "<u2").reshape(mosaic.cells.shape), mosaic.cells
    )


@pytest.mark.parametrize(("count", "wide"), [(1 << 16, False), ((1 << 16) + 1, True)])
def test_numbers_of_more_variants_than_two_bytes_hold_take_four(tmp_path, count, wide):
    cells = np.arange(count, dtype=np.int32)[np.newaxis]
    variants = Variants(np.zeros(count, np.int32), mean=np.zeros((count, 3), np.float32))
    tiles = np.zeros((1, 1, 1, 3), np.uint8)
    mosaic = Mosaic(tiles, variants, cells, np.zeros((1, count, 3), np.uint8))
    elements = written(mosaic, tmp_path / "a.html")
    assert json.loads(elements["plan"])["wide"] == wide
    stored = np.frombuffer(inflated(elements, "cells"), "<u4" if wide else "<u2")
    np.testing.assert_array_equal(stored, cells[0])


def test_the_page_carries_each_tile_in_use_once(mosaic, tmp_path):
    elements = written(mosaic, tmp_path / "a.html", quality=100)
    plan = json.loads(elements["plan"])
    sheet = np.asarray(Image.open(BytesIO(base64.b64decode(elements["sheet-0"]))))
    (height, width), (down, across) = plan["stored"], plan["pitch"]
    used = np.unique(mosaic.index)
    assert (plan["sheets"], sheet.shape) == (1, (down, across * len(used), 3))
    tiles = sheet.reshape(down, len(used), across, 3).swapaxes(0, 1)[:, :height, :width]
    apart = np.abs(tiles.astype(int) - mosaic.tiles.pixels[used])
    assert apart.mean() < 3


def test_tiles_that_do_not_fill_blocks_of_jpeg_do_not_run_into_each_other(tmp_path):
    tiles = np.zeros((2, 9, 9, 3), np.uint8)
    tiles[1] = 255
    mosaic = placed(tiles, [[0, 1]])
    elements = written(mosaic, tmp_path / "a.html", quality=50)
    sheet = np.asarray(Image.open(BytesIO(base64.b64decode(elements["sheet-0"]))))
    assert (sheet[:, :16].max(), sheet[:, 16:].min()) == (0, 255)


def test_many_tiles_take_several_sheets(rng, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "_LAYER", 32)
    mosaic = laid(rng, rng.integers(0, 256, (9, 8, 8, 3), dtype=np.uint8), 20, 20)
    plan = json.loads(written(mosaic, tmp_path / "a.html")["plan"])
    assert (plan["slots"], plan["sheets"]) == ([4, 2], 2)


@pytest.mark.parametrize("tile", [(64, 64), (17, 24), (1, 1), (1, 1000), (1024, 1024), (3, 2)])
def test_a_layer_holds_its_tiles_with_their_pyramids(tile):
    atlas = writer._atlas(5, tile, Encoding())
    slot = [0, tile[1]]
    height, width = tile
    sides = []
    while max(height, width) > 1:
        height, width = -(-height // 2), -(-width // 2)
        sides.append((height, width))
    if sides:
        slot = [sum(side[0] for side in sides), tile[1] + sides[0][1]]
    slot[0] = max(slot[0], tile[0])
    assert atlas.tile == tile
    assert atlas.slots == tuple(
        2048 // max(side, pitch) for side, pitch in zip(slot, atlas.pitch, strict=True)
    )
    assert min(atlas.slots) >= 1


def test_what_does_not_fit_is_shrunk_and_the_page_says_so(rng, tmp_path, monkeypatch):
    monkeypatch.setattr(writer, "_LAYER", 32)
    monkeypatch.setattr(writer, "_MOST_SHEETS", 2)
    monkeypatch.setattr(writer, "_FULL_SHEETS", 2)
    mosaic = laid(rng, rng.integers(0, 256, (9, 16, 16, 3), dtype=np.uint8), 20, 20)
    plan = json.loads(written(mosaic, tmp_path / "a.html")["plan"])
    assert (plan["tile"], plan["stored"]) == ([16, 16], [8, 8])
    assert plan["notice"] == (
        "9 tiles of 16 x 16 pixels are more than fits into a page: here they have 8 x 8, and look "
        "softer from near. Saved as Deep Zoom (.dzi), the mosaic keeps every pixel."
    )


@pytest.mark.parametrize(
    ("count", "tile", "stored"),
    [
        (13_440, (64, 64), (64, 64)),
        (13_441, (64, 64), (56, 56)),
        (43_000, (64, 64), (32, 32)),
        (1, (4096, 2048), (1024, 512)),
        (1, (9000, 1), (1024, 1)),
        (10**8, (3, 2), (1, 1)),
    ],
)
def test_tiles_are_shrunk_only_as_far_as_they_must(count, tile, stored):
    assert writer._atlas(count, tile, Encoding()).tile == stored


@given(
    count=st.integers(1, 10**6),
    height=st.integers(1, 3000),
    width=st.integers(1, 3000),
    subsampling=st.sampled_from(["4:4:4", "4:2:0"]),
)
def test_a_page_keeps_within_what_every_browser_has(count, height, width, subsampling):
    atlas = writer._atlas(count, (height, width), Encoding(subsampling=subsampling))
    for slots, pitch, side, whole in zip(
        atlas.slots, atlas.pitch, atlas.tile, (height, width), strict=True
    ):
        assert slots >= 1
        assert slots * pitch <= 2048
        assert side <= min(pitch, whole, 1024)
    assert -(-count // atlas.per_sheet) <= 20 or atlas.tile == (1, 1)


def test_more_cells_than_a_browser_can_hold_are_refused(tmp_path):
    mosaic = placed(np.zeros((1, 8, 8, 3), np.uint8), np.zeros((4097, 4096), np.int32))
    wanted = r"16,781,312 cells do not fit the format, which ends at 16,777,216: ask for fewer, or "
    with pytest.raises(InputError, match=wanted + r"write \.png or \.tif or \.dzi"):
        save(mosaic, tmp_path / "a.html")


def test_the_policy_allows_the_pages_own_scripts_and_nothing_else(mosaic, tmp_path):
    elements = written(mosaic, tmp_path / "a.html")
    metas = [attributes for attributes, _ in elements.all("meta")]
    policy = next(m["content"] for m in metas if m.get("http-equiv") == "Content-Security-Policy")
    allowed = {}
    for directive in policy.split("; "):
        name, *values = directive.split(" ")
        allowed[name] = set(values)
    texts = {
        "script-src": [t for a, t in elements.all("script") if a.get("type") != "text/plain"],
        "style-src": [text for _, text in elements.all("style")],
    }
    for name, sources in texts.items():
        digests = [base64.b64encode(hashlib.sha256(s.encode()).digest()) for s in sources]
        assert {f"'sha256-{digest.decode()}'" for digest in digests} == allowed.pop(name)
    assert allowed.pop("img-src") == {"data:"}
    assert allowed == {name: {"'none'"} for name in ("default-src", "base-uri", "form-action")}


def test_the_page_names_no_file_and_no_address(mosaic, tmp_path):
    elements = written(mosaic, tmp_path / "a.html")
    for _, attributes, _ in elements.found:
        assert not attributes.keys() & {"href", "srcset", "action", "ping", "data", "style"}
        assert attributes.get("src", "data:").startswith("data:")
    text = (tmp_path / "a.html").read_text("utf-8")
    assert re.findall(r"\w+://[^\s\"'<]*", text) == []
    assert re.findall(r"@import|url\(|eval\(|innerHTML|document\.write|fetch\(|XMLHttp", text) == []


HOSTILE = ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<!--", "]]>"]


@pytest.mark.parametrize("name", [*HOSTILE, "a\nb\u202egnp.exe", "\udcff\ud800", "'; --", "${1}"])
def test_a_name_is_text_and_nothing_else(name, tmp_path):
    plain = placed(Tiles(np.zeros((1, 4, 4, 3), np.uint8), ("plain",)), [[0]])
    hostile = replace(plain, tiles=replace(plain.tiles, names=(name,)))
    first, second = written(plain, tmp_path / "a.html"), written(hostile, tmp_path / "b.html")
    shape = [(tag, attributes.keys()) for tag, attributes, _ in first.found]
    assert [(tag, attributes.keys()) for tag, attributes, _ in second.found] == shape
    assert json.loads(second["plan"])["names"] == [_printable(name)]


def _printable(name):
    return name if name.isprintable() else name.encode("unicode_escape").decode()


def test_the_title_is_the_files_name_and_text(mosaic, tmp_path):
    elements = written(mosaic, tmp_path / "a <b> & 'src=\"\"'.html")
    assert elements.all("title")[0][1].strip() == "a <b> & 'src=\"\"'"
    assert len(elements.all("b")) == 0


def test_a_still_of_the_whole_is_in_the_page(mosaic, tmp_path):
    attributes, _ = written(mosaic, tmp_path / "a.html").all("img")[0]
    kind, _, data = attributes["src"].partition(",")
    assert kind == "data:image/jpeg;base64"
    still = np.asarray(Image.open(BytesIO(base64.b64decode(data))))
    assert still.shape == mosaic.shape
    assert np.abs(still.mean(axis=(0, 1)) - mosaic.preview().mean(axis=(0, 1))).max() < 2


def test_the_same_mosaic_is_the_same_page(mosaic, tmp_path):
    written(mosaic, tmp_path / "a.html")
    first = (tmp_path / "a.html").read_bytes()
    written(mosaic, tmp_path / "a.html")
    assert (tmp_path / "a.html").read_bytes() == first


def test_the_size_is_about_what_was_forecast(rng, tmp_path):
    noise = rng.integers(0, 256, (200, 4, 4, 3)).repeat(8, axis=1).repeat(8, axis=2)
    mosaic = laid(rng, noise.astype(np.uint8), 100, 100, tint=0.5)
    assert len(mosaic.variants) > 9000
    save(mosaic, tmp_path / "a.html")
    size = (tmp_path / "a.html").stat().st_size
    order = Order((100, 100), (32, 32), 200, len(mosaic.variants), Encoding())
    assert size / 3 < writer.forecast(order).disk < 3 * size
