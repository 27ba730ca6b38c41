"""Corners, jumps and parts of numbers: exact functions, the same in every format."""

from __future__ import annotations

import math

from symnum.compiler.vectors.operations import (
    absolute,
    ceiling,
    floor,
    maximum,
    minimum,
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
    "maximum",
    "minimum",
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
