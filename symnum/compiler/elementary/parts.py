"""Corners, jumps and parts of numbers: exact functions, the same in every format."""

from __future__ import annotations

import math

from symnum.compiler.vectors.operations import (
    absolute,
    ceiling,
    copy_sign,
    floor,
    maximum,
    minimum,
    per_lane,
    select,
)
from symnum.compiler.vectors.values import Vector

__all__ = [
    "absolute",
    "argument",
    "ceiling",
    "conjugate",
    "floor",
    "imaginary_part",
    "loggamma",
    "maximum",
    "minimum",
    "modulo",
    "real_part",
]


def real_part(x: Vector) -> Vector:
    """Return the number itself."""
    return x


def conjugate(x: Vector) -> Vector:
    """Return the number itself."""
    return x


def imaginary_part(x: Vector) -> Vector:
    """Return zero, NaN where the number is none."""
    return x * 0.0


def argument(x: Vector) -> Vector:
    """Return 0 for positive numbers and zero, pi for negative ones."""
    negative = x.bits() < 0
    angle = select(negative, x.of(math.pi), 0.0)
    return select(x.is_nan(), x, angle)


def modulo(x: Vector, y: Vector) -> Vector:
    """Return x - y*floor(x/y) with the sign of the divisor, exact, as NumPy's `mod`."""
    remainder = per_lane("fmod", x, y)
    wrong_sign = (remainder < 0.0) ^ (y < 0.0)
    shifted = select(wrong_sign, remainder + y, remainder)
    # A zero remainder takes the sign of the divisor; that of NaN stays NaN.
    return select(remainder.equals(0.0), copy_sign(remainder, y), shifted)


def loggamma(x: Vector) -> Vector:
    """Return log(gamma(x)) for x > 0, infinity at 0, NaN below."""
    return select(x < 0.0, x * math.nan, per_lane("lgamma", x))
