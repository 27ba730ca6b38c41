"""The minimal polynomial of a matrix of polynomials, in factors.

The characteristic polynomial is that of the diagonal blocks of the finest block triangular form.
Which powers of its factors are needed is guessed from the matrix at a random point of a finite
field, and then proved: the polynomial of the matrix is zero.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, final

import flint

from symnum.matexp.symbolic.coefficient_rings import CoefficientRing, Polynomial
from symnum.matexp.symbolic.polynomial_matrices import PolynomialMatrix, cyclic_blocks, evaluated

__all__ = ["Annihilator", "Factor", "generic_rank", "minimal_annihilator"]

DRAWS = 6
MOST_PRIMES = 400
PRIME_BITS = 61


@final
@dataclass(frozen=True, slots=True)
class Factor:
    """An irreducible factor, monic in s, and its power.

    Attributes
    ----------
    coefficients : tuple of Polynomial
        The constant one first.
    """

    coefficients: tuple[Polynomial, ...]
    power: int

    @property
    def degree(self) -> int:
        """The degree in s."""
        return len(self.coefficients) - 1


@final
@dataclass(frozen=True)
class Annihilator:
    """A monic polynomial of which a matrix is a root, as the product of its factors."""

    ring: CoefficientRing
    factors: tuple[Factor, ...]

    @property
    def degree(self) -> int:
        """The degree in s."""
        return sum(factor.degree * factor.power for factor in self.factors)

    @cached_property
    def coefficients(self) -> tuple[Polynomial, ...]:
        """The coefficients of the product, the constant one first."""
        ring = self.ring
        total = ring.one
        for factor in self.factors:
            total = ring.reduced(total * _in_variable(ring, factor) ** factor.power)
        return tuple(ring.coefficients(total))


def _in_variable(ring: CoefficientRing, factor: Factor) -> Polynomial:
    terms = (c * ring.variable**k for k, c in enumerate(factor.coefficients))
    return sum(terms, ring.zero)


def minimal_annihilator(matrix: PolynomialMatrix) -> Annihilator:
    """Return the minimal polynomial for generic values of the symbols.

    Where even a proof for lower powers fails, the characteristic polynomial is returned.
    """
    ring = matrix.ring
    found: list[tuple[Polynomial, int]] = []
    for indices in cyclic_blocks(matrix):
        block = matrix.block(indices)
        for factor, power in ring.factors(block.characteristic_polynomial()):
            place = next((k for k, (q, _) in enumerate(found) if q == factor), len(found))
            before = found[place][1] if place < len(found) else 0
            found[place : place + 1] = [(factor, before + power)]
    factors = tuple(Factor(tuple(ring.coefficients(q)), power) for q, power in found)
    whole = Annihilator(ring, factors)
    if all(factor.power == 1 for factor in factors):
        return whole
    generator = random.Random(0)
    for _ in range(DRAWS):
        guess = _guessed(whole, matrix, generator)
        if guess is None or guess.degree == whole.degree:
            return whole
        if evaluated(guess.coefficients, matrix).is_zero:
            return guess
    return whole


def generic_rank(ring: CoefficientRing, rows: list[list[Polynomial]]) -> int:
    """Return the rank at a random point, at most that of the matrix; 0 if there is no point."""
    point = _point(ring, random.Random(0))
    if point is None:
        return 0
    prime, values = point
    entries = [_at(entry, values, prime) for row in rows for entry in row]
    return int(flint.nmod_mat(len(rows), len(rows[0]), entries, prime).rank())


def _guessed(
    whole: Annihilator, matrix: PolynomialMatrix, generator: random.Random
) -> Annihilator | None:
    point = _point(whole.ring, generator)
    if point is None:
        return None
    prime, values = point
    entries = [_at(entry, values, prime) for row in matrix.rows for entry in row]
    least = flint.nmod_mat(matrix.size, matrix.size, entries, prime).minpoly()
    factors = []
    for factor in whole.factors:
        special = flint.nmod_poly([_at(c, values, prime) for c in factor.coefficients], prime)
        power = 0
        while power < factor.power and not divmod(least, special)[1]:
            least, power = least // special, power + 1
        factors.append(Factor(factor.coefficients, max(power, 1)))
    return Annihilator(whole.ring, tuple(factors))


def _point(ring: CoefficientRing, generator: random.Random) -> tuple[int, list[int]] | None:
    """Return a prime and values of the generators modulo it that obey all relations."""
    for _ in range(MOST_PRIMES):
        prime = _prime(generator)
        values = [generator.randrange(1, prime) for _ in ring.generators]
        relations = {place: relation for place, _, relation in ring.relations}
        for place in reversed(range(len(values))):
            if place in relations:
                root = _root(relations[place], place, values, prime)
                if root is None:
                    break
                values[place] = root
        else:
            return prime, values
    return None


def _prime(generator: random.Random) -> int:
    while True:
        number = generator.getrandbits(PRIME_BITS) | 1
        if flint.fmpz(number).is_prime():
            return number


def _root(relation: Polynomial, place: int, values: list[int], prime: int) -> int | None:
    coefficients: dict[int, int] = {}
    for powers, number in relation.to_dict().items():
        rest = (pow(values[k], int(p), prime) for k, p in enumerate(powers) if k != place and p)
        term = _residue(number, prime) * prod(rest) % prime
        coefficients[int(powers[place])] = coefficients.get(int(powers[place]), 0) + term
    dense = [coefficients.get(k, 0) % prime for k in range(max(coefficients) + 1)]
    for factor, _ in flint.nmod_poly(dense, prime).factor()[1]:
        if factor.degree() == 1:
            return int(-factor[0] / factor[1])
    return None


def _at(polynomial: Polynomial, values: list[int], prime: int) -> int:
    total = 0
    for powers, number in polynomial.to_dict().items():
        term = _residue(number, prime)
        for k, power in enumerate(powers):
            if power:
                term = term * pow(values[k], int(power), prime) % prime
        total += term
    return total % prime


def _residue(number: Any, prime: int) -> int:
    return int(number.p) * pow(int(number.q), -1, prime) % prime
