r"""Trigonometric polynomials as polynomials in the cosine, exactly.

A function of tau is ``even(y) + c odd(y) + s S`` with ``c = cos(tau)``, ``s = sin(tau)``, ``y =
c**2`` and S of the form of the first two terms; products are polynomial products, which FLINT does
fast, and no products of cosines are turned into sums. On powers of c

    (c**N)'' = -N**2 c**N + N (N-1) c**(N-2),
    (s c**N)'' = -(N+1)**2 s c**N + N (N-1) s c**(N-2),

so that ``v'' + v = r + X c + Y s`` is solved from the top down. What is even in tau has no S, and
costs nothing for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import comb
from typing import Any, final

import flint
import sympy

from symnum.algebra.coefficients import Algebra, NoJetError, RationalAlgebra
from symnum.algebra.cosine_rings import (
    CosineRing,
    FieldRing,
    ParameterRing,
    RationalRing,
    rational,
    to_rational,
)

__all__ = [
    "CosineRing",
    "FieldRing",
    "HarmonicAlgebra",
    "Harmonics",
    "ParameterRing",
    "RationalRing",
    "rational",
    "to_rational",
]

RATIONALS = RationalAlgebra()


@final
@dataclass(frozen=True, slots=True, eq=False)
class Harmonics:
    """The function ``even(y) + cos(tau) * odd(y) + sin(tau) * sine`` with ``y = cos(tau)**2``.

    Parameters
    ----------
    ring : CosineRing
    even, odd : polynomial of the ring
    sine : Harmonics, optional
        Without a sine of its own.
    """

    ring: CosineRing
    even: Any
    odd: Any
    sine: Harmonics | None = None

    @classmethod
    def from_powers(cls, ring: CosineRing, powers: Sequence[Any]) -> Harmonics:
        """Return ``sum(powers[N] cos(tau)**N)``."""
        return cls(ring, ring.polynomial(powers[0::2]), ring.polynomial(powers[1::2]))

    def __add__(self, other: Harmonics) -> Harmonics:
        sine = self.sine
        if other.sine is not None:
            sine = other.sine if sine is None else sine + other.sine
        return Harmonics(self.ring, self.even + other.even, self.odd + other.odd, sine)

    def __sub__(self, other: Harmonics) -> Harmonics:
        return self + (-other)

    def __neg__(self) -> Harmonics:
        return Harmonics(self.ring, -self.even, -self.odd, _minus(self.sine))

    def __mul__(self, other: Harmonics) -> Harmonics:
        if self.sine is None and other.sine is None:
            return Harmonics(self.ring, *_product(self, other))
        left, right = self.cosine_part(), other.cosine_part()
        total = left * right
        if self.sine is not None and other.sine is not None:
            square = self.sine * other.sine  # sin(tau)**2 = 1 - y
            times_y = self.ring.times_y
            total = Harmonics(
                self.ring,
                total.even + square.even - times_y(square.even),
                total.odd + square.odd - times_y(square.odd),
            )
        sine = None if self.sine is None else self.sine * right
        if other.sine is not None:
            sine = left * other.sine if sine is None else sine + left * other.sine
        return Harmonics(self.ring, total.even, total.odd, sine)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Harmonics) and (self - other).is_zero()

    __hash__ = None  # type: ignore[assignment]

    def cosine_part(self) -> Harmonics:
        """Return the function without its sine."""
        return self if self.sine is None else Harmonics(self.ring, self.even, self.odd)

    def sine_part(self) -> Harmonics:
        """Return S, which stands beside sin(tau)."""
        nothing = self.ring.polynomial([])
        return self.sine or Harmonics(self.ring, nothing, nothing)

    def times(self, scalar: Any) -> Harmonics:
        """Return the product with a coefficient of the ring."""
        sine = None if self.sine is None else self.sine.times(scalar)
        return Harmonics(self.ring, self.even * scalar, self.odd * scalar, sine)

    def is_zero(self) -> bool:
        """Tell whether the function vanishes."""
        nothing = bool(self.even == 0) and bool(self.odd == 0)
        return nothing and (self.sine is None or self.sine.is_zero())

    def powers(self) -> list[Any]:
        """Return the coefficients of 1, cos(tau), cos(tau)**2, ... in the part without sine."""
        even, odd = self.ring.coefficients(self.even), self.ring.coefficients(self.odd)
        zero = self.ring.scalar(sympy.S.Zero)
        result = [zero] * max(2 * len(even) - 1, 2 * len(odd))
        result[0 : 2 * len(even) : 2] = even
        result[1 : 2 * len(odd) : 2] = odd
        return result

    def at_start(self) -> Any:
        """Return the value at ``tau = 0``."""
        return sum(self.powers(), self.ring.scalar(sympy.S.Zero))

    def derivative(self) -> Harmonics:
        """Return the derivative with respect to tau."""
        powers, sines = self.powers(), self.sine_part().powers()
        zero = self.ring.scalar(sympy.S.Zero)
        cosine = [zero] * (len(sines) + 1)
        for n, value in enumerate(sines):
            cosine[n + 1] = cosine[n + 1] + value * (n + 1)
            if n > 0:
                cosine[n - 1] = cosine[n - 1] - value * n
        result = Harmonics.from_powers(self.ring, cosine)
        sine = Harmonics.from_powers(self.ring, [powers[n] * -n for n in range(1, len(powers))])
        return Harmonics(self.ring, result.even, result.odd, None if sine.is_zero() else sine)

    def second_derivative(self) -> Harmonics:
        """Return the second derivative with respect to tau."""
        return _twice_derived(self, 0)

    def solve_oscillator(self) -> tuple[Harmonics, Any]:
        r"""Solve ``v'' + v = self + X cos(tau)`` with ``v(0) = v'(0) = 0``; `self` has no sine.

        The coefficients follow from the top down; the equation for ``cos(tau)**1`` has no unknown
        of its own left and is the solvability condition that fixes X.

        Returns
        -------
        solution : Harmonics
        condition : coefficient of the ring
            The number X: minus the coefficient of cos(tau) in `self`.
        """
        even = _descend(self.ring.coefficients(self.even), 0, 0)
        odd_side = self.ring.coefficients(self.odd)
        odd = _descend(odd_side, 1, 0)
        zero = self.ring.scalar(sympy.S.Zero)
        resonant = odd_side[0] if odd_side else zero
        condition = (odd[1] * 6 if len(odd) > 1 else zero) - resonant
        odd = odd or [zero]
        odd[0] = -sum(even + odd[1:], zero)
        solution = Harmonics(self.ring, self.ring.polynomial(even), self.ring.polynomial(odd))
        return solution, condition

    def solve_resonance(self) -> tuple[Harmonics, Any, Any]:
        r"""Solve ``v'' + v = self + X cos(tau) + Y sin(tau)`` with ``v(0) = v'(0) = 0``.

        Returns
        -------
        solution : Harmonics
        cosine_condition, sine_condition : coefficients of the ring
            The numbers X and Y.
        """
        solution, condition = self.cosine_part().solve_oscillator()
        zero = self.ring.scalar(sympy.S.Zero)
        if self.sine is None:
            return solution, condition, zero
        side = self.ring.coefficients(self.sine.even)
        even, odd = _descend(side, 0, 1), _descend(self.ring.coefficients(self.sine.odd), 1, 1)
        resonant = side[0] if side else zero
        sine_condition = (even[1] * 2 if len(even) > 1 else zero) - resonant
        even = even or [zero]
        even[0] = -sum(even[1:] + odd, zero)
        sine = Harmonics(self.ring, self.ring.polynomial(even), self.ring.polynomial(odd))
        return Harmonics(self.ring, solution.even, solution.odd, sine), condition, sine_condition

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

    def sine_coefficients(self) -> dict[int, Any]:
        """Return the Fourier coefficients: harmonic n -> coefficient of sin(n tau)."""
        result: dict[int, Any] = {}
        for n, value in self.sine_part().cosine_coefficients().items():
            # 2 sin(tau) cos(n tau) = sin((n+1) tau) - sin((n-1) tau)
            for harmonic, weight in ((n + 1, 1), (n - 1, -1)) if n else ((1, 2),):
                if harmonic > 0:
                    term = value * flint.fmpq(weight, 2)
                    result[harmonic] = result[harmonic] + term if harmonic in result else term
        return {n: value for n, value in sorted(result.items()) if value != 0}

    def expression(self, tau: sympy.Expr) -> sympy.Expr:
        """Return the function as a sum of cosines and sines of multiples of `tau`."""
        waves = ((sympy.cos, self.cosine_coefficients()), (sympy.sin, self.sine_coefficients()))
        return sympy.Add(
            *(
                self.ring.expression(value) * wave(n * tau)
                for wave, coefficients in waves
                for n, value in coefficients.items()
            )
        )


def _minus(sine: Harmonics | None) -> Harmonics | None:
    return None if sine is None else -sine


def _product(left: Harmonics, right: Harmonics) -> tuple[Any, Any]:
    """Return the even and the odd part of a product of functions without sine."""
    even, odd = left.even * right.even, left.odd * right.even
    if right.odd != 0:
        even = even + left.ring.times_y(left.odd * right.odd)
        odd = odd + left.even * right.odd
    return even, odd


def _twice_derived(function: Harmonics, lift: int) -> Harmonics:
    """Return the second derivative, or with ``lift = 1`` what stands beside the sine in it."""
    ring, parts = function.ring, []
    for parity, polynomial in ((0, function.even), (1, function.odd)):
        a = ring.coefficients(polynomial)
        derived = [-a[j] * (2 * j + parity + lift) ** 2 for j in range(len(a))]
        for j in range(len(a) - 1):
            n = 2 * j + parity
            derived[j] += a[j + 1] * ((n + 2) * (n + 1))
        parts.append(ring.polynomial(derived))
    sine = None if function.sine is None else _twice_derived(function.sine, 1)
    return Harmonics(ring, parts[0], parts[1], sine)


def _descend(side: list[Any], parity: int, lift: int) -> list[Any]:
    """Solve ``(1 - (N+lift)**2) a_N = r_N - (N+2)(N+1) a_(N+2)`` downwards.

    Where N + lift is 1 there is no equation for a_N, which is left at 0.
    """
    solution = [value * 0 for value in side]
    for j in range(len(side) - 1, -1, -1):
        n = 2 * j + parity
        if n + lift == 1:
            break
        known = side[j]
        if j + 1 < len(side):
            known = known - solution[j + 1] * ((n + 2) * (n + 1))
        solution[j] = known * flint.fmpq(1, 1 - (n + lift) ** 2)
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
        """Return the quotient by a constant; anything else is a `NoJetError`."""
        one = self.ring.scalar(sympy.S.One)
        return x.times(self.ring.quotient(one, self._constant(y, "a quotient")))

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
        number = self.ring.number(self._constant(x, what))
        if number is None:
            raise NoJetError(what, "of a cosine series it is no polynomial in the cosine")
        return number

    def _constant(self, x: Harmonics, what: str) -> Any:
        """Return the value of a constant function."""
        powers = x.powers()
        moving = x.sine is not None and not x.sine.is_zero()
        if moving or any(value != 0 for value in powers[1:]):
            raise NoJetError(what, "of a cosine series it is no polynomial in the cosine")
        return powers[0] if powers else self.ring.scalar(sympy.S.Zero)
