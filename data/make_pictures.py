"""Make the pictures that the READMEs show, and say in data/README.md how each came about.

    python data/make_pictures.py

Needs the sample beside it and, for the page, Chromium with its chromedriver and selenium: without
them page.jpg stays as it is.
"""

from __future__ import annotations

import re
import shutil
import time
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import facemo

HERE = Path(__file__).parent
TARGET, TILES = HERE / "face.png", HERE / "tiles"
HEIGHT = 500  # of pictures: 5 pixels a cell
GAP = np.full((HEIGHT, 8, 3), 255, np.uint8)
CLASSIC: dict[str, Any] = {"detail": 1, "space": "rgb", "spacing": 0, "tint": 0}
FRAME, SHOWN = (153, 197, 278, 307), (155, 195, 280, 305)  # top, bottom, left, right
PLACE, WINDOW = "#49,37,4.2", (840, 520)
PATIENCE = 5  # seconds, in which a page of this size is drawn many times over

# What the table in data/README.md says of a picture, and of the mosaic in it.
Row = tuple[str, str, facemo.Mosaic]


def main() -> None:
    """Make all of them, and the table."""
    tiles = facemo.load_tiles(TILES)
    rows = [mosaic(tiles), *defaults(tiles), *recoloured()]
    page(rows[0][2])
    lines = ["picture | options | photos recoloured by | contrast kept", "---|---|---|---"]
    for name, options, made in rows:
        found = facemo.score(made, TARGET)
        given = f"`{options}`" if options else "none"
        figures = f"ΔE2000 {found.tint_spent:.1f} | {found.contrast_kept:.0%}"
        lines.append(f"{name} | {given} | {figures}")
    readme = HERE / "README.md"
    text = readme.read_text(encoding="utf-8")
    table = "<!-- made -->\n" + "\n".join(lines) + "\n<!-- end -->"
    readme.write_text(re.sub("<!-- made -->.*<!-- end -->", table, text, flags=re.S), "utf-8")


def mosaic(tiles: facemo.Tiles) -> Row:
    """Left the whole with a frame around her eye, right what is in the frame, at full size."""
    made = facemo.plan(TARGET, tiles)
    whole = made.preview(HEIGHT)
    framed = whole.copy()
    framed[cut(FRAME)] = 220, 0, 0
    framed[cut(SHOWN)] = whole[cut(SHOWN)]
    top, _, left, right = (side // 5 * 64 for side in SHOWN)
    write("mosaic.jpg", np.hstack([framed, GAP, made[top : top + HEIGHT, left:right]]))
    return "`mosaic.jpg`", "", made


def defaults(tiles: facemo.Tiles) -> list[Row]:
    """Left the notebook's own method, right the defaults."""
    classic = facemo.plan(TARGET, tiles, cols=64, **CLASSIC)
    now = facemo.plan(TARGET, tiles, cols=64)
    write("defaults.jpg", np.hstack([classic.preview(HEIGHT), GAP, now.preview(HEIGHT)]))
    options = "--cols 64 --detail 1 --space rgb --spacing 0 --tint 0"
    return [
        ("`defaults.jpg`, left", options, classic),
        ("`defaults.jpg`, right", "--cols 64", now),
    ]


def recoloured() -> list[Row]:
    """Above each cell recoloured for itself, below by few variants: whole, nearer and close."""
    tiles = facemo.load_tiles(TILES, size=32)
    settings: dict[str, Any] = {"cols": 200, "tint": 0.6, "shade": 0}
    rows: list[Row] = []
    pictures = []
    for palette in (None, "auto"):
        made = facemo.plan(TARGET, tiles, palette=palette, **settings)
        nearer, close = made.reduced(2)[360:760, 600:1000], made[2000:2400, 3100:3500]
        pictures.append(np.hstack([made.preview(400), nearer, close]))
        where = "below" if rows else "above"
        options = f"--tile 32 --cols 200 --tint 0.6 --shade 0 --palette {palette or 'none'}".lower()
        said = f"`recoloured.jpg`, {where}, {len(made.variants):,} variants"
        rows.append((said, options, made))
    write("recoloured.jpg", np.vstack(pictures), quality=85)
    return rows


def page(made: facemo.Mosaic) -> None:
    """The page of a mosaic, zoomed to her eyes, as a dark browser shows it."""
    driven_by = shutil.which("chromedriver")
    if driven_by is None:
        print("no chromedriver here: page.jpg stays as it is")
        return
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for argument in ("headless=new", "no-sandbox", "enable-unsafe-swiftshader", "hide-scrollbars"):
        options.add_argument(f"--{argument}")
    service = webdriver.ChromeService(driven_by)
    with TemporaryDirectory() as folder, webdriver.Chrome(options, service) as driver:
        file = Path(folder) / "page.html"
        facemo.save(made, file)
        media = [{"name": "prefers-color-scheme", "value": "dark"}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
        sides = {"width": WINDOW[0], "height": WINDOW[1], "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", sides)
        driver.get(file.as_uri() + PLACE)
        time.sleep(PATIENCE)
        shot = Image.open(BytesIO(driver.get_screenshot_as_png())).convert("RGB")
    write("page.jpg", np.asarray(shot), quality=88)


def cut(box: tuple[int, int, int, int]) -> tuple[slice, slice]:
    """The part of a picture from a top to a bottom and from a left to a right."""
    return slice(box[0], box[1]), slice(box[2], box[3])


def write(name: str, picture: NDArray[np.uint8], quality: int = 90) -> None:
    """Write a picture beside this file."""
    Image.fromarray(picture).save(HERE / name, quality=quality)


if __name__ == "__main__":
    main()
