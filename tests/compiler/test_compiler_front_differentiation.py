"""Derivatives: every row of the table, conventions at corners, untaken branches, sharing."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
import sympy
from sympy import (
    Abs,
    Heaviside,
    Max,
    Min,
    Mod,
    Ne,
    Piecewise,
    Rational,
    S,
    exp,
    log,
    pi,
    sign,
    sqrt,
)

from symnum.compiler.differentiation import differentiate, hessian, jacobian
from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import optimise
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.terms import Term, call, constant
from symnum.compiler.vocabulary import FUNCTIONS, no_derivative
from symnum.compiler.vocabulary.discrete import DISCRETE
from symnum.compiler.vocabulary.elementary import ELEMENTARY
from symnum.errors import UnsupportedNodeError

x, y, z = sympy.symbols("x y z")

# Points inside the domain of each function, away from its corners.
POINTS = {
    "acosh": (Rational(7, 3),),
    "acoth": (Rational(7, 3), Rational(-5, 2)),
    "asec": (Rational(7, 3), Rational(-5, 2)),
    "acsc": (Rational(7, 3), Rational(-5, 2)),
    "asech": (Rational(2, 7),),
    "log": (Rational(2, 7), 5),
    "log2": (Rational(2, 7), 5),
    "log10": (Rational(2, 7), 5),
    "log1p": (Rational(-2, 7), 5),
    "loggamma": (Rational(2, 7), 5),
    "erfcinv": (Rational(2, 7), Rational(9, 5)),
}
USUAL = (Rational(2, 7), Rational(-3, 5))
SECOND = {"polygamma": S(2), "sinc_derivative": S(3), "heaviside": Rational(1, 2)}
# Functions that are tested here; the others have tests of their own.
NAMES = (
    *(row.name for row in (*ELEMENTARY, *DISCRETE)),
    *("erf", "erfc", "erfi", "erfinv", "erfcinv", "gamma", "loggamma", "digamma"),
)
SINGLE = [
    name
    for name in NAMES
    if FUNCTIONS[name].arity == 1 and no_derivative not in FUNCTIONS[name].partials
]


def called(name, complex_valued=False):
    """Return the program of a function of one argument."""
    builder = ProgramBuilder(1, complex_valued)
    term = Term(builder, builder.add("argument", value=0))
    return builder.finish((call(name, term).position,))


def slope_of(program, point, order=1):
    """Differentiate what the interpreter computes, numerically, at 80 digits."""
    context = mpmath.MPContext()
    context.dps = 80

    def function(at):
        return interpret(program, (at,), 80)[0]

    at = context.mpf(int(point.p)) / int(point.q) if isinstance(point, Rational) else point
    return context.diff(function, context.mpf(at), order, h=context.mpf(10) ** -25)


@pytest.mark.parametrize("name", SINGLE)
def test_every_row_of_the_table(name):
    program = called(name)
    first = differentiate(program, (0,))
    second = differentiate(first, (0,))
    for point in POINTS.get(name, USUAL):
        for derivative, order in ((first, 1), (second, 2)):
            expected = slope_of(program, S(point), order)
            for version in (derivative, optimise(derivative)[0]):
                (value,) = interpret(version, (point,), 50)
                assert abs(value - expected) <= 1e-17 * (1 + abs(expected))


@pytest.mark.parametrize("name", ["polygamma", "sinc_derivative", "heaviside"])
def test_functions_with_a_constant_operand(name):
    builder = ProgramBuilder(1)
    at = Term(builder, builder.add("argument", value=0))
    order = constant(at, SECOND[name])
    operands = (at, order) if name == "heaviside" else (order, at)
    program = builder.finish((call(name, *operands).position,))
    expected = slope_of(program, Rational(2, 7))
    (value,) = interpret(differentiate(program, (0,)), (Rational(2, 7),), 50)
    assert abs(value - expected) <= 1e-20 * (1 + abs(expected))


BINARY = {
    "power": x**y,
    "atan2": sympy.atan2(x, y),
    "hypot": sympy.codegen.cfunctions.hypot(x, y),
    "modulo": Mod(x, y),
    "maximum": Max(x, y),
    "minimum": Min(x, y),
    "quotient": x / y,
    "negative power": x**-3 * y,
    "three halves": (x * y) ** Rational(3, 2),
    "fifth root": (x + y) ** Rational(1, 5),
    "gaussian": exp(-((x - y) ** 2) / 2) / sqrt(2 * pi),
    "nested": sympy.sin(sympy.cos(x * y) + log(x)) ** 3,
}


@pytest.mark.parametrize("expression", BINARY.values(), ids=BINARY)
def test_two_arguments_against_symbolic_derivatives(expression):
    point = {x: Rational(17, 7), y: Rational(5, 3)}
    plain = expression.rewrite(sympy.Piecewise) if expression.has(Max, Min) else expression
    if expression.has(Mod):
        plain = x - y * sympy.floor(Rational(17, 7) / Rational(5, 3))
    if expression.has(sympy.codegen.cfunctions.hypot):
        plain = sqrt(x**2 + y**2)
    values = interpret(
        optimise(jacobian(lower((x, y), (expression,))))[0], tuple(point.values()), 40
    )
    for value, argument in zip(values, (x, y), strict=True):
        expected = plain.diff(argument).subs(point).evalf(40)
        assert abs(value - mpmath.mpf(str(expected))) < 1e-14 * (1 + abs(value))


CORNERS = {
    "modulus at 0": (Abs(x), 0, 0),
    "modulus below": (Abs(x), -2, -1),
    "sign": (sign(x), 0, 0),
    "floor at an integer": (sympy.floor(x), 2, 0),
    "ceiling": (sympy.ceiling(x), Rational(1, 2), 0),
    "step at 0": (Heaviside(x), 0, 0),
    "remainder": (Mod(x, 2), Rational(5, 2), 1),
    "maximum above": (Max(x, 1), 2, 1),
    "maximum below": (Max(x, 1), 0, 0),
    "maximum at the tie": (Max(x, 1), 1, Rational(1, 2)),
    "minimum at the tie": (Min(x, 1), 1, Rational(1, 2)),
    "maximum of one thing": (Max(x, x + 0 * y), 1, 1),
    "square at 0": (x**2, 0, 0),
    "cube at 0": (x**3, 0, 0),
    "three halves at 0": (x ** Rational(3, 2), 0, 0),
    "root at 0": (sqrt(x), 0, mpmath.inf),
    "cube root at 0": (x ** Rational(1, 3), 0, mpmath.inf),
    "symbolic power at 0": (x**y, 0, 0),
    "symbolic power 1 at 0": (x**z, 0, 1),
    "symbolic power 0 at 0": (x ** (z - 1), 0, 0),
    "in the exponent at 0": (y ** (1 + x) * 0 + (0 * y + x) ** y, 0, 0),
    "exponential of a base": (2**x, 1, 2 * mpmath.log(2)),
    "sinc at 0": (sympy.sinc(x), 0, 0),
    "no branch taken": (Piecewise((x, x > 0)), -1, "nan"),
    "constant branch, none taken": (Piecewise((5, x > 0)), -1, "nan"),
    "modulus of nan": (Abs(x), mpmath.nan, "nan"),
    "maximum with nan": (Max(x, 0), mpmath.nan, "nan"),
    "linear": (3 * x + 2, 7, 3),
    "constant": (S(5), 1, 0),
    "other argument": (y**2, 1, 0),
}


@pytest.mark.parametrize(("expression", "at", "expected"), CORNERS.values(), ids=CORNERS)
def test_conventions_at_corners(expression, at, expected):
    program = lower((x, y, z), (expression,))
    backward = jacobian(program)
    point = (at, 3, 1)
    for derivative in (differentiate(program, (0,)), backward, optimise(backward)[0]):
        value = interpret(derivative, point, 40)[0]
        if expected == "nan":
            assert mpmath.isnan(value)
        else:
            assert value == expected or abs(value - expected) < 1e-15


def test_a_power_is_differentiated_in_its_exponent_at_base_zero():
    program = lower((x, y), (x**y,))
    for derivative in (differentiate(program, (1,)), optimise(differentiate(program, (1,)))[0]):
        assert interpret(derivative, (0, 2), 30) == (0,)
        (value,) = interpret(derivative, (3, 2), 30)
        assert abs(value - 9 * mpmath.log(3)) < 1e-14


def test_a_constant_exponent_brings_no_logarithm():
    for expression in (x**5, x**2.5, x**pi, x**-3, sqrt(x)):
        assert "log" not in differentiate(lower((x,), (expression,)), (0,)).counts()


UNTAKEN = {
    "logarithm": (Piecewise((log(x), x > 0), (0, True)), 0, 0),
    "reciprocal": (Piecewise((sympy.sin(x) / x, Ne(x, 0)), (1, True)), 0, 0),
    "square root": (Piecewise((sqrt(x), x > 0), (x, True)), 0, 1),
    "overflow": (Piecewise((x, x < 700), (exp(x) * y, True)), 5, 1),
    "inside": (exp(Piecewise((sqrt(x - 1), x > 1), (x, True))), 1, mpmath.e),
    "maximum": (Max(sqrt(x), 1) * y, 0, 0),
    "minimum": (Min(1 / x, 3), 0, 0),
    "a branch shared with the rest": (Piecewise((1 / x, x > 0), (x, True)) + x * z, 0, 2),
    "two branches share a root": (
        Piecewise((sqrt(x), x > 1), (2 * sqrt(x), x > Rational(1, 2)), (x**2, True)) * y * z,
        0,
        0,
    ),
}


@pytest.mark.parametrize("name", UNTAKEN)
def test_branches_that_are_not_taken_do_no_harm(name):
    expression, at, expected = UNTAKEN[name]
    program = lower((x, y, z), (expression,))
    point = (S(at), S(2), S(1))
    backward, forward = jacobian(program), differentiate(program, (0,))
    assert interpret(backward, point, 30)[0] == interpret(forward, point, 30)[0]
    for derivative in (backward, optimise(backward)[0], optimise(forward)[0]):
        assert all(not mpmath.isnan(value) for value in interpret(derivative, point, 30))
        assert abs(interpret(derivative, point, 30)[0] - expected) < 1e-15
    for derivative in (hessian(program), differentiate(forward, (0,))):
        assert not any(map(mpmath.isnan, interpret(optimise(derivative)[0], point, 30)))


def test_gradient_takes_a_small_multiple_of_the_operations():
    count = 60
    args = sympy.symbols(f"a:{count}")
    expression = S.One
    for position, argument in enumerate(args):
        expression = sympy.sin(expression * argument + position, evaluate=False)
    program = lower(args, (expression,))
    gradient = optimise(jacobian(program))[0]
    assert len(gradient.outputs) == count
    assert len(gradient.nodes) < 4 * len(program.nodes)


def test_few_arguments_and_many_outputs_go_forward():
    outputs = tuple(sympy.sin((2 * k + 1) * x) * y for k in range(29))
    program = lower((x, y), outputs)
    both = optimise(jacobian(program, with_values=True))[0]
    assert len(both.outputs) == 29 + 58
    assert both.counts()["sin"] == both.counts()["cos"] == 29
    value = interpret(both, (Rational(1, 3), 2), 30)
    assert abs(value[29 + 2] - 6 * mpmath.cos(1)) < 1e-14
    assert value[29 + 3] == value[1] / 2


def test_values_and_derivatives_share_all():
    program = lower((x,), (exp(sympy.sin(x)),))
    assert optimise(jacobian(program, with_values=True))[0].counts() == {
        "argument": 1,
        "sin": 1,
        "exp": 1,
        "cos": 1,
        "multiply": 1,
    }


def test_derivative_of_a_polynomial_costs_what_it_must():
    derivative = optimise(differentiate(lower((x,), (x**5,)), (0,)))[0]
    assert derivative.counts() == {"argument": 1, "constant": 1, "multiply": 3}
    derivative = optimise(differentiate(lower((x,), (sqrt(x**2 + 1),)), (0,)))[0]
    assert derivative.counts() == {
        "argument": 1,
        "constant": 1,
        "multiply_add": 1,
        "square_root": 1,
        "divide": 1,
    }


def test_hessian_is_symmetric_node_by_node():
    expression = exp(x * y) / (x + z**2) + sympy.atan2(y, z)
    program = hessian(lower((x, y, z), (expression, x * y * z)))
    matrices = np.array(program.outputs).reshape(2, 3, 3)
    assert np.array_equal(matrices, matrices.transpose(0, 2, 1))
    point = (Rational(2, 3), Rational(3, 4), Rational(1, 5))
    values = interpret(optimise(program)[0], point, 40)
    place = dict(zip((x, y, z), point, strict=True))
    expected = [
        output.diff(a, b).subs(place).evalf(30)
        for output in (expression, x * y * z)
        for a in (x, y, z)
        for b in (x, y, z)
    ]
    for value, number in zip(values, expected, strict=True):
        assert float(value) == pytest.approx(float(number), rel=1e-14, abs=1e-14)


def test_a_large_divisor_does_not_swallow_the_slope():
    # The slope of 1/(1 + e) in e is -1e-540, but it is multiplied by e = 1e270.
    program = lower((x, y, z), (1 / (1 + exp(-y * (x - z))),))
    for version in (jacobian(program), optimise(jacobian(program))[0]):
        values = []
        for node in version.nodes:
            operands = [values[k] for k in node.operands]
            values.append(FLOATS[node.operation](node, operands))
        slope = values[version.outputs[0]]
        (exact, _, _) = interpret(version, (-60, 10, 2), 30)
        assert exact < 1e-268
        assert slope == pytest.approx(float(exact), rel=1e-12, abs=0)


FLOATS = {
    "argument": lambda node, operands: (-60.0, 10.0, 2.0)[node.value],
    "constant": lambda node, operands: float(node.value),
    "negative": lambda node, operands: -operands[0],
    "add": lambda node, operands: operands[0] + operands[1],
    "subtract": lambda node, operands: operands[0] - operands[1],
    "multiply": lambda node, operands: operands[0] * operands[1],
    "divide": lambda node, operands: operands[0] / operands[1],
    "call": lambda node, operands: getattr(math, node.value)(*operands),
}


def test_tails_keep_their_digits():
    # 1 - tanh(x)**2 is 0 in doubles for x > 19.
    slope = optimise(differentiate(lower((x,), (sympy.tanh(x),)), (0,)))[0]
    assert "cosh" in slope.counts()
    far = optimise(differentiate(lower((x, y), (sympy.atan2(y, x),)), (0, 1)))[0]
    assert "hypot" in far.counts()


def test_deep_programs():
    expression = x
    for k in range(20_000):
        expression = expression * y + (k % 5)
    program = lower((x, y, z), (expression + z,))
    gradient = jacobian(program)
    (in_x, _, in_z) = interpret(gradient, (1, 1, 1), 20)
    assert (in_x, in_z) == (1, 1)
    assert len(gradient.nodes) < 5 * len(program.nodes)


REFUSED_COMPLEX = {
    "absolute": Abs(x),
    "conjugate": sympy.conjugate(x),
    "real_part": sympy.re(x),
    "argument": sympy.arg(x),
    "sign": sign(x),
    "maximum": Max(x, y),
}


@pytest.mark.parametrize("name", REFUSED_COMPLEX)
def test_functions_that_are_not_analytic_are_refused(name):
    program = lower((x, y, z), (REFUSED_COMPLEX[name],), complex_valued=True)
    message = f"^{name} has no derivative in the complex numbers"
    with pytest.raises(UnsupportedNodeError, match=message):
        differentiate(program, (0,))
    with pytest.raises(UnsupportedNodeError, match=message):
        jacobian(program)
    assert interpret(differentiate(program, (2,)), (1, 2, 3), 20) == (0,)


ANALYTIC = [name for name in SINGLE if FUNCTIONS[name].analytic and FUNCTIONS[name].partials[0]]
# Their complex values, or those of their derivatives, have no oracle.
NO_COMPLEX_ORACLE = {"erfinv", "erfcinv", "digamma"}


@pytest.mark.parametrize("name", sorted(set(ANALYTIC) - NO_COMPLEX_ORACLE))
def test_complex_derivatives(name):
    program = called(name, complex_valued=True)
    at = mpmath.mpc("0.31", "0.47")
    derivative = optimise(differentiate(program, (0,)))[0]
    context = mpmath.MPContext()
    context.dps = 60
    expected = context.diff(
        lambda t: interpret(program, (t,), 60)[0], context.mpc(at), h=context.mpf(10) ** -20
    )
    assert abs(interpret(derivative, (at,), 40)[0] - expected) < 1e-15 * (1 + abs(expected))


def test_missing_formulas_are_named():
    builder = ProgramBuilder(2)
    base, at = (Term(builder, builder.add("argument", value=k)) for k in range(2))
    program = builder.finish((call("real_part", base * at).position,))
    with pytest.raises(UnsupportedNodeError, match="derivative of real_part in operand 0"):
        differentiate(program, (0,))
    for column in (0, 1):
        with pytest.raises(UnsupportedNodeError, match="derivative of real_part in operand 0"):
            differentiate(program, (column,))


def test_a_wrong_position_is_named():
    with pytest.raises(ValueError, match="argument 2 of a program of 2 arguments"):
        differentiate(lower((x, y), (x,)), (2,))


def test_no_arguments_and_no_outputs():
    assert jacobian(lower((), (S(3),))).outputs == ()
    assert jacobian(lower((x,), ())).outputs == ()
    assert hessian(lower((), (S(3),))).outputs == ()
    assert math.isclose(interpret(lower((), (pi,)), ())[0], math.pi)
