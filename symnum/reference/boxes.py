"""Boxes with exact ends: what callers give, and how a box is cut."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import sympy
from flint import arb, fmpq

from symnum.reference.balls import to_ball
from symnum.reference.spans import (
    GOOD,
    HIGH_OPEN,
    INFINITY,
    LOW_OPEN,
    MINUS_INFINITY,
    OPEN,
    Span,
    down,
    up,
)

__all__ = [
    "Region",
    "as_float",
    "as_fraction",
    "as_region",
    "as_symbolic",
    "bisect",
    "interior",
    "middle",
    "outward",
    "simplest_inside",
    "widest",
]

# Bounds beyond two to this power are not written out as fractions.
LARGEST_EXPONENT = 1 << 12

# A box inside this package: from symbol to the span of its values.
Region = dict[sympy.Symbol, Span]


def as_region(box: Mapping[Any, Any]) -> Region:
    """Return a box with its ends as exact numbers, irrational ends rounded outwards.

    Parameters
    ----------
    box : mapping
        From symbol to (low, high), or to a domain with `low`, `high`, `left_open`, `right_open`.
        Infinite ends are open.

    Returns
    -------
    dict
        From symbol to span.

    Raises
    ------
    TypeError
        Where a key is no symbol, or a side no pair.
    ValueError
        Where an end is no real number, or the low end is above the high one.
    """
    return {_symbol(symbol): _side(symbol, side) for symbol, side in box.items()}


def _symbol(symbol: Any) -> sympy.Symbol:
    if not isinstance(symbol, sympy.Symbol):
        raise TypeError(f"the keys of a box must be symbols, not {symbol!r}")
    return symbol


def _side(symbol: Any, side: Any) -> Span:
    flags = GOOD
    if isinstance(side, tuple | list | sympy.Tuple):
        if len(side) != 2:
            raise TypeError(f"the side of {symbol} must be a pair (low, high), not {side!r}")
        low, high = side
    else:
        try:
            low, high = side.low, side.high
            flags |= LOW_OPEN if getattr(side, "left_open", False) else 0
            flags |= HIGH_OPEN if getattr(side, "right_open", False) else 0
        except AttributeError:
            message = f"the side of {symbol} must be a pair (low, high) or a domain, not {side!r}"
            raise TypeError(message) from None
    first, last = _end(symbol, low, down), _end(symbol, high, up)
    if not first <= last or first == INFINITY or last == MINUS_INFINITY:
        raise ValueError(f"the side of {symbol} must have low <= high, not ({low}, {high})")
    if first == MINUS_INFINITY:
        flags |= LOW_OPEN
    if last == INFINITY:
        flags |= HIGH_OPEN
    return Span(first, last, flags)


def _end(symbol: Any, value: Any, rounding: Any) -> Any:
    ball = to_ball(value, f"an end of the side of {symbol}")
    if isinstance(ball, fmpq):
        return ball
    if not isinstance(ball, arb) or ball.is_nan():
        raise ValueError(f"the ends of the side of {symbol} must be real numbers, not {value}")
    return rounding(ball)


def middle(side: Span, share: fmpq | None = None) -> fmpq:
    """Return a short rational inside a side, near its middle or at a share of its width.

    An infinite side is cut where the magnitude doubles and more, so that a few cuts reach far.
    """
    low_infinite = side.low == MINUS_INFINITY
    high_infinite = side.high == INFINITY
    if low_infinite and high_infinite:
        return fmpq(0)
    if low_infinite or high_infinite:
        end = as_fraction(side.high if low_infinite else side.low)
        step = max(fmpq(1), abs(end) * 3)
        return _short(end - step if low_infinite else end + step, step)
    low, high = as_fraction(side.low), as_fraction(side.high)
    wide = high - low
    inside = _short(low + wide * (fmpq(1, 2) if share is None else share), wide)
    return inside if low < inside < high else (low + high) / 2


def _short(value: fmpq, scale: fmpq) -> fmpq:
    """Return a dyadic number within a small fraction of `scale` of a value."""
    if scale == 0:
        return value
    bits = int(scale.q).bit_length() - int(scale.p).bit_length() + 24
    if bits >= 0:
        return fmpq(_nearest(value * (1 << bits)), 1 << bits)
    return fmpq(_nearest(value / (1 << -bits)) * (1 << -bits))


def _nearest(value: fmpq) -> int:
    return int((value + fmpq(1, 2)).floor())


def as_fraction(end: Any) -> fmpq:
    """Return a finite exact end as a rational."""
    if isinstance(end, fmpq):
        return end
    mantissa, exponent = end.man_exp()
    shift = int(exponent)
    return fmpq(mantissa) * (1 << shift) if shift >= 0 else fmpq(mantissa, 1 << -shift)


def interior(side: Span) -> Span:
    """Return a side without its ends; a single point stays."""
    return side if side.low == side.high else Span(side.low, side.high, side.flags | OPEN)


def simplest_inside(side: Span) -> fmpq | None:
    """Return the rational with the smallest denominator strictly inside a bounded side."""
    if side.low == MINUS_INFINITY or side.high == INFINITY or side.low == side.high:
        return None
    low, high = as_fraction(side.low), as_fraction(side.high)
    if low < 0 < high:
        return fmpq(0)
    if high <= 0:
        return -_simplest(-high, -low)
    return _simplest(low, high)


def _simplest(low: fmpq, high: fmpq) -> fmpq:
    """Return the simplest rational strictly between two non-negative ones (Stern and Brocot)."""
    quotients: list[fmpq] = []
    while True:
        whole = fmpq(low.floor())
        if whole + 1 < high:
            result = whole + 1
            break
        quotients.append(whole)
        low, high = low - whole, high - whole
        if low == 0:
            # Strictly above 0 and below `high`: one over the smallest integer above 1 / high.
            result = 1 / (fmpq((1 / high).floor()) + 1)
            result += quotients.pop()
            break
        low, high = 1 / high, 1 / low
    for quotient in reversed(quotients):
        result = quotient + 1 / result
    return result


def bisect(region: Region, symbol: sympy.Symbol, place: fmpq) -> tuple[Region, Region]:
    """Return the two parts of a region, both with the cut in them."""
    side = region[symbol]
    left = Span(side.low, place, side.flags & ~HIGH_OPEN)
    right = Span(place, side.high, side.flags & ~LOW_OPEN)
    return {**region, symbol: left}, {**region, symbol: right}


def as_symbolic(value: Any) -> sympy.Expr:
    """Return an exact end or a rational as a SymPy number."""
    if isinstance(value, fmpq):
        return sympy.Rational(int(value.p), int(value.q))
    if not value.is_finite():
        return sympy.oo if value > 0 else -sympy.oo
    return as_symbolic(as_fraction(value))


def as_float(end: Any) -> float:
    """Return an exact end as a float, infinite where it is too large."""
    try:
        if isinstance(end, fmpq):
            return int(end.p) / int(end.q)
        if not end.is_finite():
            return math.inf if end > 0 else -math.inf
        mantissa, exponent = end.man_exp()
        return math.ldexp(int(mantissa), max(int(exponent), -1 << 20))
    except OverflowError:
        return math.inf if end > 0 else -math.inf


def outward(end: Any, up: bool) -> sympy.Expr:
    """Return a bound as a SymPy number, rounded outwards where its exponent is gigantic."""
    if isinstance(end, fmpq) or not end.is_finite():
        return as_symbolic(end)
    mantissa, exponent = end.man_exp()
    top = int(exponent) + int(mantissa).bit_length()
    if top > LARGEST_EXPONENT:
        return sympy.oo * sympy.sign(int(mantissa)) if up == (end > 0) else _power(end)
    if top < -LARGEST_EXPONENT:
        return sympy.Integer(0) if up != (end > 0) else _power(end)
    return as_symbolic(end)


def _power(end: Any) -> sympy.Expr:
    """Return the power of two that a gigantic or tiny bound is replaced by, on its inner side."""
    large = bool(abs(end) > 1)
    size = sympy.Integer(2) ** (LARGEST_EXPONENT if large else -LARGEST_EXPONENT)
    return size if end > 0 else -size


def widest(box: Region) -> sympy.Symbol | None:
    """Return the symbol whose side is widest relative to its distance from zero."""
    best, most = None, 0.0
    for symbol, side in box.items():
        if side.low == side.high:
            continue
        wide = as_float(side.high - side.low)
        size = max(abs(as_float(side.low)), abs(as_float(side.high)), 1e-300)
        share = wide if math.isinf(wide) else wide / min(size, 1.0)
        if share > most:
            best, most = symbol, share
    return best
