"""Intervals with exact ends that know whether the function was defined and continuous on them.

Arb's balls have a radius of 30 bits and a middle: [0, 1/3] is not one of them, and exp of a wide
ball is far too wide. Here both ends are exact numbers (rational as long as they are short), rounded
outwards, and each end knows whether it is reached: log is defined on an interval that is open at 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from flint import arb, fmpq

from symnum.reference.exact import exact_power

__all__ = [
    "CONTINUOUS",
    "DEFINED",
    "EMPTY",
    "EVERYTHING",
    "GOOD",
    "HIGH_OPEN",
    "LOW_OPEN",
    "NOWHERE",
    "OPEN",
    "Span",
    "add",
    "clip",
    "contains_zero",
    "down",
    "inverse",
    "is_everywhere_defined",
    "multiply",
    "negative",
    "point",
    "rational_power",
    "union",
    "up",
    "whole_power",
]

# What is known of the function over the box: defined (and real) everywhere, continuous everywhere.
DEFINED, CONTINUOUS = 1, 2
# Whether the ends are certainly not reached.
LOW_OPEN, HIGH_OPEN = 4, 8
# Nowhere defined.
EMPTY = 16
GOOD = DEFINED | CONTINUOUS
OPEN = LOW_OPEN | HIGH_OPEN

# Rational ends longer than this are rounded outwards.
LONGEST_END = 192
INFINITY = arb.pos_inf()
MINUS_INFINITY = arb.neg_inf()
ZERO = fmpq(0)


class Span(NamedTuple):
    """All values of a function over a box, where it is defined, lie between the ends.

    Attributes
    ----------
    low, high : fmpq or arb
        Exact; `low` may be minus infinity and `high` infinity.
    flags : int
        A combination of DEFINED, CONTINUOUS, LOW_OPEN, HIGH_OPEN and EMPTY.
    """

    low: Any
    high: Any
    flags: int = GOOD


NOWHERE = Span(INFINITY, MINUS_INFINITY, EMPTY)
EVERYTHING = Span(MINUS_INFINITY, INFINITY, 0)


def point(value: fmpq) -> Span:
    """Return the span of one rational."""
    return Span(value, value, GOOD)


def down(value: Any) -> Any:
    """Return an exact number not above any value of a ball; a short rational stays as it is."""
    if type(value) is fmpq:
        return value if value.height_bits() <= LONGEST_END else arb(value).lower()
    lower = value.lower()
    return MINUS_INFINITY if lower.is_nan() else lower


def up(value: Any) -> Any:
    """Return an exact number not below any value of a ball; a short rational stays as it is."""
    if type(value) is fmpq:
        return value if value.height_bits() <= LONGEST_END else arb(value).upper()
    upper = value.upper()
    return INFINITY if upper.is_nan() else upper


def is_everywhere_defined(span: Span) -> bool:
    """Return whether the function is defined, and real, on the whole box."""
    return bool(span.flags & DEFINED)


def contains_zero(span: Span) -> bool:
    """Return whether 0 may be among the values."""
    if span.flags & EMPTY or span.low > 0 or span.high < 0:
        return False
    return not (
        _never(span.low, span.flags & LOW_OPEN) or _never(span.high, span.flags & HIGH_OPEN)
    )


def _never(end: Any, is_open: int) -> bool:
    return bool(is_open and end == 0)


def negative(a: Span) -> Span:
    """Return the values -a."""
    flags = a.flags & ~OPEN
    if a.flags & LOW_OPEN:
        flags |= HIGH_OPEN
    if a.flags & HIGH_OPEN:
        flags |= LOW_OPEN
    return Span(-a.high, -a.low, flags)


def add(a: Span, b: Span) -> Span:
    """Return the values a + b."""
    flags = (a.flags & b.flags & GOOD) | ((a.flags | b.flags) & (OPEN | EMPTY))
    if flags & EMPTY:
        return NOWHERE
    return Span(down(a.low + b.low), up(a.high + b.high), flags)


def multiply(a: Span, b: Span) -> Span:
    """Return the values a * b."""
    if (a.flags | b.flags) & EMPTY:
        return NOWHERE
    if a.high <= 0 and not a.low >= 0:
        return negative(multiply(negative(a), b))
    if b.high <= 0 and not b.low >= 0:
        return negative(multiply(a, negative(b)))
    good = a.flags & b.flags & GOOD
    if a.low >= 0 and b.low >= 0:
        low, low_open = _corner(a.low, a.flags & LOW_OPEN, b.low, b.flags & LOW_OPEN)
        high, high_open = _corner(a.high, a.flags & HIGH_OPEN, b.high, b.flags & HIGH_OPEN)
    elif a.low >= 0:
        low, low_open = _corner(a.high, a.flags & HIGH_OPEN, b.low, b.flags & LOW_OPEN)
        high, high_open = _corner(a.high, a.flags & HIGH_OPEN, b.high, b.flags & HIGH_OPEN)
    elif b.low >= 0:
        low, low_open = _corner(a.low, a.flags & LOW_OPEN, b.high, b.flags & HIGH_OPEN)
        high, high_open = _corner(a.high, a.flags & HIGH_OPEN, b.high, b.flags & HIGH_OPEN)
    else:
        low = _least(_product(a.low, b.high), _product(a.high, b.low))
        high = _largest(_product(a.low, b.low), _product(a.high, b.high))
        low_open = high_open = False
    flags = good | (LOW_OPEN if low_open else 0) | (HIGH_OPEN if high_open else 0)
    return Span(down(low), up(high), flags)


def _product(x: Any, y: Any) -> Any:
    return ZERO if x == 0 or y == 0 else x * y


def _corner(x: Any, x_open: int, y: Any, y_open: int) -> tuple[Any, bool]:
    """Return the product of two ends, and whether it is certainly not reached."""
    if x == 0:
        return ZERO, bool(x_open and (y_open or y != 0))
    if y == 0:
        return ZERO, bool(y_open)
    return x * y, bool(x_open or y_open)


def _least(x: Any, y: Any) -> Any:
    return min(down(x), down(y))


def _largest(x: Any, y: Any) -> Any:
    return max(up(x), up(y))


def inverse(a: Span) -> Span:
    """Return the values 1 / a, where a is not 0."""
    if a.flags & EMPTY or (a.low == 0 and a.high == 0):
        return NOWHERE
    if a.high <= 0:
        return negative(inverse(negative(a)))
    touches = bool(a.low == 0)
    if not touches and not a.low > 0:
        return EVERYTHING
    flags = a.flags & GOOD
    if touches and not a.flags & LOW_OPEN:
        flags = 0
    infinite = not isinstance(a.high, fmpq) and not a.high.is_finite()
    low = ZERO if infinite else down(1 / a.high)
    high = INFINITY if touches else up(1 / a.low)
    if a.flags & HIGH_OPEN or infinite:
        flags |= LOW_OPEN
    if a.flags & LOW_OPEN or touches:
        flags |= HIGH_OPEN
    return Span(low, high, flags)


def whole_power(a: Span, exponent: int) -> Span:
    """Return the values a**n for an integer n; an even power is a true square, never negative."""
    if a.flags & EMPTY:
        return NOWHERE
    if exponent < 0:
        return inverse(whole_power(a, -exponent))
    if exponent == 0:
        return Span(fmpq(1), fmpq(1), a.flags & GOOD)
    if exponent % 2:
        return Span(_low_power(a.low, exponent), _high_power(a.high, exponent), a.flags)
    if a.high <= 0:
        a = negative(a)
    if a.low >= 0:
        return Span(_low_power(a.low, exponent), _high_power(a.high, exponent), a.flags)
    size = _largest(-a.low, a.high)
    return Span(ZERO, _high_power(size, exponent), a.flags & GOOD)


def _low_power(end: Any, exponent: int) -> Any:
    return down(_end_power(end, exponent))


def _high_power(end: Any, exponent: int) -> Any:
    return up(_end_power(end, exponent))


def _end_power(end: Any, exponent: int) -> Any:
    if type(end) is fmpq:
        if exponent * end.height_bits() <= LONGEST_END:
            return end**exponent
        return arb(end) ** exponent
    if not end.is_finite():
        return INFINITY if end > 0 or exponent % 2 == 0 else MINUS_INFINITY
    return end**exponent


def rational_power(a: Span, exponent: fmpq) -> Span:
    """Return the real values of the principal power with an exponent that is no integer."""
    if exponent < 0:
        return inverse(rational_power(a, -exponent))
    inside = clip(a, ZERO, None)
    if inside.flags & EMPTY:
        return NOWHERE
    low, high = (_root_power(end, exponent) for end in (inside.low, inside.high))
    return Span(_at_least_zero(down(low)), up(high), inside.flags)


def _root_power(end: Any, exponent: fmpq) -> Any:
    if type(end) is fmpq:
        exact = exact_power(end, exponent)
        if exact is not None:
            return exact
        end = arb(end)
    if not end.is_finite() or end == 0:
        return end
    degree = int(exponent.q)
    if degree == 2:
        return end.sqrt() ** int(exponent.p)
    if degree < 64:
        return end.root(degree) ** int(exponent.p)
    return end**exponent


def _at_least_zero(value: Any) -> Any:
    return value if value >= 0 else ZERO


def clip(a: Span, low: Any, high: Any, low_open: bool = False, high_open: bool = False) -> Span:
    """Return the part of a span inside a natural domain; what lies outside is undefined.

    Parameters
    ----------
    a : Span
    low, high : number or None
        The ends of the domain; None where it has none.
    low_open, high_open : bool
        Whether an end does not belong to the domain.
    """
    if a.flags & EMPTY:
        return NOWHERE
    start, stop, flags = a.low, a.high, a.flags
    if low is not None and not start > low:
        if stop < low or (low_open and stop <= low):
            return NOWHERE
        if not start >= low:
            start, flags = low, (flags & ~(GOOD | LOW_OPEN)) | (LOW_OPEN if low_open else 0)
        elif low_open and not flags & LOW_OPEN:
            flags = (flags & ~GOOD) | LOW_OPEN
    if high is not None and not stop < high:
        if start > high or (high_open and start >= high):
            return NOWHERE
        if not stop <= high:
            stop, flags = high, (flags & ~(GOOD | HIGH_OPEN)) | (HIGH_OPEN if high_open else 0)
        elif high_open and not flags & HIGH_OPEN:
            flags = (flags & ~GOOD) | HIGH_OPEN
    return Span(start, stop, flags)


def union(a: Span, b: Span, keep: int = DEFINED) -> Span:
    """Return the hull of two spans; of the flags only those in `keep` that both have survive."""
    if a.flags & EMPTY:
        return Span(b.low, b.high, b.flags & ~GOOD) if not b.flags & EMPTY else NOWHERE
    if b.flags & EMPTY:
        return Span(a.low, a.high, a.flags & ~GOOD)
    low_side = a if a.low < b.low else b
    high_side = a if a.high > b.high else b
    flags = a.flags & b.flags & keep
    low_tie = a.flags & b.flags if a.low == b.low else low_side.flags
    high_tie = a.flags & b.flags if a.high == b.high else high_side.flags
    return Span(
        low_side.low,
        high_side.high,
        flags | (low_tie & LOW_OPEN) | (high_tie & HIGH_OPEN),
    )
