"""Fields, their extensions, and what is built on them: polynomials, Puiseux and Taylor series."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.dense_polynomials import (
    DensePolynomial,
    greatest_common_divisor,
    shifted_argument,
)
from symnum.algebra.extensions import SimpleExtension, adjoin_root
from symnum.algebra.field_algebra import FieldAlgebra, generators_at
from symnum.algebra.fields import FunctionField, Rationals, field_with
from symnum.algebra.harmonics import FieldRing, HarmonicAlgebra, Harmonics, RationalRing
from symnum.algebra.jets import JetProgram
from symnum.algebra.puiseux import newton_polygon, puiseux_classes
from symnum.algebra.secular import Secular
from symnum.algebra.taylor import TaylorAlgebra

Q = Rationals()
p, q, tau, x, y = sympy.symbols("p q tau x y")
small = st.integers(min_value=-4, max_value=4)


@settings(max_examples=15)
@given(st.lists(small, min_size=3, max_size=3), st.lists(small, min_size=3, max_size=3))
def test_an_extension_calculates_like_its_numbers(left: list[int], right: list[int]) -> None:
    field = SimpleExtension(Q, Q.polynomial([-2, -1, 0, 1]))  # theta**3 = theta + 2
    theta = field.generator

    def element(c: list[int]) -> object:
        return field.element(c[0]) + theta * c[1] + theta * theta * c[2]

    a, b = element(left), element(right)
    assert (a + b) * (a - b) == a * a - b * b
    assert a * b == b * a
    if b != 0:
        assert (a / b) * b == a
    value = 1.5213797068045676
    number = complex(field.expression(a * b, 0).subs(field.conjugates[0], value))
    direct = (left[0] + left[1] * value + left[2] * value**2) * (
        right[0] + right[1] * value + right[2] * value**2
    )
    assert abs(number - direct) < 1e-9 * (1 + abs(direct))


def test_division_by_zero_is_an_error() -> None:
    field = SimpleExtension(Q, Q.polynomial([1, 0, 1]))
    with pytest.raises(ZeroDivisionError):
        _ = field.generator / field.element(0)
    with pytest.raises(ZeroDivisionError):
        _ = field_with([p]).element(1) / field_with([p]).element(0)


@pytest.mark.parametrize(
    ("modulus", "polynomial", "degrees"),
    [
        ([-2, 0, 1], [-2, 0, 0, 0, 1], [2, 2]),
        ([1, 0, 1], [1, 0, 0, 0, 1], [2, 2]),
        ([-2, 0, 1], [-3, 0, 1], [2]),
        ([1, 1, 1], [-1, 0, 0, 1], [1, 1, 1]),
        ([-2, 0, 0, 1], [-2, 0, 0, 1], [1, 2]),
        ([-2, 0, 1], [4, 0, -4, 0, 1], [1, 1]),
    ],
)
def test_polynomials_split_over_extensions(
    modulus: list[int], polynomial: list[int], degrees: list[int]
) -> None:
    field = SimpleExtension(Q, Q.polynomial(modulus))
    whole = field.polynomial([field.element(c) for c in polynomial])
    factors = field.factors(whole)
    assert sorted(f.degree() for f, _ in factors) == degrees
    product = field.polynomial([field.element(1)])
    for factor, power in factors:
        for _ in range(power):
            product = product * factor
    assert product == whole


def test_a_root_over_an_extension_is_one() -> None:
    field = SimpleExtension(Q, Q.polynomial([-2, 0, 1]))
    factor = field.polynomial(
        [-field.generator, field.element(1), field.element(0), field.element(1)]
    )
    larger, embed, root = adjoin_root(field, factor)
    assert larger.conjugate_count == 6
    assert root * root * root + root - embed(field.generator) == 0
    assert embed(field.generator) * embed(field.generator) == 2


def test_rational_functions_are_reduced() -> None:
    field = FunctionField([p, q])
    one = field.constant((p**2 - q**2) / (p - q))
    assert one == field.constant(p + q)
    assert field.expression(1 / one + 1) == (p + q + 1) / (p + q)
    with pytest.raises(NoJetError, match="sin"):
        field.constant(sympy.sin(p))


def test_polynomials_divide_and_shift() -> None:
    field = FunctionField([p])
    square = DensePolynomial(field, [field.constant(p**2), field.constant(2 * p), field.element(1)])
    line = DensePolynomial(field, [field.constant(p), field.element(1)])
    quotient, rest = divmod(square, line)
    assert quotient == line
    assert rest == 0
    assert greatest_common_divisor(square, line * field.constant(p)) == line
    assert shifted_argument([flint.fmpq(c) for c in (1, 2, 3)], flint.fmpq(2)) == [17, 14, 3]


def test_newton_polygon_has_its_edges() -> None:
    rows = [Q.polynomial([0, 0, 1]), Q.polynomial([0, 1]), Q.polynomial([1]), Q.polynomial([0, 1])]
    edges = newton_polygon(rows)
    assert [edge for edge, _ in edges] == [1, -1]
    assert edges[0][1] == [(0, 2), (1, 1), (2, 0)]
    classes = puiseux_classes(Q, rows)
    assert sum(c.field.conjugate_count for c in classes) == 3
    assert {c.leading_exponent for c in classes} == {Fraction(1), Fraction(-1)}


def wave(coefficients: list[int], sines: list[int]) -> Harmonics:
    ring = RationalRing()
    even = Harmonics.from_powers(ring, [flint.fmpq(c) for c in coefficients])
    sine = Harmonics.from_powers(ring, [flint.fmpq(c) for c in sines])
    return Harmonics(ring, even.even, even.odd, sine)


lists = st.lists(small, min_size=1, max_size=4)


@settings(max_examples=10)
@given(lists, lists, lists, lists)
def test_products_and_derivatives_with_sines(
    a: list[int], b: list[int], c: list[int], d: list[int]
) -> None:
    left, right = wave(a, b), wave(c, d)
    at = sympy.Rational(3, 7)

    def value(expr: sympy.Expr) -> float:
        return float(expr.subs(tau, at))

    direct = value(left.expression(tau)) * value(right.expression(tau))
    assert value((left * right).expression(tau)) == pytest.approx(direct, abs=1e-9)
    slope = value(sympy.diff(left.expression(tau), tau))
    assert value(left.derivative().expression(tau)) == pytest.approx(slope, abs=1e-9)
    assert left.second_derivative() == left.derivative().derivative()


@settings(max_examples=10)
@given(lists, lists)
def test_both_conditions_of_resonance(a: list[int], b: list[int]) -> None:
    side = wave(a, b)
    solution, cosine, sine = side.solve_resonance()
    unit = HarmonicAlgebra(RationalRing()).cosine
    whole = side + unit.times(cosine) - unit.derivative().times(sine)
    assert solution.second_derivative() + solution == whole
    assert solution.at_start() == 0
    assert solution.derivative().at_start() == 0


@settings(max_examples=8)
@given(lists, lists, lists)
def test_secular_responses(a: list[int], b: list[int], c: list[int]) -> None:
    side = Secular((wave(a, b), wave(c, a)))
    solution = side.response(HarmonicAlgebra(RationalRing()).cosine)
    assert (solution.derivative().derivative() + solution - side).is_zero()
    assert solution.expression(tau).subs(tau, 0) == 0
    assert sympy.expand(solution.derivative().expression(tau)).subs(tau, 0) == 0


def test_harmonics_over_a_field() -> None:
    field = SimpleExtension(Q, Q.polynomial([-3, 0, 1]))
    algebra = HarmonicAlgebra(FieldRing(field, 1))
    root = algebra.cosine.times(field.generator)
    cube = (root * root * root).expression(tau)
    assert sympy.simplify(cube - 3 * sympy.sqrt(3) * sympy.cos(tau) ** 3) == 0


def test_taylor_series_of_a_composition() -> None:
    expr = sympy.exp(x * y) * sympy.sin(x) / (1 + x + y)
    _, numbers = generators_at(expr, {x: sympy.S.Zero}, y)
    algebra = TaylorAlgebra(numbers, 5)
    program: JetProgram[object] = JetProgram(algebra)
    one = numbers.field.element(1)
    program.declare(x, [algebra.series([numbers.zero, one])])
    program.declare(y, [algebra.zero, algebra.series([one])])
    jet = program.compile(expr)
    for j in range(3):
        row = sympy.diff(expr, y, j).subs(y, 0) / sympy.factorial(j)
        series = sympy.series(row, x, 0, 5).removeO()
        found = [numbers.expression(c) for c in jet.coefficient(j).polynomial.coeffs()]
        assert found == [series.coeff(x, k) for k in range(len(found))]


def test_values_of_functions_become_generators() -> None:
    field, algebra = generators_at(sympy.sin(x) * p, {x: sympy.S.One}, y)
    assert isinstance(algebra, FieldAlgebra)
    assert len(field.parameters) == 3  # p, sin(1), cos(1)
    element = algebra.constant(p * sympy.sin(1) ** 2)
    assert algebra.expression(element) == p * sympy.sin(1) ** 2
