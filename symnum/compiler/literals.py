"""Exact constants as floating-point numbers: each is rounded once, to the type of the kernel.

SymPy's own printers give 15 digits, which in an exponential can cost thousands of units in the
last place; `repr` of the nearest double gives the double back.
"""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
from sympy import Expr, Rational

from symnum.compiler.constants import numeric_constant

__all__ = ["literal_value", "nearest_double", "nearest_single"]

# Binary digits of the value that is rounded: far more than those of a double, so that rounding
# twice cannot matter for an irrational number. Rational numbers are rounded directly.
PRECISION = 400

# Beyond these binary exponents a number is infinite or zero in every format.
LARGEST_EXPONENT = 1100
SMALLEST_EXPONENT = -1200


def nearest_double(number: Fraction) -> float:
    """Return the double nearest to a rational number, ties to even.

    Examples
    --------
    >>> nearest_double(Fraction(1, 10)) == 0.1
    True
    """
    try:
        return number.numerator / number.denominator
    except OverflowError:
        return _signed(math.inf, number)


def nearest_single(number: Fraction) -> float:
    """Return the single-precision number nearest to a rational number, ties to even.

    Rounding to double first and then to single could round a tie the wrong way.

    Examples
    --------
    >>> nearest_single(Fraction(1, 10))
    0.10000000149011612
    """
    with np.errstate(all="ignore"):
        guess = np.float32(nearest_double(number))
        if not np.isfinite(guess):
            # Half a unit beyond the largest number is where rounding gives infinity.
            return _signed(_single_or_infinity(abs(number)), number)
        candidates = [
            guess,
            np.nextafter(guess, np.float32(np.inf)),
            np.nextafter(guess, -np.float32(np.inf)),
        ]
    finite = [value for value in candidates if np.isfinite(value)]
    best = min(finite, key=lambda value: (abs(Fraction(float(value)) - number), _is_odd(value)))
    return _signed(abs(float(best)), number)


def _signed(magnitude: float, number: Fraction) -> float:
    return -magnitude if number < 0 else magnitude


def _single_or_infinity(magnitude: Fraction) -> float:
    largest = float(np.finfo(np.float32).max)
    return largest if magnitude < Fraction(largest) + Fraction(2) ** 103 else math.inf


def _is_odd(value: np.float32) -> bool:
    return bool(value.view(np.uint32) & 1)


def literal_value(constant: Expr, single: bool = False) -> float:
    """Return a real exact constant, rounded once to double or single precision.

    Parameters
    ----------
    constant : Expr
        What a `constant` node of a real program holds.
    single : bool
        Whether to round to single precision.

    Examples
    --------
    >>> literal_value(Rational(1, 3)), literal_value(Rational(1, 3), single=True)
    (0.3333333333333333, 0.3333333432674408)
    """
    return _rounded(_exact_value(constant), single)


def _rounded(part: Fraction | float, single: bool) -> float:
    if isinstance(part, Fraction):
        return nearest_single(part) if single else nearest_double(part)
    return part


def _exact_value(constant: Expr) -> Fraction | float:
    if isinstance(constant, Rational):
        return Fraction(int(constant.p), int(constant.q))
    context = mpmath.MPContext()
    context.prec = PRECISION
    return _exact(numeric_constant(constant, context), context)


def _exact(value: mpmath.mpf, context: mpmath.MPContext) -> Fraction | float:
    """Return a finite value exactly; what is out of every range, as infinity or zero."""
    if context.isnan(value) or context.isinf(value):
        return float(value)
    if value == 0:
        return Fraction(0)
    magnitude = context.mag(value)
    if magnitude > LARGEST_EXPONENT:
        return math.copysign(math.inf, context.sign(value))
    if magnitude < SMALLEST_EXPONENT:
        return math.copysign(0.0, context.sign(value))
    sign, mantissa, exponent, _ = value._mpf_
    return Fraction(-int(mantissa) if sign else int(mantissa)) * Fraction(2) ** int(exponent)
