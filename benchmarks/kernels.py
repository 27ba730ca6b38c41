"""Speed of kernels beside the peers: ``python -m benchmarks.kernels``.

Four parts: ten formulas against every library that is installed, elementary functions against
NumPy and SciPy, the time until the first result, and what threads gain. ``--write`` puts them into
``RESULTS.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# Before NumPy and the peers are imported: they read the environment when they are.
from benchmarks.timing import processors, single_thread

PARTS = ("cases", "elementary", "latency", "threads")
_LATENCY_CASES = ("poly12", "dblpend")
_TITLE = "Kernels"
_METHOD = (
    "One thread{pinned}, processor time, interleaved rounds, medians of {rounds}, random points, "
    "seed {seed}. Rates are elements a nanosecond; ratio is symnum over the fastest peer. A "
    "deviation is relative to the value, at least to a thousandth of the largest one, and measured "
    "from the median of all. `symnum as written` is `stable=False`: without the rewriting for "
    "accuracy, which no peer has."
)


def arguments(texts: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kernels", description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", help="numbers of points")
    parser.add_argument("--cases", nargs="+", metavar="NAME", help="only these of the ten cases")
    parser.add_argument("--peers", nargs="+", metavar="NAME", help="only these competitors")
    parser.add_argument("--functions", nargs="+", metavar="NAME", help="only these functions")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rounds", type=int, help="samples of each competitor")
    parser.add_argument("--seed", type=int, default=0, help="of the coefficients")
    parser.add_argument("--quick", action="store_true", help="a coarse run of two minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--write", action="store_true", help="rewrite the section of RESULTS.md")
    found = parser.parse_args(texts)
    found.n = found.n or [10_000, 1_000_000]
    found.rounds = found.rounds or (3 if found.quick else 21)
    found.processors = processors()
    return found


def main() -> None:
    """Measure what the command line asks for, print it and keep it."""
    asked = arguments()
    pinned = ", pinned to one processor" if single_thread() else ""
    from benchmarks.results import machine_line, write_section

    method = _METHOD.format(pinned=pinned, rounds=asked.rounds, seed=asked.seed)
    lines = [machine_line(), "", method, ""]
    print("\n".join(lines))
    figures: dict[str, Any] = {}
    for part in asked.parts:
        found, rows = _PARTS[part](asked)
        figures[part] = rows
        lines += found
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if asked.write:
        write_section(_TITLE, lines)


def _shown(title: str, lines: list[str]) -> list[str]:
    block = [f"### {title}", "", *lines, ""]
    print("\n".join(block), flush=True)
    return block


def _cases(asked: argparse.Namespace) -> tuple[list[str], Any]:
    from benchmarks import throughput
    from benchmarks.cases import ten_cases

    cases = [case for case in ten_cases(asked.seed) if not asked.cases or case.name in asked.cases]
    lines: list[str] = []
    every: list[dict[str, Any]] = []
    for n in asked.n:
        rows = [throughput.measure_case(case, n, asked.rounds, asked.peers) for case in cases]
        every += [row.plain() for row in rows]
        block = [*throughput.table_lines(rows), "", *throughput.summary_lines(rows)]
        lines += _shown(f"Ten formulas, n = {n:,}", block + throughput.absent_lines(rows))
    return lines, every


def _elementary(asked: argparse.Namespace) -> tuple[list[str], Any]:
    from benchmarks import elementary

    chosen = [f for f in elementary.FUNCTIONS if not asked.functions or f.name in asked.functions]
    n = min(asked.n)
    rows = [
        elementary.measure_function(function, dtype, n, asked.rounds)
        for function in chosen
        for dtype in ("float64", "float32")
    ]
    title = f"Elementary functions, n = {n:,}"
    return _shown(title, elementary.table_lines(rows)), [row.plain() for row in rows]


def _latency(asked: argparse.Namespace) -> tuple[list[str], Any]:
    from benchmarks import latency

    rows = latency.measure_latency(_LATENCY_CASES, 1 if asked.quick else 5)
    return _shown("Latency, fresh processes", latency.table_lines(rows)), rows


def _threads(asked: argparse.Namespace) -> tuple[list[str], Any]:
    from benchmarks import scaling
    from benchmarks.cases import ten_cases

    names = [case.name for case in ten_cases(asked.seed)]
    chosen = [name for name in names if not asked.cases or name in asked.cases]
    n = max(asked.n)
    rows = scaling.measure_scaling(chosen, asked.seed, n, asked.rounds, asked.processors)
    return _shown(f"Threads, n = {n:,}", scaling.table_lines(rows)), rows


_PARTS = {"cases": _cases, "elementary": _elementary, "latency": _latency, "threads": _threads}

if __name__ == "__main__":
    main()
