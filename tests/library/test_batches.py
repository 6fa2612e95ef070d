"""Decoding by whoever is given, and what it costs when one of them dies."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import closing
from multiprocessing import active_children, get_all_start_methods, get_context

import numpy as np
import pytest
from helpers import noise

from facemo.errors import InputError
from facemo.library import batches as decode
from facemo.library.batches import Recipe
from facemo.library.load import load_tiles

RECIPE = Recipe((8, 8), (255, 255, 255))


@pytest.fixture
def folder(tmp_path, rng, monkeypatch):
    """Sixty pictures of noise, one text; that they are new is no reason to copy them."""
    monkeypatch.setattr("facemo.library.stamps._DOUBT", 0)
    for number in range(60):
        noise(rng, 20, 30).save(tmp_path / f"{number:02}.png")
    (tmp_path / "notes.txt").write_text("text")
    return tmp_path


def load(folder, **options):
    return load_tiles(folder, size=8, cache=False, **options)


def assert_same(tiles, others):
    np.testing.assert_array_equal(tiles.pixels, others.pixels)
    assert tiles.names == others.names
    assert tiles.rejected == others.rejected


def forked(workers=2):
    if "fork" not in get_all_start_methods():
        pytest.skip("no fork here")
    return ProcessPoolExecutor(workers, mp_context=get_context("fork"))


def test_files_come_in_their_order_with_what_a_cache_may_remember(folder):
    names = sorted(os.listdir(folder))
    with closing(decode.decode(str(folder), names, RECIPE)) as results:
        decoded = list(results)
    entries = [out.entry for part in decoded for out in part.outcomes]
    reasons = [out.reason for part in decoded for out in part.outcomes]
    sums = np.concatenate([part.crc for part in decoded]).tolist()
    assert sum(len(part.pixels) for part in decoded) == len(sums) == 60
    assert [e.size for e in entries] == [os.path.getsize(folder / name) for name in names]
    assert reasons[-1] == entries[-1].reason == "not a picture"
    assert [e.crc for e in entries] == [*sums, None]


def test_a_file_that_changes_while_it_is_read_is_not_remembered(folder, monkeypatch):
    read = decode.read_picture

    def touched(path, *arguments, **options):
        pixels = read(path, *arguments, **options)
        os.utime(path, (5, 5))
        return pixels

    monkeypatch.setattr(decode, "read_picture", touched)
    with closing(decode.decode(str(folder), ["00.png"], RECIPE)) as results:
        assert next(results).outcomes[0].entry is None


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_decode_the_same_tiles(folder, method):
    with ProcessPoolExecutor(2, mp_context=get_context(method)) as executor:
        assert_same(load(folder, executor=executor), load(folder))


def test_the_workers_of_a_dask_cluster_decode_the_same_tiles(folder):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert_same(load(folder, executor=client.get_executor()), load(folder))


def test_a_worker_that_is_killed_costs_a_retry(folder):
    expected = load(folder)
    killed = []

    def kill(done, total):
        if not killed:
            killed.append(active_children()[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    assert_same(load(folder, executor=forked, progress=kill), expected)
    assert killed


def test_a_file_that_kills_whoever_decodes_it_is_set_aside(folder, monkeypatch):
    read, parent = decode.read_picture, os.getpid()

    def deadly(path, *arguments, **options):
        if os.path.basename(path) in ("07.png", "41.png") and os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return read(path, *arguments, **options)

    monkeypatch.setattr(decode, "read_picture", deadly)
    tiles = load(folder, executor=forked)
    assert len(tiles) == 58
    assert [(os.path.basename(file.path), file.reason) for file in tiles.rejected] == [
        ("07.png", "what decoded it died"),
        ("41.png", "what decoded it died"),
        ("notes.txt", "not a picture"),
    ]


class KilledWorker(Exception):
    """As dask.distributed's."""


class Faulty(Executor):
    """Fails each call that `fails` says it should, and does the others at once."""

    def __init__(self, fails):
        self.fails = fails
        self.tasks = []

    def submit(self, function, task):
        self.tasks.append(task)
        future = Future()
        error = self.fails(task)
        if error is None:
            future.set_result(function(task))
        else:
            future.set_exception(error)
        return future


def test_a_file_that_several_remote_workers_died_of_is_set_aside(folder):
    executor = Faulty(lambda task: KilledWorker() if "07.png" in task.names else None)
    tiles = load(folder, executor=executor)
    assert [os.path.basename(file.path) for file in tiles.rejected] == ["07.png", "notes.txt"]


def test_a_failure_that_does_not_repeat_itself_costs_a_retry(folder):
    left = [ConnectionResetError("once")]
    executor = Faulty(lambda task: left.pop() if left and "07.png" in task.names else None)
    assert_same(load(folder, executor=executor), load(folder))


def test_an_executor_that_cannot_work_is_an_error(folder):
    with pytest.raises(TypeError, match="cannot pickle"):
        load(folder, executor=Faulty(lambda task: TypeError("cannot pickle")))
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        load(folder, executor=executor)


def test_an_executor_that_broke_cannot_be_replaced_and_says_what_can(folder):
    executor = ThreadPoolExecutor(1, initializer=lambda: 1 / 0)
    with pytest.raises(InputError, match="give a function that makes one, as executor=lambda:"):
        load(folder, executor=executor)


def test_an_executor_that_broke_is_made_again(folder):
    made = []

    def make():
        made.append(ThreadPoolExecutor(1, initializer=None if made else lambda: 1 / 0))
        return made[-1]

    assert_same(load(folder, executor=make), load(folder))
    assert len(made) == 2


def test_a_function_that_makes_no_executor_is_refused(folder):
    with pytest.raises(InputError, match=r"executor must make a .* got None"):
        load(folder, executor=lambda: None)


def test_a_reader_who_stops_early_leaves_no_work_behind(folder):
    names = sorted(os.listdir(folder))
    with ThreadPoolExecutor(1) as executor:
        with closing(decode.decode(str(folder), names, RECIPE, executor)) as results:
            next(results)
        assert executor.submit(abs, -1).result(timeout=10) == 1
