"""Boundary-value problems that are none: each message names what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from symnum import homotopy

x = sympy.Symbol("x")
u = sympy.Function("u")
ENDS = ["u(0)=0", "u(1)=1"]


@pytest.mark.parametrize(
    ("equation", "conditions", "options", "error", "message"),
    [
        ("u'' + u", ["u(0)=0"], {}, ValueError, "too few: an equation of order 2 needs 2, got 1"),
        ("u'' + u", [*ENDS, "u'(0)=2"], {}, ValueError, "too many"),
        ("u'' + lam*u", ENDS, {}, ValueError, "with the unknown lam needs 3, got 2"),
        ("u'' + u", ["u(0)=0", "u(0)=1"], {}, ValueError, r"u\(0\)=1 repeats or contradicts"),
        ("u'' + u", ["u(0)=0", "2*u(0)=0"], {}, ValueError, "repeats or contradicts"),
        ("u'' + u", ["u(0)=0", "u''(1)=0"], {}, ValueError, "conditions go up to order 1"),
        ("u'' + u", ["u(0)=0", "u(x)=0"], {}, ValueError, "no condition on values"),
        ("u'' + u", ["u(0)=0", "3=3"], {}, ValueError, "no condition on values"),
        ("u'' + u", ["u(0)=0", "u(a)=1"], {}, ValueError, "not at a number but at a"),
        ("u'' + u", ["u(0)=0", sympy.true], {}, ValueError, "expected an equation"),
        ("u'' + u", "u(0)=0", {}, TypeError, "conditions: expected a list"),
        ("u'' + u", 3, {}, TypeError, "conditions: expected a list, got int"),
        ("v'' + v", ENDS, {}, ValueError, "equation"),
        ("u + x", ENDS, {}, ValueError, "expected a derivative"),
        ("u'' - u'' + u", ENDS, {}, ValueError, "equation"),
        ("u'' + I*u", ENDS, {}, ValueError, "real coefficients"),
        ("u'' +", ENDS, {}, ValueError, "equation"),
        (3.5, ENDS, {}, TypeError, "equation: expected text, an Eq or an expression"),
        (u(x).diff(x, 2) + u(2 * x), ENDS, {}, ValueError, "only u\\(x\\) may occur"),
        ("u'' + u", ENDS, {"basis": "fourier"}, ValueError, "basis: expected one of powers"),
        ("u'' + u", ENDS, {"basis": 3}, ValueError, "basis"),
        ("u'' + u", ENDS, {"order": -1}, ValueError, "order"),
        ("u'' + u", ENDS, {"order": 2.5}, TypeError, "order"),
        ("u'' + u", ENDS, {"c0": 0}, ValueError, "c0"),
        ("u'' + u", ENDS, {"c0": "best"}, ValueError, "c0"),
        ("u'' + u", ENDS, {"basis": "exponentials"}, ValueError, "exponentials need conditions"),
        ("u'' - u", ["u(0)=1", "u(oo)=0"], {"basis": "powers"}, ValueError, "do not reach infinity"),
        ("u'' + u", ["u(0)=1", "u'(0)=0"], {}, ValueError, "basis='powers' treats initial values"),
        ("u'' + u", ["u(0)**2=1", "u(1)=0"], {"basis": "powers"}, ValueError, "needs linear ones"),
        ("u'' + sin(lam*u)", [*ENDS, "u'(0)=1"], {"basis": "powers"}, homotopy.HomotopyError, "lam must enter the equation linearly"),
        ("u'' - sinh(u)", ["u(0)=1", "u(oo)=0"], {"basis": "exponentials"}, homotopy.NonAnalyticError, "sinh"),
        ("u'' + abs(u)", ENDS, {}, homotopy.NonAnalyticError, "Abs"),
        ("u'' + sign(u)", ENDS, {"basis": "powers"}, homotopy.NonAnalyticError, "sign"),
        ("u'' + floor(u)", ENDS, {}, homotopy.NonAnalyticError, "floor"),
        ("u'' + pi**2*u", ENDS, {}, homotopy.ResonanceError, "resonance"),
        ("u'' + u - 1", ["u(0)=0", "u(pi)=0"], {}, homotopy.ResonanceError, "resonance"),
        ("u'' + 2500*pi**2*u", ["u(0)=0", "u(1)=0"], {}, homotopy.ResonanceError, "resonance"),
        ("u'' + u - cos(x)", ["u(0)=u(2*pi)", "u'(0)=u'(2*pi)"], {}, homotopy.ResonanceError, "none or infinitely many"),
        ("u'' + 1", ["u'(0)=0", "u'(1)=0"], {}, homotopy.ResonanceError, "resonance"),
        ("u'' + 1", ["u'(0)=0", "u'(1)=0"], {"basis": "powers"}, homotopy.ResonanceError, "resonance"),
        ("u'' + lam*u", ["u(0)=0", "u(1)=0", "u'(0)=0"], {}, homotopy.BranchError, "do not determine lam"),
        ("u'' + lam*sin(u)", ["u(0)=0", "u(1)=0", "u(1/2)=0"], {}, homotopy.BranchError, "u\\(1/2\\) = 1 selects"),
    ],
)  # fmt: skip
def test_what_is_no_problem_is_refused(
    equation: Any, conditions: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        homotopy.solve_bvp(
            equation, "u", "x", conditions, **{"order": 6, "basis": "chebyshev", **options}
        )


def test_all_of_them_are_value_errors_of_the_engine() -> None:
    for error in (homotopy.BranchError, homotopy.ResonanceError, homotopy.NonAnalyticError):
        assert issubclass(error, homotopy.HomotopyError)
        assert issubclass(error, ValueError)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((2.0,), ValueError, r"stated on \[0, 1\], got 2"),
        (([0.5, -1.0],), ValueError, "got -1"),
        ((0.5, -1), ValueError, "derivative"),
        ((0.5, 1.5), TypeError, "derivative"),
    ],
)
def test_values_outside_are_refused(
    arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    solution = homotopy.solve_bvp("u'' + u", "u", "x", ENDS, order=4, basis="chebyshev")
    with pytest.raises(error, match=message):
        solution.value(*arguments)


@pytest.mark.parametrize("rate", [0, -1, "pi", "r"])
def test_rates_are_positive_rationals(rate: Any) -> None:
    with pytest.raises(ValueError, match="rate: expected a positive rational number"):
        homotopy.Exponentials(rate)


@pytest.mark.parametrize("name", ["u", u, u(x), sympy.Symbol("u")])
def test_the_unknown_may_be_given_in_any_form(name: Any) -> None:
    solution = homotopy.solve_bvp("u'' = 2", name, x, ENDS, order=2, basis="powers")
    assert sympy.expand(solution.expr - x**2) == 0


@pytest.mark.parametrize(("name", "error"), [("x", ValueError), ("2u", ValueError), (3, TypeError)])
def test_other_unknowns_are_refused(name: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="u: expected"):
        homotopy.solve_bvp("u'' = 2", name, x, ENDS, order=2, basis="powers")
