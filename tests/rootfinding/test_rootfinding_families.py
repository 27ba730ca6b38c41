"""Whole families of equations: from their starts, in their brackets, with true bounds."""

from __future__ import annotations

import json
import math
from pathlib import Path
from statistics import median
from typing import Any

import pytest
import sympy as sp

from symnum.rootfinding import RootResult, Status, newton

DATA = Path(__file__).parents[1] / "data" / "rootfinding_families.json"
ROWS: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))["problems"]
FROM_START = [row for row in ROWS if "start" in row and "bracket_only" not in row.get("tags", ())]
IN_BRACKET = [row for row in ROWS if "bracket" in row]
FAILURES = {
    "pole_not_root": Status.POLE,
    "sign_change_discontinuity": Status.DISCONTINUITY,
}


def solved(row: dict[str, Any], **options: Any) -> RootResult:
    names = {name: sp.Symbol(name) for name in (*row["vars"], *row.get("params", {}))}
    params = {name: sp.sympify(value) for name, value in row.get("params", {}).items()}
    domain = "complex" if row["kind"] == "complex" else "real"
    equation = sp.sympify(row["exprs"][0], locals=names)
    return newton(equation, params=params, domain=domain, **options)


def started(row: dict[str, Any]) -> RootResult:
    return solved(row, x0=sp.sympify(row["start"][0]))


def bracketed(row: dict[str, Any]) -> RootResult:
    return solved(row, bracket=[sp.sympify(end) for end in row["bracket"]])


def true_error(row: dict[str, Any], result: RootResult) -> float:
    """Return the distance to the root of the table, without rounding."""
    number = complex(result.root)
    point = sp.Rational(number.real) + sp.I * sp.Rational(number.imag)
    exact = sp.sympify(row["root_exact" if "root_exact" in row else "root_digits"][0])
    return float(sp.Abs(sp.N(point - exact, 60)))


def check(row: dict[str, Any], result: RootResult) -> None:
    if row["expect"] != "converge":
        assert not result.converged, str(result)
        assert result.status is FAILURES.get(row["expect"], result.status), str(result)
        return
    assert result.converged, str(result)
    assert result.error_bound < 1 + abs(result.root)
    error = true_error(row, result)
    if error > 1e-6 * max(1.0, abs(result.root)):
        # Another root is as right, and its certificate says that it is one.
        assert result.certificate.kind == "interval-newton"
        assert result.certificate.verify()
        return
    if "any_root" not in row.get("tags", ()):
        assert error <= result.error_bound
    assert result.error_bound <= 100 * max(error, math.ulp(abs(result.root)))
    if "nonsmooth" not in row.get("tags", ()):
        assert result.multiplicity == row["multiplicity"]


@pytest.mark.parametrize("row", FROM_START, ids=lambda row: row["id"])
def test_from_the_start(row: dict[str, Any]) -> None:
    check(row, started(row))


@pytest.mark.parametrize("row", IN_BRACKET, ids=lambda row: row["id"])
def test_in_the_bracket(row: dict[str, Any]) -> None:
    result = bracketed(row)
    check(row, result)
    low, high = sorted(float(sp.sympify(end)) for end in row["bracket"])
    assert not result.converged or low <= result.root <= high


def test_the_median_bound_is_close_to_the_error() -> None:
    ratios = []
    for row in IN_BRACKET[::4]:
        if row["expect"] == "converge":
            result = bracketed(row)
            ratios.append(
                result.error_bound / max(true_error(row, result), math.ulp(abs(result.root)))
            )
    assert median(ratios) < 10


@pytest.mark.slow
@pytest.mark.parametrize("row", IN_BRACKET, ids=lambda row: row["id"])
@pytest.mark.parametrize("method", ["newton", "halley", "householder", "schroeder", "bracketed"])
def test_every_method_in_the_bracket(row: dict[str, Any], method: str) -> None:
    check(row, solved(row, bracket=[sp.sympify(e) for e in row["bracket"]], method=method))


@pytest.mark.slow
@pytest.mark.parametrize(
    "row", [row for row in IN_BRACKET if row["expect"] == "converge"], ids=lambda row: row["id"]
)
def test_fifty_digits(row: dict[str, Any]) -> None:
    result = solved(row, bracket=[sp.sympify(end) for end in row["bracket"]], digits=50)
    assert result.converged or row.get("tags"), str(result)
    if result.converged:
        assert result.error_bound <= abs(result.root) * 10.0**-50
        assert result.certificate.verify()
