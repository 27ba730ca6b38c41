"""All real roots of one equation in one unknown in a closed interval, with proof."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp
from flint import arb, ctx

from symnum.reference.ranges import RangeFunction
from symnum.reference.spans import DEFINED, EMPTY, Span
from symnum.rootfinding.boxes.arguments import Ends, clipped
from symnum.rootfinding.boxes.polynomial_roots import integer_polynomial, real_roots_between
from symnum.rootfinding.boxes.root_set import POSSIBLE, PROVED, RootSet
from symnum.rootfinding.boxes.zero_isolation import Zero, multiple_zero, zeros_between
from symnum.rootfinding.certificates import exact_ends
from symnum.rootfinding.factors import Factor, simple_numbers, vanishing_factors
from symnum.rootfinding.numerators import numerator_and_denominator
from symnum.rootfinding.problem import ScalarProblem
from symnum.rootfinding.scalar.multiple_roots import is_exactly_zero
from symnum.rootfinding.scalar.verdicts import nearest_double
from symnum.rootfinding.scalar_functions import ScalarFunction, scalar_function

__all__ = ["scalar_roots"]


def scalar_roots(problem: ScalarProblem, side: Ends) -> RootSet:
    """Find every root of an equation in a closed interval.

    The equation is split into numerator and denominators, the numerator into factors. Polynomials
    are isolated exactly by FLINT, other factors by interval Newton and bisection; where a root is
    multiple the derivatives decide. Zeros of a denominator are poles and no roots.

    Parameters
    ----------
    problem : ScalarProblem
        The equation.
    side : tuple of Expr
        The exact ends of the interval.

    Returns
    -------
    RootSet
    """
    inside = clipped(side, problem.admitted)
    if inside is None:
        return _root_set(problem, [], [], 0)
    numerator, denominator = numerator_and_denominator(problem.expr)
    zeros: list[Zero] = []
    unresolved: list[Ends] = []
    boxes = 0
    origins: list[tuple[Factor, list[arb]]] = []
    for factor in vanishing_factors(numerator):
        origins.append((factor, []))
        # sign(g) has the exponent 0: it vanishes where g does.
        if factor.exponent.is_positive or not factor.smooth:
            found, left, count = _zeros_of(factor, problem, *inside)
            zeros += [replace(zero, factor=factor.expr) for zero in found]
            origins[-1][1].extend(zero.ball for zero in found)
            unresolved += left
            boxes += count
    kept: list[Zero] = []
    whole = RangeFunction(problem.expr)
    above = scalar_function(numerator, problem.unknown, True)
    below = scalar_function(denominator, problem.unknown, True)
    for zero in _merged(zeros, above):
        others = [
            factor for factor, balls in origins if not any(zero.ball.overlaps(b) for b in balls)
        ]
        verdict = _is_root(zero, above, below) and _is_in_domain(zero, whole, problem, others)
        if verdict is None:
            unresolved.append(exact_ends(zero.ball))
        elif verdict:
            kept.append(zero)
    return _root_set(problem, kept, sorted(unresolved, key=lambda ends: ends[0]), boxes)


def _zeros_of(
    factor: Factor, problem: ScalarProblem, low: sp.Expr, high: sp.Expr
) -> tuple[list[Zero], list[Ends], int]:
    """Return the zeros of one factor in the closed interval and what is undecided."""
    polynomial = integer_polynomial(factor.expr, problem.unknown)
    if polynomial is not None:
        exact = real_roots_between(polynomial, low, high)
        if exact is not None:
            power = factor.multiplicity
            zeros = [
                Zero(ball, True, None if power is None else power * count) for ball, count in exact
            ]
            return zeros, [], 0
    function = scalar_function(factor.expr, problem.unknown, True)
    found, left, boxes = zeros_between(function, low, high)
    return [replace(zero, multiplicity=_times(factor, zero)) for zero in found], left, boxes


def _times(factor: Factor, zero: Zero) -> int | None:
    power = factor.multiplicity
    return None if power is None or zero.multiplicity is None else power * zero.multiplicity


def _merged(zeros: Sequence[Zero], above: ScalarFunction) -> list[Zero]:
    """Join zeros of different factors that may be one point, and settle what they are."""
    joined: list[Zero] = []
    ordered = sorted(zeros, key=lambda z: float(z.ball.mid()))
    for zero in ordered:
        if not joined or not joined[-1].ball.overlaps(zero.ball):
            joined.append(zero)
            continue
        before = joined.pop()
        both = before.ball.union(zero.ball)
        if before.proved and zero.proved and _same_number(before, zero, above.unknown):
            total = _sum(before.multiplicity, zero.multiplicity)
            joined.append(Zero(zero.ball, True, total, zero.factor))
        else:
            joined.append(multiple_zero(above, both) or Zero(both, False, None))
    return joined


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def _same_number(one: Zero, other: Zero, unknown: sp.Symbol) -> bool:
    """Whether two zeros are one number for certain: exact and equal, or of a simple form."""
    if one.ball.is_exact() and other.ball.is_exact():
        return bool(one.ball == other.ball)
    if one.factor is None or other.factor is None:
        return False
    with ctx.workprec(128):
        there = set(simple_numbers(other.ball))
        numbers = [number for number in simple_numbers(one.ball) if number in there]
    return any(
        is_exactly_zero(one.factor.subs(unknown, number))
        and is_exactly_zero(other.factor.subs(unknown, number))
        for number in numbers
    )


def _is_root(zero: Zero, above: ScalarFunction, below: ScalarFunction) -> bool | None:
    """Whether a zero of the numerator is a root: the equation must be defined there."""
    if below.expr.is_number:
        return True
    for precision in (64, 256, 1024):
        with ctx.workprec(precision):
            denominator = below.ball(0, zero.ball, precision)
            if denominator.is_zero():
                return False
            if denominator.is_finite() and not denominator.contains(0):
                return True
    return False if zero.proved and _is_common_zero(zero, above, below) else None


def _is_in_domain(
    zero: Zero, whole: RangeFunction, problem: ScalarProblem, others: Sequence[Factor]
) -> bool | None:
    """Whether every part of the equation is real and finite at a zero of one part."""
    with ctx.workprec(256):
        side = Span(zero.ball.lower(), zero.ball.upper())
    flags = whole({problem.unknown: side}, 128).flags
    if flags & (EMPTY | DEFINED):
        return not flags & EMPTY
    function = scalar_function(problem.expr, problem.unknown, True)
    with ctx.workprec(128):
        numbers = list(simple_numbers(zero.ball))
    for number in numbers:
        value = function.exact_value(number)
        if is_exactly_zero(value):
            return True
        if zero.ball.is_exact() and value.has(sp.nan, sp.zoo, sp.oo):
            return False
    # The part that vanishes may end there, as sqrt(g) does, but no other one.
    ranges = [RangeFunction(factor.expr)({problem.unknown: side}, 128) for factor in others]
    return True if all(span.flags & DEFINED for span in ranges) else None


def _is_common_zero(zero: Zero, above: ScalarFunction, below: ScalarFunction) -> bool:
    """Whether the zero is a number of a simple form at which the denominator vanishes too."""
    with ctx.workprec(128):
        numbers = list(simple_numbers(zero.ball))
    return any(
        is_exactly_zero(above.exact_value(number)) and is_exactly_zero(below.exact_value(number))
        for number in numbers
    )


def _root_set(
    problem: ScalarProblem, zeros: Sequence[Zero], unresolved: Sequence[Ends], boxes: int
) -> RootSet:
    proved = [zero.proved for zero in zeros]
    return RootSet(
        roots=tuple(nearest_double(zero.ball, True)[0] for zero in zeros),
        statuses=tuple(PROVED if sure else POSSIBLE for sure in proved),
        multiplicities=tuple(zero.multiplicity for zero in zeros),
        enclosures=tuple(exact_ends(zero.ball) for zero in zeros),
        unresolved=tuple(unresolved),
        complete=all(proved) and not unresolved,
        equation=problem.text,
        unknown=problem.name,
        boxes=boxes,
        functions=(problem.expr,),
        unknowns=(problem.unknown,),
    )
