"""Quotients of polynomials in named generators, with the algebraic relations between these.

An expression such as ``exp(x) + sqrt(y)/log(2)`` is a quotient of polynomials in the generators
``exp(x)``, ``sqrt(y)`` and ``log(2)``. Generators that are roots carry a relation
(``sqrt(y)**2 = y``). A numerator that reduces to zero by the relations proves that the expression
is zero wherever it is defined; the converse would need that nothing else relates the generators,
so a nonzero numerator proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import sympy
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Expr, Integer, Rational

__all__ = ["Field", "Generator", "Quotient", "TooLargeError", "is_real"]

_MOST_GENERATORS = 32
_MOST_TERMS = 6000
_MOST_PRODUCTS = 400_000
_MOST_FOR_GCD = 40_000
_MOST_ASKED = 40
_RING = fmpq_mpoly_ctx.get([f"g{index}" for index in range(_MOST_GENERATORS)], Ordering.lex)
_GENERATORS = _RING.gens()
ONE: Any = _RING.constant(1)
ZERO: Any = _RING.constant(0)


class TooLargeError(Exception):
    """The normal form would grow beyond its limits; the caller tries something else."""


@final
@dataclass(frozen=True, slots=True)
class Quotient:
    """A quotient of two polynomials without common factor, the denominator with leading 1."""

    numerator: fmpq_mpoly
    denominator: fmpq_mpoly

    @property
    def is_zero(self) -> bool:
        """Whether the numerator is the zero polynomial."""
        return bool(self.numerator == 0)

    @property
    def is_constant(self) -> bool:
        """Whether no generator occurs."""
        return bool(self.numerator.is_constant() and self.denominator.is_constant())

    @property
    def rational(self) -> Rational | None:
        """The value where no generator occurs."""
        if not self.is_constant:
            return None
        value = constant_coefficient(self.numerator) / constant_coefficient(self.denominator)
        return Rational(int(value.p), int(value.q))

    def __add__(self, other: Quotient) -> Quotient:
        if self.denominator == other.denominator:
            return quotient(self.numerator + other.numerator, self.denominator)
        top = product(self.numerator, other.denominator) + product(
            other.numerator, self.denominator
        )
        return quotient(top, product(self.denominator, other.denominator))

    def __neg__(self) -> Quotient:
        return Quotient(-self.numerator, self.denominator)

    def __sub__(self, other: Quotient) -> Quotient:
        return self + (-other)

    def __mul__(self, other: Quotient) -> Quotient:
        return quotient(
            product(self.numerator, other.numerator), product(self.denominator, other.denominator)
        )

    def __truediv__(self, other: Quotient) -> Quotient:
        if other.is_zero:
            raise ZeroDivisionError("a denominator vanishes identically")
        return quotient(
            product(self.numerator, other.denominator), product(self.denominator, other.numerator)
        )

    def power(self, exponent: int) -> Quotient:
        """Return an integer power."""
        if exponent < 0:
            if self.is_zero:
                raise ZeroDivisionError("a denominator vanishes identically")
            return quotient(self.denominator, self.numerator).power(-exponent)
        return Quotient(
            polynomial_power(self.numerator, exponent), polynomial_power(self.denominator, exponent)
        )

    @property
    def key(self) -> tuple[Any, ...]:
        """A hashable value that is equal for equal quotients."""
        return (polynomial_key(self.numerator), polynomial_key(self.denominator))


def polynomial_key(polynomial: fmpq_mpoly) -> tuple[Any, ...]:
    """Return a hashable value that is equal for equal polynomials."""
    return tuple((monomial, str(value)) for monomial, value in polynomial.terms())


def product(left: fmpq_mpoly, right: fmpq_mpoly) -> fmpq_mpoly:
    """Multiply two polynomials unless the product would be too large."""
    if len(left) * len(right) > _MOST_PRODUCTS:
        raise TooLargeError("a product of polynomials")
    result = left * right
    if len(result) > _MOST_TERMS:
        raise TooLargeError("a product of polynomials")
    return result


def polynomial_power(base: fmpq_mpoly, exponent: int) -> fmpq_mpoly:
    """Raise a polynomial to a power unless the result would be too large."""
    if len(base) > 1 and (exponent > 60 or len(base) ** min(exponent, 8) > _MOST_PRODUCTS):
        expected = sympy.binomial(len(base) + exponent - 1, exponent)
        if expected > _MOST_TERMS:
            raise TooLargeError("a power of a polynomial")
    if exponent > 10_000:
        raise TooLargeError("a huge exponent")
    return base**exponent


def quotient(top: fmpq_mpoly, bottom: fmpq_mpoly) -> Quotient:
    """Return a quotient in lowest terms."""
    if top == 0:
        return Quotient(ZERO, ONE)
    if not bottom.is_constant() and len(top) * len(bottom) <= _MOST_FOR_GCD:
        common = top.gcd(bottom)
        if not common.is_constant():
            top, bottom = top / common, bottom / common
    lead = bottom.leading_coefficient()
    if lead != 1:
        top, bottom = top / lead, bottom / lead
    return Quotient(top, bottom)


def constant_coefficient(polynomial: fmpq_mpoly) -> fmpq:
    """Return the term without generators."""
    return (
        fmpq(0) if polynomial == 0 else polynomial.to_dict().get((0,) * _MOST_GENERATORS, fmpq(0))
    )


def rational_quotient(value: Rational) -> Quotient:
    """Return a rational number as a quotient without generators."""
    return Quotient(_RING.constant(fmpq(int(value.p), int(value.q))), ONE)


@final
@dataclass(frozen=True, slots=True)
class Generator:
    """What one generator stands for.

    Attributes
    ----------
    expr : sympy.Expr
        The expression itself.
    kind : str
        ``symbol``, ``constant``, ``imaginary``, ``exponential``, ``logarithm``, ``root``,
        ``modulus``, ``sign``, ``unity`` or ``function``.
    is_real : bool
        Whether the value is real.
    argument : object
        Of a root its radicand, of an exponential its exponent, as a `Quotient`.
    degree : int
        Of a root the index; 0 where there is no relation.
    replacement : Quotient or None
        What the generator to the power `degree` is.
    """

    expr: Expr
    kind: str
    is_real: bool
    argument: Any = None
    degree: int = 0
    replacement: Quotient | None = None


@final
class Field:
    """The generators seen so far, each with its relation.

    A relation of a generator mentions earlier generators only, so reduction from the last to the
    first ends.
    """

    __slots__ = ("_places", "generators", "keys")

    def __init__(self) -> None:
        self.generators: list[Generator] = []
        self.keys: list[Any] = []
        self._places: dict[Any, int] = {}

    def find(self, key: Any) -> Quotient | None:
        """Return the generator that was made for a key."""
        place = self._places.get(key)
        return None if place is None else self.element(place)

    def element(self, place: int) -> Quotient:
        """Return a generator as a quotient."""
        return Quotient(_GENERATORS[place], ONE)

    def adjoin(self, key: Any, make: Callable[[], Generator]) -> Quotient:
        """Return the generator for a key, making it at the first call."""
        known = self.find(key)
        if known is not None:
            return known
        generator = make()
        if len(self.generators) >= _MOST_GENERATORS:
            raise TooLargeError("too many generators")
        self.generators.append(generator)
        self.keys.append(key)
        self._places[key] = len(self.generators) - 1
        return self.element(len(self.generators) - 1)

    def single(self, polynomial: fmpq_mpoly) -> Generator | None:
        """Return the generator that a polynomial consists of, if it is one."""
        if len(polynomial) != 1 or polynomial.leading_coefficient() != 1:
            return None
        monomial = next(iter(polynomial.monoms()))
        if sum(int(exponent) for exponent in monomial) != 1:
            return None
        return self.generators[next(i for i, exponent in enumerate(monomial) if exponent)]

    def reduce(self, polynomial: fmpq_mpoly) -> fmpq_mpoly:
        """Return a polynomial times a nonzero factor, reduced by the relations.

        The factor is a product of denominators of relations, so the result vanishes where and
        only where the polynomial does.
        """
        for place in range(len(self.generators) - 1, -1, -1):
            generator = self.generators[place]
            if generator.degree:
                polynomial = _reduce_by(polynomial, place, generator)
        return polynomial

    def vanishes(self, value: Quotient) -> bool:
        """Tell whether the relations reduce a quotient to zero."""
        return bool(self.reduce(value.numerator) == 0)

    def reduced(self, value: Quotient) -> Quotient:
        """Return an equal quotient with reduced numerator where that needs no extra factor."""
        if any(
            generator.replacement is not None
            and not generator.replacement.denominator.is_constant()
            for generator in self.generators
        ):
            return value
        return quotient(self.reduce(value.numerator), self.reduce(value.denominator))

    def polynomial_expression(self, polynomial: fmpq_mpoly) -> Expr:
        """Return a polynomial in the generators as a SymPy expression."""
        terms = []
        for monomial, value in polynomial.terms():
            factors = [
                self.generators[place].expr ** int(exponent)
                for place, exponent in enumerate(monomial)
                if exponent
            ]
            terms.append(sympy.Mul(Rational(int(value.p), int(value.q)), *factors))
        return sympy.Add(*terms)

    def expression(self, value: Quotient) -> Expr:
        """Return a quotient as a SymPy expression."""
        top = self.polynomial_expression(value.numerator)
        if value.denominator == 1:
            return top
        return top / self.polynomial_expression(value.denominator)

    def used(self, polynomial: fmpq_mpoly) -> list[int]:
        """Return the places of the generators that occur in a polynomial."""
        if polynomial == 0:
            return []
        return [place for place, degree in enumerate(polynomial.degrees()) if degree > 0]

    def is_real(self, polynomial: fmpq_mpoly) -> bool:
        """Tell whether every generator of a polynomial is real."""
        return all(self.generators[place].is_real for place in self.used(polynomial))


def _reduce_by(polynomial: fmpq_mpoly, place: int, generator: Generator) -> fmpq_mpoly:
    degree, replacement = generator.degree, generator.replacement
    assert replacement is not None
    while polynomial != 0 and polynomial.degrees()[place] >= degree:
        parts: dict[int, dict[tuple[int, ...], Any]] = {}
        for monomial, value in polynomial.terms():
            exponent = int(monomial[place])
            rest = (*monomial[:place], exponent % degree, *monomial[place + 1 :])
            parts.setdefault(exponent // degree, {})[rest] = value
        highest = max(parts)
        total = ZERO
        for power, terms in parts.items():
            factor = product(
                polynomial_power(replacement.numerator, power),
                polynomial_power(replacement.denominator, highest - power),
            )
            total += product(_RING.from_dict(terms), factor)
        polynomial = total
    return polynomial


def is_real(expr: Expr) -> bool:
    """Tell whether SymPy knows a short expression to be real.

    Parameters
    ----------
    expr : sympy.Expr

    Returns
    -------
    bool
        False for long expressions: the question may lead SymPy to factor polynomials of any size.
    """
    return sympy.count_ops(expr) <= _MOST_ASKED and bool(expr.is_extended_real)


def integer(value: int) -> Quotient:
    """Return an integer as a quotient."""
    return rational_quotient(Integer(value))
