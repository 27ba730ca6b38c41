"""Fields of exact coefficients: the rationals, and rational functions of parameters.

A field makes its elements, polynomials over itself, and splits such polynomials into irreducible
factors. The elements calculate with ``+ - * /`` among themselves and with FLINT's rationals.
Algebraic extensions stand in `extensions`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, final

import flint
import sympy

from symnum.algebra.coefficients import NoJetError
from symnum.algebra.dense_polynomials import DensePolynomial

__all__ = ["Field", "FunctionField", "RationalFunction", "Rationals", "field_with"]

# A field is closed under the four operations; what its elements are is its own business.
Elements = list[Any]


class Field(ABC):
    """A field of exact coefficients."""

    @property
    @abstractmethod
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The symbols in its elements."""

    @abstractmethod
    def element(self, number: Any) -> Any:
        """Return a rational number, an int or a `flint.fmpq`, as an element."""

    @abstractmethod
    def constant(self, value: sympy.Expr) -> Any:
        """Return the element of an expression; `NoJetError` where there is none."""

    @property
    def conjugate_count(self) -> int:
        """In how many ways the field can be read as numbers."""
        return 1

    @abstractmethod
    def expression(self, element: Any, conjugate: int = 0) -> sympy.Expr:
        """Return an element as an expression, under one way to read the field."""

    @abstractmethod
    def polynomial(self, coefficients: Sequence[Any]) -> Any:
        """Return the polynomial with these coefficients, the constant one first."""

    @abstractmethod
    def factors(self, polynomial: Any) -> list[tuple[Any, int]]:
        """Return the monic irreducible factors that are not constant, with their powers."""

    def convolve(self, left: Elements, right: Elements) -> Elements:
        """Return the coefficients of the product of two polynomials."""
        zero = self.element(0)
        result = [zero] * (len(left) + len(right) - 1)
        for i, x in enumerate(left):
            if x != 0:
                for j, y in enumerate(right):
                    result[i + j] = result[i + j] + x * y
        return result


@final
@dataclass(frozen=True, slots=True)
class Rationals(Field):
    """The rational numbers; elements are `flint.fmpq`, polynomials `flint.fmpq_poly`.

    Examples
    --------
    >>> Q = Rationals()
    >>> [(str(f), power) for f, power in Q.factors(Q.polynomial([0, -2, 0, 2]))]
    [('x + (-1)', 1), ('x', 1), ('x + 1', 1)]
    """

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """None."""
        return ()

    def element(self, number: Any) -> flint.fmpq:
        """Return a rational number."""
        return flint.fmpq(number)

    def constant(self, value: sympy.Expr) -> flint.fmpq:
        """Return a rational number; anything else is a `NoJetError`."""
        if not value.is_Rational:
            raise NoJetError(str(value), "it is not a rational number")
        return flint.fmpq(int(value.p), int(value.q))

    def expression(self, element: flint.fmpq, conjugate: int = 0) -> sympy.Expr:
        """Return the number itself."""
        return sympy.Rational(int(element.p), int(element.q))

    def polynomial(self, coefficients: Sequence[Any]) -> flint.fmpq_poly:
        """Return the polynomial with these coefficients, the constant one first."""
        return flint.fmpq_poly(list(coefficients))

    def factors(self, polynomial: Any) -> list[tuple[Any, int]]:
        """Return the monic irreducible factors that are not constant, with their powers."""
        _, pairs = polynomial.factor()
        monic = [(f / f.leading_coefficient(), int(power)) for f, power in pairs]
        return sorted(monic, key=lambda pair: (pair[0].degree(), pair[0].coeffs()))


@final
class FunctionField(Field):
    """Rational functions of parameters; elements are `RationalFunction`.

    Parameters
    ----------
    parameters : sequence of Symbol

    Examples
    --------
    >>> p, q = sympy.symbols("p q")
    >>> field = FunctionField([p, q])
    >>> field.expression(field.constant((p**2 - q**2) / (p - q)))
    p + q
    """

    def __init__(self, parameters: Sequence[sympy.Symbol]) -> None:
        self._parameters = tuple(parameters)
        # The first variable is that of polynomials over the field. Positions serve as names.
        names = ["x", *(f"p{position}" for position in range(len(self._parameters)))]
        self.context = flint.fmpq_mpoly_ctx.get(names, flint.Ordering.lex)
        self.one = self.context.constant(1)

    @property
    def parameters(self) -> tuple[sympy.Symbol, ...]:
        """The symbols in its elements."""
        return self._parameters

    def element(self, number: Any) -> RationalFunction:
        """Return a rational number as a constant function."""
        return RationalFunction(self.context.constant(flint.fmpq(number)), self.one)

    def constant(self, value: sympy.Expr) -> RationalFunction:
        """Return a rational function of the parameters; anything else is a `NoJetError`."""
        above, below = sympy.fraction(sympy.together(value))
        return self._read(above) / self._read(below)

    def _read(self, value: sympy.Expr) -> RationalFunction:
        try:
            polynomial = sympy.Poly(value, *self._parameters, domain="QQ")
        except (sympy.PolynomialError, sympy.CoercionFailed) as error:
            raise NoJetError(str(value), "it is no rational function") from error
        terms = {
            (0, *powers): flint.fmpq(int(number.p), int(number.q))
            for powers, number in polynomial.terms()
        }
        return RationalFunction(self.context.from_dict(terms), self.one)

    def expression(self, element: RationalFunction, conjugate: int = 0) -> sympy.Expr:
        """Return the function as a quotient of polynomials."""
        below = self._expression(element.below)
        if not below.is_Add:
            return sympy.Add(
                *(term / below for term in sympy.Add.make_args(self._expression(element.above)))
            )
        return self._expression(element.above) / below

    def _expression(self, polynomial: Any) -> sympy.Expr:
        return sympy.Add(
            *(
                sympy.Rational(int(number.p), int(number.q))
                * sympy.Mul(
                    *(s ** int(k) for s, k in zip(self._parameters, powers[1:], strict=True))
                )
                for powers, number in polynomial.to_dict().items()
            )
        )

    def from_polynomial(self, polynomial: Any) -> RationalFunction:
        """Return a polynomial of `context` without x as an element."""
        return RationalFunction(polynomial, self.one)

    def polynomial(self, coefficients: Sequence[Any]) -> DensePolynomial:
        """Return the polynomial with these coefficients, the constant one first."""
        return DensePolynomial(self, list(coefficients))

    def factors(self, polynomial: DensePolynomial) -> list[tuple[Any, int]]:
        """Return the monic irreducible factors that are not constant, with their powers."""
        return [
            (factor, power)
            for factor, power in self.split(self.cleared(polynomial.coeffs()))
            if factor.degree() > 0
        ]

    def cleared(self, coefficients: Sequence[RationalFunction]) -> Any:
        """Return a multiple of a polynomial, whose coefficients are polynomials themselves."""
        common = self.one
        for c in coefficients:
            common = common * (c.below / common.gcd(c.below))
        x = self.context.gens()[0]
        result = self.context.constant(0)
        for power, c in enumerate(coefficients):
            result += c.above * (common / c.below) * x**power
        return result

    def split(self, polynomial: Any) -> list[tuple[DensePolynomial, int]]:
        """Return the factors of a polynomial in x and the parameters, as monic ones in x."""
        _, pairs = polynomial.factor()
        return [(self.in_x(factor).monic(), int(power)) for factor, power in pairs]

    def in_x(self, polynomial: Any) -> DensePolynomial:
        """Return a polynomial in x and the parameters as one in x."""
        parts: dict[int, dict[tuple[int, ...], Any]] = {}
        for powers, number in polynomial.to_dict().items():
            parts.setdefault(int(powers[0]), {})[(0, *powers[1:])] = number
        degree = max(parts, default=-1)
        return self.polynomial(
            [
                RationalFunction(self.context.from_dict(parts.get(k, {})), self.one)
                for k in range(degree + 1)
            ]
        )


@final
class RationalFunction:
    """A quotient of two polynomials without a common factor.

    Parameters
    ----------
    above, below : flint.fmpq_mpoly
    """

    __slots__ = ("above", "below")

    def __init__(self, above: Any, below: Any) -> None:
        if not below.is_constant():
            common = above.gcd(below)
            if not common.is_one():
                above, below = above / common, below / common
        leading = below.leading_coefficient()
        if leading != 1:
            above, below = above / leading, below / leading
        self.above, self.below = above, below

    def _other(self, value: Any) -> RationalFunction:
        if isinstance(value, RationalFunction):
            return value
        context = self.above.context()
        return RationalFunction(context.constant(flint.fmpq(value)), context.constant(1))

    def __add__(self, value: Any) -> RationalFunction:
        other = self._other(value)
        if self.below == other.below:
            return RationalFunction(self.above + other.above, self.below)
        return RationalFunction(
            self.above * other.below + other.above * self.below, self.below * other.below
        )

    __radd__ = __add__

    def __neg__(self) -> RationalFunction:
        return RationalFunction(-self.above, self.below)

    def __sub__(self, value: Any) -> RationalFunction:
        return self + (-self._other(value))

    def __rsub__(self, value: Any) -> RationalFunction:
        return self._other(value) - self

    def __mul__(self, value: Any) -> RationalFunction:
        other = self._other(value)
        return RationalFunction(self.above * other.above, self.below * other.below)

    __rmul__ = __mul__

    def __truediv__(self, value: Any) -> RationalFunction:
        other = self._other(value)
        if other.above.is_zero():
            raise ZeroDivisionError("a rational function divided by zero")
        return RationalFunction(self.above * other.below, self.below * other.above)

    def __rtruediv__(self, value: Any) -> RationalFunction:
        return self._other(value) / self

    def __eq__(self, value: object) -> bool:
        other = self._other(value)
        return bool(self.above == other.above) and bool(self.below == other.below)

    __hash__ = None  # type: ignore[assignment]


def field_with(parameters: Iterable[sympy.Symbol]) -> Rationals | FunctionField:
    """Return the smallest field with these symbols."""
    symbols = sorted(parameters, key=lambda symbol: symbol.name)
    return FunctionField(symbols) if symbols else Rationals()
