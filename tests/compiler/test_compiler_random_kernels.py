"""Random kernels against mpmath: as good as rounding the arguments, or as their own operations.

The long run takes the number of expressions from SYMNUM_RANDOM_EXPRESSIONS:

    SYMNUM_RANDOM_EXPRESSIONS=100000 pytest -m slow tests/compiler/test_compiler_random_kernels.py -s
"""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import replace

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import symnum as sn
from symnum.compiler.lowering import lower
from symnum.compiler.passes import expand_definitions
from symnum.reference import Reference
from symnum.rootfinding.running_error import RunningErrorProgram

X, Y = ARGS = sympy.symbols("x y", real=True)

RATIONALS = st.fractions(-3, 3, max_denominator=12).map(lambda f: sympy.Rational(f))
LEAVES = st.one_of(st.sampled_from([X, Y, sympy.pi, sympy.sqrt(2)]), RATIONALS)

UNARY = [
    sympy.sin,
    sympy.cos,
    sympy.tan,
    sympy.sinh,
    sympy.cosh,
    sympy.tanh,
    sympy.atan,
    sympy.asinh,
    sympy.exp,
    sympy.erf,
    sympy.erfc,
    sympy.Abs,
    sympy.sech,
    sympy.sign,
    sympy.floor,
    sympy.ceiling,
    sympy.Heaviside,
    sympy.sinc,
    lambda a: sympy.sqrt(1 + a**2),
    lambda a: sympy.log(2 + a**2),
    lambda a: sympy.log(1 + sympy.exp(a)),
    lambda a: sympy.exp(a) - 1,
    lambda a: 1 - sympy.cos(a),
    lambda a: 1 / (1 + sympy.exp(-a)),
    lambda a: sympy.asin(a / sympy.sqrt(1 + a**2)),
    lambda a: sympy.acosh(1 + a**2),
    lambda a: (1 + a**2) ** sympy.Rational(-2, 3),
    lambda a: (3 + a**2) ** sympy.Rational(1, 5),
    lambda a: a**3,
    lambda a: a**7 - 3 * a**4 + a,
    lambda a: 1 / (1 + a**2),
    lambda a: 1 / (2 + sympy.cos(a)),
]
BINARY = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / (1 + b**2),
    # SymPy writes out powers of numbers, whatever their size.
    lambda a, b: (1 + a**2) ** (b if not b.is_number or abs(b) < 9 else X),
    lambda a, b: sympy.sqrt(a**2 + b**2),
    sympy.Max,
    sympy.Min,
    lambda a, b: sympy.Mod(a, 1 + b**2),
    lambda a, b: sympy.atan2(a, 1 + b**2),
    lambda a, b: sympy.log(sympy.exp(a) + sympy.exp(b)),
    lambda a, b: sympy.Piecewise((a, a < b), (b**2, a > 2 * b), (a + b, True)),
    lambda a, b: sympy.Piecewise((sympy.log(a), sympy.And(a > 0, b < 1)), (b, True)),
]


def applied(function, *operands):
    """Apply a function; where SymPy cannot even write the expression down, take the operand."""
    try:
        return function(*operands)
    except (RecursionError, ValueError):
        return operands[0]


def _combinations(children):
    return st.one_of(
        st.builds(applied, st.sampled_from(UNARY), children),
        st.builds(applied, st.sampled_from(BINARY), children, children),
    )


EXPRESSIONS = st.recursive(LEAVES, _combinations, max_leaves=6)

# Of all magnitudes, and in the middle.
COORDINATES = st.one_of(
    st.floats(-4, 4, allow_subnormal=False),
    st.builds(lambda m, e: m * 2.0**e, st.floats(1, 2), st.integers(-30, 30)),
    st.builds(lambda m, e: -m * 2.0**e, st.floats(1, 2), st.integers(-30, 30)),
)
FLOAT_POINTS = st.tuples(COORDINATES, COORDINATES)

UNIT = mpmath.mpf(2) ** -53
BATCH = 20
LONG = int(os.environ.get("SYMNUM_RANDOM_EXPRESSIONS", "4000"))

# What the kernels' own error may be, in units of the value and of what the arguments' errors do.
ALLOWED = 8
# Beyond that, what the operations as they are written may lose; a bound of first order.
OPERATIONS = 4

TRUTHS = frozenset(["truth", "compare", "both", "either", "negate"])

found = Counter()


def running_error(expression, point):
    """Return the bound of what the operations lose; None where a step leaves ordinary numbers.

    It is infinite where rounding decides a comparison or on which side of a jump a number lies.
    """
    program = expand_definitions(lower(ARGS, (expression,)))
    numbers = [place for place, node in enumerate(program.nodes) if node.operation not in TRUTHS]
    every = replace(program, outputs=(*numbers, *program.outputs))
    found = RunningErrorProgram(every, real=True)(*point)
    if not all(abs(value) < 1e60 for value, _ in found):
        return None
    known = dict(zip(numbers, found, strict=False))
    if any(_is_open(node, [known.get(k) for k in node.operands]) for node in program.nodes):
        return math.inf
    return found[-1][1]


def _is_open(node, operands):
    """Tell whether rounding decides what a node gives."""
    if node.operation == "compare":
        (a, error_a), (b, error_b) = operands
        return abs(a - b) <= OPERATIONS * (error_a + error_b)
    if node.operation == "call" and node.value in ("floor", "ceiling", "modulo"):
        a, error = operands[0]
        unit = operands[1][0] if node.value == "modulo" else 1.0
        near = round(a / unit) * unit
        return abs(a - near) <= OPERATIONS * (error + abs(a) * 2.0**-52)
    return False


def judged(expression, value, point):
    """Return how a value compares with the exact one."""
    bound = running_error(expression, point)
    if bound is None:
        return "not judged"
    reference = Reference(ARGS, expression)
    exact = mpmath.mpmathify(reference.value(point, 30))
    if exact.imag != 0 or not mpmath.isfinite(exact):
        return "not judged"
    error = abs(mpmath.mpf(value) - exact.real) if math.isfinite(value) else mpmath.inf
    allowed = ALLOWED * UNIT * abs(exact) + mpmath.mpf(2) ** -1072
    if error <= allowed:
        return "right"
    # What rounding the arguments does: at a jump, everything.
    for place in (0, 1):
        for sign in (1, -1):
            shifted = [sympy.Rational(number) for number in point]
            shifted[place] *= 1 + sign * ALLOWED * sympy.Rational(1, 2**53)
            change = mpmath.mpmathify(reference.value(shifted, 30))
            allowed += abs(change - exact) if mpmath.isfinite(change) else mpmath.inf
    if error <= allowed:
        return "right as the arguments are rounded"
    return "lost by its operations" if error <= OPERATIONS * bound + allowed else "wrong"


def check(expressions, points):
    expressions = [e for e in expressions if not e.has(sympy.zoo, sympy.nan, sympy.oo, sympy.I)]
    if not expressions:
        return
    kernel = sn.lambdify(ARGS, expressions, parallel=False)
    columns = [np.array(column) for column in zip(*points, strict=True)]
    rows = kernel(*columns)
    for expression, row in zip(expressions, rows, strict=True):
        for point, value in zip(points, row.tolist(), strict=True):
            verdict = judged(expression, value, point)
            found[verdict] += 1
            assert verdict != "wrong", (expression, point, value)


BATCHES = st.lists(EXPRESSIONS, min_size=BATCH, max_size=BATCH)
POINTS = st.lists(FLOAT_POINTS, min_size=2, max_size=2)


@settings(max_examples=6, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(BATCHES, POINTS)
def test_random_kernels_agree_with_mpmath(expressions, points):
    check(expressions, points)


@pytest.mark.slow
@settings(
    max_examples=LONG // BATCH,
    phases=[Phase.generate],
    # Another --hypothesis-seed gives other expressions.
    derandomize=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(BATCHES, POINTS)
def test_many_random_kernels_agree_with_mpmath(expressions, points):
    check(expressions, points)
    if sum(found.values()) % 10_000 < 2 * BATCH:
        print(dict(found))


# Found by the long run.
@pytest.mark.parametrize(
    "expression",
    [
        (Y + 2) * sympy.log(sympy.exp(X) + sympy.exp(-sympy.Rational(13, 5))),
        sympy.sinc(sympy.Rational(14, 5)) + X,
        sympy.log(sympy.exp(X) + sympy.exp(X - sympy.Rational(2, 3))),
    ],
    ids=str,
)
def test_expressions_that_were_wrong_once(expression):
    check([expression], [(0.75, 1.0), (-3.0, 2.0), (-2e6, 1e-5), (-800.0, 1.0), (800.0, 1.0)])
