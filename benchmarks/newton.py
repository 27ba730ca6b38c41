"""Speed of batches of roots beside the peers: ``python -m benchmarks.newton``.

Kepler's equation, implied volatilities, a fractal and systems of three equations, against SciPy,
JAX, heyoka and Numba where they are installed. ``--write`` puts the tables into ``RESULTS.md``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

# Before NumPy and the peers are imported: they read the environment when they are.
from benchmarks.timing import interleaved, single_thread

_TITLE = "Roots in batches"
_METHOD = (
    "One thread{pinned}, processor time, interleaved rounds, medians of {rounds}; compilation "
    "outside. Ratio is a peer's time over symnum's, with what is required in brackets. `off` is "
    "the largest error that a competitor leaves, in the unknown for Kepler's equation, in the "
    "equation elsewhere, and how many lanes are off by more than 1e-8: a peer that leaves lanes "
    "unsolved did less work. symnum brings a status, a residual and a bound on the error for "
    "every lane as well."
)
_NAMES = ("kepler", "volatility", "fractal", "systems")
_SOLVED = 1e-8
_OURS = "symnum"


@final
@dataclass(frozen=True, slots=True)
class Row:
    """One competitor in one case.

    Attributes
    ----------
    case, name : str
    seconds : float
        For all lanes; NaN where it takes no part.
    largest : float or None
        How far the worst lane is off, where that is known for all.
    unsolved : int or None
        Lanes that are off by more than 1e-8.
    required : float or None
        The ratio that is required.
    absent : str
        Why it takes no part.
    """

    case: str
    name: str
    seconds: float
    largest: float | None
    unsolved: int | None
    required: float | None
    absent: str = ""


def arguments(texts: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.newton", description=__doc__)
    parser.add_argument("--cases", nargs="+", choices=_NAMES, help="only these")
    parser.add_argument("--peers", nargs="+", metavar="NAME", help="only these competitors")
    parser.add_argument("--rounds", type=int, default=5, help="samples of each competitor")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--write", action="store_true", help="rewrite the section of RESULTS.md")
    return parser.parse_args(texts)


def main() -> None:
    """Measure what the command line asks for, print it and keep it."""
    asked = arguments()
    pinned = ", pinned to one processor" if single_thread() else ""
    from benchmarks.results import machine_line, write_section

    lines = [machine_line(), "", _METHOD.format(pinned=pinned, rounds=asked.rounds), ""]
    print("\n".join(lines))
    figures: list[dict[str, Any]] = []
    for name in asked.cases or _NAMES:
        title, rows, remark = _measured(name, asked)
        block = [f"### {title}", "", *table_lines(rows), "", *remark]
        print("\n".join(block), flush=True)
        lines += block
        figures += [{field: getattr(row, field) for field in Row.__slots__} for row in rows]
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if asked.write:
        write_section(_TITLE, lines)


def _measured(name: str, asked: argparse.Namespace) -> tuple[str, list[Row], list[str]]:
    """Return the title, the rows and what is to be said of one case."""
    from benchmarks import newton_fractal, newton_systems
    from benchmarks.newton_cases import CASES

    if name in CASES:
        case = CASES[name]()
        return f"{case.name}, {case.lanes:,} lanes", measure(case, asked.rounds, asked.peers), []
    module: Any = newton_fractal
    size, title = 1000, "z**3 = 1 from 1000 x 1000 starts"
    if name == "systems":
        module, size, title = newton_systems, 100_000, "100,000 systems of 3 equations"
    found, absent = module.contenders(size)
    chosen = {
        each: contender
        for each, contender in found.items()
        if not asked.peers or each in asked.peers or each == _OURS
    }
    seconds = interleaved({each: c.call for each, c in chosen.items()}, asked.rounds)
    lanes = chosen[_OURS].lanes
    rows = [
        Row(title, each, seconds[each] * lanes / c.lanes, None, None, module.REQUIRED.get(each))
        for each, c in chosen.items()
    ]
    rows += [Row(title, each, 0.0, None, None, None, why) for each, why in absent.items()]
    return title, rows, [f"symnum: {module.verdict(size)}.", ""]


def measure(case: Any, rounds: int, names: Sequence[str] | None = None) -> list[Row]:
    """Compile a case with everyone, look at the roots, then time.

    Parameters
    ----------
    case : RootCase
    rounds : int
    names : sequence of str, optional
        Only these competitors, symnum in any case.

    Returns
    -------
    list of Row
    """
    import numpy as np

    calls: dict[str, Any] = {}
    misses: dict[str, tuple[float, int]] = {}
    absent: dict[str, str] = {}
    for name, build in case.competitors.items():
        if names and name not in names and not name.startswith(_OURS):
            continue
        try:
            calls[name] = build()
            off = case.miss(calls[name]())
        except ImportError as error:
            calls.pop(name, None)
            absent[name] = f"not installed ({error})"
            continue
        unsolved = int(np.count_nonzero(~(off <= _SOLVED)))
        misses[name] = (float(np.nanmax(off)), unsolved)
    seconds = interleaved(calls, rounds)
    rows = []
    for name in (*calls, *absent):
        time = seconds.get(name, float("nan"))
        largest, unsolved = misses.get(name, (float("nan"), 0))
        required = case.required.get(name)
        rows.append(Row(case.name, name, time, largest, unsolved, required, absent.get(name, "")))
    return rows


def table_lines(rows: Sequence[Row]) -> list[str]:
    """Return a case as a table in Markdown."""
    ours = next(row.seconds for row in rows if row.name == _OURS)
    lines = ["| solver | ms | ratio | off | lanes off |", "|---|---|---|---|---|"]
    for row in rows:
        if row.absent:
            lines.append(f"| {row.name} | {row.absent} | | | |")
            continue
        ratio = "" if row.name == _OURS else f"{row.seconds / ours:.2f}"
        if row.required is not None:
            met = row.seconds / ours >= row.required
            ratio = f"{'**' if met else ''}{ratio}{'**' if met else ''} ({row.required:g})"
        off = "" if row.largest is None else f"{row.largest:.1e}"
        left = "" if row.unsolved is None else str(row.unsolved)
        lines.append(f"| {row.name} | {1e3 * row.seconds:.1f} | {ratio} | {off} | {left} |")
    return lines


if __name__ == "__main__":
    main()
