"""Sums and products in two parts, and polynomials, as the elementary functions use them."""

from __future__ import annotations

from collections.abc import Sequence

from symnum.compiler.vectors.operations import fma, multiply_add
from symnum.compiler.vectors.values import Operand, Vector

__all__ = [
    "fast_two_sum",
    "has_register_tables",
    "paired_polynomial",
    "polynomial",
    "two_product",
    "two_sum",
]


def has_register_tables(x: Vector) -> bool:
    """Return whether tables of 16 doubles cost no more than arithmetic does."""
    return x.function.target.has("avx512f")


def polynomial(x: Vector, coefficients: Sequence[float]) -> Vector:
    """Return the polynomial with these coefficients, the constant first."""
    return _nested(x, [x.of(coefficient) for coefficient in coefficients])


def paired_polynomial(x: Vector, coefficients: Sequence[float]) -> Vector:
    """Return the polynomial by pairs of terms: more products, but fewer one after the other."""
    terms: list[Vector] = [x.of(coefficient) for coefficient in coefficients]
    power = x
    while len(terms) > 3:
        pairs = zip(terms[0::2], terms[1::2], strict=False)
        joined = [multiply_add(power, upper, lower) for lower, upper in pairs]
        terms = [*joined, terms[-1]] if len(terms) % 2 else joined
        power = power * power
    return _nested(power, terms)


def _nested(x: Vector, terms: Sequence[Vector]) -> Vector:
    total = terms[-1]
    for term in reversed(terms[:-1]):
        total = multiply_add(total, x, term)
    return total


def fast_two_sum(a: Vector, b: Vector) -> tuple[Vector, Vector]:
    """Return the rounded sum and its error, where abs(a) >= abs(b) or a = 0."""
    total = a + b
    return total, (a - total) + b


def two_sum(a: Vector, b: Operand) -> tuple[Vector, Vector]:
    """Return the rounded sum and its error."""
    other = a.of(b)
    total = a + other
    moved = total - other
    return total, (a - moved) + (other - (total - moved))


def two_product(a: Vector, b: Operand) -> tuple[Vector, Vector]:
    """Return the rounded product and its error, where nothing overflows or vanishes."""
    product = a * b
    return product, fma(a, b, -product)
