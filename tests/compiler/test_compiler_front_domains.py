"""Ranges of nodes and what they decide; divisions by one node; sines beside cosines."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Abs, Max, Min, Piecewise, Rational, cos, cosh, exp, floor, sin, sinh, sqrt

from symnum.compiler.differentiation import jacobian
from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import (
    apply_identities,
    apply_ranges,
    double_angles,
    expand_powers,
    fold_constants,
    optimise,
    order_nodes,
    share_multiples,
    share_reciprocals,
)
from symnum.compiler.passes.intervals import ranges
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.terms import Term, call, choose

x, y, z = ARGS = sympy.symbols("x y z")
INFINITY = math.inf


def prepared(*outputs):
    return apply_identities(fold_constants(lower(ARGS, outputs)))


RANGES = {
    "argument": (x, -INFINITY, INFINITY),
    "square": (x**2, 0, INFINITY),
    "sum of squares": (1 + x**2 + y**4, 1, INFINITY),
    "opposite": (-(x**2) - 3, -INFINITY, -3),
    "odd power": (x**3, -INFINITY, INFINITY),
    "reciprocal square": (1 / x**2, -INFINITY, INFINITY),
    "reciprocal": (3 / (2 + x**2), 0, 1.5),
    "root": (sqrt(x), 0, INFINITY),
    "root of a sum": (sqrt(4 + x**2), 2, INFINITY),
    "modulus": (Abs(x) + 2, 2, INFINITY),
    "exponential": (exp(x) + 1, 1, INFINITY),
    "sine": (2 + sin(x), 1, 3),
    "product": (sin(x) * cos(y), -1, 1),
    "maximum": (Max(x, 3), 3, INFINITY),
    "minimum": (Min(x**2, 3), 0, 3),
    "clipped": (Min(Max(x, -1), 2) ** 2, 0, 4),
    "branches": (Piecewise((x**2, x > y), (3, True)), 0, INFINITY),
    "constant": (sympy.pi * cosh(x), 3.14159, INFINITY),
    "huge": (sympy.Integer(10) ** 400 + x**2, 0, INFINITY),
}


@pytest.mark.parametrize(("expression", "low", "high"), RANGES.values(), ids=RANGES)
def test_ranges(expression, low, high):
    program = fold_constants(lower(ARGS, (expression,)))
    found = ranges(program)[program.outputs[0]]
    # The ends are those of single precision outwards, functions of a library a little wider.
    assert found.low <= low
    assert found.high >= high
    assert found.low == low or abs(found.low - low) <= 1e-5 * abs(low)
    assert found.high == high or abs(found.high - high) <= 1e-5 * abs(high)


OPERATIONS = st.sampled_from(
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / b,
        lambda a, b: a**3,
        lambda a, b: a**-2,
        lambda a, b: a**4 + Rational(1, 3),
        lambda a, b: -a,
        lambda a, b: (a * a + Rational(1, 10)).root(),
        lambda a, b: call("absolute", a),
        lambda a, b: call("exp", a),
        lambda a, b: call("sin", a) * Rational(7, 5),
        lambda a, b: call("tanh", a),
        lambda a, b: call("maximum", a, b),
        lambda a, b: call("minimum", a, b * 0 + Rational(1, 7)),
        lambda a, b: choose(a.compare("<", b), a, b * b),
    ]
)
DOUBLE = {
    "negative": np.negative,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "square_root": np.sqrt,
    "select": np.where,
    "compare": np.less,
    "absolute": np.abs,
    "maximum": np.maximum,
    "minimum": np.minimum,
}


def evaluated(program, points, dtype):
    """Evaluate every node in an arithmetic of some precision; return all values."""
    values = []
    with np.errstate(all="ignore"):
        for node in program.nodes:
            operands = [values[k] for k in node.operands]
            if node.operation == "argument":
                value = points[node.value].astype(dtype)
            elif node.operation == "constant":
                value = np.full(len(points[0]), float(node.value), dtype)
            elif node.operation == "integer_power":
                value = np.prod([operands[0]] * abs(node.value), axis=0)
                value = value if node.value > 0 else dtype(1) / value
            elif node.operation == "call":
                value = (DOUBLE.get(node.value) or getattr(np, node.value))(*operands)
            elif node.value == ">":
                value = np.greater(*operands)
            else:
                value = DOUBLE[node.operation](*operands)
            values.append(value)
    return values


POINTS = np.array([0.0, -0.0, 1, -1, 0.3, -2.7, 1e-30, 1e20, -1e300, 1e308, np.inf, -np.inf])
GRID = [axis.ravel() for axis in np.meshgrid(POINTS, POINTS)]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(OPERATIONS, st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=9)
)
def test_no_value_leaves_its_range_in_either_precision(steps):
    builder = ProgramBuilder(2)
    terms = [Term(builder, builder.add("argument", value=k)) for k in range(2)]
    for operation, first, second in steps:
        terms.append(operation(terms[-1 - first % len(terms)], terms[-1 - second % len(terms)]))
    program = builder.finish((terms[-1].position,))
    for dtype in (np.float64, np.float32):
        with np.errstate(over="ignore"):
            values = evaluated(program, GRID, dtype)
        for node, found, value in zip(program.nodes, ranges(program), values, strict=True):
            if node.operation != "compare":
                numbers = value[~np.isnan(value)]
                assert np.all(numbers >= found.low)
                assert np.all(numbers <= found.high)


DECIDED = {
    "modulus of a sum of squares": (Abs(x**2 + y**2), "absolute"),
    "modulus of a negative": (Abs(-1 - exp(x)) * y, "absolute"),
    "maximum with a lower bound": (Max(x**2 + 3, 2), "maximum"),
    "minimum with an upper bound": (Min(cos(x), 2), "minimum"),
    "a condition that never holds": (Piecewise((x, x**2 < -1), (y, True)), "select"),
    "a condition on a sine": (Piecewise((x, sin(y) > 2), (y, True)), "select"),
    "the domain of a cube root": ((x**2 + 1) ** Rational(1, 3), "select"),
}


@pytest.mark.parametrize(("expression", "name"), DECIDED.values(), ids=DECIDED)
def test_what_is_decided_is_not_computed(expression, name):
    program = lower(ARGS, (sympy.sympify(expression, evaluate=False),))
    best, _ = optimise(program)
    assert name not in best.counts()
    for point in ((Rational(2, 7), -3, 1), (-2, Rational(1, 2), 0), (mpmath.nan, 1, 1)):
        (before,), (after,) = interpret(program, point, 40), interpret(best, point, 40)
        assert before == after or abs(before - after) < 1e-30 or mpmath.isnan(before)


KEPT = {
    "unknown sign": Abs(x**3),
    "maximum of two nodes": Max(x**2 + 2, sin(y)),
    "a condition that fails for nan alone": Piecewise((x, x**2 > -1), (7, True)),
    "overlapping ranges": Max(x**2, 1),
}


@pytest.mark.parametrize("expression", KEPT.values(), ids=KEPT)
def test_what_is_not_decided_stays(expression):
    program = expand_powers(prepared(expression))
    assert apply_ranges(program) == program


def test_an_even_power_of_a_root():
    program = apply_ranges(lower((x,), ((1 + x**2) ** Rational(1, 2),)))
    assert "square_root" in program.counts()
    builder = ProgramBuilder(1)
    a = Term(builder, builder.add("argument", value=0))
    squared = apply_ranges(builder.finish((((1 + a**2).root() ** 4).position,)))
    assert squared.counts()["square_root"] == 0
    builder = ProgramBuilder(1)
    a = Term(builder, builder.add("argument", value=0))
    unknown = builder.finish(((a.root() ** 4).position,))
    assert apply_ranges(unknown) == unknown


# ------------------------------------------------------------------ divisions

DIVIDED = (x / z, y / z, sin(x) / z, 1 / z)


def test_three_divisions_become_one():
    program = share_reciprocals(prepared(*DIVIDED))
    assert program.counts()["divide"] == 1
    twice = prepared(x / z, y / z)
    assert share_reciprocals(twice) == twice
    by_known = share_reciprocals(prepared(*(a / (1 + z**2) for a in (x, y, x * y))))
    assert by_known.counts()["divide"] == 1
    assert "select" not in by_known.counts()


def test_multiples_of_a_divisor_share_its_reciprocal():
    outputs = (x / (1 + z), y / (3 + 3 * z), x * y / (-2 - 2 * z))
    program, _ = optimise(prepared(*outputs))
    assert program.counts()["divide"] == 1
    point = (Rational(3, 7), -2, Rational(5, 4))
    for value, output in zip(interpret(program, point, 40), outputs, strict=True):
        exact = output.subs(dict(zip(ARGS, point, strict=True)))
        assert abs(value - mpmath.mpf(exact.p) / exact.q) < 1e-15


def test_what_a_jump_looks_at_is_divided():
    program = prepared(*(floor(a / z) for a in (x, y, x * y)))
    assert share_reciprocals(program) == program


def test_optimised_quotients_are_shared_once():
    program, _ = optimise(jacobian(lower(ARGS, (x / z, y / z, x * y / z)), with_values=True))
    assert program.counts()["divide"] == 1
    assert optimise(program)[0] == program


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_quotients_within_one_and_a_half_units(dtype):
    program = share_reciprocals(prepared(*DIVIDED[:2], 1 / z))
    information = np.finfo(dtype)
    rng = np.random.default_rng(3)
    low, high = math.log2(float(information.smallest_subnormal)), information.maxexp
    tops = rng.uniform(1, 2, 4000) * 2.0 ** rng.integers(low // 2, high // 2, 4000)
    bottoms = rng.choice([-1, 1], 4000) * 2.0 ** rng.uniform(low, high - 1e-3, 4000)
    points = [tops.astype(dtype), (3 * tops).astype(dtype), bottoms.astype(dtype)]
    values = evaluated(program, points, dtype)
    # Double precision holds quotients of single precision to many digits.
    wide = np.longdouble if dtype is np.float64 else np.float64
    for output, top in zip(program.outputs, (*points[:2], np.ones_like(points[0])), strict=True):
        with np.errstate(all="ignore"):
            exact = top.astype(wide) / points[2].astype(wide)
            normal = (abs(exact) > information.tiny) & (abs(exact) < information.max)
            assert normal.sum() > 1000
            units = np.abs(values[output].astype(wide) - exact) / np.spacing(
                np.abs(exact).astype(dtype)
            ).astype(wide)
            assert np.all(np.isinf(values[output][abs(exact) > wide(2) * information.max]))
        assert units[normal].max() <= 1.5


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_quotients_of_special_values(dtype):
    information = np.finfo(dtype)
    special = [
        *(0.0, -0.0, 1.0, -3.0, np.inf, -np.inf, np.nan),
        *(information.smallest_subnormal, information.tiny, information.max, -information.max),
    ]
    axes = [axis.ravel().astype(dtype) for axis in np.meshgrid(special, special)]
    points = [axes[0], -axes[0], axes[1]]
    plain = prepared(*DIVIDED[:2], 1 / z)
    shared = share_reciprocals(plain)
    before, after = (evaluated(program, points, dtype) for program in (plain, shared))
    for left, right in zip(plain.outputs, shared.outputs, strict=True):
        np.testing.assert_allclose(
            before[left], after[right], rtol=3 * float(information.eps), atol=0
        )
        number = ~np.isnan(before[left])
        assert np.array_equal(np.signbit(before[left][number]), np.signbit(after[right][number]))


# ------------------------------------------------------------------ order


@pytest.mark.parametrize(("first", "second"), [(sin, cos), (sinh, cosh)])
def test_functions_of_a_pair_stand_together(first, second):
    outputs = (first(x * y) + exp(x) * 3, second(z), second(x * y) * first(z) - x)
    program = order_nodes(lower(ARGS, outputs))
    places = [
        (position, node.operands)
        for position, node in enumerate(program.nodes)
        if node.value in (first.__name__, second.__name__)
    ]
    assert len(places) == 4
    for (left, operand), (right, other) in zip(places[::2], places[1::2], strict=True):
        assert operand == other
        assert right == left + 1
    assert order_nodes(program) == program


# ------------------------------------------------------------------ multiples

MULTIPLES = {
    "proportional sums": ((sin(2 * x + 3 * y), exp(6 * x + 9 * y)), {"add": 1, "multiply": 3}),
    "opposite sums": ((sin(x - 2 * y), exp(2 * y - x)), {"subtract": 1, "multiply": 1}),
    "one constant": ((sin(1 + x), exp(4 + 4 * x)), {"add": 1, "multiply": 1}),
    "three of them": (
        (sin(x + y), exp(3 * x + 3 * y), cos(-(x + y) / 2)),
        {"add": 1, "multiply": 2},
    ),
    "not proportional": ((sin(2 * x + 3 * y), exp(6 * x + 8 * y)), {"add": 2, "multiply": 4}),
    "irrational factor": ((sin(x + y), exp(sympy.pi * x + sympy.pi * y)), {"add": 2}),
    "far apart": ((sin(x + y), exp(2**40 * x + 2**40 * y)), {"add": 2, "multiply": 2}),
}


@pytest.mark.parametrize(("outputs", "expected"), MULTIPLES.values(), ids=MULTIPLES)
def test_sums_that_are_multiples_are_computed_once(outputs, expected):
    program = prepared(*outputs)
    shared = apply_identities(share_multiples(program).validate())
    counts = shared.counts()
    for name, count in expected.items():
        assert counts[name] == count
    point = (Rational(3, 7), Rational(-2, 9), 1)
    for left, right in zip(interpret(program, point), interpret(shared, point), strict=True):
        assert abs(left - right) <= 1e-45 * (1 + abs(left))
    assert share_multiples(shared) == shared


# ------------------------------------------------------------------ doubled angles

DOUBLED = {
    "sine": ((sin(x), sin(2 * x)), 1),
    "cosine": ((cos(x), cos(2 * x)), 1),
    "sine and cosine": ((sin(x) * cos(2 * x) + sin(2 * x),), 1),
    "combination": ((sin(x - y), cos(2 * y - 2 * x) + 3 * sin(2 * x - 2 * y)), 1),
    "halves": ((sin(x / 2), cos(x)), 1),
    "four times": ((sin(x), cos(2 * x), sin(4 * x)), 2),
    "three times": ((sin(x), cos(3 * x)), None),
    "with a phase": ((sin(x), cos(2 * x + 1)), None),
    "the double comes first": ((cos(2 * (x * y + z)) + exp(sin(x * y + z)),), 1),
}


@pytest.mark.parametrize(("outputs", "waves"), DOUBLED.values(), ids=DOUBLED)
def test_twice_an_angle(outputs, waves):
    program = prepared(*outputs)
    doubled = order_nodes(double_angles(program).validate())
    if waves is None:
        assert double_angles(program) == program
        return
    operands = {node.operands for node in doubled.nodes if node.value in ("sin", "cos")}
    assert len(operands) == waves
    for point in ((Rational(3, 7), Rational(-2, 9), 1), (-40, Rational(1, 3), 0), (0, 0, 0)):
        for left, right in zip(
            interpret(program, point, 50), interpret(doubled, point, 50), strict=True
        ):
            assert abs(left - right) <= 1e-45 * (1 + abs(left))


def test_the_error_of_a_doubled_angle():
    rng = np.random.default_rng(2)
    angles = np.concatenate(
        [rng.uniform(-4, 4, 500), 10.0 ** rng.uniform(-9, 0, 300), rng.uniform(-1e4, 1e4, 200)]
    )
    program = double_angles(prepared(sin(x) + 0 * y, sin(2 * x), cos(2 * x)))
    values = evaluated(program, (angles, angles, angles), np.float64)
    for place, function in ((1, mpmath.sin), (2, mpmath.cos)):
        with mpmath.workdps(40):
            exact = [function(2 * mpmath.mpf(angle)) for angle in angles]
        errors = np.array(
            [
                float(abs(value - number) / (abs(number) if place == 1 else 1))
                for value, number in zip(values[program.outputs[place]], exact, strict=True)
            ]
        )
        assert errors.max() <= 3.5 * 2.0**-53


def test_complex_angles_are_not_doubled():
    program = lower((x,), (sin(x), cos(2 * x)), complex_valued=True)
    assert double_angles(program) == program
