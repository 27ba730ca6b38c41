"""Threads: the same result for any number of them, forks, many callers at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import sympy

from symnum.compiler import lambdify, machine, threads
from symnum.compiler.evaluator import PARALLEL_WORK
from symnum.compiler.threads import available_threads, run_chunks
from symnum.reference.precision import working_precision

x, y = sympy.symbols("x y")
expr = [sympy.exp(-(x**2)) * y + x**3 / 7, sympy.sin(x) - y]


@pytest.fixture(scope="module")
def arrays():
    generator = np.random.default_rng(7)
    return generator.uniform(-3, 3, 100_003), generator.uniform(-3, 3, 100_003)


@pytest.fixture(scope="module")
def serial():
    return lambdify([x, y], expr, parallel=False)


@pytest.mark.parametrize("parallel", ["auto", True, 2, 3, 7])
def test_results_do_not_depend_on_the_number_of_threads(arrays, serial, parallel):
    kernel = lambdify([x, y], expr, parallel=parallel)
    for size in (100_003, 70_001, 5000, 1023):
        a, b = arrays[0][:size], arrays[1][:size]
        for expected, found in zip(serial(a, b), kernel(a, b), strict=True):
            np.testing.assert_array_equal(expected, found)


def test_broadcast_arguments_in_threads(serial):
    kernel = lambdify([x, y], expr, parallel=4)
    a, b = np.linspace(-2, 2, 400)[:, None], np.linspace(-1, 1, 300).astype("f4")
    out = [np.empty((400, 300)), np.empty((300, 400)).T]
    assert kernel(a, b, out=out) is out
    for expected, found in zip(serial(a, b), out, strict=True):
        np.testing.assert_array_equal(expected, found)


def test_small_calls_stay_in_the_caller(monkeypatch, serial):
    def refuse(*args):
        raise AssertionError("a thread was asked for")

    monkeypatch.setattr("symnum.compiler.evaluator.run_chunks", refuse)
    auto = lambdify([x, y], expr)
    auto(np.zeros(1000), 1.0)
    serial(np.zeros(200_000), 1.0)
    limit = PARALLEL_WORK / auto._compilation.work
    assert 5_000 < limit < 100_000
    with pytest.raises(AssertionError, match="a thread was asked for"):
        auto(np.zeros(int(limit) + 1), 1.0)


def test_the_affinity_decides():
    assert available_threads() == len(os.sched_getaffinity(0))
    code = (
        "import os; os.sched_setaffinity(0, [min(os.sched_getaffinity(0))])\n"
        "from symnum.compiler.threads import available_threads; print(available_threads())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


# --------------------------------------------------------------------------- the pool


@pytest.mark.parametrize("size", [1, 1024, 1025, 65_537, 1_000_000])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_chunks_cover_the_range_once(size, count):
    seen = np.zeros(size, int)

    def task(start, stop):
        assert start % 8 == 0
        seen[start:stop] += 1

    run_chunks(task, size, count)
    assert (seen == 1).all()


def test_errors_reach_the_caller():
    def task(start, stop):
        raise ValueError(f"chunk {start}")

    with pytest.raises(ValueError, match="chunk"):
        run_chunks(task, 100_000, 3)
    run_chunks(lambda start, stop: None, 100_000, 3)


def test_tasks_run_in_several_threads():
    names = set()
    both = threading.Event()

    def task(start, stop):
        names.add(threading.current_thread().name)
        if len(names) == 2:
            both.set()
        assert both.wait(20)

    run_chunks(task, 100_000, 2)
    assert len(names) == 2


def test_six_callers_at_once(arrays, serial):
    kernel = lambdify([x, y], expr, parallel=3)
    expected = serial(*arrays)

    def call(_):
        return all(np.array_equal(a, b) for a, b in zip(kernel(*arrays), expected, strict=True))

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(call, range(24)))


def test_six_threads_compile_the_same_kernel_once(monkeypatch):
    compiled, original = [], machine.object_code
    monkeypatch.setattr(
        machine, "object_code", lambda code: compiled.append(code) or original(code)
    )
    barrier = threading.Barrier(6)

    def call(_):
        kernel = lambdify([x], x**2 + sympy.Rational(17, 7907))
        barrier.wait()
        return kernel(np.array([2.0]))[0]

    machine.clear_cache()
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(call, range(6))) == {4 + 17 / 7907}
    assert len(compiled) == 1


# --------------------------------------------------------------------------- forks


def in_child(connection, kernel, arrays):
    values = kernel(*arrays)
    fresh = lambdify([x], x * 5 - 2)(np.ones(3)).tolist()
    connection.send(([row.sum() for row in values], fresh, threads._pool._threads))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_has_threads_of_its_own(arrays):
    kernel = lambdify([x, y], expr, parallel=3)
    expected = [row.sum() for row in kernel(*arrays)]
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    child = context.Process(target=in_child, args=(there, kernel, arrays))
    child.start()
    assert here.poll(60)
    sums, fresh, started = here.recv()
    child.join(20)
    assert child.exitcode == 0
    assert sums == expected
    assert fresh == [3.0, 3.0, 3.0]
    assert started == 2


def test_a_fork_while_another_thread_compiles(arrays):
    kernel = lambdify([x, y], expr, parallel=2)
    kernel(*arrays)
    working = threading.Thread(
        target=lambda: lambdify([x], sympy.exp(x) / 7901 + x**11)(np.zeros(2))
    )
    working.start()
    child = os.fork()
    if child == 0:
        # Nothing of pytest may run here, and a child that waits for ever must not do so.
        signal.alarm(60)
        value = lambdify([x], x + sympy.Rational(1, 7883))(np.array([1.0]))
        os._exit(0 if value[0] == 1 + 1 / 7883 else 1)
    working.join(60)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_do_not_hinder_the_end_of_the_interpreter():
    code = (
        "import atexit, numpy as np\n"
        "from symnum.compiler import lambdify\n"
        "k = lambdify('x', 'x*x', parallel=3)\n"
        "a = np.arange(100000.0)\n"
        "k(a)\n"
        "atexit.register(lambda: print(k(a)[-1] == 99999.0**2))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "True\n"


def test_a_fork_waits_for_the_balls_of_another_thread():
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with working_precision(77):
            inside.set()
            leave.wait(1)

    working = threading.Thread(target=hold)
    working.start()
    assert inside.wait(20)
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        with working_precision(53):
            os._exit(0)
    leave.set()
    working.join(20)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
