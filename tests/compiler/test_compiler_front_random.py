"""Random expressions: the program means the expression, and every pass keeps the meaning."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.compiler.differentiation import differentiate, hessian, jacobian
from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import PASSES, optimise

X, Y = ARGS = sympy.symbols("x y", real=True)
DIGITS = 50
# Random sums may cancel; what is left must still agree far beyond double precision.
TOLERANCE = mpmath.mpf(10) ** -25

RATIONALS = st.fractions(-3, 3, max_denominator=12).map(lambda f: sympy.Rational(f))
LEAVES = st.one_of(st.sampled_from([X, Y, sympy.pi, sympy.sqrt(2)]), RATIONALS)

UNARY = st.sampled_from(
    [
        sympy.sin,
        sympy.cos,
        sympy.tanh,
        sympy.atan,
        sympy.exp,
        sympy.erf,
        sympy.Abs,
        sympy.sech,
        sympy.sign,
        sympy.floor,
        lambda a: sympy.sqrt(1 + a**2),
        lambda a: sympy.log(2 + a**2),
        lambda a: (1 + a**2) ** sympy.Rational(-2, 3),
        lambda a: (3 + a**2) ** sympy.Rational(1, 5),
        lambda a: a**3,
        lambda a: 1 / (1 + a**2),
        lambda a: 1 / (2 + sympy.cos(a)),
    ]
)
BINARY = st.sampled_from(
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / (1 + b**2),
        lambda a, b: (1 + a**2) ** b,
        sympy.Max,
        sympy.Min,
        lambda a, b: sympy.atan2(a, 1 + b**2),
        lambda a, b: sympy.Piecewise((a, a < b), (b**2, a > 2 * b), (a + b, True)),
        lambda a, b: sympy.Piecewise((sympy.log(a), sympy.And(a > 0, b < 1)), (b, True)),
    ]
)


def _applied(function, *operands):
    """Apply a function; where SymPy cannot even write the expression down, take the operand."""
    try:
        return function(*operands)
    except (RecursionError, ValueError):
        return operands[0]


def _combinations(children):
    return st.one_of(
        st.builds(_applied, UNARY, children), st.builds(_applied, BINARY, children, children)
    )


EXPRESSIONS = st.recursive(LEAVES, _combinations, max_leaves=6)
# Points that are exact and lie on no corner of the expressions above but by chance.
COORDINATES = st.integers(-2000, 2000).map(lambda n: sympy.Rational(2 * n + 1, 1999))
POINTS = st.tuples(COORDINATES, COORDINATES)


def sympy_value(expression, point):
    """Evaluate by SymPy's own printer for mpmath: nothing of the compiler takes part."""
    with mpmath.workdps(DIGITS + 20):
        function = sympy.lambdify(ARGS, expression, modules=["mpmath"])
        numbers = [mpmath.mpf(int(number.p)) / int(number.q) for number in point]
        try:
            return mpmath.mpmathify(function(*numbers))
        except (NotImplementedError, TypeError, ValueError, ZeroDivisionError):
            return None


def assert_close(left, right):
    if mpmath.isnan(left) or mpmath.isnan(right):
        assert mpmath.isnan(left)
        assert mpmath.isnan(right)
    elif left != right:
        with mpmath.workdps(DIGITS + 20):
            left, right = mpmath.mpmathify(left), mpmath.mpmathify(right)
            assert abs(left - right) <= TOLERANCE * (1 + abs(left))


@settings(max_examples=80)
@given(EXPRESSIONS, POINTS)
def test_program_means_the_expression(expression, point):
    expected = sympy_value(expression, point)
    if expected is None or expression.has(sympy.zoo):
        return
    (value,) = interpret(lower(ARGS, (expression,)), point, DIGITS)
    assert_close(value, expected)


@pytest.mark.parametrize(
    "index", range(len(PASSES)), ids=[name.replace(" ", "-") for name, _ in PASSES]
)
@settings(max_examples=25)
@given(expression=EXPRESSIONS, point=POINTS)
def test_each_pass_keeps_the_meaning(index, expression, point):
    # The derivative brings nodes that no lowering makes: 1/b, tangents, selections of zero.
    program = jacobian(lower(ARGS, (expression,)), with_values=True)
    for _, transform in PASSES[:index]:
        program = transform(program)
    before = interpret(program, point, DIGITS)
    after = interpret(PASSES[index][1](program).validate(), point, DIGITS)
    for left, right in zip(before, after, strict=True):
        assert_close(left, right)


def one_sided_slopes(program, point, place):
    """Return the difference quotients to both sides, 30 digits each, or NaN at a jump."""
    step = sympy.Rational(1, 10**30)
    values = []
    for sign in (-1, 0, 1):
        moved = [entry + sign * step if k == place else entry for k, entry in enumerate(point)]
        values.append(interpret(program, moved, 80)[0])
    with mpmath.workdps(80):
        behind, here, ahead = (mpmath.mpf(value) for value in values)
        slopes = (ahead - here) * 10**30, (here - behind) * 10**30
        return slopes if max(map(abs, slopes)) < 10**20 else (mpmath.nan, mpmath.nan)


@settings(max_examples=60)
@given(EXPRESSIONS, POINTS)
def test_derivative_is_the_limit_of_difference_quotients(expression, point):
    program = lower(ARGS, (expression,))
    slopes = interpret(differentiate(program, (0, 1)), point, DIGITS)
    for place, slope in enumerate(slopes):
        forward, backward = one_sided_slopes(program, point, place)
        # At a corner the two sides differ and the derivative is a convention.
        if abs(forward - backward) <= 1e-15 * (1 + abs(forward)):
            assert abs(slope - forward) <= 1e-15 * (1 + abs(forward))


@settings(max_examples=30)
@given(EXPRESSIONS, EXPRESSIONS, POINTS)
def test_forward_and_backward_sweeps_agree(first, second, point):
    one = sympy.Symbol("z", real=True)
    args = (*ARGS, one)
    expression = first * one + second.xreplace({X: one})
    program = lower(args, (expression,))
    place = (*point, sympy.Rational(5, 7))
    backward = interpret(jacobian(program), place, DIGITS)
    forward = [interpret(differentiate(program, (k,)), place, DIGITS)[0] for k in range(3)]
    for left, right in zip(backward, forward, strict=True):
        assert_close(left, right)


@settings(max_examples=25)
@given(EXPRESSIONS, POINTS)
def test_second_derivatives_are_derivatives_of_derivatives(expression, point):
    program = lower(ARGS, (expression,))
    entries = interpret(optimise(hessian(program))[0], point, DIGITS)
    rows = [differentiate(program, (k,)) for k in range(2)]
    expected = [
        interpret(differentiate(row, (k,)), point, DIGITS)[0] for row in rows for k in (0, 1)
    ]
    for left, right in zip(entries, expected, strict=True):
        assert_close(left, right)


@settings(max_examples=40)
@given(EXPRESSIONS)
def test_names_leave_no_trace(expression):
    # SymPy sorts by name; swapping the order of the names must not change the program.
    renamed = expression.xreplace(
        {X: sympy.Symbol("z", real=True), Y: sympy.Symbol("a", real=True)}
    )
    other = (sympy.Symbol("z", real=True), sympy.Symbol("a", real=True))
    assert lower(ARGS, (expression,)) == lower(other, (renamed,))


@settings(max_examples=40)
@given(EXPRESSIONS)
def test_optimised_programs_call_primitives_and_shrink(expression):
    program, trace = optimise(lower(ARGS, (expression,)))
    assert optimise(program)[0] == program
    assert trace[0].counts.total() > 0
    assert trace[-1].counts == program.counts()
    assert "integer_power" not in program.counts()
