"""Several expressions over many boxes at once.

Arithmetic runs in arrays of floats rounded outwards; every other function is enclosed box by box by
the row that `symnum.reference` has for it, so that the bounds are proved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp
from flint import arb, fmpq
from numpy.typing import NDArray

from symnum.reference.ball_functions import BALL_FUNCTIONS
from symnum.reference.ball_rules import constant_ball
from symnum.reference.graph import Graph, Vertex, build_graph
from symnum.reference.precision import working_precision
from symnum.reference.ranges import STRUCTURE, RangeFunction
from symnum.reference.span_functions import SPAN_FUNCTIONS
from symnum.reference.span_shapes import by_balls
from symnum.reference.spans import EMPTY, GOOD, NOWHERE, Span, down, point, up
from symnum.rootfinding.boxes.box_search_intervals import (
    Intervals,
    added,
    constant,
    hull_of_floats,
    integer_power,
    multiplied,
    square_root,
)

__all__ = ["BoxFunctions", "float_above", "float_below"]

Floats = NDArray[np.float64]
SpanRule = Callable[..., Span]

#: Powers up to this exponent are multiplied out in floats.
HIGHEST_POWER = 64


def float_below(end: Any) -> float:
    """Return a double that is at most an exact number."""
    number = _nearest(end)
    return number if number == -np.inf or not end < _exact(number) else _next(number, -np.inf)


def float_above(end: Any) -> float:
    """Return a double that is at least an exact number."""
    number = _nearest(end)
    return number if number == np.inf or not end > _exact(number) else _next(number, np.inf)


def _nearest(end: Any) -> float:
    try:
        return float(end) if isinstance(end, arb) else int(end.p) / int(end.q)
    except OverflowError:
        return np.inf if end > 0 else -np.inf


def _exact(number: float) -> Any:
    return arb(number) if np.isinf(number) else fmpq(*number.as_integer_ratio())


def _next(number: float, towards: float) -> float:
    return float(np.nextafter(number, towards))


class BoxFunctions:
    """Expressions compiled to run over many boxes, shared parts once.

    Parameters
    ----------
    expressions : sequence of Expr
    unknowns : sequence of Symbol
        The sides of a box, in this order.

    Raises
    ------
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.

    Examples
    --------
    >>> x, y = sp.symbols("x y", real=True)
    >>> functions = BoxFunctions([x * y, x + y], [x, y])
    >>> product, total = functions(np.array([[0.0, 1.0]]), np.array([[1.0, 2.0]]))
    >>> float(total.low[0]), float(total.high[0]), bool(product.may_vanish[0])
    (1.0, 3.0, True)
    """

    def __init__(self, expressions: Sequence[sp.Expr], unknowns: Sequence[sp.Symbol]) -> None:
        self.unknowns = tuple(unknowns)
        self._graph: Graph = build_graph(list(expressions))
        self._sides = {symbol: k for k, symbol in enumerate(self.unknowns)}
        self._slow: RangeFunction | None = None
        if not all(_is_plain(vertex) for vertex in self._graph.vertices):
            self._slow = RangeFunction(*expressions)

    @property
    def cost(self) -> int:
        """How many functions are enclosed box by box; a Piecewise makes all of them so."""
        vertices = self._graph.vertices
        if self._slow is not None:
            return len(vertices)
        return sum(_rule(vertex, self._graph) is not None for vertex in vertices)

    def __call__(self, low: Floats, high: Floats) -> list[Intervals]:
        """Return the range of each expression over each box.

        Parameters
        ----------
        low, high : ndarray
            Of shape (boxes, unknowns).
        """
        with working_precision(64), np.errstate(all="ignore"):
            if self._slow is not None:
                return self._by_ranges(self._slow, low, high)
            values: list[Any] = []
            for vertex in self._graph.vertices:
                values.append(self._value(vertex, values, low, high))
            return [_over_boxes(values[root], len(low)) for root in self._graph.roots]

    def _value(self, vertex: Vertex, values: list[Any], low: Floats, high: Floats) -> Any:
        if isinstance(vertex.payload, sp.Symbol) and not vertex.operands:
            side = self._sides[vertex.payload]
            flags = np.full(len(low), GOOD, np.uint8)
            return Intervals(low[:, side], high[:, side], flags)
        if not vertex.operands:
            return _constant(vertex.payload)
        operands = [values[operand] for operand in vertex.operands]
        rule = _rule(vertex, self._graph)
        if all(isinstance(operand, Span) for operand in operands):
            return (rule or _exact_rule(vertex))(*operands)
        if rule is not None:
            return _box_by_box(rule, operands, len(low))
        return _arithmetic(vertex, operands, self._graph, len(low))

    def _by_ranges(self, function: RangeFunction, low: Floats, high: Floats) -> list[Intervals]:
        rows = [
            function.all(
                {
                    symbol: Span(_exact(first), _exact(last))
                    for symbol, first, last in zip(self.unknowns, lows, highs, strict=True)
                }
            )
            for lows, highs in zip(low.tolist(), high.tolist(), strict=True)
        ]
        return [_collected([row[k] for row in rows]) for k in range(len(self._graph.roots))]


def _is_plain(vertex: Vertex) -> bool:
    if not vertex.operands:
        leaf = vertex.payload
        return isinstance(leaf, sp.Symbol) or (
            isinstance(leaf, sp.Expr) and leaf is not sp.I and constant_ball(leaf) is not None
        )
    arithmetic = vertex.head in (sp.Add, sp.Mul, sp.Pow)
    return arithmetic or vertex.head in SPAN_FUNCTIONS or vertex.head in BALL_FUNCTIONS


def _rule(vertex: Vertex, graph: Graph) -> SpanRule | None:
    """Return the rule for a vertex that is enclosed box by box, None for arithmetic in arrays."""
    if not vertex.operands or vertex.head in (sp.Add, sp.Mul):
        return None
    if vertex.head is sp.Pow:
        return None if _float_exponent(vertex, graph) is not None else _exact_rule(vertex)
    row = SPAN_FUNCTIONS.get(vertex.head)
    if row is not None:
        return row
    compute = BALL_FUNCTIONS[vertex.head]
    return lambda *spans: by_balls(compute, *spans)


def _exact_rule(vertex: Vertex) -> SpanRule:
    structure: Any = STRUCTURE[vertex.head]
    return lambda *spans: structure(None, vertex, list(spans))


def _float_exponent(vertex: Vertex, graph: Graph) -> sp.Rational | None:
    """Return an exponent that floats can deal with: a small integer, or half of 1 or -1."""
    exponent = graph.vertices[vertex.operands[1]].payload
    if not isinstance(exponent, sp.Rational) or abs(exponent) > HIGHEST_POWER:
        return None
    return exponent if exponent.is_Integer or abs(exponent) == sp.S.Half else None


def _constant(leaf: sp.Expr) -> Span:
    make = constant_ball(leaf)
    value = None if make is None else make()
    if isinstance(value, fmpq):
        return point(value)
    if not isinstance(value, arb) or not value.is_finite():
        return NOWHERE
    return Span(down(value), up(value))


def _over_boxes(value: Any, count: int) -> Intervals:
    if isinstance(value, Intervals):
        return value
    if value.flags & EMPTY:
        return constant(np.inf, -np.inf, count, EMPTY)
    return constant(float_below(value.low), float_above(value.high), count, value.flags & GOOD)


def _arithmetic(vertex: Vertex, operands: list[Any], graph: Graph, count: int) -> Intervals:
    parts = [_over_boxes(operand, count) for operand in operands]
    if vertex.head is sp.Pow:
        exponent = _float_exponent(vertex, graph)
        if exponent is None or exponent.is_Integer:
            return integer_power(parts[0], int(exponent or 0))
        root = square_root(parts[0])
        return root if exponent > 0 else integer_power(root, -1)
    combine = added if vertex.head is sp.Add else multiplied
    total = parts[0]
    for part in parts[1:]:
        total = combine(total, part)
    return total


def _box_by_box(rule: SpanRule, operands: list[Any], count: int) -> Intervals:
    columns = []
    for operand in operands:
        if isinstance(operand, Span):
            columns.append([operand] * count)
            continue
        ends = zip(operand.low.tolist(), operand.high.tolist(), operand.flags.tolist(), strict=True)
        columns.append([_span(*each) for each in ends])
    return _collected([rule(*spans) for spans in zip(*columns, strict=True)])


def _span(low: float, high: float, flags: int) -> Span:
    return NOWHERE if flags & EMPTY else Span(arb(low), arb(high), flags)


def _collected(spans: list[Span]) -> Intervals:
    low = np.array([np.inf if s.flags & EMPTY else float_below(s.low) for s in spans], float)
    high = np.array([-np.inf if s.flags & EMPTY else float_above(s.high) for s in spans], float)
    flags = np.array([s.flags & (GOOD | EMPTY) for s in spans], np.uint8)
    return hull_of_floats(low, high, flags)
