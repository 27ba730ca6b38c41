"""Plots of functions with their roots."""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy as sp

from symnum.compiler import lambdify
from symnum.rootfinding.arguments import as_number

__all__ = ["plot_root", "plot_roots"]

POINTS = 1201
GRID = 301
ROOT = {"color": "C3", "zorder": 5}


def plot_root(result: Any, figure: Any, *, x0: str | None, bracket: Any) -> None:
    """Draw the function around the root that was found, or around the place of the failure.

    Parameters
    ----------
    result : RootResult
    figure : matplotlib.figure.Figure
    x0, bracket
        As the user gave them; they are drawn too.
    """
    axes = figure.add_subplot()
    root = complex(result.root)
    starts = [] if x0 is None else [as_number(x0, "x0")]
    if root.imag or any(start.imag for start in starts):
        _plane(axes, [root] if result.converged else [])
        for start in starts:
            axes.plot(start.real, start.imag, "s", color="C7", label="start")
    else:
        ends = [] if bracket is None else [as_number(end, "bracket").real for end in bracket]
        marks = [root.real, *ends, *(start.real for start in starts)]
        low, high = min(marks), max(marks)
        margin = 0.15 * (high - low) or max(1.0, abs(root.real))
        certificate = result.certificate
        _curve(axes, certificate.equation, certificate.unknown, low - margin, high + margin)
        for start in starts:
            axes.axvline(start.real, color="C7", linestyle=":", label=f"start {x0}")
        if ends:
            axes.axvspan(min(ends), max(ends), color="C0", alpha=0.08, label="bracket")
        if result.converged:
            axes.plot(root.real, 0.0, "o", **ROOT, label=f"root {root.real:.10g}")
        else:
            axes.axvline(root.real, color="C3", linestyle="--", label=str(result.status))
        axes.set_xlabel(result.unknown)
    axes.set_title(_short(result.equation))
    axes.legend()


def plot_roots(result: Any, box: Any, figure: Any) -> None:
    """Draw the function with all its roots in a box; of two equations the two curves.

    Parameters
    ----------
    result : RootSet
    box : tuple, dict or None
        As it was given.
    figure : matplotlib.figure.Figure

    Raises
    ------
    ValueError
        For more than two unknowns.
    """
    count = len(result.unknowns)
    if count > 2:
        raise ValueError(f"plot: expected one or two unknowns, got {count}")
    axes = figure.add_subplot()
    ends = list(box.values()) if isinstance(box, dict) else [] if box is None else [box]
    if not result.real:
        _plane(axes, list(result.roots))
    elif count == 1:
        low, high = (as_number(end, "box").real for end in ends[0])
        _curve(axes, result.functions[0], result.unknowns[0], low, high)
        axes.plot(result.roots, [0.0] * len(result), "o", markersize=5, **ROOT)
        axes.set_xlabel(result.unknown)
    else:
        _crossings(
            axes, result, [tuple(as_number(end, "box").real for end in side) for side in ends]
        )
    proved = "proved complete" if result.complete else "not complete"
    noun = "root" if len(result) == 1 else "roots"
    axes.set_title(f"{_short(result.equation)}: {len(result)} {noun}, {proved}")


def _curve(axes: Any, expr: sp.Expr, unknown: sp.Symbol, low: float, high: float) -> None:
    """Draw a function; poles neither set the scale nor are they crossed by a line."""
    x = np.linspace(low, high, POINTS)
    values = np.array(np.broadcast_to(lambdify(unknown, expr)(x), x.shape), dtype=float)
    finite = np.abs(values[np.isfinite(values)])
    if finite.size:
        top = 3.0 * float(np.quantile(finite, 0.8)) or 1.0
        if finite.max() > 4.0 * top:
            across = np.flatnonzero(
                (np.diff(np.sign(values)) != 0) & (np.abs(np.diff(values)) > top)
            )
            values[np.abs(values) > 4.0 * top] = np.nan
            values[across] = np.nan
            axes.set_ylim(-top, top)
    axes.axhline(0.0, color="0.3", linewidth=0.8)
    axes.plot(x, values)
    axes.set_xlim(low, high)


def _crossings(axes: Any, result: Any, sides: list[Any]) -> None:
    first, second = (np.linspace(low, high, GRID) for low, high in sides)
    xs, ys = np.meshgrid(first, second)
    for k, expr in enumerate(result.functions):
        values = np.broadcast_to(lambdify(list(result.unknowns), expr)(xs, ys), xs.shape)
        axes.contour(xs, ys, values, levels=[0.0], colors=f"C{k}")
    points = np.array(result.roots, dtype=float).reshape(-1, 2)
    axes.plot(points[:, 0], points[:, 1], "o", markersize=6, **ROOT)
    names = result.unknown.split(", ")
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])


def _plane(axes: Any, roots: list[complex]) -> None:
    axes.axhline(0.0, color="0.3", linewidth=0.8)
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    axes.plot([z.real for z in roots], [z.imag for z in roots], "o", **ROOT, label="roots")
    axes.set_aspect("equal", adjustable="datalim")
    axes.set_xlabel("real part")
    axes.set_ylabel("imaginary part")


def _short(text: str) -> str:
    return text if len(text) <= 70 else f"{text[:67]}..."
