"""Truncated power series in a second variable, as coefficients of a series in the first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import flint
import sympy

from symnum.algebra.coefficients import Algebra
from symnum.algebra.field_algebra import FieldAlgebra
from symnum.algebra.jets import JetProgram

__all__ = ["TaylorAlgebra", "Truncated"]

_Z, _V = sympy.Dummy("z"), sympy.Dummy("v")


@final
class Truncated:
    """A power series in y without the powers from a length on.

    Parameters
    ----------
    polynomial : polynomial over a field
    length : int
    """

    __slots__ = ("length", "polynomial")

    def __init__(self, polynomial: Any, length: int) -> None:
        self.polynomial, self.length = polynomial, length

    def __add__(self, other: Truncated) -> Truncated:
        return Truncated(self.polynomial + other.polynomial, self.length)

    def __sub__(self, other: Truncated) -> Truncated:
        return Truncated(self.polynomial - other.polynomial, self.length)

    def __mul__(self, other: Truncated) -> Truncated:
        product = self.polynomial.mul_low(other.polynomial, self.length)
        return Truncated(product, self.length)


@final
class TaylorAlgebra(Algebra[Truncated]):
    """Power series in y over a field, of a fixed length.

    Parameters
    ----------
    numbers : FieldAlgebra
        Of their coefficients; it knows the values of functions at y = 0.
    length : int
        The number of coefficients.
    """

    def __init__(self, numbers: FieldAlgebra, length: int) -> None:
        self.numbers, self.length = numbers, length

    def series(self, coefficients: Sequence[Any]) -> Truncated:
        """Return the series with these coefficients."""
        polynomial = self.numbers.field.polynomial(list(coefficients[: self.length]))
        return Truncated(polynomial, self.length)

    @property
    def zero(self) -> Truncated:
        """The series 0."""
        return self.series([])

    def constant(self, value: sympy.Expr) -> Truncated:
        """Return a constant."""
        return self.series([self.numbers.constant(value)])

    def scale(self, x: Truncated, numerator: int, denominator: int = 1) -> Truncated:
        """Return ``x * numerator / denominator``."""
        return Truncated(x.polynomial * flint.fmpq(numerator, denominator), self.length)

    def divide(self, x: Truncated, y: Truncated) -> Truncated:
        """Return the quotient; `NoJetError` where it has a pole."""
        return self._inner(_Z / _V, {_Z: x, _V: y})

    def apply(self, function: type[sympy.Function], x: Truncated) -> Truncated:
        """Return the function of the series."""
        return self._inner(function(_Z), {_Z: x})

    def power(self, x: Truncated, exponent: sympy.Expr) -> Truncated:
        """Return the power of the series."""
        return self._inner(_Z**exponent, {_Z: x})

    def is_zero(self, x: Truncated) -> bool:
        """Tell whether the series vanishes as far as it is known."""
        return bool(x.polynomial == 0)

    def _inner(self, expr: sympy.Expr, values: dict[sympy.Symbol, Truncated]) -> Truncated:
        program: JetProgram[Any] = JetProgram(self.numbers)
        for symbol, value in values.items():
            program.declare(symbol, value.polynomial.coeffs() or [self.numbers.zero])
        jet = program.compile(expr)
        return self.series([jet.coefficient(k) for k in range(self.length)])
