"""The part of a box in which a condition holds: what a branch of a Piecewise has to answer for."""

from __future__ import annotations

from typing import Any, Protocol

import sympy

from symnum.reference.boxes import Region
from symnum.reference.graph import Graph
from symnum.reference.spans import DEFINED, EMPTY, GOOD, HIGH_OPEN, LOW_OPEN, Span, clip

__all__ = ["narrowed"]


class Evaluated(Protocol):
    """A graph with the spans of its vertices."""

    graph: Graph
    values: list[Any]


MIRRORED: dict[type, type] = {
    sympy.Gt: sympy.Lt,
    sympy.Ge: sympy.Le,
    sympy.Lt: sympy.Gt,
    sympy.Le: sympy.Ge,
    sympy.Eq: sympy.Eq,
    sympy.Ne: sympy.Ne,
}
OPPOSITE: dict[type, type] = {
    sympy.Gt: sympy.Le,
    sympy.Ge: sympy.Lt,
    sympy.Lt: sympy.Ge,
    sympy.Le: sympy.Gt,
    sympy.Eq: sympy.Ne,
    sympy.Ne: sympy.Eq,
}


def narrowed(
    evaluation: Evaluated, condition: int, truth: bool, regions: list[Region]
) -> list[Region]:
    """Return regions that together contain all points at which a condition has a truth value.

    Parameters
    ----------
    evaluation : Evaluated
        The spans over the whole box.
    condition : int
        The position of the condition.
    truth : bool
        Whether it should hold.
    regions : list of dict
        Where to look. Only comparisons of a symbol with something else make them smaller.
    """
    vertex = evaluation.graph.vertices[condition]
    if vertex.head is sympy.Not:
        return narrowed(evaluation, vertex.operands[0], not truth, regions)
    if vertex.head is (sympy.And if truth else sympy.Or):
        for operand in vertex.operands:
            regions = narrowed(evaluation, operand, truth, regions)
        return regions
    if vertex.head in MIRRORED:
        relation = vertex.head if truth else OPPOSITE[vertex.head]
        left, right = vertex.operands
        regions = _cut(evaluation, left, relation, right, regions)
        return _cut(evaluation, right, MIRRORED[relation], left, regions)
    return regions


def _cut(
    evaluation: Evaluated, place: int, relation: type, other: int, regions: list[Region]
) -> list[Region]:
    """Return regions in which a symbol stands in a relation to the span of something else."""
    symbol = evaluation.graph.vertices[place].payload
    bound = evaluation.values[other]
    known = isinstance(symbol, sympy.Symbol) and isinstance(bound, Span)
    if not known or not bound.flags & DEFINED:
        return regions
    pieces = [
        {**region, symbol: piece}
        for region in regions
        for piece in _pieces(region[symbol], relation, bound)
    ]
    return [piece for piece in pieces if not piece[symbol].flags & EMPTY]


def _pieces(side: Span, relation: type, bound: Span) -> list[Span]:
    strict = relation in (sympy.Lt, sympy.Gt)
    if relation in (sympy.Lt, sympy.Le):
        return [_inside(clip(side, None, bound.high, high_open=strict))]
    if relation in (sympy.Gt, sympy.Ge):
        return [_inside(clip(side, bound.low, None, low_open=strict))]
    if relation is sympy.Eq:
        return [_inside(clip(clip(side, bound.low, None), None, bound.high))]
    if bound.low == bound.high:
        below = _inside(clip(side, None, bound.low, high_open=True))
        above = _inside(clip(side, bound.low, None, low_open=True))
        return [below, above]
    return [side]


def _inside(part: Span) -> Span:
    """Return a clipped side as a side of its own: nothing in it is undefined."""
    if part.flags & EMPTY or (part.low == part.high and part.flags & (LOW_OPEN | HIGH_OPEN)):
        return Span(part.low, part.high, EMPTY)
    return Span(part.low, part.high, part.flags | GOOD)
