"""Decode many files in batches: on threads, on processes, on other machines.

What decodes pictures may die of one: a library crashes, the system takes back its memory, somebody
unplugs a machine. The files that were under way are then decoded again, one at a time, so that
the one that did it is found and set aside.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import ExitStack, closing, contextmanager, suppress
from itertools import islice
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facemo.errors import InputError
from facemo.faces import detector
from facemo.kinds import Color
from facemo.library.apart import DIED, decoders
from facemo.library.boxes import Boxes, Faces
from facemo.library.facts import Facts, with_name
from facemo.library.filters import ALL, Filters, LeftOut
from facemo.library.index import Entry, Noted
from facemo.library.limits import PictureError
from facemo.library.packs import checksum
from facemo.library.picture import read_picture, silent_decoders
from facemo.library.stamps import Stamp, content_hash, content_of, stamp
from facemo.machine import batches, in_order, processors
from facemo.options import Crop, Loading, Truncated

# Who decodes: an executor; or what makes one, and another when that breaks.
Workers = Executor | Callable[[], Executor]

# A file has killed as many workers, one after another, when it is set aside: one may have been
# killed by somebody else just then.
_DEATHS = 3

# Files a task: enough that handing out work costs nothing beside decoding even 128-pixel
# thumbnails (0.3 ms each), few enough that Ctrl-C and the progress bar feel immediate.
_BATCH = 16
_BATCH_BYTES = 4 << 20
_PENDING = 64  # tasks
_PENDING_BYTES = 64 << 20


class Recipe(NamedTuple):
    """How a picture becomes a tile.

    size : (height, width) in pixels
    background : what shows through it
    truncated : whether it is refused if it ends early
    crop : what of it is kept
    """

    size: tuple[int, int]
    background: Color
    truncated: Truncated = Loading.truncated
    crop: Crop = Loading.crop

    @property
    def nbytes(self) -> int:
        """The bytes of a tile."""
        return self.size[0] * self.size[1] * 3


class Outcome(NamedTuple):
    """What became of a file.

    reason : why it was set aside, or None
    left_out : why it is none of those asked for, or None
    facts : what its header says, as text, or None if it has none
    entry : what a cache may remember of it, or None
    boxes : where faces were found in it, as text, if that was not known and may be remembered
    found_by : what looked for them, or "" if nothing had to
    """

    reason: str | None = None
    left_out: str | None = None
    facts: str | None = None
    entry: Entry | None = None
    boxes: str | None = None
    found_by: str = ""

    @property
    def has_tile(self) -> bool:
        """Whether it is neither set aside nor left out."""
        return self.reason is None and self.left_out is None


class Decoded(NamedTuple):
    """What became of some files.

    pixels : (m, h, w, 3) uint8, the tiles of those that have one
    crc : (m,) uint32, their checksums
    outcomes : one a file
    """

    pixels: NDArray[np.uint8]
    crc: NDArray[np.uint32]
    outcomes: list[Outcome]


class _Task(NamedTuple):
    root: str
    names: Sequence[str]
    recipe: Recipe
    filters: Filters
    remember: bool
    boxes: dict[str, Noted]


def path_of(root: str, name: str) -> str:
    """The path of a file that is called so below `root`."""
    return os.path.join(root, *name.split("/"))


def decode(
    root: str,
    names: Sequence[str],
    recipe: Recipe,
    executor: Workers | None = None,
    *,
    filters: Filters = ALL,
    remember: bool = True,
    boxes: Mapping[str, Noted] | None = None,
) -> Generator[Decoded, None, None]:
    """What becomes of files below `root`, in their order, some at a time.

    Entries are made only to `remember` what becomes of them: their content is hashed for that.
    `boxes` say by the names of files where faces were in what these held then. Where workers find
    faces by something else than is here, what they cropped is decoded again here.
    """
    boxes = boxes or {}
    # A few large photos are better handed out one by one, and so are large tiles.
    few = min(len(names) // (8 * processors()), _BATCH_BYTES // recipe.nbytes)
    batch = min(_BATCH, max(1, few))
    most = max(2 * processors(), min(_PENDING, _PENDING_BYTES // (batch * recipe.nbytes)))
    parts = (names[some] for some in batches(len(names), batch))
    waiting = deque(
        _Task(root, part, recipe, filters, remember, {n: boxes[n] for n in part if n in boxes})
        for part in parts
    )
    suspects = 0  # tasks of one file each at the head of those that wait
    deaths = 0  # of workers that had the first of them alone
    with ExitStack() as ours:
        ours.callback(decoders.close)
        workers = _workers(executor, ours)
        while waiting:
            tasks = list(islice(waiting, suspects)) if suspects else list(waiting)
            ahead = 1 if suspects else most
            results = in_order(_decoded, tasks, executor=workers, ahead=ahead, stop=decoders.stop)
            try:
                with closing(results):
                    for decoded in results:
                        if not _as_here(decoded):
                            decoded = _decoded(waiting[0])
                        waiting.popleft()
                        suspects, deaths = max(suspects - 1, 0), 0
                        yield decoded
            except Exception as error:
                broken = isinstance(error, BrokenExecutor)
                if broken:
                    workers = _workers(executor, ours, error)
                killed = _has_killed_several(error)
                if not suspects:
                    suspects = _one_by_one(waiting, most if broken else 1)
                elif not broken and not killed:
                    raise
                elif killed or deaths + 1 == _DEATHS:
                    waiting.popleft()
                    suspects, deaths = suspects - 1, 0
                    none = np.empty((0, *recipe.size, 3), np.uint8)
                    yield Decoded(none, np.empty(0, np.uint32), [Outcome(DIED)])
                else:
                    deaths += 1


def _workers(
    executor: Workers | None, ours: ExitStack, error: Exception | None = None
) -> Executor | None:
    """Who decodes, and ends with `ours` if made here; after an `error` another one."""
    if callable(executor):
        made = executor()
        if not isinstance(made, Executor):
            raise InputError(f"executor must make a concurrent.futures.Executor, got {made!r}")
        return ours.enter_context(made)
    if error is not None:
        raise InputError(
            "executor: what decoded a picture died, and a broken executor takes no more work: "
            "give a function that makes one, as executor=lambda: ProcessPoolExecutor(), and the "
            "rest is done by another"
        ) from error
    return executor


def _one_by_one(waiting: deque[_Task], count: int) -> int:
    """Make the first `count` tasks of those that wait tasks of one file each; how many it gives."""
    tasks = [waiting.popleft() for _ in range(min(count, len(waiting)))]
    single = [task._replace(names=[name]) for task in tasks for name in task.names]
    waiting.extendleft(reversed(single))
    return len(single)


def _has_killed_several(error: Exception) -> bool:
    """Whether this is what dask.distributed says of a task that four workers have died of."""
    return type(error).__name__ == "KilledWorker"


def _as_here(decoded: Decoded) -> bool:
    """Whether faces were looked for by what finds them here, which a worker may lack."""
    return all(out.found_by == detector() for out in decoded.outcomes if out.found_by)


def _decoded(task: _Task) -> Decoded:
    tiles = np.empty((len(task.names), *task.recipe.size, 3), np.uint8)
    crc: list[int] = []
    outcomes: list[Outcome] = []
    with silent_decoders():
        for name in task.names:
            path = path_of(task.root, name)
            before, now = stamp(path) if task.remember else None, time.time_ns()
            with _unchanging(path, before, now) as (copy, content):
                faces = _known_faces(task.boxes.get(name), content)
                facts, error = _attempt(copy, path, task, faces, tiles[len(crc)])
            if error is None:
                crc.append(checksum(tiles[len(crc)]))
            told = None if facts is None else str(facts)
            left_out = str(error) if isinstance(error, LeftOut) else None
            reason = str(error) if error and left_out is None else None
            entry = None
            if before is not None and stamp(path) == before and content is not None:
                check = None if error else crc[-1]
                entry = Entry(*before, now, content, told, reason, check)
            if (error and not error.lasting) or faces.failed:
                entry = None
            boxes = str(faces.new) if faces.new is not None and entry is not None else None
            outcomes.append(Outcome(reason, left_out, told, entry, boxes, faces.found_by))
    return Decoded(tiles[: len(crc)], np.array(crc, np.uint32), outcomes)


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


def _known_faces(noted: Noted | None, content: bytes | None) -> Faces:
    """The faces of a file with this hash, of which is known what was noted, if it is the same."""
    if noted is None or content is None or noted.content != content:
        return Faces()
    return Faces(Boxes.parse(noted.text))


def _attempt(
    copy: str, path: str, task: _Task, faces: Faces, out: NDArray[np.uint8]
) -> tuple[Facts | None, PictureError | None]:
    """Decode a file, or its copy, into `out`, or say why not; and what it says, with a header."""
    told: list[Facts] = []

    def tell(facts: Facts) -> None:
        facts = with_name(facts, path)
        told.append(facts)
        why = task.filters.why_not(facts)
        if why is not None:
            raise LeftOut(why)

    recipe = task.recipe
    try:
        out[:] = read_picture(
            copy,
            recipe.size,
            recipe.background,
            truncated=recipe.truncated,
            tell=tell,
            crop=recipe.crop,
            faces=faces,
        )
        return told[0], None
    except PictureError as error:
        return (told[0] if told else None), error
