"""Numerical values of infinite sums, added up where the terms fall geometrically."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import sympy
from sympy import Expr, Float, Integer, Symbol

from symnum.reference.evaluator import Reference

__all__ = ["SlowSumError", "with_sums_added"]

_MOST_TERMS = 1500
_LONG = 80
_GUARD_DIGITS = 15


class SlowSumError(Exception):
    """The terms of a sum fall too slowly to be added one by one."""


def with_sums_added(expr: Expr, point: Mapping[Symbol, Expr], digits: int) -> Expr:
    """Return an expression with its infinite sums replaced by their values at a point.

    Parameters
    ----------
    expr : sympy.Expr
    point : mapping from sympy.Symbol to number
    digits : int

    Returns
    -------
    sympy.Expr

    Raises
    ------
    SlowSumError
        A sum whose terms fall neither geometrically nor like a rational function.
    """
    found = {}
    for node in expr.atoms(sympy.Sum):
        placed = node.subs(dict(point))
        if placed.free_symbols or not _is_infinite(placed):
            continue
        value = _added(placed, digits)
        if value is not None:
            found[node] = value
    return expr.xreplace(found) if found else expr


def _is_infinite(node: Expr) -> bool:
    return len(node.limits) == 1 and len(node.limits[0]) == 3 and node.limits[0][2] is sympy.oo


def _added(node: Expr, digits: int) -> Expr | None:
    """Add terms until they stay below the last digit; None leaves the sum to extrapolation."""
    bound, low, _ = node.limits[0]
    if not low.is_Integer:
        return None
    if node.function.is_rational_function(bound):
        return None
    term_at = Reference([bound], node.function)
    working = digits + _GUARD_DIGITS
    context = mpmath.mp.clone()
    context.dps = working
    total: Any = None
    largest: Any = 0
    before: Any = None
    small = 0
    for place in range(_MOST_TERMS):
        term = context.convert(term_at.value((Integer(low + place),), working))
        total = term if total is None else total + term
        size = abs(term)
        largest = max(largest, size)
        # A geometric tail is at most twenty times its first term when the ratio stays below 0.95.
        is_tiny = size <= largest * 10.0 ** (-min(working, 290)) or size * 10**working <= abs(total)
        small = small + 1 if is_tiny and (before is None or size <= 0.95 * before) else 0
        if small >= 4:
            return _exact(context, total, digits)
        if place == _LONG and before and size > 0.97 * before:
            raise SlowSumError
        before = size
    raise SlowSumError


def _exact(context: Any, value: Any, digits: int) -> Expr:
    shown = digits + _GUARD_DIGITS
    real = Float(context.nstr(value.real, shown), shown)
    imaginary = Float(context.nstr(value.imag, shown), shown)
    return real + sympy.I * imaginary if imaginary else real
