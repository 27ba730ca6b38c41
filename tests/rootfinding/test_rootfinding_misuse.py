"""Wrong arguments raise before any work, naming the argument."""

from __future__ import annotations

import time
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
        ("oo - x", {}, ValueError, "equation: the left side of oo - x .* no finite value"),
        ("x - a", {"params": {"a": "1 +"}}, ParseError, r"params\['a'\]: a value is missing"),
        ("z - a", {"params": {"a": "q"}, "domain": "complex"}, TypeError, r"params\['a'\]"),
        ("z - a", {"params": {"a": [1]}, "domain": "complex"}, TypeError, r"params\['a'\]"),
        ("x", {"bracket": "0, 1"}, TypeError, "bracket: expected a sequence"),
        ("x", {"bracket": {0, 1}}, TypeError, "bracket: expected a sequence"),
        ("x", {"bracket": (0, 1j)}, ValueError, "bracket: expected two different finite real"),
        ("x", {"xtol": float("nan")}, ValueError, "xtol"),
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
)
def test_the_other_verbs(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "text",
    [
        "9**9**9**9",
        "2**(2**(2**(2**20)))*x",
        "factorial(10**9)",
        "binomial(10**8, 10**7)*x",
        "x**(10**100)",
        "exp(exp(exp(exp(10)))) - x",
        "1e999999*x",
        "(" * 5000 + "x" + ")" * 5000,
        "-" * 5000 + "x",
        "x" + "+x" * 5000,
        "__import__('os').getcwd()",
        "x.__class__",
        "().__class__",
        "x[0]",
        "'x'",
        "(lambda: x)()",
        "[x for x in (1,)]",
        "x if x else 1",
        "x := 1",
        "x < 1",
        "x = 1 = 2",
        "\uff58 - 1",  # fullwidth x
        "x \uff0b 1",  # fullwidth plus
        "x - \uff11",  # fullwidth one
        "x\u200b - 1",  # zero width space
        "exec(x)",
        "open(x)",
        "",
    ],
    ids=lambda text: text[:24] or "empty",
)
def test_texts_that_are_no_formula_are_refused_at_once(text: str) -> None:
    begin = time.perf_counter()
    for call in (lambda: newton(text), lambda: polish(text, "x", 1, 20), lambda: newton("x", text)):
        with pytest.raises((ParseError, TypeError, ValueError)):
            call()
    assert time.perf_counter() - begin < 1.0


def test_numbers_of_many_digits_are_ordinary() -> None:
    many = "12345678901234567890123456789012345678901234567890"
    result = newton(f"{many}*x - 1", digits=45)
    assert str(result.root).startswith("8.1000000729")
    assert newton("x - 1/5").certificate.verify()


@pytest.mark.parametrize(
    "name", ["E", "I", "pi", "oo", "S", "N", "Q", "zeta", "gamma", "E1", "lambda"]
)
def test_declared_names_win_over_constants_and_functions(name: str) -> None:
    assert polish(f"{name}**2 - 2", name, 1.4, 20).unknown == name
    assert newton(f"x - {name}", params={name: 3}).root == 3.0
