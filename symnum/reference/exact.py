"""Exact rationals: what both machines keep exact as long as it stays short."""

from __future__ import annotations

from typing import Any

import sympy
from flint import fmpq, fmpz

__all__ = [
    "EXACT_BITS",
    "IMAGINARY",
    "POLE",
    "REAL",
    "WHOLE",
    "exact_power",
    "exact_root",
    "leaf_rational",
    "raw_rational",
]

# Rationals longer than this are rounded: exactness is for deciding, not for growing.
EXACT_BITS = 16_384
# What can be known to be exactly zero of the value at a position: all of it, or one part. The
# decisions of a vertex, such as the sign of its operand, have slots 0, 1, ...
WHOLE, REAL, IMAGINARY = -1, -2, -3
# The slot of a pole that a rounded argument may have hit by accident.
POLE = 8


def raw_rational(raw: Any) -> fmpq | None:
    """Return a finite mpmath number, given as its raw tuple, as a rational.

    Returns None for an infinity, nan, and where the exponent is so large that the rational would
    be too long.
    """
    sign, mantissa, exponent, _ = raw
    if not mantissa:
        return None if exponent else fmpq(0)
    if abs(exponent) > EXACT_BITS:
        return None
    signed = fmpz(int(-mantissa if sign else mantissa))
    scale = fmpz(1) << abs(exponent)
    return fmpq(signed * scale) if exponent >= 0 else fmpq(signed, scale)


def leaf_rational(leaf: Any) -> fmpq | None:
    """Return a SymPy Rational or Float as the rational that it is; None as in `raw_rational`."""
    if isinstance(leaf, sympy.Rational):
        return fmpq(int(leaf.p), int(leaf.q))
    return raw_rational(leaf._mpf_)


def exact_power(base: fmpq, exponent: fmpq) -> fmpq | None:
    """Return the power of a rational where it is a rational again and not too long, else None."""
    if exponent == 0:
        return fmpq(1)
    if base == 0:
        return fmpq(0) if exponent > 0 else None
    numerator, degree = int(exponent.p), int(exponent.q)
    root: fmpq | None = base
    if degree > 1:
        root = exact_root(base, degree) if base > 0 and degree <= 64 else None
    if root is None or abs(numerator) * root.height_bits() > EXACT_BITS:
        return None
    return root**numerator


def exact_root(value: fmpq, degree: int) -> fmpq | None:
    """Return the root of a positive rational where it is rational."""
    numerator, denominator = (fmpz(int(part)).root(degree) for part in (value.p, value.q))
    candidate = fmpq(numerator, denominator)
    return candidate if candidate**degree == value else None
