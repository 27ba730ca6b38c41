"""The ten cases: elements a nanosecond of symnum and of every peer that is installed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from benchmarks.cases import Case
from benchmarks.peers import AS_WRITTEN, PEERS, Competitor, UnsupportedError
from benchmarks.timing import geometric_mean, interleaved

__all__ = ["Row", "absent_lines", "measure_case", "summary_lines", "table_lines"]

# Deviations are relative to the value, but never to less than this part of the largest one.
_FLOOR = 1e-3
# A competitor further off than this is shown, and never counts as the best.
_WRONG = 1e-9
_BASELINES = ("lambdify", "lambdify cse")
# Loops that a user writes for the compiler on which symnum itself stands.
_OWN_LOOPS = ("numba", "numba fast")


@final
@dataclass(frozen=True, slots=True)
class Row:
    """One case at one size.

    Attributes
    ----------
    case : str
    n : int
    rates : dict from name to float
        Elements a nanosecond.
    deviations : dict from name to float
        Largest relative deviation from the median of all competitors.
    absent : dict from name to str
        Why a competitor takes no part.
    """

    case: str
    n: int
    rates: dict[str, float]
    deviations: dict[str, float]
    absent: dict[str, str]

    @property
    def best_peer(self) -> str:
        """The fastest of the others that are right."""
        return self.best_without(())

    def best_without(self, names: Sequence[str]) -> str:
        """Return the fastest that is right, symnum and those named left out."""
        others = [name for name in self.rates if name not in ("symnum", AS_WRITTEN, *names)]
        right = [name for name in others if self.deviations[name] <= _WRONG]
        return max(right, key=lambda name: self.rates[name], default="")

    def ratio(self, peer: str) -> float:
        """How many times faster symnum is than a peer; NaN where one of them is missing."""
        if peer not in self.rates or "symnum" not in self.rates:
            return math.nan
        return self.rates["symnum"] / self.rates[peer]

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        return asdict(self) | {"best_peer": self.best_peer, "ratio": self.ratio(self.best_peer)}


def measure_case(case: Case, n: int, rounds: int, names: Sequence[str] = ()) -> Row:
    """Compile a case with everyone, compare the results, then time.

    Parameters
    ----------
    case : Case
    n : int
        Number of points.
    rounds : int
    names : sequence of str
        The competitors; all that are installed by default.

    Returns
    -------
    Row
    """
    inputs = case.inputs(n, seed=1)
    outputs = np.empty((len(case.outputs), n))
    competitors: dict[str, Competitor] = {}
    absent: dict[str, str] = {}
    results: dict[str, NDArray[np.float64]] = {}
    for name in names or PEERS:
        outputs.fill(np.nan)
        try:
            competitor = PEERS[name](case, inputs, outputs)
            results[name] = _thinned(competitor.results())
            competitors[name] = competitor
        except ImportError as error:
            absent[name] = f"not installed ({error})"
        except UnsupportedError as error:
            absent[name] = str(error)
    seconds = interleaved({name: each.call for name, each in competitors.items()}, rounds)
    rates = {name: n / time * 1e-9 for name, time in seconds.items()}
    return Row(case.name, n, rates, _deviations(results), absent)


def _thinned(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a copy of all points, or of evenly spread ones where they are many."""
    return values[:, :: max(1, values.shape[1] // 20_000)].copy()


def _deviations(results: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    middle = np.median(np.stack(list(results.values())), axis=0)
    size = np.abs(middle) + _FLOOR * np.max(np.abs(middle), axis=1, keepdims=True)
    return {name: float(np.max(np.abs(values - middle) / size)) for name, values in results.items()}


def _column(name: str) -> str:
    """Return the column of a competitor: a library has one, whatever its settings."""
    return name if name in (*_BASELINES, AS_WRITTEN) else name.split()[0]


def _cell(row: Row, column: str) -> str:
    """Return the best rate of a column."""
    rates = [rate for name, rate in row.rates.items() if _column(name) == column]
    return f"{max(rates):.3g}" if rates else ""


def table_lines(rows: Iterable[Row]) -> list[str]:
    """Return the rates as a Markdown table, a column for each library at its best setting."""
    rows = list(rows)
    names = [name for name in PEERS if any(name in row.rates for row in rows)]
    columns = list(dict.fromkeys(map(_column, names)))
    lines = [
        f"| case | best peer | ratio | {' | '.join(columns)} | deviation |",
        "|---" * (len(columns) + 4) + "|",
    ]
    for row in rows:
        best = row.best_peer
        off = max(row.deviations, key=lambda name: row.deviations[name])
        cells = [row.case, best, f"**{row.ratio(best):.2f}**"]
        cells += [_cell(row, column) for column in columns]
        lines.append(f"| {' | '.join(cells)} | {row.deviations[off]:.0e} ({off}) |")
    return lines


def summary_lines(rows: Iterable[Row]) -> list[str]:
    """Return the geometric means and the worst case."""
    rows = list(rows)
    lines = []
    for label, left_out in (("all peers", ()), ("peers without Numba loops", _OWN_LOOPS)):
        ratios = {row.case: row.ratio(row.best_without(left_out)) for row in rows}
        known = {case: ratio for case, ratio in ratios.items() if not math.isnan(ratio)}
        if known:
            worst = min(known, key=lambda case: known[case])
            mean = geometric_mean(list(known.values()))
            lines.append(
                f"Fastest of {label}: geometric mean of {len(known)} ratios **{mean:.2f}**, "
                f"worst {worst} {known[worst]:.2f}.  "
            )
    for baseline in _BASELINES:
        values = [row.ratio(baseline) for row in rows if baseline in row.rates]
        if values:
            lines.append(f"Against `{baseline}`: geometric mean {geometric_mean(values):.1f}.  ")
    return lines


def absent_lines(rows: Iterable[Row]) -> list[str]:
    """Return a line for each reason why a competitor is missing somewhere."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for name, reason in row.absent.items():
            reasons.setdefault((name, reason), []).append(row.case)
    return [
        f"Left out: {name} in {', '.join(cases)}: {reason}.  "
        for (name, reason), cases in reasons.items()
    ]
