from __future__ import annotations

import pytest
import sympy as sp

from symnum.reference import evaluate
from symnum.smoothing.mollifiers.implied import implied_mollifier
from symnum.smoothing.mollifiers.mollifier import Mollifier, U
from symnum.smoothing.mollifiers.regularizers import P, merit, regularizer
from symnum.smoothing.mollifiers.table import MOLLIFIERS

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
    assert silu.moment(2) == -(sp.pi**2) / 3
    assert silu.moment(1) == 0
    assert silu.moment(4) == -7 * sp.pi**4 / 5
    assert silu.antiderivative(2).equals(U / (1 + sp.exp(-U)))


def test_mish_implies_a_density_with_numerical_moments() -> None:
    mish = implied_mollifier("x*tanh(log(1 + exp(x)))", "x")
    assert mish.signed
    assert mish.moment(1) == 0
    # E T^2 = 2 int (a(t) - max(t, 0)) dt
    exact = "-2.248734589532017782809278052822053688579"
    assert abs(mish.moment(2) - sp.Float(exact, 40)) < 1e-38


def test_a_density_with_a_mean_has_a_ramp_with_an_offset() -> None:
    implied = implied_mollifier("Piecewise((x + 1, x > 0), (exp(x), True))", "x")
    assert implied.support == (-sp.oo, 0)
    assert [implied.moment(k) for k in range(3)] == [1, -1, 2]


@pytest.mark.parametrize(
    ("density", "moments"),
    [
        ("1/(4*cosh(x/2)**2)", [1, 0, sp.pi**2 / 3]),
        ("6*exp(2*x)/(1 + exp(x))**4", [1, 0, sp.pi**2 / 3 - 2]),
        ("6*exp(-3*x)/(2 + exp(-3*x))**2", [1, -sp.log(2) / 3]),
        ("exp(-x)/(1 - exp(-1))", [1, (1 - 2 * sp.exp(-1)) / (1 - sp.exp(-1))]),
    ],
    ids=str,
)
def test_moments_of_densities_are_exact(density: str, moments: list[sp.Expr]) -> None:
    bounded = density.startswith("exp")
    mollifier = Mollifier(density, support=(0, 1) if bounded else (-sp.oo, sp.oo))
    for k, moment in enumerate(moments):
        assert sp.simplify(mollifier.moment(k) - moment) == 0
    symbol = mollifier.variable
    ramp = mollifier.antiderivative(2)
    assert ramp.free_symbols == {symbol}
    step = mollifier.antiderivative(1)
    at = {symbol: sp.Rational(2, 5)}
    assert abs(evaluate(ramp.diff(symbol) - step, at, 20)) < 1e-18


def test_moments_without_closed_form_have_forty_digits() -> None:
    quartic = Mollifier("2*exp(-x**4)/gamma(1/4)")
    exact = sp.gamma(sp.Rational(3, 4)) / sp.gamma(sp.Rational(1, 4))
    assert abs(quartic.moment(2) - exact).evalf(45) < 1e-39
    assert Mollifier("3/(4*(1 + x**2)**(5/2))").moment(4) == sp.oo


@pytest.mark.parametrize(
    "arguments",
    [
        ("1/(4*cosh(x/2)**2)", (-sp.oo, sp.oo)),
        ("2*t", (0, 1)),
        ("exp(-t)", (0, sp.oo)),
        ("2*exp(2*t)", (-sp.oo, 0)),
    ],
    ids=str,
)
def test_regularisers_of_other_densities(arguments: tuple[str, tuple[sp.Expr, sp.Expr]]) -> None:
    mollifier = Mollifier(arguments[0], support=arguments[1])
    R, p = mollifier.regularizer, sp.Rational(2, 7)
    quantile = evaluate(R.diff(P), {P: p}, 25)
    assert abs(evaluate(mollifier.law.at(1, U), {U: quantile}, 25) - evaluate(p, {}, 25)) < 1e-14


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
        ("Piecewise((x, x > 0), (exp(x) - 1, True))", "tends to -1.0: subtract this offset"),
        ("x*Min(Max(x + 3, 0), 6)/6", "second derivative"),
        ("log(1 + exp(x)) + sin(x**3)/(1 + x**2)", "slope"),
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
    "sech",
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
