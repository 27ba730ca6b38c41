"""The straightforward expansion, at a fixed frequency: the one that secular terms spoil."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import sympy

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.fields import field_with
from symnum.algebra.jets import JetProgram
from symnum.algebra.secular import Secular, SecularAlgebra
from symnum.homotopy.equation_reading import MotionEquation
from symnum.homotopy.errors import NonAnalyticError
from symnum.homotopy.series.limit_cycle_series import Disturbance, ring_with_frequency
from symnum.homotopy.series.poincare_lindstedt import read_perturbation

__all__ = ["StraightforwardExpansion", "straightforward_expansion"]


@final
@dataclass(frozen=True, eq=False)
class StraightforwardExpansion:
    """A motion as a power series in a small parameter at fixed time.

    Attributes
    ----------
    oscillator : MotionEquation
        The equation.
    variable : Symbol
        The small parameter.
    solution : list of Expr
        The terms, functions of the time.
    """

    oscillator: MotionEquation
    variable: sympy.Symbol
    solution: list[sympy.Expr]

    @property
    def secular_terms(self) -> list[sympy.Expr]:
        """Of each term of the solution the part that grows with time without bound."""
        time = self.oscillator.time
        return [
            sympy.Add(
                *(
                    part
                    for part in sympy.Add.make_args(term)
                    if part.as_independent(sympy.sin, sympy.cos)[0].has(time)
                )
            )
            for term in self.solution
        ]

    @property
    def expr(self) -> sympy.Expr:
        """The truncated motion u(t)."""
        return sympy.Add(*(term * self.variable**m for m, term in enumerate(self.solution)))


def straightforward_expansion(
    equation: Any, u: Any, t: Any, eps: Any, order: int, *, amplitude: Any = 1
) -> StraightforwardExpansion:
    """Expand a motion in powers of a small parameter, at the frequency of the undisturbed one.

    Each term solves ``u_m'' + w0**2 u_m = -g_m``, and where g_m is in resonance it grows with time:
    the expansion is right for fixed t and eps -> 0, and wrong where ``eps t`` is not small.
    `lindstedt` is the expansion without these terms.

    Parameters
    ----------
    equation, u, t, eps, order
        As for `lindstedt`; a damping is admitted, since no periodicity is asked for.
    amplitude : exact number, Symbol or str
        The initial position u(0); the initial velocity is 0.

    Returns
    -------
    StraightforwardExpansion

    Examples
    --------
    >>> naive = straightforward_expansion("u'' + u + eps*u**3", "u", "t", "eps", 1, amplitude="a")
    >>> naive.secular_terms
    [0, -3*a**3*t*sin(t)/8]
    """
    oscillator, problem, initial, order = read_perturbation(equation, u, t, eps, order, amplitude)
    field = field_with(problem.parameters | initial.free_symbols)
    ring, pace = ring_with_frequency(field, problem.squared)
    motion = [Secular((SecularAlgebra(ring).harmonics.cosine.times(ring.scalar(initial)),))]
    try:
        for m in range(1, order + 1):
            motion.append(_next_term(problem, ring, pace, motion, m))
    except NoJetError as error:
        raise NonAnalyticError(
            f"the disturbance {problem.expr} is no series in {problem.small} with coefficients "
            f"that are polynomials in {problem.position}: {error.function}: {error.reason}"
        ) from error
    phase = sympy.sqrt(problem.squared) * oscillator.time
    return StraightforwardExpansion(
        oscillator, problem.small, [term.expression(phase) for term in motion]
    )


def _next_term(
    problem: Disturbance, ring: Any, pace: Any, motion: list[Secular], m: int
) -> Secular:
    """Return the response to the coefficient m of the disturbance."""
    algebra = SecularAlgebra(ring)
    program: JetProgram[Secular] = JetProgram(algebra)
    rates = [term.derivative() for term in motion]
    program.declare(problem.small, [algebra.zero, algebra.constant(sympy.S.One)])
    # What the newest term would add to this order vanishes with the small parameter.
    program.declare(problem.position, motion)
    program.declare(
        problem.velocity, rates if pace is None else [rate.times(pace) for rate in rates]
    )
    side = program.compile(problem.expr / problem.squared).coefficient(m)
    return (algebra.zero - side).response(algebra.harmonics.cosine)
