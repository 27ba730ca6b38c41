"""Newton's method for one complex unknown, as programs of real numbers for batches of lanes.

The step is p/q, Newton's step without what cancels (`lane_complex_map`), split into real and
imaginary part. It stops where the next step is predicted to be below rounding, from the quadratic
law of the last two steps, and where steps no longer shrink. Whether that is a root is decided once
for each lane afterwards: p vanishes within its rounding errors or the steps are small where the
tangent can be trusted, and p'/q > 0, which tells roots from poles.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sympy as sp
from numpy.typing import NDArray
from sympy import Rational

from symnum.compiler.lowering import lower
from symnum.compiler.program import Program, ProgramBuilder
from symnum.compiler.terms import Term, call, choose, constant
from symnum.rootfinding.lanes.complex_map import STEPS, newton_quotient, refuse_not_analytic
from symnum.rootfinding.lanes.complex_terms import (
    Point,
    complex_program,
    largest_size,
    quick_quotient,
    quotient,
    square,
)
from symnum.rootfinding.lanes.complex_verdict import CODES, SIMPLE, verdict_program
from symnum.rootfinding.lanes.problem import LaneProblem
from symnum.rootfinding.lanes.systems_noise import noisy_values, prepared

__all__ = ["lane_problem"]

#: |step|**2 above it is a flight, not a step.
FARTHEST = 10**200
#: Square of a rounding unit, with some room.
ROUNDING = Rational(16, 2**106)
#: The square of an eighth of a unit, where the step after the next one is predicted to be.
QUADRATIC = Rational(1, 2**110)
#: |step|**2 above it is a flight where its sixth power must be a number.
FAR = 10**90
#: Steps below this part of z, squared, that do not shrink are noise.
NOISE = Rational(1, 2**60)
#: Up to this degree polynomials with simple roots need no eye on rounding errors at every step.
WELL_CONDITIONED = 8
#: Steps below this part of max(1, |z|), squared, may be multiplied by a multiplicity.
NEARBY = Rational(1, 2**20)
HIGHEST_MULTIPLICITY = 16


def lane_problem(
    equations: Sequence[sp.Expr],
    unknowns: Sequence[sp.Symbol],
    params: Sequence[sp.Symbol],
    *,
    method: str,
    gradient: bool,
    complex_params: bool = False,
    simple_roots: bool = True,
) -> LaneProblem:
    """Return the iteration for one analytic equation in one complex unknown.

    Parameters
    ----------
    equations : sequence of Expr
        The equation f = 0.
    unknowns, params : sequence of Symbol
        The unknown, and what has a value of its own in every lane.
    method : str
        ``"auto"``, which is Newton's, ``"newton"``, ``"halley"``, ``"householder"`` (of third
        order) or ``"schroeder"``.
    gradient : bool
        Whether the derivatives of the root in the parameters are wanted.
    complex_params : bool
        Whether parameters are complex: two columns each, real and imaginary part.
    simple_roots : bool
        Whether multiple roots are made simple. If not, the steps are those of f itself, as for a
        picture of its basins.

    Returns
    -------
    LaneProblem

    Raises
    ------
    ValueError
        If the equation is not analytic, or the method is unknown.
    UnsupportedNodeError
        If a function has no derivative, or no code for complex numbers.

    Examples
    --------
    >>> z = sp.Symbol("z")
    >>> problem = lane_problem([z**3 - 1], [z], [], method="newton", gradient=False)
    >>> problem.states, problem.root
    (3, (0, 1))
    """
    (expr,), (unknown,) = equations, unknowns
    if method not in STEPS:
        raise ValueError(
            f"method: {method!r} is not for complex starts; expected one of {', '.join(STEPS)}"
        )
    refuse_not_analytic(expr, unknown)
    base = newton_quotient(expr, unknown, simple_roots=simple_roots)
    top, bottom = STEPS[method](base.numerator, base.denominator, unknown)
    plain = base.simple and sp.degree(base.numerator, unknown) <= WELL_CONDITIONED
    outputs = (top, bottom) if plain else (top, bottom, base.numerator)
    lowered = lower((unknown, *params), outputs, complex_valued=True)
    program = complex_program(lowered, complex_params)
    step = _plain_step(program) if plain else _guarded_step(program, simple_roots)
    states = 3 if plain else 5
    finish, extras = verdict_program(
        expr, base, unknown, params, states, gradient=gradient, complex_params=complex_params
    )
    return LaneProblem(
        step=step,
        states=states,
        start=_Start(states),
        root=(0, 1),
        extras=extras,
        statuses=CODES,
        finish=finish,
        decides=True,
        simple=SIMPLE,
    )


class _Start:
    """The first states: real part, imaginary part, and no step before."""

    def __init__(self, states: int) -> None:
        self.states = states

    def __call__(
        self, starts: Sequence[NDArray[Any]], params: Sequence[NDArray[Any]]
    ) -> list[NDArray[np.float64]]:
        """Return one array for each state."""
        (start,) = starts
        whole = np.asarray(start, dtype=np.complex128)
        nothing = np.broadcast_to(np.zeros(()), whole.shape)
        rest = [nothing] * (self.states - 2)
        if self.states == 5:
            rest[-1] = np.broadcast_to(np.ones(()), whole.shape)
        return [whole.real, whole.imag, *rest]


def _stops(size: Term, before: Term, place: Term) -> Term:
    """Return whether a step is the last, from squares of: it, the one before, the new point."""
    predicted = _below(size * size * size, place * (before * before) * QUADRATIC)
    quick = predicted.make("both", predicted, size.compare("<=", place * NEARBY))
    idle = size.compare("<=", place * NOISE)
    idle = idle.make("both", idle, size.compare(">=", before * Rational(9, 10)))
    tiny = size.compare("<=", place * ROUNDING)
    return quick.make("either", quick, idle.make("either", idle, tiny))


def _below(power: Term, limit: Term) -> Term:
    """Return whether a power is below a limit, as far as it has not vanished by underflow."""
    return power.make("both", power.compare("<=", limit), power.compare(">", 0))


def _moved(
    point: Point, step: Point, size: Term, before: Term, noise: Term | None = None
) -> tuple[Term, Term, Term]:
    """Return the next point and the code; a step that is not finite, or noise, is not made."""
    x, y = point[0] - step[0], point[1] - step[1]
    moves = size.compare("<", FARTHEST)
    stops = _stops(size, before, square((x, y)))
    code = choose(moves, choose(stops, constant(size, 1), 0), constant(size, 2))
    if noise is not None:
        code = choose(noise, constant(size, 1), code)
        moves = moves.make("both", moves, noise.make("negate", noise))
    return choose(moves, x, point[0]), choose(moves, y, point[1]), code


def _columns(program: Program, states: int) -> tuple[ProgramBuilder, list[Term], list[Term]]:
    """Return a builder, the states, and the arguments of a program at (state 0, state 1)."""
    builder = ProgramBuilder(states + program.arity - 2)
    columns = [Term(builder, builder.add("argument", value=k)) for k in range(builder.arity)]
    return builder, columns[:states], [*columns[:2], *columns[states:]]


def _plain_step(program: Program) -> Program:
    """Return the step for simple roots of a polynomial.

    States x, y and the fourth power of the last step, times `QUADRATIC`. The polynomial is of a low
    degree, so that steps shrink quadratically until they are tiny.
    """
    builder, (x, y, before), arguments = _columns(program, 3)
    places = builder.include(program, [argument.position for argument in arguments])
    a, b, c, d = (Term(builder, places[k]) for k in program.outputs)
    step, inverse = quick_quotient((a, b), (c, d))
    size = square(step)
    moves = size.compare("<", FAR).make("both", size.compare("<", FAR), inverse.compare(">", 0))
    new_x, new_y = x - step[0], y - step[1]
    place, power = square((new_x, new_y)), size * size
    quick = _below(power * size, place * before)
    stops = quick.make("either", quick, size.compare("<=", place * ROUNDING))
    code = choose(moves, choose(stops, constant(x, 1), 0), constant(x, 2))
    outputs = (choose(moves, new_x, x), choose(moves, new_y, y), power * QUADRATIC, code)
    return builder.finish(tuple(term.position for term in outputs))


def _guarded_step(program: Program, accelerated: bool) -> Program:
    """Return the step for roots of any multiplicity m; states x, y, the last step and m.

    At a root of multiplicity m Newton's steps shrink by 1 - 1/m; m times the step is as good as
    Newton's step at a simple root. The multiplicity is read off two steps in a row, near the root
    only, and given up where it does not help. Near such a root p soon is nothing but rounding
    errors, which ends the iteration.
    """
    builder, (x, y, last_x, last_y, multiplicity), arguments = _columns(program, 5)
    a, b, c, d, real, imaginary = noisy_values(
        prepared(program), builder, arguments, underflow=False
    )
    step = quotient((a.value, b.value), (c.value, d.value))
    noise = largest_size((real.value, imaginary.value)).compare("<=", real.bound + imaginary.bound)
    size, before = square(step), square((last_x, last_y))
    along = step[0] * last_x + step[1] * last_y
    across = step[0] * last_y - step[1] * last_x
    estimate = before / (before - along)
    rounded = call("floor", estimate + Rational(1, 2))
    near = call("maximum", square((x, y)), constant(x, 1)) * NEARBY
    trusted = size.compare("<=", near)
    for condition in (
        call("absolute", estimate - rounded).compare("<=", Rational(1, 10)),
        call("absolute", across).compare("<=", before * Rational(1, 20)),
        rounded.compare("<=", HIGHEST_MULTIPLICITY),
        rounded.compare(">=", 2),
    ):
        trusted = trusted.make("both", trusted, condition)
    plain = multiplicity.compare("==", 1)
    helps = size.compare("<=", before * Rational(1, 4))
    one = constant(x, 1)
    chosen = choose(plain, choose(trusted, rounded, one), choose(helps, multiplicity, one))
    if not accelerated:
        chosen = one
    new_x, new_y, code = _moved((x, y), (step[0] * chosen, step[1] * chosen), size, before, noise)
    outputs = (new_x, new_y, step[0], step[1], chosen, code)
    return builder.finish(tuple(term.position for term in outputs))
