"""Polynomials: closed forms, weights, fixed coefficients, removable singularities, traps."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.approximation import Minimax, minimax
from symnum.reference import evaluate

x = sp.Symbol("x")
TIGHT = mpmath.mpf(10) ** -25


def largest_seen(fit: Minimax, count: int = 400) -> float:
    """Return the largest error on a dense grid, computed with mpmath and nothing of the engine."""
    low, high = (float(end) for end in fit.interval)
    error = (fit.target - fit.exact_expr) / fit.weight
    nodes = low + (high - low) * (1 - np.cos(np.pi * np.arange(count + 1) / count)) / 2
    values = [evaluate(error, {fit.x: float(node)}, 20) for node in nodes[1:-1]]
    return float(max(abs(value) for value in values))


@pytest.mark.parametrize("degree", [0, 1, 2, 5, 9])
def test_the_next_power(degree: int) -> None:
    fit = minimax(x ** (degree + 1), x, (-1, 1), degree=degree)
    assert abs(fit.error * 2**degree - 1) < TIGHT
    assert len(fit.alternation) >= degree + 2


@pytest.mark.parametrize("degree", [1, 4, 8])
def test_one_over_a_linear_function(degree: int) -> None:
    # Chebyshev: the error of 1/(x - a) is (a - sqrt(a**2 - 1))**n / (a**2 - 1).
    a = sp.Rational(5, 4)
    fit = minimax(1 / (x - a), x, (-1, 1), degree=degree)
    expected = (a - sp.sqrt(a**2 - 1)) ** degree / (a**2 - 1)
    assert abs(fit.error / mpmath.mpf(str(sp.N(expected, 30))) - 1) < 1e-14


def test_the_absolute_value_has_its_extremum_at_the_kink() -> None:
    fit = minimax(sp.Abs(x), x, (-1, 1), degree=2)
    assert abs(fit.error - mpmath.mpf(1) / 8) < TIGHT
    assert abs(fit.params["c0"] - mpmath.mpf(1) / 8) < TIGHT
    assert abs(fit.params["c2"] - 1) < TIGHT
    assert [round(float(place), 12) for place in fit.alternation] == [-1, -0.5, 0, 0.5, 1]
    low, high = fit.error_bounds
    assert low <= high <= low * (1 + 1e-10)


@pytest.mark.parametrize(
    ("target", "interval", "degree", "weight", "below"),
    [
        ("(exp(x) - 1 - x)/x**2", ("-log(2)/2", "log(2)/2"), 9, "exp(x)/x**2", 3.7e-18),
        ("(sin(sqrt(x))/sqrt(x) - 1)/x", (0, "pi**2/16"), 5, "sin(sqrt(x))/sqrt(x)/x", 3.7e-18),
        ("(cos(sqrt(x)) - 1 + x/2)/x**2", (0, "pi**2/16"), 5, "cos(sqrt(x))/x**2", 5.7e-20),
        (
            "(log((1+sqrt(x))/(1-sqrt(x)))/sqrt(x) - 2)/x",
            (0, "(3-2*sqrt(2))**2"),
            7,
            "absolute",
            2.1e-18,
        ),
        ("(log(1+x) - x)/x**2", ("1/sqrt(2)-1", "sqrt(2)-1"), 10, "log(1+x)/x**2", 1e-9),
        ("log(1+x)/x", ("-1/3", "1/2"), 12, "relative", 2e-10),
        ("(2**x - 1 - x*log(2))/x**2", (-1, 1), 6, "absolute", 1e-8),
        ("cot(x) - 1/x", (-1, 1), 5, "absolute", 1e-4),
        ("besselj(1, x)/x", (-2, 2), 6, "absolute", 1e-5),
        ("log(erfc(x))", (1, 6), 12, "absolute", 1e-8),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_removable_singularities(
    target: str, interval: Any, degree: int, weight: str, below: float
) -> None:
    fit = minimax(target, x, interval, degree=degree, weight=weight)
    assert 0 < fit.error < below
    low, high = fit.error_bounds
    assert low <= fit.error <= high <= low * (1 + 1e-10)
    seen = largest_seen(fit, 90)
    assert 0.97 * float(fit.error) <= seen <= float(high) * (1 + 1e-12)


@pytest.mark.parametrize(
    ("target", "interval", "moved", "ends"),
    [
        ("sin(x)/(x-pi)", ("pi-1", "pi+1"), "-sin(x)/x", (-1, 1)),
        ("(exp(x)-2)/(x-log(2))", ("log(2)", "log(2)+1"), "2*(exp(x)-1)/x", (0, 1)),
        ("(x-pi)/sin(x)", ("pi-1", "pi+1"), "-x/sin(x)", (-1, 1)),
        ("(1-cos(x))/(x-2*pi)**2", ("2*pi-1", "2*pi"), "(1-cos(x))/x**2", (-1, 0)),
        (
            "sin(pi*x/sqrt(2))/(x-sqrt(2))",
            ("sqrt(2)-1", "sqrt(2)+1"),
            "-sin(pi*x/sqrt(2))/x",
            (-1, 1),
        ),
        ("(x-log(2))/(exp(x)-2)", ("log(2)-1", "log(2)"), "x/(2*(exp(x)-1))", (-1, 0)),
    ],
)
def test_removable_singularities_at_irrational_places(
    target: str, interval: Any, moved: str, ends: Any
) -> None:
    fit = minimax(target, x, interval, degree=4)
    plain = minimax(moved, x, ends, degree=4)
    assert abs(mpmath.fsub(fit.error, plain.error, prec=200) / plain.error) < TIGHT
    assert abs(mpmath.fsub(fit.params["c4"], plain.params["c4"], prec=200)) < TIGHT
    low, high = fit.error_bounds
    assert low <= fit.error <= high <= low * (1 + 1e-10)


def test_the_bounds_are_short_and_leave_room_for_rounding() -> None:
    fit = minimax("exp(x)", x, (0, 1), degree=1)
    assert fit.error_bounds[0] < fit.error < fit.error_bounds[1]
    assert all(bound.man.bit_length() <= 64 for bound in fit.error_bounds)


def test_nothing_to_fit() -> None:
    fit = minimax("exp(x)", x, (0, 1), degree=1, fixed={"c0": 1, "c1": "3/2"})
    assert abs(fit.error - (mpmath.mpf("2.718281828459045235") - mpmath.mpf("2.5"))) < 1e-15
    assert len(fit.alternation) == 1


def test_fixed_coefficients_are_the_same_fit_as_the_reduced_target() -> None:
    ends = ("-log(2)/2", "log(2)/2")
    reduced = minimax("(exp(x) - 1 - x)/x**2", x, ends, degree=5, weight="exp(x)/x**2")
    fixed = minimax("exp(x)", x, ends, degree=7, weight="relative", fixed={"c0": 1, "c1": 1})
    assert fixed.params["c0"] == 1
    assert fixed.params["c1"] == 1
    assert abs(fixed.error / reduced.error - 1) < TIGHT
    for k in range(6):
        assert abs(fixed.params[f"c{k + 2}"] / reduced.params[f"c{k}"] - 1) < TIGHT


def test_an_odd_number_of_fixed_powers_turns_the_signs_left_of_zero() -> None:
    fit = minimax("exp(x)", x, (-1, 1), degree=4, fixed={"c0": 1})
    assert len(fit.alternation) >= 5
    assert largest_seen(fit) <= float(fit.error_bounds[1]) * (1 + 1e-12)
    # The unconstrained error is smaller; nudging any free coefficient makes this one larger.
    assert fit.error > minimax("exp(x)", x, (-1, 1), degree=4).error


@pytest.mark.parametrize("target", ["exp(x)", "-exp(x)"])
def test_relative_error_of_either_sign(target: str) -> None:
    fit = minimax(target, x, (-1, 1), degree=4, weight="relative")
    assert abs(fit.error - mpmath.mpf("0.000503040689517176773678769127030998")) < 1e-18


@pytest.mark.parametrize(
    ("target", "degree"),
    [("x**2 + 1/3", 2), ("x**2 + 1/3", 6), ("sin(x)**2 + cos(x)**2", 3), ("(x**2-1)/(x-1)", 1)],
)
def test_a_target_in_the_family_has_error_zero(target: str, degree: int) -> None:
    fit = minimax(target, x, (2, 3), degree=degree)
    assert fit.error == 0
    assert fit.error_bounds[0] == 0
    assert fit.error_bounds[1] < 1e-25
    assert fit.alternation == ()
    assert abs(evaluate(fit.exact_expr - sp.sympify(target), {x: sp.Rational(5, 2)}, 30)) < 1e-30


@pytest.mark.parametrize("degree", [3, 5])
def test_an_even_target_has_more_alternations_than_it_needs(degree: int) -> None:
    fit = minimax("exp(-x**2)", x, (-1, 1), degree=degree)
    assert len(fit.alternation) == degree + 2
    even = minimax("exp(-x**2)", x, (-1, 1), degree=degree - 1)
    assert abs(fit.error / even.error - 1) < TIGHT
    assert abs(fit.params[f"c{degree}"]) < 1e-25


def test_branch_point_at_an_end() -> None:
    fit = minimax("sqrt(x)", x, (0, 1), degree=8)
    assert fit.alternation[0] == 0
    assert float(fit.alternation[1]) < 0.01
    assert len(fit.alternation) == 10
    assert largest_seen(fit) <= float(fit.error_bounds[1])
    right = minimax("sqrt(1 - x)", x, (0, 1), degree=8)
    assert abs(right.error / fit.error - 1) < TIGHT
    assert right.alternation == tuple(sorted(right.alternation))


def test_high_degree() -> None:
    fit = minimax("exp(x)", x, (-1, 1), degree=20)
    assert len(fit.alternation) == 22
    # 2**-20 / 21!, times a little more than 1
    assert float(fit.error) == pytest.approx(1.8889e-26, rel=1e-4, abs=0)


@settings(max_examples=8, deadline=None)
@given(
    a=st.fractions(min_value=-2, max_value=2, max_denominator=8),
    width=st.fractions(min_value="1/8", max_value=2, max_denominator=8),
    degree=st.integers(min_value=1, max_value=4),
)
def test_bounds_hold_wherever_the_interval_lies(a: Any, width: Any, degree: int) -> None:
    fit = minimax("exp(x) + sin(3*x)", x, (a, a + width), degree=degree, digits=16)
    low, high = fit.error_bounds
    assert low <= fit.error <= high <= low * (1 + 1e-10)
    assert largest_seen(fit, 60) <= float(high) * (1 + 1e-12)
    assert len(fit.alternation) >= degree + 2


def test_the_interval_far_from_zero() -> None:
    near = minimax("exp(x)", x, (0, 1), degree=5, weight="relative")
    far = minimax("exp(x)", x, (1000, 1001), degree=5, weight="relative")
    assert abs(near.error / far.error - 1) < TIGHT


@pytest.mark.parametrize(
    ("target", "fixed", "parity"),
    [
        ("sin(x)", {"c0": 0, "c2": 0, "c4": 0}, "odd"),
        ("cos(x)", {"c1": 0, "c3": 0, "c5": 0}, "even"),
    ],
)
def test_powers_of_one_parity_on_a_symmetric_interval(
    target: str, fixed: dict[str, int], parity: str
) -> None:
    fit = minimax(target, x, (-1, 1), degree=5, fixed=fixed)
    free = minimax(target, x, (-1, 1), degree=5)
    assert abs(fit.error / free.error - 1) < TIGHT
    assert any(parity in note for note in fit.notes)
    assert "prove optimality" in fit.certificate
    assert largest_seen(fit) <= float(fit.error_bounds[1]) * (1 + 1e-12)


def test_gaps_between_the_powers_across_zero_prove_nothing() -> None:
    fit = minimax("exp(x)", x, (-1, 2), degree=3, fixed={"c1": 1})
    assert "this fit only" in fit.certificate


def test_branch_points_at_both_ends() -> None:
    whole = minimax("sqrt(1 - x**2)", x, (-1, 1), degree=4)
    # With t = 1 - x**2 the even fit is the one of sqrt(t) on [0, 1] of half the degree.
    half = minimax("sqrt(x)", x, (0, 1), degree=2)
    assert abs(whole.error / half.error - 1) < TIGHT
    assert len(whole.alternation) == 7


def test_a_value_filled_in_by_hand() -> None:
    filled = sp.Piecewise((sp.sin(x) / x, sp.Ne(x, 0)), (1, True))
    plain = minimax("sin(x)/x", x, (-1, 1), degree=4)
    assert abs(minimax(filled, x, (-1, 1), degree=4).error / plain.error - 1) < TIGHT
