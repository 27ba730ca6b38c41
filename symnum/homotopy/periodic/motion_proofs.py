"""What can be proved of a solution with rounded coefficients: its start, and small residuals."""

from __future__ import annotations

import sympy

from symnum.derivation import Derivation
from symnum.expressions import Integers, Interval
from symnum.homotopy.periodic.dynamics import real_roots
from symnum.homotopy.periodic.periodic_solution import PeriodicSolution
from symnum.homotopy.presentation import TAU, left_side

__all__ = ["derive_balance", "state_balance"]

CHECKED_PHASES = 4
START_TOLERANCE = sympy.Rational(1, 10**12)  # relative to the amplitude


def derive_balance(solution: PeriodicSolution) -> Derivation:
    """Derive a solution with numbers from its equation, up to a residual.

    Parameters
    ----------
    solution : PeriodicSolution

    Returns
    -------
    Derivation
        Its result is the motion as a function of the phase.
    """
    n = sympy.Symbol("n")
    d = Derivation(
        "periodic_solution",
        title=f"A periodic solution of {solution.oscillator.equation.lhs} = 0",
        domain={TAU: Interval("-oo", "oo"), n: Integers(0, "oo")},
    )
    d.equal(
        sympy.Derivative(sympy.cos(n * TAU), (TAU, 2)) + sympy.cos(n * TAU),
        (1 - n**2) * sympy.cos(n * TAU),
        why="the linear operator multiplies each harmonic by a number, and cos(tau) by 0: that "
        "part of the right side must vanish",
    )
    return state_balance(d, solution)


def state_balance(d: Derivation, solution: PeriodicSolution) -> Derivation:
    """State the motion, its start and its residual at several phases.

    Parameters
    ----------
    d : Derivation
        With the phase in its domain.
    solution : PeriodicSolution
        With numbers.

    Returns
    -------
    Derivation
        The same, its result the motion.
    """
    cosines, sines = (
        {n: _exact(value) for n, value in coefficients.items()}
        for coefficients in (solution.coefficients, solution.sine_coefficients)
    )
    waves = [value * sympy.cos(n * TAU) for n, value in cosines.items()]
    waves += [value * sympy.sin(n * TAU) for n, value in sines.items()]
    motion = sympy.Add(*waves)
    size = _exact(abs(float(solution.amplitude)))
    d.define("motion", motion, why="the coefficients, taken for the fractions they are")
    d.approximate(
        sympy.Add(*cosines.values()),
        solution.amplitude,
        bound=size * START_TOLERANCE,
        why="the motion starts at the amplitude",
    )
    frequency = _exact(solution.frequency)
    if sines:
        speed = sympy.Add(*(n * value for n, value in sines.items()))
        d.approximate(
            frequency * speed,
            sympy.S.Zero,
            bound=size * START_TOLERANCE,
            why="and at rest",
        )
    problem = solution.oscillator
    left = real_roots(left_side(problem, problem.position, sympy.Symbol("v"), sympy.Symbol("a")))
    left = left.xreplace(
        {
            problem.position: motion,
            sympy.Symbol("v"): frequency * sympy.diff(motion, TAU),
            sympy.Symbol("a"): frequency**2 * sympy.diff(motion, TAU, 2),
        }
    )
    phases = [sympy.Rational(k, 5) * sympy.pi for k in range(1, CHECKED_PHASES + 1)]
    bound = 2 * _exact(solution.largest_force_error) + size * START_TOLERANCE
    d.approximate(
        [left.xreplace({TAU: phase}) for phase in phases],
        [sympy.S.Zero] * CHECKED_PHASES,
        bound=bound,
        why="the equation of motion holds at these phases up to its largest residual",
    )
    d.result("motion", [TAU])
    return d


def _exact(value: object) -> sympy.Rational:
    """Return a float or a number of mpmath as the fraction it is."""
    return sympy.Rational(sympy.sympify(value))
