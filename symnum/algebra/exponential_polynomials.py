"""Sums of ``x**k E**n`` with rational coefficients, ``E = exp(-rate x)``.

A sum is one polynomial in x, with a high power of x in the place of E (Kronecker's substitution):
a product is then one product of polynomials.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import flint
import sympy

from symnum.algebra.coefficients import Algebra, NoJetError
from symnum.algebra.power_series import NumberAlgebra

__all__ = ["ExponentialAlgebra", "ExponentialPolynomial"]

LEAST_STRIDE = 32


@final
class ExponentialPolynomial:
    """A sum of ``x**k E**n``.

    Parameters
    ----------
    rows : sequence of fmpq_poly
        The coefficient of ``E**n``, a polynomial in x, for n = 0, 1, ...

    Examples
    --------
    >>> import flint
    >>> x, one = flint.fmpq_poly([0, 1]), flint.fmpq_poly([1])
    >>> f = ExponentialPolynomial([x, one])
    >>> [str(row) for row in (f * f).rows()]
    ['x^2', '2*x', '1']
    """

    __slots__ = ("_degree", "_packed", "_stride")

    def __init__(self, rows: Sequence[flint.fmpq_poly]) -> None:
        self._degree = max((row.degree() for row in rows), default=0)
        self._degree = max(self._degree, 0)
        self._stride = _stride(self._degree)
        self._packed = _pack(rows, self._stride)

    @classmethod
    def _of(cls, packed: flint.fmpq_poly, stride: int, degree: int) -> ExponentialPolynomial:
        made = cls.__new__(cls)
        made._packed, made._stride, made._degree = packed, stride, degree
        return made

    def rows(self) -> list[flint.fmpq_poly]:
        """Return the coefficients of the powers of E."""
        coefficients, stride = self._packed.coeffs(), self._stride
        return [
            flint.fmpq_poly(coefficients[start : start + stride])
            for start in range(0, len(coefficients), stride)
        ]

    def derivative(self, rate: flint.fmpq) -> ExponentialPolynomial:
        """Return the derivative with respect to x, of which E depends."""
        rows = self.rows()
        return ExponentialPolynomial(
            [row.derivative() - n * rate * row for n, row in enumerate(rows)]
        )

    def __add__(self, other: ExponentialPolynomial) -> ExponentialPolynomial:
        left, right = _alike(self, other, max(self._degree, other._degree))
        return self._of(
            left._packed + right._packed, left._stride, max(left._degree, right._degree)
        )

    def __sub__(self, other: ExponentialPolynomial) -> ExponentialPolynomial:
        left, right = _alike(self, other, max(self._degree, other._degree))
        return self._of(
            left._packed - right._packed, left._stride, max(left._degree, right._degree)
        )

    def __mul__(self, other: ExponentialPolynomial) -> ExponentialPolynomial:
        degree = self._degree + other._degree
        left, right = _alike(self, other, degree)
        return self._of(left._packed * right._packed, left._stride, degree)

    def times(self, factor: flint.fmpq) -> ExponentialPolynomial:
        """Return the multiple by a number."""
        return self._of(self._packed * factor, self._stride, self._degree)

    def __bool__(self) -> bool:
        return bool(self._packed)

    def _with_stride(self, stride: int) -> ExponentialPolynomial:
        if stride == self._stride:
            return self
        return self._of(_pack(self.rows(), stride), stride, self._degree)


def _stride(degree: int) -> int:
    """Return a power of two above the degree."""
    return max(LEAST_STRIDE, 1 << degree.bit_length())


def _pack(rows: Sequence[flint.fmpq_poly], stride: int) -> flint.fmpq_poly:
    coefficients: list[flint.fmpq] = []
    for n, row in enumerate(rows):
        coefficients.extend([flint.fmpq(0)] * (n * stride - len(coefficients)))
        coefficients.extend(row.coeffs())
    return flint.fmpq_poly(coefficients)


def _alike(
    left: ExponentialPolynomial, right: ExponentialPolynomial, degree: int
) -> tuple[ExponentialPolynomial, ExponentialPolynomial]:
    """Return both with a stride that has room for a degree in x."""
    # A degree is only bounded here: what cancels is seen when the sum is packed anew.
    stride = max(left._stride, right._stride, _stride(degree))
    return left._with_stride(stride), right._with_stride(stride)


@final
class ExponentialAlgebra(Algebra[ExponentialPolynomial]):
    """Sums of ``x**k E**n`` as coefficients of series; functions only of constants.

    Parameters
    ----------
    numbers : NumberAlgebra
    """

    def __init__(self, numbers: NumberAlgebra) -> None:
        self.numbers = numbers

    @property
    def zero(self) -> ExponentialPolynomial:
        """The empty sum."""
        return ExponentialPolynomial([])

    def constant(self, value: sympy.Expr) -> ExponentialPolynomial:
        """Return a constant."""
        return self._number(self.numbers.constant(value))

    def scale(
        self, x: ExponentialPolynomial, numerator: int, denominator: int = 1
    ) -> ExponentialPolynomial:
        """Return ``x * numerator / denominator``."""
        return x.times(flint.fmpq(numerator, denominator))

    def divide(self, x: ExponentialPolynomial, y: ExponentialPolynomial) -> ExponentialPolynomial:
        """Return the quotient by a constant."""
        return x.times(1 / self._value(y, "a quotient"))

    def apply(
        self, function: type[sympy.Function], x: ExponentialPolynomial
    ) -> ExponentialPolynomial:
        """Return a function of a constant."""
        return self._number(self.numbers.apply(function, self._value(x, function.__name__)))

    def power(self, x: ExponentialPolynomial, exponent: sympy.Expr) -> ExponentialPolynomial:
        """Return a power of a constant."""
        value = self._value(x, f"the power {exponent}")
        return self._number(self.numbers.power(value, exponent))

    def is_zero(self, x: ExponentialPolynomial) -> bool:
        """Tell whether the sum is empty."""
        return not x

    def _number(self, value: flint.fmpq) -> ExponentialPolynomial:
        return ExponentialPolynomial([flint.fmpq_poly([value])])

    def _value(self, x: ExponentialPolynomial, name: str) -> flint.fmpq:
        rows = x.rows()
        if any(row for row in rows[1:]) or (rows and rows[0].degree() > 0):
            raise NoJetError(name, "of a sum of exponentials it is none")
        value = rows[0][0] if rows else flint.fmpq(0)
        if not value and name == "a quotient":
            raise NoJetError(name, "its denominator vanishes")
        return value
