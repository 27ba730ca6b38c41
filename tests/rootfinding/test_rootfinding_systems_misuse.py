"""Wrong arguments of `root` raise before any work; failures of the search are statuses."""

from __future__ import annotations

import warnings
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.errors import ParseError
from symnum.rootfinding import NoRootError, NoRootWarning, Status
from symnum.rootfinding.systems.solving import root

x, y, z = sp.symbols("x y z")
positive = sp.Symbol("x", positive=True)
TWO = ["x + y = 3", "x - y"]


@pytest.mark.parametrize(
    ("equations", "x0", "error", "message"),
    [
        (TWO, [1, 2, 3], ValueError, "x0: expected 2 numbers, for x, y, got 3"),
        (TWO, [1], ValueError, "x0: expected 2 numbers, for x, y, got 1"),
        (TWO, np.zeros((2, 2)), ValueError, r"x0: expected 2 numbers.*shape \(2, 2\)"),
        (TWO, {"x": 1}, ValueError, "x0: no start for y"),
        (TWO, {"x": 1, "y": 1, "yy": 2}, ValueError, "x0: no equation contains 'yy'; did you mean"),
        (TWO, {}, ValueError, "x0: .*empty"),
        (TWO, {"x": 1, x: 2, "y": 0}, ValueError, "x0: 'x' is given twice"),
        (TWO, {0: 1, 1: 2}, TypeError, "x0: expected names or symbols as keys, got 0"),
        (TWO, {"2x": 1, "y": 2}, ValueError, "x0: expected the name of a symbol"),
        (TWO, None, TypeError, "x0: expected 2 numbers.*got None"),
        (TWO, 1.0, TypeError, "x0: expected 2 numbers.*got 1.0"),
        (TWO, "12", TypeError, "x0: expected 2 numbers.*got '12'"),
        (TWO, {1, 2}, TypeError, "x0: expected 2 numbers"),
        (TWO, [1j, 1], ValueError, r"x0\['x'\]: 1j is complex"),
        (TWO, {"x": 1, "y": 2 + 1j}, ValueError, r"x0\['y'\]: .*complex"),
        (TWO, [float("nan"), 1], ValueError, r"x0\['x'\]: expected a finite number, got nan"),
        (TWO, [1, sp.oo], ValueError, r"x0\['y'\]: expected a finite number"),
        (TWO, [1, [2, 3]], ValueError, r"x0\['y'\]: expected one number, got 2"),
        (TWO, [1, x], TypeError, r"x0\['y'\]: expected a number, got x"),
        (TWO, [True, 1], TypeError, r"x0\['x'\]: expected a number, got True"),
        (["x + y"], {"x": 1, "y": 1}, ValueError, "1 equation in 2 unknowns"),
        (["x*y*z"], [1, 1, 1], ValueError, r"1 equation in 3 unknowns \(x, y, z\)"),
        (["x", "x - 1", "y"], [1, 1], ValueError, "3 equations in 2 unknowns .*least squares"),
        ([], [], ValueError, "at least one equation, got none"),
        ({"x": 1}, [1], TypeError, "equations: expected a sequence of equations, got dict"),
        ({"x", "y"}, [1, 1], TypeError, "got set"),
        (["x < 1", "y"], [1, 1], ParseError, r"equations\[0\]: a condition"),
        ([x < 1, y], [1, 1], TypeError, r"equations\[0\]: expected text, an expression or Eq"),
        ([x, None], [1], TypeError, r"equations\[1\]: expected text, an expression or Eq"),
        ([x, 1.5], [1], TypeError, r"equations\[1\]: expected text"),
        (["x +", "y"], [1, 1], ParseError, r"equations\[0\]: a value is missing"),
        (["g(x)", "y"], [1, 1], ParseError, r"equations\[0\]: unknown function g"),
        ([sp.Function("g")(x), y], [1, 1], ValueError, r"equations\[0\]: g\(x\) is not a known"),
        ([sp.Derivative(sp.Function("g")(x), x), y], [1, 1], ValueError, "Derivative"),
        (["x + I", "y"], [1, 1], ValueError, "imaginary unit.*two equations"),
        (["x", "y", "1 = 1"], [1, 1], ValueError, r"equations\[2\]: 1 = 1 is an identity"),
        (["x", "1 = 2"], [1], ValueError, r"equations\[1\]: 1 = 2 .*never satisfied"),
        ([x, sp.true], [1], ValueError, r"equations\[1\]: True is an identity"),
        (["x/0", "y"], [1, 1], ValueError, r"equations\[0\]"),
        (["sin(x)**2 + cos(x)**2 - 1", "x"], [1], ValueError, "2 equations in 1 unknown"),
        (["(x + y)**2 - x**2 - 2*x*y - y**2", "x - y"], [1, 1], ValueError, r"\[0\].*identity"),
        ([positive + y, x - y], [1, 1], ValueError, "two different symbols are called x"),
        ([positive - 1, "x + y"], [-1, 0], ValueError, r"x0\['x'\]: -1 contradicts the assump"),
        ("x, y", [1, 1], ParseError, "a list of values"),
    ],
)
def test_misuse(equations: Any, x0: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        root(equations, x0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"method": "newtn"}, ValueError, "method: .*got 'newtn'; did you mean 'newton'"),
        ({"method": None}, ValueError, "method: expected one of auto, newton, dogleg, lm"),
        ({"method": ["lm"]}, ValueError, "method: expected one of"),
        ({"maxiter": 0}, ValueError, "maxiter: expected at least 1, got 0"),
        ({"maxiter": 10.0}, TypeError, "maxiter: expected an integer"),
        ({"maxiter": True}, TypeError, "maxiter: expected an integer"),
        ({"on_fail": "rais"}, ValueError, "on_fail: .*did you mean 'raise'"),
    ],
)
def test_wrong_options(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        root(TWO, [1, 1], **options)


@pytest.mark.parametrize(
    ("equations", "x0"),
    [
        (TWO, (0, 0)),
        (tuple(TWO), np.array([1.0, 2.0])),
        (np.array(TWO, dtype=object), np.array([[1.0], [2.0]])),
        (sp.Matrix([x + y - 3, x - y]), sp.Matrix([5, 6])),
        (sp.Eq(sp.Matrix([x + y, x]), sp.Matrix([3, y])), [1, 1]),
        ([sp.Eq(x + y, 3), x - y], [np.array([2.0]), sp.Rational(1, 3)]),
        ([x + y - 3, "x = y"], ["1/2", [4]]),
        ([[x + y - 3], [sp.Matrix([x - y])]], [1, 1]),
        ((e for e in TWO), [1, 1]),
    ],
)
def test_all_forms_of_equations_and_starts(equations: Any, x0: Any) -> None:
    result = root(equations, x0)
    assert isinstance(result.root, np.ndarray)
    assert result.root.dtype == result.error_bound.dtype == np.float64
    assert result.root.tolist() == [1.5, 1.5]
    assert result.residual.tolist() == [0.0, 0.0]
    assert result.status is Status.EXACT


def test_the_order_of_the_unknowns() -> None:
    equations = ["x10 - 10", "x2 - 2", "x1 - 1"]
    assert root(equations, [0, 0, 0]).root.tolist() == [1.0, 2.0, 10.0]
    named = root(equations, {"x10": 0, sp.Symbol("x1"): 0, "x2": 0})
    assert named.root == {"x10": 10.0, sp.Symbol("x1"): 1.0, "x2": 2.0}
    assert list(named.error_bound) == list(named.root)


def test_names_of_constants_and_of_python_are_symbols_if_declared() -> None:
    result = root(["E**2 + lambda = 5", "lambda - pi*E/pi"], {"E": 1, "lambda": 1})
    assert result.root["E"] == pytest.approx((21**0.5 - 1) / 2)


def test_one_equation_is_a_system_too() -> None:
    array = root("x**3 - x**2", [0.1])
    assert array.root.tolist() == [0.0]
    assert array.multiplicity == 2
    named = root("x - cos(x)", {"x": 1})
    assert named.root == {"x": 0.7390851332151607}
    assert "x = 0.7390851332151607" in str(named)
    assert root(x**2 - 2, 1.0, method="dogleg").root.shape == (1,)


@pytest.mark.parametrize(
    ("equations", "x0", "options", "status"),
    [
        (["sqrt(x) - 2", "y"], [-1, 0], {"method": "newton"}, Status.LEFT_DOMAIN),
        (["log(x) + y", "1/x - y"], [0, 0], {"method": "lm"}, Status.NAN),
        (["exp(exp(x)) - y", "y - 2"], [100, 0], {"method": "dogleg"}, Status.NAN),
        (["x**2 - 3", "y**2 - x"], [1, 1], {"maxiter": 1}, Status.MAXITER),
        (["x**2 + y**2 - 1", "x - y"], [0, 0], {"method": "newton"}, Status.SINGULAR_JACOBIAN),
        (["exp(-x)", "y - x"], [1, 1], {"method": "newton"}, Status.DIVERGED),
        (["x**2 + 1", "y - x"], [0.5, 1], {"method": "lm"}, Status.STALLED),
        (["exp(-x**2)", "y - 1"], [40, 1], {"method": "lm"}, Status.UNDERFLOW),
    ],
)
def test_statuses(equations: list[str], x0: list[Any], options: Any, status: Status) -> None:
    result = root(equations, x0, **options)
    assert result.status is status
    assert not result.converged
    assert f"no root of [{equations[0]}" in str(result)
    assert str(status) in str(result)


@pytest.mark.parametrize(
    ("equations", "x0", "expected"),
    [
        (["sqrt(x) - 2", "y"], [-1, 0], [4, 0]),
        (["exp(exp(x)) - E", "y - 2"], [100, 0], [0, 2]),
        (["x**2 + y**2 - 2", "x - y"], [0, 0], None),
        (["1/x - 2", "y - x"], [0, 0], [0.5, 0.5]),
    ],
)
def test_auto_goes_on_from_other_starts(
    equations: list[str], x0: list[Any], expected: list[float] | None
) -> None:
    result = root(equations, x0)
    assert result.converged
    assert expected is None or result.root.tolist() == expected


def test_a_failure_can_warn_or_raise() -> None:
    equations, start = ["x**2 + 1", "y - x"], [0.5, 1]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not root(equations, start).converged
    with pytest.warns(NoRootWarning, match="stalled"):
        root(equations, start, on_fail="warn")
    with pytest.raises(NoRootError, match="stalled"):
        root(equations, start, on_fail="raise")


def test_roots_against_the_assumptions_are_no_roots() -> None:
    x_positive, y_real = sp.Symbol("x", positive=True), sp.Symbol("y", real=True)
    result = root([x_positive**2 - 4, x_positive + y_real], [1, 1])
    assert result.root.tolist() == [2.0, -2.0]
    assert not root([x_positive + 1 - y_real, y_real - 2 * x_positive - 3], [1, 1]).converged


def test_functions_without_enclosures_are_judged_by_corrections() -> None:
    result = root(["zeta(x) - 2", "y - 1"], [1.5, 2])
    assert result.status is Status.NOISE_LIMITED
    with mpmath.workdps(30):
        true = mpmath.findroot(lambda x: mpmath.zeta(x) - 2, 1.7)
        assert abs(mpmath.mpf(result.root[0]) - true) <= result.error_bound[0]
