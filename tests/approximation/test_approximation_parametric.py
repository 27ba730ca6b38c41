"""Families given by an expression: the constants of well-known formulas, symmetry, proofs."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.approximation import NoBestApproximation, minimax
from symnum.reference import evaluate

x, a, b, c, k = sp.symbols("x a b c k")
PHI = "erfc(-x/sqrt(2))/2"
GELU = f"x*{PHI}"
PROVED = "alternations prove optimality"


@pytest.mark.parametrize(
    ("target", "interval", "form", "params", "expected", "error"),
    [
        (PHI, (0, 12), "1/(1+exp(-k*x))", [k], {k: 1.70174492}, 9.4573e-3),
        ("log(1+exp(x))", (-30, 30), "(x+sqrt(x**2+b))/2", [b], {b: 1.5238210}, 7.593145e-2),
        (GELU, (-10, 10), "x/(1+exp(-k*x))", [k], {k: 1.77293397}, 1.392225e-2),
        (
            GELU,
            (-10, 10),
            "x/2*(1+tanh(sqrt(2/pi)*(x+c*x**3)))",
            [c],
            {c: 0.0443829438},
            3.874187e-4,
        ),
        (
            GELU,
            (-8, 8),
            "x/2*(1+tanh(a*x+b*x**3))",
            [a, b],
            {a: 0.800157079, b: 0.0347008934},
            2.707274747e-4,
        ),
        (
            "erf(x/sqrt(2))",
            (0, 10),
            "tanh(a*x+b*x**3)",
            [a, b],
            {a: 0.798801437, b: 0.0352820483},
            2.80626e-4,
        ),
        ("sin(x)", (0, 2), "a*tanh(b*x)", [a, b], {a: 0.984933463, b: 1.23273073}, 6.15158635e-2),
        (
            "exp(-x)",
            (0, 3),
            "1/(1+a*x+b*x**2)",
            [a, b],
            {a: 0.706694699, b: 1.18916223},
            2.255851e-2,
        ),
        ("cos(x)", (0, 1), "a+b*x", [a, b], {a: 1.0538261286, b: -0.45969769413}, 5.382613e-2),
    ],
    ids=[
        "logistic",
        "squareplus",
        "gelu-logistic",
        "gelu-tanh",
        "gelu-tanh-2",
        "erf-tanh",
        "ratio",
        "reciprocal",
        "linear",
    ],
)
def test_best_constants(
    target: str,
    interval: Any,
    form: str,
    params: list[Any],
    expected: dict[Any, float],
    error: float,
) -> None:
    fit = minimax(target, x, interval, form=form, params=params)
    assert list(fit.params) == params
    for symbol, value in expected.items():
        assert float(fit.params[symbol]) == pytest.approx(value, rel=1e-7)
    assert float(fit.error) == pytest.approx(error, rel=1e-5)
    low, high = fit.error_bounds
    assert low <= fit.error <= high <= low * (1 + 1e-10)
    assert PROVED in fit.certificate
    residual = sp.sympify(target) - fit.exact_expr
    ends = [float(end) for end in fit.interval]
    seen = max(abs(evaluate(residual, {x: float(node)}, 20)) for node in np.linspace(*ends, 101))
    assert seen <= high * (1 + mpmath.mpf(10) ** -15)
    for place in fit.alternation:
        value = abs(evaluate(residual, {x: sp.Rational(mpmath.nstr(place, 40))}, 30))
        assert value == pytest.approx(float(fit.error), rel=1e-9)


def test_the_best_quintic_has_the_wrong_sign_far_away() -> None:
    fit = minimax(GELU, x, (-8, 8), form="x/2*(1+tanh(a*x+b*x**3+c*x**5))", params=[a, b, c])
    assert float(fit.error) == pytest.approx(2.518721505e-5, rel=1e-6)
    assert fit.params[c] < 0
    assert any("outside the interval the error leaves its bound" in note for note in fit.notes)


def test_a_fit_that_holds_outside_says_nothing() -> None:
    fit = minimax("erf(x)", x, (0, 6), form="tanh(a*x)", params=[a])
    assert fit.notes == ()


def test_every_parameter_fixed() -> None:
    fit = minimax("tanh(x)", x, (0, 5), form="a*x", params=[a], fixed={a: "1/2"})
    expected = mpmath.mpf(5) / 2 - mpmath.tanh(5)
    assert abs(fit.error - expected) < 1e-14
    assert fit.error_bounds[0] <= fit.error <= fit.error_bounds[1]
    assert "every parameter is fixed" in fit.certificate
    assert len(fit.derivation.steps) > 1


def test_a_parameter_inside_an_absolute_value() -> None:
    fit = minimax("tanh(x)", x, (0, 5), form="x/(1+Abs(a*x))", params={a: 1})
    same = minimax("tanh(x)", x, (0, 5), form="x/(1+a*x)", params={a: 1})
    assert abs(fit.params[a] / same.params[a] - 1) < 1e-14


@pytest.mark.parametrize(
    ("target", "form", "parity"),
    [
        ("erf(x/sqrt(2))", "tanh(a*x)", "odd"),
        (PHI, "1/(1+exp(-a*x))", "odd"),
        (GELU, "x/(1+exp(-a*x))", "even"),
    ],
)
def test_symmetry_is_not_mistaken_for_alternation(target: str, form: str, parity: str) -> None:
    # Two equal heights on either side of 0 alternate by symmetry alone and prove nothing.
    whole = minimax(target, x, (-10, 10), form=form, params=[a])
    half = minimax(target, x, (0, 10), form=form, params=[a])
    assert abs(whole.params[a] / half.params[a] - 1) < 1e-28
    assert any(parity in note for note in whole.notes)
    assert all(place >= 0 for place in whole.alternation)


def test_without_a_zero_count_nothing_is_claimed() -> None:
    fit = minimax("atan(x)", x, (0, 5), form="x/(1+a*x)+b*x**2", params={a: 1, b: 0})
    assert "this fit only" in fit.certificate
    assert fit.error_bounds[0] <= fit.error <= fit.error_bounds[1]


def test_a_root_of_a_square_at_the_end() -> None:
    form = "sqrt(1-exp(-x**2*(4/pi+a*x**2)/(1+b*x**2)))"
    fit = minimax("erf(x)", x, (0, 3), form=form, params=[a, b])
    assert float(fit.error) == pytest.approx(2.39945e-5, rel=1e-4)
    assert len(fit.alternation) == 3


def test_a_member_of_the_family() -> None:
    fit = minimax("exp(-x)", x, (0, 3), form="a*exp(-b*x)", params=["a", "b"])
    assert fit.error == 0
    assert abs(fit.params[a] - 1) < 1e-25
    assert abs(fit.params[b] - 1) < 1e-25


def test_fixed_parameters_stay_and_are_reported() -> None:
    fit = minimax("tanh(x)", x, (0, 5), form="a*x/(b+x**2)", params=[a, b], fixed={b: 2})
    assert list(fit.params) == [a, b]
    assert fit.params[b] == 2
    assert len(fit.alternation) == 2


def test_a_given_start_is_used() -> None:
    fit = minimax("erf(x)", x, (0, 6), form="tanh(a*x)", params={a: 1.2})
    assert abs(fit.params[a] - mpmath.mpf("1.203315376556297162120607205735588713112")) < 1e-15


@pytest.mark.parametrize(
    ("target", "low", "form", "expected"),
    [
        ("erf(x/sqrt(2))", 0, "tanh(sqrt(2/pi)*x+a*x**3)", 0.035677337306),
        (PHI, -sp.oo, "1/(1+exp(-a*x))", 1.7017449253380),
        ("log(1+exp(x))", -sp.oo, "(x+sqrt(x**2+a))/2", 1.5238210325188),
    ],
)
def test_unbounded_intervals_come_with_a_bound_of_the_tail(
    target: str, low: Any, form: str, expected: float
) -> None:
    fit = minimax(target, x, (low, sp.oo), form=form, params=[a])
    assert float(fit.params[a]) == pytest.approx(expected, rel=1e-11)
    assert any("outside" in note and "proved" in note for note in fit.notes)


def test_a_tail_without_a_bound_is_refused() -> None:
    with pytest.raises(NoBestApproximation, match="give a finite interval"):
        minimax("sin(x)", x, (0, sp.oo), form="a*exp(-x)", params={a: 1}, digits=5)
    with pytest.raises(ValueError, match=r"weight.*unbounded"):
        minimax("exp(-x)", x, (0, sp.oo), form="a/(1+x**2)", params=[a], weight="relative")
