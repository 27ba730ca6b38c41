r"""Trigonometric polynomials times powers of the phase: what a naive expansion runs into.

An element is ``sum_k tau**k r_k`` with harmonics r_k. The oscillator driven by it has the response
``sum_k tau**k v_k`` with

    v_k'' + v_k = r_k - 2 (k+1) v_(k+1)' - (k+2) (k+1) v_(k+2),

and what of cos(tau) and sin(tau) stands on the right is cancelled by such waves in v_(k+1): a
resonance raises the power of tau by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import flint
import sympy

from symnum.algebra.coefficients import Algebra
from symnum.algebra.harmonics import CosineRing, HarmonicAlgebra, Harmonics

__all__ = ["Secular", "SecularAlgebra"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Secular:
    """The function ``sum_k tau**k parts[k]``.

    Parameters
    ----------
    parts : tuple of Harmonics
    """

    parts: tuple[Harmonics, ...]

    def __add__(self, other: Secular) -> Secular:
        long, short = self.parts, other.parts
        if len(long) < len(short):
            long, short = short, long
        total = [x + y for x, y in zip(long, short, strict=False)]
        return Secular((*total, *long[len(short) :]))

    def __sub__(self, other: Secular) -> Secular:
        return self + Secular(tuple(-part for part in other.parts))

    def __mul__(self, other: Secular) -> Secular:
        if not (self.parts and other.parts):
            return Secular(())
        result: list[Any] = [None] * (len(self.parts) + len(other.parts) - 1)
        for i, x in enumerate(self.parts):
            for j, y in enumerate(other.parts):
                known = result[i + j]
                result[i + j] = x * y if known is None else known + x * y
        return Secular(tuple(result))

    def times(self, scalar: Any) -> Secular:
        """Return the product with a coefficient of the ring."""
        return Secular(tuple(part.times(scalar) for part in self.parts))

    def is_zero(self) -> bool:
        """Tell whether the function vanishes."""
        return all(part.is_zero() for part in self.parts)

    def derivative(self) -> Secular:
        """Return the derivative with respect to tau."""
        lowered = Secular(tuple(part.times(k) for k, part in enumerate(self.parts) if k))
        return lowered + Secular(tuple(part.derivative() for part in self.parts))

    def response(self, cosine: Harmonics) -> Secular:
        """Solve ``v'' + v = self`` with ``v(0) = v'(0) = 0``.

        Parameters
        ----------
        cosine : Harmonics
            The function cos(tau).
        """
        sine = -cosine.derivative()
        solved: list[Harmonics] = [cosine.times(0), cosine.times(0)]  # v_k and v_(k+1), from above
        for k in range(len(self.parts) - 1, -1, -1):
            side = self.parts[k] - solved[0].derivative().times(2 * (k + 1))
            side = side - solved[1].times((k + 2) * (k + 1))
            solution, x, y = side.solve_resonance()
            weight = flint.fmpq(1, 2 * (k + 1))
            wave = cosine.times(y * weight) - sine.times(x * weight)
            solved = [solution, solved[0] + wave, *solved[1:]]
        start = solved[1].at_start()
        solved[0] = solved[0] - sine.times(start)
        while len(solved) > 1 and solved[-1].is_zero():
            solved.pop()
        return Secular(tuple(solved))

    def expression(self, tau: sympy.Expr) -> sympy.Expr:
        """Return the function as an expression in the phase."""
        return sympy.Add(
            *(sympy.expand(tau**k * part.expression(tau)) for k, part in enumerate(self.parts))
        )


@final
class SecularAlgebra(Algebra[Secular]):
    """Harmonics times powers of the phase as coefficients of a series.

    Parameters
    ----------
    ring : CosineRing
        The coefficients of the harmonics.
    """

    def __init__(self, ring: CosineRing) -> None:
        self.harmonics = HarmonicAlgebra(ring)

    @property
    def zero(self) -> Secular:
        """The function 0."""
        return Secular(())

    def constant(self, value: sympy.Expr) -> Secular:
        """Return a constant function."""
        return Secular((self.harmonics.constant(value),))

    def scale(self, x: Secular, numerator: int, denominator: int = 1) -> Secular:
        """Return ``x * numerator / denominator``."""
        return x.times(flint.fmpq(numerator, denominator))

    def divide(self, x: Secular, y: Secular) -> Secular:
        """Return the quotient by a constant; anything else is a `NoJetError`."""
        below = self._constant(y)
        return Secular(tuple(self.harmonics.divide(part, below) for part in x.parts))

    def apply(self, function: type[sympy.Function], x: Secular) -> Secular:
        """Return the value at a constant number where it is rational."""
        return Secular((self.harmonics.apply(function, self._constant(x)),))

    def power(self, x: Secular, exponent: sympy.Expr) -> Secular:
        """Return the power of a constant number where it is rational."""
        return Secular((self.harmonics.power(self._constant(x), exponent),))

    def is_zero(self, x: Secular) -> bool:
        """Tell whether the function vanishes."""
        return x.is_zero()

    def _constant(self, x: Secular) -> Harmonics:
        """Return the part without the phase; with it the function counts as no constant."""
        if any(not part.is_zero() for part in x.parts[1:]):
            return self.harmonics.cosine
        return x.parts[0] if x.parts else self.harmonics.zero
