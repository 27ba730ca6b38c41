"""Roots at which the Jacobian is singular: by their exact form, or by a descent in many digits.

Rounding errors move such a root by their own root, so that floats know half of its digits at most,
and no enclosure in balls can prove one: next to every system with a double root there is one
without. What can be done is to recognise the root and to substitute it, or to follow it down with
thousands of bits until residual and corrections vanish far beyond any rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, arb_mat, fmpq

from symnum.errors import UnsupportedNodeError
from symnum.reference.precision import working_precision
from symnum.rootfinding.factors import simple_numbers, simplest_between
from symnum.rootfinding.scalar.multiple_roots import is_exactly_zero
from symnum.rootfinding.systems.balls import BallSystem, ball_system
from symnum.rootfinding.systems.functions import SystemFunction, Vector
from symnum.rootfinding.systems.reduction import Descent

__all__ = [
    "descend",
    "exact_root_in",
    "exact_root_near",
    "vanish_exactly",
]

Ball = Any  # flint.arb
Point = tuple[Ball, ...]

#: Bits of the descent, and of the units of the point that its steps must fall below.
BITS = 2400
SETTLED_BITS = 160

#: Where J is singular, damping of this size picks the shortest step.
LEAST_DAMPING_BITS = 1500

#: How much smaller than around it the residual must be where the descent ends.
RESIDUAL_BITS = 1100

#: A root farther from the start than this, in units of the point, is another one.
NEAR = 0.05

#: Steps of the descent.
MOST_STEPS = 300

#: Reaches, in units of the point, within which the simplest fractions are tried.
REACHES = (1e-15, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3, 0.02, 0.1)

#: Longer fractions are no guess for a coordinate of a root.
LARGEST_DENOMINATOR = 10**6

#: Combinations of exact candidates that are substituted.
MOST_COMBINATIONS = 64


def exact_root_near(
    function: SystemFunction, x: Vector, unit: float = 1.0
) -> tuple[sp.Rational, ...] | None:
    """Return the simplest rational point near a point at which all functions are exactly zero.

    Parameters
    ----------
    function : SystemFunction
        F.
    x : ndarray
        Where an iteration stopped.
    unit : float, optional
        The size of coordinates where all are close to zero.

    Returns
    -------
    tuple of Rational or None

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> exact_root_near(SystemFunction([(x - 1) ** 2, x * y - 2], [x, y]), np.array([1.0, 2.0]))
    (1, 2)
    """
    tried: set[tuple[Fraction, ...]] = set()
    unit = max(float(np.abs(x).max()), unit)
    for reach in REACHES:
        candidate = tuple(
            _simplest_near(place, reach * max(abs(place), unit)) for place in x.tolist()
        )
        if candidate in tried or max(q.denominator for q in candidate) > LARGEST_DENOMINATOR:
            continue
        tried.add(candidate)
        numbers = tuple(sp.Rational(q.numerator, q.denominator) for q in candidate)
        if vanish_exactly(function.functions, function.unknowns, numbers):
            return numbers
    return None


def _simplest_near(x: float, reach: float) -> Fraction:
    return simplest_between(Fraction(x) - Fraction(reach), Fraction(x) + Fraction(reach))


def vanish_exactly(
    functions: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol], numbers: Sequence[sp.Expr]
) -> bool:
    """Whether functions are proved to be exactly zero at an exact point.

    Parameters
    ----------
    functions : sequence of Expr
        In the unknowns alone.
    unknowns : sequence of Symbol
        The variables.
    numbers : sequence of Expr
        Their values.

    Returns
    -------
    bool

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> vanish_exactly([x**2 - 2 * y, sp.sin(y) ** 2 - 1], [x, y], [sp.sqrt(sp.pi), sp.pi / 2])
    True
    """
    if all(number.is_Rational for number in numbers):
        point = [fmpq(int(number.p), int(number.q)) for number in numbers]
        try:
            values = ball_system(tuple(functions), tuple(unknowns)).values(point, 256)
        except UnsupportedNodeError:
            values = []
        if any(value.is_finite() and not value.contains(0) for value in values):
            return False
        if values and all(value.is_zero() for value in values):
            return True
    exchange = dict(zip(unknowns, numbers, strict=True))
    return all(is_exactly_zero(expr.subs(exchange)) for expr in functions)


def exact_root_in(function: SystemFunction, descent: Descent) -> tuple[sp.Expr, ...] | None:
    """Return a root in closed form where a descent arrived, checked by substitution."""
    with working_precision(BITS):
        sides = [c + arb(0, descent.reach) for c in descent.point]
        lists = [list(_candidates(side)) for side in sides]
    for numbers in islice(product(*lists), MOST_COMBINATIONS):
        if vanish_exactly(function.functions, function.unknowns, numbers):
            return tuple(numbers)
    return None


def _candidates(side: Ball) -> Iterator[sp.Expr]:
    if side.contains(0):
        yield sp.Integer(0)
    else:
        yield from simple_numbers(side)


def descend(system: BallSystem, x: Sequence[float], unit: float = 1.0) -> Descent | None:
    """Follow a singular root with many digits, by damped Gauss-Newton steps and extrapolation.

    Next to a singular root the steps shrink by a factor q alone, so that the root lies about
    ``step / (1 - q)`` ahead.

    Parameters
    ----------
    system : BallSystem
        F in balls.
    x : sequence of float
        The start.
    unit : float, optional
        The size of coordinates where all are close to zero.

    Returns
    -------
    Descent or None
        None where the steps do not shrink or the residual does not vanish: no root as far as
        can be told.
    """
    with working_precision(BITS):
        return _descend(system, tuple(arb(place) for place in x), arb(unit))


def _descend(system: BallSystem, point: Point, unit: Ball) -> Descent | None:
    start = point
    balls = system.values(point, BITS)
    least = arb(2) ** -LEAST_DAMPING_BITS
    damping, previous = least, None
    for _ in range(MOST_STEPS):
        values = _middles(balls)
        if values is None:
            return None
        step = _step(system, point, values, damping)
        if step is None:
            damping = max(16 * damping, arb(2) ** -80)
            if damping > 1:
                return None
            continue
        size = _size(step)
        unit = max(unit, _size(point))
        if any(abs(c - s) > unit * NEAR for c, s in zip(point, start, strict=True)):
            return None
        shrink = size / previous if previous is not None and previous > 0 else arb(1)
        if size <= unit * arb(2) ** -SETTLED_BITS and stands_out(system, point, unit):
            reach = (64 * size + unit * arb(2) ** -SETTLED_BITS).mid()
            return Descent(point, reach, BITS)
        target, ahead = _moved(system, point, step, shrink)
        others = _middles(ahead)
        if others is None or not _size(others) < _size(values):
            damping = max(16 * damping, arb(2) ** -80)
            previous = None
            if damping > 1:
                return None
            continue
        point, balls, previous = target, ahead, size
        damping = max(damping / 64, least).mid()
    return None


def stands_out(system: BallSystem, point: Sequence[Ball], unit: Ball) -> bool:
    """Whether the functions at a point are nothing beside their values a little way off.

    Parameters
    ----------
    system : BallSystem
        F in balls.
    point : sequence of arb
        Without radii.
    unit : arb
        The size of the coordinates.

    Returns
    -------
    bool
    """
    offset = unit * arb(2) ** -8
    values = system.values(point, BITS)
    for sign in (1, -1):
        around = system.values(tuple((c + sign * offset).mid() for c in point), BITS)
        if all(value.is_finite() for value in around):
            return all(
                abs(value) <= abs(far) * arb(2) ** -RESIDUAL_BITS
                for value, far in zip(values, around, strict=True)
            )
    return False


def _moved(system: BallSystem, point: Point, step: Point, shrink: Ball) -> tuple[Point, list[Ball]]:
    """Return the better one of the step and the step that a linear convergence asks for."""
    best = _ahead(point, step, arb(1))
    balls = system.values(best, BITS)
    if not (shrink > arb("0.3") and shrink < arb("0.97")):
        return best, balls
    farther = _ahead(point, step, 1 / (1 - shrink))
    others = system.values(farther, BITS)
    first, second = _middles(balls), _middles(others)
    if second is not None and (first is None or _size(second) < _size(first)):
        return farther, others
    return best, balls


def _ahead(point: Point, step: Point, factor: Ball) -> Point:
    return tuple((c + factor * s).mid() for c, s in zip(point, step, strict=True))


def _step(system: BallSystem, point: Point, values: list[Ball], damping: Ball) -> Point | None:
    """Return the solution of (J^T J + damping D) p = -J^T F, D the diagonal of J^T J."""
    count = len(point)
    slopes = system.jacobian(point, BITS).mid()
    right = arb_mat(count, 1, [-value for value in values])
    normal = (slopes.transpose() * slopes).mid()
    for i in range(count):
        normal[i, i] = normal[i, i] * (1 + damping) + damping * arb(2) ** -BITS
    return _solution(normal.mid(), (slopes.transpose() * right).mid())


def _solution(matrix: Any, right: Any) -> Point | None:
    try:
        found = matrix.solve(right, algorithm="approx").entries()
    except (ZeroDivisionError, ValueError):
        return None
    middles = tuple(entry.mid() for entry in found)
    return middles if all(entry.is_finite() for entry in middles) else None


def _middles(values: Sequence[Ball]) -> list[Ball] | None:
    return [value.mid() for value in values] if all(v.is_finite() for v in values) else None


def _size(sides: Sequence[Ball]) -> Ball:
    """Return the largest size of a coordinate."""
    return max(abs(side) for side in sides).mid()
