"""Ranges near the edge of a domain, of Bessel functions and of angles hold the values."""

from __future__ import annotations

import random
from typing import Any

import mpmath
import pytest
import sympy as sp
from flint import fmpq

from symnum.reference.boxes import as_float
from symnum.reference.ranges import RangeFunction
from symnum.reference.spans import CONTINUOUS, DEFINED, Span, contains_zero
from symnum.reference.targets import differentiated

x, y = sp.symbols("x y", real=True)


def number(value: fmpq) -> Any:
    return mpmath.mpf(int(value.p)) / int(value.q)


@pytest.mark.parametrize(
    "expr",
    [
        x * sp.log(x),
        3 * x**2 * sp.log(x) * sp.cos(x),
        sp.sqrt(x) * sp.log(x),
        (x - 1) * sp.log(1 - x),
        (1 - 2 * x) * sp.log(1 - 2 * x) + x,
        x**x,
        sp.besselj(0, x),
        sp.besselj(sp.Rational(1, 3), x),
        sp.bessely(0, x),
        sp.bessely(2, x) - sp.besselj(1, x),
    ],
    ids=str,
)
def test_values_lie_in_the_range(expr: sp.Expr) -> None:
    rng = random.Random(7)
    function, value = RangeFunction(expr), sp.lambdify(x, expr, "mpmath")
    for _ in range(60):
        low = fmpq(rng.choice([0, 0, -10, 10, rng.randint(0, 99)]), 10)
        high = low + fmpq(rng.randint(1, 40), rng.choice([10, 1000]))
        span = function({x: Span(low, high)})
        for share in (0.001, 0.3, 0.5, 0.9, 1.0):
            place = number(low) + share * (number(high) - number(low))
            exact = value(place) if place else mpmath.nan
            if isinstance(exact, mpmath.mpc) or not mpmath.isfinite(exact):
                continue
            rounding = 1e-13 * max(1, abs(exact))  # of the value, which is not rigorous
            assert as_float(span.low) <= exact + rounding
            assert as_float(span.high) >= exact - rounding


def test_what_tends_to_zero_is_bounded() -> None:
    small = Span(fmpq(0), fmpq(1, 10**6))
    span = RangeFunction(x * sp.log(x))({x: small})
    assert -2e-5 < as_float(span.low) < as_float(span.high) == 0.0
    assert not contains_zero(span)
    span = RangeFunction(x**x)({x: small})
    assert 0.9999 < as_float(span.low) < as_float(span.high) == 1.0
    span = RangeFunction((1 - x) * sp.log(1 - x))({x: Span(fmpq(999_999, 10**6), fmpq(1))})
    assert as_float(span.low) > -2e-5


def test_bessel_functions_are_bounded_over_wide_intervals() -> None:
    wide = Span(fmpq(7), fmpq(8))
    for function in (sp.besselj, sp.bessely):
        span = RangeFunction(function(0, x))({x: wide})
        assert -0.6 < as_float(span.low) < as_float(span.high) < 0.6
        assert span.flags & DEFINED
        assert span.flags & CONTINUOUS


def test_an_angle_off_the_cut() -> None:
    span = RangeFunction(sp.atan2(y, x))({x: Span(fmpq(-2), fmpq(-1)), y: Span(fmpq(1), fmpq(2))})
    assert 2.03 < as_float(span.low) < 2.04
    assert 2.67 < as_float(span.high) < 2.68
    assert span.flags & CONTINUOUS


@pytest.mark.parametrize(
    ("expr", "slope"),
    [
        (sp.floor(x), 0),
        (x * sp.sign(x), sp.sign(x)),
        (sp.Mod(x, 3), 1),
        (sp.frac(2 * x), 2),
        (x**2 * sp.Heaviside(x - 1), 2 * x * sp.Heaviside(x - 1)),
        (sp.Abs(x), sp.sign(x)),
    ],
    ids=str,
)
def test_slopes_between_jumps(expr: sp.Expr, slope: Any) -> None:
    assert differentiated(expr, x) == slope
