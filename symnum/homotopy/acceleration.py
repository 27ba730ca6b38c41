r"""Diagonal Padé approximants of a series, at the precision that they need.

From the partial sums ``S_n = e_0(n)`` the epsilon table ``e_(k+1)(n) = e_(k-1)(n+1) + 1 /
(e_k(n+1) - e_k(n))`` has the Padé approximants in its even columns. The differences cancel
heavily, so the table is made with more and more digits until two results agree. Where a
difference is zero the table breaks down, and Euclid's algorithm on exact polynomials takes over.
The diagonal approximants do not depend on the convergence-control parameter of a homotopy series.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import Any

import flint
import mpmath

__all__ = ["diagonal_pade", "diagonal_sequence", "pade_polynomials", "steadiest_pade"]

FIRST_DIGITS = 60
SHORT_SERIES = 41  # so many exact terms Euclid's algorithm takes in a fraction of a second
MOST_DIGITS = 8000


def diagonal_pade(terms: Sequence[Fraction], digits: int = 30) -> Any:
    """Return the value of the highest diagonal Padé approximant of ``sum(terms)``.

    Of an even number of terms the last one is not used: the approximant [n/n] takes 2n + 1.

    Parameters
    ----------
    terms : sequence of Fraction
        Exact.
    digits : int
        The number of digits to which the approximant is computed.

    Returns
    -------
    mpmath.mpf
        Of a context of its own with at least 60 digits.

    Examples
    --------
    >>> print(diagonal_pade([Fraction(-2) ** n for n in range(5)]))
    0.333333333333333333333333333333333333333333333333333333333333
    """
    return diagonal_sequence(terms, digits)[-1]


def steadiest_pade(terms: Sequence[float]) -> Any:
    """Return the diagonal approximant that differs least from the one before it.

    Terms in double precision end in rounding errors, and an approximant that has come to
    extrapolate these can be far off; the one where the sequence stands still is not.

    Parameters
    ----------
    terms : sequence of float

    Returns
    -------
    mpmath.mpf
    """
    sequence = diagonal_sequence([Fraction(float(term)) for term in terms])
    changes = [abs(sequence[n] - sequence[n - 1]) for n in range(1, len(sequence))]
    return sequence[changes.index(min(changes)) + 1] if changes else sequence[0]


def diagonal_sequence(terms: Sequence[Fraction], digits: int = 30) -> list[Any]:
    """Return the diagonal approximants [0/0], [1/1], [2/2], ... of ``sum(terms)``.

    Where the table breaks down, those before and the last one.

    Parameters
    ----------
    terms : sequence of Fraction
        Exact.
    digits : int
        The number of digits to which they are computed.

    Returns
    -------
    list of mpmath.mpf
    """
    exact = _deflated([Fraction(term) for term in terms])
    used = exact[: len(exact) - 1 + len(exact) % 2]
    precision = FIRST_DIGITS
    previous: list[Any] = []
    while precision <= MOST_DIGITS:
        following, complete = _epsilon(used, precision)
        if not complete and (len(used) <= SHORT_SERIES or not all(used[1:])):
            return [*following, _euclid(used)]
        if complete and len(previous) == len(following):
            pairs = zip(previous, following, strict=True)
            if all(abs(b - a) <= abs(b) * b.context.mpf(10) ** -digits for a, b in pairs):
                return following
        precision, previous = 2 * precision, following
    return [*previous, _euclid(used)]


def _deflated(terms: list[Fraction]) -> list[Fraction]:
    """Drop the zeros of a series in a power of the variable, such as an even one."""
    step = gcd(*(n for n, term in enumerate(terms) if term))
    return terms[::step] if step > 1 else terms


def _epsilon(terms: Sequence[Fraction], digits: int) -> tuple[list[Any], bool]:
    """Return the first entries of the even columns, and whether the table is complete."""
    context = mpmath.mp.clone()
    context.dps = digits
    total, column = Fraction(0), []
    for term in terms:
        total += term
        column.append(context.mpf(total.numerator) / total.denominator)
    older = [context.mpf(0)] * (len(column) + 1)
    diagonal, lost = [column[0]], context.mpf(10) ** (10 - digits)
    while len(column) > 1:
        differences = [column[n + 1] - column[n] for n in range(len(column) - 1)]
        for left, right, difference in zip(column, column[1:], differences, strict=False):
            # Digits that are all lost look like a zero and may be one: more of them will tell.
            if abs(difference) <= max(abs(left), abs(right)) * lost:
                return diagonal, False
        newer = [older[n + 1] + 1 / differences[n] for n in range(len(differences))]
        older, column = column, newer
        if (len(terms) - len(column)) % 2 == 0:
            diagonal.append(column[0])
    return diagonal, True


def pade_polynomials(terms: Sequence[Fraction]) -> tuple[Any, Any]:
    """Return numerator and denominator of the diagonal Padé approximant of ``sum(terms[n] x**n)``.

    The remainders r and cofactors t of ``x**(2n+1)`` and the series satisfy ``r = t series`` up to
    order 2n; the first remainder of degree at most n is the numerator. That holds whatever
    vanishes on the way.

    Parameters
    ----------
    terms : sequence of Fraction
        Of an even number of terms the last one is not used.

    Returns
    -------
    numerator, denominator : flint.fmpq_poly
        With the value of the series at x = 0 where the denominator does not vanish there.
    """
    used = terms[: len(terms) - 1 + len(terms) % 2]
    half = len(used) // 2
    above = flint.fmpq_poly([0] * len(used) + [1])
    rest = flint.fmpq_poly([flint.fmpq(term.numerator, term.denominator) for term in used])
    cofactor_above, cofactor = flint.fmpq_poly([0]), flint.fmpq_poly([1])
    while rest.degree() > half:
        quotient, following = divmod(above, rest)
        above, rest = rest, following
        cofactor_above, cofactor = cofactor, cofactor_above - quotient * cofactor
    constant = cofactor(flint.fmpq(0))
    if constant != 0:
        rest, cofactor = rest / constant, cofactor / constant
    return rest, cofactor


def _euclid(terms: Sequence[Fraction]) -> Any:
    """Return the approximant at x = 1 where the table breaks down."""
    context = mpmath.mp.clone()
    context.dps = FIRST_DIGITS
    numerator, denominator = pade_polynomials(terms)
    at_one = denominator(flint.fmpq(1))
    if at_one == 0:
        return context.inf
    value = numerator(flint.fmpq(1)) / at_one
    return context.mpf(int(value.p)) / int(value.q)
