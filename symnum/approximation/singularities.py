"""Places at which an expression may have a removable singularity, as exact numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import sympy

from symnum.errors import UnsupportedNodeError
from symnum.reference.roots import isolate_roots

__all__ = ["suspects"]

ROOT_BUDGET = 400
#: Denominators up to this size are tried when a zero is recognised.
LARGEST_DENOMINATOR = 1000
RECOGNISED = 1e-12
MOST_EXPONENT = 30


def suspects(
    expr: Any, variable: sympy.Symbol, low: sympy.Expr, high: sympy.Expr
) -> list[sympy.Expr]:
    """Return the places in an interval at which a denominator vanishes, ascending.

    Zeros of polynomials are found exactly; of other denominators those are that are a rational
    number, such a multiple of pi, the root of one, or the logarithm of one.

    Parameters
    ----------
    expr : Expr
    variable : Symbol
    low, high : Expr
        The ends of the interval; exact numbers.
    """
    places: set[sympy.Expr] = set()
    for base in _bases(expr, variable, whole=True):
        places.update(_zeros(base, variable, low, high))
    for base in _bases(expr, variable, whole=False):
        ends = (end for end in (low, high) if end.is_Rational)
        places.update(end for end in ends if base.subs(variable, end) == 0)
    return sorted(places, key=lambda place: sympy.N(place, 40))


def _bases(expr: Any, variable: sympy.Symbol, *, whole: bool) -> list[Any]:
    """Return the bases of negative whole powers, or of fractional ones."""
    found = {
        node.base
        for node in expr.atoms(sympy.Pow)
        if variable in node.base.free_symbols
        and (
            node.exp.is_Integer and node.exp.is_negative
            if whole
            else node.exp.is_Rational and not node.exp.is_Integer
        )
    }
    return sorted(found, key=sympy.default_sort_key)


def _zeros(
    base: Any, variable: sympy.Symbol, low: sympy.Expr, high: sympy.Expr
) -> list[sympy.Expr]:
    if base.is_polynomial(variable) and base.free_symbols == {variable}:
        polynomial = sympy.Poly(base, variable)
        if polynomial.degree() <= 4 or all(c.is_Rational for c in polynomial.coeffs()):
            zeros = [zero for zero in sympy.roots(polynomial) if zero.is_real]
            inside = [sympy.simplify(zero) for zero in zeros if bool(low <= zero <= high)]
            if inside:
                return inside
    if low == -sympy.oo or high == sympy.oo or base.free_symbols != {variable}:
        candidates = [sympy.Integer(0)] if low <= 0 <= high else []
        return [zero for zero in candidates if base.subs(variable, zero) == 0]
    try:
        roots = list(isolate_roots(base, variable, low, high, budget=ROOT_BUDGET).roots)
    except UnsupportedNodeError:
        roots = []
    candidates = [sympy.Integer(0), low, high]
    for root in roots:
        if root.lower == root.upper:
            candidates.append(root.lower)
        elif root.lower * root.upper > 0:
            candidates.extend(_recognised(float(root.value)))
    return [
        place
        for place in dict.fromkeys(candidates)
        if low <= place <= high and _vanishes(base, variable, place)
    ]


def _recognised(value: float) -> Iterator[sympy.Expr]:
    """Return numbers of some simple kinds that agree with a value."""
    kinds: list[tuple[float, Any]] = [
        (value, lambda q: q),
        (value / math.pi, lambda q: q * sympy.pi),
        (value * abs(value), lambda q: sympy.sign(q) * sympy.sqrt(abs(q))),
        (math.exp(value) if abs(value) < MOST_EXPONENT else 0.0, sympy.log),
    ]
    for measured, make in kinds:
        near = Fraction(measured).limit_denominator(LARGEST_DENOMINATOR)
        if near and abs(float(near) - measured) <= RECOGNISED * abs(measured):
            yield make(sympy.Rational(near.numerator, near.denominator))


def _vanishes(base: Any, variable: sympy.Symbol, place: sympy.Expr) -> bool:
    value = base.subs(variable, place)
    return bool(value == 0 or (not place.is_Rational and sympy.simplify(value) == 0))
