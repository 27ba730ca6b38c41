"""Unbounded intervals: a finite part that is searched, and a bound of the error beyond it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import mpmath
import sympy

from symnum.approximation.errors import NoBestApproximation
from symnum.approximation.result import Minimax
from symnum.errors import UnsupportedNodeError
from symnum.reference import range_enclosure

__all__ = ["on_unbounded"]

Ends = tuple[sympy.Expr, sympy.Expr]
FIRST_REACH = 8
LAST_REACH = 2048
ROUGH_DIGITS = 8


def on_unbounded(
    solve: Callable[[Ends, int], Minimax],
    target: sympy.Expr,
    x: sympy.Symbol,
    ends: Ends,
    digits: int,
) -> Minimax:
    """Return the best member on an unbounded interval.

    Beyond some R target and member are both so close to their common limit that the error stays
    below the largest one inside: |f - g| <= |f - L| + |g - L|, each bounded over the whole rest.
    L may also be a line.

    Parameters
    ----------
    solve : callable
        From a bounded interval and a number of digits to the best member there.
    target : Expr
    x : Symbol
    ends : pair of Expr
        At least one of them infinite.
    digits : int

    Raises
    ------
    NoBestApproximation
        Where no such R is found.
    """
    for end in ends:
        if not end.is_finite and _asymptote(target, x, end) is None:
            raise NoBestApproximation(
                f"{target} approaches no line as {x} tends to {end}; give a finite interval", [], 0
            )
    reach = FIRST_REACH
    while reach <= LAST_REACH:
        bounded = _bounded(ends, reach)
        try:
            rough = solve(bounded, ROUGH_DIGITS)
        except NoBestApproximation:
            reach *= 2
            continue
        if _tails(rough, ends, bounded) < rough.error:
            return _extended(solve(bounded, digits), ends, bounded)
        reach *= 2
    raise NoBestApproximation(
        f"no bound of the error was found beyond {LAST_REACH}; give a finite interval", [], 0
    )


def _bounded(ends: Ends, reach: int) -> Ends:
    low, high = ends
    if low.is_finite:
        return low, low + reach
    if high.is_finite:
        return high - reach, high
    return sympy.Integer(-reach), sympy.Integer(reach)


def _extended(fit: Minimax, ends: Ends, bounded: Ends) -> Minimax:
    tail = _tails(fit, ends, bounded)
    note = (
        f"holds on [{ends[0]}, {ends[1]}]: outside [{bounded[0]}, {bounded[1]}] the error is "
        f"proved to be at most {mpmath.nstr(tail, 5)}"
    )
    return dataclasses.replace(fit, notes=(*fit.notes, note))


def _tails(fit: Minimax, ends: Ends, bounded: Ends) -> mpmath.mpf:
    """Return a bound of the error outside the bounded interval; infinite where none is found."""
    bound = mpmath.mpf(0)
    for end, cut in zip(ends, bounded, strict=True):
        if end.is_finite:
            continue
        side = (cut, end) if end == sympy.oo else (end, cut)
        line = _asymptote(fit.target, fit.x, end)
        if line is None or line != _asymptote(fit.exact_expr, fit.x, end):
            return mpmath.inf
        total = mpmath.mpf(0)
        for part in (fit.target, fit.exact_expr):
            variants = _variants(part, line, fit.x, end)
            total += min(_size(variant, fit.x, side) for variant in variants)
        bound = max(bound, total)
    return bound


def _asymptote(expr: sympy.Expr, x: sympy.Symbol, end: sympy.Expr) -> sympy.Expr | None:
    """Return the limit of an expression at an infinite end, or the line that it approaches."""
    limit = sympy.limit(expr, x, end)
    if _is_number(limit):
        return limit
    slope = sympy.limit(expr / x, x, end)
    if not _is_number(slope):
        return None
    height = sympy.limit(expr - slope * x, x, end)
    return slope * x + height if _is_number(height) else None


def _is_number(limit: sympy.Expr) -> bool:
    return bool(limit.is_finite) and not isinstance(limit, sympy.AccumBounds)


def _variants(
    expr: sympy.Expr, line: sympy.Expr, x: sympy.Symbol, end: sympy.Expr
) -> list[sympy.Expr]:
    """Return the distance to an asymptote as written, and in forms that do not cancel."""
    growing = expr.replace(
        lambda node: isinstance(node, sympy.log) and node.args[0] - 1 == sympy.exp(x),
        lambda node: x + sympy.log(1 + sympy.exp(-x)) if end == sympy.oo else node,
    )
    difference = sympy.expand(growing - line)
    variants = [expr - line, difference]
    roots = [term for term in difference.args if x in term.free_symbols and _root(term)]
    if difference.is_Add and len(roots) == 1:
        rest = difference - roots[0]
        variants.append(sympy.expand(rest**2 - roots[0] ** 2) / (rest - roots[0]))
    return variants


def _root(term: sympy.Expr) -> bool:
    return any(power.exp == sympy.Rational(1, 2) for power in term.atoms(sympy.Pow))


def _size(expr: sympy.Expr, x: sympy.Symbol, side: Ends) -> mpmath.mpf:
    try:
        found = range_enclosure(expr, {x: side})
    except UnsupportedNodeError:
        return mpmath.inf
    if not (found.defined and found.low.is_finite and found.high.is_finite):
        return mpmath.inf
    size = max(abs(found.low), abs(found.high))
    # Rounded up: the enclosure is exact, a float of it is not.
    return mpmath.mpf(float(size)) * (1 + mpmath.mpf(2) ** -40)
