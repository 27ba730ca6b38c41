"""Taylor series with balls: every coefficient contains the true one."""

from __future__ import annotations

from typing import Any

import mpmath
import pytest
import sympy as sp
from flint import arb, fmpq

from symnum.approximation.taylor import TaylorFunction
from symnum.errors import UnsupportedNodeError
from symnum.reference import evaluate
from symnum.reference.precision import working_precision

x = sp.Symbol("x")
PLACE = sp.Rational(3, 10)


def contains(ball: arb, value: Any) -> bool:
    """Whether a ball contains a number known to 40 digits."""
    with working_precision(256):
        low, high = ball.lower(), ball.upper()
        near = arb(mpmath.nstr(value, 45)) if value else arb(0)
        room = (abs(near) + arb(10) ** -30) * arb(10) ** -28
        return bool(low <= near + room) and bool(near - room <= high)


@pytest.mark.parametrize(
    "text",
    [
        "exp(x)", "log(1+x)", "sin(x)", "cos(x)", "tan(x)", "cot(x)", "sec(x)", "asin(x)", "acos(x)",
        "atan(x)", "sinh(x)", "cosh(x)", "tanh(x)", "coth(x)", "sech(x)", "asinh(x)", "acosh(2+x)",
        "atanh(x)", "erf(x)", "erfc(x)", "erfi(x)", "gamma(1+x)", "loggamma(1+x)", "besselj(0,x)",
        "sqrt(1+x)", "x**(1/3)", "(1+x)**(-3/2)", "x**x", "2**x", "x**(-3)", "LambertW(x)", "Ei(1+x)",
        "Abs(x-1)", "Max(x, x**2)", "Min(x, 1)", "sign(x)*x", "digamma(1+x)", "1/(1+exp(-5*x))",
        "log(1+exp(x))", "sinc(x)", "Si(x)", "airyai(x)", "fresnels(x)",
    ],
)  # fmt: skip
def test_coefficients(text: str) -> None:
    expr = sp.sympify(text)
    function = TaylorFunction([x], expr)
    prec, terms = 200, 4
    with_point = function.at([arb(fmpq(3, 10)).mid()], prec, terms)
    box = arb(fmpq(3, 10), 0.02)
    over_box = function.at([box], prec, terms)
    for order in range(terms):
        derivative = sp.diff(expr, x, order) / sp.factorial(order)
        if not derivative.has(sp.DiracDelta):
            value = evaluate(derivative.doit(), {x: sp.Rational(0.3)}, 40)
            assert contains(function.at([arb(0.3)], prec, terms)[order], value), order
        if with_point[order].is_finite():
            assert over_box[order].overlaps(with_point[order])
        for shift in (-0.015, 0.01):
            near = function.at([arb(0.3 + shift)], prec, terms)
            if over_box[order].is_finite() and near[order].is_finite():
                assert over_box[order].overlaps(near[order])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("sin(x)/x", 0), ("(exp(x)-1-x)/x**2", 0), ("(log(1+x)-x)/x**2", 0), ("cot(x)-1/x", 0),
        ("1/x - 1/sin(x)", 0), ("(sin(x)-x+x**3/6)/x**5", 0), ("(2**x-1-x*log(2))/x**2", 0),
        ("log(sin(x)/x)/x**2", 0), ("(exp(x)-E)/(x-1)", 1), ("(1-cos(x))/x**2", 0), ("tanh(x)/x", 0),
        ("x/(exp(x)-1)", 0), ("(log((1+x)/(1-x))/x-2)/x**2", 0), ("(x**2-1)/(x-1)", 1),
    ],
)  # fmt: skip
def test_removable_singularities(text: str, place: int) -> None:
    expr = sp.sympify(text)
    function = TaylorFunction([x], expr)
    anchor = function.find_anchor(sp.Integer(place))
    assert anchor is not None
    box = function.beside(anchor, [arb(place, 0.1)], 200, 4)
    for shift in (sp.Rational(-7, 100), sp.Rational(1, 1000), sp.Rational(1, 10)):
        for order in range(4):
            derivative = sp.diff(expr, x, order) / sp.factorial(order)
            value = evaluate(derivative, {x: place + shift}, 45)
            assert contains(box[order], value), (shift, order)
    exact = function.beside(anchor, [arb(place)], 200, 3)
    limit = sp.limit(expr, x, place)
    assert contains(exact[0], evaluate(limit, {}, 45))


@pytest.mark.parametrize("text", ["1/x", "log(x)/x", "1/sin(x)", "exp(x)/x**2", "cot(x)"])
def test_poles_are_no_removable_singularities(text: str) -> None:
    assert TaylorFunction([x], sp.sympify(text)).find_anchor(sp.Integer(0)) is None


def test_a_kink_inside_a_box_leaves_value_and_slope() -> None:
    series = TaylorFunction([x], sp.Abs(x)).at([arb(0, 0.5)], 64, 3)
    assert series[0].contains(0.25)
    assert series[1].contains(-1)
    assert series[1].contains(1)
    assert not series[2].is_finite()


def test_unknown_functions_are_named() -> None:
    with pytest.raises(UnsupportedNodeError, match="floor"):
        TaylorFunction([x], sp.floor(x))
    with pytest.raises(ValueError, match="no value will come for y"):
        TaylorFunction([x], sp.Symbol("y"))
