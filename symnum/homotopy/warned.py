"""Warnings with which solutions that have not converged are returned."""

from __future__ import annotations

import warnings
from typing import TypeVar

import sympy

from symnum.homotopy.errors import DivergenceWarning
from symnum.homotopy.periodic.periodic_solution import PeriodicSolution

__all__ = ["warned_balance", "warned_series"]

S = TypeVar("S", bound=PeriodicSolution)


def warned_series(solution: S, order: int, c0: sympy.Expr) -> S:
    """Return a solution by a homotopy series, with a warning where it has not converged."""
    if not solution.converged:
        warnings.warn(
            f"the homotopy series of order {order} at c0 = {c0} has not converged: estimated "
            f"relative error of the frequency {float(solution.error_estimate):.1g}; try a smaller "
            "abs(c0) (see optimal_c0 and c0_curve), pade(), iterate(), a higher order, or "
            "harmonic_balance",
            DivergenceWarning,
            stacklevel=3,
        )
    return solution


def warned_balance(solution: S, count: int, tail: float) -> S:
    """Return a solution by harmonic balance, with a warning where it has not converged."""
    if not solution.converged:
        warnings.warn(
            f"harmonic balance with {count} harmonics has not converged: estimated relative error "
            f"of the frequency {float(solution.error_estimate):.1g}, last coefficients {tail:.1g}; "
            "ask for more harmonics, or for refine(digits), which chooses their number; forces "
            "with corners or jumps converge slowly whatever it is",
            DivergenceWarning,
            stacklevel=3,
        )
    return solution
