"""What is left of an output when the process is killed, when the disk is full, and of the tiles.

Killed and starved are forks of a server, which is this file run as a script: it has imported and
compiled everything once, and no thread of its own is alive when it forks.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import traceback
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageCms

import facemo
from facemo.cli import main

resource = pytest.importorskip("resource", reason="limits of processes are Unix's")

SUFFIXES = [".png", ".jpg", ".tif", ".webp", ".html", ".dzi", ".zarr", ".npz", ".csv"]
# Tiles are recoloured not at all, each cell in its own way, or in so few ways that they repeat.
KINDS = {
    "plain": {"tint": 0},
    "recoloured": {"tint": 1, "palette": None},
    "shared": {"tint": 1, "palette": 20},
}
# Formats that repeat what they encoded, or draw where nothing repeats.
SHARING = [".png", ".jpg", ".tif"]
CASES = [
    *((suffix, "plain") for suffix in SUFFIXES),
    *((suffix, kind) for suffix in SHARING for kind in ("recoloured", "shared")),
]
PAGE = os.sysconf("SC_PAGE_SIZE")


# The server: functions that answer the tests' requests.


def serve():
    """Answer each line of stdin, [function, arguments] in JSON, by a line on stdout."""
    for line in sys.stdin:
        name, arguments = json.loads(line)
        print(json.dumps(globals()[name](**arguments)), flush=True)


def warm_up():
    """Import and compile what the forks will use."""
    if importlib.util.find_spec("zarr"):
        import zarr  # noqa: F401
    with tempfile.TemporaryDirectory() as folder:
        for suffix, kind in CASES:
            small_mosaic("old", kind)
            # zarr starts a thread when it is first used, which no fork would have.
            if suffix != ".zarr":
                facemo.save(small_mosaic("new", kind), f"{folder}/warm{suffix}")
        face, photos, output = (
            f"{folder}/warm.png",
            f"{folder}/warm_files/0",
            f"{folder}/warmer.csv",
        )
        main([face, photos, "-o", output, "--cols", "9", "--tile", "32", "--quiet"])


@cache
def small_mosaic(which, kind):
    """The old or the new mosaic, of different shapes; tiles repeat, and Zarr has two chunks."""
    rng = np.random.default_rng(3 if which == "old" else 4)
    tiles = rng.integers(0, 256, (9, 32, 32, 3), dtype=np.uint8)
    grid = {"old": (3, 5), "new": (4, 36)}[which]
    target = rng.random((*grid, 3))
    mosaic = facemo.plan(target, tiles, cols=grid[1], rows=grid[0], **KINDS[kind])
    assert which == "old" or (mosaic.layout.uses >= 2) == (kind != "recoloured")
    return mosaic


def save(which, kind, path, kill=None, fail=None, largest=None):
    """Save a mosaic in a fork: how that ended, and what it did to the disk.

    It is killed before the operation `kill`, or when a file becomes larger than `largest`; the
    operation `fail` finds no space. Both are (operation, how many such came before). Status 2 is
    that of an error.
    """

    def work():
        log = []
        mosaic = small_mosaic(which, kind)
        watch(log, kill, fail)
        if largest is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
            limit_files(largest)
        try:
            facemo.save(mosaic, path)
            return 0
        except (OSError, facemo.InputError):
            return 2
        finally:
            print(json.dumps(log), file=sys.stderr)

    status, said = forked(work)
    return status, json.loads(said) if status in (0, 2) else said


def command(arguments, largest=None, plenty=False):
    """Run the command line in a fork: its exit status, or minus the signal, and its stderr.

    No file can become larger than `largest`. With `plenty`, the disk claims to have space.
    """

    def work():
        if largest is not None:
            limit_files(largest)
        if plenty:
            shutil.disk_usage = lambda _: shutil._ntuple_diskusage(2**50, 0, 2**50)
        return main(arguments)

    return forked(work)


def limit_files(largest):
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))


def forked(work):
    """What became of `work` in a fork: its exit status, or minus the signal, and its stderr."""
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        status = 70
        try:
            signal.alarm(60)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            os.dup2(theirs, 2)
            sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115
            status = work() or 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    os.close(theirs)
    with open(ours) as pipe:
        said = pipe.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


def watch(log, kill, fail):
    """Log what is done to the disk from now on; for `kill` and `fail`, see `save`."""
    changes = {f"os.{name}" for name in ("rename", "remove", "rmdir", "mkdir", "link", "chmod")}

    def note(event, *names):
        names = ["part" if is_debris(name) else name for name in map(os.path.basename, names)]
        step = re.sub("[0-9a-f]{32}", "*", " ".join([event, *names]))
        moment = [step, log.count(step)]
        if moment == kill:
            os.kill(os.getpid(), signal.SIGKILL)
        log.append(step)
        if moment == fail:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def hook(event, arguments):
        if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR):
            note("open", str(arguments[0]))
        elif event in changes:
            note(
                event, *(os.fsdecode(name) for name in arguments if isinstance(name, (str, bytes)))
            )

    def fsync(handle, fsync=os.fsync):
        note("fsync folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "fsync file")
        fsync(handle)

    def sync(sync=os.sync):
        note("sync")
        sync()

    os.fsync, os.sync = fsync, sync
    sys.addaudithook(hook)


def on_a_small_disk(folder, arguments, room=None, inodes=None, old=None, plenty=True):
    """Run the command line with `folder` a disk that has `old` on it, and little room.

    `room` is in bytes; None is enough, and enough inodes. Returns what `command` does, whether the
    disk is as it was, and how many bytes and inodes were taken.
    """
    with mounted(folder, 1 << 24, 9999, old):
        taken = used(folder)
    size = 1 << 24 if room is None else taken[0] + room
    with mounted(folder, size, 9999 if inodes is None else taken[1] + inodes, old):
        before = outputs(folder)
        status, said = command(arguments, plenty=plenty)
        took = [after - at for after, at in zip(used(folder), taken, strict=True)]
        return status, said, outputs(folder) == before, took


@contextlib.contextmanager
def mounted(folder, size, inodes, contents):
    options = f"size={size},nr_inodes={inodes}"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        if contents is not None:
            shutil.copytree(contents, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def used(folder):
    disk = os.statvfs(folder)
    return (disk.f_blocks - disk.f_bfree) * disk.f_frsize, disk.f_files - disk.f_ffree


def outputs(folder):
    """All that is in a folder: for each name what it holds, files by what is in them."""
    return {
        entry.name: outputs(entry.path) if entry.is_dir() else digest(entry.path)
        for entry in os.scandir(folder)
    }


def digest(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


# The tests.


class Server:
    """This file as a process, which answers what it is asked."""

    def __init__(self, *before):
        self._process = subprocess.Popen(
            [*before, sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )

    def ask(self, function, **arguments):
        self._process.stdin.write(json.dumps([function, arguments], default=str).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def server():
    """A server; where it can be had, in a namespace, where it may mount disks nobody else sees."""
    if not hasattr(os, "fork"):
        pytest.skip("this system cannot fork")
    with contextlib.closing(Server(*(namespace() or ()))) as server:
        yield server


@pytest.fixture
def disks(server):
    if namespace() is None:
        pytest.skip("a small disk cannot be mounted here: that takes a namespace of one's own")
    return server


@cache
def namespace():
    """The command that runs another where disks can be mounted, or None."""
    with tempfile.TemporaryDirectory() as folder:
        trial = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]
        for before in (["unshare", "-rm"], ["unshare", "-m"]):
            with contextlib.suppress(OSError):
                if not subprocess.run([*before, *trial], capture_output=True).returncode:
                    return before
    return None


@pytest.fixture(scope="module")
def complete(server, tmp_path_factory):
    """A function that saves an output, and another over a copy of it.

    It returns their folders, and what the second did to the disk.
    """

    @cache
    def save(suffix, kind):
        if suffix == ".zarr":
            pytest.importorskip("zarr")
        base = tmp_path_factory.mktemp("complete")
        old, new = base / "old", base / "new"
        old.mkdir()
        assert server.ask("save", which="old", kind=kind, path=old / f"poster{suffix}")[0] == 0
        shutil.copytree(old, new)
        status, log = server.ask("save", which="new", kind=kind, path=new / f"poster{suffix}")
        assert status == 0
        assert set(outputs(new)) == set(outputs(old))
        assert outputs(new) != outputs(old)
        return old, new, log

    return save


@pytest.fixture
def here(tmp_path):
    """The folder that the output goes to."""
    (tmp_path / "here").mkdir()
    return tmp_path / "here"


@pytest.fixture
def pictures(tmp_path):
    """Arguments of the command line: a target, and a folder of pictures that hardly compress."""
    rng = np.random.default_rng(5)
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(12):
        pixels = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    face = tmp_path / "face.png"
    Image.fromarray(rng.integers(0, 256, (20, 90, 3), dtype=np.uint8)).save(face)

    def arguments(path, cols=None, kind=None):
        # Of a table, many cells are needed for a few pages.
        cols = cols or (150 if path.suffix in (".npz", ".csv") else 36)
        options = {"cols": cols, "tile": 32, **KINDS.get(kind, {})}
        flags = [
            f"--{name}={'none' if value is None else value}" for name, value in options.items()
        ]
        return [str(face), str(folder), "-o", str(path), *flags, "--no-cache"]

    return arguments


def needs(suffix):
    if suffix == ".zarr":
        pytest.importorskip("zarr")


def is_debris(name):
    return re.fullmatch(r"\.facemo-\w+\.part", name)


def left_in(folder):
    """What is in a folder, without what a killed process could not remove."""
    return {name: held for name, held in outputs(folder).items() if not is_debris(name)}


def refill(folder, contents):
    """Make `folder` a copy of `contents`."""
    shutil.rmtree(folder)
    shutil.copytree(contents, folder)


def largest_file(folder):
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def moments(log):
    """The operations to try: those on the output itself, and some of those within a folder."""
    within = [n for n, step in enumerate(log) if not re.search(r"sync|part\b|poster", step)]
    tried = {*range(len(log))} - {*within} | {*within[:: len(within) // 5 + 1]}
    return [(log[n], log[:n].count(log[n])) for n in sorted(tried)]


def check_deep_zoom(path):
    """Assert that the tiles beside a .dzi are all there, and make levels of its size."""
    root = ElementTree.parse(path).getroot()
    side = int(root.get("TileSize"))
    width, height = (int(root[0].get(name)) for name in ("Width", "Height"))
    files = path.with_name(f"{path.stem}_files")
    depth = (max(width, height) - 1).bit_length()
    assert set(os.listdir(files)) == {str(level) for level in range(depth + 1)}
    for level in range(depth + 1):
        wide, high = (-(-length >> depth - level) for length in (width, height))
        wanted = {
            f"{x}_{y}.jpg": (min(side, wide - x * side), min(side, high - y * side))
            for x in range(-(-wide // side))
            for y in range(-(-high // side))
        }
        assert {tile.name: size_of(tile) for tile in (files / str(level)).iterdir()} == wanted


def size_of(path):
    with Image.open(path) as image:
        image.load()
        return image.size


@pytest.mark.parametrize(("suffix", "kind"), CASES)
def test_a_process_killed_at_any_moment_leaves_the_old_output_nothing_or_the_new(
    server, complete, here, suffix, kind
):
    old, new, log = complete(suffix, kind)
    wanted = outputs(old), outputs(new)
    path = here / f"poster{suffix}"
    found = []
    for moment in moments(log):
        refill(here, old)
        status, said = server.ask("save", which="new", kind=kind, path=path, kill=moment)
        if suffix == ".zarr" and status == 0:
            # Zarr's threads make folders for one another: not all is always done.
            assert outputs(here) == wanted[1]
            continue
        assert status == -signal.SIGKILL, said
        left = left_in(here)
        found.append(wanted.index(left) if path.name in left else None)
        for name, held in left.items():  # the tiles of a .dzi that is not there are whole, too
            assert held in [whole.get(name) for whole in wanted]
        if suffix == ".dzi" and path.exists():
            check_deep_zoom(path)
    # First the old, then nothing where a folder has to be replaced, then the new.
    between = [None] if suffix in (".dzi", ".zarr") else []
    assert list(dict.fromkeys(found)) == [0, *between, 1]


@pytest.mark.parametrize(("suffix", "kind"), CASES)
def test_a_process_killed_within_a_file_leaves_the_old_output_and_is_in_nobodys_way(
    server, complete, here, suffix, kind
):
    old, new, _ = complete(suffix, kind)
    request = {"which": "new", "kind": kind, "path": here / f"poster{suffix}"}
    refill(here, old)
    for largest in (largest_file(new) // 2, largest_file(new) - 1):
        status, said = server.ask("save", **request, largest=largest)
        assert status == -signal.SIGXFSZ, said
        assert left_in(here) == outputs(old)
    assert server.ask("save", **request)[0] == 0
    assert left_in(here) == outputs(new)


@pytest.mark.parametrize("suffix", [".png", ".dzi", ".zarr"])
def test_an_error_before_the_output_is_touched_leaves_it_as_it_was(server, complete, here, suffix):
    old, new, log = complete(suffix, "plain")
    path = here / f"poster{suffix}"
    # A file that cannot be removed stays, of course.
    tried = [moment for moment in moments(log) if moment[0] != "os.remove part"]
    touched = next(n for n, (step, _) in enumerate(tried) if "poster" in step)
    for moment in tried[: touched + 1]:
        refill(here, old)
        status, said = server.ask("save", which="new", kind="plain", path=path, fail=moment)
        assert status in (0, 2), said
        # Some operations can be done without: a link, for one.
        assert outputs(here) == outputs({0: new, 2: old}[status]), moment


@pytest.mark.parametrize(
    ("suffix", "step"),
    [
        (".zarr", "os.rename part poster.zarr"),
        (".dzi", "os.rename poster_files part"),
        (".dzi", "os.rename part poster_files"),
        (".dzi", "os.rename part poster.dzi"),
    ],
)
def test_an_error_while_a_folder_is_replaced_leaves_the_old_output(
    server, complete, here, suffix, step
):
    old = complete(suffix, "plain")[0]
    refill(here, old)
    path = here / f"poster{suffix}"
    status, _ = server.ask("save", which="new", kind="plain", path=path, fail=(step, 0))
    assert status == 2
    assert outputs(here) == outputs(old)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_is_written_is_on_the_disk_before_it_gets_its_name(complete, suffix):
    log = complete(suffix, "plain")[2]
    steps = [step for step in log if re.match(r"f?sync|os\.rename", step)]
    steps = steps[next(n for n, step in enumerate(steps) if "sync" in step) :]
    file = ["fsync file", f"os.rename part poster{suffix}", "fsync folder"]
    assert steps == {
        ".zarr": [
            "sync",
            "os.rename poster.zarr part",
            "os.rename part poster.zarr",
            "fsync folder",
        ],
        ".dzi": [
            "sync",
            "os.rename poster.dzi part",
            "os.rename poster_files part",
            "os.rename part poster_files",
            "os.rename part poster.dzi",
            "fsync folder",
        ],
    }.get(suffix, file)


def is_one_line(said, *parts):
    """Whether stderr is one line, an error of the command's, that contains all `parts`."""
    line = said.removesuffix("\n")
    return (
        line.startswith("facemo: error: ")
        and len(line.splitlines()) == 1
        and all(part.lower() in line.lower() for part in parts)
    )


@pytest.mark.parametrize(("suffix", "kind"), CASES)
def test_a_full_disk_is_one_line_and_leaves_nothing(disks, pictures, here, suffix, kind):
    needs(suffix)
    request = {"folder": here, "arguments": pictures(here / f"poster{suffix}", kind=kind)}
    status, said, _, (nbytes, files) = disks.ask("on_a_small_disk", **request)
    assert (status, said) == (0, "")
    limits = [{"room": PAGE}, {"room": nbytes - PAGE}, {"inodes": 0}]
    if files > 1:
        limits += [{"inodes": 1}, {"inodes": files // 2}, {"inodes": files - 1}]
    for limit in limits:
        status, said, as_before, _ = disks.ask("on_a_small_disk", **request, **limit)
        assert (status, as_before) == (2, True), (limit, said)
        assert is_one_line(said, "No space left"), said


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_the_old_output(disks, complete, pictures, here, suffix):
    old = complete(suffix, "plain")[0]
    arguments = pictures(here / f"poster{suffix}")
    for room in (0, 2 * PAGE):
        status, said, as_before, _ = disks.ask(
            "on_a_small_disk", folder=here, arguments=arguments, room=room, old=old
        )
        assert (status, as_before) == (2, True), (room, said)
        assert is_one_line(said, "No space left"), said


@pytest.mark.parametrize(("suffix", "kind"), [case for case in CASES if case[0] in SHARING])
def test_an_interrupt_leaves_the_old_output(complete, here, suffix, kind):
    old = complete(suffix, kind)[0]
    refill(here, old)

    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        facemo.save(small_mosaic("new", kind), here / f"poster{suffix}", progress=interrupt)
    assert outputs(here) == outputs(old)


def test_a_disk_that_is_much_too_small_is_refused_before_the_work(disks, pictures, here):
    status, said, as_before, _ = disks.ask(
        "on_a_small_disk",
        folder=here,
        arguments=pictures(here / "poster.png", cols=99),
        room=PAGE,
        plenty=False,
    )
    assert (status, as_before) == (2, True)
    assert is_one_line(said, f"of disk and {PAGE / 1000:.1f} kB are free"), said


def test_a_disk_that_fills_against_the_forecast_is_one_line_too(disks, pictures, here):
    # Noise takes more than the forecast, and the forecast may be twice what is free.
    status, said, as_before, _ = disks.ask(
        "on_a_small_disk",
        folder=here,
        arguments=[*pictures(here / "poster.png"), "--tint", "0.1"],
        room=300_000 // PAGE * PAGE,
        plenty=False,
    )
    assert (status, as_before) == (2, True)
    assert is_one_line(said, "No space left"), said


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_may_not_grow_is_one_line_and_leaves_the_old_output(
    server, complete, pictures, here, suffix
):
    old = complete(suffix, "plain")[0]
    arguments = pictures(here / f"poster{suffix}")
    assert server.ask("command", arguments=arguments) == [0, ""]
    nbytes = largest_file(here)
    refill(here, old)
    for largest in (0, nbytes // 2, nbytes - 1):
        status, said = server.ask("command", arguments=arguments, largest=largest)
        assert (status, outputs(here)) == (2, outputs(old)), said
        assert is_one_line(said, os.strerror(errno.EFBIG)), said


@pytest.mark.parametrize("tint", [0, 0.5])
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".dzi", ".zarr"])
def test_nothing_that_tiles_say_of_themselves_is_in_a_picture(tmp_path, here, suffix, tint):
    needs(suffix)
    folder = tmp_path / "SECRETFOLDER"
    folder.mkdir()
    tell_tales(folder)
    tiles = facemo.load_tiles(folder, size=32)
    assert (len(tiles), tiles.names[0]) == (12, "SECRETNAME0.jpg")
    mosaic = facemo.plan(folder / tiles.names[0], tiles, cols=12, tint=tint)
    for compression in ("deflate", "jpeg", "none") if suffix == ".tif" else ("deflate",):
        facemo.save(mosaic, here / f"poster{suffix}", compression=compression)
        files = [path for path in here.rglob("*") if path.is_file()]
        assert files
        for path in files:
            assert not tells(path.read_bytes()), path
            if path.suffix in (".jpg", ".png", ".tif", ".webp"):
                with Image.open(path) as image:
                    # A TIFF's own fields are what Pillow takes for EXIF.
                    assert not set(image.getexif()) & {0x010E, 0x010F, 0x0110, 0x8769, 0x8825}
                    assert suffix == ".tif" or set(image.getexif()) <= {0x0131}
                    assert not tells(repr(image.info).encode())


def tell_tales(folder):
    """Photos that tell their camera, their place, and more, in every way that a JPEG can."""
    rng = np.random.default_rng(6)
    # As long as the name in Pillow's profile, which stays a valid one.
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    told = profile.replace("sRGB built-in".encode("utf-16-be"), "SECRETPROFILE".encode("utf-16-be"))
    assert told != profile
    exif = Image.Exif()
    exif[0x0110] = "SECRETCAM"  # Model
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 27: b"ASCII\0\0\0SECRETPLACE"})
    exif.get_ifd(0x8769)[0x9286] = b"ASCII\0\0\0SECRETNOTE"  # UserComment
    for number in range(12):
        Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(
            folder / f"SECRETNAME{number}.jpg",
            exif=exif,
            comment=b"SECRETCOMMENT",
            icc_profile=told,
            xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRETXMP</x:xmpmeta>",
        )
    data = (folder / "SECRETNAME0.jpg").read_bytes()
    for word in (b"SECRETCAM", b"SECRETPLACE", b"SECRETNOTE", b"SECRETCOMMENT", b"SECRETXMP"):
        assert word in data
    assert "SECRETPROFILE".encode("utf-16-be") in data


def tells(data):
    return any("SECRET".encode(code) in data for code in ("ascii", "utf-16-le", "utf-16-be"))


if __name__ == "__main__":
    warm_up()
    serve()
