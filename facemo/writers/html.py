"""A zoomable page in one file: the plan and the tiles, and a browser that draws them.

The page carries which tile stands in which cell, the target's colours, and the tiles in use,
encoded once each; its scripts draw any part of the mosaic at any zoom with WebGL 2. It asks for
nothing from elsewhere, and its Content-Security-Policy (https://www.w3.org/TR/CSP3/) forbids it to:
scripts and styles are those whose hashes it names. The sources are in the folder ``page``.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facemo import __version__
from facemo.area import resized
from facemo.drawing.mosaic import Mosaic
from facemo.drawing.variants import EMPTY
from facemo.errors import printable
from facemo.kernels.draw import AS_IT_IS
from facemo.machine import batches, in_order
from facemo.options import Encoding, Progress
from facemo.writers.format import Forecast, Format, Order, bytes_a_pixel
from facemo.writers.jpeg import block_side, encode_whole
from facemo.writers.whole import whole_file

# A browser keeps 15 bytes of each cell in graphics memory, and as much as that in the page.
_MOST_CELLS = 1 << 24

# Side of the textures that the page packs tiles into; every WebGL 2 has as much (OpenGL ES 3.0.6,
# table 6.28). A sheet of tiles fills one of them, and takes 17 MB of graphics memory.
_LAYER = 2048
_MOST_SHEETS = 16
_FULL_SHEETS = 20  # of tiles at full size: a few too many are not worth resampling all
_MOST_TILE = 1024  # pixels a side; beside it stand its levels
# How the page has what changes a channel of a variant: a gain, and an offset beside the least there
# is; the greatest number says that all values stay as they are.
_FARTHEST, _AS_IT_IS = 1 << 17, (1 << 18) - 1
_STILL_SIDE = 1024
_STILL_QUALITY = 80
_SCRIPTS_BYTES = 67_000
_NOTHING = 2**32 - 1  # stands for an empty cell, see page/plan.js


@dataclass(frozen=True)
class _Atlas:
    """How tiles are stored in the page: in sheets, several of them in each.

    tile : (height, width) in pixels
    slots : (down, across) of a sheet
    pitch : (down, across) in pixels, from a tile to the next: whole blocks of JPEG, so that none
        holds two tiles
    """

    tile: tuple[int, int]
    slots: tuple[int, int]
    pitch: tuple[int, int]

    @property
    def per_sheet(self) -> int:
        """How many tiles a sheet holds."""
        return self.slots[0] * self.slots[1]


def write(mosaic: Mosaic, path: str, options: Encoding, report: Progress) -> None:
    """Write `mosaic` to `path`."""
    used, tile = mosaic.variants.tiles, mosaic.variants.tile
    tile = np.where(tile == EMPTY, EMPTY, np.searchsorted(used, tile))
    atlas = _atlas(len(used), mosaic.tiles.size, options)
    pixels = atlas.tile[0] * atlas.tile[1]

    def sheet(some: slice) -> bytes:
        return encode_whole(_laid(mosaic.tiles.pixels, used[some], atlas), options)

    title = printable(os.path.splitext(os.path.basename(path))[0])
    before, after = _page(title, mosaic.preview(_STILL_SIDE))
    with (
        whole_file(path) as file,
        closing(in_order(sheet, batches(len(used), atlas.per_sheet))) as sheets,
    ):
        file.write(before.encode())
        file.write(_as_json("plan", _facts(mosaic, used, atlas)))
        for name, array in _arrays(mosaic, tile):
            file.write(_as_base64(name, zlib.compress(array.tobytes())))
        for n, jpeg in enumerate(sheets):
            file.write(_as_base64(f"sheet-{n}", jpeg))
            done = min((n + 1) * atlas.per_sheet, len(used))
            report(done * pixels, len(used) * pixels)
        file.write(after.encode())


def forecast(order: Order) -> Forecast:
    """What writing `order` will take."""
    height, width = tile = _atlas(order.tiles, order.tile, order.options).tile
    plain = order.shrunk(tile)._replace(tint=0)  # the page recolours them
    tiles = order.tiles * height * width * bytes_a_pixel("jpeg", plain)
    variants = 10 * order.variants if order.variants > order.tiles else 0
    disk = (
        (tiles + _still_bytes(order) + variants + 4 * order.cells) * 4 / 3
        + 25 * order.tiles
        + _SCRIPTS_BYTES
    )
    return Forecast(int(disk), 30 * order.cells + 32 * order.variants + (128 << 20))


def _still_bytes(order: Order) -> float:
    """What the picture of all takes that is seen first."""
    scale = min(1, _STILL_SIDE / max(order.shape))
    height, width = (max(1, int(side * scale)) for side in order.tile)
    still = order.shrunk((height, width))._replace(options=Encoding(quality=_STILL_QUALITY))
    return order.pixels * scale**2 * order.filled * bytes_a_pixel("jpeg", still)


def _atlas(count: int, tile: tuple[int, int], options: Encoding) -> _Atlas:
    """The largest tiles, at most their own size, that the sheets of a page hold `count` of."""
    longest = max(tile)
    for side in range(min(longest, _MOST_TILE), 0, -1):
        atlas = _atlas_of(
            (max(1, tile[0] * side // longest), max(1, tile[1] * side // longest)), options
        )
        sheets = _FULL_SHEETS if atlas.tile == tile else _MOST_SHEETS
        if count <= sheets * atlas.per_sheet:
            break
    return atlas


def _atlas_of(tile: tuple[int, int], options: Encoding) -> _Atlas:
    height, width = tile
    # Beside a tile stands its pyramid, see page/atlas.glsl.
    levels = range(1, (max(tile) - 1).bit_length() + 1)
    tall = max(height, sum(-(-height >> level) for level in levels))
    wide = width + (-(-width // 2) if levels else 0)
    block = block_side(options)
    pitch = (-(-height // block) * block, -(-width // block) * block)
    return _Atlas(tile, (_LAYER // max(tall, pitch[0]), _LAYER // max(wide, pitch[1])), pitch)


def _laid(
    pixels: NDArray[np.uint8], numbers: NDArray[np.int32], atlas: _Atlas
) -> NDArray[np.uint8]:
    """Some of the tiles side by side, their edges continued to whole blocks: (h, w, 3) uint8."""
    tiles = resized(pixels, numbers, *atlas.tile)
    across = min(atlas.slots[1], len(tiles))
    down = -(-len(tiles) // across)
    beyond = [(0, pitch - side) for pitch, side in zip(atlas.pitch, atlas.tile, strict=True)]
    tiles = np.pad(tiles, [(0, 0), *beyond, (0, 0)], mode="edge")
    tiles = np.pad(tiles, [(0, across * down - len(tiles)), (0, 0), (0, 0), (0, 0)])
    lines = tiles.reshape(down, across, *atlas.pitch, 3).swapaxes(1, 2)
    return lines.reshape(down * atlas.pitch[0], across * atlas.pitch[1], 3)


def _facts(mosaic: Mosaic, used: NDArray[np.int32], atlas: _Atlas) -> dict[str, object]:
    """What plan.js finds beside the arrays."""
    rows, cols = mosaic.cells.shape
    return {
        "cols": cols,
        "rows": rows,
        "tile": mosaic.tiles.size,
        "stored": atlas.tile,
        "slots": atlas.slots,
        "pitch": atlas.pitch,
        "sheets": -(-len(used) // atlas.per_sheet),
        "wide": _cell_type(mosaic).itemsize == 4,
        "notice": _notice(len(used), mosaic.tiles.size, atlas.tile),
        "names": [printable(mosaic.tiles.names[n]) for n in used],
    }


def _notice(count: int, tile: tuple[int, int], stored: tuple[int, int]) -> str:
    if stored == tile:
        return ""
    return (
        f"{count:,} tiles of {tile[1]} x {tile[0]} pixels are more than fits into a page: here "
        f"they have {stored[1]} x {stored[0]}, and look softer from near. Saved as Deep Zoom "
        "(.dzi), the mosaic keeps every pixel."
    )


def _arrays(
    mosaic: Mosaic, tile: NDArray[np.signedinteger[Any]]
) -> Iterator[tuple[str, NDArray[np.generic]]]:
    """The arrays that plan.js finds, little-endian; `tile` is that of each variant, as stored."""
    yield "cells", mosaic.cells.astype(_cell_type(mosaic))
    # Differences to the left: compressed, they are half as long as the colours themselves.
    yield "colors", np.diff(mosaic.colors, axis=1, prepend=np.uint8(0))
    changes = mosaic.layout.changes
    made = np.empty((len(tile), 4), "<u4")
    made[:, 0] = np.where(tile == EMPTY, _NOTHING, tile * 2 + changes.mirrored)
    if changes.gain.size:
        as_it_is = changes.gain == AS_IT_IS
        moved = changes.gain * np.int64(1 << 18) + changes.offset + _FARTHEST
        share = changes.share.astype(np.int64)  # in two parts, for which there is room
        moved[:, 0] += (share & 63) << 26
        moved[:, 1] += (share >> 6) << 26
        made[:, 1:] = np.where(as_it_is, _AS_IT_IS, moved)
    else:
        made[:, 1:] = _AS_IT_IS
    yield "variants", made
    yield "ramps", mosaic.variants.ramp


def _cell_type(mosaic: Mosaic) -> np.dtype[np.unsignedinteger[Any]]:
    """The type of a cell, the number of its variant."""
    return np.dtype("<u2" if len(mosaic.variants) <= 1 << 16 else "<u4")


# How page.html names its stylesheet and its scripts, some of which are text for others.
_SOURCES = re.compile(
    r'<link rel="stylesheet" href="(?P<style>[\w.]+)">'
    r'|<script(?P<attributes>[^>]*?) src="(?P<script>[\w.]+)"></script>'
)


def _page(title: str, still: NDArray[np.uint8]) -> tuple[str, str]:
    """The page, of its sources, before the data and after it."""
    image = base64.b64encode(encode_whole(still, Encoding(quality=_STILL_QUALITY))).decode()
    hashes: dict[str, list[str]] = {"script": [], "style": []}

    def embedded(match: re.Match[str]) -> str:
        kind = "style" if match["style"] else "script"
        text, attributes = _source(match[kind]), match["attributes"] or ""
        if "text/plain" not in attributes:
            hashes[kind].append(f"'sha256-{_sha256(text)}'")
        return f"<{kind}{attributes}>{text}</{kind}>"

    page = _SOURCES.sub(embedded, _source("page.html"))
    policy = (
        f"default-src 'none'; script-src {' '.join(hashes['script'])}; "
        f"style-src {' '.join(hashes['style'])}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    for placeholder, value in (
        ("default-src 'none'", policy),
        ('content="facemo"', f'content="facemo {__version__}"'),
        ("<title>Mosaic</title>", f"<title>{html.escape(title)}</title>"),
        ('src=""', f'src="data:image/jpeg;base64,{image}"'),
    ):
        page = page.replace(placeholder, value, 1)
    before, _, after = page.partition("<!-- data -->")
    return before, after


def _source(name: str) -> str:
    return files("facemo.writers").joinpath("page", name).read_text("utf-8")


def _sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _as_json(name: str, facts: dict[str, object]) -> bytes:
    """An element of JSON, in ASCII and without a `<`: text and nothing else, whatever it says."""
    text = json.dumps(facts, separators=(",", ":")).replace("<", "\\u003c")
    return _data(name, text.encode("ascii"))


def _as_base64(name: str, content: bytes) -> bytes:
    return _data(name, base64.b64encode(content))


def _data(name: str, text: bytes) -> bytes:
    return b'<script type="text/plain" id="%b">%b</script>\n' % (name.encode(), text)


FORMAT = Format(
    (".html",),
    write,
    forecast,
    of_cells=True,
    most_side=2**31 - 1,
    most_cells=_MOST_CELLS,
    printed=False,
    opened=0,
)
