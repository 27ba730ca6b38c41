"""Householder's iterations, orders of convergence, derivatives of roots, kinks."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import mpmath
import pytest
import sympy as sp

from symnum.errors import Refuted, UnsupportedNodeError
from symnum.rootfinding import convergence_order, householder, newton, root_derivatives
from symnum.rootfinding.kinks import derivatives

x, e, M, E1, m = sp.symbols("x e M E1 m")
c2, c3, c4, c5 = sp.symbols("c2:6")
T, G = sp.Symbol("t", real=True), sp.Function("g")


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("f", [x**2 - 2, x - sp.cos(x), sp.exp(x) - 3], ids=str)
def test_householder_is_its_formula(f: sp.Expr, order: int) -> None:
    step = householder(f, x, order)
    formula = x + order * sp.diff(1 / f, x, order - 1) / sp.diff(1 / f, x, order)
    for point in (sp.Rational(17, 10), sp.Rational(-3, 7)):
        assert abs(sp.N((step.expr - formula).subs(x, point), 30)) < 1e-25
    assert sp.simplify(step - formula) == 0  # SymPy takes the object for its expression


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_householder_converges_with_order_d_plus_1(order: int) -> None:
    f = sp.Function("f")(x)
    assert convergence_order(householder(f, x, order)).order == order + 1


def test_householder_in_numbers() -> None:
    step = householder("x**2 - 2", "x", 3)
    point = sp.Rational(3, 2)
    errors = []
    for _ in range(3):
        point = step.subs(x, point)
        errors.append(abs(float(sp.N(point - sp.sqrt(2), 200))))
    assert errors[1] == pytest.approx(errors[0] ** 4 / 8, rel=0.1)


@pytest.mark.parametrize(
    ("method", "multiplicity", "order", "constant"),
    [
        ("newton", 1, 2, c2),
        ("halley", 1, 3, c2**2 - c3),
        ("chebyshev", 1, 3, 2 * c2**2 - c3),
        ("householder", 1, 4, c2**3 - 2 * c2 * c3 + c4),
        ("householder3", 1, 4, c2**3 - 2 * c2 * c3 + c4),
        ("householder1", 1, 2, c2),
        ("newton times m", m, 2, c2 / m),
        ("steffensen", 1, 2, c2 * (1 + sp.Symbol("f1"))),
        ("jarratt", 1, 4, c2**3 - c2 * c3 + c4 / 9),
        ("x - f/f1", 1, 2, c2),
        (x - sp.Symbol("f") / sp.Symbol("f1"), 1, 2, c2),
        ("x - 2*f*f1/(2*f1**2 - f*f2)", 1, 3, c2**2 - c3),
        (T - G(T) / G(T).diff(T), 1, 2, c2),
        (T - G(T) / G(T).diff(T) - G(T - G(T) / G(T).diff(T)) / G(T).diff(T), 1, 3, 2 * c2**2),
        ("ostrowski", 1, 4, c2 * (c2**2 - c3)),
        ("schroeder", 1, 2, -c2),
        ("newton", 2, 1, sp.Rational(1, 2)),
        ("newton", 5, 1, sp.Rational(4, 5)),
        ("newton", m, 1, (m - 1) / m),
        ("halley", "m", 1, (m - 1) / (m + 1)),
        ("schroeder", m, 2, -c2 / m),
        ("modified_newton", m, 2, c2 / m),
        ("modified_newton", 3, 2, c2 / 3),
        ("x - f/f'", 1, 2, c2),
        ("x - f(x)/f'(x)", 1, 2, c2),
        ("x - f/f' - f(x - f/f')/f'", 1, 3, 2 * c2**2),
        ("x - 2*f/(f' + (f'**2 - 2*f*f'')**(1/2))", 1, 3, -c3),
        ("x - f/2/f'", 1, 1, sp.Rational(1, 2)),
        ("x - f**2/(f(x + f) - f)", 1, 2, c2 * (1 + sp.Symbol("f1"))),
    ],
    ids=str,
)
def test_orders(method: Any, multiplicity: Any, order: int, constant: sp.Expr) -> None:
    result = convergence_order(method, multiplicity)
    assert result.order == order
    assert (
        sp.expand(result.constant - constant) == 0 or sp.simplify(result.constant - constant) == 0
    )
    assert f"order {order}" in str(result)


def test_the_order_is_what_iterates_show() -> None:
    # Halley at x - cos(x): e_next/e**3 must tend to c2**2 - c3.
    f = x - sp.cos(x)
    root = sp.nsolve(f, x, 0.7, prec=200)
    ratios = [sp.diff(f, x, k).subs(x, root) / sp.factorial(k) for k in (1, 2, 3)]
    constant = convergence_order("halley").constant
    expected = constant.subs({c2: ratios[1] / ratios[0], c3: ratios[2] / ratios[0]})
    start = root + sp.Rational(1, 10**10)
    observed = (householder(f, x, 2).subs(x, start) - root) / (start - root) ** 3
    assert abs(float(observed / expected) - 1) < 1e-8


def test_derivatives_of_keplers_root() -> None:
    table = root_derivatives(E1 - e * sp.sin(E1) - M, E1, (e, M), 2)
    assert set(table) == {(e,), (M,), (e, e), (e, M), (M, M)}
    assert table[M, e] == table[e, M] == table["e", "M"]
    assert sp.simplify(table[M,] - 1 / (1 - e * sp.cos(E1))) == 0
    with pytest.raises(KeyError):
        table[x,]

    h = sp.Rational(1, 10**8)
    centre = (sp.Rational(1, 2), sp.Rational(5, 4))

    def root(i: int, j: int) -> Any:
        params = {"e": centre[0] + i * h, "M": centre[1] + j * h}
        return newton("E1 - e*sin(E1) - M", params=params, digits=60).root

    with mpmath.workdps(60):
        at = {e: centre[0], M: centre[1], E1: sp.Float(root(0, 0), 60)}
        single = (root(0, 1) - root(0, -1)) / float(2 * h)
        mixed = (root(1, 1) - root(1, -1) - root(-1, 1) + root(-1, -1)) / float(4 * h * h)
        assert float(single) == pytest.approx(float(table[M,].subs(at)), rel=1e-14)
        assert float(mixed) == pytest.approx(float(table[e, M].subs(at)), rel=1e-14)


@pytest.mark.parametrize(
    "f",
    [
        sp.Abs(x**3 - x) * x,
        sp.Max(x, x**2, 1) * sp.Min(x, 3),
        x * sp.floor(x) + sp.frac(x),
        sp.Mod(x, 3) ** 2,
        sp.Heaviside(x - 1) * sp.sign(x) * sp.exp(x),
        sp.sin(sp.ceiling(x)) * sp.Abs(sp.Abs(x) - 1),
    ],
    ids=str,
)
def test_derivatives_off_the_kinks(f: sp.Expr) -> None:
    real = sp.Symbol("x", real=True)
    g = f.subs(x, real)
    first, second = derivatives(g, real, 2)
    for point in (sp.Rational(-17, 10), sp.Rational(13, 10), sp.Rational(27, 10)):
        h = sp.Rational(1, 10**12)
        forward, here, back = (sp.N(g.subs(real, point + k * h), 60) for k in (1, 0, -1))
        assert abs((forward - back) / (2 * h) - sp.N(first.subs(real, point), 60)) < 1e-10
        curvature = (forward - 2 * here + back) / h**2
        assert abs(curvature - sp.N(second.subs(real, point), 60)) < 1e-9


def test_an_unknown_derivative_is_named() -> None:
    with pytest.raises(UnsupportedNodeError, match="zeta"):
        derivatives(sp.zeta(x), x, 1)


def test_results_print() -> None:
    assert "d2E1/dedM" in str(root_derivatives(E1 - e * sp.sin(E1) - M, E1, (e, M), 2))
    assert householder("x**2 - 2", "x", 1)._repr_latex_().startswith("$")
    assert len(str(householder(sp.cos(x) - x * sp.exp(x), x, 6))) < 450
    assert math.isfinite(convergence_order("newton").order)


@pytest.mark.parametrize(
    ("method", "multiplicity"),
    [
        ("newton", 1),
        ("halley", 1),
        ("householder", 1),
        ("ostrowski", 1),
        ("schroeder", 2),
        ("newton", "m"),
        ("halley", "m"),
        ("modified_newton", "m"),
        ("x - f**2/(f(x + f) - f)", 1),
        ("x - 2*f/(f' + (f'**2 - 2*f*f'')**(1/2))", 1),
    ],
    ids=str,
)
def test_an_order_of_convergence_is_proved(method: str, multiplicity: Any) -> None:
    result = convergence_order(method, multiplicity)
    assert result.derivation.level == "exact"
    assert result.derivation.expr == result.expr


def test_a_wrong_constant_cannot_be_proved() -> None:
    result = convergence_order("newton")
    with pytest.raises(Refuted):
        _ = replace(result, constant=2 * result.constant).derivation
    with pytest.raises(Refuted):
        _ = replace(result, order=3).derivation


@pytest.mark.parametrize("order", [1, 2])
def test_a_householder_step_is_derived(order: int) -> None:
    step = householder("x**2 - a", "x", order)
    assert step.derivation.level == "exact"
    assert step.derivation.expr == step.expr
    kernel = step.compile()
    assert kernel(2.0, 4.0) == 2.0  # at the root itself, where 1/f does not exist
    assert kernel(1.5, 2.0) == pytest.approx(float(step.expr.subs({x: 1.5, "a": 2})), rel=1e-15)


def test_root_derivatives_are_derived() -> None:
    table = root_derivatives(E1 - e * sp.sin(E1) - M, E1, (e, M))
    assert table.derivation.level == "exact"
    values = table.compile()(1.0, 0.5, 0.3)
    assert values["dE1/dM"] == pytest.approx(1 / (1 - 0.5 * math.cos(1.0)), rel=1e-15)
