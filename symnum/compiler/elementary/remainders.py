"""The remainder with the sign of the divisor, exact.

With n = trunc(x/y) rounded, x - n y is the remainder or the remainder less y, and a double in both
cases, so that one fused product gives it without error. Lanes where n is too large for a double, or
where an operand is infinite or a divisor zero, are computed by the system's library.
"""

from __future__ import annotations

import math

from symnum.compiler.vectors.operations import (
    absolute,
    copy_sign,
    fma,
    per_lane,
    select,
    truncate,
)
from symnum.compiler.vectors.values import Vector

__all__ = ["modulo"]

# Quotients below are rounded to numbers with a fraction.
LARGEST_QUOTIENT = 2.0**52


def modulo(x: Vector, y: Vector) -> Vector:
    """Return x - y*floor(x/y) with the sign of the divisor, exact, as NumPy's `mod`."""
    remainder = _truncated(x, y) if x.function.target.fused else per_lane("fmod", x, y)
    wrong_sign = (remainder < 0.0) ^ (y < 0.0)
    shifted = select(wrong_sign, remainder + y, remainder)
    # A zero remainder takes the sign of the divisor; that of NaN stays NaN.
    return select(remainder.equals(0.0), copy_sign(remainder, y), shifted)


def _truncated(x: Vector, y: Vector) -> Vector:
    """Return the remainder with the sign of x, as C's fmod."""
    size, divisor = absolute(x), absolute(y)
    quotient = size / divisor
    difference = fma(-truncate(quotient), divisor, size)
    # A quotient that was rounded up to a whole number is one too large.
    whole = select(difference < 0.0, difference + divisor, difference)
    near = copy_sign(whole, x)
    # NaN fails the comparisons, too.
    rare = ~((quotient < LARGEST_QUOTIENT) & (divisor < math.inf))

    def exact(value: Vector) -> list[Vector]:
        computed = per_lane("fmod", select(rare, x, 1.0), select(rare, y, 1.0))
        return [select(rare, computed, value)]

    return x.function.rarely(rare, [near], exact)[0]
