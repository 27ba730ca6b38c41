"""Diagonal Padé approximants: series whose sums are known, and series on which a table breaks."""

from __future__ import annotations

from fractions import Fraction

import flint
import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.homotopy.acceleration import (
    diagonal_pade,
    diagonal_sequence,
    pade_polynomials,
    steadiest_pade,
)

SUMS = [
    ("geometric", [Fraction(-2) ** n for n in range(5)], Fraction(1, 3)),
    ("geometric, too many terms", [Fraction(-2) ** n for n in range(12)], Fraction(1, 3)),
    ("finite", [Fraction(1), Fraction(2), Fraction(0), Fraction(0), Fraction(0)], Fraction(3)),
    ("one term", [Fraction(7)], Fraction(7)),
    ("even powers", [Fraction((n + 1) % 2 * (-3) ** (n // 2)) for n in range(9)], Fraction(1, 4)),
    ("zero", [Fraction(0)] * 4, Fraction(0)),
    # 1 + x**2/(1 - x) with a zero that breaks the table: [2/2] is exact.
    ("gap", [Fraction(1), Fraction(0), *[Fraction(-1, 2) ** n for n in range(2, 9)]], None),
]


@pytest.mark.parametrize(("name", "terms", "value"), SUMS, ids=[row[0] for row in SUMS])
def test_rational_functions_are_summed_exactly(
    name: str, terms: list[Fraction], value: Fraction | None
) -> None:
    if value is None:
        value = 1 + Fraction(1, 4) / (1 + Fraction(1, 2))
    total = diagonal_pade(terms)
    assert abs(total - total.context.mpf(value.numerator) / value.denominator) < 1e-40


def test_a_slowly_convergent_series_is_accelerated() -> None:
    total = diagonal_pade([Fraction((-1) ** n, n + 1) for n in range(41)])
    assert abs(total - mpmath.mp.clone().log(2)) < 1e-15
    context = total.context
    assert abs(total - context.log(2)) < 1e-28


def test_noise_is_not_extrapolated() -> None:
    terms = [(-0.5) ** n / (n + 1) + 1e-17 * (-1) ** (n // 2) for n in range(60)]
    value = steadiest_pade(terms)
    assert abs(value - 2 * value.context.log(value.context.mpf(3) / 2)) < 1e-15


small = st.fractions(min_value=-3, max_value=3, max_denominator=5)


@settings(max_examples=15)
@given(st.lists(small, min_size=1, max_size=9))
def test_numerator_and_denominator_match_the_series(terms: list[Fraction]) -> None:
    numerator, denominator = pade_polynomials(terms)
    used = terms[: len(terms) - 1 + len(terms) % 2]
    half = len(used) // 2
    series = flint.fmpq_poly([flint.fmpq(t.numerator, t.denominator) for t in used])
    assert max(numerator.degree(), denominator.degree()) <= half
    difference = (denominator * series - numerator).coeffs()
    assert not any(difference[: len(used)])


@settings(max_examples=15)
@given(st.lists(small, min_size=3, max_size=9))
def test_the_table_and_euclid_agree(terms: list[Fraction]) -> None:
    numerator, denominator = pade_polynomials(terms)
    one = flint.fmpq(1)
    if denominator(one) == 0 or denominator(flint.fmpq(0)) == 0:
        return
    exact = numerator(one) / denominator(one)
    total = diagonal_sequence(terms)[-1]
    expected = total.context.mpf(int(exact.p)) / int(exact.q)
    assert abs(total - expected) <= 1e-25 * (1 + abs(expected))
