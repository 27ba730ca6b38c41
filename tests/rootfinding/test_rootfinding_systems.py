"""Roots of systems: collections of test problems, from near, far and very far starts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp

from symnum.rootfinding import RootResult, Status
from symnum.rootfinding.systems.solving import root

DATA = Path(__file__).parents[1] / "data"
ROWS = [
    row
    for row in json.loads((DATA / "rootfinding_problems.json").read_text())["problems"]
    if row["kind"] == "system"
]
OTHERS = json.loads((DATA / "rootfinding_systems.json").read_text())["problems"]
SCALES = (1, 10, 100)


def _takes_long(row: dict[str, Any], scale: int) -> bool:
    many = ("chebyquad9", "variably_dimensioned10")
    return row["id"] in many or (scale > 1 and row["id"].startswith("chebyquad"))


def scaled(start: list[str], scale: int) -> list[float]:
    """The standard start, 10 and 100 times it; a zero start becomes all 10, all 100."""
    numbers = [float(sp.Rational(part)) for part in start]
    if scale > 1 and not any(numbers):
        return [float(scale)] * len(numbers)
    return [scale * number for number in numbers]


def newton_in_mpmath(expressions: list[str], names: list[str], near: np.ndarray) -> list[Any]:
    """Newton's iteration with 60 digits, independent of the project."""
    symbols = [sp.Symbol(name) for name in names]
    formulas = sp.Matrix([sp.sympify(expr) for expr in expressions])
    with mpmath.workdps(60):
        f = sp.lambdify(symbols, formulas, "mpmath")
        slopes = sp.lambdify(symbols, formulas.jacobian(symbols), "mpmath")
        point = mpmath.matrix([mpmath.mpf(place) for place in near.tolist()])
        for _ in range(8):
            point -= mpmath.lu_solve(slopes(*point), f(*point))
        return list(point)


def assert_is_root(result: RootResult, expressions: list[str], names: list[str]) -> None:
    """The root agrees with Newton's iteration at 60 digits, within the bound."""
    exact = newton_in_mpmath(expressions, names, result.root)
    with mpmath.workdps(60):
        for place, true, bound in zip(result.root, exact, result.error_bound, strict=True):
            assert abs(mpmath.mpf(place) - true) <= bound + mpmath.mpf("1e-55")
            assert bound <= max(100 * np.spacing(abs(place)), 1e-30)


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_open_problems(row: dict[str, Any], scale: int) -> None:
    if scale > 1 and not row["id"].startswith("mgh"):
        pytest.skip("from the standard start only")
    start = dict(zip(row["vars"], scaled(row["start"], scale), strict=True))
    result = root(row["exprs"], start)
    assert result.converged == (row["expect"] == "converge"), str(result)
    if not result.converged:
        return
    assert list(result.root) == list(result.error_bound) == row["vars"]
    if row.get("any_root"):
        arrays = root(row["exprs"], scaled(row["start"], scale))
        assert_is_root(arrays, row["exprs"], row["vars"])
        return
    for name, digits in zip(row["vars"], row["root_digits"], strict=True):
        with mpmath.workdps(40):
            error = abs(mpmath.mpf(result.root[name]) - mpmath.mpf(digits))
        assert error <= result.error_bound[name] + 1e-33
    assert result.certificate.verify()


@pytest.mark.parametrize(
    ("row", "scale"),
    [
        pytest.param(row, scale, marks=pytest.mark.slow if _takes_long(row, scale) else ())
        for row in OTHERS
        for scale in SCALES
    ],
    ids=lambda value: value["id"] if isinstance(value, dict) else str(value),
)
def test_other_problems_of_the_collections(row: dict[str, Any], scale: int) -> None:
    result = root(row["exprs"], scaled(row["start"], scale))
    assert result.converged, str(result)
    if "powell" in row["id"]:  # the only root, and a singular one
        assert result.root.tolist() == [0.0] * len(row["start"])
        assert result.error_bound.max() == 0.0
    else:
        names = [f"x{k}" for k in range(1, len(row["start"]) + 1)]
        assert_is_root(result, row["exprs"], names)


@pytest.mark.slow
@pytest.mark.parametrize("scale", SCALES)
def test_watson_as_a_gradient(scale: int) -> None:
    symbols = sp.symbols("x1:7")
    squares = [symbols[0] ** 2, (symbols[1] - symbols[0] ** 2 - 1) ** 2]
    for i in range(1, 30):
        t = sp.Rational(i, 29)
        slope = sum(j * symbols[j] * t ** (j - 1) for j in range(1, 6))
        value = sum(symbols[j] * t**j for j in range(6))
        squares.append((slope - value**2 - 1) ** 2)
    gradient = [sp.diff(sum(squares) / 2, symbol) for symbol in symbols]
    result = root(gradient, scaled(["0"] * 6, scale))
    assert result.status is Status.CONVERGED
    assert_is_root(result, [str(g) for g in gradient], [str(s) for s in symbols])


@pytest.mark.parametrize("method", ["auto", "newton", "dogleg", "lm"])
def test_each_method_solves_easy_problems(method: str) -> None:
    equations = ["x**2 + y**2 + z**2 = 14", "x*y*z = 6", "x - 2*y + exp(z - 3) = -2"]
    result = root(equations, {"x": 1.3, "y": 1.8, "z": 2.9}, method=method)
    assert result.converged
    assert result.certificate.kind == "krawczyk"
    assert result.certificate.verify()


@pytest.mark.parametrize("method", ["auto", "newton", "dogleg", "lm"])
@pytest.mark.parametrize("size", [2, 5, 12])
def test_a_linear_system_ends_in_one_step(method: str, size: int) -> None:
    hilbert = sp.Matrix(size, size, lambda i, j: sp.Rational(1, i + j + 1))
    unknowns = sp.symbols(f"x1:{size + 1}")
    equations = hilbert * sp.Matrix(unknowns) - sp.ones(size, 1)
    result = root(equations, [7.0] * size, method=method, maxiter=200)
    exact = [int(value) for value in hilbert.LUsolve(sp.ones(size, 1))]
    assert result.root.tolist() == exact
    assert result.status is Status.EXACT
    if method in ("auto", "newton"):
        assert result.iterations == 1


def test_kinks_and_branches_are_differentiated() -> None:
    # The helical valley with its angle as a Piecewise has no trap of DiracDelta here.
    result = root(["Abs(x - 2) + y = 3", "Max(x, y) = 4"], [9.0, 1.0])
    assert result.status in (Status.EXACT, Status.CONVERGED)
    x, y = result.root
    assert abs(x - 2.0) + y == 3.0
    assert max(x, y) == 4.0


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_units_do_not_matter(scale: float) -> None:
    equations = [f"u*v - {scale!r}", f"u + {1 / scale!r}*v - 3"]
    result = root(equations, {"u": 5.0, "v": 1.0 * scale})
    assert result.converged
    u, v = result.root.values()
    assert u * v == pytest.approx(scale)
    assert result.error_bound["v"] <= 1e-14 * abs(v)


def test_random_systems_with_a_known_root() -> None:
    """No root is claimed where none is: each answer solves its system."""
    generator = np.random.default_rng(7)
    x, y, z = unknowns = sp.symbols("x y z")
    atoms = [x**2, y**2, z**2, x * y, y * z, sp.sin(x), sp.cos(y), sp.exp(z / 3), x, y, z]
    for _ in range(6):
        point = {s: sp.Rational(int(generator.integers(-20, 21)), 8) for s in unknowns}
        equations = []
        for _ in unknowns:
            expr = sum(int(generator.integers(-4, 5)) * atom for atom in atoms) + x + y + z
            equations.append(expr - expr.subs(point))
        result = root(equations, [1.0, 1.0, 1.0])
        assert result.converged, str(result)
        assert_is_root(result, [str(e) for e in equations], ["x", "y", "z"])
