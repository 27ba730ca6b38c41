"""Expressions as quotients of polynomials over a common denominator that stays in factors.

Sums are brought over the least product of denominators that serves all terms; nothing is cancelled,
so that an expression of thousands of terms is one sparse product after the other (FLINT).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import sympy
from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx
from sympy import Expr, Rational, S, Symbol

from symnum.derivation.provers.atoms import Atom, Atoms, factors_of_power
from symnum.derivation.provers.field import TooLargeError

__all__ = ["RationalForms"]

_MOST_TERMS = 400_000
_MOST_WORK = 30_000_000
_MOST_FOR_FACTORS = 60


@final
@dataclass(frozen=True, slots=True)
class Fraction:
    """A polynomial over a product of powers of the denominators that a form knows."""

    top: fmpq_mpoly
    below: dict[int, int]


@final
class RationalForms:
    """The conversion of expressions to fractions in common atoms.

    Parameters
    ----------
    atoms : Atoms
        Those of all expressions to come.
    """

    __slots__ = ("_below", "_memory", "_places", "_reducing", "_work", "atoms", "ring", "variables")

    def __init__(self, atoms: Atoms) -> None:
        self.atoms = atoms
        names = [f"g{place}" for place in range(max(len(atoms.table), 1))]
        self.ring = fmpq_mpoly_ctx.get(names, Ordering.degrevlex)
        self.variables = self.ring.gens()
        self._memory: dict[Expr, Fraction] = {}
        self._below: list[fmpq_mpoly] = []
        self._places: dict[Any, int] = {}
        self._reducing: list[tuple[Atom, Fraction]] = []
        self._work = 0
        self._reducing = [self._relation(a) for a in reversed(atoms.table.values()) if a.relation]

    @property
    def denominators(self) -> list[fmpq_mpoly]:
        """The factors of the denominators met so far."""
        return self._below

    def gap(self, lhs: Expr, rhs: Expr) -> fmpq_mpoly:
        """Return a polynomial that vanishes where two sides agree, reduced by the relations.

        Raises
        ------
        TooLargeError
            A product would be too large.
        ZeroDivisionError
            A denominator vanishes identically.
        """
        right = self.convert(rhs)
        difference = self._sum([self.convert(lhs), Fraction(-right.top, right.below)])
        return self._reduced(difference.top, exactly=False)

    def convert(self, expr: Expr) -> Fraction:
        """Return an expression as a fraction."""
        known = self._memory.get(expr)
        if known is None:
            known = self._memory[expr] = self._converted(expr)
        return known

    def _converted(self, expr: Expr) -> Fraction:
        if isinstance(expr, Symbol):
            return self._variable(("symbol", expr))
        if isinstance(expr, Rational):
            return self._number(expr)
        if isinstance(expr, sympy.Add):
            return self._sum([self.convert(term) for term in expr.args])
        if isinstance(expr, sympy.Mul):
            value = self._number(S.One)
            for factor in expr.args:
                value = self._times(value, self.convert(factor))
            return value
        if isinstance(expr, sympy.Pow | sympy.exp):
            return self._power(expr)
        if expr is S.ImaginaryUnit:
            return self._variable(("root", S.NegativeOne))
        return self._variable(("node", expr))

    def _variable(self, key: Any) -> Fraction:
        return Fraction(self.variables[self.atoms.table[key].place], {})

    def _number(self, value: Rational) -> Fraction:
        return Fraction(self.ring.constant(fmpq(int(value.p), int(value.q))), {})

    def _power(self, expr: Expr) -> Fraction:
        value = self._number(S.One)
        for base, part, ratio in factors_of_power(expr):
            if part == 1 and ratio.is_Integer:
                factor = self._raised(self.convert(base), int(ratio))
            else:
                key = ("root", base) if part == 1 else ("power", base, part)
                exponent = ratio * self.atoms.table[key].index
                factor = self._raised(self._variable(key), int(exponent))
            value = self._times(value, factor)
        return value

    def _times(self, left: Fraction, right: Fraction) -> Fraction:
        below = dict(left.below)
        for place, count in right.below.items():
            below[place] = below.get(place, 0) + count
        return Fraction(self._product(left.top, right.top), below)

    def _sum(self, terms: list[Fraction]) -> Fraction:
        below: dict[int, int] = {}
        for term in terms:
            for place, count in term.below.items():
                below[place] = max(below.get(place, 0), count)
        total = self.ring.constant(0)
        for term in terms:
            top = term.top
            for place, count in below.items():
                for _ in range(count - term.below.get(place, 0)):
                    top = self._product(top, self._below[place])
            total += top
        return Fraction(total, below)

    def _raised(self, value: Fraction, exponent: int) -> Fraction:
        if exponent < 0:
            return self._raised(self._inverse(value), -exponent)
        if exponent > 10_000:
            raise TooLargeError("a huge exponent")
        self._expect(_size_of_power(len(value.top), exponent))
        below = {place: count * exponent for place, count in value.below.items()}
        return Fraction(self._reduced(value.top**exponent), below)

    def _inverse(self, value: Fraction) -> Fraction:
        top = self.ring.constant(1)
        for place, count in value.below.items():
            for _ in range(count):
                top = self._product(top, self._below[place])
        if self._reduced(value.top, exactly=False) == 0:
            raise ZeroDivisionError("a denominator vanishes identically")
        constant, factors = fmpq(1), [(value.top, 1)]
        if len(value.top) <= _MOST_FOR_FACTORS and max(value.top.degrees()) <= _MOST_FOR_FACTORS:
            constant, factors = value.top.factor()
        below: dict[int, int] = {}
        for factor, count in factors:
            lead = factor.leading_coefficient()
            constant *= lead ** int(count)
            if not factor.is_constant():
                place = self._place_of(factor / lead)
                below[place] = below.get(place, 0) + int(count)
        return Fraction(top / constant, below)

    def _place_of(self, polynomial: fmpq_mpoly) -> int:
        """Return the number of a denominator whose leading coefficient is 1."""
        key = (len(polynomial), str(polynomial))
        if key not in self._places:
            self._places[key] = len(self._below)
            self._below.append(polynomial)
        return self._places[key]

    def _product(self, left: fmpq_mpoly, right: fmpq_mpoly) -> fmpq_mpoly:
        self._expect(len(left) * len(right))
        result = self._reduced(left * right)
        if len(result) > _MOST_TERMS:
            raise TooLargeError("a product of polynomials")
        return result

    def _expect(self, size: int) -> None:
        self._work += size
        if self._work > _MOST_WORK:
            raise TooLargeError("a product of polynomials")

    def _relation(self, atom: Atom) -> tuple[Atom, Fraction]:
        """Return an atom with what replaces its power."""
        value = self.convert(atom.base)
        if atom.relation == "root":
            return atom, value
        one = self.ring.constant(1)
        square = value.top * value.top
        return atom, Fraction(one - square if atom.relation == "circular" else one + square, {})

    def _reduced(self, polynomial: fmpq_mpoly, *, exactly: bool = True) -> fmpq_mpoly:
        """Put in the relations; those with a denominator only where a factor does not matter."""
        for atom, value in self._reducing:
            degree = atom.index if atom.relation == "root" else 2
            if exactly and value.below:
                continue
            if polynomial != 0 and polynomial.degrees()[atom.place] >= degree:
                polynomial = self._replaced(polynomial, atom.place, degree, value)
        return polynomial

    def _replaced(
        self, polynomial: fmpq_mpoly, place: int, degree: int, value: Fraction
    ) -> fmpq_mpoly:
        parts: dict[int, dict[tuple[int, ...], Any]] = {}
        for monomial, number in polynomial.terms():
            power, rest = divmod(int(monomial[place]), degree)
            kept = (*monomial[:place], rest, *monomial[place + 1 :])
            parts.setdefault(power, {})[kept] = number
        below = self.ring.constant(1)
        for factor, count in value.below.items():
            below *= self._below[factor] ** count
        highest, total = max(parts), self.ring.constant(0)
        for power, terms in parts.items():
            for part, times in ((value.top, power), (below, highest - power)):
                self._expect(_size_of_power(len(part), times))
            total += self.ring.from_dict(terms) * value.top**power * below ** (highest - power)
        if polynomial_degree(total, place) >= degree:
            return self._replaced(total, place, degree, value)
        return total


def polynomial_degree(polynomial: fmpq_mpoly, place: int) -> int:
    """Return the degree of a polynomial in one variable, -1 for zero."""
    return -1 if polynomial == 0 else int(polynomial.degrees()[place])


def _size_of_power(terms: int, exponent: int) -> int:
    """Return a bound of the number of terms of a power."""
    if terms <= 1 or exponent == 0:
        return 1
    return int(sympy.binomial(terms + exponent - 1, exponent)) if exponent < 400 else 10**9
