"""Figures of homotopy series: the frequency against c0, the error against the order.

Both draw on a figure of matplotlib that is given to them, and import nothing of matplotlib.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from symnum.homotopy.arguments import read_count
from symnum.homotopy.errors import DivergenceWarning
from symnum.homotopy.periodic.solving import solve_periodic

__all__ = ["plot_c0_curves", "plot_errors"]

COLOURS = ("#1b9e77", "#7570b3", "#d95f02", "#e7298a", "#66a61e", "#e6ab02")
SMALLEST = 2.0**-53
CURVE = np.linspace(-1.9, -0.1, 181)
SPREAD = 0.1  # of the frequency, the least height of the picture


def plot_c0_curves(
    figure: Any,
    equation: Any,
    u: Any,
    t: Any,
    *,
    amplitude: Any,
    orders: Sequence[int] = (2, 5, 10, 20),
    c0s: ArrayLike = CURVE,
) -> Any:
    """Draw the frequency against the convergence-control parameter, for several orders.

    Where a curve is flat the sum does not depend on the parameter: there the series converges.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    equation, u, t, amplitude
        Those of `solve_periodic`, the amplitude a number.
    orders : sequence of int
    c0s : array_like

    Returns
    -------
    matplotlib.axes.Axes
    """
    axes = figure.subplots()
    values = np.asarray(c0s, dtype=np.float64)
    truth = float("nan")
    for order, shade in zip(orders, np.linspace(0.35, 1.0, len(orders)), strict=True):
        solution = _solved(equation, u, t, amplitude, order)
        truth = float(solution.iterate().frequency) if order == orders[-1] else truth
        curve = solution.c0_curve(values)
        axes.plot(values, curve, color=(0.13, 0.4, 0.67, shade), label=f"order {order}")
    axes.axhline(truth, color="#d95f0e", linewidth=1, linestyle="--", label="iterated")
    axes.set_ylim(truth * (1 - SPREAD), truth * (1 + SPREAD))
    axes.set_xlabel("convergence-control parameter $c_0$")
    axes.set_ylabel("frequency")
    axes.legend(fontsize=8)
    axes.grid(visible=True, alpha=0.25)
    return axes


def plot_errors(
    figure: Any,
    equation: Any,
    u: Any,
    t: Any,
    *,
    amplitudes: Sequence[Any] | Mapping[str, Any],
    order: int = 40,
) -> Any:
    """Draw the relative error of the frequency against the order, for several amplitudes.

    Lines are the partial sums at c0 = -1, crosses the diagonal homotopy-Padé approximants; the
    truth is the refined solution.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    equation, u, t
        Those of `solve_periodic`.
    amplitudes : sequence or mapping
        Numbers; a mapping has the labels as keys.
    order : int
        The highest.

    Returns
    -------
    matplotlib.axes.Axes
    """
    order = read_count(order, "order")
    if not isinstance(amplitudes, Mapping):
        amplitudes = {f"{float(a):.4g}": a for a in amplitudes}
    axes = figure.subplots()
    for k, (label, amplitude) in enumerate(amplitudes.items()):
        solution = _solved(equation, u, t, amplitude, order)
        truth = float(solution.iterate().refine(20).frequency)
        squared = np.cumsum([float(term) for term in solution.series(-1)])
        sums = np.sqrt(np.where(squared > 0, squared, np.nan))
        colour = COLOURS[k % len(COLOURS)]
        axes.semilogy(_errors(sums, truth), color=colour, label=label)
        steps = range(2, order + 1, 4)
        pades = [_solved(equation, u, t, amplitude, m).pade() for m in steps]
        axes.semilogy(list(steps), _errors(np.array(pades), truth), "x", color=colour)
    axes.set_xlabel("order")
    axes.set_ylabel("relative error of the frequency")
    axes.set_title("lines: sums at $c_0=-1$; crosses: homotopy-Padé", fontsize=9)
    axes.set_ylim(SMALLEST / 2, 2.0)
    axes.legend(fontsize=8, title="amplitude")
    axes.grid(visible=True, alpha=0.25)
    return axes


def _errors(values: Any, truth: float) -> Any:
    return np.maximum(np.abs(values / truth - 1), SMALLEST)


def _solved(equation: Any, u: Any, t: Any, amplitude: Any, order: int) -> Any:
    """Solve without warnings: the picture is about how well the series converges."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        return solve_periodic(equation, u, t, amplitude=amplitude, order=order)
