"""Polynomials in one variable over any field, with the interface of FLINT's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from symnum.algebra.fields import Field

__all__ = ["DensePolynomial", "greatest_common_divisor", "shifted_argument"]


@final
class DensePolynomial:
    """A polynomial by the list of its coefficients, the constant one first.

    Parameters
    ----------
    field : Field
    coefficients : sequence of elements of the field
    """

    __slots__ = ("_coefficients", "field")

    def __init__(self, field: Field, coefficients: Sequence[Any]) -> None:
        kept = len(coefficients)
        while kept and coefficients[kept - 1] == 0:
            kept -= 1
        self.field = field
        self._coefficients = list(coefficients[:kept])

    def coeffs(self) -> list[Any]:
        """Return the coefficients, the constant one first."""
        return list(self._coefficients)

    def degree(self) -> int:
        """Return the degree, -1 of the zero polynomial."""
        return len(self._coefficients) - 1

    def leading_coefficient(self) -> Any:
        """Return the coefficient of the highest power."""
        return self._coefficients[-1]

    def monic(self) -> DensePolynomial:
        """Return the multiple with leading coefficient 1."""
        inverse = 1 / self.leading_coefficient()
        return DensePolynomial(self.field, [c * inverse for c in self._coefficients])

    def __getitem__(self, power: int) -> Any:
        if power < len(self._coefficients):
            return self._coefficients[power]
        return self.field.element(0)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, DensePolynomial):
            return self._coefficients == other._coefficients
        if other == 0:
            return not self._coefficients
        return len(self._coefficients) == 1 and bool(self._coefficients[0] == other)

    __hash__ = None  # type: ignore[assignment]

    def __neg__(self) -> DensePolynomial:
        return DensePolynomial(self.field, [-c for c in self._coefficients])

    def __add__(self, other: DensePolynomial) -> DensePolynomial:
        long, short = self._coefficients, other._coefficients
        if len(long) < len(short):
            long, short = short, long
        total = [x + y for x, y in zip(long, short, strict=False)]
        return DensePolynomial(self.field, total + long[len(short) :])

    def __sub__(self, other: DensePolynomial) -> DensePolynomial:
        return self + (-other)

    def __mul__(self, other: Any) -> DensePolynomial:
        if not isinstance(other, DensePolynomial):
            return DensePolynomial(self.field, [c * other for c in self._coefficients])
        if not (self._coefficients and other._coefficients):
            return DensePolynomial(self.field, [])
        product = self.field.convolve(self._coefficients, other._coefficients)
        return DensePolynomial(self.field, product)

    __rmul__ = __mul__

    def mul_low(self, other: DensePolynomial, length: int) -> DensePolynomial:
        """Return the product without the powers from `length` on."""
        return (self.truncate(length) * other.truncate(length)).truncate(length)

    def truncate(self, length: int) -> DensePolynomial:
        """Return the polynomial without the powers from `length` on."""
        return DensePolynomial(self.field, self._coefficients[:length])

    def left_shift(self, count: int) -> DensePolynomial:
        """Return the product with a power of the variable."""
        zeros = [self.field.element(0)] * count
        return DensePolynomial(self.field, zeros + self._coefficients)

    def __divmod__(self, other: DensePolynomial) -> tuple[DensePolynomial, DensePolynomial]:
        rest, divisor = self.coeffs(), other.coeffs()
        inverse = 1 / divisor[-1]
        quotient = [self.field.element(0)] * max(len(rest) - len(divisor) + 1, 0)
        for shift in range(len(quotient) - 1, -1, -1):
            factor = rest[shift + len(divisor) - 1] * inverse
            quotient[shift] = factor
            if factor != 0:
                for k, value in enumerate(divisor):
                    rest[shift + k] = rest[shift + k] - factor * value
        return DensePolynomial(self.field, quotient), DensePolynomial(self.field, rest)

    def xgcd(self, other: DensePolynomial) -> tuple[Any, Any, Any]:
        """Return g, s, t with ``g = s self + t other``, g monic."""
        one, zero = DensePolynomial(self.field, [self.field.element(1)]), self.__class__
        rows = [(self, one, zero(self.field, [])), (other, zero(self.field, []), one)]
        while rows[1][0].degree() >= 0:
            (a, s, t), (b, u, v) = rows
            quotient, rest = divmod(a, b)
            rows = [(b, u, v), (rest, s - quotient * u, t - quotient * v)]
        inverse = 1 / rows[0][0].leading_coefficient()
        g, s, t = (part * inverse for part in rows[0])
        return g, s, t


def greatest_common_divisor(left: Any, right: Any) -> Any:
    """Return the monic greatest common divisor of two polynomials over one field."""
    while right.degree() >= 0:
        left, right = right, divmod(left, right)[1]
    return left * (1 / left.leading_coefficient())


def shifted_argument(coefficients: Sequence[Any], shift: Any) -> list[Any]:
    """Return the coefficients in y of a polynomial in ``x = shift + y``.

    Parameters
    ----------
    coefficients : sequence
        Of anything that can be added and multiplied by `shift`.
    shift : element
    """
    result = list(coefficients)
    for start in range(len(result) - 1):
        for k in range(len(result) - 2, start - 1, -1):
            result[k] = result[k] + result[k + 1] * shift
    return result
