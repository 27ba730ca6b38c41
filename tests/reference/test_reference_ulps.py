"""Distances in units in the last place, at every kind of float."""

from __future__ import annotations

import math
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from symnum.reference import ulp_distance

MAX = float(np.finfo(np.float64).max)
INF = math.inf

# computed, exact, distance
ROWS = {
    "right": (1.0, 1, 0.0),
    "one above one": (1.0 + 2**-52, 1, 1.0),
    "half below one": (1.0, 1 - Fraction(1, 2**54), 0.5),
    "spacing of the exact value": (1.0, Fraction(2**54 - 1, 2**54), 0.5),
    "third": (1 / 3, Fraction(1, 3), float(abs(Fraction(1 / 3) - Fraction(1, 3)) * 2**54)),
    "negative": (-2.0, -2 - Fraction(1, 2**51), 1.0),
    "subnormal": (5e-324, 0, 1.0),
    "subnormal exact": (0.0, mpmath.mpf(2) ** -1075, 0.5),
    "far below": (0.0, mpmath.mpf(10) ** -100_000, 0.0),
    "zero": (0.0, 0, 0.0),
    "negative zero": (-0.0, 0, 0.0),
    "overflow is right": (INF, mpmath.mpf(10) ** 400, 0.0),
    "gigantic": (INF, mpmath.mpf(10) ** 10**9, 0.0),
    "overflow has a sign": (-INF, mpmath.mpf(10) ** 400, INF),
    "largest": (MAX, 2**1024 - 2**971, 0.0),
    "rounds to largest": (MAX, 2**1024 - 2**970 - 1, 0.5),
    "rounds to infinity": (INF, 2**1024 - 2**970, 0.0),
    "too early infinite": (INF, 2**1024 - 2**971, INF),
    "nan where nan": (math.nan, mpmath.nan, 0.0),
    "nan": (math.nan, 1, INF),
    "number where nan": (1.0, mpmath.nan, INF),
    "infinite where infinite": (INF, mpmath.inf, 0.0),
    "wrong infinity": (-INF, mpmath.inf, INF),
    "single": (np.float32(1.0) + np.float32(2**-23), 1, 1.0),
    "single subnormal": (np.float32(1e-45), 0, 1.0),
    "single overflow": (np.float32(INF), 1e39, 0.0),
    "numpy double": (np.float64(1.0), 1.0, 0.0),
}


@pytest.mark.parametrize(("value", "exact", "distance"), ROWS.values(), ids=ROWS)
def test_rows(value, exact, distance):
    assert ulp_distance(value, exact) == pytest.approx(distance, rel=1e-9)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_neighbour_is_at_most_one_away(value):
    above = math.nextafter(value, INF)
    if math.isfinite(above):
        assert 0.5 <= ulp_distance(above, value) <= 1.0


@pytest.mark.parametrize(
    ("value", "exact", "message"),
    [
        (1, 1, "value must be a double or a single, not int"),
        (np.float16(1), 1, "not float16"),
        (1.0, mpmath.mpc(1, 1), "exact must be a real number, not mpc"),
        (1.0, "1", "exact must be a real number, not str"),
        (1.0, True, "exact must be a real number, not bool"),
    ],
    ids=["int", "half", "complex", "text", "bool"],
)
def test_misuse(value, exact, message):
    with pytest.raises(TypeError, match=message):
        ulp_distance(value, exact)
