"""Shapes of functions over an interval: monotone, a wave, one valley, monotone between poles.

A shape is made from the value at a point, which Arb encloses; it returns the range over a span.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any

from flint import arb, fmpq

from symnum.reference.spans import (
    EMPTY,
    EVERYTHING,
    GOOD,
    HIGH_OPEN,
    INFINITY,
    LOW_OPEN,
    MINUS_INFINITY,
    NOWHERE,
    Span,
    clip,
    down,
    negative,
    up,
)

__all__ = [
    "AT_INFINITY",
    "AT_MINUS_INFINITY",
    "ONE",
    "ZERO",
    "Monotone",
    "SpanRow",
    "around",
    "as_ball",
    "between_poles",
    "by_balls",
    "exactly",
    "power_times_log",
    "valley",
    "wave",
]

SpanRow = Callable[..., Span]
ZERO, ONE = fmpq(0), fmpq(1)


def as_ball(value: Any) -> Any:
    """Return an exact end as a ball."""
    return arb(value) if isinstance(value, fmpq) else value


def around(make: Callable[[], arb]) -> Callable[[], tuple[Any, Any]]:
    """Return a function that encloses a constant at the precision that is set."""

    def ends() -> tuple[Any, Any]:
        value = make()
        return down(value), up(value)

    return ends


def exactly(value: Any) -> Callable[[], tuple[Any, Any]]:
    """Return a function that gives an exact value as a pair of bounds."""
    return lambda: (value, value)


AT_INFINITY = exactly(INFINITY)
AT_MINUS_INFINITY = exactly(MINUS_INFINITY)


@dataclass(frozen=True, slots=True)
class Monotone:
    """A function that is strictly monotone on its natural domain.

    Attributes
    ----------
    compute : callable
        The value at an exact point, as a ball.
    start, stop : callable
        The limits at the ends of the domain, as pairs of numbers around them.
    low, high : number or None
        The ends of the domain; None where it is unbounded.
    low_open, high_open : bool
        Whether an end does not belong to the domain.
    rising : bool
    partial : bool
        Whether the function is defined outside of [low, high] too, but not monotone there: then
        spans that reach beyond fall back to balls.
    """

    compute: Callable[[arb], Any]
    start: Callable[[], tuple[Any, Any]]
    stop: Callable[[], tuple[Any, Any]]
    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False
    rising: bool = True
    partial: bool = False

    def __call__(self, a: Span) -> Span:
        """Return the range over a span."""
        inside = clip(a, self.low, self.high, self.low_open, self.high_open)
        if self.partial and inside.flags & GOOD != a.flags & GOOD:
            return by_balls(self.compute, a)
        if inside.flags & EMPTY:
            return NOWHERE
        first = self._at(inside.low, self.low, self.start)
        last = self._at(inside.high, self.high, self.stop)
        if self.rising:
            return Span(first[0], last[1], inside.flags)
        flipped = negative(Span(ZERO, ZERO, inside.flags)).flags
        return Span(last[0], first[1], flipped)

    def _at(self, end: Any, edge: Any, limit: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any]:
        if edge is None:
            if not isinstance(end, fmpq) and not end.is_finite():
                return limit()
        elif end == edge:
            return limit()
        value = self.compute(as_ball(end))
        if not isinstance(value, arb):
            return MINUS_INFINITY, INFINITY
        return down(value), up(value)


def by_balls(compute: Callable[..., Any], *spans: Span) -> Span:
    """Return the range of an analytic function by evaluating it on the ball of each interval.

    Arb returns a finite real ball only where the function is defined, real and analytic on the
    whole ball; otherwise nothing is known.
    """
    if any(span.flags & EMPTY for span in spans):
        return NOWHERE
    try:
        value = compute(*(as_ball(span.low).union(as_ball(span.high)) for span in spans))
    except (ValueError, OverflowError, ZeroDivisionError):
        return EVERYTHING
    if not isinstance(value, arb) or not value.is_finite():
        return EVERYTHING
    flags = reduce(lambda left, right: left & right, (span.flags for span in spans)) & GOOD
    return Span(down(value), up(value), flags)


def wave(compute: Callable[[arb], arb], shift: fmpq) -> SpanRow:
    """Return the row of a function with maxima 1 at (2k + shift) pi, minima -1 midway between."""

    def row(a: Span) -> Span:
        if a.flags & EMPTY:
            return NOWHERE
        flags = a.flags & GOOD
        low, high = as_ball(a.low), as_ball(a.high)
        if not (low.is_finite() and high.is_finite()):
            return Span(-ONE, ONE, flags)
        values = compute(low), compute(high)
        bottom = min(down(values[0]), down(values[1]))
        top = max(up(values[0]), up(values[1]))
        turns = low / arb.pi() - shift, high / arb.pi() - shift
        if _passes_multiple(turns[0] / 2, turns[1] / 2):
            top = ONE
        if _passes_multiple((turns[0] - 1) / 2, (turns[1] - 1) / 2):
            bottom = -ONE
        return Span(max(bottom, -ONE), min(top, ONE), flags)

    return row


def _passes_multiple(first: arb, last: arb) -> bool:
    """Return whether an integer may lie between two balls."""
    if not (first.is_finite() and last.is_finite()):
        return True
    return not last.upper().floor() < first.lower().ceil()


def between_poles(compute: Callable[[arb], arb], shift: fmpq, rising: bool) -> SpanRow:
    """Return the row of a function that is monotone between poles at (k + shift) pi."""

    def row(a: Span) -> Span:
        if a.flags & EMPTY:
            return NOWHERE
        low, high = as_ball(a.low), as_ball(a.high)
        if not (low.is_finite() and high.is_finite()):
            return EVERYTHING
        first, last = low / arb.pi() - shift, high / arb.pi() - shift
        if _passes_multiple(first, last):
            if shift == 0 and a.low == 0 and not _passes_multiple(last, last) and last < 1:
                return _from_pole_at_zero(a, compute(high), rising)
            return EVERYTHING
        ends = compute(low), compute(high)
        if not rising:
            return Span(down(ends[1]), up(ends[0]), negative(a).flags)
        return Span(down(ends[0]), up(ends[1]), a.flags)

    return row


def _from_pole_at_zero(a: Span, last: arb, rising: bool) -> Span:
    flags = a.flags & GOOD if a.flags & LOW_OPEN else 0
    if rising:
        return Span(MINUS_INFINITY, up(last), flags | LOW_OPEN)
    return Span(down(last), INFINITY, flags | HIGH_OPEN)


def valley(compute: Callable[[arb], arb], place: Callable[[], arb], least: Any) -> SpanRow:
    """Return the row of a function that falls to its minimum `least()` at `place()`, then rises."""

    def row(a: Span) -> Span:
        if a.flags & EMPTY:
            return NOWHERE
        bottom = place()
        first = _value_or_infinity(compute, a.low)
        last = _value_or_infinity(compute, a.high)
        if a.low >= bottom:
            return Span(first[0], last[1], a.flags)
        if a.high <= bottom:
            return Span(last[0], first[1], negative(a).flags)
        return Span(down(least()), max(first[1], last[1]), a.flags & GOOD)

    return row


def _value_or_infinity(compute: Callable[[arb], arb], end: Any) -> tuple[Any, Any]:
    if not isinstance(end, fmpq) and not end.is_finite():
        return INFINITY, INFINITY
    value = compute(as_ball(end))
    return down(value), up(value)


def power_times_log(a: Span, power: fmpq) -> Span:
    """Return the range of t**p log(t) for p > 0: it falls from 0 at 0 to -1/(e p), then it rises.

    Parameters
    ----------
    a : Span
        The values of t; only the positive ones count.
    power : fmpq
        Positive.

    Returns
    -------
    Span
        Not said to be defined where `a` reaches 0.
    """
    inside = clip(a, ZERO, None, low_open=True)
    if inside.flags & EMPTY:
        return NOWHERE

    def value(end: Any) -> tuple[Any, Any]:
        if end == 0:
            return ZERO, ZERO
        if not as_ball(end).is_finite():
            return INFINITY, INFINITY
        t = as_ball(end)
        product = t ** arb(power) * t.log()
        return down(product), up(product)

    first, last = value(inside.low), value(inside.high)
    low, high = min(first[0], last[0]), max(first[1], last[1])
    place = (-1 / arb(power)).exp()
    if not (place < inside.low or place > inside.high):
        low = down(-arb(-1).exp() / arb(power))
    flags = inside.flags & GOOD
    # 0 is the limit at 0, and the value at 1.
    if inside.low == 0 and inside.high < 1:
        flags |= HIGH_OPEN
    return Span(low, high, flags)
