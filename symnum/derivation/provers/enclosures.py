"""Enclosures as the provers use them: signs over a domain, values at a point, never an exception.

What the reference cannot enclose is enclosed by everything, so that a missing rule costs a proof
and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from flint import arb, fmpq
from sympy import Expr, Symbol

from symnum.errors import UnsupportedNodeError
from symnum.expressions.domains import Integers, Interval
from symnum.reference.balls import to_ball, working_precision
from symnum.reference.boxes import as_region
from symnum.reference.ranges import RangeFunction
from symnum.reference.spans import (
    EMPTY,
    EVERYTHING,
    NOWHERE,
    Span,
    contains_zero,
    down,
    up,
)

__all__ = [
    "enclosed",
    "enclosed_at",
    "ends_as_floats",
    "excludes_zero",
    "number_span",
    "signs_of",
]

_PRECISION = 96
_ALL = frozenset((-1, 0, 1))
_LARGEST = arb(10) ** 300


def signs_of(span: Span) -> frozenset[int]:
    """Return the signs of the members of a span; ends that are left out do not count.

    Parameters
    ----------
    span : symnum.reference.spans.Span

    Returns
    -------
    frozenset of int
        All three for the empty span, which says nothing.
    """
    if span.flags & EMPTY:
        return _ALL
    found = set()
    if span.low < 0:
        found.add(-1)
    if span.high > 0:
        found.add(1)
    if contains_zero(span):
        found.add(0)
    return frozenset(found) or _ALL


def enclosed(
    expr: Expr, domains: Mapping[Symbol, Interval | Integers], precision: int = _PRECISION
) -> Span:
    """Return a span of the values of an expression over a product of domains.

    Parameters
    ----------
    expr : sympy.Expr
    domains : mapping from sympy.Symbol to Interval or Integers
    precision : int
        Bits.

    Returns
    -------
    symnum.reference.spans.Span
        Everything, where the reference has no rule for a node.
    """
    used = {symbol: domain for symbol, domain in domains.items() if symbol in expr.free_symbols}
    try:
        span = RangeFunction(expr)(as_region(used), precision)
    except (UnsupportedNodeError, ValueError, TypeError):
        return EVERYTHING
    return span if isinstance(span, Span) else EVERYTHING


def enclosed_at(expr: Expr, point: Mapping[Symbol, Expr], precision: int = _PRECISION) -> Span:
    """Return a span of the value at a point; nothing is substituted, no power written out.

    Parameters
    ----------
    expr : sympy.Expr
    point : mapping from sympy.Symbol to sympy.Expr
    precision : int
        Bits.

    Returns
    -------
    symnum.reference.spans.Span
    """
    used = {symbol: value for symbol, value in point.items() if symbol in expr.free_symbols}
    try:
        sides = {symbol: number_span(value, precision) for symbol, value in used.items()}
        span = RangeFunction(expr)(sides, precision)
    except (UnsupportedNodeError, ValueError, TypeError):
        return EVERYTHING
    return span if isinstance(span, Span) else EVERYTHING


def number_span(number: Expr, precision: int = _PRECISION) -> Span:
    """Return a span of a real number without symbols, infinities included.

    Parameters
    ----------
    number : sympy.Expr
    precision : int
        Bits.

    Returns
    -------
    symnum.reference.spans.Span
    """
    if number in (sympy.oo, -sympy.oo):
        end = NOWHERE.low if number == sympy.oo else NOWHERE.high
        return Span(end, end)
    if number.is_Rational:
        with working_precision(precision):
            value = to_ball(number)
        return Span(down(value), up(value))
    return enclosed_at(number, {}, precision)


def _as_float(end: Any) -> float:
    """Return an end as a float; what no float can hold is not written out as a fraction."""
    if end > _LARGEST:
        return float("inf")
    if end < -_LARGEST:
        return float("-inf")
    return (
        float(end.p) / float(end.q)
        if isinstance(end, fmpq) and end.height_bits() < 900
        else (float(arb(end).mid()))
    )


def excludes_zero(span: Span) -> bool:
    """Tell whether a span of a value proves that it is a number other than zero."""
    return span is not EVERYTHING and not span.flags & EMPTY and 0 not in signs_of(span)


def ends_as_floats(span: Span) -> tuple[float, float]:
    """Return floating-point numbers between which the members lie."""
    low, high = _as_float(span.low), _as_float(span.high)
    margin = 1e-12 * max(abs(low), abs(high), 1.0)
    if margin == float("inf"):
        return low, high
    return low - margin, high + margin
