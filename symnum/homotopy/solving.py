"""Periodic solutions of ``u'' + f(u) = 0``: the homotopy series and its numeric partner."""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from symnum.homotopy.arguments import is_exact, read_amplitude, read_c0, read_count, read_order
from symnum.homotopy.balance import solve_balance
from symnum.homotopy.collocated_equations import CollocatedEquations
from symnum.homotopy.collocated_solution import CollocatedSolution, HomotopyRun
from symnum.homotopy.collocation import CosineBasis, Force
from symnum.homotopy.convergence_control import partial_sum_weights
from symnum.homotopy.deformation import GridMotions, deform
from symnum.homotopy.errors import DivergenceWarning
from symnum.homotopy.graded import deform_graded
from symnum.homotopy.graded_solution import GradedSolution
from symnum.homotopy.orbit import Orbit, find_orbit
from symnum.homotopy.oscillator import Oscillator, read_oscillator
from symnum.homotopy.periodic_solution import PeriodicSolution

__all__ = ["harmonic_balance", "solve_periodic"]

FIRST_SIZE = 32
LARGEST_SIZE = 256
SHORT_DENOMINATOR = 64  # of the bias in the start: it need not be exact, and exact work is cheaper


def solve_periodic(
    equation: Any, u: Any, t: Any, *, amplitude: Any, order: int = 20, c0: Any = -1
) -> PeriodicSolution:
    """Solve a conservative oscillator by homotopy analysis.

    ``u'' + f(u) = 0`` with ``u(0) = A``, ``u'(0) = 0`` is deformed from ``u_0 = b + a cos(tau)``:
    ``(1 - q) L[phi - u_0] = c0 q (W phi'' + f(phi))``. The bias b is 0 for odd forces, otherwise
    about the middle between the turning points. With a number as amplitude ``L[v] = W_0 (v'' +
    v)``; with a symbol the operator does not depend on it, and all results are exact polynomials.

    Parameters
    ----------
    equation : str, Eq or Expr
        Text writes derivatives as primes.
    u : Function, applied function, Symbol or str
    t : Symbol or str
    amplitude : number, Symbol or str
        The initial position A. A symbol stays symbolic.
    order : int
        M: the solution holds u_0..u_M and W_0..W_M.
    c0 : number
        The convergence-control parameter.

    Returns
    -------
    PeriodicSolution

    Raises
    ------
    NoOscillationError
        There is no periodic motion of this amplitude.
    NonAnalyticError
        A function of the force has no power series; `harmonic_balance` needs none.
    HomotopyError
        Damping, forcing, or anything else that is no force f(u).

    Warns
    -----
    DivergenceWarning
        The sum of the series cannot be trusted.

    Examples
    --------
    >>> swing = solve_periodic("u'' + sin(u)", "u", "t", amplitude="pi/2")
    >>> round(swing.frequency, 12)
    0.847213084794
    """
    order, swing, parameter = read_order(order), read_amplitude(amplitude), read_c0(c0)
    oscillator = read_oscillator(equation, u, t)
    _check_parameters(oscillator, swing)
    if swing.is_Symbol:
        terms = deform_graded(oscillator, order)
        return _warned(GradedSolution(oscillator, swing, terms, parameter), order, parameter)
    force = Force(oscillator.force, oscillator.position)
    odd, orbit = _orbit(oscillator, force, float(swing))
    exact = is_exact(amplitude) and bool(swing.is_Rational)
    start = Fraction(int(swing.p), int(swing.q)) if swing.is_Rational else Fraction(float(swing))
    bias = Fraction(0)
    if not odd:
        middle = (orbit.start + orbit.end) / 2
        bias = Fraction(middle / orbit.start).limit_denominator(SHORT_DENOMINATOR) * start
    weights = partial_sum_weights(float(parameter), order)
    size = FIRST_SIZE
    while True:
        basis = CosineBasis(odd, size)
        space = GridMotions(basis, float(bias), float(start - bias))
        run_terms = deform(oscillator, space, order)
        values = weights @ np.array(run_terms.motions)
        tail = np.max(np.abs(values[-size // 8 :]))
        if tail <= 4 * np.finfo(float).eps * abs(float(swing)) or size >= LARGEST_SIZE:
            break
        size *= 2
    solution = CollocatedSolution(
        oscillator,
        swing,
        CollocatedEquations(force, basis),
        values,
        float(weights @ np.array(run_terms.squared_frequencies)),
        orbit,
        HomotopyRun(run_terms, bias, start - bias, parameter, exact),
    )
    return _warned(solution, order, parameter)


def harmonic_balance(
    equation: Any, u: Any, t: Any, *, amplitude: Any, harmonics: int
) -> PeriodicSolution:
    """Solve a conservative oscillator by harmonic balance with Newton's method.

    Parameters
    ----------
    equation : str, Eq or Expr
        Text writes derivatives as primes. Corners and jumps (Abs, sign) are admitted, roots of odd
        degree are the real ones.
    u : Function, applied function, Symbol or str
    t : Symbol or str
    amplitude : number or str
        The initial position A.
    harmonics : int
        How many cosines are retained: odd ones where the force is odd, otherwise 0, 1, 2, ...

    Returns
    -------
    PeriodicSolution
        With `converged` False where so many harmonics are too few.

    Raises
    ------
    NoOscillationError
        There is no periodic motion of this amplitude.
    SpuriousSolutionError
        Newton's method ended in a solution that is no oscillation.

    Examples
    --------
    >>> swing = harmonic_balance("u'' + sin(u)", "u", "t", amplitude=3.0, harmonics=32)
    >>> round(swing.frequency, 12)
    0.38891832469
    """
    swing, count = read_amplitude(amplitude), read_count(harmonics, "harmonics")
    if swing.is_Symbol:
        raise ValueError(f"amplitude: harmonic balance needs a number, got the symbol {swing}")
    oscillator = read_oscillator(equation, u, t)
    _check_parameters(oscillator, swing)
    force = Force(oscillator.force, oscillator.position)
    odd, orbit = _orbit(oscillator, force, float(swing))
    if not odd and count < 2:
        raise ValueError(
            "harmonics: an asymmetric force needs at least 2, the bias and the first, got 1"
        )
    balance = solve_balance(force, CosineBasis(odd, count), orbit)
    return CollocatedSolution(
        oscillator,
        swing,
        balance.equations,
        balance.coefficients,
        balance.squared,
        orbit,
        settled=balance.settled,
    )


def _check_parameters(oscillator: Oscillator, amplitude: sympy.Expr) -> None:
    for symbol in oscillator.parameters:
        if symbol == amplitude:
            raise ValueError(f"amplitude: the symbol {symbol} occurs in the equation as well")
        raise ValueError(f"equation: the parameter {symbol} has no value")
    if amplitude.is_Symbol and oscillator.has_floats():
        number = min(oscillator.force.atoms(sympy.Float))
        raise ValueError(
            f"equation: a symbolic amplitude needs exact numbers, got {number}; write it as a "
            "Rational, or the equation as text"
        )


def _orbit(oscillator: Oscillator, force: Force, start: float) -> tuple[bool, Orbit]:
    """Return whether the force is odd, and the periodic orbit."""
    odd = oscillator.is_odd()
    if not odd:
        # Real roots and other forms that SymPy does not simplify are told by their values.
        points = abs(start) * np.linspace(0.05, 0.95, 19)
        right, left = force(points), force(-points)
        odd = bool(np.all(np.abs(right + left) <= 1e-14 * np.max(np.abs(right))))
    return odd, find_orbit(force, start, odd=odd)


def _warned(solution: PeriodicSolution, order: int, c0: sympy.Expr) -> PeriodicSolution:
    if not solution.converged:
        warnings.warn(
            f"the homotopy series of order {order} at c0 = {c0} has not converged: estimated "
            f"relative error of the frequency {float(solution.error_estimate):.1g}; try a smaller "
            "abs(c0) (see optimal_c0 and c0_curve), pade(), a higher order, or harmonic_balance",
            DivergenceWarning,
            stacklevel=3,
        )
    return solution
