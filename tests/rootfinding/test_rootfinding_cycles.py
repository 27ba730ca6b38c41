"""Cycles of Newton's iteration, tests at a point, quick derivatives, absence of roots."""

from __future__ import annotations

import math
from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symnum.rootfinding import newton
from symnum.rootfinding.analysis.cycles import newton_cycles
from symnum.rootfinding.analysis.point_estimates import kantorovich, smale
from symnum.rootfinding.fast_derivatives import quick_derivative
from symnum.rootfinding.scalar.absence import vanishes_nowhere

x = sp.Symbol("x", real=True)


@pytest.mark.parametrize(
    ("f", "period", "count", "kinds"),
    [
        ("x**3 - 2*x + 2", 2, 2, ["superattracting", "repelling"]),
        ("x**3 - x", 2, 1, ["repelling"]),
        ("x**3 - 5*x", 2, 1, ["repelling"]),
        ("x**2 - 2", 2, 0, []),
        ("x**2 + 1", 3, 2, ["repelling", "repelling"]),
        ("4*x**4 - 6*x**2 - 11/4", 2, 2, ["superattracting", "repelling"]),
        ("x**5 - x - 1", 3, 2, ["attracting", "repelling"]),
        ("(x - 1)**2*(x + 1)", 2, 0, []),
    ],
)
def test_cycles(f: str, period: int, count: int, kinds: list[str]) -> None:
    cycles = newton_cycles(f, "x", period)
    assert [cycle.kind for cycle in cycles] == kinds
    assert len(cycles) == count
    expr = sp.sympify(f)
    step = sp.lambdify(sp.Symbol("x"), sp.Symbol("x") - expr / sp.diff(expr))
    for cycle in cycles:
        assert cycle.verify()
        assert cycle.period == period
        following = [*cycle.points[1:], cycle.points[0]]
        assert [step(p) for p in cycle.points] == pytest.approx(following, abs=1e-9)


def test_an_attracting_cycle_catches_its_neighbours() -> None:
    cycle = newton_cycles("x**5 - x - 1", "x", 3)[0]
    assert cycle.attracting
    assert abs(cycle.multiplier) < 1
    caught = newton("x**5 - x - 1", cycle.points[0] + 1e-3, method="newton")
    assert str(caught.status) == "cycle"
    assert str(cycle).startswith("attracting cycle of period 3: -1.0002575")


def test_complex_cycles_of_the_cube_roots_of_one() -> None:
    cycles = newton_cycles("z**3 - 1", "z", 2, complex=True)
    assert len(cycles) == 3
    assert all(cycle.kind == "repelling" and abs(cycle.multiplier - 6) < 1e-12 for cycle in cycles)
    assert newton_cycles("z**3 - 1", "z", 2) == ()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (("x - cos(x)", "x"), ValueError, "f: expected a polynomial"),
        (("x - 1", "x"), ValueError, "degree 2"),
        (("x**2 - a", "x"), ValueError, "f: expected a polynomial"),
        (("x**2 - sqrt(2)", "x"), ValueError, "rational numbers"),
        (("x**3 - 1", "x", 1), ValueError, "period: expected at least 2"),
        (("x**3 - 1", "x", 2.0), TypeError, "period"),
        (("x**5 - x - 1", "x", 6), ValueError, "period"),
    ],
)
def test_misuse_of_cycles(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        newton_cycles(*arguments)


@given(st.integers(-9, 9), st.integers(-9, 9), st.floats(-4, 4))
def test_what_smale_certifies_is_true(p: int, q: int, start: float) -> None:
    f = x**3 + p * x + q
    estimate = smale(f, x, start)
    if estimate.certified:
        root = newton(f, start).root
        roots = [float(r) for r in sp.Poly(f, x).nroots(n=20) if abs(sp.im(r)) < 1e-12]
        assert min(abs(r - start) for r in roots) <= estimate.bound * (1 + 1e-9) + 1e-12
        assert abs(root - start) <= estimate.bound * (1 + 1e-9) + 1e-12


def test_estimates_at_a_point() -> None:
    assert smale("x**2 - 4", "x", 2).bound == 0.0
    assert smale("x**3 - 1", "x", complex(-0.5, 0.87)).certified
    assert not smale("(x - 1)**2", "x", 1).certified
    near = kantorovich("tan(x) - x", "x", 4.49)
    assert near.certified
    assert near.verify()
    assert abs(4.493409457909064 - 4.49) <= near.bound
    far = kantorovich("exp(x)", "x", 0)
    assert not far.certified
    assert far.bound == math.inf
    assert "too large for a proof" in str(far)
    with pytest.raises(ValueError, match="polynomial"):
        smale("sin(x)", "x", 3)
    with pytest.raises(ValueError, match="smooth"):
        kantorovich("Abs(x) - 1", "x", 3)
    with pytest.raises(ValueError, match="alone"):
        kantorovich("x - a", "x", 3)


@pytest.mark.parametrize(
    "expr",
    [
        x**3 * sp.exp(-x) / (1 + x**2),
        x**x,
        sp.sin(x) ** 2 * sp.log(2 + sp.cos(x)),
        sp.sqrt(x + sp.exp(x)),
        sp.besselj(1, x**2) * sp.gamma(x),
        sp.atan2(x, 1 + x),
        sp.LambertW(x) + sp.erf(x) / x,
        sp.Piecewise((x**2, x > 1), (sp.sin(x), True)),
        sp.polylog(2, x / 5) + sp.zeta(x + 3),
        sp.Integral(sp.exp(-(sp.Symbol("s") ** 2)), (sp.Symbol("s"), 0, x)),
    ],
    ids=str,
)
def test_the_quick_derivative_is_the_derivative(expr: sp.Expr) -> None:
    quick, slow = quick_derivative(expr, x), sp.diff(expr, x)
    for point in (sp.Rational(7, 10), sp.Rational(17, 10)):
        difference = (quick - slow).subs(x, point)
        assert difference == 0 or abs(sp.N(difference, 30)) < 1e-25


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (x**2 + x + 1, True),
        (x**2 - x - 1, False),
        (1 / (x**3 - 1), True),
        ((x**2 + 1) / (x - 1), True),
        ((x**2 - 1) / (x - 1), False),
        (sp.exp(x) + sp.cosh(x), True),
        (sp.Abs(x) + 1, True),
        (sp.sin(x) + 2, False),  # true, but not seen
        (sp.sqrt(2) * x**2 + 1, True),
    ],
    ids=str,
)
def test_absence(expr: sp.Expr, expected: bool) -> None:
    assert vanishes_nowhere(expr, x) is expected
