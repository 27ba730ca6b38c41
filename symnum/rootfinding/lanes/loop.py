"""Equations without machine code: one search for every lane, as `newton` does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import sympy as sp
from numpy.typing import NDArray

from symnum.reference import evaluate
from symnum.rootfinding.lanes.problem import Column
from symnum.rootfinding.lanes.solver import LaneOutcome
from symnum.rootfinding.result import RootResult
from symnum.rootfinding.scalar.solving import newton
from symnum.rootfinding.status import Status

__all__ = ["LoopSolver"]


class LoopSolver:
    """Solves lanes one by one; it takes and gives what a `LaneSolver` does.

    Parameters
    ----------
    expr : Expr
        A real equation.
    unknown : Symbol
        Its unknown.
    params : sequence of Symbol
        Its parameters.
    method : str
        As for `newton`.
    gradient : bool
        Whether the derivatives of the roots in the parameters are wanted.
    """

    #: The meaning of the codes, and which of them is a simple root.
    statuses: Mapping[int, Status] = dict(enumerate(Status, 1))
    simple = None

    def __init__(
        self,
        expr: sp.Expr,
        unknown: sp.Symbol,
        params: Sequence[sp.Symbol],
        *,
        method: str,
        gradient: bool,
    ) -> None:
        self._expr = expr
        self._unknown = unknown
        self._params = tuple(params)
        self._method = method
        slope = sp.diff(expr, unknown)
        self._slopes = [-sp.diff(expr, param) / slope for param in params] if gradient else []

    @property
    def source(self) -> str:
        """The equation: nothing is generated."""
        return f"# one search for every lane: {self._expr} = 0\n"

    def solve(self, starts: Sequence[NDArray[np.float64]], params: Sequence[Column]) -> LaneOutcome:
        """Search every lane's root.

        Parameters
        ----------
        starts : sequence of ndarray
            One array of starts, which may be NaN where the two ends of a bracket follow.
        params : sequence of ndarray
            One array for each parameter.
        """
        size = starts[0].shape[0]
        root, residual, bound = (np.full(size, np.nan) for _ in range(3))
        codes, iterations = np.zeros(size, np.uint8), np.zeros(size, np.int32)
        multiplicity = np.zeros(size)
        slopes = np.full((size, len(self._slopes)), np.nan)
        code_of = {status: code for code, status in self.statuses.items()}
        for lane in range(size):
            row = [float(param[lane]) for param in params]
            found = self._search([float(start[lane]) for start in starts], row)
            if found is None:
                codes[lane] = code_of[Status.NAN]
                continue
            root[lane], residual[lane], bound[lane] = found.root, found.residual, found.error_bound
            codes[lane], iterations[lane] = code_of[found.status], found.iterations
            multiplicity[lane] = found.multiplicity or 0
            if found.converged:
                slopes[lane] = self._gradient(found.root, row)
        extras = {"residual": residual, "error_bound": bound, "multiplicity": multiplicity}
        extras |= {f"gradient[{j}]": slopes[:, j] for j in range(slopes.shape[1])}
        return LaneOutcome([root], codes, iterations, extras)

    def _search(self, starts: Sequence[float], row: Sequence[float]) -> RootResult | None:
        """Return the result of one lane, None where it has no number."""
        start = None if np.isnan(starts[0]) and len(starts) > 1 else starts[0]
        bracket = tuple(starts[1:]) or None
        values = {
            p: sp.Rational(v) for p, v in zip(self._params, row, strict=True) if np.isfinite(v)
        }
        numbers = [*(() if start is None else (start,)), *starts[1:]]
        if len(values) < len(row) or not np.all(np.isfinite(numbers)):
            return None
        if bracket is not None and bracket[0] == bracket[1]:
            return None
        equation = self._expr.xreplace(values)
        if self._unknown not in equation.free_symbols:
            return None
        return newton(equation, start, bracket=bracket, method=self._method)

    def _gradient(self, root: float, row: Sequence[float]) -> list[float]:
        point = {self._unknown: root, **dict(zip(self._params, row, strict=True))}
        return [float(evaluate(slope, point, 17)) for slope in self._slopes]
