"""Ranges of the Bessel functions of real order over intervals of positive numbers.

J**2 + Y**2 falls as x > 0 grows (Nicholson's integral; Watson, Theory of Bessel Functions, 13.73).
So its root M at the low end bounds both functions on all of the interval, and because of
2 C' = C(order - 1) - C(order + 1) their derivatives too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb, fmpq

from symnum.reference.span_shapes import as_ball, by_balls
from symnum.reference.spans import EMPTY, GOOD, Span, down, up

__all__ = ["bessel_first", "bessel_second"]


def bessel_first(order: Span, a: Span) -> Span:
    """Return the range of J of an order over a span."""
    return _between(arb.bessel_j, order, a)


def bessel_second(order: Span, a: Span) -> Span:
    """Return the range of Y of an order over a span."""
    return _between(arb.bessel_y, order, a)


def _between(function: Callable[[arb, Any], arb], order: Span, a: Span) -> Span:
    natural = by_balls(lambda nu, x: function(x, nu), order, a)
    flags = order.flags & a.flags
    exact = order.low == order.high and isinstance(order.low, fmpq)
    if (order.flags | a.flags) & EMPTY or not exact or not a.low > 0 or a.low == a.high:
        return natural
    low, high, nu = as_ball(a.low), as_ball(a.high), arb(order.low)
    if not high.is_finite():
        return natural
    middle = ((low + high) / 2).mid()
    steepness = (_modulus(nu - 1, low) + _modulus(nu + 1, low)) / 2
    reach = (high - middle).max(middle - low)
    value = function(middle, nu) + steepness * reach * arb(0, 1)
    if not value.is_finite():
        return natural
    first, last = down(value), up(value)
    if natural.flags & GOOD == GOOD:
        first, last = max(first, natural.low), min(last, natural.high)
    return Span(first, last, flags & GOOD)


def _modulus(order: arb, x: arb) -> arb:
    return (x.bessel_j(order) ** 2 + x.bessel_y(order) ** 2).sqrt()
