"""Polynomials evaluated so that fewer products follow one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from symnum.compiler.vectors.operations import fma
from symnum.compiler.vectors.values import Vector

__all__ = ["paired_polynomial"]


def paired_polynomial(x: Vector, coefficients: Sequence[float]) -> Vector:
    """Return the polynomial with these coefficients, the constant first, by pairs of terms."""
    terms = [x.of(coefficient) for coefficient in coefficients]
    power = x
    while len(terms) > 1:
        pairs = zip(terms[0::2], terms[1::2], strict=False)
        joined = [fma(power, upper, lower) for lower, upper in pairs]
        terms = [*joined, terms[-1]] if len(terms) % 2 else joined
        power = power * power if len(terms) > 1 else power
    return terms[0]
