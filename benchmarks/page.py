"""What a zoomable page takes: bytes, seconds until it is seen and can be used, time of a frame.

    python benchmarks/page.py [--gpu] [--tiles DIR] [NAME ...]

Prints a row of a Markdown table for each page. The browser is Chromium, with its chromedriver,
without a window and with WebGL in software; ``--gpu`` lets it use the machine's graphics processor.
Mosaics are laid at random from a seed, of tiles that are made (soft blotches and grain) unless a
folder of pictures is given.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from pictures import blotches, placed

import facemo

sys.path.append(str(Path(__file__).parents[1] / "tests"))

from browser import Window, start

HEADER = """\
| page | file | written | still seen | can be zoomed | a frame of 1,280 x 800: whole, middle, near |
| --- | --- | --- | --- | --- | --- |"""
FRAMES = 15


class Case(NamedTuple):
    """A mosaic: how many tiles, of which side, how many cells a side, how far tinted."""

    tiles: int
    side: int
    cells: int
    tint: float = 0.0


CASES = {
    "small": Case(1000, 64, 256),
    "tinted": Case(1000, 64, 256, 0.3),
    "million": Case(1000, 64, 1000),
    "library": Case(8000, 64, 256),
    "largest": Case(1000, 64, 4096),
}


def main() -> None:
    parser = argparse.ArgumentParser(description="What a zoomable page takes.")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"of {', '.join(CASES)} (all)")
    parser.add_argument("--gpu", action="store_true", help="draw with the graphics processor")
    parser.add_argument("--tiles", type=Path, metavar="DIR", help="pictures to make tiles of")
    options = parser.parse_args()
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in options.names or CASES:
            print(measured(CASES[name], options, Path(folder) / f"{name}.html"), flush=True)


def measured(case: Case, options: argparse.Namespace, path: Path) -> str:
    mosaic = laid(case, options.tiles)
    began = time.perf_counter()
    facemo.save(mosaic, path)
    written = time.perf_counter() - began
    driver = start(*(["--use-angle=default"] if options.gpu else []))
    try:
        window = Window(driver)
        window.resize(1280, 800)
        window.open(path)
        seen, ready = opened(window)
        frames = [frame(window, mosaic, part) for part in (0, 0.5, 1)]
    finally:
        driver.quit()
    tint = f", tint {case.tint:.0%}" if case.tint else ""
    cells = f"{case.cells:,} x {case.cells:,} cells"
    return (
        f"| {len(mosaic.tiles):,} tiles of {case.side} px, {cells}{tint} "
        f"| {path.stat().st_size / 1e6:.1f} MB | {written:.2f} s | {seen / 1000:.2f} s "
        f"| {ready / 1000:.2f} s | {', '.join(f'{ms:.0f} ms' for ms in frames)} |"
    )


def laid(case: Case, pictures: Path | None) -> facemo.Mosaic:
    rng = np.random.default_rng(1)
    if pictures is None:
        pixels = np.stack([blotches(rng, case.side, case.side) for _ in range(case.tiles)])
        tiles = facemo.Tiles(pixels)
    else:
        tiles = facemo.load_tiles(pictures, size=case.side)
    index = rng.integers(0, len(tiles), (case.cells, case.cells), dtype=np.int32)
    ramp = np.linspace(0, 255, case.cells).astype(np.uint8)
    colors = np.stack(np.broadcast_arrays(ramp, ramp[:, None], ramp[::-1]), axis=2)
    return placed(tiles, index, colors, case.tint)


def opened(window: Window) -> tuple[float, float]:
    """Milliseconds from opening the page to its first picture, and to one that can be zoomed."""
    seen: float = window.js("performance.getEntriesByType('paint').at(-1).startTime")
    ready: float = window.js("performance.getEntriesByName('ready')[0].startTime")
    return seen, ready


def frame(window: Window, mosaic: facemo.Mosaic, part: float) -> float:
    """The median of milliseconds that a frame takes, from the whole mosaic to its pixels."""
    rows, cols = mosaic.index.shape
    window.js(
        f"page.then((page) => page.view.show({cols / 2}, {rows / 2}, page.view.mostZoom ** {part}))"
    )
    took: float = window.js(
        "page.then(({ renderer, view, looks }) => {"
        " const { gl } = renderer; const pixel = new Uint8Array(4); const took = [];"
        " for (let i = 0; i < arguments[0]; i++) {"
        "  const start = performance.now(); renderer.draw(view, looks);"
        "  gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);"
        "  took.push(performance.now() - start); }"
        " return took.sort((a, b) => a - b)[took.length >> 1]; })",
        FRAMES,
    )
    return took


if __name__ == "__main__":
    main()
