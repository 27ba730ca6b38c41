"""How long it takes until the first result, and one scalar call, in fresh processes."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["measure_latency", "table_lines"]

# Run in a process of its own; what all libraries need alike, SymPy and the formula, is there before
# the clock starts. What a library imports late counts as building. Prints a line of JSON.
_PROGRAM = """
import json, sys
import numpy as np
from benchmarks.cases import ten_cases
case = next(case for case in ten_cases(0) if case.name == sys.argv[2])
points = case.inputs(8, seed=1)
room = np.empty((len(case.outputs), 8))
from benchmarks.latency import BUILDERS
importing, build = BUILDERS[sys.argv[1]]
from benchmarks.timing import own_clock
clock = own_clock()
start = clock()
importing()
imported = clock()
vector, scalar = build(case, points, room)
vector()
first = clock()
counts = 2000
scalar()
times = []
for _ in range(7):
    tick = clock()
    for _ in range(counts):
        scalar()
    times.append((clock() - tick) / counts)
print(json.dumps({
    "import": imported - start,
    "first": first - imported,
    "scalar": sorted(times)[3],
}))
"""

Calls = tuple[Callable[[], object], Callable[[], object]]


def _import_symnum() -> None:
    from symnum import lambdify  # noqa: F401


def _symnum(case: Any, points: Any, room: Any) -> Calls:
    import symnum as sn

    kernel = sn.lambdify(list(case.args), case.formula, parallel=False)
    numbers = [float(value) for value in points[:, 0]]
    rows = tuple(points)
    return lambda: kernel(*rows), lambda: kernel(*numbers)


def _import_heyoka() -> None:
    import_module("heyoka")


def _heyoka(case: Any, points: Any, room: Any) -> Calls:
    heyoka = import_module("heyoka")
    variables = [heyoka.expression(str(argument)) for argument in case.args]
    function = heyoka.cfunc([heyoka.from_sympy(expr) for expr in case.outputs], vars=variables)
    one, out = points[:, 0].copy(), room[:, 0].copy()
    return lambda: function(points, outputs=room), lambda: function(one, outputs=out)


def _import_numba() -> None:
    import numba  # noqa: F401


def _numba(case: Any, points: Any, room: Any) -> Calls:
    from benchmarks.peers import numba_function

    loop = numba_function(case, fastmath=True)
    one, out = points[:, :1].copy(), room[:, :1].copy()
    return lambda: loop(points, room), lambda: loop(one, out)


def _import_sympy() -> None:
    import sympy  # noqa: F401


def _lambdify(case: Any, points: Any, room: Any) -> Calls:
    import sympy

    modules = ["scipy", "numpy"]
    function = sympy.lambdify(case.args, list(case.outputs), modules=modules, cse=True)
    numbers = [float(value) for value in points[:, 0]]
    rows = tuple(points)
    return lambda: function(*rows), lambda: function(*numbers)


BUILDERS: dict[str, tuple[Callable[[], None], Callable[[Any, Any, Any], Calls]]] = {
    "symnum": (_import_symnum, _symnum),
    "heyoka": (_import_heyoka, _heyoka),
    "numba": (_import_numba, _numba),
    "lambdify cse": (_import_sympy, _lambdify),
}


def measure_latency(cases: tuple[str, ...], repeats: int) -> list[dict[str, Any]]:
    """Measure in fresh processes with an empty and with a filled cache.

    Parameters
    ----------
    cases : tuple of str
        Names of the ten cases.
    repeats : int
        Processes a figure; the median counts.

    Returns
    -------
    list of dict
        ``case``, ``library``, ``cache``, and seconds: ``import``, ``first`` (building and the first
        call), ``scalar`` (one call with numbers).
    """
    rows: list[dict[str, Any]] = []
    for case in cases:
        for library in BUILDERS:
            for cache in ("empty", "filled") if library == "symnum" else ("none",):
                found = _runs(library, case, cache, repeats)
                if found:
                    rows.append({"case": case, "library": library, "cache": cache, **found})
    return rows


def _runs(library: str, case: str, cache: str, repeats: int) -> dict[str, float]:
    folder = Path(tempfile.mkdtemp(prefix="symnum-latency-"))
    try:
        if cache == "filled":
            _run(library, case, folder)
        runs = []
        for turn in range(repeats):
            place = folder / f"empty-{turn}" if cache == "empty" else folder
            runs.append(_run(library, case, place))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if not all(runs):
        return {}
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _run(library: str, case: str, folder: Path) -> dict[str, float]:
    """Run the program once; an empty result where the library is not installed."""
    environment = os.environ | {"SYMNUM_CACHE_DIR": str(folder)}
    command = [sys.executable, "-c", _PROGRAM, library, case]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode != 0:
        if "ModuleNotFoundError" in done.stderr:
            return {}
        raise RuntimeError(f"{library} failed on {case}:\n{done.stderr[-2000:]}")
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def table_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Return a Markdown table and the ratios that count."""
    lines = [
        "| case | library | cache | import ms | build and call ms | sum ms | scalar call us |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = [row["case"], row["library"], row["cache"]]
        cells += [f"{row['import'] * 1e3:.0f}", f"{row['first'] * 1e3:.1f}"]
        cells += [f"{(row['import'] + row['first']) * 1e3:.0f}"]
        cells += [f"{row['scalar'] * 1e6:.2f}"]
        lines.append(f"| {' | '.join(cells)} |")
    lines.append("")
    firsts = {(row["case"], row["cache"]): row["first"] for row in rows}
    for case in dict.fromkeys(row["case"] for row in rows):
        cold, warm = firsts.get((case, "empty")), firsts.get((case, "filled"))
        if cold and warm:
            lines.append(f"{case}: a second process is {cold / warm:.1f} times faster.")
    return lines
