r"""Harmonic balance by Newton's method: the numeric partner of the homotopy series.

It needs no power series, so corners and jumps of the force are admitted; what it finds is
checked against the period integral, because the collocated equations have solutions that are no
oscillations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from symnum.homotopy.collocated_equations import CollocatedEquations
from symnum.homotopy.collocation import Array, CosineBasis, Force
from symnum.homotopy.errors import SpuriousSolutionError
from symnum.homotopy.orbit import Orbit

__all__ = ["Balance", "solve_balance"]

MOST_STEPS = 100
ROUNDING = float(np.finfo(float).eps)


@final
@dataclass(frozen=True, slots=True)
class Balance:
    """A solution of the collocated equations.

    Attributes
    ----------
    equations : CollocatedEquations
    coefficients : ndarray
        Of the cosines of the basis.
    squared : float
        W.
    steps : int
        Newton steps taken.
    settled : bool
        The steps had shrunk to rounding error.
    """

    equations: CollocatedEquations
    coefficients: Array
    squared: float
    steps: int
    settled: bool


def solve_balance(force: Force, basis: CosineBasis, orbit: Orbit) -> Balance:
    """Solve the collocated equations by Newton's method from one cosine.

    Parameters
    ----------
    force : Force
    basis : CosineBasis
    orbit : Orbit
        Gives the start, b + a cos(tau) between the turning points, and the check at the end.

    Returns
    -------
    Balance

    Raises
    ------
    SpuriousSolutionError
        The frequency found is not that of the orbit.
    """
    equations = CollocatedEquations(force, basis)
    start = np.zeros(basis.size)
    start[0] = (orbit.start + orbit.end) / 2
    start[basis.first] = (orbit.start - orbit.end) / 2
    balance = polish(equations, start, _first_guess(equations, start))
    frequency = float(np.sqrt(max(balance.squared, 0.0)))
    if balance.settled and frequency < 1e-3 * orbit.frequency:
        raise SpuriousSolutionError(
            f"the harmonics settled on the frequency {frequency:.3g}, which is no oscillation "
            f"(the period integral gives {orbit.frequency:.6g}): ask for more harmonics"
        )
    return balance


def _first_guess(equations: CollocatedEquations, start: Array) -> float:
    """Return W_0: with it the first cosine of the start is balanced, whatever the others do."""
    residuals, _ = equations.bordered(start, 0.0)
    first = equations.basis.first
    return float(residuals[first] / start[first])


def polish(equations: CollocatedEquations, start: Array, squared: float) -> Balance:
    """Take Newton steps until they stop shrinking."""
    coefficients, previous = start.copy(), np.inf
    settled = False
    count = 0
    while count < MOST_STEPS and not settled:
        count += 1
        residuals, jacobian = equations.bordered(coefficients, squared)
        try:
            step = np.linalg.solve(jacobian, -residuals)
        except np.linalg.LinAlgError:
            break
        if not np.all(np.isfinite(step)):
            break
        # W must stay positive: a longer step would leave the oscillations altogether.
        length = min(1.0, 0.5 * squared / max(-step[-1], 1e-300)) if step[-1] < 0 else 1.0
        coefficients = coefficients + length * step[:-1]
        squared = float(squared + length * step[-1])
        size = float(np.max(np.abs(step[:-1])) / np.max(np.abs(coefficients)))
        size = max(size, abs(float(step[-1])) / squared)
        # Near a separatrix rounding keeps the steps above any fixed bound: they stop shrinking.
        if size < 4 * ROUNDING or (size < 1e-9 and size > 0.5 * previous):
            settled = True
        previous = size
    return Balance(equations, coefficients, squared, count, settled)
