"""Sums, products, integrals and derivatives without a closed form, computed with mpmath.

The body is run as a graph of its own with the bound symbol set to whatever mpmath asks for. Sums of
moderately many terms are added up; the rest is extrapolated or integrated numerically, and trusted
only because two precisions have to agree.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import sympy
from flint import fmpq
from mpmath.libmp import NoConvergence

from symnum.reference.graph import MISSING, Binder, Graph, Vertex
from symnum.reference.machine import GIVEN_UP, UNDEFINED, Rule, Run, Value

__all__ = ["BINDERS"]

Plan = Callable[[Graph], tuple[Rule, ...]]

# More terms than this are not added one by one.
MOST_TERMS = 100_000
# After this many evaluations of a body a quadrature is given up; an extrapolation, whose tables
# grow with the square of it, earlier.
MOST_CALLS = 20_000
MOST_EXTRAPOLATED = 400
# Into how many parts an interval is cut to look for kinks of an integrand.
SAMPLES = 48
# Decimal exponents of the places at which an integrand is looked at towards an infinite end.
_FAR = (10, 50, 100, 200, 300)


class Body:
    """The body of a binder: a function of the values outside, then of the bound symbols."""

    def __init__(self, binder: Binder, plan: Plan) -> None:
        self.graph = binder.body
        self.names = (*binder.free, *binder.bound)
        self.rules = plan(binder.body)
        self.kinks = _kinks(binder.body)

    def run(self, outer: Run, values: Sequence[Value]) -> Run:
        """Return a run of the body at the precision that the context has now."""
        bindings = dict(zip(self.names, values, strict=True))
        run = Run(self.graph, self.rules, outer.ctx, bindings)
        run.evaluate(self.graph.prompt)
        return run

    def value(self, outer: Run, values: Sequence[Value]) -> Any:
        """Return the value of the body as a number of the context."""
        run = self.run(outer, values)
        return run.number(run.values[self.graph.roots[0]])


def _limited(function: Callable[[Any], Any], most: int = MOST_CALLS) -> Callable[[Any], Any]:
    """Return a function that refuses to be called too often: what diverges must end."""
    calls = count()

    def limited(place: Any) -> Any:
        if next(calls) > most:
            raise NoConvergence(f"no convergence after {most} evaluations")
        return function(place)

    return limited


def _accumulated(
    unit: int, combine: Callable[[Any, Any], Any], extrapolate: str
) -> Callable[[Vertex, Plan], Rule]:
    """Return what prepares the rule of a sum or a product."""

    def prepare(vertex: Vertex, plan: Plan) -> Rule:
        body = Body(vertex.payload, plan)

        def rule(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
            *free, low, high = operands
            first, last = _integer(low), _integer(high)
            if first is not None and last is not None:
                return _stepwise(run, body, free, (first, last), unit, combine)
            ends = [_extrapolation_end(run, end) for end in (low, high)]
            if None in ends:
                return run.ctx.nan

            def term(index: Any) -> Any:
                exact = fmpq(int(index)) if run.ctx.isint(index) else index
                return body.value(run, [*free, exact])

            return getattr(run.ctx, extrapolate)(_limited(term, MOST_EXTRAPOLATED), ends)

        return rule

    return prepare


def _integer(value: Value) -> int | None:
    """Return an end of a sum as an int; None where it is no finite integer."""
    return int(value.p) if isinstance(value, fmpq) and value.q == 1 else None


def _extrapolation_end(run: Run, value: Value) -> Any:
    whole = _integer(value)
    if whole is not None:
        return whole
    return value if not isinstance(value, fmpq) and run.ctx.isinf(value) else None


def _stepwise(
    run: Run,
    body: Body,
    free: list[Value],
    ends: tuple[int, int],
    unit: int,
    combine: Callable[[Any, Any], Any],
) -> Any:
    """Add or multiply up; with the ends exchanged the result is inverted, as SymPy defines it."""
    first, last = ends
    backwards = last < first - 1
    if backwards:
        first, last = last + 1, first - 1
    if last - first >= MOST_TERMS:
        return run.ctx.nan
    total = run.ctx.mpf(unit)
    for index in range(first, last + 1):
        total = combine(total, body.value(run, [*free, fmpq(index)]))
    if not backwards:
        return total
    return -total if unit == 0 else 1 / total


def _integral(vertex: Vertex, plan: Plan) -> Rule:
    body = Body(vertex.payload, plan)

    def rule(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
        *free, first, last = operands
        low, high = run.number(first), run.number(last)
        if low == high:
            return fmpq(0)

        def integrand(place: Any) -> Any:
            # The abscissas crowd at the ends until they round to them; the body may be singular.
            value = body.value(run, [*free, place])
            return run.ctx.zero if place in (low, high) and not run.ctx.isfinite(value) else value

        tails = [_tail(run, integrand, low, -1), _tail(run, integrand, high, 1)]
        if any(tail != 0 for tail in tails):
            return sum(tails, run.ctx.zero)  # of opposite infinities nan
        cuts = _cuts(run, body, free, low, high)
        return run.ctx.quad(_limited(integrand), [low, *cuts, high])

    return rule


def _tail(run: Run, integrand: Callable[[Any], Any], end: Any, direction: int) -> Any:
    """Return what the integral of an integrand that does not fall towards an infinite end is.

    It is infinite, or nan where the integrand grows and changes its sign; otherwise 0 is returned.
    A quadrature would never end. The places are so far out that no
    hump of a convergent integral reaches from the first to the last.
    """
    ctx = run.ctx
    if not ctx.isinf(end) or ctx.im(end):
        return 0
    side = 1 if end > 0 else -1
    seen: list[Any] = []
    for power in _FAR:
        try:
            value = integrand(side * ctx.mpf(10) ** power)
        except (*GIVEN_UP, *UNDEFINED):
            return 0
        real = not isinstance(value, ctx.mpc) and not ctx.isnan(value) and value != 0
        if not real or (seen and abs(value) < abs(seen[-1])):
            return 0
        seen.append(value)
    signs = {ctx.sign(value) for value in seen}
    if len(signs) == 1:
        return side * direction * signs.pop() * ctx.inf
    return ctx.nan if abs(seen[0]) > 1 / ctx.eps else 0


# kinks of an integrand, at which the quadrature has to be cut


def _kinks(graph: Graph) -> list[tuple[int, ...]]:
    """Return what changes its sign at a kink or a jump: one vertex, or the difference of two."""
    found = []
    for vertex in graph.vertices:
        if vertex.head in (sympy.Abs, sympy.sign, sympy.Heaviside):
            found.append(vertex.operands[:1])
        elif vertex.head in (sympy.Max, sympy.Min):
            pairs = zip(vertex.operands, vertex.operands[1:], strict=False)
            found.extend(pairs)
        elif isinstance(vertex.head, type) and issubclass(vertex.head, sympy.core.relational.Rel):
            found.append(vertex.operands)
    return found


def _cuts(run: Run, body: Body, free: list[Value], low: Any, high: Any) -> list[Any]:
    """Return the places between the ends, ascending, at which to cut the interval."""
    ctx = run.ctx
    whole_line = ctx.isinf(low) and ctx.isinf(high)
    if not body.kinks or ctx.im(low) or ctx.im(high):
        return [ctx.zero] if whole_line else []

    def measured(place: Any) -> list[Any]:
        inner = body.run(run, [*free, place])
        return [_difference(inner, kink) for kink in body.kinks]

    places = [_between(ctx, low, high, ctx.mpf(k) / SAMPLES) for k in range(1, SAMPLES)]
    sampled = [measured(place) for place in places]
    cuts = {ctx.zero} if whole_line else set()
    for number in range(len(body.kinks)):
        for left, right in zip(range(SAMPLES - 1), range(1, SAMPLES - 1), strict=False):
            before, after = sampled[left][number], sampled[right][number]
            if before is None or after is None:
                continue
            if after == 0:
                cuts.add(places[right])
            elif before * after < 0:
                cuts.add(_crossing(run, measured, number, places[left], places[right]))
    return sorted(cut for cut in cuts if low < cut < high)


def _difference(inner: Run, kink: tuple[int, ...]) -> Any:
    values = [inner.values[position] for position in kink]
    if any(value is MISSING or isinstance(value, bool) for value in values):
        return None
    numbers = [inner.number(value) for value in values]
    difference = numbers[0] if len(numbers) == 1 else numbers[0] - numbers[1]
    real = not isinstance(difference, inner.ctx.mpc) and inner.ctx.isfinite(difference)
    return difference if real else None


def _between(ctx: Any, low: Any, high: Any, share: Any) -> Any:
    """Return a place between two ends, of which either may be infinite."""
    if ctx.isinf(low) and ctx.isinf(high):
        return (2 * share - 1) / (share * (1 - share))
    if ctx.isinf(high):
        return low + share / (1 - share)
    if ctx.isinf(low):
        return high - (1 - share) / share
    return low + share * (high - low)


def _crossing(
    run: Run, measured: Callable[[Any], list[Any]], number: int, left: Any, right: Any
) -> Any:
    """Return the place of a change of sign between two places."""

    def value(place: Any) -> Any:
        difference = measured(place)[number]
        return run.ctx.nan if difference is None else difference

    try:
        return run.ctx.findroot(value, (left, right), solver="anderson", verify=False)
    except (*GIVEN_UP, *UNDEFINED):
        return (left + right) / 2


def _derivative(vertex: Vertex, plan: Plan) -> Rule:
    body = Body(vertex.payload, plan)
    order = vertex.payload.order

    def rule(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
        *free, place = operands

        def function(argument: Any) -> Any:
            return body.value(run, [*free, argument])

        return run.ctx.diff(_limited(function), run.number(place), order)

    return rule


def _substitution(vertex: Vertex, plan: Plan) -> Rule:
    body = Body(vertex.payload, plan)
    return lambda run, position, vertex, operands: body.value(run, operands)


BINDERS: dict[type, Callable[[Vertex, Plan], Rule]] = {
    sympy.Sum: _accumulated(0, operator.add, "nsum"),
    sympy.Product: _accumulated(1, operator.mul, "nprod"),
    sympy.Integral: _integral,
    sympy.Derivative: _derivative,
    sympy.Subs: _substitution,
}
