"""Special functions of the reference layer where the obvious formula is wrong."""

from __future__ import annotations

import math

import mpmath
import pytest
import sympy
from sympy import Rational, symbols

from symnum.reference import enclose, evaluate

x = symbols("x")

# Spherical Bessel functions are even or odd; the square root of a negative number is neither.
SPHERICAL = {
    "j0": (sympy.jn(0, x), sympy.sin(x) / x),
    "j1": (sympy.jn(1, x), sympy.sin(x) / x**2 - sympy.cos(x) / x),
    "j-1": (sympy.jn(-1, x), sympy.cos(x) / x),
    "y0": (sympy.yn(0, x), -sympy.cos(x) / x),
    "y1": (sympy.yn(1, x), -sympy.cos(x) / x**2 - sympy.sin(x) / x),
    "y-1": (sympy.yn(-1, x), sympy.sin(x) / x),
}


@pytest.mark.parametrize("at", [Rational(-5, 2), Rational(5, 2), Rational(-1, 10**6)])
@pytest.mark.parametrize(("function", "closed"), SPHERICAL.values(), ids=SPHERICAL)
def test_spherical_bessel_functions_on_both_sides(function, closed, at):
    value, exact = evaluate(function, {x: at}, 40), evaluate(closed, {x: at}, 60)
    assert abs(value - exact) <= abs(exact) * mpmath.mpf(10) ** -38
    ball = enclose(function, {x: at})
    assert float(ball.mid()) == pytest.approx(float(exact), rel=1e-12)


def test_spherical_bessel_functions_at_zero():
    assert evaluate(sympy.jn(0, x), {x: 0}) == 1
    assert evaluate(sympy.jn(3, x), {x: 0}) == 0


# A sum of a huge and a small number must not round.
UNLIKE = {
    "beta": (sympy.beta(x, 2), lambda t: 1 / (t * (t + 1))),
    "binomial": (sympy.binomial(x, 3), lambda t: t * (t - 1) * (t - 2) / 6),
    "rising": (sympy.rf(x, Rational(1, 2)), lambda t: mpmath.sqrt(t)),
    "falling": (sympy.ff(x, Rational(3, 2)), lambda t: t * mpmath.sqrt(t)),
}


@pytest.mark.parametrize(("function", "expected"), UNLIKE.values(), ids=UNLIKE)
def test_arguments_of_unlike_size(function, expected):
    value = evaluate(function, {x: sympy.Integer(10) ** 60}, 30)
    with mpmath.workdps(70):
        assert abs(value / expected(mpmath.mpf(10) ** 60) - 1) < mpmath.mpf(10) ** -29


def test_poles_of_the_zeta_function_of_two():
    assert math.isnan(evaluate(sympy.zeta(3, x), {x: -(10**8)}, 20))
    assert evaluate(sympy.zeta(3, x), {x: Rational(1, 2)}, 30) == pytest.approx(
        7 * float(mpmath.zeta(3)), rel=1e-15
    )
