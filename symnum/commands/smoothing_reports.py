"""What the commands about smoothing and approximation show: values, facts, plots."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import sympy as sp

from symnum.compiler import lambdify
from symnum.expressions import as_expression
from symnum.reference import evaluate
from symnum.smoothing import mollify

__all__ = ["minimax_facts", "plot_errors", "plot_mollified", "value_of"]

POINTS = 1201
WIDTHS = (0.25, 0.5, 1.0)
MOST_DIGITS = 1000
SOME_PERIODS = 2.25


def value_of(result: Any, at: str, digits: int) -> str:
    """Return a smoothed function at a number, as text; an unknown bandwidth counts as 1.

    Parameters
    ----------
    result : Mollified
    at : str
    digits : int

    Raises
    ------
    ValueError
        Where symbols are left; fewer than 1 or more than 1000 digits.
    """
    if not 1 <= digits <= MOST_DIGITS:
        raise ValueError(f"digits: expected 1 to {MOST_DIGITS}, got {digits}")
    place = as_expression(at, "at")
    values = {result.variable: place, **_unit_bandwidth(result)}
    value = result.expr.subs(values)
    if value.free_symbols:
        names = ", ".join(sorted(map(str, value.free_symbols)))
        raise ValueError(f"at: the value depends on {names} too")
    return str(sp.N(value, digits))


def _unit_bandwidth(result: Any) -> dict[sp.Symbol, sp.Integer]:
    h = result.bandwidth
    return {h: sp.Integer(1)} if isinstance(h, sp.Symbol) else {}


def plot_mollified(result: Any, options: dict[str, Any], figure: Any) -> None:
    """Draw a function with its smoothings for three bandwidths: the one given, half, a quarter.

    Parameters
    ----------
    result : Mollified
    options : dict
        Of `mollify`.
    figure : matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the function has further symbols.
    """
    x, f = result.variable, result.original
    unknown = sorted(map(str, f.free_symbols - {x}))
    if unknown:
        raise ValueError(f"plot: the function depends on {', '.join(unknown)} too")
    whole = sp.Integer(1) if _unit_bandwidth(result) else result.bandwidth
    breaks = [float(a) for a, *_ in getattr(result.form, "jumps", ())]
    reach = max(4.0 * float(whole), SOME_PERIODS if result.method == "periodic" else 0.0)
    low, high = min(breaks, default=0.0) - reach, max(breaks, default=0.0) + reach
    points = np.linspace(low, high, POINTS)
    axes = figure.add_subplot()
    values = np.broadcast_to(lambdify(x, f)(points), points.shape)
    axes.plot(points, values, color="black", linewidth=1.0, label=_short(f))
    for width in WIDTHS:
        bandwidth = whole * sp.Rational(width)
        smooth = mollify(f, x, result.mollifier, bandwidth, **options)
        axes.plot(points, smooth.compile()(points), label=f"h = {bandwidth}")
    axes.set(title=f"smoothed by the {result.mollifier.name} density", xlabel=str(x))
    axes.legend()


def minimax_facts(result: Any, digits: int) -> dict[str, Any]:
    """Return what is known of a best approximation, as texts by their labels.

    Parameters
    ----------
    result : Minimax
    digits : int
    """

    def text(number: Any, places: int = digits) -> str:
        return str(mpmath.nstr(number, places))

    low, high = result.interval
    lower, upper = result.error_bounds
    return {
        "target": f"{result.target} on [{low}, {high}]",
        **{str(name): text(value) for name, value in result.params.items()},
        "largest error": text(result.error),
        "no better than": text(lower, 15),
        "certified bound": text(upper, 15),
        "alternation": [text(place, 12) for place in result.alternation],
        "certificate": result.certificate,
        "notes": list(result.notes) or None,
    }


def plot_errors(result: Any, figure: Any) -> None:
    """Draw the error curve of a best approximation, with its alternation.

    Parameters
    ----------
    result : Minimax
    figure : matplotlib.figure.Figure
    """
    places = [float(place) for place in result.alternation]
    low, high = (float(end) if end.is_finite else None for end in result.interval)
    low = 2.0 * min(places, default=-5.0) - 1.0 if low is None else low
    high = 2.0 * max(places, default=5.0) + 1.0 if high is None else high
    points = np.linspace(low, high, 401)
    error = (result.target - result.expr) / result.weight
    values = [float(sp.re(evaluate(error, {result.x: point}, 20))) for point in points]
    axes = figure.add_subplot()
    size = float(result.error)
    axes.axhline(0.0, color="0.3", linewidth=0.8)
    for height in (-size, size):
        axes.axhline(height, color="tab:gray", linewidth=1.0, linestyle="--")
    axes.plot(points, values)
    heights = [float(sp.re(evaluate(error, {result.x: place}, 20))) for place in result.alternation]
    axes.plot(places, heights, "o", color="tab:red", clip_on=False, zorder=3, label="alternation")
    kind = "error" if result.weight == 1 else "weighted error"
    axes.set(
        title=f"{_short(result.target)} less its best approximation: at most {size:.3g}",
        xlabel=str(result.x),
        ylabel=kind,
        xlim=(low, high),
        ylim=(-1.25 * size, 1.25 * size),
    )
    axes.legend(loc="upper center", ncols=2)


def _short(expr: sp.Expr) -> str:
    text = str(expr)
    return text if len(text) <= 50 else f"{text[:47]}..."
