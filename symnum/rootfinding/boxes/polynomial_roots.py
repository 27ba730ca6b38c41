"""Real roots of a polynomial with rational coefficients, isolated exactly by FLINT."""

from __future__ import annotations

from typing import Any

import sympy as sp
from flint import acb, acb_poly, arb, ctx, fmpq, fmpz, fmpz_poly

from symnum.reference import enclose

__all__ = [
    "complex_roots_of",
    "integer_polynomial",
    "real_roots_between",
    "roots_with_coefficients",
]

#: Bits tried until every root is clearly on one side of each edge.
PRECISIONS = (96, 256, 1024, 4096)


def integer_polynomial(expr: sp.Expr, unknown: sp.Symbol) -> fmpz_poly | None:
    """Return an integer multiple of a polynomial with rational coefficients, None for others.

    Parameters
    ----------
    expr : Expr
        A function.
    unknown : Symbol
        Its variable.

    Returns
    -------
    fmpz_poly or None
    """
    if not expr.is_polynomial(unknown):
        return None
    polynomial = sp.Poly(expr, unknown)
    coefficients = polynomial.all_coeffs()
    if polynomial.degree() < 1 or not all(c.is_Rational for c in coefficients):
        return None
    _, whole = polynomial.clear_denoms(convert=True)
    return fmpz_poly([int(c) for c in reversed(whole.all_coeffs())])


def real_roots_between(
    polynomial: fmpz_poly, low: sp.Expr, high: sp.Expr
) -> list[tuple[arb, int]] | None:
    """Return the real roots in a closed interval with their multiplicities, in increasing order.

    The polynomial is made square-free; the roots of each part are isolated exactly, and real ones
    are told from pairs of complex ones by exact arithmetic.

    Parameters
    ----------
    polynomial : fmpz_poly
        Not constant.
    low, high : Expr
        Exact real numbers.

    Returns
    -------
    list of (arb, int), or None
        None where a root could not be told from an irrational edge.

    Examples
    --------
    >>> roots = real_roots_between(fmpz_poly([0, 1, -4, 3]), sp.Integer(0), sp.Integer(1))
    >>> [float(root) for root, _ in roots]
    [0.0, 0.3333333333333333, 1.0]
    """
    found: list[tuple[arb, int]] = []
    _, parts = polynomial.factor_squarefree()
    for part, multiplicity in parts:
        inside = _inside(part, low, high)
        if inside is None:
            return None
        found += [(root, multiplicity) for root in inside]
    return sorted(found, key=lambda pair: float(pair[0].mid()))


def _inside(part: fmpz_poly, low: sp.Expr, high: sp.Expr) -> list[arb] | None:
    """Return the real roots of a square-free polynomial in a closed interval."""
    edges = [edge for edge in dict.fromkeys((low, high)) if _is_root(part, edge)]
    for precision in PRECISIONS:
        with ctx.workprec(precision):
            left, right = _edge(low, precision), _edge(high, precision)
            # FLINT gives a real root an imaginary part that is exactly zero.
            pairs: list[Any] = part.complex_roots()
            real = [root.real for root, _ in pairs if root.imag == 0]
            at_edge = [root for root in real if root.overlaps(left) or root.overlaps(right)]
            # A root that is an edge is the only one next to it, since the part is square-free.
            if len(at_edge) == len(edges):
                clear = [root for root in real if bool(root > left) and bool(root < right)]
                return clear + at_edge
    return None


def complex_roots_of(polynomial: fmpz_poly, precision: int = 128) -> list[tuple[Any, int]]:
    """Return all complex roots with their multiplicities.

    Parameters
    ----------
    polynomial : fmpz_poly
        Not constant.
    precision : int, optional
        Bits of the balls.

    Returns
    -------
    list of (acb, int)
        Disjoint balls that hold one root each; the imaginary part of a real root is exactly 0.

    Examples
    --------
    >>> [(complex(root), count) for root, count in complex_roots_of(fmpz_poly([1, 0, 2, 0, 1]))]
    [(1j, 2), (-1j, 2)]
    """
    with ctx.workprec(precision):
        _, parts = polynomial.factor_squarefree()
        found: list[tuple[Any, int]] = []
        for part, multiplicity in parts:
            pairs: list[Any] = part.complex_roots()
            found += [(root, multiplicity) for root, _ in pairs]
        return found


def roots_with_coefficients(
    expr: sp.Expr, unknown: sp.Symbol, precision: int = 128
) -> list[tuple[Any, int]] | None:
    """Return all complex roots of a polynomial whose coefficients are any exact numbers.

    Parameters
    ----------
    expr : Expr
        A polynomial in the unknown.
    unknown : Symbol
    precision : int, optional
        Bits of the balls.

    Returns
    -------
    list of (acb, int), or None
        Disjoint balls that hold one root each, with multiplicities; None where roots could not be
        told apart.

    Examples
    --------
    >>> z = sp.Symbol("z")
    >>> [count for _, count in roots_with_coefficients(z**2 + sp.I * z + 1, z)]
    [1, 1]
    """
    polynomial = sp.Poly(expr, unknown)
    if polynomial.degree() < 1:
        return []
    try:
        _, parts = sp.Poly(expr, unknown, extension=True).sqf_list()
    except (NotImplementedError, sp.PolynomialError, ValueError):
        parts = [(polynomial, 1)]
    found: list[tuple[Any, int]] = []
    for part, multiplicity in parts:
        balls = _isolated(part, precision)
        if balls is None:
            return None
        found += [(ball, multiplicity) for ball in balls]
    return found


def _isolated(part: sp.Poly, precision: int) -> list[Any] | None:
    """Return balls around the roots of a square-free polynomial, None where they are too close."""
    digits = int(precision * 0.302) + 10
    with ctx.workprec(2 * precision):
        coefficients = [acb(enclose(c, {}, digits)) for c in reversed(part.all_coeffs())]
        try:
            balls: list[Any] = acb_poly(coefficients).roots(
                tol=arb(2) ** -precision, maxprec=4 * precision
            )
        except ValueError:
            return None
    return balls


def _is_root(part: fmpz_poly, edge: sp.Expr) -> bool:
    if edge.is_Rational:
        return bool(part(_fraction(edge)) == 0)
    value = sum((int(c) * edge**k for k, c in enumerate(part.coeffs())), sp.Integer(0))
    return abs(sp.N(value, 30)) < 1e-15 and bool(sp.simplify(value) == 0)


def _edge(number: sp.Expr, precision: int) -> arb:
    if number.is_Rational:
        return arb(_fraction(number))
    digits = int(precision * 0.302) + 5
    approximation = sp.Rational(sp.N(number, digits))
    return arb(
        _fraction(approximation), abs(arb(_fraction(approximation))) * arb(2) ** (8 - precision)
    )


def _fraction(number: sp.Rational) -> fmpq:
    return fmpq(fmpz(int(number.p)), fmpz(int(number.q)))
