r"""Harmonic balance by Newton's method: the numeric partner of the homotopy series.

It needs no power series, so corners and jumps of the force are admitted; what it finds is
checked against the period of the motion itself, because the collocated equations have solutions
that are no oscillations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np

from symnum.homotopy.errors import SpuriousSolutionError
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocation import Array, CosineBasis, Force
from symnum.homotopy.periodic.orbit import Orbit

__all__ = ["Balance", "checked", "polish", "satisfying", "solve_balance"]

MOST_STEPS = 100
ROUNDING = float(np.finfo(float).eps)
SPURIOUS = 1e-2  # of the true frequency
FAR = 2.0  # the ratio to the true frequency and amplitude that a limit cycle keeps below
TINY = 1e-6
ASTRAY = 0.05


@final
@dataclass(frozen=True, slots=True)
class Balance:
    """A solution of the collocated equations.

    Attributes
    ----------
    equations : CollocatedEquations
    coefficients : ndarray
        Of the elements of the basis.
    squared : float
        W.
    steps : int
        Newton steps taken.
    settled : bool
        The steps had shrunk to rounding error.
    damping : float
        The damping that the motion would need, where that is an unknown.
    """

    equations: CollocatedEquations
    coefficients: Array
    squared: float
    steps: int
    settled: bool
    damping: float = 0.0


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
    if not balance.settled or abs(balance.squared / orbit.coarse**2 - 1) > ASTRAY:
        # One cosine was too far away: start from the motion itself, roughly.
        values = equations.coefficients(orbit.positions(basis.phases))
        start = satisfying(equations, values, orbit.start)
        again = polish(equations, start, orbit.coarse**2)
        closer = abs(again.squared / orbit.coarse**2 - 1) < abs(
            balance.squared / orbit.coarse**2 - 1
        )
        balance = again if closer or again.settled > balance.settled else balance
    return checked(balance, orbit.coarse, orbit.start)


def checked(balance: Balance, frequency: float, position: float, *, free: bool = False) -> Balance:
    """Return the balance unless it is no oscillation, or not the one that is meant.

    Parameters
    ----------
    balance : Balance
    frequency, position : float
        The true frequency and u(0), roughly.
    free : bool
        Compare both with what was found: they are unknowns.

    Raises
    ------
    SpuriousSolutionError
        The harmonics settled on a solution with w ~ 0, or on the equilibrium.
    """
    found = float(np.sqrt(max(balance.squared, 0.0)))
    wrong = False
    if free:
        ratios = (found / frequency, balance.equations.start(balance.coefficients) / position)
        wrong = not all(1 / FAR < ratio < FAR for ratio in ratios)
    size = float(np.max(np.abs(balance.coefficients)))
    if wrong or not found >= SPURIOUS * frequency or not size > TINY * abs(position):
        raise SpuriousSolutionError(
            f"the harmonics settled on a spurious solution of frequency w = {found:.3g}, which is "
            f"no oscillation (the periodic solution has about {frequency:.6g}): ask for more "
            "harmonics"
        )
    return balance


def _first_guess(equations: CollocatedEquations, start: Array) -> float:
    """Return W_0: with it the first cosine of the start is balanced, whatever the others do."""
    residuals, _ = equations.bordered(start, 0.0)
    first = equations.basis.first
    return float(residuals[first] / start[first])


def satisfying(equations: CollocatedEquations, coefficients: Array, start: float | None) -> Array:
    """Return the coefficients with the first harmonic changed so that the constraints hold."""
    basis = equations.basis
    result = coefficients.copy()
    if start is not None:
        result[basis.first] += start - result[: basis.cosines].sum()
    if equations.has_sines:
        sine = basis.cosines if basis.length > basis.cosines else 0
        speeds = (basis.harmonics * result)[basis.cosines :]
        result[sine] -= speeds.sum() / basis.harmonics[sine]
    return result


def polish(equations: CollocatedEquations, start: Array, squared: float) -> Balance:
    """Take Newton steps until they stop shrinking.

    Parameters
    ----------
    equations : CollocatedEquations
    start : ndarray
        Coefficients that fulfil the constraints, which linear steps preserve.
    squared : float
        W.

    Returns
    -------
    Balance
    """
    coefficients, previous, damping = start.copy(), np.inf, 0.0
    length, settled, count = equations.basis.length, False, 0
    while count < MOST_STEPS and not settled:
        count += 1
        residuals, jacobian = equations.bordered(coefficients, squared, damping)
        try:
            step = np.linalg.solve(jacobian, -residuals)
        except np.linalg.LinAlgError:
            break
        if not np.all(np.isfinite(step)):
            break
        change = float(step[length])
        # W must stay positive: a longer step would leave the oscillations altogether.
        shortened = min(1.0, 0.5 * squared / max(-change, 1e-300)) if change < 0 else 1.0
        coefficients = coefficients + shortened * step[:length]
        squared = float(squared + shortened * change)
        if equations.has_damping:
            damping += shortened * float(step[-1])
        largest = float(np.max(np.abs(coefficients)))
        if not largest > TINY * float(np.max(np.abs(start))):
            break  # a limit cycle has shrunk to the equilibrium
        size = float(np.max(np.abs(step[:length]))) / largest
        size = max(size, abs(change) / squared)
        # Near a separatrix rounding keeps the steps above any fixed bound: they stop shrinking.
        if size < 4 * ROUNDING or (size < 1e-9 and size > 0.5 * previous):
            settled = True
        previous = size
    return Balance(equations, coefficients, squared, count, settled, damping)
