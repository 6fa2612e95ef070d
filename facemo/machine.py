"""What this machine has: processors to use, memory to stay within."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TypeVar

from facemo.errors import InputError

T = TypeVar("T")
R = TypeVar("R")

_TRIMMED_EVERY = 64  # items
_SOON = 0.05  # seconds


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def free_memory() -> int | None:
    """Bytes that can still be allocated without swapping, or None where nobody says.

    Linux tells what is available, and a container's limit where there is one (cgroup v2);
    elsewhere the physical memory stands in.
    """
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(x.split()[1]) * 1024 for x in lines if x.startswith("MemAvailable"))
    except (OSError, StopIteration):
        try:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        except (AttributeError, ValueError, OSError):
            return None
    try:
        limit, used = (
            int(Path("/sys/fs/cgroup", f).read_text()) for f in ("memory.max", "memory.current")
        )
    except (OSError, ValueError):
        return free
    return min(free, max(limit - used, 0))


def free_disk(folder: str) -> int:
    """Bytes that can still be written into a folder; as many as there can be where nobody says."""
    try:
        return shutil.disk_usage(folder).free
    except (AttributeError, OSError):  # a network's drive, say
        return sys.maxsize


def require_memory(nbytes: int, what: str, remedy: str) -> None:
    """Raise an InputError if `nbytes` are not to be had; `what` and `remedy` fill the message."""
    free = free_memory()
    if free is not None and nbytes > free:
        raise InputError(
            f"{what} needs {nbytes / 1e9:,.1f} GB of memory and {free / 1e9:,.1f} GB are free: "
            f"{remedy}"
        )


def batches(length: int, step: int, first: int = 0) -> Iterator[slice]:
    """Slices of `step`, or 1 if that is less, that make up ``range(first, length)``.

    >>> [*batches(5, 2)]
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, step)
    for start in range(first, length, step):
        yield slice(start, min(start + step, length))


def divide(
    work: Callable[[slice], None],
    length: int,
    nbytes: int,
    step: int | None = None,
    first: int = 0,
) -> None:
    """Call `work` on slices that make up ``range(first, length)``, on all processors if it pays.

    Starting threads costs about 0.1 ms, which is what drawing 1 MB takes. No slice is longer than
    `step`: what is worked on at a time is to stay small, and an interrupt waits no longer.
    """
    parts = max(1, min(processors(), length - first) if nbytes > 1 << 20 else 1)
    edges = [first + (length - first) * i // parts for i in range(parts + 1)]

    ended: list[BaseException] = []

    def share(part: slice) -> None:
        for some in [part] if step is None else batches(part.stop, step, part.start):
            if ended:
                return
            work(some)

    shares = map(slice, edges, edges[1:])
    if parts == 1:
        share(next(shares))
    else:
        with ThreadPoolExecutor(parts, thread_name_prefix="facemo") as pool:
            try:
                list(pool.map(share, shares))
            except BaseException as error:
                ended.append(error)
                raise


def trim_memory() -> None:
    """Give freed memory back to the system.

    glibc keeps what threads have freed in pieces of many sizes, as encoders do: 100 MB after a
    thousand megapixels. This takes 1 ms.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)


@contextmanager
def pool(executor: Executor | None = None) -> Iterator[Executor]:
    """`executor`, or threads, one a processor, that end with the block."""
    if executor is not None:
        yield executor
        return
    threads = ThreadPoolExecutor(processors(), thread_name_prefix="facemo")
    try:
        yield threads
    finally:
        threads.shutdown(wait=True, cancel_futures=True)


def in_order(
    work: Callable[[T], R],
    items: Iterable[T],
    *,
    executor: Executor | None = None,
    ahead: int | None = None,
    stop: Callable[[], None] | None = None,
) -> Generator[R, None, None]:
    """The results of `work` on `items` in their order, computed on all processors.

    At most `ahead` items, by default two a processor, are under way or waiting to be taken. Where
    the rest is not wanted any more, `stop` is called until the threads have left what they do.
    """
    ahead = 2 * processors() if ahead is None else ahead
    pending: deque[Future[R]] = deque()
    with pool(executor) as workers:
        try:
            for number, item in enumerate(items, 1):
                pending.append(workers.submit(work, item))
                if len(pending) >= ahead:
                    yield _first(pending)
                if number % _TRIMMED_EVERY == 0:
                    trim_memory()
            while pending:
                yield _first(pending)
        finally:
            busy = [future for future in pending if not future.cancel()]
            if stop is not None and executor is None and busy:
                # A thread, which another interrupt does not reach.
                Thread(target=_hurry, args=(busy, stop), daemon=True).start()


def _first(pending: deque[Future[R]]) -> R:
    """The result of the first one, which stays there for as long as it is waited for."""
    result = pending[0].result()
    pending.popleft()
    return result


def _hurry(busy: list[Future[R]], stop: Callable[[], None]) -> None:
    """Call `stop` until nothing is busy."""
    while wait(busy, _SOON).not_done:
        stop()
