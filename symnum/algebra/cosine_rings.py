"""Polynomials in ``y = cos(tau)**2``, by the ring of their coefficients.

Rational numbers (`RationalRing`), polynomials in named parameters over them (`ParameterRing`), or
the elements of any field (`FieldRing`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, final

import flint
import sympy

from symnum.algebra.coefficients import NoJetError, RationalAlgebra
from symnum.algebra.fields import Field

__all__ = [
    "CosineRing",
    "FieldRing",
    "ParameterRing",
    "RationalRing",
    "rational",
    "to_rational",
]

RATIONALS = RationalAlgebra()


def rational(value: Any) -> sympy.Rational:
    """Return a FLINT rational as a SymPy one."""
    return sympy.Rational(int(value.p), int(value.q))


def to_rational(value: sympy.Rational) -> flint.fmpq:
    """Return a SymPy rational as a FLINT one."""
    return flint.fmpq(int(value.p), int(value.q))


class CosineRing(ABC):
    """Polynomials in ``y = cos(tau)**2`` over some ring of coefficients."""

    @abstractmethod
    def polynomial(self, coefficients: Sequence[Any]) -> Any:
        """Return the polynomial with these coefficients, that of ``y**0`` first."""

    @abstractmethod
    def coefficients(self, polynomial: Any) -> list[Any]:
        """Return the coefficients of a polynomial, that of ``y**0`` first."""

    @abstractmethod
    def times_y(self, polynomial: Any) -> Any:
        """Return ``y * polynomial``."""

    @abstractmethod
    def scalar(self, value: sympy.Expr) -> Any:
        """Return a coefficient; `NoJetError` where it is none of this ring."""

    @abstractmethod
    def quotient(self, x: Any, y: Any) -> Any:
        """Return ``x / y`` where it is a coefficient of the ring; otherwise `NoJetError`."""

    @abstractmethod
    def number(self, scalar: Any) -> flint.fmpq | None:
        """Return a coefficient as a rational number, or None where it is not one."""

    @abstractmethod
    def expression(self, scalar: Any) -> sympy.Expr:
        """Return a coefficient as a SymPy expression."""


@final
class RationalRing(CosineRing):
    """Rational coefficients: polynomials are `flint.fmpq_poly`."""

    def polynomial(self, coefficients: Sequence[Any]) -> Any:
        """Return the polynomial with these coefficients, that of ``y**0`` first."""
        return flint.fmpq_poly(list(coefficients))

    def coefficients(self, polynomial: Any) -> list[Any]:
        """Return the coefficients of a polynomial, that of ``y**0`` first."""
        return list(polynomial.coeffs())

    def times_y(self, polynomial: Any) -> Any:
        """Return ``y * polynomial``."""
        return polynomial.left_shift(1)

    def scalar(self, value: sympy.Expr) -> Any:
        """Return a rational number."""
        return RATIONALS.constant(value)

    def quotient(self, x: Any, y: Any) -> Any:
        """Return the quotient."""
        return flint.fmpq(x) / flint.fmpq(y)

    def number(self, scalar: Any) -> flint.fmpq | None:
        """Return the coefficient itself."""
        return flint.fmpq(scalar)

    def expression(self, scalar: Any) -> sympy.Expr:
        """Return a coefficient as a SymPy rational."""
        return rational(flint.fmpq(scalar))


@final
class ParameterRing(CosineRing):
    """Coefficients that are polynomials in parameters: polynomials are `flint.fmpq_mpoly`.

    Parameters
    ----------
    parameters : sequence of Symbol
    """

    def __init__(self, parameters: Sequence[sympy.Symbol]) -> None:
        self.parameters = tuple(parameters)
        # Positions as names: a parameter may be called y, or anything else.
        names = ["y", *(f"p{position}" for position in range(len(self.parameters)))]
        self.context = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.lex)
        self.y = self.context.gens()[0]

    def polynomial(self, coefficients: Sequence[Any]) -> Any:
        """Return the polynomial with these coefficients, that of ``y**0`` first."""
        terms: dict[tuple[int, ...], Any] = {}
        for power, scalar in enumerate(coefficients):
            for exponents, number in self._mpoly(scalar).to_dict().items():
                terms[(power, *exponents[1:])] = number
        return self.context.from_dict(terms)

    def coefficients(self, polynomial: Any) -> list[Any]:
        """Return the coefficients of a polynomial, that of ``y**0`` first."""
        parts: dict[int, dict[tuple[int, ...], Any]] = {}
        for exponents, number in self._mpoly(polynomial).to_dict().items():
            parts.setdefault(int(exponents[0]), {})[(0, *exponents[1:])] = number
        degree = max(parts, default=-1)
        return [self.context.from_dict(parts.get(power, {})) for power in range(degree + 1)]

    def times_y(self, polynomial: Any) -> Any:
        """Return ``y * polynomial``."""
        return polynomial * self.y

    def scalar(self, value: sympy.Expr) -> Any:
        """Return a polynomial in the parameters."""
        if value.is_Rational:
            return self.context.constant(to_rational(value))
        try:
            polynomial = sympy.Poly(value, *self.parameters, domain="QQ")
        except (sympy.PolynomialError, sympy.CoercionFailed) as error:
            raise NoJetError(str(value), "it is no polynomial in the parameters") from error
        terms = {(0, *powers): to_rational(number) for powers, number in polynomial.terms()}
        return self.context.from_dict(terms)

    def quotient(self, x: Any, y: Any) -> Any:
        """Return the quotient where it is exact."""
        quotient, remainder = divmod(self._mpoly(x), self._mpoly(y))
        if remainder != 0:
            raise NoJetError("a quotient", f"{self.expression(y)} does not divide it")
        return quotient

    def number(self, scalar: Any) -> flint.fmpq | None:
        """Return a coefficient that does not depend on the parameters as a number."""
        polynomial = self._mpoly(scalar)
        if polynomial.is_zero():
            return flint.fmpq(0)
        return polynomial.leading_coefficient() if polynomial.is_constant() else None

    def expression(self, scalar: Any) -> sympy.Expr:
        """Return a coefficient as a polynomial in the parameters."""
        return sympy.Add(
            *(
                rational(number)
                * sympy.Mul(
                    *(p ** int(k) for p, k in zip(self.parameters, powers[1:], strict=True))
                )
                for powers, number in self._mpoly(scalar).to_dict().items()
            )
        )

    def parts(self, scalar: Any) -> dict[tuple[int, ...], flint.fmpq]:
        """Return a coefficient by its monomials: exponents of the parameters -> number."""
        terms = self._mpoly(scalar).to_dict().items()
        return {tuple(int(k) for k in exponents[1:]): number for exponents, number in terms}

    def _mpoly(self, value: Any) -> Any:
        return value if isinstance(value, flint.fmpq_mpoly) else self.context.constant(value)


@final
class FieldRing(CosineRing):
    """Coefficients from a field: polynomials are those of the field.

    Parameters
    ----------
    field : Field
    conjugate : int
        As which of its conjugates the field is read where expressions are made.
    """

    def __init__(self, field: Field, conjugate: int = 0) -> None:
        self.field, self.conjugate = field, conjugate

    def polynomial(self, coefficients: Sequence[Any]) -> Any:
        """Return the polynomial with these coefficients, that of ``y**0`` first."""
        return self.field.polynomial(coefficients)

    def coefficients(self, polynomial: Any) -> list[Any]:
        """Return the coefficients of a polynomial, that of ``y**0`` first."""
        return list(polynomial.coeffs())

    def times_y(self, polynomial: Any) -> Any:
        """Return ``y * polynomial``."""
        return polynomial.left_shift(1)

    def scalar(self, value: sympy.Expr) -> Any:
        """Return an element of the field."""
        return self.field.constant(value)

    def quotient(self, x: Any, y: Any) -> Any:
        """Return the quotient."""
        return x / y

    def number(self, scalar: Any) -> flint.fmpq | None:
        """Return an element that is rational as a number."""
        value = self.field.expression(scalar)
        return to_rational(value) if value.is_Rational else None

    def expression(self, scalar: Any) -> sympy.Expr:
        """Return an element as an expression."""
        return self.field.expression(scalar, self.conjugate)
