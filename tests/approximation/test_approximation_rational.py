"""Rational functions: starts that are hard, common factors, poles."""

from __future__ import annotations

import mpmath
import pytest
import sympy as sp

from symnum.approximation import minimax

x = sp.Symbol("x")
PHI = "erfc(-x/sqrt(2))/2"


@pytest.mark.parametrize(
    ("degree", "error"),
    [(2, 4.07358e-3), (4, 2.83356e-5), (6, 1.13780e-7), (8, 1.91077e-9), (10, 9.92081e-12)],
)
def test_the_normal_distribution(degree: int, error: float) -> None:
    fit = minimax(PHI, x, (0, 6), form="rational", degree=(degree, degree))
    assert float(fit.error) == pytest.approx(error, rel=1e-5)
    assert len(fit.alternation) == 2 * degree + 2
    low, high = fit.error_bounds
    assert low <= high <= low * (1 + 1e-10)


def test_no_pole_in_the_interval() -> None:
    fit = minimax(PHI, x, (0, 6), form="rational", degree=(3, 3))
    _, below = sp.fraction(fit.exact_expr)
    assert sp.Poly(below, x).count_roots(0, 6) == 0


@pytest.mark.parametrize(("degree", "needed"), [((3, 1), 5), ((3, 3), 7), ((1, 1), 3)])
def test_common_factors_are_said(degree: tuple[int, int], needed: int) -> None:
    fit = minimax("exp(-x**2)", x, (-1, 1), form="rational", degree=degree)
    assert len(fit.alternation) >= needed
    assert any("common factor" in note for note in fit.notes)
    assert "defect 1" in fit.certificate


def test_clustered_extrema() -> None:
    # |x| of type (2n, 2n) is sqrt of type (n, n): the extrema crowd at the branch point.
    whole = minimax(sp.Abs(x), x, (-1, 1), form="rational", degree=(8, 8))
    half = minimax("sqrt(x)", x, (0, 1), form="rational", degree=(4, 4))
    assert abs(whole.error / half.error - 1) < 1e-10
    assert len(half.alternation) == 10


@pytest.mark.parametrize(
    ("target", "degree"),
    [("1/x", (0, 1)), ("1/x", (0, 2)), ("(x**2+1)/(x-3)", (2, 1)), ("(x**2+1)/(x-3)", (4, 3))],
)
def test_a_target_in_the_family(target: str, degree: tuple[int, int]) -> None:
    fit = minimax(target, x, (1, 2), form="rational", degree=degree)
    assert fit.error == 0
    assert fit.error_bounds[1] < 1e-25
    assert abs(sp.N((fit.exact_expr - sp.sympify(target)).subs(x, sp.Rational(3, 2)), 30)) < 1e-30


def test_polynomial_as_rational() -> None:
    rational = minimax("exp(x)", x, (-1, 1), form="rational", degree=(3, 0))
    polynomial = minimax("exp(x)", x, (-1, 1), degree=3)
    assert abs(rational.error / polynomial.error - 1) < mpmath.mpf(10) ** -28


def test_zero_of_the_denominator_at_the_origin() -> None:
    fit = minimax("1/x + x/100", x, (1, 2), form="rational", degree=(0, 1))
    assert fit.error < 0.01
    assert len(fit.alternation) == 3
