"""Singular roots of two polynomials, proved where nothing in balls can prove them.

Where (x, y) is a common root, x is a root of the resultant in x and y of that in y. If both have a
single root in a box, the box holds one common root at most; whether it is one is decided by exact
substitution.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import Any

import sympy as sp
from flint import arb, ctx, fmpq

from symnum.reference import enclose
from symnum.rootfinding.boxes.polynomial_roots import integer_polynomial, real_roots_between
from symnum.rootfinding.factors import simple_numbers
from symnum.rootfinding.systems.singular import vanish_exactly

__all__ = ["exact_point", "singular_roots"]

#: Resultants of a higher degree take too long.
HIGHEST_DEGREE = 36

#: Digits of the balls around irrational coordinates.
DIGITS = 40


def singular_roots(
    functions: Sequence[sp.Expr],
    unknowns: Sequence[sp.Symbol],
    low: Sequence[float],
    high: Sequence[float],
) -> list[tuple[arb, ...]] | None:
    """Return the only common root of two polynomials in a box, or that there is none.

    Parameters
    ----------
    functions, unknowns : sequence
        Two functions of two unknowns.
    low, high : sequence of float
        The corners of the box.

    Returns
    -------
    list of tuple of arb, or None
        No root or one; None where that is not proved, other kinds of functions included.

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> singular_roots([x**2 + y**2 - 1, y - 1], [x, y], [-0.1, 0.9], [0.1, 1.1])
    [(0, 1.00000000000000)]
    """
    eliminants = _eliminants(tuple(functions), tuple(unknowns))
    if eliminants is None:
        return None
    coordinates = []
    for eliminant, first, last in zip(eliminants, low, high, strict=True):
        found = real_roots_between(eliminant, sp.Rational(first), sp.Rational(last))
        if found is None or len(found) > 1:
            return None
        if not found:
            return []
        coordinates.append(found[0][0])
    numbers = exact_point(functions, unknowns, coordinates)
    return None if numbers is None else [tuple(map(_ball, numbers))]


def exact_point(
    functions: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol], sides: Sequence[arb]
) -> tuple[sp.Expr, ...] | None:
    """Return numbers of a simple form in narrow balls at which functions are exactly zero.

    Parameters
    ----------
    functions, unknowns : sequence
        The functions and their variables.
    sides : sequence of arb
        One ball for each unknown.

    Returns
    -------
    tuple of Expr, or None

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> exact_point([x**2 - 2, x - y], [x, y], [arb(2).sqrt(), arb(2).sqrt()])
    (sqrt(2), sqrt(2))
    """
    for numbers in product(*(list(simple_numbers(side)) for side in sides)):
        if vanish_exactly(functions, unknowns, numbers):
            return tuple(numbers)
    return None


@lru_cache(maxsize=32)
def _eliminants(
    functions: tuple[sp.Expr, ...], unknowns: tuple[sp.Symbol, ...]
) -> tuple[Any, ...] | None:
    """Return for each unknown a polynomial that vanishes at the coordinates of all roots."""
    if len(unknowns) != 2:
        return None
    try:
        polynomials = [sp.Poly(function, *unknowns, domain="QQ") for function in functions]
    except (sp.PolynomialError, sp.CoercionFailed):
        return None
    first, last = polynomials
    if first.total_degree() * last.total_degree() > HIGHEST_DEGREE:
        return None
    found = []
    for unknown, other in (unknowns, unknowns[::-1]):
        parts = [f.as_expr() for f in polynomials if not f.as_expr().has(other)]
        eliminant = parts[0] if parts else sp.resultant(first.as_expr(), last.as_expr(), other)
        polynomial = integer_polynomial(sp.expand(eliminant), unknown)
        if polynomial is None:
            return None
        found.append(polynomial)
    return tuple(found)


def _ball(number: sp.Expr) -> arb:
    if number.is_Rational:
        with ctx.workprec(128):
            return arb(fmpq(int(number.p), int(number.q)))
    ball: arb = enclose(number, {}, DIGITS)
    return ball
