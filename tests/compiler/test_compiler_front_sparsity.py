"""Sparse Jacobians: structure, values, and time in proportion to what is not zero."""

from __future__ import annotations

import itertools
import time

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Max, Piecewise, Rational, S, exp, floor, log, sin, sqrt

from symnum.compiler.differentiation import (
    differentiate,
    hessian,
    jacobian,
    jacobian_pattern,
    sparse_jacobian,
)
from symnum.compiler.interpretation import interpret
from symnum.compiler.jacobian_structure import sparsity
from symnum.compiler.lowering import lower
from symnum.compiler.passes import optimise
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.terms import Term, call, choose, nan

w, x, y, z = ARGS = sympy.symbols("w x y z")

PATTERNS = {
    "products": ((w * x, sin(y), S(3)), ((0, 1), (2,), ())),
    "jumps have no slope": ((floor(x) * y, sympy.sign(z)), ((2,), ())),
    "conditions have no slope": ((Piecewise((x, y > 0), (z, True)),), ((1, 3),)),
    "maximum": ((Max(w, z),), ((0, 3),)),
    "constant power": ((x**3 + y**z,), ((1, 2, 3),)),
    "no branch taken": ((Piecewise((x, y > 0)),), ((1,),)),
}


@pytest.mark.parametrize(("outputs", "expected"), PATTERNS.values(), ids=PATTERNS)
def test_patterns(outputs, expected):
    assert jacobian_pattern(lower(ARGS, outputs)) == expected


def assert_same_as_dense(program, point):
    """Compare with one derivative at a time."""
    entries, rows, columns = sparse_jacobian(program)
    assert list(zip(rows, columns, strict=True)) == sorted(set(zip(rows, columns, strict=True)))
    values = dict(zip(zip(rows, columns, strict=True), interpret(entries, point, 40), strict=True))
    dense = interpret(jacobian(program), point, 40)
    for column in range(program.arity):
        slopes = interpret(differentiate(program, (column,)), point, 40)
        for row, slope in enumerate(slopes):
            here = dense[row * program.arity + column]
            assert (
                here == slope
                or (mpmath.isnan(here) and mpmath.isnan(slope))
                or (abs(here - slope) < 1e-35 * (1 + abs(slope)))
            )
            sparse = values.get((row, column), 0)
            assert sparse == here or mpmath.isnan(here) or abs(sparse - here) < 1e-35


SYSTEMS = {
    "tridiagonal": lambda v: tuple(
        sin(v[i]) * v[(i + 1) % len(v)] - v[i - 1] ** 2 for i in range(len(v))
    ),
    "one output": lambda v: (sum(sin(a) * b for a, b in itertools.pairwise(v)),),
    "one argument feeds all": lambda v: tuple(exp(v[0] * a) for a in v[1:]),
    "a common sum": lambda v: tuple(a / sum(v) for a in v),
    "branches": lambda v: tuple(
        Piecewise((log(a), a > 0), (a * b, b > 0), (sqrt(-b), True))
        for a, b in itertools.pairwise(v)
    ),
    "not defined everywhere": lambda v: tuple(
        Piecewise((a * b, a > b), (b, a < -5)) for a, b in itertools.pairwise(v)
    ),
}


@pytest.mark.parametrize("system", SYSTEMS.values(), ids=SYSTEMS)
@pytest.mark.parametrize("guarded", [False, True])
def test_entries_are_those_of_the_dense_matrix(system, guarded):
    args = sympy.symbols("a:9")
    guard = args[0] < 2 if guarded else None
    program = lower(args, system(args), guard=guard)
    for scale in (1, -2):
        point = [scale * Rational((5 * k) % 9 - 3, k + 2) for k in range(9)]
        assert_same_as_dense(program, point)


def test_values_may_come_first():
    program = lower((x, y), (x * y, sin(y)))
    entries, rows, columns = sparse_jacobian(program, with_values=True)
    assert (rows, columns) == ((0, 0, 1), (0, 1, 1))
    assert interpret(entries, (2, 3), 20)[:2] == interpret(program, (2, 3), 20)


def test_a_guard_makes_no_zero_of_a_row_dense():
    program = lower(ARGS, (x * y, z), guard=w > 0)
    assert jacobian_pattern(program) == ((1, 2), (3,))
    entries, _, _ = sparse_jacobian(program)
    assert all(map(mpmath.isnan, interpret(entries, (-1, 1, 1, 1), 20)))
    # In the dense matrix the zeros are not defined there either.
    assert all(map(mpmath.isnan, interpret(jacobian(program), (-1, 1, 1, 1), 20)))


def test_the_cheaper_direction_is_taken():
    args = sympy.symbols("a:40")
    # Forward, each partial sum would have as many slopes as it has terms.
    total = lower(args, (sum(sin(a) for a in args),))
    assert sparsity(total, range(40)).backward < sparsity(total, range(40)).forward
    assert len(jacobian(total).nodes) < 3 * len(total.nodes)
    # Backward, each output would go through the common part.
    common = sum(args[:3])
    for _ in range(30):
        common = sin(common) + 1
    many = lower(args, tuple(common * a for a in args))
    assert sparsity(many, range(40)).forward < sparsity(many, range(40)).backward
    assert len(sparse_jacobian(many)[0].nodes) < 8 * len(many.nodes)


def test_a_thousand_equations_in_a_thousand_unknowns():
    args = sympy.symbols("a:1000")
    program = lower(args, SYSTEMS["tridiagonal"](args))
    start = time.perf_counter()
    entries, rows, _ = sparse_jacobian(program)
    dense = jacobian(program)
    assert time.perf_counter() - start < 10  # about 1 s; a million sweeps take minutes
    assert len(rows) == len(entries.outputs) == 3000
    assert len(dense.outputs) == 1_000_000
    assert len(entries.nodes) < 2 * len(program.nodes) + 2000
    assert len(dense.nodes) <= len(entries.nodes) + 1


def test_a_hessian_of_a_thousand_arguments_has_as_many_nodes_as_entries():
    args = sympy.symbols("a:300")
    valley = sum((1 - a) ** 2 + 100 * (b - a**2) ** 2 for a, b in itertools.pairwise(args))
    program = lower(args, (valley,))
    _, rows, columns = sparse_jacobian(jacobian(program))
    assert set(zip(rows, columns, strict=True)) == {
        (i, j) for i in range(300) for j in range(300) if abs(i - j) <= 1
    }
    assert len(hessian(program).nodes) < 20 * 300


def test_deep_chains():
    args = sympy.symbols("a:20")
    outputs = []
    for k in range(20):
        value = args[k]
        for step in range(1000):
            value = sympy.Add(
                sympy.Mul(value, args[k - 1], evaluate=False), S(step % 3), evaluate=False
            )
        outputs.append(value)
    program = lower(args, tuple(outputs))
    entries, rows, _ = sparse_jacobian(program)
    assert len(rows) == 40
    assert len(entries.nodes) < 4 * len(program.nodes)


def test_optimising_takes_time_in_proportion():
    def seconds(count):
        value, other = x, y
        for _ in range(count // 4):
            value, other = (
                sympy.Add(value, sin(other, evaluate=False), evaluate=False),
                sympy.Mul(value, sympy.cos(other, evaluate=False), evaluate=False),
            )
        start = time.perf_counter()
        optimise(jacobian(lower((x, y), (value, other))))
        return time.perf_counter() - start

    # Quadratic time would be a factor of 64; rows of dictionaries out of the cache are slower.
    assert seconds(4000) < 24 * max(seconds(500), 0.05)


OPERATIONS = st.sampled_from(
    [
        lambda a, b: a * b,
        lambda a, b: a + call("sin", b),
        lambda a, b: a / (1 + b**2),
        lambda a, b: call("maximum", a, b),
        lambda a, b: call("floor", a) * b,
        lambda a, b: choose(a.compare("<", b), a, b**2),
        lambda a, b: choose(
            a.compare(">", 0), call("log", a), choose(b.compare("<", 1), b, nan(a))
        ),
    ]
)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(OPERATIONS, st.integers(0, 20), st.integers(0, 20)), min_size=3, max_size=12
    ),
    st.integers(1, 6),
)
def test_any_system_agrees_with_its_dense_matrix(steps, count):
    builder = ProgramBuilder(4)
    values = [Term(builder, builder.add("argument", value=k)) for k in range(4)]
    for operation, first, second in steps:
        values.append(
            operation(values[-1 - first % len(values)], values[-1 - second % len(values)])
        )
    program = builder.finish(tuple(value.position for value in values[-count:]))
    assert_same_as_dense(program, (Rational(3, 7), Rational(-5, 3), Rational(9, 4), Rational(1, 2)))
