"""Zeros next to a point at which a function jumps, has a kink or is not defined.

No interval around such a point is told from one with a zero. So it is cut there exactly: the value
at the point is known, and on each side the function keeps away from 0, or is monotone from 0 on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sympy as sp
from flint import arb, fmpq, fmpz

from symnum.errors import UnsupportedNodeError
from symnum.expressions.exact import compare
from symnum.reference.ranges import RangeFunction
from symnum.reference.spans import (
    CONTINUOUS,
    DEFINED,
    EMPTY,
    GOOD,
    HIGH_OPEN,
    LOW_OPEN,
    OPEN,
    Span,
    contains_zero,
)
from symnum.rootfinding.factors import simple_numbers
from symnum.rootfinding.scalar.multiple_roots import is_exactly_zero
from symnum.rootfinding.scalar_functions import ScalarFunction

__all__ = ["zeros_at_break"]

#: Bits at which the sides of a break are looked at.
PRECISION = 128

#: Bits of the balls around a break.
BREAK_BITS = 256

#: How far to the left poles of the gamma function are looked at.
MOST_FACTORS = 60


def zeros_at_break(
    function: ScalarFunction, low: sp.Rational, high: sp.Rational
) -> list[arb] | None:
    """Return the zero at the break in a narrow interval, or none; None where nothing is proved.

    Parameters
    ----------
    function : ScalarFunction
        f.
    low, high : Rational
        The interval.

    Returns
    -------
    list of arb, or None

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> step = ScalarFunction(sp.floor(x) - sp.Rational(1, 2), x, True)
    >>> zeros_at_break(step, sp.Rational(99, 100), sp.Rational(101, 100))
    []
    """
    for place in _candidates(low, high):
        try:
            found = _zeros_around(function, place, low, high)
        except (UnsupportedNodeError, NotImplementedError, TypeError, ValueError):
            continue  # SymPy cannot evaluate the function exactly there
        if found is not None:
            return found
    return None


def _zeros_around(
    function: ScalarFunction, place: sp.Expr, low: sp.Rational, high: sp.Rational
) -> list[arb] | None:
    value = function.exact_value(place)
    vanishes = is_exactly_zero(value)
    if not vanishes and not _is_no_zero(value):
        return None
    if not _is_clear(function, place, low, high, vanishes):
        return None
    return [_ball(place)] if vanishes else []


def _candidates(low: sp.Rational, high: sp.Rational) -> Iterator[sp.Expr]:
    """Yield exact numbers of a simple form in a closed interval."""
    ends = [fmpq(fmpz(int(end.p)), fmpz(int(end.q))) for end in (low, high)]
    hull = arb(ends[0]).union(arb(ends[1]))
    seen = set()
    for place in (*simple_numbers(hull), low, high):
        if place not in seen and compare(low, place) != 1 and compare(place, high) != 1:
            seen.add(place)
            yield place


def _is_no_zero(value: Any) -> bool:
    """Whether a number is certainly not 0, or no real number at all."""
    if value.has(sp.nan, sp.zoo, sp.oo, sp.AccumBounds) or value.is_real is False:
        return True
    if not value.is_number:
        return False
    ball = _exact_ball(value)
    return bool(ball.is_finite() and not ball.contains(0))


def _exact_ball(value: sp.Expr) -> arb:
    span = RangeFunction(value)({}, BREAK_BITS)
    return arb.nan() if span.flags & EMPTY else arb(span.low).union(arb(span.high))


def _ball(place: sp.Expr) -> arb:
    if place.is_Rational:
        return arb(fmpq(fmpz(int(place.p)), fmpz(int(place.q))))
    return _exact_ball(place)


def _is_clear(
    function: ScalarFunction, place: sp.Expr, low: sp.Rational, high: sp.Rational, vanishes: bool
) -> bool:
    """Whether there is no zero on both sides of a place, the place itself left out."""
    offset = sp.Dummy("t", real=True)
    shifted = {function.unknown: place + offset}
    value = RangeFunction(_without_gamma_poles(function.expr.subs(shifted), offset))
    sides = [
        (_outwards(low - place, -1), fmpq(0), HIGH_OPEN),
        (fmpq(0), _outwards(high - place, 1), LOW_OPEN),
    ]
    for first, last, open_end in sides:
        if first == last:
            continue
        side = Span(first, last, GOOD | open_end)
        span = value({offset: side}, PRECISION)
        if span.flags & EMPTY or not contains_zero(span):
            continue
        closed = value({offset: Span(first, last)}, PRECISION)
        if not vanishes or not closed.flags & CONTINUOUS:
            return False
        slope = RangeFunction(function.derivative(1).subs(shifted))
        steepness = slope({offset: Span(first, last, GOOD | OPEN)}, PRECISION)
        if not steepness.flags & DEFINED or contains_zero(steepness):
            return False
    return True


def _without_gamma_poles(expr: sp.Expr, offset: sp.Symbol) -> sp.Expr:
    """Write gamma functions with a pole where an offset is 0 as quotients that show the pole."""

    def factors(argument: sp.Expr) -> list[sp.Expr]:
        place = argument.subs(offset, 0)
        near = place.is_Integer and -MOST_FACTORS < place <= 0
        return [argument + k for k in range(1 - int(place))] if near else []

    def gamma(argument: sp.Expr) -> sp.Expr:
        below = factors(argument)
        return sp.gamma(argument + len(below)) / sp.prod(below)

    def polygamma(order: sp.Expr, argument: sp.Expr) -> sp.Expr:
        below = factors(argument) if order == 0 else []
        return sp.polygamma(order, argument + len(below)) - sp.Add(*(1 / part for part in below))

    return expr.replace(sp.gamma, gamma).replace(sp.polygamma, polygamma)


def _outwards(distance: sp.Expr, side: int) -> fmpq:
    """Return a rational at least as far from 0 as the end of an interval."""
    if distance.is_Rational:
        return fmpq(fmpz(int(distance.p)), fmpz(int(distance.q)))
    ball = _exact_ball(distance)
    end = ball.upper() if side > 0 else ball.lower()
    mantissa, exponent = end.man_exp()
    shift = int(exponent)
    return fmpq(mantissa) * (1 << shift) if shift >= 0 else fmpq(mantissa, 1 << -shift)
