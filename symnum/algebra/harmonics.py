r"""Exact cosine series as polynomials in the cosine.

With ``c = cos(tau)`` and ``y = c**2`` every polynomial in cosines of multiples of tau is
``E(y) + c V(y)``: even harmonics in E, odd ones in V. Products are products of polynomials, no
product-to-sum formula is needed, and the oscillator ``v'' + v = r`` is upper bidiagonal in the
powers of c because

    (c**N)'' = -N**2 c**N + N (N-1) c**(N-2).

The coefficients are rational numbers (`RationalRing`) or polynomials in named parameters over
the rationals (`ParameterRing`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import comb
from typing import Any, final

import flint
import sympy

from symnum.algebra.coefficients import Algebra, NoJetError, RationalAlgebra

__all__ = [
    "CosineRing",
    "HarmonicAlgebra",
    "Harmonics",
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
@dataclass(frozen=True, slots=True, eq=False)
class Harmonics:
    """The function ``even(y) + cos(tau) * odd(y)`` with ``y = cos(tau)**2``.

    Parameters
    ----------
    ring : CosineRing
    even, odd : polynomial of the ring
    """

    ring: CosineRing
    even: Any
    odd: Any

    @classmethod
    def from_powers(cls, ring: CosineRing, powers: Sequence[Any]) -> Harmonics:
        """Return ``sum(powers[N] cos(tau)**N)``."""
        return cls(ring, ring.polynomial(powers[0::2]), ring.polynomial(powers[1::2]))

    def __add__(self, other: Harmonics) -> Harmonics:
        return Harmonics(self.ring, self.even + other.even, self.odd + other.odd)

    def __sub__(self, other: Harmonics) -> Harmonics:
        return Harmonics(self.ring, self.even - other.even, self.odd - other.odd)

    def __neg__(self) -> Harmonics:
        return Harmonics(self.ring, -self.even, -self.odd)

    def __mul__(self, other: Harmonics) -> Harmonics:
        even, odd = self.even * other.even, self.odd * other.even
        if other.odd != 0:
            even = even + self.ring.times_y(self.odd * other.odd)
            odd = odd + self.even * other.odd
        return Harmonics(self.ring, even, odd)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Harmonics):
            return NotImplemented
        return bool(self.even == other.even) and bool(self.odd == other.odd)

    __hash__ = None  # type: ignore[assignment]

    def times(self, scalar: Any) -> Harmonics:
        """Return the product with a coefficient of the ring."""
        return Harmonics(self.ring, self.even * scalar, self.odd * scalar)

    def is_zero(self) -> bool:
        """Tell whether the function vanishes."""
        return bool(self.even == 0) and bool(self.odd == 0)

    def powers(self) -> list[Any]:
        """Return the coefficients of 1, cos(tau), cos(tau)**2, ..."""
        even, odd = self.ring.coefficients(self.even), self.ring.coefficients(self.odd)
        zero = self.ring.scalar(sympy.S.Zero)
        result = [zero] * max(2 * len(even) - 1, 2 * len(odd))
        result[0 : 2 * len(even) : 2] = even
        result[1 : 2 * len(odd) : 2] = odd
        return result

    def at_start(self) -> Any:
        """Return the value at ``tau = 0``."""
        return sum(self.powers(), self.ring.scalar(sympy.S.Zero))

    def second_derivative(self) -> Harmonics:
        """Return the second derivative with respect to tau."""
        parts = []
        for parity, polynomial in ((0, self.even), (1, self.odd)):
            a = self.ring.coefficients(polynomial)
            derived = [-a[j] * (2 * j + parity) ** 2 for j in range(len(a))]
            for j in range(len(a) - 1):
                n = 2 * j + parity
                derived[j] += a[j + 1] * ((n + 2) * (n + 1))
            parts.append(self.ring.polynomial(derived))
        return Harmonics(self.ring, parts[0], parts[1])

    def solve_oscillator(self) -> tuple[Harmonics, Any]:
        r"""Solve ``v'' + v = self + X cos(tau)`` with ``v(0) = v'(0) = 0``.

        The coefficients follow from the top down; the equation for ``cos(tau)**1`` has no unknown
        of its own left and is the solvability condition that fixes X.

        Returns
        -------
        solution : Harmonics
        condition : coefficient of the ring
            The number X: minus the coefficient of cos(tau) in `self`.
        """
        even = _descend(self.ring.coefficients(self.even), 0)
        odd_side = self.ring.coefficients(self.odd)
        odd = _descend(odd_side, 1)
        zero = self.ring.scalar(sympy.S.Zero)
        resonant = odd_side[0] if odd_side else zero
        condition = (odd[1] * 6 if len(odd) > 1 else zero) - resonant
        odd = odd or [zero]
        odd[0] = -sum(even + odd[1:], zero)
        solution = Harmonics(self.ring, self.ring.polynomial(even), self.ring.polynomial(odd))
        return solution, condition

    def cosine_coefficients(self) -> dict[int, Any]:
        """Return the Fourier coefficients: harmonic n -> coefficient of cos(n tau)."""
        result: dict[int, Any] = {}
        for n, coefficient in enumerate(self.powers()):
            for k in range(n // 2 + 1):
                harmonic = n - 2 * k
                weight = flint.fmpq(comb(n, k), 2 ** max(n - 1, 0))
                if harmonic == 0 and n > 0:
                    weight /= 2
                term = coefficient * weight
                result[harmonic] = result[harmonic] + term if harmonic in result else term
        return {n: value for n, value in sorted(result.items()) if value != 0}

    def expression(self, tau: sympy.Expr) -> sympy.Expr:
        """Return the function as a sum of cosines of multiples of `tau`."""
        return sympy.Add(
            *(
                self.ring.expression(value) * sympy.cos(n * tau)
                for n, value in self.cosine_coefficients().items()
            )
        )


def _descend(side: list[Any], parity: int) -> list[Any]:
    """Solve ``(1 - N**2) a_N = r_N - (N+2)(N+1) a_(N+2)`` downwards; a_1 is left at 0."""
    solution = [value * 0 for value in side]
    for j in range(len(side) - 1, -1, -1):
        n = 2 * j + parity
        if n == 1:
            break
        known = side[j]
        if j + 1 < len(side):
            known = known - solution[j + 1] * ((n + 2) * (n + 1))
        solution[j] = known * flint.fmpq(1, 1 - n * n)
    return solution


@final
@dataclass(frozen=True, slots=True)
class HarmonicAlgebra(Algebra[Harmonics]):
    """Exact harmonics as coefficients of a series.

    Parameters
    ----------
    ring : CosineRing
        The coefficients of the harmonics.

    Examples
    --------
    >>> algebra = HarmonicAlgebra(RationalRing())
    >>> cosine = algebra.cosine
    >>> {n: str(a) for n, a in (cosine * cosine * cosine).cosine_coefficients().items()}
    {1: '3/4', 3: '1/4'}
    """

    ring: CosineRing
    _zero: Harmonics = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zero", Harmonics.from_powers(self.ring, []))

    @property
    def zero(self) -> Harmonics:
        """The function 0."""
        return self._zero

    @property
    def cosine(self) -> Harmonics:
        """The function ``cos(tau)``."""
        zero, one = self.ring.scalar(sympy.S.Zero), self.ring.scalar(sympy.S.One)
        return Harmonics.from_powers(self.ring, [zero, one])

    def constant(self, value: sympy.Expr) -> Harmonics:
        """Return a constant function."""
        return Harmonics.from_powers(self.ring, [self.ring.scalar(value)])

    def scale(self, x: Harmonics, numerator: int, denominator: int = 1) -> Harmonics:
        """Return ``x * numerator / denominator``."""
        return x.times(flint.fmpq(numerator, denominator))

    def divide(self, x: Harmonics, y: Harmonics) -> Harmonics:
        """Return the quotient by a constant number; anything else is a `NoJetError`."""
        return x.times(1 / self._number(y, "a quotient"))

    def apply(self, function: type[sympy.Function], x: Harmonics) -> Harmonics:
        """Return the value at a constant number where it is rational."""
        value = RATIONALS.apply(function, self._number(x, function.__name__))
        return self.constant(rational(value))

    def power(self, x: Harmonics, exponent: sympy.Expr) -> Harmonics:
        """Return the power of a constant number where it is rational."""
        value = RATIONALS.power(self._number(x, f"the power {exponent}"), exponent)
        return self.constant(rational(value))

    def is_zero(self, x: Harmonics) -> bool:
        """Tell whether the function vanishes."""
        return x.is_zero()

    def _number(self, x: Harmonics, what: str) -> flint.fmpq:
        powers = x.powers()
        number = self.ring.number(powers[0]) if powers else flint.fmpq(0)
        if number is None or any(value != 0 for value in powers[1:]):
            raise NoJetError(what, "of a cosine series it is no polynomial in the cosine")
        return number
