"""The cache on disk: a second process, damage, foreign files, folders that cannot be used."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import stat
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
import sympy

from symnum.compiler import cache_info, clear_cache, lambdify, machine
from symnum.compiler.python_entries import C_FUNCTIONS
from symnum.compiler.storage import MAGIC, Store, stored_files
from symnum.errors import CacheWarning

x, y = sympy.symbols("x y")

COUNTING = """
import json, os, sys, time, warnings
import numpy as np, sympy
from symnum.compiler import lambdify, machine
compiled = []
compile_object = machine.object_code
machine.object_code = lambda code: compiled.append(code) or compile_object(code)
x, y = sympy.symbols(sys.argv[1])
k = lambdify([x, y], sympy.exp(x) * y + sympy.sin(x * y) / 3)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    start = time.perf_counter()
    array = k(np.linspace(0, 1, 9), 0.5).tolist()
    seconds = time.perf_counter() - start
    number = k(0.25, 0.5)
print(json.dumps({
    "array": array, "number": number, "compiled": len(compiled),
    "seconds": seconds, "warnings": [str(w.category.__name__) for w in caught],
}))
"""


def run(folder, names="x y", **environment):
    """Evaluate a kernel in a process of its own."""
    variables = {**os.environ, "SYMNUM_CACHE_DIR": str(folder), **environment}
    done = subprocess.run(
        [sys.executable, "-c", COUNTING, names],
        capture_output=True,
        text=True,
        env=variables,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def cold(tmp_path_factory):
    """A folder in which one process has compiled, and what that process found."""
    folder = tmp_path_factory.mktemp("cold")
    return folder, run(folder)


def test_a_second_process_compiles_nothing(cold):
    folder, first = cold
    assert first["compiled"] == 1
    assert first["warnings"] == []
    second = run(folder, "alpha omega")
    assert second["compiled"] == 0
    assert second["array"] == first["array"]
    assert second["number"] == first["number"]


def test_another_environment_is_a_miss_without_a_warning(cold):
    folder, first = cold
    other = run(folder, SYMNUM_CPU="generic")
    assert other["compiled"] == 1
    assert other["warnings"] == []
    assert other["number"] == pytest.approx(first["number"], rel=1e-15)


# --------------------------------------------------------------------------- damage

formula_number = iter(range(10_000))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A fresh cache folder; kernels compiled before are forgotten."""
    monkeypatch.setenv("SYMNUM_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(machine, "_live", type(machine._live)())
    monkeypatch.setattr(Store, "_warned", False)
    return tmp_path / "cache" / "kernels"


def fresh_kernel():
    """Build a kernel that no other test has compiled."""
    return lambdify([x], x * x + sympy.Rational(next(formula_number), 7919))


def again(kernel):
    """Build the same kernel as another process would: nothing of it is in memory."""
    machine._live.clear()
    return lambdify(kernel.args, kernel.expr)


@pytest.fixture
def compiled(monkeypatch):
    """The programs that are compiled from here on."""
    found = []
    original = machine.object_code
    monkeypatch.setattr(machine, "object_code", lambda code: found.append(code) or original(code))
    return found


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[-10] ^= 0xFF
    path.write_bytes(bytes(content))


def header_of_another(path):
    head, line, rest = path.read_bytes().partition(b"\n")
    header, separator, payload = rest.partition(b"\n")
    changed = {**json.loads(header), "key": "0" * 64}
    path.write_bytes(head + line + json.dumps(changed).encode() + separator + payload)


DAMAGE = {
    "truncated": truncate,
    "empty": lambda path: path.write_bytes(b""),
    "one bit": flip,
    "garbage": lambda path: path.write_bytes(os.urandom(500)),
    "text": lambda path: path.write_text("import os\n"),
    "bad header": lambda path: path.write_bytes(MAGIC + b"{]\n"),
    "header is no table": lambda path: path.write_bytes(MAGIC + b"[1]\n"),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_files_are_replaced_with_one_warning(folder, compiled, kind):
    kernel = fresh_kernel()
    values = kernel(np.linspace(0, 1, 5)).tolist(), kernel(0.3)
    files = stored_files(folder)
    assert [path.suffix for path in files] == [".bin", ".py"]
    for path in files:
        DAMAGE[kind](path)
    second = again(kernel)
    with pytest.warns(CacheWarning, match="damaged files in the kernel cache") as caught:
        found = second(np.linspace(0, 1, 5)).tolist(), second(0.3)
    assert found == values
    assert len(caught) == 1
    count = len(compiled)
    third = again(kernel)
    assert (third(np.zeros(2)).shape, third(0.3)) == ((2,), values[1])
    assert len(compiled) == count


@pytest.mark.parametrize("suffix", [".py", ".bin"])
def test_a_missing_file_is_no_damage(folder, suffix):
    kernel = fresh_kernel()
    kernel(np.zeros(2))
    for path in folder.glob(f"*{suffix}"):
        path.unlink()
    second = again(kernel)
    assert second(np.ones(2)).tolist() == kernel(np.ones(2)).tolist()
    assert second(1.0) == kernel(1.0)
    assert len(stored_files(folder)) == 2


def test_a_file_of_another_kernel_is_not_used(folder):
    one, other = fresh_kernel(), fresh_kernel()
    one(np.zeros(2))
    first = {path.name: path for path in stored_files(folder)}
    other(np.zeros(2))
    second = [path for path in stored_files(folder) if path.name not in first]
    for mine, path in zip(sorted(first.values()), sorted(second), strict=True):
        path.write_bytes(mine.read_bytes())
    with pytest.warns(CacheWarning, match="belongs to another kernel"):
        assert again(other)(2.0) == other(2.0)


def test_an_entry_of_another_version_is_silently_replaced(folder, compiled):
    kernel = fresh_kernel()
    kernel(np.zeros(2))
    for path in folder.glob("*.bin"):
        header, separator, payload = path.read_bytes()[len(MAGIC) :].partition(b"\n")
        table = json.loads(header)
        table["environment"]["llvmlite"] = "0.1"
        path.write_bytes(MAGIC + json.dumps(table).encode() + separator + payload)
    assert again(kernel)(np.ones(2)).tolist() == kernel(np.ones(2)).tolist()
    assert len(compiled) == 2


# --------------------------------------------------------------------------- the folder


def test_the_folder_is_private(folder):
    fresh_kernel()(1.0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not [path for path in folder.iterdir() if path.suffix == ".tmp"]
    folder.chmod(0o755)
    machine._live.clear()
    fresh_kernel()(1.0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def use_file(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SYMNUM_CACHE_DIR", str(tmp_path / "file"))


def use_device(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMNUM_CACHE_DIR", "/dev/null/cache")


def use_proc(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMNUM_CACHE_DIR", "/proc/symnum")


def refuse_writes(tmp_path, monkeypatch):
    def refuse(*args, **kwargs):
        raise PermissionError("read-only file system")

    monkeypatch.setattr("symnum.compiler.storage.tempfile.mkstemp", refuse)


def foreign_owner(tmp_path, monkeypatch):
    monkeypatch.setattr("symnum.compiler.storage._is_own", lambda status: False)


@pytest.mark.parametrize(
    "make_unusable", [use_file, use_device, use_proc, refuse_writes, foreign_owner]
)
def test_without_a_folder_all_works_in_memory_with_one_warning(
    folder, tmp_path, monkeypatch, make_unusable
):
    make_unusable(tmp_path, monkeypatch)
    first, second = fresh_kernel(), fresh_kernel()
    with pytest.warns(CacheWarning, match="cannot be used") as caught:
        values = first(np.arange(3.0)).tolist(), second(2.0), second(np.array([2.0]))[0]
    assert len(caught) == 1
    assert values[0][2] == first(2.0)
    assert values[1] == values[2]
    assert cache_info().bytes == 0 or make_unusable in (refuse_writes, foreign_owner)


def no_home():
    raise RuntimeError("Could not determine home directory.")


def test_a_missing_home_works_in_memory(folder, monkeypatch):
    monkeypatch.setattr("symnum.compiler.storage.cache_folder", no_home)
    with pytest.warns(CacheWarning, match="home directory"):
        assert lambdify(x, 3 * x)(3.0) == 9.0


def test_a_read_only_home_works():
    variables = {key: value for key, value in os.environ.items() if "CACHE" not in key}
    code = "from symnum.compiler import lambdify; print(lambdify('x', 'x*x')(3.0))"
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code],
        env={**variables, "HOME": "/proc/nobody"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "9.0\n"
    assert done.stderr.count("CacheWarning") == 1


def test_clear_cache_and_cache_info(folder):
    kernel = fresh_kernel()
    kernel(1.0)
    info = cache_info()
    assert (info.folder, info.kernels, info.live) == (folder, 1, 1)
    assert info.bytes > 1000
    assert "1 kernels" in str(info)
    (folder / "somebody's notes.txt").write_text("keep")
    assert clear_cache() == 2
    assert cache_info().kernels == 0
    assert (folder / "somebody's notes.txt").exists()
    assert kernel(1.0) == again(kernel)(1.0)


def test_pruning_removes_what_was_unused_longest(folder):
    store = Store.open()
    for index in range(5):
        store.write(f"k_{index}.bin", bytes(1000))
        os.utime(folder / f"k_{index}.bin", (1000 + index, 1000 + index))
    old = folder / "k_a.bin.x.tmp"
    old.write_bytes(b"left behind")
    os.utime(old, (1000, 1000))
    (folder / "k_b.bin.y.tmp").write_bytes(b"being written")
    assert store.read("k_0.bin") == bytes(1000)
    store.prune(limit=2500)
    names = [path.name for path in stored_files(folder)]
    assert names == ["k_0.bin", "k_4.bin", "k_b.bin.y.tmp"]
    assert time.time() - (folder / "k_0.bin").stat().st_mtime < 100


def test_live_kernels_are_bounded_and_those_in_use_keep_working(folder, monkeypatch):
    monkeypatch.setattr(machine, "LIVE_KERNELS", 2)
    kernels = [fresh_kernel() for _ in range(4)]
    values = [kernel(1.0) for kernel in kernels]
    assert cache_info().live == 2
    assert [kernel(1.0) for kernel in kernels] == values


def test_kernels_of_one_formula_share_machine_code(folder, compiled):
    first = lambdify([x, y], x - 3 * y)
    second = lambdify(["p", "q"], "p - 3*q")
    assert first(1.0, 2.0) == -5
    assert second(1.0, 2.0) == -5
    assert len(compiled) == 1
    assert cache_info().kernels == 1


def test_nothing_warns_in_ordinary_use(folder):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        kernel = fresh_kernel()
        kernel(np.zeros(3))
        again(kernel)(np.zeros(3))


def test_building_many_kernels_keeps_nothing():
    import gc
    import tracemalloc

    def build(count):
        for index in range(count):
            lambdify([x], x + index).source  # noqa: B018

    build(20)
    sympy.core.cache.clear_cache()
    gc.collect()
    tracemalloc.start()
    build(100)
    sympy.core.cache.clear_cache()
    gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert kept < 150_000


# --------------------------------------------------------------------------- CPython and NumPy


def test_numpy_keeps_addresses_where_compiled_code_reads_them():
    """Where NumPy has moved them, symnum.compiler.python_entries must follow."""
    array = np.arange(7.0)[2:]
    head = object.__basicsize__
    words = (ctypes.c_size_t * 4).from_address(id(array) + head)
    assert words[0] == array.ctypes.data
    assert ctypes.c_size_t.from_address(words[2]).value == 5


def test_functions_of_the_interpreter_are_where_they_were():
    for name in C_FUNCTIONS:
        assert ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p).value, name


def test_a_function_outlives_its_kernel():
    function = machine.machine_code(fresh_kernel()._compilation.code).entry("formula")
    machine._live.clear()
    gc.collect()
    assert function(0.0) >= 0.0
    with pytest.raises(TypeError):
        function("text")
