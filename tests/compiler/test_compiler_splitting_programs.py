"""Split programs mean what the complex programs mean, and have no useless operations."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.compiler.differentiation import differentiate
from symnum.compiler.interpretation import interpret
from symnum.compiler.lowering import lower
from symnum.compiler.passes import optimise
from symnum.compiler.program import ProgramBuilder
from symnum.compiler.splitting import FORMULAS, OF_REALS, split_complex
from symnum.compiler.splitting.error_functions import weideman_coefficients
from symnum.compiler.vocabulary import FUNCTIONS
from symnum.errors import UnsupportedNodeError

Z, W = sympy.symbols("z w")
DIGITS = 40
CONTEXT = mpmath.mp.clone()
CONTEXT.dps = 60
TOLERANCE = CONTEXT.mpf(10) ** -25


def complex_program(*expressions, args=(Z, W)):
    return optimise(lower(args, expressions, complex_valued=True))[0]


def split(*expressions, args=(Z, W)):
    return optimise(split_complex(complex_program(*expressions, args=args)))[0]


def operations(program):
    """Count operations; constants and arguments are none."""
    nodes = [n for n in program.nodes if n.operation not in ("constant", "argument")]
    names = [n.value if n.operation == "call" else n.operation for n in nodes]
    return {name: names.count(name) for name in sorted(set(names))}


def assert_same_meaning(program, point, tolerance=TOLERANCE):
    parts = [part for number in point for part in number]
    wanted = interpret(program, [to_number(number) for number in point], DIGITS)
    found = interpret(split_complex(program), parts, DIGITS)
    for exact, real, imaginary in zip(wanted, found[::2], found[1::2], strict=True):
        if mpmath.isnan(exact) or mpmath.isinf(exact):
            assert not (mpmath.isfinite(real) and mpmath.isfinite(imaginary))
            continue
        error = max(abs(real - mpmath.re(exact)), abs(imaginary - mpmath.im(exact)))
        assert error <= tolerance * (1 + abs(exact)), (exact, real, imaginary)


def to_mpf(number):
    return CONTEXT.mpf(int(number.p)) / int(number.q)


def to_number(parts):
    return CONTEXT.mpc(*map(to_mpf, parts)) if parts[1] else to_mpf(parts[0])


def rational(text):
    return tuple(sympy.Rational(part) for part in text.split())


# Off the cuts, inside and outside of the unit circle, on both sides of the axes.
NUMBERS = [rational(t) for t in ("3/7 2/5", "-7/5 1/9", "-1/3 -8/3", "1/100 -1/50", "5/2 -3")]
SECOND = [rational(t) for t in ("-2/3 1/7", "9/4 5/3", "1/5 -1/2")]


@pytest.mark.parametrize("name", sorted(FORMULAS))
def test_each_function_means_what_it_means_for_complex_numbers(name):
    arity = FUNCTIONS[name].arity
    builder = ProgramBuilder(arity, complex_valued=True)
    operands = [builder.add("argument", value=place) for place in range(arity)]
    program = builder.finish((builder.add("call", *operands, value=name),))
    for number in NUMBERS:
        if arity == 1:
            # The rational function in the error functions has the digits of a double.
            tolerance = CONTEXT.mpf(2) ** -51 if name in ("erf", "erfc", "erfi") else TOLERANCE
            assert_same_meaning(program, [number], tolerance)
        elif name not in ("modulo", "maximum", "minimum"):
            for second in SECOND:
                assert_same_meaning(program, [number, second])


def test_coefficients_of_the_error_functions_are_those_of_the_definition():
    """Compare with the rational function at the point L, where only the constant is left."""
    scale, coefficients = weideman_coefficients()
    length = CONTEXT.mpf(scale.p) / scale.q
    exact = CONTEXT.exp(length**2) * CONTEXT.erfc(length)
    constant = CONTEXT.mpf(coefficients[0].p) / coefficients[0].q
    value = constant / (2 * length**2) + 1 / (2 * length * CONTEXT.sqrt(CONTEXT.pi))
    assert abs(value - exact) <= CONTEXT.mpf(2) ** -52 * exact
    assert abs(coefficients[-1]) < sympy.Rational(1, 10**14)


@pytest.mark.parametrize("name", ["modulo", "maximum", "minimum", "hypot", "atan2", "power"])
def test_functions_of_two_real_numbers(name):
    builder = ProgramBuilder(2, complex_valued=True)
    z, w = (builder.add("argument", value=place) for place in range(2))
    program = builder.finish((builder.add("call", z, w, value=name),))
    zero = sympy.S.Zero
    for left in ("7/3", "-5/4"):
        for right in ("2/3", "-9/7"):
            assert_same_meaning(
                program, [(sympy.Rational(left), zero), (sympy.Rational(right), zero)]
            )


ARITHMETIC = [
    Z + W, Z - W, Z * W, Z / W, -Z, Z**2, Z**3, Z**-2, Z**7, sympy.sqrt(Z), 1 / Z, sympy.I / Z,
    2 / Z, Z / sympy.I, Z / 3, Z * sympy.I, Z + sympy.I, 1 - Z, 3 - sympy.I * Z, Z**sympy.I,
    Z ** sympy.Rational(3, 2), Z ** sympy.Rational(-1, 3), 2**Z, (-2) ** Z, (1 + sympy.I) ** Z,
    sympy.conjugate(Z) * Z, sympy.re(Z) * W, sympy.re(Z) / W, sympy.im(Z) ** sympy.Rational(5, 2),
    sympy.re(Z) ** W, sympy.Abs(Z) ** W, sympy.sign(Z), sympy.arg(sympy.re(Z)),
    sympy.sqrt(sympy.re(Z)), sympy.log(sympy.re(Z)), sympy.exp(sympy.I * sympy.re(Z)),
    sympy.sin(sympy.I * sympy.re(Z)), sympy.tan(sympy.I * sympy.im(Z)) + W, sympy.Abs(sympy.I * sympy.re(Z)),
    sympy.re(Z) + sympy.I * sympy.im(W), sympy.exp(sympy.sqrt(2) + sympy.I / 3) * Z,
    sympy.cosh(sympy.I * sympy.re(Z)) * sympy.cos(sympy.I * sympy.re(W)), sympy.acos(sympy.re(Z) / 4),
    sympy.sinh(sympy.I * sympy.re(Z)), sympy.tanh(sympy.I * sympy.re(Z)), sympy.log(sympy.I * sympy.re(Z)),
    sympy.Piecewise((Z, sympy.re(Z) > 0), (W, sympy.Eq(Z, W)), (sympy.I, True)),
    sympy.Piecewise((sympy.re(Z), sympy.Ne(Z, W)), (0, True)),
    sympy.Piecewise((1, Z < W), (2, sympy.re(Z) <= sympy.re(W)), (3, True)),
]  # fmt: skip


@pytest.mark.parametrize("expression", ARITHMETIC, ids=str)
def test_arithmetic_means_what_it_means_for_complex_numbers(expression):
    raw = lower((Z, W), (expression,), complex_valued=True)
    for program in (raw, complex_program(expression)):
        if any(node.value == "sign" for node in program.nodes):
            continue
        for number in NUMBERS:
            assert_same_meaning(program, [number, SECOND[0]])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (Z * W, {"multiply": 4, "add": 1, "subtract": 1}),
        (Z**2, {"multiply": 2, "add": 2, "subtract": 1}),
        (Z + W, {"add": 2}),
        (Z - W, {"subtract": 2}),
        (2 * Z, {"multiply": 2}),
        (Z / 2, {"multiply": 2}),
        (Z - 1, {"subtract": 1}),
        (sympy.I * Z, {"subtract": 1}),
        (sympy.conjugate(Z), {"negative": 1}),
        (sympy.re(Z) + sympy.I * sympy.im(Z), {}),
        (sympy.Abs(Z) ** 2, {"multiply": 2, "add": 1}),
        (sympy.conjugate(Z) * Z, {"multiply": 2, "add": 1}),
        (sympy.sqrt(Z * sympy.conjugate(Z)), {"multiply": 2, "add": 1, "square_root": 1}),
        (sympy.Abs(Z) * W, {"hypot": 1, "multiply": 2}),
        (sympy.re(Z) * sympy.im(W), {"multiply": 1}),
        (sympy.exp(sympy.re(Z)), {"exp": 1}),
        (sympy.exp(sympy.I * sympy.re(Z)), {"sin": 1, "cos": 1}),
        (sympy.sqrt(sympy.Abs(Z)), {"hypot": 1, "square_root": 1}),
        (sympy.log(sympy.Abs(Z)), {"hypot": 1, "log": 1}),
        (sympy.sin(sympy.re(Z)) ** 2, {"sin": 1, "multiply": 1}),
        (sympy.exp(2 + 3 * sympy.I), {}),
        (Z ** sympy.Rational(1, 3), {"hypot": 1, "cube_root": 1, "atan2": 1, "cos": 1, "sin": 1, "multiply": 3}),
    ],
    ids=str,
)  # fmt: skip
def test_no_operation_is_useless(expression, expected):
    assert operations(split(expression)) == expected


def test_one_logarithm_serves_the_circle_and_the_rest():
    counts = operations(split(sympy.log(Z)))
    assert counts["log"] == counts["atan2"] == 1
    assert "hypot" not in counts


def test_sines_and_cosines_are_of_the_same_argument():
    program = split(sympy.exp(Z) + sympy.sin(W), sympy.cos(W))
    counts = operations(program)
    assert counts["sin"] == counts["cos"] == 2
    assert counts["expm1"] == 1


def test_arguments_and_outputs_alternate():
    program = split_complex(complex_program(W, sympy.re(Z), sympy.I * 3))
    assert program.arity == 4
    assert not program.complex_valued
    shown = [program.nodes[k] for k in program.outputs]
    assert [(n.operation, n.value) for n in shown] == [
        ("argument", 2), ("argument", 3), ("argument", 0), ("constant", 0), ("constant", 0), ("constant", 3),
    ]  # fmt: skip


def test_constants_that_sympy_does_not_simplify_are_recognised():
    real = sympy.cos(sympy.pi / 7) + sympy.I * (sympy.sin(1) ** 2 + sympy.cos(1) ** 2 - 1)
    program = split_complex(complex_program(real * Z))
    assert operations(program) == {"multiply": 2}
    root = sympy.CRootOf(sympy.Symbol("t") ** 3 - sympy.Symbol("t") + 1, 1)
    assert_same_meaning(complex_program(root * Z), [NUMBERS[0], NUMBERS[1]])


def test_depth_is_no_limit():
    builder = ProgramBuilder(1, complex_valued=True)
    total = size = builder.add("call", builder.add("argument", value=0), value="absolute")
    for _ in range(20_000):
        total = builder.add("add", builder.add("multiply", total, total), size)
    program = builder.finish((builder.add("square_root", total),))
    assert len(split_complex(program).nodes) > 40_000


def test_a_real_program_is_no_complex_one():
    with pytest.raises(ValueError, match="real numbers has no imaginary parts"):
        split_complex(lower((Z,), (Z,)))


def test_functions_without_a_formula_are_named():
    program = complex_program(sympy.gamma(Z) + sympy.loggamma(sympy.Abs(W)))
    with pytest.raises(UnsupportedNodeError, match="gamma, loggamma for complex numbers"):
        split_complex(program)


def test_functions_of_real_numbers_take_numbers_that_are_real_by_construction():
    for name in sorted(OF_REALS & set(FUNCTIONS)):
        builder = ProgramBuilder(1, complex_valued=True)
        size = builder.add("call", builder.add("argument", value=0), value="absolute")
        program = builder.finish((builder.add("call", size, value=name),))
        assert operations(split_complex(program)) == {"hypot": 1, name: 1}


# --------------------------------------------------------------------------- random programs

LEAVES = st.sampled_from([Z, W, sympy.I, sympy.Integer(2), sympy.Rational(-3, 4), sympy.sqrt(2)])
UNARY = st.sampled_from(
    [
        sympy.exp, sympy.sin, sympy.cosh, sympy.tanh, sympy.atan, sympy.asinh, sympy.conjugate, sympy.Abs,
        sympy.re, sympy.im, lambda a: a**2, lambda a: a**3, lambda a: sympy.I * a, lambda a: -a, lambda a: 1 - a,
        lambda a: sympy.log(3 + a), lambda a: sympy.sqrt(5 + a), lambda a: sympy.acos(a / 9),
        lambda a: (4 + a) ** sympy.Rational(2, 3), lambda a: 1 / (7 + a),
    ]
)  # fmt: skip
BINARY = st.sampled_from(
    [
        lambda a, b: a + b,
        lambda a, b: a - b,
        lambda a, b: a * b,
        lambda a, b: a / (6 + b),
        lambda a, b: (5 + a) ** (b / 4),
        lambda a, b: sympy.Piecewise((a, sympy.re(a) < sympy.re(b)), (a * b, True)),
    ]
)
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda children: st.one_of(
        st.builds(lambda f, a: f(a), UNARY, children),
        st.builds(lambda f, a, b: f(a, b), BINARY, children, children),
    ),
    max_leaves=5,
)
COORDINATES = st.integers(-1500, 1500).map(lambda n: sympy.Rational(2 * n + 1, 1999))
NUMBER = st.tuples(COORDINATES, COORDINATES)


@settings(max_examples=120, deadline=None)
@given(EXPRESSIONS, NUMBER, NUMBER)
def test_random_programs_mean_the_same(expression, first, second):
    if expression.has(sympy.zoo, sympy.nan):
        return
    program = complex_program(expression)
    assert_same_meaning(program, [first, second])
    real, _ = optimise(split_complex(program))
    parts = [*first, *second]
    plain, simplified = (interpret(p, parts, DIGITS) for p in (split_complex(program), real))
    for left, right in zip(plain, simplified, strict=True):
        assert (
            left == right or mpmath.isnan(left) or abs(left - right) <= TOLERANCE * (1 + abs(left))
        )


@pytest.mark.parametrize(
    "expression", [Z**W, sympy.log(Z) * sympy.sin(W), sympy.sqrt(1 + Z**2), sympy.atan(Z / W)]
)
def test_derivatives_are_split_like_values(expression):
    program, _ = optimise(differentiate(lower((Z, W), (expression,), complex_valued=True), (0,)))
    for number in NUMBERS:
        assert_same_meaning(program, [number, SECOND[1]])
