"""Horner's scheme: operations counted, values exact, errors no larger than before."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Rational, S, sqrt

from symnum.compiler.differentiation import jacobian
from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import (
    apply_identities,
    contract,
    expand_powers,
    fold_constants,
    nest_polynomials,
    optimise,
    order_nodes,
    share_powers,
)

x, y, z, w = ARGS = sympy.symbols("x y z w")
COEFFICIENTS = sympy.symbols("c:9")


def prepared(outputs, args=ARGS):
    """Return the program as it stands when the pass comes."""
    return fold_constants(expand_powers(apply_identities(fold_constants(lower(args, outputs)))))


def finished(program):
    return order_nodes(contract(apply_identities(share_powers(program))))


def operations(program):
    """Return the number of operations, a multiply-add being one."""
    return sum(1 for node in program.nodes if node.operands)


def dense(degree, variable=x):
    return sum(Rational(3 * k + 2, 7 + k) * variable**k for k in range(degree + 1))


def horner(degree):
    value = S(2)
    for k in range(degree):
        value = value * x + Rational(k + 3, 7)
    return value


# The outputs, and the operations of the nested form, a multiply-add being one.
NESTED = {
    "dense of degree 12": ((dense(12),), 12),
    "dense of degree 30": ((dense(30),), 30),
    "rational 6/6": ((dense(6) / (dense(6) + x**3),), 12),
    "quotient by a denominator of its own": ((dense(6) / horner(7).subs(x, 3 * x).expand(),), 14),
    "even": ((dense(6).subs(x, x**2),), 7),
    "odd": ((sympy.expand(x * dense(6).subs(x, x**2)),), 8),
    "steps of three": ((dense(5).subs(x, x**3),), 7),
    "sparse": ((1 + 3 * x**5 + 7 * x**10,), 5),
    "monic": ((x**3 - 2 * x + 1,), 2),
    "negative leading term": ((-(x**3) + 2 * x + 1,), 3),
    "all negative": ((-3 * x**2 - 5 * x - 7,), 2),
    "coefficients are arguments": ((sum(c * x**k for k, c in enumerate(COEFFICIENTS)),), 8),
    "other terms beside": ((dense(4) + sympy.sin(y) * z,), 6),
    "in a function": ((dense(4).subs(x, sympy.sin(y)),), 5),
    "value and derivative": ((dense(8), dense(8).diff(x)), 15),
    "two variables apart": ((dense(5) + dense(4, y),), 9),
    "two variables": ((sympy.expand((x + y + 1) ** 4),), 15),
    "in a sum of cubes": ((sum(v**3 + 2 * v for v in ARGS),), 9),
    "irrational coefficients": ((1 + sqrt(2) * x + sympy.pi * x**2 + x**3,), 3),
}


@pytest.mark.parametrize("name", NESTED)
def test_operations_and_values(name):
    outputs, count = NESTED[name]
    args = (*ARGS, *COEFFICIENTS)
    program = prepared(outputs, args)
    nested = nest_polynomials(program).validate()
    assert operations(finished(nested)) == count
    assert operations(finished(program)) > count
    for scale in (Rational(1, 3), -2, 40):
        point = [scale * Rational(k + 2, 2 * k + 3) for k in range(len(args))]
        before, after = interpret(program, point, 60), interpret(nested, point, 60)
        for left, right in zip(before, after, strict=True):
            assert abs(left - right) <= 1e-45 * (1 + abs(left))


def test_degree_twelve_is_twelve_pairs():
    program = finished(nest_polynomials(prepared((dense(12),), (x,))))
    assert program.counts() == {"argument": 1, "constant": 13, "multiply_add": 12}


KEPT = {
    "Horner's scheme already": (horner(12),),
    "sum of squares": (sum(v**2 + v for v in ARGS),),
    "monic quadratic": (x**2 - 2 * x + 1,),
    "linear": (3 * x + y * z + 2,),
    "difference of squares": (x**2 - y**2,),
    "product form": ((x - 1) * (x + 2) * (x - y),),
    "powers needed elsewhere": (1 + 3 * x**2 + 5 * x**4, x**2, x**4),
    "coefficients out of range": (S(10) ** 200 * x**2 + S(10) ** -200 * x + 1,),
    "undefined coefficient": (sympy.Mul(S.NaN, x, evaluate=False) + x**2 + x**3 * 0,),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_gains_nothing_stays(name):
    program = prepared(KEPT[name])
    assert nest_polynomials(program) == program


def test_nesting_twice_is_nesting_once():
    for outputs, _ in NESTED.values():
        nested = nest_polynomials(prepared(outputs, (*ARGS, *COEFFICIENTS)))
        assert nest_polynomials(nested) == nested


@pytest.mark.parametrize("derivative", [lambda p: p, lambda p: jacobian(p, with_values=True)])
def test_an_optimised_program_stays_as_good(derivative):
    for outputs, _ in NESTED.values():
        program, _ = optimise(derivative(lower((*ARGS, *COEFFICIENTS), outputs)))
        again, _ = optimise(program)
        # What has become equal in the end may be found equal the second time.
        assert operations(program) - 2 <= operations(again) <= operations(program)


def test_shared_powers_are_weighed_for_all_outputs_together():
    # x**2 ... x**8 are results themselves: the powers are there, and nesting saves nothing.
    powers = tuple(x**k for k in range(2, 9))
    program = prepared((*powers, dense(8)))
    assert nest_polynomials(program) == program
    # With every second power missing it does.
    program = prepared((x**8, dense(8)))
    assert operations(finished(nest_polynomials(program))) == 11


def test_value_and_gradient_of_two_variables():
    expression = sympy.expand((1 + 2 * x + 3 * y) ** 5)
    program = jacobian(lower((x, y), (expression,)), with_values=True)
    best, _ = optimise(program)
    point = (Rational(2, 7), Rational(-3, 5))
    exact = 1 + 2 * point[0] + 3 * point[1]
    for value, expected in zip(
        interpret(best, point, 40), (exact**5, 10 * exact**4, 15 * exact**4), strict=True
    ):
        assert abs(value - mpmath.mpf(expected.p) / expected.q) < 1e-14
    assert operations(best) < operations(finished(program)) / 2


def test_complex_programs_are_nested_too():
    program = apply_identities(lower((x,), (dense(6),), complex_valued=True))
    nested = nest_polynomials(program)
    assert nested.counts()["multiply"] == 6
    at = mpmath.mpc("0.3", "-1.7")
    (before,), (after,) = interpret(program, (at,), 40), interpret(nested, (at,), 40)
    assert abs(before - after) < 1e-36 * abs(before)


# ------------------------------------------------------------------ rounding

ARITHMETIC = {
    "negative": np.negative,
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
}


def in_doubles(program, points):
    """Evaluate in double precision without any fused operation."""
    values = []
    for node in program.nodes:
        operands = [values[k] for k in node.operands]
        if node.operation == "argument":
            values.append(points[node.value])
        elif node.operation == "constant":
            values.append(np.full_like(points[0], float(node.value)))
        else:
            values.append(ARITHMETIC[node.operation](*operands))
    return values[program.outputs[0]]


def exact_values(program, points, *, moduli=False):
    """Evaluate with constants rounded: the error of a coefficient is none of the scheme.

    With `moduli`, return the sum of the moduli of the terms, which is what rounding acts upon.
    """
    context = mpmath.MPContext()
    context.dps = 60
    number = (lambda value: abs(context.mpf(float(value)))) if moduli else context.mpf
    rules = {
        "negative": lambda a: a if moduli else -a,
        "add": lambda a, b: a + b,
        "subtract": lambda a, b: a + b if moduli else a - b,
        "multiply": lambda a, b: a * b,
    }
    exact = []
    for index in range(len(points[0])):
        values = []
        for node in program.nodes:
            operands = [values[k] for k in node.operands]
            if node.operation == "argument":
                values.append(number(float(points[node.value][index])))
            elif node.operation == "constant":
                values.append(number(float(node.value)))
            elif node.operation == "integer_power":
                values.append(operands[0] ** node.value)
            else:
                values.append(rules[node.operation](*operands))
        exact.append(values[program.outputs[0]])
    return exact


def polynomials():
    """Return polynomials of several kinds with random coefficients."""
    rng = np.random.default_rng(7)

    def draw(count):
        return [Rational(int(number), 997) for number in rng.integers(-999, 999, count)]

    yield "random 12", sum(c * x**k for k, c in enumerate(draw(13)))
    yield "random 25", sum(c * x**k for k, c in enumerate(draw(26)))
    yield "exponential", sum(x**k / sympy.factorial(k) for k in range(16))
    yield "alternating", sum((-1) ** k * x**k / sympy.factorial(k) for k in range(16))
    yield "(x - 1)**12", sympy.expand((x - 1) ** 12)
    yield "Chebyshev 16", sympy.chebyshevt(16, x)
    yield "Legendre 15", sympy.legendre(15, x)
    yield "sparse", sum(c * x**k for k, c in zip((0, 3, 4, 11, 18), draw(5), strict=True))
    yield "two variables", sympy.expand((x - y + Rational(1, 3)) ** 6)
    yield "near a root", sympy.expand((3 * x - 2) * (x - 1) * (x + 1) ** 3)


POLYNOMIALS = dict(polynomials())


@pytest.mark.parametrize("expression", POLYNOMIALS.values(), ids=POLYNOMIALS)
def test_errors_do_not_grow(expression):
    program = prepared((expression,), (x, y))
    nested = nest_polynomials(program)
    assert nested != program
    rng = np.random.default_rng(11)
    for low, high in ((-1, 1), (0.5, 2), (-30, 30), (0.9, 1.1)):
        points = rng.uniform(low, high, (2, 250))
        exact = exact_values(program, points)
        sizes = exact_values(program, points, moduli=True)
        before, after = (
            np.array(
                [
                    float(abs(value - number) / size)
                    for value, number, size in zip(
                        in_doubles(share_powers(version), points), exact, sizes, strict=True
                    )
                ]
            )
            for version in (program, nested)
        )
        assert after.max() <= 2 * before.max()
        assert after.mean() <= 2 * before.mean()


TERMS = st.lists(
    st.tuples(st.integers(-9, 9), st.integers(0, 6), st.integers(0, 4), st.integers(0, 2)),
    min_size=2,
    max_size=9,
)


@given(TERMS, TERMS)
def test_random_sums_keep_their_value_and_never_cost_more(first, second):
    outputs = tuple(
        sum((c * x**i * y**j * z**k for c, i, j, k in terms), S.Zero) for terms in (first, second)
    )
    program = prepared(outputs)
    nested = nest_polynomials(program).validate()
    assert operations(finished(nested)) <= operations(finished(program))
    point = (Rational(17, 13), Rational(-5, 7), Rational(11, 3), S.One)
    for left, right in zip(interpret(program, point), interpret(nested, point), strict=True):
        assert abs(left - right) <= 1e-45 * (1 + abs(left))
