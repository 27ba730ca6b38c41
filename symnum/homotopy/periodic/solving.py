"""Periodic solutions of equations of second order: the homotopy series and its numeric partner.

Conservative oscillators are solved here, those in which the velocity matters in `motion_solving`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import sympy

from symnum.homotopy.arguments import is_exact, read_amplitude, read_c0, read_count, read_order
from symnum.homotopy.convergence_control import partial_sum_weights
from symnum.homotopy.periodic.balance import Balance, solve_balance
from symnum.homotopy.periodic.collocated_equations import CollocatedEquations
from symnum.homotopy.periodic.collocated_solution import CollocatedSolution
from symnum.homotopy.periodic.collocation import CosineBasis, Force
from symnum.homotopy.periodic.deformation import GridMotions, check_analytic, deform
from symnum.homotopy.periodic.graded import deform_graded
from symnum.homotopy.periodic.graded_solution import GradedSolution
from symnum.homotopy.periodic.homotopy_run import HomotopyRun
from symnum.homotopy.periodic.motion_solving import balance_motion, solve_motion
from symnum.homotopy.periodic.orbit import Orbit, find_orbit
from symnum.homotopy.periodic.oscillator import Oscillator, conservative, read_autonomous
from symnum.homotopy.periodic.periodic_solution import PeriodicSolution
from symnum.homotopy.periodic.sharpening import sharpened
from symnum.homotopy.warned import warned_balance, warned_series

__all__ = ["harmonic_balance", "solve_periodic"]

FIRST_SIZE = 32
LARGEST_SIZE = 256
SHORT_DENOMINATOR = 64  # of the bias in the start: it need not be exact, and exact work is cheaper


def solve_periodic(
    equation: Any, u: Any, t: Any, *, amplitude: Any, order: int = 20, c0: Any = -1
) -> PeriodicSolution:
    """Solve an oscillator by homotopy analysis.

    ``u'' + f(u) = 0`` with ``u(0) = A``, ``u'(0) = 0`` is deformed from ``u_0 = b + a cos(tau)``:
    ``(1 - q) L[phi - u_0] = c0 q (W phi'' + f(phi))``. The bias b is 0 for odd forces, otherwise
    about the middle between the turning points. With a number as amplitude ``L[v] = W_0 (v'' +
    v)``; with a symbol the operator does not depend on it, and all results are exact polynomials.

    A general equation ``F(u, u', u'') = 0`` is deformed alike; where motions do not retrace their
    path there are sines, and where the equation has a limit cycle its amplitude is an unknown.

    Parameters
    ----------
    equation : str, Eq or Expr
        Text writes derivatives as primes; u'' stands linearly, or can be solved for.
    u : Function, applied function, Symbol or str
    t : Symbol or str
    amplitude : number, Symbol, str or None
        The initial position A, where the motion is at rest. A symbol stays symbolic, for
        conservative oscillators. None asks for a limit cycle.
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
    SecularTermError
        Something takes or feeds energy at this amplitude, or at every one.
    HomotopyError
        A forcing; a limit cycle of which an amplitude was given, or none where there is no cycle.

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
    order, parameter = read_order(order), read_c0(c0)
    read = read_autonomous(equation, u, t)
    if amplitude is None or (not read.is_conservative() and not _is_symbol(amplitude)):
        return warned_series(solve_motion(read, amplitude, order, parameter), order, parameter)
    swing = read_amplitude(amplitude)
    oscillator = conservative(read)
    _check_parameters(oscillator, swing)
    if swing.is_Symbol:
        graded = GradedSolution(oscillator, swing, deform_graded(oscillator, order), parameter)
        return warned_series(graded, order, parameter)
    check_analytic(oscillator)
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
        terms = deform(oscillator, GridMotions.between(basis, float(bias), float(start)), order)
        values = weights @ np.array(terms.motions)
        tail = np.max(np.abs(values[-size // 8 :]))
        if tail <= 4 * np.finfo(float).eps * abs(float(swing)) or size >= LARGEST_SIZE:
            break
        size *= 2
    squared = float(weights @ np.array(terms.squared_frequencies))
    balance = Balance(CollocatedEquations(force, basis), values, squared, 0, True)
    run = HomotopyRun(terms, bias, start - bias, parameter, exact)
    solution = CollocatedSolution(oscillator, swing, balance, orbit, run)
    return warned_series(solution, order, parameter)


def harmonic_balance(
    equation: Any, u: Any, t: Any, *, amplitude: Any, harmonics: int
) -> PeriodicSolution:
    """Solve an oscillator by harmonic balance with Newton's method.

    The equation ``F(u, u', u'') = 0`` is collocated at as many phases as there are coefficients.
    Motions that retrace their path need cosines only; others have sines as well, and the phase
    ``u'(0) = 0``.

    Parameters
    ----------
    equation : str, Eq or Expr
        Text writes derivatives as primes. Corners and jumps (Abs, sign) are admitted, roots of odd
        degree are the real ones.
    u : Function, applied function, Symbol or str
    t : Symbol or str
    amplitude : number, str or None
        The initial position A, where the motion is at rest. None asks for a limit cycle, whose
        amplitude is an unknown: the attracting one of the least amplitude, else a repelling one.
    harmonics : int
        How many harmonics are retained: odd ones where -u solves the equation with u, otherwise
        0, 1, 2, ... The number is taken as given.

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
    SecularTermError, HomotopyError
        As for `solve_periodic`.

    Warns
    -----
    DivergenceWarning
        The harmonics are too few, or decay slowly.

    Examples
    --------
    >>> swing = harmonic_balance("u'' + sin(u)", "u", "t", amplitude=3.0, harmonics=32)
    >>> round(swing.frequency, 12)
    0.38891832469
    >>> van_der_pol = "u'' + u - (1 - u**2)*u'"
    >>> cycle = harmonic_balance(van_der_pol, "u", "t", amplitude=None, harmonics=40)
    >>> round(cycle.frequency, 12), round(float(cycle.amplitude), 12)
    (0.942955847442, 2.008619860875)
    """
    count = read_count(harmonics, "harmonics")
    read = read_autonomous(equation, u, t)
    if amplitude is None or not read.is_conservative():
        solution = balance_motion(read, amplitude, count)
        return warned_balance(solution, count, solution.tail)
    swing = read_amplitude(amplitude)
    if swing.is_Symbol:
        raise ValueError(f"amplitude: harmonic balance needs a number, got the symbol {swing}")
    oscillator = conservative(read)
    _check_parameters(oscillator, swing)
    force = Force(oscillator.force, oscillator.position)
    odd, orbit = _orbit(oscillator, force, float(swing))
    if not odd and count < 2:
        raise ValueError(
            "harmonics: an asymmetric force needs at least 2, the bias and the first, got 1"
        )
    balance = sharpened(solve_balance(force, CosineBasis(odd, count), orbit), float(swing))
    solution = CollocatedSolution(oscillator, swing, balance, orbit)
    return warned_balance(solution, count, solution.tail)


def _is_symbol(amplitude: Any) -> bool:
    return bool(read_amplitude(amplitude).is_Symbol)


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
    # Motions do not pass a pole at 0, and swing on one side of it.
    odd = odd and bool(np.isfinite(force(np.zeros(1))[0]))
    return odd, find_orbit(force, start, odd=odd)
