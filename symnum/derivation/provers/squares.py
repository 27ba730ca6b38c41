r"""Nonnegative polynomials: sums of squares by a Gram matrix, and weighted arithmetic means.

A polynomial is a sum of squares if it is ``m^T G m`` with monomials m and a positive semidefinite
matrix G; G is found where the products of the monomials determine it, and certified by an exact
``L D L^T``. For nonnegative variables

.. math:: \lambda_1 x^{a_1} + ... + \lambda_k x^{a_k} \ge x^{\lambda_1 a_1 + ...}, \qquad
          \lambda_i \ge 0, \quad \sum \lambda_i = 1,

so a negative term is paid for by positive ones around it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Poly, Rational

__all__ = ["by_means", "by_squares"]

_MOST_MONOMIALS = 24
_MOST_TERMS = 60

Monomial = tuple[int, ...]


def by_squares(poly: Poly) -> str | None:
    """Return how a polynomial is a sum of squares, None where that was not found.

    Parameters
    ----------
    poly : sympy.Poly
        Rational coefficients; the variables may be any real numbers.

    Returns
    -------
    str or None
    """
    terms = {monomial: Fraction(int(c.p), int(c.q)) for monomial, c in _rational_terms(poly)}
    if not terms or len(terms) > _MOST_TERMS:
        return None
    basis = _basis(terms)
    if basis is None or len(basis) > _MOST_MONOMIALS:
        return None
    gram = _gram(terms, basis)
    if gram is None:
        return None
    rank = _rank_if_semidefinite(gram)
    return (
        None if rank is None else f"sum of {rank} squares of combinations of {len(basis)} monomials"
    )


def _rational_terms(poly: Poly) -> list[tuple[Monomial, Rational]]:
    return [(monomial, Rational(value)) for monomial, value in poly.terms()]


def _basis(terms: dict[Monomial, Fraction]) -> list[Monomial] | None:
    """Return the monomials whose squares can occur, pruned until nothing changes.

    A monomial whose square neither occurs with a positive coefficient nor is the product of two
    other monomials has a zero on the diagonal of every Gram matrix, so it cannot occur at all.
    """
    size = len(next(iter(terms)))
    highest = [max(monomial[place] for monomial in terms) // 2 for place in range(size)]
    lowest = [-(-min(monomial[place] for monomial in terms) // 2) for place in range(size)]
    degrees = [sum(monomial) for monomial in terms]
    count = 1
    for low, high in zip(lowest, highest, strict=True):
        count *= max(high - low + 1, 0)
    if not 0 < count <= 4000:
        return None
    basis = [
        monomial
        for monomial in _lattice(lowest, highest)
        if min(degrees) <= 2 * sum(monomial) <= max(degrees)
    ]
    if len(basis) > 200:
        return None
    while True:
        products = {
            _sum(left, right) for place, left in enumerate(basis) for right in basis[place + 1 :]
        }
        kept = [
            monomial
            for monomial in basis
            if terms.get(_sum(monomial, monomial), 0) > 0 or _sum(monomial, monomial) in products
        ]
        if len(kept) == len(basis):
            return kept
        basis = kept


def _lattice(lowest: list[int], highest: list[int]) -> list[Monomial]:
    points: list[Monomial] = [()]
    for low, high in zip(lowest, highest, strict=True):
        points = [(*point, value) for point in points for value in range(low, high + 1)]
    return points


def _sum(left: Monomial, right: Monomial) -> Monomial:
    return tuple(a + b for a, b in zip(left, right, strict=True))


def _gram(terms: dict[Monomial, Fraction], basis: list[Monomial]) -> list[list[Fraction]] | None:
    """Return the Gram matrix, where several entries may share a term the evenly spread one."""
    places: dict[Monomial, list[tuple[int, int]]] = {}
    for i, left in enumerate(basis):
        for j in range(i, len(basis)):
            places.setdefault(_sum(left, basis[j]), []).append((i, j))
    if any(monomial not in places for monomial in terms):
        return None
    gram = [[Fraction(0)] * len(basis) for _ in basis]
    for monomial, entries in places.items():
        value = terms.get(monomial, Fraction(0))
        diagonal = [(i, j) for i, j in entries if i == j]
        # A positive term goes to the diagonal, where it helps; others are spread evenly.
        chosen = diagonal if value > 0 and diagonal else [e for e in entries if e[0] != e[1]]
        if value == 0:
            continue
        if not chosen:
            chosen = diagonal
        for i, j in chosen:
            share = value / len(chosen)
            if i == j:
                gram[i][i] += share
            else:
                gram[i][j] += share / 2
                gram[j][i] += share / 2
    return gram


def _rank_if_semidefinite(matrix: list[list[Fraction]]) -> int | None:
    """Return the rank of a positive semidefinite matrix by exact elimination, else None."""
    rows = [list(row) for row in matrix]
    size, rank = len(rows), 0
    for pivot in range(size):
        value = rows[pivot][pivot]
        if value < 0:
            return None
        if value == 0:
            if any(rows[pivot][j] != 0 for j in range(pivot, size)):
                return None
            continue
        rank += 1
        for i in range(pivot + 1, size):
            factor = rows[i][pivot] / value
            if factor:
                for j in range(pivot, size):
                    rows[i][j] -= factor * rows[pivot][j]
    return rank


def by_means(poly: Poly) -> str | None:
    """Return how weighted means pay for the negative terms of a polynomial, None if they do not.

    Parameters
    ----------
    poly : sympy.Poly
        Rational coefficients; the variables are nonnegative.

    Returns
    -------
    str or None
    """
    terms = _rational_terms(poly)
    positive = [(monomial, value) for monomial, value in terms if value > 0]
    negative = [(monomial, value) for monomial, value in terms if value < 0]
    if not positive or len(terms) > _MOST_TERMS:
        return None
    if not negative:
        return "no negative coefficient"
    if len(negative) == 1 and len(positive) <= len(poly.gens) + 1:
        verdict = _by_one_mean(positive, negative[0])
        if verdict is not None:
            return verdict
    return _by_even_means(positive, negative)


def _by_one_mean(
    positive: list[tuple[Monomial, Rational]], negative: tuple[Monomial, Rational]
) -> str | None:
    """Compare a negative term with the geometric mean of positive ones, coefficients included.

    ``sum c_i x**a_i >= prod (c_i/l_i)**l_i x**b`` with the weights l_i that give the exponent b.
    """
    weights = _solved_weights([monomial for monomial, _ in positive], negative[0])
    if weights is None or any(weight < 0 for weight in weights):
        return None
    bound, scale = Fraction(1), 1
    for weight in weights:
        scale = scale * weight.denominator // np.gcd(scale, weight.denominator)
    for (_, value), weight in zip(positive, weights, strict=True):
        if weight:
            ratio = Fraction(int(value.p), int(value.q)) / weight
            bound *= ratio ** int(weight * scale)
    size = Fraction(int(-negative[1].p), int(negative[1].q)) ** int(scale)
    return "weighted arithmetic and geometric mean" if size <= bound else None


def _solved_weights(points: list[Monomial], target: Monomial) -> list[Fraction] | None:
    """Return the weights of sum one with which the points average to the target."""
    rows = [[Fraction(point[place]) for point in points] for place in range(len(target))]
    rows.append([Fraction(1)] * len(points))
    right = [*(Fraction(value) for value in target), Fraction(1)]
    return _solve(rows, right)


def _solve(rows: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """Solve a linear system exactly; None without a solution or with more than one."""
    table = [[*row, value] for row, value in zip(rows, right, strict=True)]
    width = len(rows[0])
    pivots: list[int] = []
    for column in range(width):
        place = next((i for i in range(len(pivots), len(table)) if table[i][column]), None)
        if place is None:
            return None
        top = len(pivots)
        table[top], table[place] = table[place], table[top]
        lead = table[top][column]
        table[top] = [value / lead for value in table[top]]
        for i, row in enumerate(table):
            if i != top and row[column]:
                factor = row[column]
                table[i] = [a - factor * b for a, b in zip(row, table[top], strict=True)]
        pivots.append(column)
    if any(row[-1] for row in table[width:]):
        return None
    return [table[i][-1] for i in range(width)]


def _by_even_means(
    positive: list[tuple[Monomial, Rational]], negative: list[tuple[Monomial, Rational]]
) -> str | None:
    """Share the positive coefficients among the negative terms by a linear program.

    Unknown is how much of each positive term pays for each negative one; exponents and amounts
    have to balance exactly. The solution is rounded to fractions and checked again.
    """
    from scipy.optimize import linprog

    count, needs = len(positive), len(negative)
    equations: list[list[float]] = []
    values: list[float] = []
    for j, (monomial, value) in enumerate(negative):
        for place in range(len(monomial)):
            row = [0.0] * (count * needs)
            for i, (other, _) in enumerate(positive):
                row[j * count + i] = float(other[place])
            equations.append(row)
            values.append(float(-value) * monomial[place])
        row = [0.0] * (count * needs)
        row[j * count : (j + 1) * count] = [1.0] * count
        equations.append(row)
        values.append(float(-value))
    limits = np.tile(np.eye(count), (1, needs))
    found = linprog(
        np.zeros(count * needs),
        A_ub=limits,
        b_ub=[float(value) for _, value in positive],
        A_eq=np.array(equations),
        b_eq=np.array(values),
        method="highs",
    )
    if not found.success or found.x is None:
        return None
    shares = [Fraction(float(share)).limit_denominator(10_000) for share in found.x]
    return "arithmetic and geometric means" if _balances(positive, negative, shares) else None


def _balances(
    positive: list[tuple[Monomial, Rational]],
    negative: list[tuple[Monomial, Rational]],
    shares: list[Fraction],
) -> bool:
    count = len(positive)
    if any(share < 0 for share in shares):
        return False
    for i, (_, value) in enumerate(positive):
        spent: Any = sum(shares[i::count], Fraction(0))
        if spent > Fraction(int(value.p), int(value.q)):
            return False
    for j, (monomial, value) in enumerate(negative):
        part = shares[j * count : (j + 1) * count]
        size = Fraction(int(-value.p), int(value.q))
        if sum(part, Fraction(0)) != size:
            return False
        for place, exponent in enumerate(monomial):
            paid = sum(
                (share * other[place] for share, (other, _) in zip(part, positive, strict=True)),
                Fraction(0),
            )
            if paid != size * exponent:
                return False
    return True
