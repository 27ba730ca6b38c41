"""The parts of closed forms of exp(tA): terms, centres of quadratic factors, Stumpff's functions.

A = N/delta with N a matrix of polynomials. A form is a sum of scalar functions of t times matrices;
the slopes of the functions are combinations of the functions again, so that X' = AX is algebra.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import flint
import sympy
from flint.utils.flint_exceptions import DomainError
from sympy import Expr, factorial

from symnum.matexp.symbolic.coefficient_rings import CoefficientRing, Polynomial
from symnum.matexp.symbolic.entire_functions import Stumpff
from symnum.matexp.symbolic.minimal_polynomials import Annihilator
from symnum.matexp.symbolic.polynomial_matrices import PolynomialMatrix

__all__ = [
    "HALF",
    "Centre",
    "Fold",
    "Form",
    "Problem",
    "Term",
    "Wave",
    "centres_of",
    "explicit_term",
    "stumpff_term",
]

Wave: TypeAlias = tuple[Expr, tuple[Polynomial, Expr] | None]

HALF = flint.fmpq(1, 2)


@dataclass(frozen=True, slots=True)
class Term:
    """A scalar function of t times a matrix of fractions.

    Attributes
    ----------
    function : Expr
    matrix : PolynomialMatrix
    below : Polynomial
        The denominator of the matrix, but for a power of delta.
    order : int
        That power; function / delta^order is the function of t/delta that belongs to N.
    slope : tuple of (int, Polynomial)
        Its derivative by t/delta in terms of those functions: place and factor.
    wave : tuple of Polynomial and Expr, or None
        A polynomial r and a function f with `function` = delta^order f/r: where r divides an
        entry, it is written so.
    fold : Fold or None
        How it joins another term in entries where its matrix is a multiple of that of the other.
    """

    function: Expr
    matrix: PolynomialMatrix
    below: Polynomial
    order: int
    slope: tuple[tuple[int, Polynomial], ...]
    wave: tuple[Polynomial, Expr] | None = None
    fold: Fold | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """How a term joins one before it: t^j/j! + D t^(j+2) c_(j+2)(-D t^2) = t^j c_j(-D t^2).

    Attributes
    ----------
    place : int
        That of the other term.
    square : Polynomial
        D: where the entry of this term is D times that of the other, both are one.
    function : Expr
    wave : tuple of Polynomial and Expr, or None
        Of both together, as for `Term`.
    """

    place: int
    square: Polynomial
    function: Expr
    wave: tuple[Polynomial, Expr] | None


@dataclass(frozen=True, slots=True)
class Form:
    """exp(tA) as a sum of terms.

    Attributes
    ----------
    terms : tuple of Term
    degenerate : tuple of Polynomial
        What must not vanish.
    family : str
        Which law it is an instance of.
    """

    terms: tuple[Term, ...]
    degenerate: tuple[Polynomial, ...] = ()
    family: str = ""


@dataclass(frozen=True)
class Problem:
    """A = N/delta, a polynomial with m(N) = 0, and t."""

    matrix: PolynomialMatrix
    delta: Polynomial
    annihilator: Annihilator
    t: Expr

    @property
    def ring(self) -> CoefficientRing:
        """The ring of all entries."""
        return self.matrix.ring

    def rate(self, value: Polynomial) -> Expr:
        """Return an eigenvalue of A for one of N."""
        return self.ring.quotient(value, self.delta)

    def identity(self) -> PolynomialMatrix:
        """Return the identity of the size of A."""
        return PolynomialMatrix.scalar(self.ring, self.matrix.size, self.ring.one)


@dataclass(frozen=True, slots=True)
class Centre:
    """A factor as (s - a)^2 - D, or s - a.

    Attributes
    ----------
    a : Polynomial
    square : Polynomial or None
        D.
    power : int
    """

    a: Polynomial
    square: Polynomial | None
    power: int


def centres_of(annihilator: Annihilator) -> list[Centre] | None:
    """Return the factors of degree 1 and 2 by their centres, None if there are others."""
    ring, rows = annihilator.ring, []
    for factor in annihilator.factors:
        if factor.degree > 2:
            return None
        if factor.degree == 1:
            rows.append(Centre(-factor.coefficients[0], None, factor.power))
            continue
        constant, linear, _ = factor.coefficients
        a = linear * flint.fmpq(-1, 2)
        rows.append(Centre(a, ring.reduced(a * a - constant), factor.power))
    return rows


def stumpff_term(problem: Problem, square: Polynomial, k: int) -> Wave:
    """Return t^k c_k(-D t^2), and with D = -r^2 how it is written where r^k divides."""
    t, ring = problem.t, problem.ring
    rate = ring.quotient(square, problem.delta**2)
    if rate.is_number:
        return explicit_term(rate, t, k), None
    function = t**k * Stumpff(k, -rate * t**2)
    root = _square_root(-square)
    if root is None or k > 2:
        return function, None
    angle = problem.rate(root) * t
    written = (sympy.cos(angle), sympy.sin(angle), 1 - sympy.cos(angle))[k]
    return function, (root**k, written)


def explicit_term(rate: Expr, t: Expr, k: int) -> Expr:
    """Return t^k c_k(-D t^2) for a number D that is not zero."""
    root = sympy.sqrt(rate)
    if k == 0:
        return sympy.cosh(root * t)
    if k == 1:
        return sympy.sinh(root * t) / root
    return (explicit_term(rate, t, k - 2) - t ** (k - 2) / factorial(k - 2)) / rate


def _square_root(polynomial: Polynomial) -> Polynomial | None:
    try:
        return polynomial.sqrt()
    except DomainError:
        return None
