"""Periodic motions where the velocity matters, and limit cycles, by balance and by homotopy."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from symnum.homotopy.arguments import read_amplitude
from symnum.homotopy.convergence_control import partial_sum_weights
from symnum.homotopy.equation_reading import MotionEquation
from symnum.homotopy.errors import SpuriousSolutionError
from symnum.homotopy.periodic.balance import Balance, checked, polish, satisfying
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocated_solution import CollocatedSolution
from symnum.homotopy.periodic.collocation import Array, Basis, CosineBasis
from symnum.homotopy.periodic.dynamics import (
    MotionDynamics,
    acceleration_function,
    is_reversible,
    is_symmetric,
)
from symnum.homotopy.periodic.homotopy_run import HomotopyRun
from symnum.homotopy.periodic.limit_cycles import FoundCycle, circles, find_cycle
from symnum.homotopy.periodic.motion_deformation import deform_motion
from symnum.homotopy.periodic.oscillator import refuse_velocity
from symnum.homotopy.periodic.sharpening import sharpened
from symnum.homotopy.periodic.trajectory import follow
from symnum.homotopy.periodic.trigonometric_basis import TrigonometricBasis

__all__ = ["balance_motion", "solve_motion"]

CLOSED = 1e-2  # the relative difference between start and end of a lap that leaves hope
GROWTH = [sympy.Rational(k, 20) for k in (1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20)]
LOPSIDED = 0.05  # the difference of the turning points of a symmetric motion, per amplitude
FIRST_SIZE = 32
LARGEST_SIZE = 128


def balance_motion(equation: MotionEquation, amplitude: Any, count: int) -> CollocatedSolution:
    """Solve ``F(u, u', u'') = 0`` by harmonic balance.

    Parameters
    ----------
    equation : MotionEquation
    amplitude : number, str or None
        None for a limit cycle.
    count : int
        The harmonics to be retained.

    Returns
    -------
    CollocatedSolution
    """
    found, start = _motion_in_time(equation, amplitude)
    dynamics = MotionDynamics(equation)
    equations = _equations(equation, dynamics, found, count, free=start is None)
    coefficients = satisfying(equations, _coefficients(found, equations.basis), start)
    frequency = found.lap.frequency
    balance = polish(equations, coefficients, frequency**2)
    if start is None:
        balance = _settled_cycle(equation, found, balance)
    else:
        balance = checked(balance, frequency, start)
    balance = sharpened(balance, start)
    shown = sympy.Float(equations.start(balance.coefficients))
    solution = CollocatedSolution(
        equation, shown if start is None else read_amplitude(amplitude), balance
    )
    if balance.settled and solution.is_damped and _has_decayed(solution):
        refuse_velocity(equation)
    return solution


def _settled_cycle(equation: MotionEquation, found: FoundCycle, balance: Balance) -> Balance:
    """Return the limit cycle of the equations, by continuation where the direct way failed.

    With few harmonics the equations need not have a solution near the true cycle; the one that
    grows out of a circle, as the odd part of the forces grows from little, is what they have.
    """
    truth = (found.lap.frequency, found.lap.end)
    try:
        if balance.settled:
            return checked(balance, *truth, free=True)
    except SpuriousSolutionError:
        pass
    basis, start = balance.equations.basis, np.zeros(len(balance.coefficients))
    start[basis.first] = found.radius
    squared = float(circles(equation, np.array([found.radius]))[1][0])
    for factor in GROWTH:
        if not squared > 0:
            break
        grown = CollocatedEquations(MotionDynamics(_with_odd_part(equation, factor)), basis, True)
        balance = polish(grown, start, squared)
        start, squared = balance.coefficients, balance.squared
        if not balance.settled:
            break
    return checked(balance, *truth)


def _with_odd_part(equation: MotionEquation, factor: sympy.Rational) -> MotionEquation:
    """Return the equation with the part that is odd in the velocity times a factor."""
    mirrored = equation.left.xreplace({equation.velocity: -equation.velocity})
    even, odd = (sympy.expand(equation.left + sign * mirrored) / 2 for sign in (1, -1))
    return equation if factor == 1 else replace(equation, left=even + factor * odd)


def solve_motion(
    equation: MotionEquation, amplitude: Any, order: int, c0: sympy.Expr
) -> CollocatedSolution:
    """Solve ``F(u, u', u'') = 0`` by homotopy analysis.

    Parameters
    ----------
    equation : MotionEquation
    amplitude : number, str or None
        None for a limit cycle.
    order : int
    c0 : Expr

    Returns
    -------
    CollocatedSolution
    """
    found, start = _motion_in_time(equation, amplitude)
    weights = partial_sum_weights(float(c0), order)
    size = FIRST_SIZE
    dynamics = MotionDynamics(equation)
    while True:
        equations = _equations(equation, dynamics, found, size, free=start is None)
        motion = _two_harmonics(found, equations.basis, start)
        terms = deform_motion(dynamics, equations, motion, found.lap.frequency**2, order)
        values = weights @ np.array(terms.motions)
        squared = float(weights @ np.array(terms.squared_frequencies))
        damping = float(weights @ np.array(terms.dampings)) if terms.dampings else 0.0
        balance = Balance(equations, values, squared, 0, True, damping)
        first = terms.motions[0]
        bias = 0.0 if equations.basis.odd else float(first[0])
        swing = float(first[equations.basis.first])
        run = HomotopyRun(terms, Fraction(bias), Fraction(swing), c0, False)
        shown = sympy.Float(equations.start(values)) if start is None else read_amplitude(amplitude)
        solution = CollocatedSolution(equation, shown, balance, None, run)
        if solution.tail <= 4e-16 * abs(solution.starting_position) or size >= LARGEST_SIZE:
            break
        size *= 2
    settled = all(abs(d) <= 0.1 * abs(damping) for d in terms.dampings[-2:])
    if solution.is_damped and settled and _has_decayed(solution):
        refuse_velocity(equation)
    return solution


def _has_decayed(solution: CollocatedSolution) -> bool:
    return solution.tail <= 1e-10 * abs(solution.starting_position)


def _motion_in_time(equation: MotionEquation, amplitude: Any) -> tuple[FoundCycle, float | None]:
    """Return a lap on the periodic motion, and its start where that was given."""
    for symbol in equation.parameters:
        raise ValueError(f"equation: the parameter {symbol} has no value")
    if amplitude is None:
        return find_cycle(equation), None
    swing = read_amplitude(amplitude)
    if swing.is_Symbol:
        raise ValueError(f"amplitude: a number is needed here, got the symbol {swing}")
    start = float(swing)
    lap = follow(acceleration_function(equation), start)
    if abs(lap.end - start) > CLOSED * abs(start):
        refuse_velocity(equation)
    return FoundCycle(lap, False, start), start


def _equations(
    equation: MotionEquation,
    dynamics: MotionDynamics,
    found: FoundCycle,
    count: int,
    *,
    free: bool,
) -> CollocatedEquations:
    # A symmetric equation has motions about one of two mirrored equilibria as well.
    lap = found.lap
    odd = abs(lap.opposite + lap.end) < LOPSIDED * abs(lap.end) and is_symmetric(equation)
    if not odd and count < 2:
        raise ValueError(
            "harmonics: an asymmetric force needs at least 2, the bias and the first, got 1"
        )
    retraced = not free and is_reversible(equation)
    basis: Basis = CosineBasis(odd, count) if retraced else TrigonometricBasis(odd, count)
    return CollocatedEquations(dynamics, basis, free)


def _coefficients(found: FoundCycle, basis: Basis) -> Array:
    """Return the Fourier coefficients of a lap."""
    fine = TrigonometricBasis(False, 2 * int(max(basis.harmonics)) + 9)
    spectrum = fine.coefficients_matrix() @ found.positions(fine.phases())
    places = basis.harmonics.astype(int)
    places[basis.cosines :] += fine.size - 1
    return np.asarray(spectrum[places])


def _two_harmonics(found: FoundCycle, basis: Basis, start: float | None) -> Array:
    """Return ``b + a cos(tau)`` with the turning points of the lap, or its first harmonic."""
    motion = np.zeros(basis.length)
    high, low = found.lap.start, found.lap.opposite
    if not basis.odd:
        motion[0] = (high + low) / 2
    motion[basis.first] = (high if start is None else start) - motion[0] * (not basis.odd)
    return motion
