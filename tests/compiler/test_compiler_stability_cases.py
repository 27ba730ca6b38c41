"""Cancellation and overflow: every case of the table keeps its digits over its whole domain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import sympy

from symnum.compiler.differentiation import differentiate
from symnum.compiler.lowering import lower
from symnum.compiler.program import Program
from symnum.compiler.stability import Span, stabilise
from symnum.compiler.stability.scoring import score
from symnum.compiler.stability.workspace import Workspace
from symnum.expressions import parse_expression
from symnum.reference import evaluate, ulp_distance

CASES = json.loads((Path(__file__).parents[1] / "data" / "kernels_cancellation.json").read_text())
NAMES = [case["expr"] for case in CASES]

# Of derivatives: those whose results are well conditioned over the domain.
DERIVATIVES = [
    "sqrt(x+1)-sqrt(x)",
    "(exp(x)-1)/x",
    "log(1+exp(x))",
    "tanh(x)-x",
    "exp(2*x)-2*exp(x)+1",
    "1/(x+1)-1/x",
    "atan(x+1)-atan(x)",
    "sin(x)-x",
    "log(x+1)-log(x)",
    "(1-cos(x))/x**2",
    "asin(x)-x",
]


def points_of(case: dict, count: int = 150) -> np.ndarray:
    random = np.random.default_rng(7)
    rows = []
    for low, high, kind in case["args"].values():
        if kind == "lin":
            row = random.uniform(low, high, count)
        else:
            row = np.exp(random.uniform(np.log(low), np.log(high), count))
            if kind == "symlog":
                row = row * random.choice([-1.0, 1.0], count)
        rows.append(row)
    return np.array(rows)


def lowered(case: dict, order: int = 0) -> Program:
    symbols = [sympy.Symbol(name) for name in case["args"]]
    program = lower(symbols, (parse_expression(case["expr"], {s.name: s for s in symbols}),))
    for _ in range(order):
        program = differentiate(program, (0,))
    return program


def worst(program: Program, stable: Program, points: np.ndarray):
    workspace, (output,) = Workspace.of(program, points)
    place = workspace.builder.include(stable)[stable.outputs[0]]
    return score(workspace, output, workspace.double(place))


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_every_case_keeps_its_digits(case):
    program = lowered(case)
    stable, choices = stabilise(program)
    after = worst(program, stable, points_of(case))
    assert after.strict <= 8
    assert after.undefined == 0
    assert choices
    assert worst(program, program, points_of(case)).strict > 100


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_given_points_of_every_case(case):
    # The oracle is the SymPy expression, which shares nothing with the rewriting.
    symbols = [sympy.Symbol(name) for name in case["args"]]
    expression = parse_expression(case["expr"], {s.name: s for s in symbols})
    stable, _ = stabilise(lowered(case))
    points = np.array([[float.fromhex(x) for x in row["at"]] for row in case["points"]]).T
    workspace, (output,) = Workspace.of(stable, points)
    computed = workspace.double(output)
    for k, value in enumerate(computed):
        exact = evaluate(expression, dict(zip(symbols, points[:, k], strict=True)), 30)
        assert ulp_distance(float(value), exact) <= 8


@pytest.mark.parametrize("name", DERIVATIVES)
def test_derivatives_of_cases_keep_their_digits(name):
    case = CASES[NAMES.index(name)]
    program = lowered(case, 1)
    stable, _ = stabilise(program)
    assert worst(program, stable, points_of(case)).strict <= 8


@pytest.mark.parametrize("name", ["1-1/(1+exp(-x))", "log(x+1)-log(x)", "sqrt(1+x**2)-1"])
def test_second_derivatives(name):
    case = CASES[NAMES.index(name)]
    program = lowered(case, 2)
    stable, _ = stabilise(program)
    assert worst(program, stable, points_of(case)).strict <= 8


# Formulas that are in no table: the text, and the range of each argument.
MORE = [
    ("exp(3*x)-3*exp(2*x)+3*exp(x)-1", [(1e-4, 1.0)]),
    ("cosh(x)-1", [(1e-9, 5.0)]),
    ("cos(x)-cos(y)", [(1.0, 1.0001), (1.0, 1.0001)]),
    ("sin(x+y)-sin(x)", [(0.1, 1.0), (1e-9, 1e-3)]),
    ("log((1+x)/(1-x))", [(1e-9, 0.5)]),
    ("log(cos(x))", [(1e-8, 1.0)]),
    ("1/sqrt(x)-1/sqrt(x+1)", [(1.0, 1e8)]),
    ("x**2-y**2", [(1.0, 1.0001), (1.0, 1.0001)]),
    ("log(exp(x)+exp(y)+exp(z))", [(500.0, 900.0)] * 3),
    ("exp(y)/(exp(x)+exp(y)+exp(z))", [(800.0, 900.0)] * 3),
    ("exp(x)-1-x-x**2/2", [(1e-4, 3.0)]),
    ("pi/2-atan(x)", [(1.0, 1e12)]),
    ("acos(1-x)", [(1e-12, 0.5)]),
    ("log(x+sqrt(x**2+1))", [(-1e6, 1e6)]),
    ("1-tanh(x)", [(0.1, 300.0)]),
    ("1-erf(x)", [(0.1, 20.0)]),
    ("1-erfc(x/2)/2", [(-20.0, 5.0)]),
    ("sinh(x)/cosh(x)", [(700.0, 5000.0)]),
    ("(x+sqrt(x**2+4))/2", [(-1e9, -1.0)]),
    ("x**y-1", [(0.5, 2.0), (1e-9, 1e-3)]),
    ("x*log(x)-x+1", [(0.9, 1.1)]),
    ("coth(x)-1/x", [(1e-6, 2.0)]),
    ("x**6-6*x**5+15*x**4-20*x**3+15*x**2-6*x+1", [(0.9, 1.1)]),
    ("exp(x)*cos(y)-1-x", [(1e-6, 1e-3), (1e-6, 1e-3)]),
]


@pytest.mark.parametrize(("text", "ranges"), MORE, ids=[text for text, _ in MORE])
def test_other_formulas_keep_their_digits(text, ranges):
    names = "xyz"[: len(ranges)]
    symbols = [sympy.Symbol(name) for name in names]
    program = lower(symbols, (parse_expression(text, {s.name: s for s in symbols}),))
    stable, _ = stabilise(program, [Span(low, high) for low, high in ranges])
    random = np.random.default_rng(3)
    rows = [
        np.exp(random.uniform(np.log(low), np.log(high), 120))
        if low > 0
        else random.uniform(low, high, 120)
        for low, high in ranges
    ]
    after = worst(program, stable, np.array(rows))
    assert after.fair <= 8
    assert after.undefined == 0
