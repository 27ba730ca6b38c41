"""Wrong arguments raise before any work, naming the argument."""

from __future__ import annotations

from typing import Any

import pytest
import sympy as sp

from symnum.errors import ParseError
from symnum.rootfinding import (
    convergence_order,
    householder,
    newton,
    polish,
    root_derivatives,
)

x, y = sp.symbols("x y")


@pytest.mark.parametrize(
    ("equation", "options", "error", "message"),
    [
        ("x*y - 1", {}, ValueError, "more than one candidate for the unknown: x, y"),
        ("2", {}, ValueError, "no unknown"),
        ("E - e", {"params": {"e": 1}}, ValueError, "stands for the constant"),
        (sp.sin(x) ** 2 + sp.cos(x) ** 2 - 1, {}, ValueError, "identity"),
        (sp.true, {}, ValueError, "identity"),
        (sp.false, {}, ValueError, "never satisfied"),
        (sp.Integer(0), {}, ValueError, "identity"),
        (sp.Function("g")(x) - 1, {}, ValueError, r"g\(x\) is not a known function"),
        (sp.Derivative(sp.Function("g")(x), x), {}, ValueError, "Derivative"),
        (x < 1, {}, TypeError, "equation: expected text"),
        (sp.Matrix([x]), {}, TypeError, "equation: expected text"),
        ([x], {}, TypeError, "equation: expected text"),
        (None, {}, TypeError, "equation: expected text"),
        ("x +", {}, ParseError, "x \\+"),
        ("x + I", {}, ValueError, "domain='complex'"),
        ("Abs(x) - 1", {"domain": "complex"}, ValueError, "not analytic"),
        ("x - a", {"params": {"b": 1}}, ValueError, "does not contain 'b'"),
        ("x - a", {"params": {"a": float("nan")}}, ValueError, "a"),
        ("x - a", {"params": {"a": True}}, ValueError, "a"),
        ("x - a", {"params": {"a": sp.oo}}, ValueError, "finite"),
        ("x - a", {"params": {"a": 1, sp.Symbol("a"): 2}}, ValueError, "given twice"),
        ("x - a", {"params": [1]}, TypeError, "params: expected a mapping"),
        ("a*x - a*x + 1/a", {"params": {"a": 1}}, ValueError, "no unknown|nothing to solve"),
        ("x/a", {"params": {"a": 0}}, ValueError, "no finite value"),
        ("x", {"x0": float("inf")}, ValueError, "x0: expected a finite number"),
        ("x", {"x0": "nan"}, (ValueError, TypeError), "x0|nan"),
        ("x", {"x0": 1j}, ValueError, "x0: 1j is complex"),
        ("x", {"x0": [1, 2]}, ValueError, "x0: expected one number"),
        ("x", {"x0": y}, TypeError, "x0: expected a number"),
        ("x", {"x0": True}, TypeError, "x0"),
        ("x", {"bracket": (1, 1)}, ValueError, "bracket: expected two different"),
        ("x", {"bracket": (0, 1, 2)}, ValueError, "bracket: expected two numbers, got 3"),
        ("x", {"bracket": (0, sp.oo)}, ValueError, "bracket: expected a finite number"),
        ("x", {"bracket": 3}, TypeError, "bracket: expected a sequence"),
        ("x", {"bracket": (0, 1), "domain": "complex"}, ValueError, "bracket"),
        ("x", {"method": "newtn"}, ValueError, "did you mean 'newton'"),
        ("x", {"method": "bracketed"}, ValueError, "bracket"),
        ("x", {"domain": "quaternions"}, ValueError, "quaternions"),
        ("x", {"on_fail": "explode"}, ValueError, "explode"),
        ("x", {"maxiter": 0}, ValueError, "maxiter"),
        ("x", {"maxiter": 1.5}, TypeError, "maxiter"),
        ("x", {"xtol": 0}, ValueError, "xtol"),
        ("x", {"digits": 0}, ValueError, "digits"),
        ("x", {"digits": 10.5}, TypeError, "digits"),
    ],
    ids=lambda value: str(value)[:40] if not isinstance(value, type) else None,
)
def test_newton(equation: Any, options: dict[str, Any], error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        newton(equation, **options)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: householder("x**2 - 2", "x", 0), ValueError, "order: expected 1 to"),
        (lambda: householder("x**2 - 2", "x", 1.5), TypeError, "order"),
        (lambda: householder("x**2 - 2", "y", 1), ValueError, "does not depend on y"),
        (lambda: convergence_order("newtn"), ValueError, "unknown method 'newtn'"),
        (lambda: convergence_order("newton", 0), ValueError, "multiplicity"),
        (lambda: convergence_order("x - 2 + f"), ValueError, "fixed point"),
        (lambda: convergence_order("x - sin(f)"), ValueError, "sin"),
        (lambda: convergence_order(3), TypeError, "method_or_step"),
        (lambda: convergence_order("ostrowski", "m"), ValueError, "multiplicity"),
        (lambda: root_derivatives("x - a", "x", ["b"]), ValueError, "does not contain b"),
        (lambda: root_derivatives("x - a", "x", ["a"], 0), ValueError, "order"),
        (lambda: root_derivatives("x - a", "x", []), ValueError, "params"),
        (lambda: root_derivatives("x - a", "x", ["x"]), ValueError, "params"),
        (lambda: root_derivatives("y - a", "x", ["a"]), ValueError, "does not depend on x"),
        (lambda: polish("x**2 - 2", "y", 1, 30), ValueError, "the unknown of"),
        (lambda: polish("x**2 - 2", "x", None, 30), TypeError, "x0"),
        (lambda: polish("x**2 - 2", "x", 1, 0), ValueError, "digits"),
    ],
    ids=str,
)
def test_the_other_verbs(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
