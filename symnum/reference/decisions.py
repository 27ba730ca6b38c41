"""Kinks, jumps and conditions in a run at one precision.

Where a rounded number is within its error of a jump, the run notes a doubt; see `machine`.
"""

from __future__ import annotations

import sympy
from flint import fmpq

from symnum.reference.exact import EXACT_BITS
from symnum.reference.function_rows import magnitude
from symnum.reference.graph import Vertex
from symnum.reference.machine import Rule, Run, Value

__all__ = ["DECISIONS"]


def _abs(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return abs(operands[0])


def _sign(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    value = _as_real(run, position, operands[0])
    if isinstance(value, run.ctx.mpc):
        return value / abs(value)
    if _is_nan(run, value):
        return run.ctx.nan
    return fmpq(run.sign((position, 0), value))


def _as_real(run: Run, position: int, value: Value) -> Value:
    return value if isinstance(value, fmpq) else run.real((position, 9), value)


def _is_nan(run: Run, value: Value) -> bool:
    return not isinstance(value, fmpq | bool) and run.ctx.isnan(value)


def _rounded_down(run: Run, key: tuple[int, int], value: Value) -> Value:
    """Return the floor of a real number as a rational."""
    if isinstance(value, fmpq):
        return fmpq(value.floor())
    if not run.ctx.isfinite(value):
        return value
    if magnitude(run.ctx, value) > EXACT_BITS:
        return run.ctx.nan
    nearest = run.ctx.nint(value)
    below = run.sign(key, value - nearest, value) < 0
    return fmpq(int(nearest) - int(below))


def _floor(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    value = _as_real(run, position, operands[0])
    if isinstance(value, run.ctx.mpc):
        real = _rounded_down(run, (position, 0), value.real)
        imaginary = _rounded_down(run, (position, 1), value.imag)
        return run.ctx.mpc(run.number(real), run.number(imaginary))
    return _rounded_down(run, (position, 0), value)


def _ceiling(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return -_floor(run, position, vertex, [-operands[0]])


def _frac(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return operands[0] - _mixed(run, _floor(run, position, vertex, operands), operands[0])


def _mixed(run: Run, value: Value, partner: Value) -> Value:
    """Return `value` in a form that can be combined with `partner`."""
    return value if isinstance(partner, fmpq) and isinstance(value, fmpq) else run.number(value)


def _mod(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    value, modulus = operands
    if isinstance(value, fmpq) and isinstance(modulus, fmpq):
        return run.exact(value - modulus * fmpq((value / modulus).floor()))
    value, modulus = run.number(value), run.number(modulus)
    quotient = _as_real(run, position, value / modulus)
    if isinstance(quotient, run.ctx.mpc):
        return run.ctx.nan
    whole = _rounded_down(run, (position, 0), quotient)
    return value - modulus * run.number(whole)


def _heaviside(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    value = _as_real(run, position, operands[0])
    if isinstance(value, run.ctx.mpc) or _is_nan(run, value):
        return run.ctx.nan
    sign = run.sign((position, 0), value)
    return fmpq(int(sign > 0)) if sign else operands[1]


def _kronecker(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return fmpq(int(_compare(run, position, operands[0], operands[1]) == 0))


def _extreme(largest: bool) -> Rule:
    def rule(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
        best = operands[0]
        for slot, operand in enumerate(operands):
            real = operand if isinstance(operand, fmpq) else run.real((position, slot), operand)
            if isinstance(real, run.ctx.mpc) or _is_nan(run, real):
                return run.ctx.nan
            left, right = _mixed(run, real, best), _mixed(run, best, real)
            if slot == 0 or (left > right if largest else left < right):
                best = real
        return best

    return rule


def _argument(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    value = _as_real(run, position, operands[0])
    if isinstance(value, run.ctx.mpc):
        return run.ctx.arg(value)
    sign = 0 if _is_nan(run, value) else run.sign((position, 0), value)
    return {1: fmpq(0), -1: +run.ctx.pi}.get(sign, run.ctx.nan)


def _real_part(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    value = operands[0]
    return value.real if isinstance(value, run.ctx.mpc) else value


def _imaginary_part(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    value = operands[0]
    return value.imag if isinstance(value, run.ctx.mpc) else fmpq(0)


def _conjugate(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    value = operands[0]
    return value.conjugate() if isinstance(value, run.ctx.mpc) else value


# conditions


def _compare(run: Run, position: int, left: Value, right: Value) -> int | None:
    """Return the sign of left - right; None where they cannot be compared."""
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        return run.sign((position, 0), left - right)
    left, right = run.number(left), run.number(right)
    if not (run.ctx.isfinite(left) and run.ctx.isfinite(right)):
        if run.ctx.isnan(left) or run.ctx.isnan(right):
            return None
        return int(left > right) - int(left < right)
    difference = run.real((position, 9), left - right)
    if isinstance(difference, run.ctx.mpc):
        return None
    return run.sign((position, 0), difference)


# relation -> the signs of left - right for which it holds
HOLDS: dict[type, tuple[int | None, ...]] = {
    sympy.Eq: (0,),
    sympy.Ne: (-1, 1, None),
    sympy.Lt: (-1,),
    sympy.Le: (-1, 0),
    sympy.Gt: (1,),
    sympy.Ge: (0, 1),
}


def _relation(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    if any(isinstance(operand, bool) for operand in operands):
        equal = operands[0] is operands[1]
        return equal if vertex.head is sympy.Eq else not equal
    return _compare(run, position, operands[0], operands[1]) in HOLDS[vertex.head]


def _truths(operands: list[Value]) -> list[bool]:
    return [operand is True for operand in operands]


def _and(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return all(_truths(operands))


def _or(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return any(_truths(operands))


def _not(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return operands[0] is not True


def _xor(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return sum(_truths(operands)) % 2 == 1


def _implies(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return operands[0] is not True or operands[1] is True


def _equivalent(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return len(set(_truths(operands))) == 1


def _piecewise(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    for branch, condition in zip(operands[::2], operands[1::2], strict=True):
        if condition is True:
            return branch
    return run.ctx.nan


def _ite(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return operands[1] if operands[0] is True else operands[2]


DECISIONS: dict[type, Rule] = {
    sympy.Abs: _abs,
    sympy.sign: _sign,
    sympy.floor: _floor,
    sympy.ceiling: _ceiling,
    sympy.frac: _frac,
    sympy.Mod: _mod,
    sympy.Heaviside: _heaviside,
    sympy.KroneckerDelta: _kronecker,
    sympy.Max: _extreme(largest=True),
    sympy.Min: _extreme(largest=False),
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
    **dict.fromkeys(HOLDS, _relation),
}
