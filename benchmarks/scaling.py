"""What threads gain: each case with one and with several threads, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

import symnum as sn
from benchmarks.cases import Case, ten_cases
from benchmarks.timing import ON_LINUX, geometric_mean, interleaved

__all__ = ["measure_scaling", "table_lines"]


def measure_scaling(
    names: Sequence[str], seed: int, n: int, rounds: int, processors: Sequence[int]
) -> list[dict[str, Any]]:
    """Time cases with one thread and with a thread for each processor.

    Parameters
    ----------
    names : sequence of str
        Of the cases; all by default.
    seed, n, rounds : int
    processors : sequence of int
        Those that the process may use. This one may be pinned to a single one of them.

    Returns
    -------
    list of dict
        ``case``, ``threads``, ``speedup``, ``same`` (whether the results are, bit for bit).
    """
    asked = {"names": list(names), "seed": seed, "n": n, "rounds": rounds}
    asked["processors"] = list(processors)
    command = [sys.executable, "-m", "benchmarks.scaling", json.dumps(asked)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def _speedup(case: Case, n: int, rounds: int, threads: int) -> dict[str, Any]:
    inputs = case.inputs(n, seed=1)
    kernels = {
        count: sn.lambdify(list(case.args), list(case.outputs), parallel=count)
        for count in (1, threads)
    }
    rooms = {count: list(np.empty((len(case.outputs), n))) for count in kernels}
    calls = {str(c): lambda c=c: kernels[c](*inputs, out=rooms[c]) for c in kernels}
    seconds = interleaved(calls, rounds, time.perf_counter)
    same = all(map(np.array_equal, rooms[1], rooms[threads]))
    speedup = seconds["1"] / seconds[str(threads)]
    return {"case": case.name, "threads": threads, "speedup": speedup, "same": same}


def table_lines(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Return a Markdown table and the geometric mean."""
    lines = ["| case | threads | times faster | same bits |", "|---|---|---|---|"]
    for row in rows:
        same = "yes" if row["same"] else "NO"
        lines.append(f"| {row['case']} | {row['threads']} | {row['speedup']:.2f} | {same} |")
    mean = geometric_mean([row["speedup"] for row in rows])
    return [*lines, "", f"Geometric mean: **{mean:.2f}**."]


def main() -> None:
    """Measure what the first argument asks for and print it as JSON."""
    asked = json.loads(sys.argv[1])
    processors = asked["processors"]
    if ON_LINUX:
        os.sched_setaffinity(0, processors)
    cases = [case for case in ten_cases(asked["seed"]) if case.name in asked["names"]]
    rows = [_speedup(case, asked["n"], asked["rounds"], len(processors)) for case in cases]
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
