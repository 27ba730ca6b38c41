"""The range of an expression over a box: natural interval evaluation with exact ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import sympy
from flint import acb, arb, fmpq

from symnum.errors import UnsupportedNodeError
from symnum.reference.ball_functions import BALL_FUNCTIONS
from symnum.reference.ball_rules import constant_ball
from symnum.reference.balls import BallFunction, as_expression
from symnum.reference.boxes import Region, as_region, outward
from symnum.reference.graph import MISSING, Graph, Vertex, build_graph, execute, prompt
from symnum.reference.narrowing import narrowed
from symnum.reference.precision import working_precision
from symnum.reference.span_decisions import SPAN_DECISIONS
from symnum.reference.span_functions import SPAN_FUNCTIONS
from symnum.reference.span_shapes import by_balls, power_times_log
from symnum.reference.spans import (
    CONTINUOUS,
    DEFINED,
    EMPTY,
    EVERYTHING,
    GOOD,
    NOWHERE,
    Span,
    add,
    down,
    multiply,
    negative,
    point,
    rational_power,
    union,
    up,
    whole_power,
)

__all__ = ["Range", "RangeFunction", "range_enclosure"]

# A sum or product with more terms than this is not written out over a box.
MOST_TERMS = 2_000


@dataclass(frozen=True, slots=True)
class Range:
    """What is proved of the values of an expression over a box.

    Attributes
    ----------
    low, high : Expr
        Exact SymPy numbers, possibly infinite: every value lies between them. Where the expression
        is nowhere defined, `low` is oo and `high` is -oo.
    defined : bool
        Whether the expression is proved to be defined and real at every point of the box.
    continuous : bool
        Whether it is proved to be continuous on the box.
    """

    low: sympy.Expr
    high: sympy.Expr
    defined: bool
    continuous: bool


def range_enclosure(expr: Any, box: Mapping[sympy.Symbol, Any], prec: int = 64) -> Range:
    """Return bounds of an expression over a box, and whether it is defined there.

    Parameters
    ----------
    expr : Expr
    box : mapping
        From each free symbol to (low, high) or a domain; infinite ends are allowed.
    prec : int
        Precision in bits.

    Returns
    -------
    Range

    Raises
    ------
    ValueError
        Where a free symbol has no side, or a side is reversed.
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.

    Examples
    --------
    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> range_enclosure(1 / (1 + x**2), {x: (-1, 3)})
    Range(low=1/10, high=1, defined=True, continuous=True)
    """
    span = RangeFunction(expr)(as_region(box), prec)
    return Range(
        outward(span.low, up=False),
        outward(span.high, up=True),
        bool(span.flags & DEFINED),
        bool(span.flags & CONTINUOUS),
    )


SpanRule = Callable[["Evaluation", Vertex, list[Any]], Any]


class RangeFunction:
    """Expressions compiled to run on boxes, shared parts once.

    Parameters
    ----------
    *expressions : Expr

    Raises
    ------
    UnsupportedNodeError
        Where a function has no implementation in balls, naming it.
    """

    def __init__(self, *expressions: Any) -> None:
        self.expressions = tuple(as_expression(expression) for expression in expressions)
        self.graph = build_graph(self.expressions)
        self.symbols = tuple(self.graph.symbols)
        self._balls: list[BallFunction] = []
        try:
            self._rules = _plan(self.graph)
        except UnsupportedNodeError:
            # Complex intermediate values: rectangles of balls, which are never called continuous.
            self._balls = [BallFunction(self.symbols, each) for each in self.expressions]

    def __call__(self, region: Region, prec: int = 64) -> Span:
        """Return the span of the values of the first expression over a region."""
        span: Span = self.all(region, prec)[0]
        return span

    def all(self, region: Region, prec: int = 64) -> list[Any]:
        """Return the span of the values of each expression; of a condition True, False or None."""
        missing = sorted(str(symbol) for symbol in self.symbols if symbol not in region)
        if missing:
            raise ValueError(f"the box has no side for {', '.join(missing)}")
        with working_precision(prec):
            if self._balls:
                sides = [_side_ball(region[symbol]) for symbol in self.symbols]
                return [_from_ball(balls.at_precision(sides)) for balls in self._balls]
            return Evaluation(self.graph, self._rules, region).roots()


def _side_ball(side: Span) -> Any:
    if isinstance(side.low, fmpq) and side.low == side.high:
        return side.low
    return arb(side.low).union(arb(side.high))


def _from_ball(value: Any) -> Any:
    if isinstance(value, bool | None):
        return value
    if isinstance(value, fmpq):
        return point(value)
    if isinstance(value, acb) and not value.imag.contains(0):
        return NOWHERE
    if isinstance(value, acb) or not value.is_finite():
        return EVERYTHING
    return Span(down(value), up(value), DEFINED)


class Evaluation:
    """One evaluation of a graph over a region, at the precision that is set."""

    def __init__(self, graph: Graph, rules: Sequence[SpanRule], region: Region) -> None:
        self.graph = graph
        self.rules = rules
        self.region = region
        self.values: list[Any] = [MISSING] * len(graph.vertices)

    def roots(self) -> list[Any]:
        """Return the values of the expressions."""
        execute(self.graph, self.graph.prompt, self.values, self._apply)
        return [self.values[root] for root in self.graph.roots]

    def single(self, position: int) -> Span:
        """Return the span of the vertex at a position."""
        positions = prompt(self.graph.vertices, [position])
        execute(self.graph, positions, self.values, self._apply)
        value: Span = self.values[position]
        return value

    def _apply(self, position: int) -> None:
        vertex = self.graph.vertices[position]
        operands = [self.values[operand] for operand in vertex.operands]
        self.values[position] = self.rules[position](self, vertex, operands)


def _plan(graph: Graph) -> tuple[SpanRule, ...]:
    return tuple(_rule(vertex) for vertex in graph.vertices)


def _rule(vertex: Vertex) -> SpanRule:
    if not vertex.operands and isinstance(vertex.payload, sympy.Basic):
        return _leaf_rule(vertex.payload)
    if vertex.head in BINDERS:
        return BINDERS[vertex.head](vertex)
    if vertex.head in STRUCTURE:
        return STRUCTURE[vertex.head]
    row = SPAN_DECISIONS.get(vertex.head) or SPAN_FUNCTIONS.get(vertex.head)
    if row is not None:
        return lambda evaluation, vertex, operands: row(*operands)
    if vertex.head in BALL_FUNCTIONS:
        compute = BALL_FUNCTIONS[vertex.head]
        return lambda evaluation, vertex, operands: by_balls(compute, *operands)
    raise UnsupportedNodeError(f"{vertex.head.__name__} has no range over an interval")


def _leaf_rule(leaf: Any) -> SpanRule:
    if isinstance(leaf, sympy.Symbol):
        return lambda evaluation, vertex, operands: evaluation.region[leaf]
    if leaf in (sympy.true, sympy.false):
        truth = bool(leaf)
        return lambda evaluation, vertex, operands: truth
    make = constant_ball(leaf)
    if leaf is sympy.I or make is None:
        raise UnsupportedNodeError(f"{leaf} has no range over an interval")

    def constant(evaluation: Evaluation, vertex: Vertex, operands: list[Any]) -> Span:
        value = make()
        if isinstance(value, fmpq):
            return point(value)
        if isinstance(value, acb) or not value.is_finite():
            return NOWHERE
        return Span(down(value), up(value))

    return constant


# arithmetic


def _add(evaluation: Evaluation, vertex: Vertex, operands: list[Span]) -> Span:
    return reduce(add, operands)


def _mul(evaluation: Evaluation, vertex: Vertex, operands: list[Span]) -> Span:
    for logarithm in vertex.operands:
        if evaluation.graph.vertices[logarithm].head is sympy.log:
            operands = _with_logarithm(evaluation, vertex, operands, logarithm)
    return reduce(multiply, operands)


def _with_logarithm(
    evaluation: Evaluation, vertex: Vertex, operands: list[Span], logarithm: int
) -> list[Span]:
    """Return the factors of a product with u**p log(u) as one of them where u comes near 0."""
    vertices, values = evaluation.graph.vertices, evaluation.values
    argument = vertices[logarithm].operands[0]
    if len(vertices[logarithm].operands) > 1 or values[argument].low > 0:
        return operands
    for place, factor in enumerate(vertex.operands):
        power = fmpq(1)
        if _are_opposite(vertices, factor, argument):
            index = vertex.operands.index(logarithm)
            rest = [span for k, span in enumerate(operands) if k not in (place, index)]
            return [negative(power_times_log(values[argument], power)), *rest]
        if vertices[factor].head is sympy.Pow and vertices[factor].operands[0] == argument:
            exponent = values[vertices[factor].operands[1]]
            factor, power = argument, exponent.low if exponent.low == exponent.high else fmpq(0)
        if factor == argument and isinstance(power, fmpq) and power > 0:
            index = vertex.operands.index(logarithm)
            rest = [span for k, span in enumerate(operands) if k not in (place, index)]
            return [power_times_log(values[argument], power), *rest]
    return operands


def _are_opposite(vertices: Sequence[Vertex], one: int, other: int) -> bool:
    """Return whether two linear parts differ in their sign only, as 1 - x and x - 1."""
    left, right = vertices[one], vertices[other]
    if left.head is sympy.Add and right.head is sympy.Add:
        pairs = ((a, b) for a in left.operands for b in right.operands)
        found = sum(_are_opposite(vertices, a, b) for a, b in pairs)
        return found == len(left.operands) == len(right.operands)
    (number, rest), (opposite, other_rest) = _scaled(vertices, one), _scaled(vertices, other)
    return number == -opposite and rest == other_rest


def _scaled(vertices: Sequence[Vertex], position: int) -> tuple[Any, tuple[int, ...]]:
    """Return the number and the other factors of a product; a number alone has none."""
    vertex = vertices[position]
    if isinstance(vertex.payload, sympy.Rational):
        return vertex.payload, ()
    if vertex.head is not sympy.Mul:
        return sympy.Integer(1), (position,)
    numbers = [p for p in vertex.operands if isinstance(vertices[p].payload, sympy.Rational)]
    rest = tuple(p for p in vertex.operands if p not in numbers)
    return sympy.prod(vertices[p].payload for p in numbers), rest


def _pow(evaluation: Evaluation, vertex: Vertex, operands: list[Span]) -> Span:
    base, exponent = operands
    if vertex.operands[0] == vertex.operands[1] and base.low <= 0:
        exp: Callable[[Span], Span] = SPAN_FUNCTIONS[sympy.exp]
        return EVERYTHING if base.low < 0 else exp(power_times_log(base, fmpq(1)))
    if exponent.low == exponent.high and isinstance(exponent.low, fmpq):
        if exponent.low.q == 1:
            return whole_power(base, int(exponent.low.p))
        return rational_power(base, exponent.low)
    return _general_power(base, exponent)


def _general_power(base: Span, exponent: Span) -> Span:
    """Return exp(exponent log(base)); 0 to a positive power is 0."""
    if (base.flags | exponent.flags) & EMPTY:
        return NOWHERE
    if base.low < 0:
        # An integer exponent among the values may give a real number of any sign.
        return EVERYTHING
    exp, log = SPAN_FUNCTIONS[sympy.exp], SPAN_FUNCTIONS[sympy.log]
    value: Span = exp(multiply(exponent, log(base)))
    if base.low == 0 and exponent.low > 0:
        good = base.flags & exponent.flags & GOOD
        if value.flags & EMPTY:
            return Span(fmpq(0), fmpq(0), good)
        return Span(fmpq(0), value.high, good)
    return value


# branches


def _piecewise(evaluation: Evaluation, vertex: Vertex, operands: list[Any]) -> Span:
    parts: list[Span] = []
    regions = [evaluation.region]
    for branch, condition in zip(vertex.operands[::2], vertex.operands[1::2], strict=True):
        truth = evaluation.values[condition]
        if truth is True and not parts:
            value: Span = evaluation.values[branch]
            return value
        if truth is False:
            continue
        for here in narrowed(evaluation, condition, True, regions):
            inner = Evaluation(evaluation.graph, evaluation.rules, here)
            parts.append(inner.single(branch))
        regions = [] if truth is True else narrowed(evaluation, condition, False, regions)
        if not regions:
            break
    hull = reduce(union, parts) if parts else NOWHERE
    # What is left in `regions` satisfies no condition: undefined there.
    return Span(hull.low, hull.high, hull.flags & ~(GOOD if regions else CONTINUOUS))


def _ite(evaluation: Evaluation, vertex: Vertex, operands: list[Any]) -> Any:
    return SPAN_DECISIONS[sympy.ITE](*operands)


# binders


def _body(vertex: Vertex) -> Callable[[list[Span]], Span]:
    binder = vertex.payload
    rules = _plan(binder.body)
    names = (*binder.free, *binder.bound)

    def value(places: list[Span]) -> Span:
        region = dict(zip(names, places, strict=True))
        result: Span = Evaluation(binder.body, rules, region).roots()[0]
        return result

    return value


def _accumulated(unit: int, combine: Callable[[Span, Span], Span]) -> Callable[[Vertex], SpanRule]:
    def prepare(vertex: Vertex) -> SpanRule:
        body = _body(vertex)

        def rule(evaluation: Evaluation, vertex: Vertex, operands: list[Span]) -> Span:
            *free, low, high = operands
            ends = [end.low for end in (low, high) if end.low == end.high]
            if len(ends) < 2 or not all(isinstance(e, fmpq) and e.q == 1 for e in ends):
                return EVERYTHING
            first, last = (int(end.p) for end in ends)
            if last < first - 1 or last - first >= MOST_TERMS:
                return EVERYTHING
            terms: Iterable[Span] = (body([*free, point(fmpq(k))]) for k in range(first, last + 1))
            return reduce(combine, terms, point(fmpq(unit)))

        return rule

    return prepare


def _substitution(vertex: Vertex) -> SpanRule:
    body = _body(vertex)
    return lambda evaluation, vertex, operands: body(operands)


STRUCTURE: dict[type, SpanRule] = {
    sympy.Add: _add,
    sympy.Mul: _mul,
    sympy.Pow: _pow,
    sympy.Piecewise: _piecewise,
    sympy.ITE: _ite,
}

BINDERS: dict[type, Callable[[Vertex], SpanRule]] = {
    sympy.Sum: _accumulated(0, add),
    sympy.Product: _accumulated(1, multiply),
    sympy.Subs: _substitution,
}
