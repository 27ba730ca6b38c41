"""Kinks, jumps and conditions in balls: where a decision is open, the hull of both outcomes.

A condition is True, False or None, and None means that the balls do not decide it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import sympy
from flint import acb, arb, fmpq

from symnum.reference.ball_functions import as_complex
from symnum.reference.graph import Vertex

__all__ = ["DECISIONS", "RELATIONS", "BallRule", "Value", "absolute", "hull"]

Value = Any
BallRule = Callable[[Vertex, list[Value]], Value]

# kinks


def hull(values: list[Value]) -> Value:
    """Return a ball that contains all of these numbers and balls."""
    if len(values) == 1:
        return values[0]
    if any(isinstance(value, acb) for value in values):
        parts = [as_complex(value) for value in values]
        return acb(hull([part.real for part in parts]), hull([part.imag for part in parts]))
    balls = [arb(value) if isinstance(value, fmpq) else value for value in values]
    return reduce(lambda a, b: a.union(b), balls)


def absolute(value: Any) -> Any:
    """Return the absolute value; of a ball around zero the part that is not negative."""
    if isinstance(value, arb) and value.is_finite() and value.contains(0):
        return arb(0).union(value.abs_upper())
    return abs(value)


def _abs(vertex: Vertex, operands: list[Value]) -> Value:
    return absolute(operands[0])


def _sign(vertex: Vertex, operands: list[Value]) -> Value:
    value = operands[0]
    if isinstance(value, acb):
        return value / abs(value)
    if isinstance(value, fmpq):
        return fmpq(int(value > 0) - int(value < 0))
    return value.sgn()


def _floor(vertex: Vertex, operands: list[Value]) -> Value:
    value = operands[0]
    if isinstance(value, acb):
        return acb(value.real.floor(), value.imag.floor())
    return fmpq(value.floor()) if isinstance(value, fmpq) else value.floor()


def _ceiling(vertex: Vertex, operands: list[Value]) -> Value:
    return -_floor(vertex, [-operands[0]])


def _frac(vertex: Vertex, operands: list[Value]) -> Value:
    return operands[0] - _floor(vertex, operands)


def _mod(vertex: Vertex, operands: list[Value]) -> Value:
    value, modulus = operands
    if isinstance(value, acb) or isinstance(modulus, acb) or modulus == 0:
        return arb.nan()
    whole = _floor(vertex, [value / modulus])
    return value - modulus * whole


def _heaviside(vertex: Vertex, operands: list[Value]) -> Value:
    value, middle = operands
    if isinstance(value, acb):
        return arb.nan()
    outcomes = [(value > 0, fmpq(1)), (value < 0, fmpq(0))]
    for certain, outcome in outcomes:
        if certain:
            return outcome
    if value == 0:
        return middle
    return hull([fmpq(0), fmpq(1), middle])


def _kronecker(vertex: Vertex, operands: list[Value]) -> Value:
    equal = _equal(*operands)
    return hull([fmpq(0), fmpq(1)]) if equal is None else fmpq(int(equal))


def _extreme(name: str) -> BallRule:
    def rule(vertex: Vertex, operands: list[Value]) -> Value:
        if all(isinstance(operand, fmpq) for operand in operands):
            return max(operands) if name == "max" else min(operands)
        if any(isinstance(operand, acb) for operand in operands):
            return arb.nan()
        balls = [arb(operand) if isinstance(operand, fmpq) else operand for operand in operands]
        return reduce(lambda a, b: getattr(a, name)(b), balls)

    return rule


def _argument(vertex: Vertex, operands: list[Value]) -> Value:
    value = operands[0]
    if isinstance(value, acb):
        return value.arg()
    if value > 0:
        return fmpq(0)
    if value < 0:
        return arb.pi()
    return arb.nan() if value == 0 else arb(0).union(arb.pi())


def _real_part(vertex: Vertex, operands: list[Value]) -> Value:
    return operands[0].real if isinstance(operands[0], acb) else operands[0]


def _imaginary_part(vertex: Vertex, operands: list[Value]) -> Value:
    return operands[0].imag if isinstance(operands[0], acb) else fmpq(0)


def _conjugate(vertex: Vertex, operands: list[Value]) -> Value:
    return operands[0].conjugate() if isinstance(operands[0], acb) else operands[0]


# conditions


def _equal(left: Value, right: Value) -> bool | None:
    difference = left - right
    if isinstance(difference, fmpq) or difference.is_exact():
        return bool(difference == 0)
    return None if difference.contains(0) else False


def _unequal(left: Value, right: Value) -> bool | None:
    equal = _equal(left, right)
    return None if equal is None else not equal


def _below(left: Value, right: Value) -> bool | None:
    if isinstance(left, acb) or isinstance(right, acb):
        return None
    return True if left < right else False if left >= right else None


def _at_most(left: Value, right: Value) -> bool | None:
    if isinstance(left, acb) or isinstance(right, acb):
        return None
    return True if left <= right else False if left > right else None


RELATIONS: dict[type, Callable[[Value, Value], bool | None]] = {
    sympy.Eq: _equal,
    sympy.Ne: _unequal,
    sympy.Lt: _below,
    sympy.Le: _at_most,
    sympy.Gt: lambda left, right: _below(right, left),
    sympy.Ge: lambda left, right: _at_most(right, left),
}


def _relation(vertex: Vertex, operands: list[Value]) -> Value:
    left, right = operands
    if any(isinstance(side, arb | acb) and not side.is_finite() for side in operands):
        return None
    if isinstance(left, bool | None) or isinstance(right, bool | None):
        if left is None or right is None:
            return None
        return (left is right) == (vertex.head is sympy.Eq)
    return RELATIONS[vertex.head](left, right)


def _and(vertex: Vertex, operands: list[Value]) -> bool | None:
    if any(operand is False for operand in operands):
        return False
    return None if None in operands else True


def _or(vertex: Vertex, operands: list[Value]) -> bool | None:
    if any(operand is True for operand in operands):
        return True
    return None if None in operands else False


def _not(vertex: Vertex, operands: list[Value]) -> bool | None:
    return None if operands[0] is None else not operands[0]


def _xor(vertex: Vertex, operands: list[Value]) -> bool | None:
    return None if None in operands else sum(operands) % 2 == 1


def _implies(vertex: Vertex, operands: list[Value]) -> bool | None:
    return _or(vertex, [_not(vertex, operands[:1]), operands[1]])


def _equivalent(vertex: Vertex, operands: list[Value]) -> bool | None:
    return None if None in operands else len(set(operands)) == 1


def _piecewise(vertex: Vertex, operands: list[Value]) -> Value:
    taken = []
    for branch, condition in zip(operands[::2], operands[1::2], strict=True):
        if condition is not False:
            taken.append(branch)
        if condition is True:
            return hull(taken)
    return arb.nan()


def _ite(vertex: Vertex, operands: list[Value]) -> Value:
    if operands[0] is None:
        return operands[1] if operands[1] is operands[2] else None
    return operands[1] if operands[0] else operands[2]


DECISIONS: dict[type, BallRule] = {
    sympy.Abs: _abs,
    sympy.sign: _sign,
    sympy.floor: _floor,
    sympy.ceiling: _ceiling,
    sympy.frac: _frac,
    sympy.Mod: _mod,
    sympy.Heaviside: _heaviside,
    sympy.KroneckerDelta: _kronecker,
    sympy.Max: _extreme("max"),
    sympy.Min: _extreme("min"),
    sympy.arg: _argument,
    sympy.re: _real_part,
    sympy.im: _imaginary_part,
    sympy.conjugate: _conjugate,
    sympy.Piecewise: _piecewise,
    sympy.ITE: _ite,
    sympy.And: _and,
    sympy.Or: _or,
    sympy.Not: _not,
    sympy.Xor: _xor,
    sympy.Implies: _implies,
    sympy.Equivalent: _equivalent,
    **dict.fromkeys(RELATIONS, _relation),
}
