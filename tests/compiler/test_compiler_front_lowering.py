"""From SymPy to a program: operations counted, constants exact, order independent of names."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from sympy import (
    Abs,
    And,
    E,
    Eq,
    Float,
    Function,
    Heaviside,
    I,
    Max,
    Min,
    Mod,
    Ne,
    Or,
    Piecewise,
    Rational,
    S,
    Symbol,
    Xor,
    atan2,
    cos,
    exp,
    log,
    oo,
    pi,
    sign,
    sin,
    sqrt,
    symbols,
    tan,
)

from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import optimise
from symnum.errors import UnsupportedNodeError

x, y, z = ARGS = symbols("x y z")
f = Function("f")


def operations(program):
    """Count what costs time, neither arguments nor constants; a fused pair as its two parts."""
    counts = program.counts()
    fused = counts.pop("multiply_add", 0)
    counts.update(multiply=fused, add=fused)
    return {
        name: count
        for name, count in sorted(counts.items())
        if count and name not in ("argument", "constant", "truth")
    }


def horner(degree):
    value = S.One
    for k in range(degree):
        value = value * x + Rational(k + 2, 7)
    return value


COUNTS = {
    "difference": (x - y, {"subtract": 1}),
    "difference of multiples": (x - 2 * y, {"multiply": 1, "subtract": 1}),
    "opposite of a sum": (-x - y - 3, {"add": 2, "negative": 1}),
    "exponential of an opposite": (exp(-x), {"exp": 1, "negative": 1}),
    "quotient": (x / y, {"divide": 1}),
    "one division": (
        3 * x / (y**2 * sqrt(z)),
        {"divide": 1, "integer_power": 1, "multiply": 2, "square_root": 1},
    ),
    "reciprocal": (1 / x, {"divide": 1}),
    "constant numerator": (pi / (3 * x), {"divide": 1}),
    "reciprocal of a quotient": (sympy.Pow(x / y, -1, evaluate=False), {"divide": 1}),
    "exact factor": (2 * sqrt(2) * pi * x / 3, {"multiply": 1}),
    "sum of constants": (x + sqrt(2) + pi - 1, {"add": 1}),
    "integer power": (x**5, {"integer_power": 1}),
    "square root": (sqrt(x), {"square_root": 1}),
    "reciprocal square root": (1 / sqrt(x), {"divide": 1, "square_root": 1}),
    "float exponent": (x**2.0, {"integer_power": 1}),
    "half as float": (x**0.5, {"square_root": 1}),
    "third": (x ** Rational(1, 3), {"power": 1}),
    "symbolic power": (x**y, {"power": 1}),
    "base E": (sympy.Pow(E, x, evaluate=False), {"exp": 1}),
    "maximum of four": (Max(x, y, z, 1), {"maximum": 3}),
    "minimum": (Min(x, y), {"minimum": 1}),
    "shared sub-expressions": (
        sin(x * y) ** 2 + cos(x * y),
        {"add": 1, "cos": 1, "integer_power": 1, "multiply": 1, "sin": 1},
    ),
    "horner": (horner(12), {"add": 12, "multiply": 11}),
    "piecewise": (Piecewise((x, x > 0), (y, True)), {"compare": 1, "select": 1}),
    "condition as a number": (x < y, {"compare": 1, "select": 1}),
    "constant": (sqrt(2) + sin(3), {}),
    "constant of a function without kernel": (x * sympy.zeta(3), {"multiply": 1}),
    "finite sum": (sympy.Sum(x**z, (z, 1, 4)), {"add": 3, "integer_power": 3}),
    "finite product": (sympy.Product(x + z, (z, 1, 3)), {"add": 3, "multiply": 2}),
    "unevaluated": (sympy.UnevaluatedExpr(x) * x, {"multiply": 1}),
    "factorial": (sympy.factorial(x), {"add": 1, "gamma": 1}),
    "real part of a real": (sympy.re(x) + sympy.im(y), {}),
    "argument of a real": (sympy.arg(x), {"atan2": 1}),
}


# SymPy writes these in one way or another by the order of the names; the sign must cost nothing.
TURNED = {
    "sine": (sin(x - y), {"sin": 1, "subtract": 1}),
    "cosine": (cos(x - y) + z, {"add": 1, "cos": 1, "subtract": 1}),
    "modulus": (Abs(x - y), {"absolute": 1, "subtract": 1}),
    "product": (x * (y - z), {"multiply": 1, "subtract": 1}),
    "product of two": ((x - y) * (y - z), {"multiply": 1, "subtract": 2}),
    "quotient": ((x - y) / z, {"divide": 1, "subtract": 1}),
    "divisor": (z / (x - y), {"divide": 1, "subtract": 1}),
    "reciprocal": (1 / (x - y), {"divide": 1, "subtract": 1}),
    "sine of a product": (sin(x * (y - z)), {"multiply": 1, "sin": 1, "subtract": 1}),
    "odd power": ((x - y) ** 3, {"integer_power": 1, "subtract": 1}),
    "even power": (
        (x - y) ** 2 + x * y,
        {"add": 1, "integer_power": 1, "multiply": 1, "subtract": 1},
    ),
    "three terms": (y * sin(x - y - z), {"multiply": 1, "sin": 1, "subtract": 2}),
    "sum of products": (x * (y - z) + y * (x - z), {"multiply": 2, "subtract": 3}),
    "both signs share": (
        sin(x - y) * cos(y - x) * (x - y) ** 2,
        {"cos": 1, "integer_power": 1, "multiply": 2, "sin": 1, "subtract": 1},
    ),
    "multiple": (-3 * z * (x - y), {"multiply": 2, "subtract": 1}),
}


@pytest.mark.parametrize("name", TURNED)
def test_sums_turn_round_with_the_names(name):
    expression, expected = TURNED[name]
    program = lower(ARGS, (expression,))
    assert operations(program) == expected
    point = (Rational(3, 7), Rational(-5, 3), Rational(11, 4))
    exact = expression.subs(dict(zip(ARGS, point, strict=True))).evalf(40)
    (value,) = interpret(program, point, 40)
    assert abs(value - mpmath.mpf(str(exact))) < 1e-14
    for names in ("a b c", "c b a", "b c a"):
        renamed = symbols(names)
        other = expression.xreplace(dict(zip(ARGS, renamed, strict=True)))
        assert lower(renamed, (other,)) == program


@pytest.mark.parametrize(("expression", "expected"), COUNTS.values(), ids=COUNTS)
def test_operations_are_no_more_than_needed(expression, expected):
    assert operations(lower(ARGS, (expression,))) == expected


OPTIMISED = {
    "horner": (horner(12), {"add": 12, "multiply": 11}),
    "powers share": (x**7 + x**5 + x**3, {"add": 2, "multiply": 4}),
    "all powers": (sum(x**k * y for k in range(1, 9)), {"add": 7, "multiply": 8}),
    "negative power": (x**-3, {"divide": 1, "multiply": 2}),
    "three halves": (x ** Rational(3, 2), {"multiply": 1, "square_root": 1}),
    "minus five halves": (x ** Rational(-5, 2), {"divide": 1, "multiply": 2, "square_root": 1}),
    "quarter": (x ** Rational(1, 4), {"square_root": 2}),
    "cube root": (x ** Rational(1, 3), {"compare": 1, "cube_root": 1, "select": 1}),
    "cube root of a square": (
        Abs(x) ** Rational(2, 3),
        {"absolute": 1, "cube_root": 1, "multiply": 1},
    ),
    "sixth root": (x ** Rational(1, 6), {"cube_root": 1, "square_root": 1}),
    "gaussian": (exp(-(x**2) / 2) / sqrt(2 * pi), {"exp": 1, "multiply": 3}),
    "secant in a product": (y * sympy.sec(x), {"cos": 1, "divide": 1}),
    "hyperbolic secant twice": (
        sympy.sech(x) * y + sympy.sech(x),
        {"add": 1, "cosh": 1, "divide": 1, "multiply": 1},
    ),
    "odd function": (
        tan(x) + tan(-x * y) + cos(-x),
        {"add": 1, "cos": 1, "multiply": 1, "subtract": 1, "tan": 2},
    ),
    "norm of one": (sqrt(x**2), {"absolute": 1}),
    "relu": (Max(x, 0), {"maximum": 1}),
    "squareplus": ((x + sqrt(x**2 + y)) / 2, {"add": 2, "multiply": 3, "square_root": 1}),
    "real root": (
        sympy.real_root(x, 3),
        {"absolute": 1, "compare": 2, "cube_root": 1, "multiply": 1, "select": 2},
    ),
}


@pytest.mark.parametrize(("expression", "expected"), OPTIMISED.values(), ids=OPTIMISED)
def test_operations_after_the_passes(expression, expected):
    assert operations(optimise(lower(ARGS, (expression,)))[0]) == expected


CONSTANTS = {
    "binary float": (Float(0.1), Rational(3602879701896397, 2**55)),
    "long float": (
        Float("0.1234567890123456789012345", 25),
        Rational(76416051119995056803491051, 2**89),
    ),
    "big integer": (S(10) ** 40, S(10) ** 40),
    "third": (Rational(1, 3), Rational(1, 3)),
    "exact expression": (sqrt(2) * pi / 3, sqrt(2) * pi / 3),
    "function of numbers": (sin(1) + log(3), sin(1) + log(3)),
    "infinity": (oo, oo),
    "unsigned infinity": (S.ComplexInfinity, S.NaN),
}


@pytest.mark.parametrize(("number", "stored"), CONSTANTS.values(), ids=CONSTANTS)
def test_constants_are_exact(number, stored):
    program = lower((), (number,))
    assert [node.value for node in program.nodes] == [stored]


def test_constant_with_floats_inside_is_rounded_once():
    (node,) = lower((), (exp(0.1 * pi),)).nodes
    exact = exp(Rational(3602879701896397, 2**55) * pi)
    assert node.value.is_Rational
    assert abs((node.value / exact).evalf(80) - 1) < 1e-59


def test_floats_are_not_rounded_together():
    tenth = Float(0.1)
    product = sympy.Mul(tenth, 3, x, evaluate=False)
    total = sympy.Add(tenth, Rational(1, 3), x, evaluate=False)
    exact = Rational(3602879701896397, 2**55)
    stored = [node.value for node in lower((x,), (product, total)).nodes if not node.operands]
    assert set(stored) == {0, 3 * exact, exact + Rational(1, 3)}


def test_float_beyond_every_format_stays_printable():
    program = lower((x,), (x * Float("1e-50000", 20), Float("3e60000", 20)))
    assert len(str(program)) < 500
    assert interpret(program, (Float("1e50000", 30),), 20)[0] == pytest.approx(1)


def test_deep_constants_are_computed_by_the_kernel():
    value = S(2)
    for _ in range(80):
        value = sqrt(1 + sympy.Add(value, pi, evaluate=False))
    program = lower((), (value,))
    assert program.counts()["square_root"] > 0
    with mpmath.workdps(60):
        expected = mpmath.mpf(2)
        for _ in range(80):
            expected = mpmath.sqrt(1 + expected + mpmath.pi)
        assert abs(interpret(program, (), 50)[0] - expected) < mpmath.mpf(10) ** -48


FIRST_TRUE = Piecewise((10, x < 1), (20, x < 2), (30, x < 3))
PIECEWISE = {
    "first true wins": (FIRST_TRUE, 0.5, 10),
    "second": (FIRST_TRUE, 1, 20),
    "third": (FIRST_TRUE, 2.5, 30),
    "none taken": (FIRST_TRUE, 3, "nan"),
    "nan takes none": (FIRST_TRUE, mpmath.nan, "nan"),
    "nan takes the default": (Piecewise((1, x <= 0), (2, True)), mpmath.nan, 2),
    "nan is not equal": (Piecewise((1, Ne(x, 0)), (2, True)), mpmath.nan, 1),
    "untaken branch outside its domain": (Piecewise((log(x), x > 0), (0, True)), -1, 0),
    "removable point": (Piecewise((sin(x) / x, Ne(x, 0)), (1, True)), 0, 1),
    "and": (Piecewise((1, And(x > 0, x < 1, y > 0)), (0, True)), 0.5, 1),
    "or": (Piecewise((1, Or(x > 0, x < -1)), (0, True)), -2, 1),
    "not": (Piecewise((1, ~Or(x > 0, x < -1)), (0, True)), -0.5, 1),
    "exclusive or": (Piecewise((1, Xor(x > 0, x > 1)), (0, True)), 2, 0),
    "implication": (Piecewise((1, sympy.Implies(x > 0, x > 1)), (0, True)), 0.5, 0),
    "equivalence": (Piecewise((1, sympy.Equivalent(x > 0, x > 1)), (0, True)), 2, 1),
    "if then else": (Piecewise((1, sympy.ITE(x > 0, x > 1, y > 0)), (0, True)), -1, 1),
    "interval": (Piecewise((1, sympy.Contains(x, sympy.Interval(0, 1))), (0, True)), 1, 1),
    "equality of conditions": (Piecewise((1, Eq(x, 1)), (0, True)), 1, 1),
    "nested": (Piecewise((Piecewise((1, x < 0), (2, True)), x < 5), (3, True)), 1, 2),
    "a number as condition": (Piecewise((1, Symbol("x")), (0, True)), 3, 1),
    "step": (Heaviside(x), 0, 0.5),
    "step with a value": (Heaviside(x, 1), 0, 1),
    "sign at zero": (sign(x), 0, 0),
    "sign of nan": (sign(x), mpmath.nan, "nan"),
    "maximum with nan": (Max(x, y), mpmath.nan, "nan"),
    "remainder has the sign of the divisor": (Mod(x, -3), 1, -2),
    "negative base": (x ** Rational(1, 3), -8, "nan"),
    "real root": (sympy.real_root(x, 3), -8, -2),
    "zero to the zero": (x**y, 0, 1),
    "angle": (atan2(x, -y), 0, mpmath.pi),
    "kronecker": (sympy.KroneckerDelta(x, 2), 2, 1),
    "fraction": (sympy.frac(x), -0.25, 0.75),
}


def second_coordinate(name):
    return 0 if name == "zero to the zero" else 1


@pytest.mark.parametrize("name", PIECEWISE)
def test_values_at_corners(name):
    expression, at, expected = PIECEWISE[name]
    for program in (lower(ARGS, (expression,)), optimise(lower(ARGS, (expression,)))[0]):
        (value,) = interpret(program, (at, second_coordinate(name), 1), 40)
        with mpmath.workdps(50):
            matches = mpmath.isnan(value) if expected == "nan" else abs(value - expected) < 1e-35
        assert matches


def test_guard_gives_nan_outside():
    program = lower((x, y), (x + 1, S(3)), guard=And(x > 0, y < 2))
    assert interpret(program, (1, 1), 20) == (2, 3)
    assert all(map(mpmath.isnan, interpret(program, (1, 2), 20)))
    assert all(map(mpmath.isnan, interpret(program, (mpmath.nan, 1), 20)))
    assert lower((x,), (x,), guard=S.true) == lower((x,), (x,))
    assert mpmath.isnan(interpret(lower((x,), (x,), guard=S.false), (1,), 20)[0])


COMPLEX = {
    "imaginary unit": (x + I * (1 + I * x**2), 2, -2 + 1j),
    "exponential": (exp(I * pi * x), 1, -1),
    "root": (sqrt(x), -4, 2j),
    "cube root is the principal one": (x ** Rational(1, 3), -8, 1 + 1j * mpmath.sqrt(3)),
    "logarithm": (log(x), -1, 1j * mpmath.pi),
    "modulus": (Abs(x), 3 + 4j, 5),
    "conjugate": (sympy.conjugate(x), 3 + 4j, 3 - 4j),
    "real part": (sympy.re(x), 3 + 4j, 3),
    "imaginary part": (sympy.im(x), 3 + 4j, 4),
    "phase": (sympy.arg(x), 1j, mpmath.pi / 2),
    "direction": (sign(x), 3j, 1j),
    "non-real constant": (x * sympy.acos(2), 1, mpmath.acos(2)),
}


@pytest.mark.parametrize(("expression", "at", "expected"), COMPLEX.values(), ids=COMPLEX)
def test_complex_programs(expression, at, expected):
    program = lower(ARGS, (expression,), complex_valued=True)
    for version in (program, optimise(program)[0]):
        (value,) = interpret(version, (at, 1, 1), 30)
        assert abs(value - expected) < 1e-15


def test_ordered_comparison_of_complex_numbers_is_false():
    program = lower((x,), (Piecewise((1, x < 2), (0, True)),), complex_valued=True)
    assert interpret(program, (1,), 20) == (1,)
    assert interpret(program, (1 + 1j,), 20) == (0,)


UNSUPPORTED = {
    "undefined function": (
        1 + sin(f(x)),
        r"^f cannot be evaluated: f\(x\), at expr.args\[1\].args\[0\] .*substitute",
    ),
    "integral": (sympy.Integral(exp(x * y), y), r"^Integral cannot .*doit"),
    "derivative": (x * sympy.Derivative(f(x), x), r"^Derivative cannot .*at expr.args\[1\].*doit"),
    "order": (sympy.Order(x), r"^Order cannot .*removeO"),
    "delta": (sympy.DiracDelta(x) + x, r"^DiracDelta cannot .*no value at a point"),
    "special function": (sympy.polylog(2, x), r"^polylog cannot be evaluated"),
    "sum to infinity": (sympy.Sum(x**z, (z, 0, oo)), r"^Sum cannot .*numerical bounds"),
    "limit": (sympy.Limit(sin(x), x, y), r"^Limit cannot"),
    "matrix product": (
        sympy.MatrixSymbol("A", 2, 2) * sympy.MatrixSymbol("B", 2, 2),
        r"^MatMul cannot",
    ),
    "predicate": (Piecewise((1, sympy.Q.positive(x)), (0, True)), r"^AppliedPredicate cannot"),
    "set": (Piecewise((1, sympy.Contains(x, S.Rationals)), (0, True)), r"^Contains cannot"),
    "similar name": (sympy.asinh(sympy.chebyshevt_root(3, 1) + f(y)), r"^f cannot"),
    "zeta of two": (sympy.zeta(x, y), r"^zeta cannot"),
    "order of polygamma": (sympy.polygamma(x, y), r"^polygamma cannot"),
}


@pytest.mark.parametrize(("expression", "message"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_unsupported_nodes_are_named(expression, message):
    with pytest.raises(UnsupportedNodeError, match=message):
        lower(ARGS, (expression,))


def test_the_output_is_named_too():
    with pytest.raises(UnsupportedNodeError, match=r"at output 1\.args\[0\] of sin\(f\(x\)\)"):
        lower(ARGS, (x, sin(f(x))))


def test_long_expressions_are_not_printed():
    expression = f(y) + sum(sin(k * x) for k in range(1, 200))
    with pytest.raises(UnsupportedNodeError, match=r"of Add\(\.\.\.\) of more than") as caught:
        lower(ARGS, (expression,))
    assert len(str(caught.value)) < 200


def test_an_unknown_symbol_is_named():
    with pytest.raises(
        ValueError, match=r"symbol w is not an argument, at expr\.args\[0\].*x, y, z"
    ):
        lower(ARGS, (Symbol("w") * x,))
    with pytest.raises(ValueError, match="same name but other assumptions"):
        lower(ARGS, (Symbol("x", positive=True) + 1,))
    with pytest.raises(ValueError, match="arguments: none at all"):
        lower((), (x,))


def test_an_argument_given_twice_is_named():
    with pytest.raises(ValueError, match="argument x occurs twice"):
        lower((x, y, x), (x,))
    twins = symbols("x"), Symbol("x", real=True)
    assert interpret(lower(twins, (twins[0] - twins[1],)), (5, 3), 20) == (2,)


def test_an_argument_must_be_a_variable():
    with pytest.raises(TypeError, match=r"argument 1 is 2\*x"):
        lower((x, 2 * x), (x,))


@pytest.mark.parametrize("number", [I, log(S(-2)), sympy.acos(2), (-1) ** Rational(1, 3)], ids=str)
def test_numbers_that_are_not_real_need_a_complex_kernel(number):
    with pytest.raises(TypeError, match='dtype="complex128"'):
        lower((x,), (x + number,))
    assert lower((x,), (x + number,), complex_valued=True).complex_valued


def test_a_real_number_written_with_i_is_accepted():
    root = sympy.solve(z**3 - 3 * z + 1, z)[0]
    assert root.has(I)
    (value,) = interpret(lower((x,), (x + root,)), (0,), 30)
    assert abs(value**3 - 3 * value + 1) < 1e-28


def test_functions_may_be_arguments():
    t = Symbol("t")
    position, velocity = f(t), sympy.Derivative(f(t), t)
    program = lower((position, velocity), (position * velocity + sin(position),))
    assert interpret(program, (2, 3), 20)[0] == pytest.approx(6 + float(sin(2).evalf()))


def test_terms_do_not_depend_on_names():
    a, b, c = symbols("a b c")
    first = sin(x) * y - 3 * x * z**2 + 1 / (x * y * z) + Max(x, y, z) + sqrt(x + y)
    for renamed in ((a, b, c), (c, b, a), (b, c, a)):
        other = first.xreplace(dict(zip(ARGS, renamed, strict=True)))
        assert lower(ARGS, (first,)) == lower(renamed, (other,))
    hostile = symbols("np def __x"), Symbol(""), Symbol("a\nb")
    other = first.xreplace(dict(zip(ARGS, (hostile[0][0], *hostile[1:]), strict=True)))
    program = lower((hostile[0][0], *hostile[1:]), (other,))
    assert program == lower(ARGS, (first,))
    assert "np" not in str(program)


def test_long_sums_are_halved():
    count = 1000
    terms = [sin(k * x) for k in range(1, count + 1)]
    program = lower((x,), (sympy.Add(*terms),))
    depth = [0] * len(program.nodes)
    for position, node in enumerate(program.nodes):
        depth[position] = 1 + max((depth[k] for k in node.operands), default=0)
    assert program.counts()["add"] == count - 1
    assert depth[program.outputs[0]] < 25


def test_a_hundred_thousand_nested_operations():
    expression = x
    for k in range(50_000):
        expression = expression * y + (k % 7 + 1)
    program = lower((x, y), (expression,))
    assert operations(program) == {"add": 50_000, "multiply": 50_000}
    (value,) = interpret(program, (0, Rational(1, 2)), 20)
    expected = sum(((49_999 - k) % 7 + 1) * mpmath.mpf(2) ** -k for k in range(120))
    assert value == pytest.approx(float(expected), rel=1e-14)


def test_an_error_deep_down_is_reported_without_recursion():
    expression = f(x)
    for _ in range(20_000):
        expression = expression * y + 1
    with pytest.raises(UnsupportedNodeError, match=r"args\[\d\]\.\.\. of Add"):
        lower((x, y), (expression,))


def test_shared_sub_expressions_are_visited_once():
    expression = x
    for _ in range(100):
        square = sympy.Pow(expression, 2, evaluate=False)
        expression = sympy.Add(square, expression, evaluate=False)
    assert operations(lower((x,), (expression,))) == {"add": 100, "integer_power": 100}
