"""Error functions whose arguments SymPy reflects: one generator for both signs, and an end."""

from __future__ import annotations

import pytest
import sympy
from sympy import erf, erfc, exp, pi, sqrt

import symnum as sn

x, m, h = sympy.symbols("x m h")
LINE = sn.Interval(-sympy.oo, sympy.oo)


def derivation() -> sn.Derivation:
    return sn.Derivation("reflections", domain={x: LINE, m: LINE, h: sn.Interval(0, sympy.oo)})


def normal(u: sympy.Expr) -> sympy.Expr:
    return erfc(-u / sqrt(2)) / 2


@pytest.mark.parametrize("function", [erf, erfc], ids=str)
def test_both_signs_are_one_function(function: type[sympy.Function]) -> None:
    total = 2 if function is erfc else 0
    u = sqrt(2) * (x - m) / 2
    left = function(u, evaluate=False) + function(sympy.expand(-u), evaluate=False)
    assert derivation().equal(left, total, why="reflection").certificate.level == "exact"


def test_slope_of_a_product_of_distribution_functions() -> None:
    d = derivation()
    u, v = x - m, x + h
    slopes = [exp(-(w**2) / 2) / sqrt(2 * pi) for w in (u, v)]
    step = d.equal(
        sympy.Derivative(normal(u) * normal(v), x),
        slopes[0] * normal(v) + slopes[1] * normal(u),
        why="product rule",
    )
    assert step.certificate.level == "exact"


def test_a_wrong_reflection_is_refuted() -> None:
    u = sqrt(2) * (x - m) / 2
    with pytest.raises(sn.Refuted):
        derivation().equal(erfc(u), 1 - erfc(-u, evaluate=False), why="2, not 1")
