"""Sums, products, integrals and derivatives without a closed form, computed with mpmath.

The body is run as a graph of its own with the bound symbol set to whatever mpmath asks for. Sums of
moderately many terms are added up; the rest is extrapolated or integrated numerically, and trusted
only because two precisions have to agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import sympy
from flint import fmpq

if TYPE_CHECKING:
    from symnum.reference.graph import Binder, Vertex
    from symnum.reference.machine import Rule, Run, Value

__all__ = ["BINDER_RULES"]

# More terms than this are not added one by one.
MOST_TERMS = 100_000


def _parts(run: Run, vertex: Vertex, operands: list[Value]) -> tuple[Binder, Any, list[Value]]:
    """Return the binder, the values of its free symbols, and the remaining operands."""
    binder: Binder = vertex.payload
    free = dict(zip(binder.free, operands, strict=False))
    return binder, free, operands[len(binder.free) :]


def _body(run: Run, binder: Binder, free: Mapping[Any, Value]) -> Callable[..., Any]:
    """Return the body as a function of the bound symbols, at whatever precision the context has."""
    from symnum.reference.rules import plan

    rules = plan(binder.body)

    def value(*places: Any) -> Any:
        bindings = {**free, **dict(zip(binder.bound, places, strict=True))}
        inner = type(run)(binder.body, rules, run.ctx, bindings)
        inner.evaluate(binder.body.prompt)
        return inner.number(inner.values[binder.body.roots[0]])

    return value


def _integer(run: Run, value: Value) -> int | None:
    """Return an end of a sum as an int; None where it is no finite integer."""
    if isinstance(value, fmpq):
        return int(value.p) if value.q == 1 else None
    return None


def _accumulated(unit: int, combine: Callable[[Any, Any], Any], extrapolate: str) -> Rule:
    def rule(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
        binder, free, (low, high) = _parts(run, vertex, operands)
        body = _body(run, binder, free)
        first, last = _integer(run, low), _integer(run, high)
        if first is not None and last is not None:
            return _stepwise(run, body, first, last, unit, combine)
        ends = [_end(run, low), _end(run, high)]
        if None in ends:
            return run.ctx.nan
        return getattr(run.ctx, extrapolate)(body, ends)

    return rule


def _end(run: Run, value: Value) -> Any:
    if _integer(run, value) is not None:
        return int(value.p)
    return value if not isinstance(value, fmpq) and run.ctx.isinf(value) else None


def _stepwise(
    run: Run,
    body: Callable[..., Any],
    first: int,
    last: int,
    unit: int,
    combine: Callable[[Any, Any], Any],
) -> Any:
    """Add or multiply up; with the ends exchanged the result is inverted, as SymPy defines it."""
    backwards = last < first - 1
    if backwards:
        first, last = last + 1, first - 1
    if last - first >= MOST_TERMS:
        return run.ctx.nan
    total = run.ctx.mpf(unit)
    for index in range(first, last + 1):
        total = combine(total, body(fmpq(index)))
    if not backwards:
        return total
    return -total if unit == 0 else 1 / total


def _integral(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    binder, free, ends = _parts(run, vertex, operands)
    body = _body(run, binder, free)
    low, high = (run.number(end) for end in ends)

    def guarded(place: Any) -> Any:
        # The abscissas crowd at the ends until they round to them, where the body may be singular.
        value = body(place)
        if not run.ctx.isfinite(value) and (place == low or place == high):
            return run.ctx.zero
        return value

    if low == high:
        return fmpq(0)
    return run.ctx.quad(guarded, [low, *_kinks(run, body, low, high), high])


def _kinks(run: Run, body: Callable[..., Any], low: Any, high: Any) -> list[Any]:
    """Return places between the ends at which to cut: 0 where the interval is the whole line."""
    return [run.ctx.zero] if run.ctx.isinf(low) and run.ctx.isinf(high) else []


def _derivative(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    binder, free, (place,) = _parts(run, vertex, operands)
    return run.ctx.diff(_body(run, binder, free), run.number(place), binder.order)


def _substitution(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    binder, free, places = _parts(run, vertex, operands)
    return _body(run, binder, free)(*places)


BINDER_RULES: dict[type, Rule] = {
    sympy.Sum: _accumulated(0, lambda left, right: left + right, "nsum"),
    sympy.Product: _accumulated(1, lambda left, right: left * right, "nprod"),
    sympy.Integral: _integral,
    sympy.Derivative: _derivative,
    sympy.Subs: _substitution,
}
