"""Kinks, jumps and conditions over an interval.

A condition is True, False, or None where it changes, or may change, inside the box.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import sympy
from flint import fmpq

from symnum.reference.spans import (
    DEFINED,
    EMPTY,
    GOOD,
    HIGH_OPEN,
    LOW_OPEN,
    NOWHERE,
    Span,
    add,
    contains_zero,
    inverse,
    multiply,
    negative,
    point,
    union,
)

__all__ = ["SPAN_DECISIONS"]

ZERO, ONE = fmpq(0), fmpq(1)


def _abs(a: Span) -> Span:
    if a.flags & EMPTY:
        return NOWHERE
    if a.low >= 0:
        return a
    flipped = negative(a)
    if a.high <= 0:
        return flipped
    side = a if a.high > flipped.high else flipped
    return Span(ZERO, side.high, a.flags & GOOD)


def _sign(a: Span) -> Span:
    if a.flags & EMPTY:
        return NOWHERE
    if not contains_zero(a):
        value = ONE if a.high > 0 else -ONE
        return Span(value, value, a.flags & GOOD)
    low = -ONE if a.low < 0 else ZERO
    high = ONE if a.high > 0 else ZERO
    # Constant 0 over a point; everywhere else there is a jump.
    keep = GOOD if a.low == a.high else DEFINED
    return Span(low, high, a.flags & keep)


def _floor(a: Span) -> Span:
    if a.flags & EMPTY:
        return NOWHERE
    low = fmpq(a.low.floor()) if isinstance(a.low, fmpq) else a.low.floor()
    high = fmpq(a.high.floor()) if isinstance(a.high, fmpq) else a.high.floor()
    if a.flags & HIGH_OPEN and high == a.high and low < high:
        high = high - 1
    return Span(low, high, a.flags & (GOOD if low == high else DEFINED))


def _ceiling(a: Span) -> Span:
    return negative(_floor(negative(a)))


def _frac(a: Span) -> Span:
    whole = _floor(a)
    if whole.low == whole.high:
        return add(a, negative(whole))
    return Span(ZERO, ONE, a.flags & DEFINED)


def _mod(a: Span, modulus: Span) -> Span:
    whole = _floor(multiply(a, inverse(modulus)))
    if whole.flags & EMPTY:
        return NOWHERE
    if whole.low == whole.high:
        return add(a, negative(multiply(modulus, whole)))
    flags = whole.flags & a.flags & modulus.flags & DEFINED
    return Span(min(ZERO, modulus.low), max(ZERO, modulus.high), flags)


def _heaviside(a: Span, middle: Span) -> Span:
    if a.flags & EMPTY:
        return NOWHERE
    if not contains_zero(a):
        value = ONE if a.high > 0 else ZERO
        return Span(value, value, a.flags & GOOD)
    outcomes = [middle]
    outcomes += [point(ZERO)] * bool(a.low < 0) + [point(ONE)] * bool(a.high > 0)
    hull = reduce(union, outcomes)
    keep = GOOD if len(outcomes) == 1 else DEFINED
    return Span(hull.low, hull.high, hull.flags & a.flags & keep)


def _kronecker(a: Span, b: Span) -> Span:
    equal = _equal(a, b)
    if equal is None:
        return Span(ZERO, ONE, a.flags & b.flags & DEFINED)
    value = ONE if equal else ZERO
    return Span(value, value, a.flags & b.flags & GOOD)


def _maximum(*spans: Span) -> Span:
    if any(span.flags & EMPTY for span in spans):
        return NOWHERE
    good = reduce(lambda left, right: left & right, (span.flags for span in spans)) & GOOD
    low = max(span.low for span in spans)
    high = max(span.high for span in spans)
    low_open = all(span.flags & LOW_OPEN for span in spans if span.low == low)
    high_open = all(span.flags & HIGH_OPEN for span in spans if span.high == high)
    flags = (LOW_OPEN if low_open else 0) | (HIGH_OPEN if high_open else 0)
    return Span(low, high, good | flags)


def _minimum(*spans: Span) -> Span:
    return negative(_maximum(*(negative(span) for span in spans)))


def _same(a: Span) -> Span:
    return a


def _zero(a: Span) -> Span:
    return NOWHERE if a.flags & EMPTY else Span(ZERO, ZERO, a.flags & GOOD)


# conditions


def _below(a: Span, b: Span) -> bool | None:
    if (a.flags | b.flags) & EMPTY or not a.flags & b.flags & DEFINED:
        return None
    if a.high < b.low or (a.high == b.low and (a.flags & HIGH_OPEN or b.flags & LOW_OPEN)):
        return True
    return False if a.low >= b.high else None


def _at_most(a: Span, b: Span) -> bool | None:
    strict = _below(b, a)
    return None if strict is None else not strict


def _equal(a: Span, b: Span) -> bool | None:
    if not a.flags & b.flags & DEFINED:
        return None
    if a.low == a.high == b.low == b.high:
        return True
    return False if _below(a, b) is True or _below(b, a) is True else None


def _unequal(a: Span, b: Span) -> bool | None:
    equal = _equal(a, b)
    return None if equal is None else not equal


def _and(*truths: Any) -> bool | None:
    if any(truth is False for truth in truths):
        return False
    return None if None in truths else True


def _or(*truths: Any) -> bool | None:
    if any(truth is True for truth in truths):
        return True
    return None if None in truths else False


def _not(truth: Any) -> bool | None:
    return None if truth is None else not truth


def _xor(*truths: Any) -> bool | None:
    return None if None in truths else sum(truths) % 2 == 1


def _implies(premise: Any, conclusion: Any) -> bool | None:
    return _or(_not(premise), conclusion)


def _equivalent(*truths: Any) -> bool | None:
    return None if None in truths else len(set(truths)) == 1


def _ite(condition: Any, then: Any, otherwise: Any) -> Any:
    if condition is None:
        return then if then is otherwise else None
    return then if condition else otherwise


SPAN_DECISIONS: dict[type, Callable[..., Any]] = {
    sympy.Abs: _abs,
    sympy.sign: _sign,
    sympy.floor: _floor,
    sympy.ceiling: _ceiling,
    sympy.frac: _frac,
    sympy.Mod: _mod,
    sympy.Heaviside: _heaviside,
    sympy.KroneckerDelta: _kronecker,
    sympy.Max: _maximum,
    sympy.Min: _minimum,
    sympy.re: _same,
    sympy.conjugate: _same,
    sympy.im: _zero,
    sympy.Eq: _equal,
    sympy.Ne: _unequal,
    sympy.Lt: _below,
    sympy.Le: _at_most,
    sympy.Gt: lambda a, b: _below(b, a),
    sympy.Ge: lambda a, b: _at_most(b, a),
    sympy.And: _and,
    sympy.Or: _or,
    sympy.Not: _not,
    sympy.Xor: _xor,
    sympy.Implies: _implies,
    sympy.Equivalent: _equivalent,
    sympy.ITE: _ite,
}
