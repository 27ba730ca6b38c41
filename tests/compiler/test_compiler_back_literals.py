"""Exact constants become the nearest number of each type, rounded once."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Integer, Rational, S

from symnum.compiler.literals import literal_value, nearest_double, nearest_single


@pytest.mark.parametrize(
    ("constant", "expected"),
    [
        (Integer(10) ** 40, 1e40),
        (Integer(10) ** 400, math.inf),
        (-(Integer(10) ** 400), -math.inf),
        (Rational(1, 10**400), 0.0),
        (Rational(1, 3), 1 / 3),
        (sympy.pi, math.pi),
        (sympy.sqrt(2), math.sqrt(2)),
        (-sympy.E, -math.e),
        (sympy.Rational("0.1234567890123456789012345"), 0.12345678901234568),
        (sympy.sqrt(10**80 + 1) - 10**40, 5e-41),
        (S.Infinity, math.inf),
        (S.NegativeInfinity, -math.inf),
        (Rational(3, 10**324), 5e-324),
    ],
    ids=lambda value: str(value)[:20],
)
def test_doubles(constant, expected):
    assert literal_value(constant) == expected


def test_nan():
    assert math.isnan(literal_value(S.NaN))


def test_single_precision_is_not_rounded_twice():
    # Just above the middle of two singles; as a double it is the middle, which would go down.
    number = 1 + Rational(1, 2**24) + Rational(1, 2**70)
    assert nearest_double(Fraction(int(number.p), int(number.q))) == 1 + 2.0**-24
    assert literal_value(number, single=True) == np.float32(1 + 2.0**-23)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Fraction(2) ** 128 - Fraction(2) ** 103, math.inf),
        (Fraction(2) ** 128 - Fraction(2) ** 103 - 1, float(np.finfo(np.float32).max)),
        (-(Fraction(10) ** 60), -math.inf),
        (Fraction(1, 2**150), 0.0),
        (Fraction(3, 2**150), 2.0**-148),
        (Fraction(1, 2**150) + Fraction(1, 2**400), 2.0**-149),
    ],
    ids=["overflow tie", "largest", "far", "tie to zero", "tie to even", "above the tie"],
)
def test_ends_of_the_single_range(number, expected):
    assert nearest_single(number) == expected


@given(st.fractions())
def test_nearest_numbers_are_nearest(number):
    single = np.float32(nearest_single(number))
    for neighbour in (np.nextafter(single, np.float32(s)) for s in (-np.inf, np.inf)):
        distance = abs(Fraction(float(single)) - number)
        assert distance <= abs(Fraction(float(neighbour)) - number)
    assert nearest_double(number) == number.numerator / number.denominator
