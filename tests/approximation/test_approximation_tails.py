"""Unbounded intervals: what expressions approach, how far from it they are, and the fits."""

from __future__ import annotations

from typing import Any

import mpmath
import pytest
import sympy as sp

from symnum.approximation import Minimax, NoBestApproximation, minimax
from symnum.approximation.tail_bounds import bound_beyond
from symnum.approximation.tail_forms import tail_of
from symnum.reference import evaluate

x, a, b = sp.symbols("x a b")
t = sp.Dummy("t", positive=True)
GELU = "x*erfc(-x/sqrt(2))/2"
K = "17/10"


@pytest.mark.parametrize(
    ("text", "sign", "line"),
    [
        (GELU, 1, t),
        (GELU, -1, 0),
        ("x*(1+erf(x/sqrt(2)))/2", 1, t),
        (f"x/(1+exp(-{K}*x))", 1, t),
        (f"x/(1+exp(-{K}*x))", -1, 0),
        (f"x/2*(1+tanh(sqrt(2/pi)*(x+{K}*x**3)))", 1, t),
        (f"x/2*(1+tanh(sqrt(2/pi)*(x+{K}*x**3)))", -1, 0),
        ("x/2*(1+tanh(x-x**5))", 1, 0),
        ("log(1+exp(x))", 1, t),
        ("log(1+exp(x))", -1, 0),
        ("log(2*cosh(x))", -1, t),
        (f"(x+sqrt(x**2+{K}))/2", 1, t),
        ("sqrt(x**2+x+1)", -1, t - sp.Rational(1, 2)),
        (f"sech({K}*x)", -1, 0),
        (f"1/cosh({K}*x)", 1, 0),
        ("coth(x)", -1, -1),
        ("sqrt(1-exp(-x**2*(4/pi+x**2)/(1+x**2)))", 1, 1),
        ("atan(x)", -1, -sp.pi / 2),
        ("x/sqrt(3+x**2)", 1, 1),
        ("x**2/(1+x)", 1, t - 1),
        ("x*tanh(log(1+exp(x)))", 1, t),
        ("x*tanh(log(1+exp(x)))", -1, 0),
        ("tanh(x)**3*x", 1, t),
        ("erf(x)**2", -1, 1),
        ("exp(-sqrt(x**2+1))", 1, 0),
        ("1/(2+exp(x)+exp(-x))", -1, 0),
        ("Abs(x)/(1+Abs(x))", -1, 1),
    ],
)
def test_lines_and_bounds_of_tails(text: str, sign: int, line: Any) -> None:
    expr = sp.sympify(text).subs(x, sign * t)
    tail = tail_of(expr, t)
    assert tail is not None
    assert sp.simplify(tail.line - line) == 0
    for start in (6, 11):
        bound = sum(bound_beyond(term, t, sp.Integer(start)) for term in tail.rest)
        assert bound < mpmath.inf
        for place in (start, start + sp.Rational(1, 3), 3 * start):
            away = abs(evaluate(expr - line, {t: sp.sympify(place)}, 30))
            assert away <= bound * (1 + mpmath.mpf(10) ** -12), (start, place)


@pytest.mark.parametrize("text", ["exp(x)", "x*sin(x)", "log(x)", "x**2", "gamma(x)", "exp(-2*x)"])
def test_what_approaches_no_line(text: str) -> None:
    tail = tail_of(sp.sympify(text).subs(x, -t if "-2" in text else t), t)
    assert tail is None or sp.degree(tail.line, t) > 1


@pytest.mark.parametrize(
    ("form", "params", "error"),
    [
        ("x/(1+exp(-a*x))", [a], "0.01392224"),
        ("x/2*(1+tanh(sqrt(2/pi)*(x+a*x**3)))", [a], "0.0003874187"),
        ("x/2*(1+tanh(a*x+b*x**3))", [a, b], "0.0002707274"),
    ],
    ids=["logistic", "tanh", "tanh-2"],
)
def test_the_best_constants_of_gelu_hold_on_the_whole_line(
    form: str, params: list[sp.Symbol], error: str
) -> None:
    line = minimax(GELU, x, (-sp.oo, sp.oo), form=form, params=params)
    half = minimax(GELU, x, (0, sp.oo), form=form, params=params)
    for symbol in params:
        assert abs(mpmath.fsub(line.params[symbol], half.params[symbol], exact=True)) < 1e-28
    assert mpmath.nstr(line.error, 12).startswith(error)
    for fit in (line, half):
        low, high = fit.error_bounds
        assert low <= fit.error <= high <= low * (1 + 1e-10)
        assert "prove optimality" in fit.certificate
        assert any("holds on" in note and "proved" in note for note in fit.notes)
    beyond = [evaluate(line.target - line.exact_expr, {x: v}, 20) for v in (-30, -9, 8.5, 12, 100)]
    assert max(map(abs, beyond)) < line.error_bounds[0]


def test_an_error_that_is_largest_at_infinity() -> None:
    # With u = exp(-x) this is u among a + b*u**2 on (0, 1].
    fit = minimax("exp(-x)", x, (0, sp.oo), form="a+b*exp(-2*x)", params=[a, b])
    assert abs(fit.error - mpmath.mpf(1) / 8) < 1e-28
    assert abs(fit.params[a] - mpmath.mpf(1) / 8) < 1e-28
    assert fit.error_bounds[0] <= mpmath.mpf(1) / 8 <= fit.error_bounds[1]
    assert any("again at infinity" in note for note in fit.notes)


def test_a_member_on_a_half_line() -> None:
    fit = minimax("exp(-3*x)", x, (0, sp.oo), form="exp(-a*x)", params=[a])
    assert fit.error == 0
    assert fit.error_bounds[1] < 1e-25
    assert abs(fit.params[a] - 3) < 1e-25


def test_intervals_that_begin_far_left_or_end_at_zero() -> None:
    left: Minimax = minimax("exp(x)", x, (-sp.oo, 0), form="1/(1-a*x)", params=[a])
    right = minimax("exp(-x)", x, (0, sp.oo), form="1/(1+a*x)", params=[a])
    assert abs(left.params[a] / right.params[a] - 1) < 1e-14
    far = minimax("1/(1+exp(-x))", x, (-50, sp.oo), form="1/2+atan(a*x)/pi", params=[a], digits=8)
    assert far.interval[0] == -50
    assert far.interval[1] >= 8


def test_a_steep_target_and_members_with_poles_between_the_points() -> None:
    # For a < 0 the form has a pole, which no list of points shows where a is large.
    fit = minimax("exp(-100*x)", x, (0, sp.oo), form="1/(1+a*x)**2", params=[a], digits=12)
    slow = minimax("exp(-x)", x, (0, 8), form="1/(1+a*x)**2", params=[a], digits=12)
    assert abs(fit.params[a] / (100 * slow.params[a]) - 1) < 1e-11
    assert fit.params[a] > 0


@pytest.mark.parametrize(
    ("target", "form", "words"),
    [
        ("log(1+exp(x))", "a*x", "approaches x, the fit"),
        ("exp(x)", "a*x", "approaches no line"),
        ("atan(x)", "a*tanh(x)", "no bound of the error"),
    ],
)
def test_fits_that_drift_away_are_refused(target: str, form: str, words: str) -> None:
    with pytest.raises(NoBestApproximation, match=words):
        minimax(target, x, (0, sp.oo), form=form, params=[a], digits=8)
