"""What texts mean: exact numbers, names, functions, and the way back from SymPy's own text."""

from __future__ import annotations

import contextlib
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import E, I, Integer, Rational, Symbol, oo, pi

from symnum.errors import ParseError
from symnum.expressions import as_expression, as_symbol, parse, parse_expression
from symnum.expressions.functions import FUNCTIONS
from symnum.expressions.parsing import parse_condition

x, y, z, n = sympy.symbols("x y z n")

MEANINGS = {
    "1/5": Rational(1, 5),
    "0.1": Rational(1, 10),
    "1.25e-3": Rational(1, 800),
    ".5": Rational(1, 2),
    "2.": Integer(2),
    "1e30": Integer(10) ** 30,
    "123456789012345678901234567890": Integer(123456789012345678901234567890),
    "2**0.5": sympy.sqrt(2),
    "-x**2": -(x**2),
    "2**-x": 2 ** (-x),
    "x**y**z": x ** (y**z),
    "--x": x,
    "x - -y": x + y,
    "x/y/z": x / (y * z),
    "x/(y*z)": x / (y * z),
    "x/-y": -x / y,
    "x - y - z": x - y - z,
    "E**x": sympy.exp(x),
    "E*I*pi": E * I * pi,
    "oo": oo,
    "x\n + y": x + y,
    "ln(x)": sympy.log(x),
    "log(x, 2)": sympy.log(x) / sympy.log(2),
    "log10(x)": sympy.log(x) / sympy.log(10),
    "log1p(x)": sympy.log(x + 1),
    "expm1(x)": sympy.exp(x) - 1,
    "hypot(x, y)": sympy.sqrt(x**2 + y**2),
    "abs(x)": sympy.Abs(x),
    "arctan2(y, x)": sympy.atan2(y, x),
    "pow(x, 3)": x**3,
    "cbrt(x)": x ** Rational(1, 3),
    "root(x, 4)": x ** Rational(1, 4),
    "real_root(x, 3)": sympy.sign(x) * sympy.Abs(x) ** Rational(1, 3),
    "real_root(-8, 3)": Integer(-2),
    "x**Rational(1,3)": x ** Rational(1, 3),
    "Mod(x, 2)": sympy.Mod(x, 2),
    "digamma(x)": sympy.digamma(x),
    "sinc(x)": sympy.sinc(x),
    "factorial(5)": Integer(120),
    "binomial(n, 2)": sympy.binomial(n, 2),
    "hyper((1, 2), (3,), x)": sympy.hyper([1, 2], [3], x),
    "Piecewise((x, x > 0), (0, True))": sympy.Piecewise((x, x > 0), (0, True)),
    "Piecewise((x, 0 < x < 1), (0, x == 2), (1, x != 3))": sympy.Piecewise(
        (x, (x > 0) & (x < 1)), (0, sympy.Eq(x, 2)), (1, sympy.Ne(x, 3))
    ),
    "Piecewise((x, Or(x < 1, Not(x < 2))), (0, True))": sympy.Piecewise(
        (x, (x < 1) | (x >= 2)), (0, True)
    ),
}


@pytest.mark.parametrize("text", MEANINGS, ids=str)
def test_meaning(text: str) -> None:
    assert parse(text) == MEANINGS[text]


# Names that Python or SymPy give another meaning are plain symbols here.
@pytest.mark.parametrize(
    "name",
    [
        *(
            "lambda",
            "if",
            "else",
            "import",
            "None",
            "True",
            "self",
            "np",
            "f",
            "e",
            "j",
            "x0",
            "_x",
        ),
        *("S", "N", "O", "Q", "E1", "beta", "gamma", "zeta", "sin", "nan", "inf", "zoo"),
        *("λ", "α_1", "π", "Δx", "é"),
    ],
)
def test_bare_names_are_plain_symbols(name: str) -> None:
    assert parse(name) == Symbol(name)
    assert parse(f"2*{name} + 1") == 2 * Symbol(name) + 1


def test_a_function_and_a_symbol_may_share_a_name() -> None:
    assert parse("gamma*gamma(x)") == Symbol("gamma") * sympy.gamma(x)


@pytest.mark.parametrize("name", ["E", "I", "pi", "oo"])
def test_declared_names_win_over_constants(name: str) -> None:
    assert parse(name).is_number
    assert parse_expression(name, {name: Symbol(name)}) == Symbol(name)


def test_assumptions_reach_every_symbol() -> None:
    assert parse("sqrt(x**2)", positive=True) == Symbol("x", positive=True)
    assert parse("sqrt(x**2)") == sympy.sqrt(x**2)


@pytest.mark.parametrize(
    ("assumptions", "words"),
    [
        ({"postive": True}, "did you mean positive"),
        ({"commutative": False}, "none that SymPy knows"),
        ({"real": 1}, "expected True or False"),
        ({"positive": True, "negative": True}, "assumptions"),
    ],
)
def test_assumptions_that_are_none(assumptions: dict[str, bool], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse("x", **assumptions)


def test_functions_may_be_declared() -> None:
    sigma = sympy.Function("sigma")
    assert parse_expression("sigma(x)**2", functions={"sigma": sigma}) == sigma(x) ** 2
    with pytest.raises(ParseError, match="did you mean sigma"):
        parse_expression("sigm(x)", functions={"sigma": sigma})


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_known_function_can_be_called(name: str) -> None:
    known = FUNCTIONS[name]
    for count in range(known.fewest, min(known.most, 4) + 1):
        args = {"Rational": ["2", "3"], "DiracDelta": ["x", "2"]}.get(name, ["x", "y", "z", "n"])
        value = parse(f"{name}({', '.join(args[:count])})")
        assert isinstance(value, sympy.Expr)
    with pytest.raises(ParseError, match=r"takes .* argument"):
        parse(f"{name}({', '.join(['x'] * (known.most + 1))})")


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
@pytest.mark.parametrize("argument", ["fresnels(10)", "(x + I*y)**99"])
def test_functions_of_what_is_slow_to_evaluate(name: str, argument: str) -> None:
    """SymPy would search long for the value or the real part of such an argument."""
    start = time.process_time()
    with contextlib.suppress(ParseError):
        value = parse(f"{name}({', '.join([argument] * FUNCTIONS[name].fewest)})")
        assert isinstance(value, sympy.Expr)
    assert time.process_time() - start < 2.0


ROUND_TRIPS = [
    "3*(x + 1)*(y + 2)",
    "-(x + 1)*(y + 2)",
    "1/(2*(x + 1))",
    "x/(2*(x + 1)*(y - 1)**2)",
    "sqrt(2)*exp(-x**2/2)/(2*sqrt(pi))",
    "2*(-1)**(1/3)*x",
    "x**(1/3) - x**(-7/2)",
    "exp(-x/2)*erfc(-sqrt(2)*x/2)/2",
    "log(exp(x) + 1) - log(1 + exp(-x))",
    "Piecewise((x, (x > 0) & (x < 1)), (0, Eq(x, 2)), (1, True))",
    "Max(0, x, y) - Min(1, x)",
    "Abs(x)*sign(x) + floor(x) - ceiling(y) + frac(x)",
    "Heaviside(x)*DiracDelta(x - 1)",
    "gamma(x)*polygamma(0, x)*loggamma(x) - beta(x, y)*zeta(x, y)",
    "besselj(0, x) + bessely(n, x)*besseli(1, x)/besselk(n, x)",
    "airyai(x)*airybiprime(x) + LambertW(x, -1)",
    "elliptic_k(x) + elliptic_e(x, y) + elliptic_f(x, y) + elliptic_pi(x, y)",
    "Ei(x) + Si(x) + Ci(x) + li(x) + expint(1, x) + polylog(2, x)",
    "erf(x) + erfi(x) + erfinv(x) + erf2(x, y)",
    "re(x) + im(x)*arg(y) - conjugate(x)",
    "Mod(x, 2)*atan2(y, x)*sinc(x)",
    "factorial(n) + binomial(n, 2) + RisingFactorial(x, n) + harmonic(n)",
    "2**(x + 1) - 3**(-y)",
    "x**y**2*(x*y)**z",
    "I*x + pi**2*E",
]


@pytest.mark.parametrize("text", ROUND_TRIPS)
def test_round_trip_of_printed_expressions(text: str) -> None:
    expr = parse(text)
    assert parse(str(expr)) == expr
    # The oracle is SymPy's own reader; these texts are known to be harmless.
    names = {str(symbol): symbol for symbol in expr.free_symbols}
    assert sympy.simplify(expr - sympy.sympify(text, locals=names)) == 0


@pytest.mark.parametrize(
    "expr",
    [
        sympy.diff(sympy.exp(-(x**2)) * sympy.erf(x), x, 4),
        sympy.series(sympy.sin(x) / x, x, 0, 12).removeO(),
        sympy.diff(sympy.log(1 + sympy.exp(x * y)), x, 2, y),
        sympy.apart(1 / (x**3 - 1), x),
        sympy.Matrix([[x, y], [y, z]]).det() / (x * z),
        sympy.solve(x**2 + y * x + z, x)[0],
        sympy.Piecewise((x**2, x < -1), (sympy.Abs(x), x <= 1), (1 / x, True)),
        sympy.diff(sympy.gamma(x) * sympy.besselj(2, x), x),
    ],
    ids=str,
)
def test_round_trip_of_computed_expressions(expr: sympy.Expr) -> None:
    assert parse(str(expr)) == expr


_LEAVES = st.sampled_from([x, y, z, pi, E]) | st.builds(
    Rational, st.integers(-20, 20), st.integers(1, 9)
)
_UNARY = [sympy.sin, sympy.exp, sympy.atan, sympy.Abs, sympy.erf, sympy.tanh, sympy.cosh]


def _extended(parts: st.SearchStrategy[sympy.Expr]) -> st.SearchStrategy[sympy.Expr]:
    return (
        st.builds(sympy.Add, parts, parts)
        | st.builds(sympy.Mul, parts, parts, parts)
        | st.builds(
            sympy.Pow, parts, st.sampled_from([Integer(2), Rational(-1, 2), Rational(2, 3)])
        )
        | st.builds(lambda function, part: function(part), st.sampled_from(_UNARY), parts)
    )


@given(st.recursive(_LEAVES, _extended, max_leaves=12))
def test_round_trip_law(expr: sympy.Expr) -> None:
    if expr.has(sympy.zoo, sympy.nan, I):
        return
    again = parse(str(expr))
    # Two factors are multiplied out where SymPy had kept them apart: equal, not identical.
    assert again == expr or sympy.expand(again - expr) == 0 or (again - expr).equals(0)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9))
def test_decimals_are_read_to_all_digits(number: Decimal) -> None:
    assert parse(str(number)) == Rational(*number.as_integer_ratio())


@given(st.text(max_size=30) | st.text("xy01.+-*/()' ,=<>&|~E", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    # Any other exception fails the test.
    with contextlib.suppress(ParseError):
        assert isinstance(parse(text), sympy.Expr)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("x < 1", x < 1),
        ("x*y >= 2", x * y >= 2),
        ("x = y", sympy.Eq(x, y)),
        ("x == y", sympy.Eq(x, y)),
        ("x != y", sympy.Ne(x, y)),
        ("(x > 0) & (y > 0)", (x > 0) & (y > 0)),
        ("0 < x < y", (x > 0) & (x < y)),
        ("1 < 2", sympy.true),
    ],
)
def test_conditions(text: str, condition: sympy.Basic) -> None:
    assert sympy.simplify(sympy.Equivalent(parse_condition(text), condition)) == sympy.true


@pytest.mark.parametrize("text", ["x", "x + 1", "sin(x)", "x < 1 & y < 1", "x = y = z"])
def test_conditions_that_are_none(text: str) -> None:
    with pytest.raises(ParseError):
        parse_condition(text)


EXPRESSIONS = [
    (x + 1, x + 1),
    ("x + 1/2", x + Rational(1, 2)),
    (3, Integer(3)),
    (0.1, Rational(0.1)),
    (Fraction(1, 3), Rational(1, 3)),
    (Decimal("0.1"), Rational(1, 10)),
    (np.float32(0.5), Rational(1, 2)),
    (np.int64(7), Integer(7)),
    (2 + 1j, 2 + I),
]


@pytest.mark.parametrize(("value", "expected"), EXPRESSIONS, ids=[repr(v) for v, _ in EXPRESSIONS])
def test_as_expression(value: object, expected: sympy.Expr) -> None:
    result = as_expression(value, "expr")
    assert result == expected
    assert not result.has(sympy.Float)


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (True, TypeError, "expr: expected an expression.* got bool"),
        (np.True_, TypeError, "expr: expected an expression"),
        (sympy.true, TypeError, "expr"),
        (None, TypeError, "got NoneType"),
        ([x], TypeError, "got list"),
        (sympy.Matrix([x]), TypeError, "expr"),
        (x < 1, TypeError, "StrictLessThan"),
        (float("nan"), ValueError, "expr: expected a finite number"),
        (float("inf"), ValueError, "expr: expected a finite number"),
        ("x +", ParseError, "^expr: a value is missing"),
    ],
    ids=repr,
)
def test_as_expression_refuses(value: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        as_expression(value, "expr")


def test_as_expression_knows_declared_names() -> None:
    declared = {"x": Symbol("x", positive=True)}
    assert as_expression("sqrt(x**2)", "expr", declared) == declared["x"]


def test_as_symbol() -> None:
    hostile = Symbol("x); import os")
    assert as_symbol("x", "unknown") == x
    assert as_symbol(" lambda ", "unknown") == Symbol("lambda")
    assert as_symbol(hostile, "unknown") is hostile
    dummy = sympy.Dummy("x")
    assert as_symbol(dummy, "unknown") is dummy


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("", ValueError),
        ("x y", ValueError),
        ("2x", ValueError),
        ("__class__", ValueError),
        ("x); import os", ValueError),
        ("ｘ", ValueError),
        ("x\n", None),
        (1, TypeError),
        (x + 1, TypeError),
        (None, TypeError),
        (Symbol("A", commutative=False), ValueError),
    ],
    ids=repr,
)
def test_as_symbol_refuses(value: object, error: type[Exception] | None) -> None:
    if error is None:
        assert as_symbol(value, "unknown") == x
        return
    with pytest.raises(error, match="unknown: expected"):
        as_symbol(value, "unknown")
