"""Decode many files in batches: on threads, on processes, on other machines.

What decodes pictures may die of one: a library crashes, the system takes back its memory, somebody
unplugs a machine. The files that were under way are then decoded again, one at a time, so that
the one that did it is found and set aside.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.cache import Entry, Stamp, content_hash, content_of, stamp
from facemo.machine import in_order, processors
from facemo.packs import checksum
from facemo.pictures import Color, PictureError, read_picture, silent_decoders

Truncated = Literal["refuse", "keep"]

_DIED = "what decoded it died"
# A file has killed as many workers, one after another, when it is set aside: one may have been
# killed by somebody else just then.
_DEATHS = 3
_WATCHED = 2.0  # seconds between looks at a pool of processes

# Files a task: enough that handing out work costs nothing beside decoding even 128-pixel
# thumbnails (0.3 ms each), few enough that Ctrl-C and the progress bar feel immediate.
_BATCH = 16
_BATCH_BYTES = 4 << 20
_PENDING = 64  # tasks
_PENDING_BYTES = 64 << 20


class Recipe(NamedTuple):
    """How a picture becomes a tile: its (height, width), what shows through it, what is refused."""

    size: tuple[int, int]
    background: Color
    truncated: Truncated = "refuse"

    @property
    def nbytes(self) -> int:
        """The bytes of a tile."""
        return self.size[0] * self.size[1] * 3


class Decoded(NamedTuple):
    """What became of some files.

    pixels : (m, h, w, 3) uint8, the tiles of those that have no reason
    crc : (m,) uint32, their checksums
    reasons : why a file has no tile, or None, one a file
    entries : what a cache may remember of a file, or None, one a file
    """

    pixels: NDArray[np.uint8]
    crc: NDArray[np.uint32]
    reasons: list[str | None]
    entries: list[Entry | None]


class _Task(NamedTuple):
    root: str
    names: Sequence[str]
    recipe: Recipe
    remember: bool


def path_of(root: str, name: str) -> str:
    """The path of a file that is called so below `root`."""
    return os.path.join(root, *name.split("/"))


def decode(
    root: str,
    names: Sequence[str],
    recipe: Recipe,
    executor: Executor | None = None,
    *,
    remember: bool = True,
) -> Generator[Decoded, None, None]:
    """What becomes of files below `root`, in their order, some at a time.

    Entries are made only to `remember` what becomes of them: their content is hashed for that.
    """
    # A few large photos are better handed out one by one, and so are large tiles.
    few = min(len(names) // (8 * processors()), _BATCH_BYTES // recipe.nbytes)
    batch = min(_BATCH, max(1, few))
    most = max(2 * processors(), min(_PENDING, _PENDING_BYTES // (batch * recipe.nbytes)))
    waiting = deque(
        _Task(root, names[i : i + batch], recipe, remember) for i in range(0, len(names), batch)
    )
    suspects = 0  # tasks of one file each at the head of those that wait
    deaths = 0  # of workers that had the first of them alone
    with ExitStack() as ours:
        while waiting:
            tasks = list(islice(waiting, suspects)) if suspects else list(waiting)
            results = in_order(_decoded, tasks, executor=executor, ahead=1 if suspects else most)
            try:
                with closing(results), _watched(executor):
                    for decoded in results:
                        waiting.popleft()
                        suspects, deaths = max(suspects - 1, 0), 0
                        yield decoded
            except Exception as error:
                broken = isinstance(error, BrokenExecutor)
                if broken:
                    executor = ours.enter_context(_another(executor, error))
                killed = _has_killed_several(error)
                if not suspects:
                    suspects = _one_by_one(waiting, most if broken else 1)
                elif not broken and not killed:
                    raise
                elif killed or deaths + 1 == _DEATHS:
                    waiting.popleft()
                    suspects, deaths = suspects - 1, 0
                    none = np.empty((0, *recipe.size, 3), np.uint8)
                    yield Decoded(none, np.empty(0, np.uint32), [_DIED], [None])
                else:
                    deaths += 1


def _one_by_one(waiting: deque[_Task], count: int) -> int:
    """Make the first `count` tasks of those that wait tasks of one file each; how many it gives."""
    tasks = [waiting.popleft() for _ in range(min(count, len(waiting)))]
    single = [task._replace(names=[name]) for task in tasks for name in task.names]
    waiting.extendleft(reversed(single))
    return len(single)


def _another(executor: Executor | None, error: Exception) -> Executor:
    """Workers in place of an executor that is broken: processes if it had processes."""
    if isinstance(error, BrokenProcessPool):
        context = getattr(executor, "_mp_context", None)
        return ProcessPoolExecutor(processors(), mp_context=context)
    return ThreadPoolExecutor(processors(), thread_name_prefix="facemo")


@contextmanager
def _watched(executor: Executor | None) -> Iterator[None]:
    """End a pool of processes that waits for one which has died.

    If a worker is killed while it writes a result, CPython's pool waits for the rest of it until
    nobody is left who could write there: the other workers and, through its own copy, itself.
    """
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(_WATCHED):
            workers = list((getattr(executor, "_processes", None) or {}).values())
            if any(worker.exitcode for worker in workers) and not ended.wait(_WATCHED):
                for worker in workers:
                    worker.kill()
                with suppress(AttributeError, OSError):
                    executor._result_queue._writer.close()  # type: ignore[union-attr]

    watcher = threading.Thread(target=watch, name="facemo-watch", daemon=True)
    if isinstance(executor, ProcessPoolExecutor):
        watcher.start()
    try:
        yield
    finally:
        ended.set()


def _has_killed_several(error: Exception) -> bool:
    """Whether this is what dask.distributed says of a task that four workers have died of."""
    return type(error).__name__ == "KilledWorker"


def _decoded(task: _Task) -> Decoded:
    tiles = np.empty((len(task.names), *task.recipe.size, 3), np.uint8)
    crc: list[int] = []
    reasons: list[str | None] = []
    entries: list[Entry | None] = []
    with silent_decoders():
        for name in task.names:
            path = path_of(task.root, name)
            before, now = stamp(path) if task.remember else None, time.time_ns()
            with _unchanging(path, before, now) as (copy, content):
                error = _attempt(copy, task.recipe, tiles[len(crc)])
            if error is None:
                crc.append(checksum(tiles[len(crc)]))
            reasons.append(str(error) if error else None)
            entry = None
            if before is not None and stamp(path) == before and content is not None:
                entry = Entry(*before, now, content, reasons[-1], None if error else crc[-1])
            entries.append(None if error and not error.lasting else entry)
    return Decoded(tiles[: len(crc)], np.array(crc, np.uint32), reasons, entries)


@contextmanager
def _unchanging(path: str, before: Stamp | None, now: int) -> Iterator[tuple[str, bytes | None]]:
    """A file to decode, and the hash of its content, None where they may not fit together.

    A file that was changed just before may change between one reading and the next without its
    stamp showing it: of such a one it is a copy.
    """
    if before is None or not before.is_fresh(now):
        yield path, None if before is None else content_hash(path)
        return
    with ExitStack() as stack:
        copy = path
        with suppress(OSError):  # no room for it, say
            folder = stack.enter_context(TemporaryDirectory(prefix="facemo-"))
            copy = _copied(path, os.path.join(folder, "copy"))
        yield copy, None if copy == path else content_hash(copy)


def _copied(path: str, copy: str) -> str:
    """Write `copy`, if the file is none too large, and say where to read now."""
    content = content_of(path)
    if content is None:
        return path
    with open(copy, "wb") as file:
        file.write(content)
    return copy


def _attempt(path: str, recipe: Recipe, out: NDArray[np.uint8]) -> PictureError | None:
    """Decode a file into `out`, or say why not."""
    try:
        out[:] = read_picture(path, recipe.size, recipe.background, truncated=recipe.truncated)
    except PictureError as error:
        return error
    return None
