"""Branches that are not taken: no NaN in values, first and second derivatives, in doubles."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy
from scipy import special
from sympy import (
    Abs,
    And,
    Max,
    Min,
    Ne,
    Piecewise,
    Rational,
    S,
    acos,
    acosh,
    atan2,
    cos,
    exp,
    gamma,
    log,
    oo,
    sin,
    sqrt,
    tan,
)

from symnum.compiler.differentiation import differentiate, hessian, jacobian
from symnum.compiler.lowering import lower
from symnum.compiler.passes import optimise

x, y, z = ARGS = sympy.symbols("x y z")

OPERATIONS = {
    "negative": np.negative,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "square_root": np.sqrt,
    "select": np.where,
    "negate": np.logical_not,
    "both": np.logical_and,
    "either": np.logical_or,
    "multiply_add": lambda a, b, c: a * b + c,
}
FUNCTIONS = {
    "absolute": np.abs,
    "power": np.power,
    "cube_root": np.cbrt,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "atan2": np.arctan2,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "gamma": special.gamma,
    "digamma": special.digamma,
    "trigamma": lambda a: special.polygamma(1, a),
    "polygamma": lambda n, a: special.polygamma(int(n), a),
}
COMPARISONS = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def in_doubles(program, point):
    """Evaluate every node, also those of branches that are not taken, as vector code does."""
    values = []
    with np.errstate(all="ignore"):
        for node in program.nodes:
            operands = [values[k] for k in node.operands]
            match node.operation:
                case "argument":
                    value = np.float64(point[node.value])
                case "constant":
                    value = np.float64(math.nan if node.value is S.NaN else float(node.value))
                case "truth":
                    value = np.bool_(node.value)
                case "compare":
                    value = COMPARISONS[node.value](*operands)
                case "call":
                    value = (FUNCTIONS.get(node.value) or getattr(np, node.value))(*operands)
                case operation:
                    value = OPERATIONS[operation](*operands)
            values.append(value)
    return [float(values[output]) for output in program.outputs]


# The expression, where it is evaluated, its value and the first and second derivative in x.
CASES = {
    "logarithm at 0": (Piecewise((log(x), x > 0), (3 * x, True)), 0, (0, 3, 0)),
    "logarithm below": (Piecewise((log(x), x > 0), (x**2, True)), -1, (1, -2, 2)),
    "logarithm of a logarithm": (Piecewise((log(log(x)), x > 1), (x, True)), 0.5, (0.5, 1, 0)),
    "logarithm of two": (Piecewise((log(x * y), And(x > 0, y > 0)), (x, True)), -1, (-1, 1, 0)),
    "square root at 0": (Piecewise((sqrt(x), x > 0), (0, True)), 0, (0, 0, 0)),
    "square root below": (Piecewise((sqrt(x), x >= 0), (x, True)), -1, (-1, 1, 0)),
    "two roots": (Piecewise((1 / sqrt(x), x > 0), (1 / sqrt(-x), x < 0), (0, True)), 0, (0, 0, 0)),
    "reciprocal": (Piecewise((1 / x, x > 0), (0, True)), 0, (0, 0, 0)),
    "quotient squared": (Piecewise((y / x, x > 0), (x * y, True)) ** 2, 0, (0, 0, 4.5)),
    "removable quotient": (Piecewise((sin(x) / x, Ne(x, 0)), (1, True)), 0, (1, 0, 0)),
    "removable difference": (
        Piecewise(((1 - cos(x)) / x**2, Ne(x, 0)), (Rational(1, 2), True)),
        0,
        (0.5, 0, 0),
    ),
    "symbolic power": (Piecewise((x**y, x > 0), (x, True)), 0, (0, 1, 0)),
    "three halves": (Piecewise((x ** Rational(3, 2), x > 0), (x, True)), -1, (-1, 1, 0)),
    "cube root": (Piecewise((x ** Rational(1, 3), x > 0), (x, True)), 0, (0, 1, 0)),
    "fifth root": (Piecewise((x ** Rational(1, 5), x > 0), (x, True)), -2, (-2, 1, 0)),
    "x to the x": (Piecewise((x**x, x > 0), (1, True)), 0, (1, 0, 0)),
    "x log x": (Piecewise((x * log(x), x > 0), (0, True)), 0, (0, 0, 0)),
    "flat function at 0": (Piecewise((exp(-1 / x), x > 0), (0, True)), 0, (0, 0, 0)),
    "flat function below": (Piecewise((exp(-1 / x), x > 0), (0, True)), -1e-3, (0, 0, 0)),
    "infinite exponent": (exp(Piecewise((-1 / x, x > 0), (-oo, True))), 0, (0, 0, 0)),
    "bump at its border": (Piecewise((exp(-1 / (1 - x**2)), Abs(x) < 1), (0, True)), 1, (0, 0, 0)),
    "bump outside": (Piecewise((exp(-1 / (1 - x**2)), Abs(x) < 1), (0, True)), 5, (0, 0, 0)),
    "inverse cosine at 1": (Piecewise((acos(x), x < 1), (0, True)), 1, (0, 0, 0)),
    "inverse cosine beyond": (Piecewise((acos(x), x < 1), (x**2, True)), 2, (4, 4, 2)),
    "inverse hyperbolic cosine": (Piecewise((acosh(x), x > 1), (0, True)), 1, (0, 0, 0)),
    "gamma at a pole": (Piecewise((gamma(x), x > 0), (x, True)), -1, (-1, 1, 0)),
    "overflow": (Piecewise((exp(x) * y, x < 700), (x, True)) * z, 1000, (-500, -0.5, 0)),
    "underflow": (Piecewise((x / (1 + exp(-x)), x > 0), (x, True)), -800, (-800, 1, 0)),
    "tangent": (Piecewise((tan(x) / x, x > 1), (x**3, True)), 0, (0, 0, 0)),
    "nested": (
        Piecewise((Piecewise((log(x - 1), x > 1), (x**2, True)), x > 0), (-x, True)),
        0.5,
        (0.25, 1, 2),
    ),
    "nested, outer not taken": (
        Piecewise((Piecewise((log(x), x > 1), (sqrt(x), True)), x > 0), (-x, True)) * y
        + Piecewise((1 / x, x > 3), (x**2, True)),
        0,
        (0, -1.5, 2),
    ),
    "product of branches": (
        (x + atan2(x, y)) * Piecewise((log(x), x > 0), (3, True)),
        0,
        (0, 5, 0),
    ),
    "root of a maximum": (sqrt(Max(x, 0)), -1, (0, 0, 0)),
    "power of a maximum": (Max(x, 0) ** Rational(3, 2), -1, (0, 0, 0)),
    "symbolic power of a maximum": (Max(x, 0) ** y, -1, (0, 0, 0)),
    "root of a branch": (sqrt(Piecewise((x, x > 0), (0, True))), -1, (0, 0, 0)),
    "reciprocal root of a branch": (
        y / (1 + sqrt(Piecewise((3 * x, x > 0), (0, True)))),
        -1,
        (1.5, 0, 0),
    ),
    "logarithm of a maximum": (log(Max(x, 1)), -1, (0, 0, 0)),
    "maximum of a logarithm": (Max(log(x), 1) * x, 0, (0, 1, 0)),
    "minimum of a reciprocal": (Min(1 / x, 3) * x, 0, (0, 3, 0)),
    "square of a maximum at the corner": (Max(x, 0) ** 2, 0, (0, 0, 0.5)),
    "modulus times x": (Abs(x) * x, 0, (0, 0, 0)),
}


@pytest.mark.parametrize("direction", ["forward", "backward", "hessian"])
@pytest.mark.parametrize("name", CASES)
def test_values_and_derivatives(name, direction):
    expression, at, expected = CASES[name]
    program = lower(ARGS, (expression,))
    point = (at, 1.5, -0.5)
    (value,) = in_doubles(optimise(program)[0], point)
    assert value == pytest.approx(expected[0], abs=1e-14)
    if direction == "hessian":
        derivatives = in_doubles(optimise(hessian(program))[0], point)
        wanted = expected[2]
    else:
        # A second output that depends on all arguments turns the sweep round.
        outputs = (expression,) if direction == "forward" else (expression, x * y * z)
        first = jacobian(lower(ARGS, outputs))
        derivatives = in_doubles(optimise(first)[0], point)
        twice = in_doubles(optimise(differentiate(first, (0,)))[0], point)
        assert all(map(math.isfinite, twice))
        assert twice[0] == pytest.approx(expected[2], abs=1e-12)
        wanted = expected[1]
    assert all(map(math.isfinite, derivatives))
    assert derivatives[0] == pytest.approx(wanted, abs=1e-12)


def test_a_spline_of_many_pieces():
    knots = range(-20, 20)
    pieces = [((x - k) ** 2 * sqrt(x - k) + k, x < k + 1) for k in knots]
    program = lower((x,), (Piecewise((0, x < -20), *pieces, (0, True)),))
    first = optimise(differentiate(program, (0,)))[0]
    second = optimise(differentiate(differentiate(program, (0,)), (0,)))[0]
    for at in (-25.0, -19.75, 0.25, 13.5, 33.0):
        inside = -20 <= at < 20
        rest = at - math.floor(at)
        assert in_doubles(first, (at,)) == pytest.approx([2.5 * rest**1.5 if inside else 0])
        assert in_doubles(second, (at,)) == pytest.approx([3.75 * rest**0.5 if inside else 0])


def test_a_slope_in_a_branch_costs_no_more_than_outside():
    # The factor is multiplied into the branch that moves, not into both.
    plain = differentiate(lower((x,), (sin(x**2) ** 3,)), (0,))
    branch = differentiate(lower((x,), (sin(Piecewise((x**2, x > 0), (0, True))) ** 3,)), (0,))
    difference = optimise(branch)[0].counts()
    difference.subtract(optimise(plain)[0].counts())
    assert {name: count for name, count in difference.items() if count} == {
        "compare": 1,
        "constant": 1,
        "select": 2,
    }
