"""The distance between a float and an exact value, in units in the last place."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

__all__ = ["ulp_distance"]

# Bits of the significand, exponent of the largest binade, exponent of the smallest subnormal.
FORMATS: dict[type, tuple[int, int, int]] = {
    np.float32: (24, 127, -149),
    float: (53, 1023, -1074),
}


def ulp_distance(value: float | np.floating[Any], exact: Any) -> float:
    """Return how far a float is from the exact value, in spacings of the floats at that value.

    The spacing is that of the binade in which the exact value lies, and at least the smallest
    subnormal.

    Parameters
    ----------
    value : float, numpy.float64 or numpy.float32
        What was computed; its type decides the format.
    exact : mpmath.mpf, int, float or Fraction
        What is right.

    Returns
    -------
    float
        0.0 where both are nan, or where the exact value, rounded to the format, is the same
        infinity; inf where only one of the two is nan or infinite after rounding.

    Raises
    ------
    TypeError
        Where `value` is no float of these formats, or `exact` is no real number.

    Examples
    --------
    >>> ulp_distance(1.0 + 2**-51, 1)
    2.0
    """
    if not isinstance(value, float | np.float32):
        raise TypeError(f"value must be a double or a single, not {type(value).__name__}")
    bits, largest, smallest = FORMATS[np.float32 if isinstance(value, np.float32) else float]
    target = _target(exact, largest)
    if isinstance(target, float):
        same = math.isnan(value) if math.isnan(target) else float(value) == target
        return 0.0 if same else math.inf
    # Halfway above the largest float: from there on the exact value rounds to infinity.
    if abs(target) >= Fraction(2) ** largest * (2 - Fraction(1, 2**bits)):
        return 0.0 if math.isinf(value) and (value > 0) == (target > 0) else math.inf
    if not math.isfinite(value):
        return math.inf
    spacing = Fraction(2) ** max(_binade(target) - bits + 1, smallest)
    return float(abs(Fraction(float(value)) - target) / spacing)


def _target(exact: Any, largest: int) -> Fraction | float:
    """Return the exact value as a Fraction; a float where it is nan, or infinite in any format."""
    if isinstance(exact, int | Fraction) and not isinstance(exact, bool):
        return Fraction(exact)
    if isinstance(exact, float):
        return Fraction(exact) if math.isfinite(exact) else exact
    raw = getattr(exact, "_mpf_", None)
    if raw is None:
        raise TypeError(f"exact must be a real number, not {type(exact).__name__}: {exact!r}")
    sign, mantissa, exponent, length = raw
    if not mantissa:
        return Fraction(0) if not exponent else float(mpmath.mpf(exact))
    # Far outside of the format the exact number, as a Fraction, could be gigantic.
    if exponent + length > 2 * largest:
        return -math.inf if sign else math.inf
    if exponent + length < -4 * largest:
        return Fraction(0)
    size = Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return -size if sign else size


def _binade(target: Fraction) -> int:
    """Return n with 2**n <= |target| < 2**(n + 1); very small for zero."""
    if not target:
        return -(1 << 20)
    size = abs(target)
    guess = size.numerator.bit_length() - size.denominator.bit_length()
    return guess if size >= Fraction(2) ** guess else guess - 1
