"""What the laws of powers and of special functions need of a normal form."""

from __future__ import annotations

from typing import Any, Protocol

from flint import fmpq_mpoly
from sympy import Expr, Rational

from symnum.derivation.provers.field import Field, Quotient, TooLargeError
from symnum.derivation.provers.setting import Setting

__all__ = ["Form", "factors_of"]

_MOST_DEGREE = 400


class Form(Protocol):
    """What the laws need of a normal form: generators, signs, and a place to note kinks."""

    field: Field
    setting: Setting

    def convert(self, expr: Expr) -> Quotient:
        """Return an expression as a quotient."""

    def polynomial_sign(self, polynomial: fmpq_mpoly) -> frozenset[int]:
        """Return the signs that a polynomial in the generators may take."""

    def fraction_of(self, key: Any, ratio: Rational) -> Rational:
        """Return the index of the root that stands for a key, once it suits `ratio`."""

    def note_kink(self, expr: Expr) -> None:
        """Remember an expression whose sign would have to be known."""

    def note_jump(self, expr: Expr) -> None:
        """Remember an expression whose zero is a place of discontinuity."""


def factors_of(value: Quotient) -> tuple[Rational, list[tuple[fmpq_mpoly, int]]]:
    """Return the constant and the irreducible factors, negative multiplicity below the line.

    Raises
    ------
    TooLargeError
    """
    for part in (value.numerator, value.denominator):
        if len(part) > 1 and max(part.degrees()) > _MOST_DEGREE:
            raise TooLargeError("factors of a polynomial of high degree")
    constant, upper = value.numerator.factor()
    below, lower = value.denominator.factor()
    ratio = constant / below
    factors = [(base, int(count)) for base, count in upper]
    factors += [(base, -int(count)) for base, count in lower]
    return Rational(int(ratio.p), int(ratio.q)), factors
