"""What it takes to load a library: photos and thumbnails, cold and warm, and one beyond memory.

    python benchmarks/library.py [--folder DIR] [NAME ...]

Prints a row of a Markdown table for each measurement as it goes. Pictures are the bundled ones,
enlarged to 12 megapixels or cropped to thumbnails, with noise, from a seed. Beside facemo stands
`vipsthumbnail` where it is installed (Debian's libvips-tools): once as it is, and once as one
process for each processor. "warm" makes 70,000 thumbnails, "large" 300,000: 7 GB of disk.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from statistics import median

import numpy as np
from pictures import placed
from PIL import Image
from scale import forget_peak, fresh, most_private

import facemo
from facemo.machine import processors

DATA = Path(__file__).parent.parent / "data"
SIDE = 64
ROUNDS = 3
HEADER = """\
| measurement | what | seconds | files/s | files/s and processor | notes |
| --- | --- | --- | --- | --- | --- |"""


def main() -> None:
    """Make the measurements that were asked for."""
    parser = argparse.ArgumentParser(description="Measure what it takes to load a library.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(MEASUREMENTS)}")
    parser.add_argument("--folder", type=Path, help="where to write; by default a temporary one")
    options = parser.parse_args()
    unknown = set(options.names) - set(MEASUREMENTS)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for name in options.names or MEASUREMENTS:
            for row in MEASUREMENTS[name](Path(folder)):
                print(f"| {name} | {row} |", flush=True)


# The pictures.


def make_photos(folder: Path, count: int) -> Path:
    """Write JPEGs of 12 megapixels."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    for number, source in enumerate(sorted((DATA / "tiles").iterdir())[:count]):
        with Image.open(source) as image:
            large = np.asarray(image.convert("RGB").resize((4000, 3000)), np.int16)
        noisy = large + rng.integers(-6, 7, (3000, 4000, 1), np.int16)
        photo = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
        photo.save(folder / f"{number:03}.jpg", quality=90)
    return folder


def make_thumbnails(folder: Path, count: int) -> Path:
    """Write JPEGs of 128 x 128 pixels, a thousand a folder."""
    with ProcessPoolExecutor() as pool:
        folders = [folder / f"{n:03}" for n in range(count // 1000)]
        list(pool.map(make_thousand, folders, range(len(folders))))
    return folder


def make_thousand(folder: Path, seed: int) -> None:
    """Write a thousand of them."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    sources = rng.permutation(sorted((DATA / "tiles").iterdir()))[:100]
    large = []
    for source in sources:
        with Image.open(source) as image:
            large.append(np.asarray(image.convert("RGB").resize((160, 160)), np.int16))
    for number in range(1000):
        y, x = rng.integers(0, 33, 2)
        crop = large[number % len(large)][y : y + 128, x : x + 128]
        shifted = crop + rng.integers(-60, 61, 3) + rng.integers(-5, 6, (128, 128, 1))
        thumbnail = Image.fromarray(shifted.clip(0, 255).astype(np.uint8))
        thumbnail.save(folder / f"{number:03}.jpg", quality=90)


# The measurements.


def measure_photos(folder: Path) -> Iterator[str]:
    """48 photos of 12 megapixels."""
    yield from decoding(make_photos(folder / "photos", 48), "48 photos of 12 megapixels")


def measure_thumbnails(folder: Path) -> Iterator[str]:
    """2,000 thumbnails."""
    made = make_thumbnails(folder / "thumbnails", 2000)
    yield from decoding(made, "2,000 thumbnails of 128 x 128")


def decoding(folder: Path, what: str) -> Iterator[str]:
    """facemo and vipsthumbnail in turn, on the same files."""
    files = sorted(folder.rglob("*.jpg"))
    output = folder.with_name("output")
    output.mkdir(exist_ok=True)
    ways: dict[str, Callable[[], object]] = {
        "facemo": lambda: facemo.load_tiles(folder, size=SIDE, cache=False)
    }
    if shutil.which("vipsthumbnail"):
        ways["vipsthumbnail"] = lambda: vips(files, 1, output)
        ways["vipsthumbnail, one a processor"] = lambda: vips(files, processors(), output)
    times: dict[str, list[tuple[float, float]]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, work in ways.items():
            times[way].append(clocked(work))
    shortest = median(seconds for seconds, _ in times["facemo"])
    for way, rounds in times.items():
        seconds, busy = (median(values) for values in zip(*rounds, strict=True))
        notes = "" if way == "facemo" else f"{seconds / shortest:.1f} times as long as facemo"
        yield row(f"{what}, {way}", seconds, len(files), busy, notes)


def vips(files: list[Path], count: int, output: Path) -> None:
    """Make thumbnails with so many processes of vipsthumbnail."""
    command = ["vipsthumbnail", "-s", f"{SIDE}x{SIDE}", "--smartcrop", "centre"]
    command += ["-o", f"{output}/%s.ppm"]
    with ThreadPoolExecutor(count) as pool:
        parts = [files[n::count] for n in range(count)]
        list(pool.map(lambda part: subprocess.run([*command, *part], check=True), parts))


def clocked(work: Callable[[], object]) -> tuple[float, float]:
    """The seconds that `work` takes, and those of processors, children's included."""
    before, start = os.times(), time.perf_counter()
    work()
    seconds, after = time.perf_counter() - start, os.times()
    return seconds, sum(after[:4]) - sum(before[:4])


def measure_warm(folder: Path) -> Iterator[str]:
    """70,000 thumbnails, decoded, taken from the cache, and with one photo more."""
    library = make_thumbnails(folder / "library", 70_000)
    yield from runs(library, folder / "cache", plan_too=False)


def measure_large(folder: Path) -> Iterator[str]:
    """300,000 thumbnails: the tensor is 3.7 GB."""
    library = make_thumbnails(folder / "large", 300_000)
    yield from runs(library, folder / "cache-of-large", plan_too=True)


def runs(library: Path, cache: Path, plan_too: bool) -> Iterator[str]:
    """Load a library cold, warm, and with a photo added, each time in a new process."""
    yield fresh(load, library, cache, "cold", False)
    yield fresh(load, library, cache, "warm", plan_too)
    shutil.copy(DATA / "face.png", library / "000" / "another.png")
    yield fresh(load, library, cache, "with one photo more", False)
    yield fresh(load, library, cache, "warm", False)


def load(library: Path, cache: Path, how: str, plan_too: bool) -> str:
    """Load a library, then make a mosaic of it; say what it took."""
    facemo.load_tiles(DATA / "face.png", size=SIDE, cache=False)  # imports
    forget_peak()
    with most_private() as private:
        start, busy = time.perf_counter(), time.process_time()
        tiles = facemo.load_tiles(library, size=SIDE, cache=cache)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        notes = [f"private memory {max(private) / 1e6:,.0f} MB"]
        if plan_too:
            notes += list(mosaics(tiles, library.parent, private))
    return row(f"{len(tiles):,} tiles, {how}", seconds, len(tiles), busy, "; ".join(notes))


def mosaics(tiles: facemo.Tiles, folder: Path, private: list[int]) -> Iterator[str]:
    """Plan 512 x 512 cells, and write them in several ways."""
    start = time.perf_counter()
    mosaic = facemo.plan(DATA / "face.png", tiles, cols=512)
    seconds = time.perf_counter() - start
    used = len(np.unique(mosaic.index))
    yield f"512 x 512 cells of {used:,} tiles planned in {seconds:.0f} s"
    for tint, suffix in ((0.0, ".tif"), (0.0, ".png"), (0.0, ".jpg"), (0.5, ".tif")):
        start = time.perf_counter()
        laid = placed(tiles, mosaic.index, mosaic.colors, tint)
        facemo.save(laid, folder / f"mosaic{suffix}")
        name = f"{suffix} tinted" if tint else suffix
        yield f"{name} written in {time.perf_counter() - start:.0f} s"
    yield f"private memory at most {max(private) / 1e6:,.0f} MB"


def row(what: str, seconds: float, files: int, busy: float, notes: str) -> str:
    """A row of the table."""
    rates = f"{files / seconds:,.0f} | {files / busy:,.0f}"
    return f"{what} | {seconds:.2f} | {rates} | {notes}"


MEASUREMENTS: dict[str, Callable[[Path], Iterator[str]]] = {
    "photos": measure_photos,
    "thumbnails": measure_thumbnails,
    "warm": measure_warm,
    "large": measure_large,
}

if __name__ == "__main__":
    main()
