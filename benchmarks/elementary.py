"""Elementary functions alone: elements a nanosecond beside NumPy and SciPy."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, final

import numpy as np
import scipy.special

import symnum as sn
from benchmarks.timing import geometric_mean, interleaved

__all__ = ["FUNCTIONS", "ElementaryRow", "measure_function", "table_lines"]

Range = tuple[float, float]


@final
@dataclass(frozen=True, slots=True)
class Function:
    """A function under its three names.

    Attributes
    ----------
    name : str
    formula : str
        For `symnum.lambdify`, of x and y.
    peers : tuple of (str, ufunc)
    ranges : tuple of (low, high)
        One for each argument.
    """

    name: str
    formula: str
    peers: tuple[tuple[str, Callable[..., Any]], ...]
    ranges: tuple[Range, ...]


def _row(
    name: str,
    formula: str,
    *ranges: Range,
    numpy: Callable[..., Any] | None = None,
    scipy: Callable[..., Any] | None = None,
) -> Function:
    named = (("numpy", numpy), ("scipy", scipy))
    peers = tuple((library, ufunc) for library, ufunc in named if ufunc is not None)
    return Function(name, formula, peers, ranges)


FUNCTIONS = (
    _row("exp", "exp(x)", (-10, 10), numpy=np.exp),
    _row("expm1", "exp(x) - 1", (-10, 10), numpy=np.expm1),
    _row("log", "log(x)", (0.01, 100), numpy=np.log),
    _row("log1p", "log(1 + x)", (-0.5, 10), numpy=np.log1p),
    _row("sin", "sin(x)", (-20, 20), numpy=np.sin),
    _row("cos", "cos(x)", (-20, 20), numpy=np.cos),
    _row("tan", "tan(x)", (-20, 20), numpy=np.tan),
    _row("sinh", "sinh(x)", (-10, 10), numpy=np.sinh),
    _row("cosh", "cosh(x)", (-10, 10), numpy=np.cosh),
    _row("tanh", "tanh(x)", (-5, 5), numpy=np.tanh),
    _row("asin", "asin(x)", (-1, 1), numpy=np.arcsin),
    _row("acos", "acos(x)", (-1, 1), numpy=np.arccos),
    _row("atan", "atan(x)", (-10, 10), numpy=np.arctan),
    _row("atan2", "atan2(x, y)", (-5, 5), (-5, 5), numpy=np.arctan2),
    _row("erf", "erf(x)", (-4, 4), scipy=scipy.special.erf),
    _row("erfc", "erfc(x)", (-4, 8), scipy=scipy.special.erfc),
    _row("erfcx", "exp(x**2)*erfc(x)", (0, 20), scipy=scipy.special.erfcx),
    _row("cbrt", "cbrt(x)", (0, 100), numpy=np.cbrt, scipy=scipy.special.cbrt),
    _row("pow", "x**y", (0.01, 10), (-5, 5), numpy=np.power),
    _row("hypot", "sqrt(x**2 + y**2)", (-10, 10), (-10, 10), numpy=np.hypot),
)


@final
@dataclass(frozen=True, slots=True)
class ElementaryRow:
    """One function in one precision.

    Attributes
    ----------
    name, dtype : str
    rates : dict from name to float
        Elements a nanosecond.
    deviation : float
        The largest relative one of symnum from the first peer.
    """

    name: str
    dtype: str
    rates: dict[str, float]
    deviation: float

    @property
    def ratio(self) -> float:
        """How many times faster symnum is than the best of the others."""
        return self.rates["symnum"] / max(
            rate for name, rate in self.rates.items() if name != "symnum"
        )

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        return asdict(self) | {"ratio": self.ratio}


def measure_function(function: Function, dtype: str, n: int, rounds: int) -> ElementaryRow:
    """Time one function on random points.

    Parameters
    ----------
    function : Function
    dtype : str
        "float64" or "float32".
    n, rounds : int

    Returns
    -------
    ElementaryRow
    """
    rng = np.random.default_rng(2)
    rows = [rng.uniform(low, high, n).astype(dtype) for low, high in function.ranges]
    names = ["x", "y"][: len(rows)]
    kernel = sn.lambdify(names, function.formula, dtype=dtype, parallel=False)
    out = np.empty(n, dtype)
    calls = {"symnum": functools.partial(kernel, *rows, out=out)}
    for library, ufunc in function.peers:
        calls[library] = functools.partial(ufunc, *rows, out=out)
    seconds = interleaved(calls, rounds)
    rates = {name: n / time * 1e-9 for name, time in seconds.items()}
    return ElementaryRow(function.name, dtype, rates, _deviation(kernel, function, rows))


def _deviation(kernel: Callable[..., Any], function: Function, rows: Sequence[Any]) -> float:
    expected = function.peers[0][1](*rows)
    found = kernel(*rows)
    size = np.maximum(np.abs(expected), np.finfo(expected.dtype).tiny)
    return float(np.max(np.abs(found - expected) / size))


def table_lines(rows: Iterable[ElementaryRow]) -> list[str]:
    """Return a Markdown table, a line for each function with both precisions side by side."""
    rows = list(rows)
    dtypes = list(dict.fromkeys(row.dtype for row in rows))
    heads = [f"{dtype} symnum | numpy | scipy | ratio | deviation" for dtype in dtypes]
    lines = [f"| function | {' | '.join(heads)} |", "|---" * (1 + 5 * len(dtypes)) + "|"]
    for name in dict.fromkeys(row.name for row in rows):
        cells = [name]
        for dtype in dtypes:
            row = next(row for row in rows if (row.name, row.dtype) == (name, dtype))
            cells += [f"{row.rates['symnum']:.3g}"]
            cells += [f"{row.rates.get(peer, math.nan):.3g}" for peer in ("numpy", "scipy")]
            cells += [f"**{row.ratio:.2f}**", f"{row.deviation:.0e}"]
        lines.append(f"| {' | '.join(cells)} |".replace("nan", ""))
    for dtype in dtypes:
        ratios = [row.ratio for row in rows if row.dtype == dtype]
        lines.append(f"Geometric mean of the ratios, {dtype}: **{geometric_mean(ratios):.2f}**.")
    lines.insert(len(lines) - len(dtypes), "")
    return lines
