"""Intervals of floats, many at a time, rounded outwards: what a search over boxes computes with.

Sums, products, quotients and square roots of doubles are rounded correctly, so that one step to the
next double outwards holds the exact result. Whatever is not finite counts as unbounded.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from symnum.reference.spans import EMPTY, GOOD

__all__ = [
    "Intervals",
    "added",
    "constant",
    "hull_of_floats",
    "integer_power",
    "inverted",
    "multiplied",
    "square_root",
    "step_down",
    "step_up",
]

Floats = NDArray[np.float64]
Flags = NDArray[np.uint8]


class Intervals(NamedTuple):
    """One interval for each box, with what is known of the function there.

    Attributes
    ----------
    low, high : ndarray
        All values lie between them.
    flags : ndarray
        ``DEFINED``, ``CONTINUOUS`` and ``EMPTY`` of `symnum.reference.spans`.
    """

    low: Floats
    high: Floats
    flags: Flags

    @property
    def may_vanish(self) -> NDArray[np.bool_]:
        """Where 0 may be among the values."""
        inside = (self.low <= 0.0) & (self.high >= 0.0)
        return np.asarray(inside & (self.flags & EMPTY == 0))


def step_down(values: Floats) -> Floats:
    """Return the next doubles below."""
    return np.nextafter(values, -np.inf)


def step_up(values: Floats) -> Floats:
    """Return the next doubles above."""
    return np.nextafter(values, np.inf)


def hull_of_floats(low: Floats, high: Floats, flags: Flags) -> Intervals:
    """Return intervals; unbounded where an end is not a number, empty where nothing is defined."""
    low = np.where(np.isnan(low), -np.inf, low)
    high = np.where(np.isnan(high), np.inf, high)
    unbounded = np.isinf(low) | np.isinf(high)
    return Intervals(low, high, np.where(unbounded, flags & ~np.uint8(GOOD), flags))


def constant(low: float, high: float, count: int, flags: int = GOOD) -> Intervals:
    """Return the same interval for each box."""
    shape = (count,)
    return Intervals(np.full(shape, low), np.full(shape, high), np.full(shape, flags, np.uint8))


def added(a: Intervals, b: Intervals) -> Intervals:
    """Return the values a + b."""
    low, error = _sum(a.low, b.low)
    high, excess = _sum(a.high, b.high)
    low = np.where(error >= 0.0, low, step_down(low))
    high = np.where(excess <= 0.0, high, step_up(high))
    return hull_of_floats(low, high, _both(a.flags, b.flags))


def _sum(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return rounded sums and their errors (Knuth); the error is nan after an overflow."""
    total = x + y
    part = total - x
    return total, (x - (total - part)) + (y - part)


def _both(a: Flags, b: Flags) -> Flags:
    return np.asarray((a & b & GOOD) | ((a | b) & EMPTY), np.uint8)


def multiplied(a: Intervals, b: Intervals) -> Intervals:
    """Return the values a * b."""
    corners = [_product(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    low = np.minimum.reduce([down for down, _ in corners])
    high = np.maximum.reduce([up for _, up in corners])
    return hull_of_floats(low, high, _both(a.flags, b.flags))


def _product(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return doubles below and above the products; 0 times anything is exactly 0."""
    zero = (x == 0.0) | (y == 0.0)
    value = np.where(zero, 0.0, x * y)
    return np.where(zero, 0.0, step_down(value)), np.where(zero, 0.0, step_up(value))


def inverted(a: Intervals) -> Intervals:
    """Return the values 1 / a, where a is not 0."""
    through = (a.low <= 0.0) & (a.high >= 0.0)
    low = np.where(a.high == 0.0, -np.inf, step_down(1.0 / a.high))
    high = np.where(a.low == 0.0, np.inf, step_up(1.0 / a.low))
    low = np.where(through & (a.low < 0.0), -np.inf, low)
    high = np.where(through & (a.high > 0.0), np.inf, high)
    return hull_of_floats(low, high, np.where(through, a.flags & EMPTY, a.flags))


def integer_power(a: Intervals, exponent: int) -> Intervals:
    """Return the values a**n; an even power is a true square, never negative."""
    if exponent < 0:
        return inverted(integer_power(a, -exponent))
    if exponent == 0:
        return Intervals(np.ones_like(a.low), np.ones_like(a.high), a.flags)
    sizes = np.abs(a.low), np.abs(a.high)
    if exponent % 2:
        low = _signed_power(a.low, sizes[0], exponent, up=False)
        high = _signed_power(a.high, sizes[1], exponent, up=True)
        return hull_of_floats(low, high, a.flags)
    through = (a.low <= 0.0) & (a.high >= 0.0)
    least = np.where(through, 0.0, np.minimum(*sizes))
    low = _power(least, exponent, up=False)
    return hull_of_floats(low, _power(np.maximum(*sizes), exponent, up=True), a.flags)


def _signed_power(ends: Floats, sizes: Floats, exponent: int, *, up: bool) -> Floats:
    outer, inner = _power(sizes, exponent, up=True), _power(sizes, exponent, up=False)
    return np.where(ends < 0.0, -inner if up else -outer, outer if up else inner)


def _power(sizes: Floats, exponent: int, *, up: bool) -> Floats:
    """Return bounds of the powers of numbers that are not negative."""
    side = 1 if up else 0
    result, square = np.ones_like(sizes), sizes
    while exponent:
        if exponent & 1:
            result = square if np.all(result == 1.0) else _product(result, square)[side]
        exponent >>= 1
        if exponent:
            square = _product(square, square)[side]
    return result


def square_root(a: Intervals) -> Intervals:
    """Return the values sqrt(a), where a is not negative."""
    low = np.sqrt(np.maximum(a.low, 0.0))
    low = np.where(low > 0.0, step_down(low), 0.0)
    high = np.sqrt(np.maximum(a.high, 0.0))
    high = np.where(high > 0.0, step_up(high), 0.0)
    flags = np.where(a.low < 0.0, a.flags & EMPTY, a.flags)
    flags = np.where(a.high < 0.0, np.uint8(EMPTY), flags)
    return hull_of_floats(low, high, np.asarray(flags, np.uint8))
