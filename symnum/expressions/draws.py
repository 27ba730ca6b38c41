"""Random rational numbers between exact ends, with small numerators and denominators."""

from __future__ import annotations

import random
from fractions import Fraction

from sympy import Expr, Rational

from symnum.expressions.exact import fraction_above, fraction_below

LARGEST = 10**6
_DIGITS = 30
_CHOICES = 1000  # below that many the denominator may grow beyond a million


def draw_rational(low: Expr, high: Expr, rng: random.Random) -> Rational:
    """Return a random rational number from ``[low, high]``, which is no point.

    Parameters
    ----------
    low, high : sympy.Expr
        Exact ends, possibly infinite. From an unbounded interval come mostly numbers of order one
        away from its end, at times some far out.
    rng : random.Random
        The source of randomness.

    Returns
    -------
    sympy.Rational
        With numerator and denominator up to ``10**6`` where the interval has enough of these.

    Examples
    --------
    >>> from sympy import pi
    >>> 3 < draw_rational(pi, pi + 1, random.Random(0)) < 5
    True
    """
    if not (low.is_infinite or high.is_infinite):
        return _between(*_bounds(low, high), rng)
    reach = _magnitude(rng)
    if not low.is_infinite:
        start = fraction_above(low, _DIGITS)
        return _between(start + reach / 2, start + reach, rng)
    if not high.is_infinite:
        start = fraction_below(high, _DIGITS)
        return _between(start - reach, start - reach / 2, rng)
    return rng.choice((-1, 1)) * _between(reach / 2, reach, rng)


def _bounds(low: Expr, high: Expr) -> tuple[Fraction, Fraction]:
    digits = _DIGITS
    while True:
        bounds = fraction_above(low, digits), fraction_below(high, digits)
        if bounds[0] < bounds[1]:
            return bounds
        digits *= 2


def _magnitude(rng: random.Random) -> Fraction:
    if rng.random() < 0.5:
        return Fraction(rng.uniform(0.0, 4.0))
    return Fraction(10.0 ** rng.uniform(-2.0, 2.0))


def _between(low: Fraction, high: Fraction, rng: random.Random) -> Rational:
    reach = max(abs(low), abs(high), Fraction(1))
    largest = int(LARGEST / reach)
    needed = int(_CHOICES / (high - low)) + 1
    denominator = rng.randint(needed, largest) if needed < largest else needed
    first, last = -int(-low * denominator // 1), int(high * denominator // 1)
    return Rational(rng.randint(first, last), denominator)
