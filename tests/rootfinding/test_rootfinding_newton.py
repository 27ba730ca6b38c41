"""One root: the table of scalar problems, the traps, the statuses."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from symnum.rootfinding import NoRootError, NoRootWarning, Status, newton

DATA = Path(__file__).parents[1] / "data" / "rootfinding_problems.json"
PROBLEMS = [
    row
    for row in json.loads(DATA.read_text(encoding="utf-8"))["problems"]
    if row["kind"] in ("scalar", "complex")
]
FROM_START = [row for row in PROBLEMS if "bracket_only" not in row.get("tags", ())]
IN_BRACKET = [row for row in PROBLEMS if "bracket" in row]

EXPECTED_FAILURE = {
    "pole_not_root": Status.POLE,
    "sign_change_discontinuity": Status.DISCONTINUITY,
}


def read(row: dict[str, Any]) -> tuple[sp.Expr, dict[str, Any]]:
    """Return the equation of a row and the arguments that every call needs."""
    names = {name: sp.Symbol(name) for name in (*row["vars"], *row.get("params", {}))}
    params = {name: sp.sympify(value) for name, value in row.get("params", {}).items()}
    domain = "complex" if row["kind"] == "complex" else "real"
    return sp.sympify(row["exprs"][0], locals=names), {"params": params, "domain": domain}


def exact_root(row: dict[str, Any]) -> sp.Expr:
    return sp.sympify(row["root_exact"][0] if "root_exact" in row else row["root_digits"][0])


def distance(root: complex, exact: sp.Expr) -> float:
    """Return |root - exact| without rounding either."""
    number = complex(root)
    point = sp.Rational(number.real) + sp.I * sp.Rational(number.imag)
    return float(sp.Abs(sp.N(point - exact, 50)))


def check(row: dict[str, Any], result: Any) -> None:
    """A converged answer is a true root within its bound; a failure has the right name."""
    if row["expect"] != "converge":
        assert not result.converged, result
        assert result.status is EXPECTED_FAILURE.get(row["expect"], result.status)
        return
    assert result.converged, str(result)
    error = distance(result.root, exact_root(row))
    if error > 1e-6 * max(1.0, abs(result.root)):
        # Another root: any true root is right, and its certificate says that it is one.
        assert result.certificate.kind == "interval-newton"
    else:
        assert error <= result.error_bound <= 100 * max(error, math.ulp(abs(result.root)))
        if "nonsmooth" not in row.get("tags", ()):
            assert result.multiplicity == row["multiplicity"]
    assert result.error_bound < 1 + abs(result.root)
    assert result.certificate.verify()


@pytest.mark.parametrize("row", FROM_START, ids=lambda row: row["id"])
def test_every_problem_from_its_start(row: dict[str, Any]) -> None:
    equation, options = read(row)
    check(row, newton(equation, sp.sympify(row["start"][0]), **options))


@pytest.mark.parametrize("row", IN_BRACKET, ids=lambda row: row["id"])
def test_every_problem_in_its_bracket(row: dict[str, Any]) -> None:
    equation, options = read(row)
    bracket = [sp.sympify(end) for end in row["bracket"]]
    result = newton(equation, bracket=bracket, **options)
    check(row, result)
    if result.converged:
        assert float(bracket[0]) <= result.root <= float(bracket[1])


@pytest.mark.parametrize("method", ["auto", "newton", "halley", "householder", "schroeder"])
def test_every_method_finds_the_same_root(method: str) -> None:
    result = newton("x - cos(x)", 1, method=method)
    assert result.root == 0.7390851332151607
    assert result.certificate.verify()


@pytest.mark.parametrize(
    ("equation", "options", "root", "multiplicity"),
    [
        ("x - cos(x)", {}, 0.7390851332151607, 1),
        ("x**2 = 2", {"x0": 1}, math.sqrt(2), 1),
        ("x**3 - 2*x + 2", {"x0": 0}, -1.7692923542386314, 1),
        ("(x - 1)**3*(x + 2)", {"x0": 3}, 1.0, 3),
        ("(x - cos(x))**2", {"x0": 1}, 0.7390851332151607, 2),
        ("sin(x)**2", {"x0": 3}, math.pi, 2),
        ("exp(x) - 1 - x", {"x0": 1}, 0.0, 2),
        ("sin(x) - x + x**3/6", {"x0": 1}, 0.0, 5),
        ("x**19", {"x0": 4}, 0.0, 19),
        ("log(16*x**6/9 + 1)", {"x0": 0.5}, 0.0, 6),
        ("log((3*x - 1)**8 + 1)", {"x0": 0.5}, 1 / 3, 8),
        ("Abs(x) - 1", {"x0": 0.5}, 1.0, 1),
        ("Max(x, x**3) - 2", {}, 2 ** (1 / 3), 1),
        ("sign(x**2 - 2)*Abs(x**2 - 2)**(1/3)", {"bracket": (0, 3)}, math.sqrt(2), None),
        ("zeta(x) - 2", {"x0": 2}, 1.7286472389981837, None),
        ("x**2 - 1e-300", {"x0": 1}, 1e-150, 1),
        ("1e-200*x**2 - 1e-200", {"x0": 3}, 1.0, 1),
        ("cosh(x) - 1e300", {"x0": 600}, 691.4686750787737, 1),
        ("(x - 1)**2 - 1/10**20", {"x0": 2}, 1.0000000001, 1),
        ("10**20*(x - 1)*(x - 1 - 1/10**12)", {"x0": 1.5}, 1.000000000001, 1),
        ("log(x)", {"x0": -1}, 1.0, 1),
        ("x**(1/3) - 2", {"x0": -1}, 8.0, 1),
        ("z**2 + 1", {"x0": 1, "domain": "complex"}, 1j, 1),
        ("(z**2 + 1)**2", {"x0": 1 + 1j, "domain": "complex"}, 1j, 2),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_known_roots(
    equation: str, options: dict[str, Any], root: complex, multiplicity: int | None
) -> None:
    result = newton(equation, **options)
    assert result.converged, str(result)
    assert abs(result.root - root) <= 1e-15 * abs(root)
    assert result.multiplicity == multiplicity
    assert result.certificate.verify()


@pytest.mark.parametrize(
    ("equation", "options", "status"),
    [
        ("tan(x)", {"bracket": (1, 2)}, Status.POLE),
        ("1/x", {"bracket": (-1, 2)}, Status.POLE),
        ("floor(x) - 1/2", {"bracket": (0, 3)}, Status.DISCONTINUITY),
        ("x**2 + 1", {"bracket": (-1, 2)}, Status.NO_SIGN_CHANGE),
        ("exp(x)", {}, Status.UNDERFLOW),
        ("x**3 - 2*x + 2", {"x0": 0, "method": "newton"}, Status.CYCLE),
        ("atan(x)", {"x0": 3, "method": "newton"}, Status.DIVERGED),
        ("cos(x)", {"x0": 0, "method": "newton"}, Status.ZERO_DERIVATIVE),
        ("x - cos(x)", {"x0": 100, "method": "newton", "maxiter": 2}, Status.MAXITER),
        ("x**(1/3) - 2", {"x0": -1, "method": "newton"}, Status.LEFT_DOMAIN),
        ("1/x - 1", {"x0": 0, "method": "newton"}, Status.NAN),
        ("(x - 1)**2 + 1/10**20", {"x0": 2}, Status.PROVED_NONE),
    ],
    ids=lambda value: str(value) if isinstance(value, (str, Status)) else None,
)
def test_failures_have_a_name_and_an_advice(
    equation: str, options: dict[str, Any], status: Status
) -> None:
    result = newton(equation, **options)
    assert result.status is status, str(result)
    assert not result.converged
    assert result.error_bound == math.inf
    assert not result.certificate.verify()
    assert str(status) in str(result)
    assert status.advice in str(result)
    assert "\n" not in str(result)


def test_a_failure_is_a_value_a_warning_or_an_exception() -> None:
    with pytest.warns(NoRootWarning, match="pole"):
        newton("tan(x)", bracket=(1, 2), on_fail="warn")
    with pytest.raises(NoRootError, match="pole"):
        newton("tan(x)", bracket=(1, 2), on_fail="raise")


def test_the_text_of_a_success() -> None:
    text = str(newton("x - cos(x)", 1))
    assert text.startswith("x = 0.7390851332151607 (error <= 3.1e-17), simple root of x - cos(x)")
    assert text.endswith("proved by interval-newton")


def test_a_converged_step_that_equals_an_end_is_taken() -> None:
    # An open test of the bracket bisects such a step away and needs 15 steps.
    result = newton("x**2 - 4", 3, bracket=(2, 4))
    assert (result.root, result.status) == (2.0, Status.EXACT)
    assert newton("x*(x - 3)", bracket=(1, 3)).iterations <= 8


def test_ordinary_input_of_every_kind() -> None:
    np = pytest.importorskip("numpy")
    x = sp.Symbol("x", positive=True)
    for start in (1, 1.0, sp.pi / 3, "pi/3", np.float64(1), np.array([1.0]), (1,)):
        assert newton("x - cos(x)", start).root == 0.7390851332151607
    assert newton(sp.Eq(x**2, 2), np.array([1.5])).root == math.sqrt(2)
    assert newton(x**2 - 2, bracket=np.array([3, 0])).root == math.sqrt(2)
    assert newton("E1 - e*sin(E1) - M", params={"e": 0.5, sp.Symbol("M"): 3}).converged


@pytest.mark.parametrize("name", ["lambda", "self", "np", "f", "x_", "E1", "S", "Q", "beta", "λ"])
def test_hostile_names_of_the_unknown(name: str) -> None:
    assert newton(f"{name}**2 - 2", 1).root == math.sqrt(2)
    assert newton(sp.Symbol(name) ** 2 - 2, 1).unknown == name


def test_the_assumptions_of_a_symbol_hold_for_its_root() -> None:
    x = sp.Symbol("x", positive=True)
    assert newton(x**2 - 4).root == 2.0
    assert not newton(x + 1).converged


@given(st.floats(0.0, 0.9999), st.floats(0.0, math.pi))
def test_keplers_equation_is_always_solved(e: float, M: float) -> None:
    result = newton("E1 - e*sin(E1) - M", bracket=(0, math.pi), params={"e": e, "M": M})
    assert result.converged, str(result)
    exact = sp.Rational(result.root)
    residual = exact - sp.Rational(e) * sp.sin(exact) - sp.Rational(M)
    # |f(x)| <= bound * max f', and f' = 1 - e cos is at most its value plus the bound.
    steepest = 1 - e * math.cos(result.root) + result.error_bound
    assert abs(float(sp.N(residual, 40))) <= result.error_bound * steepest * (1 + 1e-12)


@given(st.integers(-50, 50), st.integers(1, 50), st.integers(1, 4), st.integers(-9, 9))
def test_a_planted_root_is_found_with_its_multiplicity(
    p: int, q: int, multiplicity: int, start: int
) -> None:
    x = sp.Symbol("x")
    planted = sp.Rational(p, q)
    result = newton((x - planted) ** multiplicity * (x**2 + 1), start)
    assert result.converged, str(result)
    assert distance(result.root, planted) <= result.error_bound <= math.ulp(abs(p / q) or 1.0)
    assert result.multiplicity == multiplicity
