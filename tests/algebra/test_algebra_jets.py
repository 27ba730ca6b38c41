"""Power series by recurrence: against SymPy's own series, and as laws."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.algebra.coefficients import ExpressionAlgebra, NoJetError, RationalAlgebra
from symnum.algebra.harmonics import rational
from symnum.algebra.jets import FUNCTIONS, JetProgram, NotYetKnownError

q = sympy.Symbol("q")
ORDER = 9


def coefficients(expr: sympy.Expr, order: int = ORDER) -> list[sympy.Rational]:
    program = JetProgram(RationalAlgebra())
    program.declare(q, [flint.fmpq(0), flint.fmpq(1)])
    jet = program.compile(expr)
    return [rational(jet.coefficient(k)) for k in range(order)]


EXPRESSIONS = [
    "exp(q)*cos(q)",
    "sin(q)/q",
    "(1 - cos(q))/q**2",
    "q/(exp(q) - 1)",
    "sqrt(1 + q + q**2)",
    "(4 + q)**(1/2)",
    "(1 + q)**(-3/2)",
    "(1 + q)**(-3)",
    "(q + q**2)**5",
    "1/(1 - q - q**2)",
    "log(1 + q)/q",
    "exp(sin(q))",
    "tanh(q)**3/q**3",
    "tan(q)",
    "sec(q) - 1/cos(q)",
    "cosh(q)*sinh(q)",
    "asin(q)",
    "atan(2*q)",
    "asinh(q)",
    "atanh(q)",
    "LambertW(q)",
    "sech(q)",
    "(1 + q)**q",
    "3",
    "q**7/5",
]


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_series_is_that_of_sympy(text: str) -> None:
    expr = sympy.sympify(text, rational=True)
    expansion = sympy.series(expr, q, 0, ORDER).removeO()
    assert coefficients(expr) == [expansion.coeff(q, k) for k in range(ORDER)]


@pytest.mark.parametrize("function", sorted(FUNCTIONS, key=lambda f: f.__name__))
def test_each_function_of_the_table_satisfies_its_equation(
    function: type[sympy.Function],
) -> None:
    # About the point 1/2, with SymPy expressions as coefficients: k! times the coefficient is the
    # derivative that SymPy's own rules give.
    program = JetProgram(ExpressionAlgebra())
    program.declare(q, [sympy.Rational(1, 2), sympy.S.One])
    jet = program.compile(function(q))
    for order in range(4):
        derivative = sympy.diff(function(q), q, order).subs(q, sympy.Rational(1, 2))
        value = jet.coefficient(order) * sympy.factorial(order)
        assert abs(sympy.N(value - derivative, 40)) < 1e-30


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Abs(q)", "Abs"),
        ("sign(q)", "sign"),
        ("floor(q)", "floor"),
        ("besselj(0, q)", "besselj"),
        ("exp(1 + q)", "exp"),
        ("log(q)", "log"),
        ("sqrt(q)", "the power 1/2"),
        ("sqrt(2 + q)", "a power"),
        ("1/q", "a quotient"),
        ("sqrt(2)*q", "sqrt(2)"),
        ("q/(q - q)", "zoo"),
    ],
)
def test_what_has_no_series_is_refused_by_name(text: str, name: str) -> None:
    with pytest.raises(NoJetError, match="no power series") as caught:
        coefficients(sympy.sympify(text, rational=True) + q)
    assert caught.value.function in {name, "nan"}


def test_rough_functions_have_values_only() -> None:
    program = JetProgram(ExpressionAlgebra(), values_only=True)
    program.declare(q, [sympy.Integer(-3), sympy.S.One])
    jet = program.compile(sympy.Abs(q))
    assert jet.coefficient(0) == 3
    with pytest.raises(NoJetError, match="Abs"):
        jet.coefficient(1)


numbers = st.fractions(min_value=-3, max_value=3, max_denominator=7)
polynomials = st.lists(numbers, min_size=1, max_size=6)


def declared(*series: list[Fraction]) -> tuple[JetProgram[flint.fmpq], list[sympy.Symbol]]:
    program = JetProgram(RationalAlgebra())
    symbols = [sympy.Symbol(f"x{k}") for k in range(len(series))]
    for symbol, values in zip(symbols, series, strict=True):
        program.declare(symbol, [flint.fmpq(v.numerator, v.denominator) for v in values])
    return program, symbols


@settings(max_examples=15)
@given(polynomials, polynomials)
def test_a_quotient_times_its_denominator_is_the_numerator(
    x: list[Fraction], y: list[Fraction]
) -> None:
    y = [y[0] or Fraction(1), *y[1:]]
    program, (a, b) = declared(x, y)
    product = program.compile((a / b) * b)
    assert [product.coefficient(k) for k in range(8)] == [
        program.compile(a).coefficient(k) for k in range(8)
    ]


@settings(max_examples=15)
@given(polynomials)
def test_powers_and_functions_obey_their_laws(x: list[Fraction]) -> None:
    program, (a,) = declared([Fraction(0), *x])
    with sympy.evaluate(False):
        laws = [
            (sympy.sin(a) ** 2 + sympy.cos(a) ** 2, sympy.S.One),
            (sympy.sqrt(1 + a) ** 2, 1 + a),
            (sympy.exp(sympy.log(1 + a)), 1 + a),
            (a**5, a**2 * a**3),
            (sympy.tan(sympy.atan(a)), a),
        ]
    for left, right in laws:
        jets = [program.compile(side) for side in (left, right)]
        for k in range(6):
            assert jets[0].coefficient(k) == jets[1].coefficient(k)


def test_a_coefficient_that_is_not_fed_yet_is_named() -> None:
    program = JetProgram(RationalAlgebra())
    program.declare(q)
    program.feed(q, flint.fmpq(2))
    square = program.compile(q**2)
    assert square.coefficient(0) == 4
    with pytest.raises(NotYetKnownError, match="q is known below order 1, not at 1"):
        square.coefficient(1)
    program.feed(q, flint.fmpq(3))
    assert square.coefficient(1) == 12


def test_zeros_in_front_save_the_factors_behind() -> None:
    # eps*u**3 at order 1 needs u_0 only, because eps has no constant term.
    eps, u = sympy.symbols("eps u")
    program = JetProgram(RationalAlgebra())
    program.declare(eps, [flint.fmpq(0), flint.fmpq(1)])
    program.declare(u)
    program.feed(u, flint.fmpq(2))
    assert program.compile(u**3 * eps).coefficient(1) == 8


def test_retracting_forgets_a_provisional_coefficient() -> None:
    eps, u = sympy.symbols("eps u")
    program = JetProgram(RationalAlgebra())
    program.declare(eps, [flint.fmpq(0), flint.fmpq(1)])
    program.declare(u)
    jet = program.compile(sympy.sin(eps * u) / eps)
    program.feed(u, flint.fmpq(2))
    jet.coefficient(0)
    lengths = program.lengths()
    program.feed(u, flint.fmpq(0))
    assert jet.coefficient(1) == 0
    program.retract(lengths)
    program.withdraw(u)
    program.feed(u, flint.fmpq(5))
    assert jet.coefficient(1) == 5
    program.restart()
    program.feed(u, flint.fmpq(7))
    assert jet.coefficient(0) == 7
