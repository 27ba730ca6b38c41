from __future__ import annotations

import pytest
import sympy as sp

from symnum.reference import evaluate
from symnum.smoothing.implied import implied_mollifier
from symnum.smoothing.mollifier import U
from symnum.smoothing.mollifier_table import MOLLIFIERS
from symnum.smoothing.regularizers import P, merit, regularizer

x = sp.Symbol("x")


def test_gelu_implies_a_signed_density() -> None:
    gelu = implied_mollifier("x*(1 + erf(x/sqrt(2)))/2", "x")
    assert gelu.signed
    assert gelu.moment(0) == 1
    assert gelu.moment(2) == -1
    (symbol,) = gelu.density.free_symbols
    exact = (2 - symbol**2) * sp.exp(-(symbol**2) / 2) / sp.sqrt(2 * sp.pi)
    assert sp.simplify(gelu.density - exact) == 0


def test_silu_has_a_negative_second_moment() -> None:
    silu = implied_mollifier("x/(1 + exp(-x))", "x")
    assert silu.signed
    assert abs(evaluate(silu.moment(2) + sp.pi**2 / 3, {}, 15)) < 1e-13


@pytest.mark.parametrize(
    ("activation", "name"),
    [
        ("log(1 + exp(x))", "logistic"),
        ("(x + sqrt(x**2 + 1))/2", "student_t2"),
        ("Piecewise((0, x < -1), ((x + 1)**2/4, x < 1), (x, True))", "uniform"),
    ],
)
def test_smoothed_ramps_give_their_mollifier_back(activation: str, name: str) -> None:
    implied = implied_mollifier(activation, "x")
    for at in (sp.Rational(-1, 2), sp.Rational(3, 10)):
        found = evaluate(implied.antiderivative(2), {U: at}, 20)
        assert abs(found - evaluate(MOLLIFIERS[name].antiderivative(2), {U: at}, 20)) < 1e-15
    assert not implied.signed


@pytest.mark.parametrize(
    ("activation", "words"),
    [
        ("sin(x)", "tend to 0 on the left"),
        ("x", "tend to 0 on the left"),
        ("exp(x)", "approach x on the right"),
        ("2*log(1 + exp(x))", "approach x on the right"),
        ("Max(x, 0)", "second derivative"),
        ("a*x", "alone"),
        ("1/(1 + exp(-x))", "approach x on the right"),
    ],
)
def test_refusals(activation: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        implied_mollifier(activation, "x")


CLOSED = [
    "cosine",
    "epanechnikov",
    "gaussian",
    "laplace",
    "logistic",
    "student_t2",
    "triangular",
    "uniform",
]


@pytest.mark.parametrize("name", CLOSED)
def test_the_smoothed_ramp_is_the_conjugate_of_the_regulariser(name: str) -> None:
    mollifier = MOLLIFIERS[name]
    R = regularizer(mollifier)
    for u in (sp.Rational(-3, 5), sp.Integer(0), sp.Rational(3, 10)):
        p = evaluate(mollifier.antiderivative(1), {U: u}, 25)
        ramp = evaluate(mollifier.antiderivative(2), {U: u}, 25)
        assert abs(p * float(u) - evaluate(R, {P: p}, 25) - ramp) < 1e-14
        # The slope of the regulariser is the quantile.
        assert abs(evaluate(R.diff(P), {P: p}, 25) - evaluate(u, {}, 25)) < 1e-14


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("uniform", sp.Rational(1, 8)),
        ("epanechnikov", sp.Rational(9, 64)),
        ("gaussian", 1 / (2 * sp.pi)),
        ("triangular", sp.Rational(1, 6)),
        ("logistic", sp.log(2) / 4),
        ("laplace", sp.Rational(1, 4)),
        ("student_t2", sp.Rational(1, 4)),
    ],
)
def test_merit(name: str, value: sp.Expr) -> None:
    assert abs(evaluate(merit(MOLLIFIERS[name]) - value, {}, 20)) < 1e-18


@pytest.mark.parametrize("name", ["cauchy", "biweight"])
def test_regularisers_that_do_not_exist_or_have_no_closed_form(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        regularizer(MOLLIFIERS[name])
