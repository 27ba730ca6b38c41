"""Power series and sums of exponentials with rational coefficients."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.exponential_polynomials import ExponentialAlgebra, ExponentialPolynomial
from symnum.algebra.power_series import NumberAlgebra, PowerSeriesAlgebra, rational_number

x = sympy.Symbol("x")
Poly = flint.fmpq_poly


def algebra(degree: int | None = 6) -> PowerSeriesAlgebra:
    return PowerSeriesAlgebra(degree, NumberAlgebra())


@pytest.mark.parametrize(
    "expr",
    [sympy.exp(x), 1 / (1 - x), sympy.sqrt(1 + x), sympy.sin(x) * sympy.log(1 + x), x**3 - 2],
)
def test_expansions_are_those_of_sympy(expr: sympy.Expr) -> None:
    expected = sympy.series(expr, x, 0, 7).removeO()
    found = algebra().expand(expr, x)
    assert [sympy.Rational(int(found[k].p), int(found[k].q)) for k in range(7)] == [
        expected.coeff(x, k) for k in range(7)
    ]


def test_composition_and_quotient() -> None:
    ring = algebra()
    step = Poly([0, 1, 1])
    assert ring.apply(sympy.exp, step) == ring.expand(sympy.exp(x + x**2), x)
    assert ring.divide(Poly([1, 2]), Poly([1, -1])) == ring.expand((1 + 2 * x) / (1 - x), x)
    assert ring.power(Poly([4, 1]), sympy.Rational(1, 2)) == ring.expand(sympy.sqrt(4 + x), x)
    assert ring.numbers.is_exact
    ring.apply(sympy.exp, Poly([1, 1]))
    assert not ring.numbers.is_exact


def test_polynomials_have_no_functions() -> None:
    with pytest.raises(NoJetError, match="exp"):
        algebra(None).apply(sympy.exp, Poly([0, 1]))
    assert algebra(None).apply(sympy.exp, Poly([0])) == Poly([1])
    with pytest.raises(NoJetError, match="no polynomial"):
        algebra(None).expand(sympy.sin(x), x)
    with pytest.raises(NoJetError, match="vanishes"):
        algebra().divide(Poly([1]), Poly([0, 1]))


def test_irrational_numbers_are_rounded_to_320_bits() -> None:
    number, exact = rational_number(sympy.pi)
    assert not exact
    assert abs(
        Fraction(int(number.p), int(number.q)) - Fraction(str(sympy.pi.evalf(90)))
    ) < Fraction(1, 10**85)
    assert rational_number(sympy.Float(0.5)) == (flint.fmpq(1, 2), False)
    with pytest.raises(NoJetError, match="real"):
        rational_number(sympy.I)


rows = st.lists(st.lists(st.integers(-3, 3), max_size=4), max_size=4)


@settings(max_examples=40, deadline=None)
@given(rows, rows)
def test_exponential_polynomials_form_a_ring_with_derivation(
    a: list[list[int]], b: list[list[int]]
) -> None:
    rate = flint.fmpq(3, 2)
    f, g = (ExponentialPolynomial([Poly(row) for row in part]) for part in (a, b))
    product = (f * g).derivative(rate)
    rule = f.derivative(rate) * g + f * g.derivative(rate)
    assert not product - rule
    assert not (f + g) * (f - g) - (f * f - g * g)


def test_a_product_needs_room_for_its_powers_of_x() -> None:
    high = ExponentialPolynomial([Poly([0]), Poly([0] * 31 + [1])])
    square = (high * high).rows()
    assert square[2] == Poly([0] * 62 + [1])
    assert not square[1]


def test_functions_of_exponentials_are_refused() -> None:
    ring = ExponentialAlgebra(NumberAlgebra())
    decay = ExponentialPolynomial([Poly([0]), Poly([1])])
    with pytest.raises(NoJetError, match="sinh"):
        ring.apply(sympy.sinh, decay)
    with pytest.raises(NoJetError, match="quotient"):
        ring.divide(ring.constant(sympy.S.One), decay)
    assert ring.apply(sympy.exp, ring.zero).rows() == [Poly([1])]
