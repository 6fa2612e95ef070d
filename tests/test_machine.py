from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from facemo import machine
from facemo.errors import InputError


def test_there_is_a_processor_and_some_memory():
    assert machine.processors() >= 1
    assert machine.free_memory() is None or machine.free_memory() > 1 << 20


def test_memory_that_is_not_there_is_refused_with_the_size(monkeypatch):
    monkeypatch.setattr(machine, "free_memory", lambda: 2 * 10**9)
    machine.require_memory(2 * 10**9, "a picture", "make it smaller")
    with pytest.raises(InputError, match=r"a picture needs 3\.5 GB .* 2\.0 GB are free: make it"):
        machine.require_memory(35 * 10**8, "a picture", "make it smaller")


@pytest.mark.parametrize("processors", [1, 2, 8])
@pytest.mark.parametrize("nbytes", [10, 10**8])
@pytest.mark.parametrize("length", [1, 5, 64])
def test_divided_work_covers_everything_once(monkeypatch, processors, nbytes, length):
    monkeypatch.setattr(machine, "processors", lambda: processors)
    done = np.zeros(length, int)

    def work(part):
        done[part] += 1

    machine.divide(work, length, nbytes)
    assert done.tolist() == [1] * length


def test_an_error_in_divided_work_reaches_the_caller(monkeypatch):
    monkeypatch.setattr(machine, "processors", lambda: 2)

    def work(part):
        raise RuntimeError("in a thread")

    with pytest.raises(RuntimeError, match="in a thread"):
        machine.divide(work, 8, 10**8)


@pytest.mark.parametrize("ahead", [1, 3, 100])
def test_results_come_in_the_order_of_their_items(ahead):
    waits = [0.02, 0, 0.01, 0, 0]
    done = machine.in_order(lambda n: time.sleep(waits[n]) or n, range(5), ahead=ahead)
    assert list(done) == [0, 1, 2, 3, 4]


def test_only_so_many_items_are_taken_ahead_of_their_results():
    taken = []
    results = machine.in_order(str, (taken.append(n) or n for n in range(50)), ahead=4)
    assert next(results) == "0"
    assert len(taken) == 4
    results.close()
    assert len(taken) == 4


def test_work_is_handed_to_the_executor_that_is_given():
    with ThreadPoolExecutor(1) as executor:
        assert list(machine.in_order(abs, [-1, -2], executor=executor)) == [1, 2]
        assert executor.submit(abs, -3).result() == 3  # and it is not shut down


def test_what_is_under_way_is_stopped_once_nobody_wants_it():
    stopped = threading.Event()

    def items():
        yield 20
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(machine.in_order(stopped.wait, items(), stop=stopped.set))
    assert stopped.is_set()


def test_an_error_in_work_reaches_whoever_takes_the_results():
    with pytest.raises(ZeroDivisionError):
        list(machine.in_order(lambda n: 1 // n, [1, 0]))


def test_when_one_share_fails_the_others_go_no_further(monkeypatch):
    monkeypatch.setattr(machine, "processors", lambda: 2)
    failed, done = threading.Event(), []

    def work(some):
        if some.start == 0:
            failed.set()
            raise ValueError("bad luck")
        failed.wait()
        time.sleep(0.01)
        done.append(some)

    with pytest.raises(ValueError, match="bad luck"):
        machine.divide(work, 2000, 1 << 21, step=1)
    assert len(done) < 900
