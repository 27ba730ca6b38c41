"""Values of compiled formulas against reference values with many digits."""

from __future__ import annotations

import json
import math
from pathlib import Path

import mpmath
import numpy as np
import pytest
import sympy

from symnum import parse
from symnum.compiler import lambdify
from symnum.reference import ulp_distance

DATA = Path(__file__).parents[1] / "data"
EXPRESSIONS = json.loads((DATA / "kernels_expressions.json").read_text())
ELEMENTARY = json.loads((DATA / "kernels_elementary.json").read_text())

FUNCTIONS = ELEMENTARY["functions"]
x = sympy.Symbol("x")


@pytest.mark.parametrize("row", EXPRESSIONS, ids=lambda row: row["name"])
def test_ordinary_formulas(row):
    kernel = lambdify(list(row["args"]), parse(row["expr"], **{row["assume"]: True}))
    points = [[float.fromhex(number) for number in point["at"]] for point in row["points"]]
    values = kernel(*np.array(points).T)
    for point, arguments, value in zip(row["points"], points, values.tolist(), strict=True):
        exact = mpmath.mpf(point["value"])
        size = abs(exact) + mpmath.mpf(point["condition"])
        assert abs(value - exact) <= 8 * 2.0**-53 * size + 5e-324, arguments
        assert kernel(*arguments) == value


@pytest.fixture(scope="module")
def elementary():
    """All elementary functions as the outputs of one kernel."""
    return lambdify("x", [parse(row["expr"]) for row in FUNCTIONS])


@pytest.mark.parametrize("index", range(len(FUNCTIONS)), ids=[row["expr"] for row in FUNCTIONS])
def test_elementary_functions(elementary, index):
    row = FUNCTIONS[index]
    points = np.array([float.fromhex(point) for point, _ in row["points"]])
    values = elementary(points)[index].tolist()
    with mpmath.workdps(40):
        for point, value, (_, text) in zip(points.tolist(), values, row["points"], strict=True):
            assert ulp_distance(value, mpmath.mpf(text)) <= row["limit_ulp"], point
            assert elementary(point)[index] == value


@pytest.mark.parametrize("name", ELEMENTARY["special_values"])
def test_special_values_are_the_same_for_numbers_blocks_and_tails(elementary, name):
    index = [row["expr"] for row in FUNCTIONS].index(f"{name}(x)")
    for point, expected in ELEMENTARY["special_values"][name]:
        number = float(point)
        wanted = float(sympy.pi / 2) if expected == "pi/2" else float(expected)
        values = [elementary(number)[index], *elementary(np.full(21, number))[index].tolist()]
        for value in values:
            if math.isnan(wanted):
                assert math.isnan(value)
            else:
                assert (value, math.copysign(1, value)) == (wanted, math.copysign(1, wanted))
