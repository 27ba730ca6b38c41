"""Exact harmonics: products, derivatives and the oscillator, against SymPy's trigonometry."""

from __future__ import annotations

from fractions import Fraction

import flint
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.harmonics import (
    CosineRing,
    HarmonicAlgebra,
    Harmonics,
    ParameterRing,
    RationalRing,
)

tau, A, b = sympy.symbols("tau A b")
RINGS: dict[str, CosineRing] = {"rational": RationalRing(), "parameters": ParameterRing([A, b])}
numbers = st.fractions(min_value=-4, max_value=4, max_denominator=9)
series = st.lists(numbers, max_size=7)


def harmonics(ring: CosineRing, values: list[Fraction]) -> Harmonics:
    return Harmonics.from_powers(
        ring, [ring.scalar(sympy.Rational(v.numerator, v.denominator)) for v in values]
    )


def in_cosine(expr: sympy.Expr) -> sympy.Expr:
    """Return a cosine sum as a polynomial in cos(tau), by Chebyshev's polynomials."""
    c = sympy.Symbol("c")
    return sympy.expand(
        expr.replace(
            sympy.cos, lambda arg: sympy.chebyshevt(sympy.Integer(sympy.cancel(arg / tau)), c)
        )
    )


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS.keys())
@settings(max_examples=12)
@given(x=series, y=series)
def test_product_is_the_product_of_functions(
    ring: CosineRing, x: list[Fraction], y: list[Fraction]
) -> None:
    left, right = harmonics(ring, x), harmonics(ring, y)
    expected = sympy.expand(in_cosine(left.expression(tau)) * in_cosine(right.expression(tau)))
    assert in_cosine((left * right).expression(tau)) == expected


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS.keys())
@settings(max_examples=12)
@given(x=series)
def test_oscillator_is_solved_up_to_its_condition(ring: CosineRing, x: list[Fraction]) -> None:
    side = harmonics(ring, x)
    solution, condition = side.solve_oscillator()
    cosine = HarmonicAlgebra(ring).cosine.times(condition)
    assert solution.second_derivative() + solution == side + cosine
    assert ring.expression(solution.at_start()) == 0
    resonant = side.cosine_coefficients().get(1, ring.scalar(sympy.S.Zero))
    assert ring.expression(condition + resonant) == 0


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS.keys())
@settings(max_examples=12)
@given(x=series)
def test_second_derivative_is_that_of_the_cosine_sum(ring: CosineRing, x: list[Fraction]) -> None:
    motion = harmonics(ring, x)
    expected = sympy.expand(sympy.diff(motion.expression(tau), tau, 2))
    assert sympy.expand(motion.second_derivative().expression(tau)) == expected


def test_powers_are_listed_with_their_parity() -> None:
    ring = RationalRing()
    motion = Harmonics.from_powers(ring, [flint.fmpq(k) for k in (1, 0, 3, 4)])
    assert motion.powers() == [1, 0, 3, 4]
    assert motion.at_start() == 8
    assert motion != -motion
    assert (motion - motion).is_zero()


def test_parameters_stay_symbols() -> None:
    ring = ParameterRing([A, b])
    algebra = HarmonicAlgebra(ring)
    cube = algebra.cosine.times(ring.scalar(A + b))
    cube = cube * cube * cube
    assert sympy.expand(cube.expression(tau)) == sympy.expand(
        (A + b) ** 3 * (3 * sympy.cos(tau) + sympy.cos(3 * tau)) / 4
    )
    value = ring.scalar(A**2 * b - A * b / 3)
    assert ring.parts(value) == {(2, 1): flint.fmpq(1), (1, 1): flint.fmpq(-1, 3)}
    assert ring.expression(ring.quotient(value, ring.scalar(A * b))) == A - sympy.Rational(1, 3)
    with pytest.raises(NoJetError, match="does not divide"):
        ring.quotient(value, ring.scalar(A + b))


def test_a_parameter_may_have_any_name() -> None:
    y = sympy.Symbol("y")
    ring = ParameterRing([y])
    motion = HarmonicAlgebra(ring).cosine.times(ring.scalar(y))
    assert (motion * motion).expression(tau) == y**2 / 2 + y**2 * sympy.cos(2 * tau) / 2


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda a: a.apply(sympy.sin, a.cosine), "sin has no power series"),
        (lambda a: a.divide(a.cosine, a.cosine), "a quotient has no power series"),
        (lambda a: a.power(a.cosine, sympy.Rational(1, 2)), "the power 1/2 has no"),
        (lambda a: a.constant(sympy.pi), "pi has no power series"),
    ],
    ids=["function", "quotient", "power", "irrational"],
)
@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS.keys())
def test_what_is_no_polynomial_in_the_cosine_is_refused(
    ring: CosineRing, attempt: object, message: str
) -> None:
    with pytest.raises(NoJetError, match=message):
        attempt(HarmonicAlgebra(ring))  # type: ignore[operator]


@pytest.mark.parametrize("ring", RINGS.values(), ids=RINGS.keys())
def test_constants_have_values_of_functions(ring: CosineRing) -> None:
    algebra = HarmonicAlgebra(ring)
    one = algebra.constant(sympy.S.One)
    assert algebra.apply(sympy.exp, algebra.zero) == one
    assert algebra.power(algebra.constant(sympy.Integer(9)), sympy.Rational(-1, 2)) == one.times(
        flint.fmpq(1, 3)
    )
