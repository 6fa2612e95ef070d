"""What it takes to write large mosaics: seconds, bytes of disk and of memory.

    python benchmarks/scale.py [--folder DIR] [--tiles DIR] [NAME ...]

Prints a row of a Markdown table for each measurement as it goes. Without names it makes those that
are done in minutes; the others, marked heavy in the help, take many more, and tens of gigabytes of
disk. Every write is made by a process of its own, whose kernels are compiled before the clock
starts, so that its peak of memory is that of nothing else. Mosaics are laid at random from a seed,
of tiles that are made (soft blotches and grain) unless a folder of pictures is given.
"""

from __future__ import annotations

import argparse
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any, BinaryIO, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from pictures import blotches, placed
from PIL import Image
from skimage.color import deltaE_ciede2000, rgb2lab
from tifffile import TiffFile

import facemo
from facemo.drawing.pyramid import Pyramid
from facemo.planning.recolour import recoloured

R = TypeVar("R")

TILES = 1000
PLACES = 100  # how many are read back and compared
ROUNDS = 3  # of what is timed beside something else
DRAWN = Image.MAX_IMAGE_PIXELS or 1 << 26  # what Pillow is given to decode whole
# Each suffix, with options, whose memory is measured, and whether the mosaic is planned, and
# recoloured, rather than laid at random.
WAYS: list[tuple[str, dict[str, Any], bool]] = [
    (".png", {}, False),
    (".jpg", {}, False),
    (".tif", {}, False),
    (".tif", {"compression": "jpeg"}, False),
    (".dzi", {}, False),
    (".zarr", {}, False),
    (".png", {}, True),
    (".jpg", {}, True),
    (".tif", {}, True),
]
HEADER = """\
| measurement | what | seconds | output | peak memory | of it before | private | notes |
| --- | --- | --- | --- | --- | --- | --- | --- |"""


@dataclass(frozen=True)
class Job:
    """A mosaic to write: the file, its cells, and the .npy file its tiles are in.

    target : Path or None, what it is planned from; if nothing, it is laid at random
    mapped : bool, whether the tiles stay in that file instead of being read to memory
    ready : int, bytes of page cache to have at hand before the clock starts, see `make_ready`
    """

    path: Path
    cells: tuple[int, int]
    tiles: Path
    tint: float | Literal["auto"] = 0.0
    target: Path | None = None
    mapped: bool = False
    ready: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    planning: dict[str, Any] = field(default_factory=dict)


class Written(NamedTuple):
    """What writing took: seconds by the clock, and of all processors together; memory in bytes.

    That is the `peak`, what was there `before`, the most at a time that is no file's, and the peak
    until then, of `planning`.
    """

    seconds: float
    busy: float
    size: int
    files: int
    peak: int
    before: int
    private: int
    planning: int
    checked: str


Check = Callable[[Path, facemo.Mosaic], str]


class Bench:
    """Where files are written, and the tiles they are made of."""

    def __init__(self, folder: Path, pictures: Path | None, target: Path | None) -> None:
        """Write below `folder`; take tiles from `pictures`, and a `target`, if there are any."""
        self.folder = folder
        self._pictures = pictures
        self._target = target

    def tiles(self, side: int) -> Path:
        """A file of tiles of this side, made when it is first asked for."""
        path = self.folder / f"tiles{side}.npy"
        if not path.exists():
            fresh(make_tiles, path, side, self._pictures)
        return path

    def target(self) -> Path:
        """The picture that mosaics are planned from, of twelve megapixels where it is made."""
        path = self._target or self.folder / "target.png"
        if not path.exists():
            coarse = Image.fromarray(blotches(np.random.default_rng(7), 300, 400))
            coarse.resize((4000, 3000), Image.Resampling.LANCZOS).save(path)
        return path

    def pictures(self) -> Path:
        """A folder of the pictures that tiles are made of."""
        if self._pictures is not None:
            return self._pictures
        folder = self.folder / "pictures"
        if not folder.exists():
            folder.mkdir()
            for n, tile in enumerate(np.load(self.tiles(128))):
                Image.fromarray(tile).save(folder / f"{n}.jpg")
        return folder

    @contextmanager
    def written(
        self, name: str, cells: tuple[int, int], side: int, check: Check | None = None, **more: Any
    ) -> Iterator[tuple[Path, Written]]:
        """Write a mosaic in a process of its own; the output is there until the block ends."""
        more.setdefault("tiles", self.tiles(side))
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            job = Job(Path(folder, name), cells, **more)
            yield job.path, fresh(write, job, check)


def main() -> None:
    """Make the measurements that were asked for."""
    names = ", ".join(f"{name}{' (heavy)' * (name in HEAVY)}" for name in MEASUREMENTS)
    parser = argparse.ArgumentParser(description="Measure what it takes to write large mosaics.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {names}")
    parser.add_argument("--folder", type=Path, help="where to write; by default a temporary one")
    parser.add_argument("--tiles", type=Path, help="a folder of pictures to make tiles of")
    parser.add_argument(
        "--target", type=Path, help="a picture to plan from, where that is measured"
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(MEASUREMENTS)
    if unknown:
        parser.error(f"no such measurement: {', '.join(sorted(unknown))}")
    wanted = options.names or [name for name in MEASUREMENTS if name not in HEAVY]
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        bench = Bench(Path(folder), options.tiles, options.target)
        for name in wanted:
            for row in MEASUREMENTS[name](bench):
                print(f"| {name} | {row} |", flush=True)


def fresh(work: Callable[..., R], *args: Any) -> R:
    """The result of `work` in a new process."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *args).result()


# What runs in a process of its own.


def make_tiles(path: Path, side: int, pictures: Path | None) -> None:
    """Write tiles to a .npy file."""
    if pictures is not None:
        np.save(path, facemo.load_tiles(pictures, size=side, cache=False).pixels)
        return
    rng = np.random.default_rng(0)
    np.save(path, np.stack([blotches(rng, side, side) for _ in range(TILES)]))


def make_many(path: Path, count: int, source: Path) -> None:
    """Write `count` tiles to a .npy file: those of `source`, again and again, each time shifted."""
    few = np.load(source)
    many = np.lib.format.open_memmap(path, "w+", np.uint8, (count, *few.shape[1:]))
    rng = np.random.default_rng(1)
    for start in range(0, count, len(few)):
        part = few[: count - start]
        shift = rng.integers(0, 64, (len(part), 1, 1, 3), np.uint8)
        np.add(part - part // 4, shift, out=many[start : start + len(part)])
    many.flush()


def write(job: Job, check: Check | None) -> Written:
    """Write a mosaic, and say what it took; then check it."""
    pixels = np.load(job.tiles, mmap_mode="r" if job.mapped else None)
    mosaic = laid(pixels, job.cells, job.tint) if job.target is None else planned(pixels, job)
    warm_up(mosaic, job)
    make_ready(job.path, job.ready)
    planning = memory("VmHWM")
    forget_peak()
    before = memory("VmRSS")
    with most_private() as private:
        start, busy = time.perf_counter(), time.process_time()
        facemo.save(mosaic, job.path, **job.options)
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
    peak = memory("VmHWM")
    checked = check(job.path, mosaic) if check else ""
    return Written(
        seconds, busy, *size(job.path.parent), peak, before, max(private), planning, checked
    )


def laid(
    pixels: NDArray[np.uint8],
    cells: tuple[int, int],
    tint: float | Literal["auto"],
    palette: int | str | None = "auto",
) -> facemo.Mosaic:
    """A mosaic of tiles at random, moved to colours at random if there is a tint."""
    assert not isinstance(tint, str)
    index = np.random.default_rng(2).integers(0, len(pixels), cells, np.int32)
    colors = np.zeros((*cells, 3), np.uint8)
    if tint:
        colors[:] = np.random.default_rng(3).integers(0, 256, colors.shape, np.uint8)
    return placed(facemo.Tiles(pixels), index, colors, tint, palette)


def planned(pixels: NDArray[np.uint8], job: Job) -> facemo.Mosaic:
    """A mosaic planned from a picture, at the defaults but for the grid and the tint."""
    assert job.target is not None
    rows, cols = job.cells
    return facemo.plan(job.target, pixels, rows=rows, cols=cols, tint=job.tint, **job.planning)


def warm_up(mosaic: facemo.Mosaic, job: Job) -> None:
    """Write a small mosaic of the same kind, whose variants are repeated as often."""
    cells = 256
    count = max(2, min(cells * len(mosaic.variants) // mosaic.cells.size, cells))
    pixels = mosaic.tiles.pixels[: min(count, len(mosaic.tiles))]
    small = laid(pixels, (16, cells // 16), mosaic.tint, count)
    with tempfile.TemporaryDirectory(dir=job.path.parent) as folder:
        facemo.save(small, Path(folder, "small" + job.path.suffix), **job.options)


def make_ready(path: Path, nbytes: int) -> None:
    """Write a file and remove it.

    A virtual machine may have to ask for memory that it has not used for a while, which takes
    longer than filling it: whoever writes second to a page cache of the same size is faster.
    """
    if nbytes:
        ready = path.with_name("ready")
        with open(ready, "wb") as file:
            for _ in range(-(-nbytes >> 24)):
                file.write(bytes(1 << 24))
            os.fsync(file.fileno())
        ready.unlink()


def memory(what: str) -> int:
    """Bytes of this process: VmRSS those in memory, VmHWM their peak, RssAnon those of no file.

    Where the system does not say, the peak stands for all of them.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return next(int(x.split()[1]) * 1024 for x in status.splitlines() if x.startswith(what))


def forget_peak() -> None:
    """Let the peak of memory be counted from now on, where the system can."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


@contextmanager
def most_private() -> Iterator[list[int]]:
    """Bytes of memory that belong to no file, sampled 50 times a second until the block ends."""
    ended = threading.Event()
    samples = [memory("RssAnon")]

    def sample() -> None:
        while not ended.wait(0.02):
            samples.append(memory("RssAnon"))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()


def size(folder: Path) -> tuple[int, int]:
    """How many bytes lie in a folder, counting a file of many names once; and how many names."""
    seen: dict[int, int] = {}
    names = 0
    for parent, _, files in os.walk(folder):
        for name in files:
            about = os.lstat(os.path.join(parent, name))
            seen[about.st_ino] = about.st_size
            names += 1
    return sum(seen.values()), names


def pillow(job: Job, options: dict[str, Any]) -> tuple[float, int]:
    """Pillow's seconds for the pixels of a mosaic, already drawn; and the size of its file."""
    image = Image.fromarray(np.asarray(laid(np.load(job.tiles), job.cells, job.tint)))
    start = time.perf_counter()
    image.save(job.path, **options)
    seconds = time.perf_counter() - start
    nbytes = job.path.stat().st_size
    job.path.unlink()
    return seconds, nbytes


# The measurements: each yields the rows of its table.


def measure_jpeg(bench: Bench) -> Iterator[str]:
    """A large JPEG beside copying it, and beside Pillow's encoder."""
    cells, few, ready = (1000, 1000), (128, 128), 1 << 31
    more = cells[0] * cells[1] / (few[0] * few[1])
    drawn = Job(bench.folder / "pillow.jpg", few, bench.tiles(64))
    rounds = []
    for _ in range(ROUNDS):
        with bench.written("large.jpg", cells, 64, ready=ready) as (path, written):
            plain, flushed = (copied(path, ready, flush=flush) for flush in (False, True))
        with_pillow, _ = fresh(pillow, drawn, {"quality": 92, "subsampling": 0})
        rounds.append((written.seconds, plain, flushed, with_pillow * more))
    ours, plain, flushed, theirs = (median(column) for column in zip(*rounds, strict=True))
    yield row(
        "64,000 x 64,000 .jpg of 1,000,000 cells",
        written._replace(seconds=ours),
        f"{processors(written)}; `cat` of the file {plain:.1f} s, ratio {ours / plain:.2f}; "
        f"flushed to the disk, as facemo's is, {flushed:.1f} s, ratio {ours / flushed:.2f}; "
        f"Pillow {theirs:.0f} s for as many pixels, {theirs / ours:.0f} times as long",
    )


def measure_tiff(bench: Bench) -> Iterator[str]:
    """A TIFF of four million cells, read back by three programs."""
    with bench.written("large.tif", (2000, 2000), 64, check_tiff) as (_, written):
        yield row(
            "128,000 x 128,000 .tif of 4,000,000 cells",
            written,
            f"{processors(written)}; {written.checked}",
        )


def measure_terapixel(bench: Bench) -> Iterator[str]:
    """A terapixel."""
    with bench.written("tera.tif", (7813, 7813), 128, check_places) as (_, written):
        what = "1,000,064 x 1,000,064 .tif of 61 million cells"
        yield row(what, written, f"{processors(written)}; {written.checked}")


def measure_png(bench: Bench) -> Iterator[str]:
    """A PNG beside Pillow's."""
    rounds = []
    drawn = Job(bench.folder / "pillow.png", (128, 128), bench.tiles(64))
    for _ in range(ROUNDS):
        with bench.written("small.png", drawn.cells, 64) as (_, written):
            rounds.append((written.seconds, *fresh(pillow, drawn, {})))
    ours, theirs, nbytes = (median(column) for column in zip(*rounds, strict=True))
    yield row(
        "8,192 x 8,192 .png of 16,384 cells",
        written._replace(seconds=ours),
        f"{processors(written)}; Pillow {theirs:.1f} s, {theirs / ours:.0f} times as long; "
        f"its file {shown(int(nbytes))}, ratio {written.size / nbytes:.2f}",
    )


def measure_large_png(bench: Bench) -> Iterator[str]:
    """A large PNG, its memory beside that of a small one."""
    with bench.written("small.png", (128, 128), 64) as (_, small):
        pass
    with bench.written("large.png", (1024, 1024), 64, check_png) as (_, written):
        yield row(
            "65,536 x 65,536 .png of 1,048,576 cells",
            written,
            f"{processors(written)}; 8,192 x 8,192 peaks at {shown(small.peak)}, "
            f"{shown(beside(small))} of it beside what was there, here {shown(beside(written))}; "
            f"{written.checked}",
        )


def measure_memory(bench: Bench) -> Iterator[str]:
    """The peak of memory of each way to write, at three sizes."""
    for suffix, options, tinted in WAYS:
        more: dict[str, Any] = {"target": bench.target(), "tint": "auto"} if tinted else {}
        sizes = []
        for side in (156, 494, 988):
            name = f"cells{side}{suffix}"
            with bench.written(name, (side, side), 64, options=options, **more) as (_, written):
                sizes.append(written)
        what = suffix + ", JPEG inside" * bool(options) + ", recoloured" * tinted
        peaks, besides, seconds = (
            ", ".join(map(show, sizes))
            for show in (
                lambda written: shown(written.peak),
                lambda written: shown(beside(written)),
                lambda written: f"{written.seconds:.1f} s",
            )
        )
        yield row(
            f"{what}, at 0.1, 1 and 4 gigapixels",
            sizes[-1],
            f"peaks {peaks}: {sizes[-1].peak / sizes[0].peak:.2f} times; beside what was there "
            f"{besides}; {seconds}",
        )


def measure_recoloured(bench: Bench) -> Iterator[str]:
    """Recoloured mosaics planned from a picture, beside those of the same tiles as they are."""
    for suffix, side in ((".jpg", 1000), (".jpg", 512), (".tif", 512), (".png", 512)):
        more = {"target": bench.target(), "ready": 1 << 31}
        rounds = []
        for _ in range(ROUNDS):
            both = []
            for tint, check in ((0, None), ("auto", check_colors)):
                name = f"planned{suffix}"
                with bench.written(name, (side, side), 64, check, tint=tint, **more) as (_, made):
                    both.append(made)
            rounds.append(both)
        plain, ours = (
            median(made.seconds for made in column) for column in zip(*rounds, strict=True)
        )
        written = rounds[-1][1]
        yield row(
            f"{suffix} of {side} x {side} cells, recoloured",
            written._replace(seconds=ours),
            f"{processors(written)}; with `tint=0` {plain:.1f} s, ratio {ours / plain:.2f}, and "
            f"{shown(rounds[-1][0].size)}; {written.checked}",
        )


def measure_command(bench: Bench) -> Iterator[str]:
    """The whole command, 512 x 512 cells as JPEG, against the same with ``--tint 0``."""
    out = bench.folder / "command.jpg"
    what = bench.target(), bench.pictures(), "-o", out, "--cols=512", "--rows=512", "--quiet"
    command = [sys.executable, "-m", "facemo", *map(str, what)]
    seconds: dict[str, list[float]] = {"auto": [], "0": []}
    for _ in range(ROUNDS + 1):
        for tint, taken in seconds.items():
            start = time.perf_counter()
            subprocess.run([*command, "--tint", tint], check=True)
            taken.append(time.perf_counter() - start)
    # The first fills the cache of tiles and that of compiled kernels.
    ours, plain = (median(taken[1:]) for taken in seconds.values())
    nbytes = shown(out.stat().st_size)
    notes = f"with `--tint 0` {plain:.1f} s, ratio {ours / plain:.2f}"
    yield f"512 x 512 cells of 64 px as .jpg | {ours:.1f} | {nbytes} | | | | {notes}"


def measure_recoloured_terapixel(bench: Bench) -> Iterator[str]:
    """A terapixel, recoloured, from the picture to the file."""
    start = time.perf_counter()
    with bench.written(
        "tera.tif",
        (7813, 7813),
        128,
        check_places,
        target=bench.target(),
        tint="auto",
        planning={"detail": 1},
    ) as (_, written):
        whole = time.perf_counter() - start
        yield row(
            "1,000,064 x 1,000,064 .tif of 61 million cells, recoloured",
            written,
            f"{processors(written)}; with imports, planning and reading back {whole:.0f} s; peak "
            f"of planning {shown(written.planning)}; {written.checked}",
        )


def measure_request(bench: Bench) -> Iterator[str]:
    """300,000 tiles that stay in a file, laid in 782 x 489 cells."""
    count, cells = 300_000, (489, 782)
    for suffix, side in ((".jpg", 83), (".tif", 135)):
        path = bench.folder / f"many{side}.npy"
        start = time.perf_counter()
        fresh(make_many, path, count, bench.tiles(side))
        making = time.perf_counter() - start
        tiles = path.stat().st_size
        with bench.written(f"large{suffix}", cells, side, tiles=path, mapped=True) as (_, written):
            yield row(
                f"{cells[1] * side:,} x {cells[0] * side:,} {suffix} of {count:,} tiles",
                written,
                f"{processors(written)}; the tiles are {shown(tiles)} in a file, made in "
                f"{making:.0f} s",
            )
        path.unlink()


def copied(path: Path, ready: int, *, flush: bool) -> float:
    """The seconds that `cat` takes to copy a file, and the disk if the copy is flushed to it."""
    copy = path.with_name("copy")
    os.sync()
    make_ready(path, ready)
    start = time.perf_counter()
    subprocess.run(["sh", "-c", 'cat "$1" > "$2"', "sh", path, copy], check=True)
    if flush:
        with open(copy, "rb") as file:
            os.fsync(file.fileno())
    seconds = time.perf_counter() - start
    copy.unlink()
    return seconds


def row(what: str, written: Written, notes: str) -> str:
    """The rest of a row of the table."""
    files = f" in {written.files:,} files" if written.files > 1 else ""
    sizes = (shown(size) for size in (written.peak, written.before, written.private))
    output = shown(written.size) + files
    return " | ".join([what, f"{written.seconds:.1f}", output, *sizes, notes])


def processors(written: Written) -> str:
    """The processors' seconds, which other work on the machine changes less than the clock's."""
    return f"{written.busy:.1f} s of processors"


def beside(written: Written) -> int:
    """The memory that a write took at its peak, beside what was there before."""
    return written.peak - written.before


def shown(nbytes: int) -> str:
    """A number of bytes in MB or GB."""
    return f"{nbytes / 1e9:.2f} GB" if nbytes >= 1e9 else f"{nbytes / 1e6:.0f} MB"


# What was written is read back, and compared with the mosaic's own pixels.


def random_cells(mosaic: facemo.Mosaic) -> Iterator[tuple[int, int, NDArray[np.uint8]]]:
    """Where some cells are, (row, col), and their pixels."""
    height, width = mosaic.tiles.size
    spots = np.random.default_rng(4).integers(0, mosaic.index.shape, (PLACES, 2))
    for y, x in spots.tolist():
        at = slice(y * height, (y + 1) * height), slice(x * width, (x + 1) * width)
        yield y, x, mosaic[at]


def check_tiff(path: Path, mosaic: facemo.Mosaic) -> str:
    """Places as tifffile and libvips read them, and small levels as Pillow does."""
    return ", ".join(check(path, mosaic) for check in (by_tifffile, by_vips, by_pillow))


def by_tifffile(path: Path, mosaic: facemo.Mosaic) -> str:
    """Single tiles of the largest level, decoded by tifffile."""
    equal = 0
    with TiffFile(path) as file:
        page: Any = file.pages[0]
        offsets, lengths = page.dataoffsets, page.databytecounts
        for y, x, pixels in random_cells(mosaic):
            n = y * mosaic.index.shape[1] + x
            file.filehandle.seek(offsets[n])
            tile, *_ = page.decode(file.filehandle.read(lengths[n]), n)
            equal += np.array_equal(np.squeeze(tile), pixels)
    return f"tifffile read {equal} of {PLACES} places right"


def by_vips(path: Path, mosaic: facemo.Mosaic) -> str:
    """Places anywhere, read by libvips, if it is there."""
    try:
        import pyvips
    except (ImportError, OSError):
        return "libvips is not there"
    # new_from_file guesses the format within 50 MB of memory, which end at 2.9 million tiles.
    image = pyvips.Image.tiffload(str(path), unlimited=True, access="sequential")
    region = pyvips.Region.new(image)
    side, equal = 64, 0
    limits = [length - side for length in mosaic.shape[:2]]
    for y, x in np.random.default_rng(5).integers(0, limits, (PLACES, 2)).tolist():
        read = np.frombuffer(region.fetch(x, y, side, side), np.uint8).reshape(side, side, 3)
        equal += np.array_equal(read, mosaic[y : y + side, x : x + side])
    return f"libvips {equal} of {PLACES}"


def by_pillow(path: Path, mosaic: facemo.Mosaic) -> str:
    """All levels that are small enough, read whole by Pillow."""
    levels = Pyramid(mosaic, 256)
    Image.MAX_IMAGE_PIXELS = None
    right = count = 0
    with Image.open(path) as image:
        for frame in range(getattr(image, "n_frames", 1)):
            image.seek(frame)
            if image.width * image.height > DRAWN:
                continue
            read, level = np.asarray(image), round(np.log2(mosaic.shape[1] / image.width))
            compare = np.array_equal if image.info.get("compression") != "jpeg" else near
            right += compare(read, levels[level][:, :])
            count += 1
    return f"Pillow {right} of {count} levels up to {DRAWN / 1e6:.0f} megapixels"


def near(read: NDArray[np.uint8], pixels: NDArray[np.uint8]) -> bool:
    """Whether a picture is another as JPEG keeps it: so are the means of 16 x 16 pixels."""
    if read.shape != pixels.shape:
        return False
    rows, cols = (side // 16 for side in pixels.shape[:2])
    first, second = (
        array[: rows * 16, : cols * 16].reshape(rows, 16, cols, 16, 3).mean(axis=(1, 3))
        for array in (read, pixels)
    )
    return float(np.abs(first - second).max()) < 8


def check_colors(path: Path, mosaic: facemo.Mosaic) -> str:
    """How much further cells are from their colours than if each had a variant of its own."""
    tiles, tint = mosaic.tiles, mosaic.tint
    chosen = mosaic.index + np.int32(len(tiles)) * mosaic.mirrored
    exact = facemo.Mosaic(
        tiles, *recoloured(tiles.pixels, chosen, mosaic.colors, tint, None), mosaic.colors
    )
    off = []
    for n in (1, 4):
        ours, theirs = (
            delta_e(boxes(each.variants.mean[each.cells], n), boxes(mosaic.colors, n))
            for each in (mosaic, exact)
        )
        off.append(ours - theirs)
    return (
        f"{len(mosaic.variants):,} variants, tint {tint:.0%}; a ΔE2000 of {off[0]:+.2f} beside "
        f"exact ones, of 4 x 4 cells {off[1]:+.2f}"
    )


def boxes(colors: NDArray[Any], n: int) -> NDArray[np.float64]:
    """Means of n x n cells."""
    rows, cols = (side // n for side in colors.shape[:2])
    cut = colors[: rows * n, : cols * n].astype(np.float64)
    means: NDArray[np.float64] = cut.reshape(rows, n, cols, n, 3).mean(axis=(1, 3))
    return means


def delta_e(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """The mean CIEDE2000 between colours, sRGB values of 0 to 255."""
    return float(deltaE_ciede2000(rgb2lab(one / 255), rgb2lab(other / 255)).mean())


def check_places(path: Path, mosaic: facemo.Mosaic) -> str:
    """Single tiles of the largest level, found by the tables of the file and decoded here."""
    with open(path, "rb") as file:
        fields = directory(file)
        equal = 0
        for y, x, pixels in random_cells(mosaic):
            n = y * mosaic.index.shape[1] + x
            offset, length = (fields[number].value(file, n) for number in (324, 325))
            file.seek(offset)
            coded = np.frombuffer(zlib.decompress(file.read(length)), np.uint8)
            tile = np.cumsum(coded.reshape(pixels.shape), axis=1, dtype=np.uint8)
            equal += np.array_equal(tile, pixels)
    return f"{equal} of {PLACES} places read back right"


class Field(NamedTuple):
    """A field of a TIFF's directory whose values are elsewhere (TIFF 6.0, section 2)."""

    kind: int
    offset: int

    def value(self, file: BinaryIO, n: int) -> int:
        """One of the values."""
        letter = {3: "<H", 4: "<I", 16: "<Q"}[self.kind]
        file.seek(self.offset + n * struct.calcsize(letter))
        value: int = struct.unpack(letter, file.read(struct.calcsize(letter)))[0]
        return value


def directory(file: BinaryIO) -> dict[int, Field]:
    """The first directory of a little-endian TIFF, classic or big."""
    big = file.read(4) == b"II+\0"
    word, size = ("<Q", 20) if big else ("<H", 12)
    file.seek(8 if big else 4)
    (at,) = struct.unpack("<Q" if big else "<I", file.read(8 if big else 4))
    file.seek(at)
    (count,) = struct.unpack(word, file.read(struct.calcsize(word)))
    entries = struct.iter_unpack("<HHQQ" if big else "<HHII", file.read(count * size))
    return {number: Field(kind, place) for number, kind, _, place in entries}


def check_png(path: Path, mosaic: facemo.Mosaic) -> str:
    """Whole lines, filtered here as the file says, beside its own; zlib checks the sum of all."""
    height = mosaic.shape[0]
    wanted = set(np.random.default_rng(6).integers(0, height, PLACES).tolist()) | {0, height - 1}
    equal = count = 0
    for count, line in enumerate(coded_lines(path, 3 * mosaic.shape[1] + 1), 1):
        if count - 1 in wanted:
            equal += np.array_equal(line[1:], filtered(mosaic, count - 1, int(line[0])))
    assert count == height, f"{count} lines of {height}"
    return f"{equal} of {len(wanted)} lines read back right, and the checksum of all"


def coded_lines(path: Path, length: int) -> Iterator[NDArray[np.uint8]]:
    """The filtered lines of a PNG, inflated as they are asked for."""
    inflate = zlib.decompressobj()
    rest = bytearray()
    for data in chunks(path):
        rest += inflate.decompress(data)
        lines = len(rest) // length
        yield from np.frombuffer(bytes(rest[: lines * length]), np.uint8).reshape(lines, length)
        del rest[: lines * length]
    assert inflate.eof, "the stream of zlib has no end"
    assert not rest, "the last line is not whole"


def chunks(path: Path) -> Iterator[bytes]:
    """The data of a PNG's IDAT chunks."""
    with open(path, "rb") as file:
        file.seek(8)
        while head := file.read(8):
            length, kind = struct.unpack(">I4s", head)
            data, (crc,) = file.read(length), struct.unpack(">I", file.read(4))
            assert crc == zlib.crc32(data, zlib.crc32(kind)), f"a sum of {kind!r} is wrong"
            if kind == b"IDAT":
                yield data


def filtered(mosaic: facemo.Mosaic, y: int, kind: int) -> NDArray[np.uint8]:
    """A line of a mosaic, filtered (PNG, section 9.2)."""
    lines = np.zeros((2, mosaic.shape[1] + 1, 3), np.int16)
    lines[1 - min(y, 1) :, 1:] = mosaic[max(y - 1, 0) : y + 1]
    line, a, b, c = lines[1, 1:], lines[1, :-1], lines[0, 1:], lines[0, :-1]
    if kind == 4:
        near, above, corner = abs(b - c), abs(a - c), abs(a + b - 2 * c)
        paeth = np.where(above <= corner, b, c)
        guess = np.where((near <= above) & (near <= corner), a, paeth)
    else:
        guess = (np.zeros_like(a), a, b, (a + b) // 2)[kind]
    return (line - guess).astype(np.uint8).ravel()


MEASUREMENTS: dict[str, Callable[[Bench], Iterator[str]]] = {
    "jpeg": measure_jpeg,
    "tiff": measure_tiff,
    "png": measure_png,
    "terapixel": measure_terapixel,
    "png-large": measure_large_png,
    "recoloured": measure_recoloured,
    "command": measure_command,
    "terapixel-recoloured": measure_recoloured_terapixel,
    "memory": measure_memory,
    "request": measure_request,
}
HEAVY = {"terapixel", "terapixel-recoloured", "png-large", "memory", "request"}


if __name__ == "__main__":
    main()
