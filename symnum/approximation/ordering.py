"""Exact numbers in order: comparisons that round nothing."""

from __future__ import annotations

from functools import cmp_to_key

from flint import arb

__all__ = ["ascending", "binary_exponent"]


def _compare(left: arb, right: arb) -> int:
    return int(bool(left > right)) - int(bool(left < right))


#: Sorts exact balls, such as midpoints and upper ends; also a key for `min` and `max`.
ascending = cmp_to_key(_compare)


def binary_exponent(value: arb) -> int:
    """Return e with 2**(e-1) <= |value| < 2**e for an exact number; far below all for zero."""
    mantissa, exponent = value.mid().man_exp()
    bits = abs(int(mantissa)).bit_length()
    return int(exponent) + bits if bits else -(1 << 60)
