"""What went wrong in other libraries: pickling, other processes, threads, caches, foreign arrays.

Each test is named by the report of the peer, and its docstring says what the peer did.
"""

from __future__ import annotations

import concurrent.futures
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest
import sympy
from sympy import cos, exp, sin, symbols

from symnum.compiler import lambdify
from symnum.errors import CacheWarning

x, y = symbols("x y")
LINE = np.linspace(-1, 1, 23)


@pytest.fixture(scope="module")
def wave():
    return lambdify([x, y], exp(-(x**2)) * cos(y))


def expected(a, b):
    return np.exp(-(a**2)) * np.cos(b)


# pickling


def test_sympy_12023_and_dill_104_kernels_are_pickled(wave):
    """sympy: lambdified functions were no pickles, and dill changed the expression behind them."""
    data = pickle.dumps(wave)
    assert len(data) < 2000
    again = pickle.loads(data)
    assert again == wave
    assert hash(again) == hash(wave)
    np.testing.assert_array_equal(again(LINE, 0.3), wave(LINE, 0.3))
    assert str(wave.expr) == str(exp(-(x**2)) * cos(y))


def test_numba_2943_and_6821_pickling_in_both_directions_of_time(wave):
    """numba: ufuncs were no pickles before the first call, or after it, as the version had it."""
    fresh = lambdify([x], 2 * x)
    before = pickle.loads(pickle.dumps(fresh))
    assert fresh(2.0) == 4.0
    after = pickle.loads(pickle.dumps(fresh))
    assert before(2.0) == after(2.0) == 4.0


@pytest.mark.parametrize("derive", ["gradient", "jacobian", "hessian"])
def test_symengine_py_294_derivatives_are_pickled(derive, wave):
    """symengine.py: what is made from a function was no pickle, or one of this machine only."""
    kernel = getattr(wave, derive)()
    again = pickle.loads(pickle.dumps(kernel))
    assert again == kernel
    np.testing.assert_array_equal(again(0.3, 0.2), kernel(0.3, 0.2))


def test_numba_7641_and_pysb_478_a_spawned_pool_maps_a_kernel(wave):
    """numba, sympy: 'attribute lookup _lambdifygenerated on __main__ failed' in a new process."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
        found = list(pool.map(wave, [LINE, LINE + 1], [0.1, 0.2]))
    np.testing.assert_array_equal(found, [wave(LINE, 0.1), wave(LINE + 1, 0.2)])


@pytest.mark.skipif(sys.platform == "win32", reason="no fork there")
def test_numba_7872_a_forked_child_calls_in_threads(wave):
    """numba: a parallel function in a forked child hung for ever, or the program was terminated."""
    many = np.linspace(-1, 1, 200_000)
    kernel = lambdify([x, y], exp(-(x**2)) * cos(y), parallel=2)
    here = kernel(many, 0.5)
    context = multiprocessing.get_context("fork")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        queue = context.SimpleQueue()
        child = context.Process(target=_send_sum, args=(kernel, many, queue))
        child.start()
    child.join(60)
    assert child.exitcode == 0
    assert queue.get() == here.sum()


def _send_sum(kernel, many, queue):
    queue.put(kernel(many, 0.5).sum())


# threads


def test_numba_8563_and_9288_six_threads_call_a_parallel_kernel():
    """numba: 'Concurrent access has been detected', and the whole program was aborted."""
    kernel = lambdify([x, y], sin(x) * y + x, parallel=2)
    many = np.linspace(-1, 1, 100_000)
    serial = lambdify([x, y], sin(x) * y + x, parallel=False)(many, 2.0)
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        for found in pool.map(lambda _: kernel(many, 2.0), range(18)):
            np.testing.assert_array_equal(found, serial)


def test_threads_that_build_and_call_first():
    """sympy's printers and Numba's compiler hold no locks of their own for new functions."""
    failures = []

    def build(step):
        try:
            kernel = lambdify([x], x**3 + step % 3)
            assert kernel(2.0) == 8 + step % 3
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=build, args=(step,)) for step in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


# other processes and the cache

PROGRAM = """
import json, sys, warnings
import sympy
from symnum.compiler import lambdify
x, y = sympy.symbols(sys.argv[1])
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    value = lambdify([x, y], sympy.tan(x) * y + 1)(0.75, 0.5)
print(json.dumps([value, [str(w.category.__name__) for w in caught], "numba" in sys.modules]))
"""


def run(folder, names="x y"):
    variables = {**os.environ, "SYMNUM_CACHE_DIR": str(folder), "PYTHONHASHSEED": "random"}
    command = [sys.executable, "-W", "error", "-c", PROGRAM, names]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=True)
    return json.loads(done.stdout)


def test_numba_3501_and_10434_generated_code_is_cached_and_damage_is_repaired(tmp_path):
    """numba: 'no locator available for file <string>'; a truncated index raised EOFError."""
    first = run(tmp_path)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert files
    again = run(tmp_path, "other names")
    assert again[:2] == first[:2] == [first[0], []]
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(files)
    for path, content in files.items():
        path.write_bytes(content[: len(content) // 2])
    value, categories, _ = run(tmp_path)
    assert value == first[0]
    assert set(categories) == {CacheWarning.__name__}
    assert run(tmp_path)[:2] == first[:2]


def test_numba_10486_processes_that_write_one_cache(tmp_path):
    """numba: what a forked child had cached could not be loaded, by names that were not unique."""
    variables = {**os.environ, "SYMNUM_CACHE_DIR": str(tmp_path)}
    commands = [[sys.executable, "-c", PROGRAM, names] for names in ("x y", "y x", "a b")]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables)
        for command in commands
    ]
    results = [json.loads(process.communicate(timeout=60)[0]) for process in processes]
    assert all(process.returncode == 0 for process in processes)
    assert len({result[0] for result in results}) == 1
    assert [result[1] for result in results] == [[], [], []]


COMPILING = """
import gc, sys, sympy
from pathlib import Path
from symnum.compiler import lambdify, machine
machine.LIVE_KERNELS = 4
x = sympy.Symbol("x")

def memory():
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

for step in range(70):
    lambdify([x], sympy.sin(x) * sympy.Float(1 + step / 256) + x**3)(0.5)
    if step == 29:
        before = memory()
print((memory() - before) / 40)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_sympy_27216_compiling_many_kernels_keeps_nothing(tmp_path):
    """sympy kept 2 kB of each lambdified function; compilers keep modules, passes and code."""
    variables = {**os.environ, "SYMNUM_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", COMPILING]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=True)
    assert float(done.stdout) < 60_000


# arrays of other libraries


def test_numba_2979_and_6678_dask_at_the_first_call():
    """numba: a ufunc that was not compiled yet raised ValueError for a dask array."""
    dask = pytest.importorskip("dask.array")
    lazy = dask.from_array(LINE, chunks=7)
    found = lambdify([x, y], x * cos(y) - 7 * x)(lazy, 2.0)
    assert found.chunks == lazy.chunks
    np.testing.assert_allclose(found.compute(), LINE * np.cos(2.0) - 7 * LINE, rtol=1e-15)


def test_dask_3450_dask_in_processes(wave):
    """numba: graphs with compiled functions could not be sent to other processes."""
    dask = pytest.importorskip("dask.array")
    found = wave(dask.from_array(LINE, chunks=12), 0.25)
    graph = pickle.loads(pickle.dumps(found))
    np.testing.assert_array_equal(graph.compute(), wave(LINE, 0.25))


def test_sympy_12940_xarray_is_broadcast_by_dimension(wave):
    """sympy: arrays of dimensions x and y raised 'could not be broadcast together'."""
    xarray = pytest.importorskip("xarray")
    rows = xarray.DataArray([1.0, 2, 3], dims="x")
    columns = xarray.DataArray([4.0, 5], dims="y")
    found = wave(rows, columns)
    assert found.dims == ("x", "y")
    np.testing.assert_allclose(
        found.values, expected(rows.values[:, None], columns.values), rtol=1e-15
    )


def test_xarray_apply_ufunc_parallelised(wave):
    """numba: DUFunc had no attribute 'signature' under xarray.apply_ufunc with dask."""
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("dask")
    lazy = xarray.DataArray(LINE, dims="t").chunk({"t": 5})
    found = xarray.apply_ufunc(
        wave, lazy, 0.5, dask="parallelized", output_dtypes=[float]
    ).compute()
    np.testing.assert_array_equal(found.values, wave(LINE, 0.5))


def test_pandas_keeps_its_index_and_missing_values(wave):
    """numexpr: a Series went in and an array without index came out."""
    pandas = pytest.importorskip("pandas")
    series = pandas.Series([0.5, np.nan, 1.5], index=list("abc"), name="u")
    found = wave(series, 0.0)
    assert list(found.index) == ["a", "b", "c"]
    np.testing.assert_array_equal(found.isna(), [False, True, False])
    np.testing.assert_allclose(found["c"], np.exp(-2.25), rtol=1e-15)


# surroundings


def test_scipy_solvers_take_a_kernel():
    """lambdify's result is a plain function; a kernel has to be one for solvers as well."""
    from scipy.integrate import solve_ivp
    from scipy.optimize import brentq

    root = brentq(lambdify([x], cos(x) - x), 0, 1, xtol=1e-15)
    assert root == pytest.approx(0.7390851332151607, rel=1e-15)
    rates = lambdify([y, [x, sympy.Symbol("v")]], [sympy.Symbol("v"), -x])
    path = solve_ivp(rates, (0, 1), [1.0, 0.0], rtol=1e-10, atol=1e-12)
    assert path.y[0, -1] == pytest.approx(np.cos(1.0), rel=1e-8)


def test_numpy_strict_errors_do_not_reach_a_kernel(wave):
    """numba and numpy: under errstate(all='raise') building or calling raised FloatingPointError."""
    strange = np.array([np.inf, -np.inf, np.nan, 1e308, 1e-308, 5e-324, 0.0, -0.0])
    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        fresh = lambdify([x, y], exp(x * y) / (x - y) + sympy.log(x))
        fresh(strange, strange[::-1])
        fresh.gradient()(strange, 1.0)
        wave(strange, strange)


def test_frozen_inputs_are_not_written_to(wave):
    """casadi, heyoka: read-only arrays were refused, or written to when out was given."""
    frozen = LINE.copy()
    frozen.flags.writeable = False
    before = frozen.copy()
    out = np.empty_like(frozen)
    wave(frozen, frozen, out=out)
    np.testing.assert_array_equal(frozen, before)
    with pytest.raises(ValueError, match=r"read-only|writ"):
        wave(LINE, LINE, out=frozen)
