"""What each kind of vertex computes in a run: arithmetic, decisions, conditions, functions."""

from __future__ import annotations

from functools import reduce
from typing import Any

import sympy
from flint import fmpq

from symnum.errors import UnsupportedNodeError
from symnum.reference.binders import BINDER_RULES
from symnum.reference.exact import EXACT_BITS, POLE, WHOLE, exact_power, leaf_rational
from symnum.reference.functions import (
    FUNCTIONS,
    LARGEST_EXPONENT,
    SATURATION,
    VANISHING,
    hypergeometric,
    magnitude,
    meijer,
)
from symnum.reference.graph import Graph, Vertex
from symnum.reference.machine import Rule, Run, Value

__all__ = ["plan"]


def plan(graph: Graph) -> tuple[Rule, ...]:
    """Return the rule of each vertex.

    Raises
    ------
    UnsupportedNodeError
        Where a function has no row, naming it.
    """
    return tuple(_rule(vertex) for vertex in graph.vertices)


def _rule(vertex: Vertex) -> Rule:
    if not vertex.operands and isinstance(vertex.payload, sympy.Basic):
        return _leaf_rule(vertex)
    rule = RULES.get(vertex.head) or BINDER_RULES.get(vertex.head)
    if rule is None and vertex.head in FUNCTIONS:
        rule = _function
    if rule is None:
        raise UnsupportedNodeError(f"{vertex.head.__name__} has no numerical value at a point")
    return rule


# leaves


def _leaf_rule(vertex: Vertex) -> Rule:
    leaf = vertex.payload
    if isinstance(leaf, sympy.Symbol):
        return _symbol
    if leaf in (sympy.true, sympy.false):
        return _truth
    if isinstance(leaf, sympy.Rational | sympy.Float):
        return _rational
    if leaf.is_number and isinstance(leaf, sympy.Expr):
        return _constant
    raise UnsupportedNodeError(f"{type(leaf).__name__} has no numerical value: {leaf}")


def _symbol(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    value = run.bindings[vertex.payload]
    return value(run.ctx) if callable(value) else value


def _truth(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    return bool(vertex.payload)


def _rational(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    leaf = vertex.payload
    exact = leaf_rational(leaf)
    return run.ctx.make_mpf(leaf._mpf_) if exact is None else exact


def _constant(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    leaf, ctx = vertex.payload, run.ctx
    if leaf is sympy.I:
        return ctx.mpc(0, 1)
    if leaf is sympy.oo:
        return ctx.inf
    if leaf is -sympy.oo:
        return ctx.ninf
    if leaf is sympy.nan or leaf is sympy.zoo:
        return ctx.nan
    if isinstance(leaf, sympy.NumberSymbol):
        return ctx.make_mpf(leaf._as_mpf_val(ctx.prec + 10))
    real, imaginary = leaf.evalf(ctx.dps + 5).as_real_imag()
    return ctx.mpc(ctx.make_mpf(real._to_mpmath(ctx.prec)._mpf_), imaginary._to_mpmath(ctx.prec))


# arithmetic


def _add(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    exact = fmpq(0)
    rounded: list[Any] = []
    for operand in operands:
        if isinstance(operand, fmpq):
            exact += operand
        else:
            rounded.append(operand)
    if not rounded:
        return run.exact(exact)
    if exact != 0:
        rounded.append(run.number(exact))
    total = sum(rounded[1:], rounded[0])
    if total == 0:
        run.doubts.add((position, WHOLE))
    return total


def _mul(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    exact = fmpq(1)
    rounded: list[Any] = []
    for operand in operands:
        if isinstance(operand, fmpq):
            exact *= operand
        else:
            rounded.append(operand)
    if not rounded:
        return run.exact(exact)
    if exact == 0:
        finite = all(run.ctx.isfinite(factor) for factor in rounded)
        return exact if finite else run.ctx.nan
    product = reduce(lambda left, right: left * right, rounded)
    return product if exact == 1 else product * run.number(exact)


def _pow(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    base, exponent = operands
    if isinstance(exponent, fmpq):
        if exponent == 0:
            return fmpq(1)
        if isinstance(base, fmpq):
            if base == 0 and exponent < 0:
                return run.ctx.nan
            value = exact_power(base, exponent)
            if value is not None:
                return value
        if exponent.q == 1:
            return _integer_power(run, run.number(base), int(exponent.p))
        return _fractional_power(run, position, base, exponent)
    return _general_power(run, position, run.number(base), exponent)


def _integer_power(run: Run, base: Any, exponent: int) -> Value:
    if abs(magnitude(run.ctx, base)) * abs(exponent) > 1 << LARGEST_EXPONENT:
        return run.ctx.nan
    return base**exponent


def _fractional_power(run: Run, position: int, base: Value, exponent: fmpq) -> Value:
    """Return the principal power with a rational exponent that is no integer."""
    ctx = run.ctx
    base = run.real((position, 0), run.number(base))
    if base == 0:
        return ctx.zero if exponent > 0 else ctx.nan
    if isinstance(base, ctx.mpc) or base > 0:
        return _positive_power(run, base, exponent)
    size = _positive_power(run, -base, exponent)
    if exponent.q == 2:
        turns = int(exponent.p) % 4
        return ctx.mpc(0, size if turns == 1 else -size)
    return size * ctx.expjpi(run.number(exponent))


def _positive_power(run: Run, base: Any, exponent: fmpq) -> Any:
    if exponent.q == 2 and abs(exponent.p) < 64:
        return run.ctx.sqrt(base) ** int(exponent.p)
    return run.ctx.power(base, run.number(exponent))


def _general_power(run: Run, position: int, base: Any, exponent: Any) -> Value:
    ctx = run.ctx
    exponent = run.real((position, 1), exponent)
    base = run.real((position, 0), base)
    if ctx.isnan(base) or ctx.isnan(exponent):
        return ctx.nan
    if isinstance(base, ctx.mpf) and base > 0 and isinstance(exponent, ctx.mpf):
        return FUNCTIONS[sympy.exp](ctx, exponent * ctx.ln(base)) if _long(ctx, exponent) else (
            ctx.power(base, exponent)
        )
    if base == 0:
        return ctx.zero if ctx.re(exponent) > 0 else ctx.nan
    return ctx.exp(exponent * ctx.ln(base))


def _long(ctx: Any, exponent: Any) -> bool:
    return magnitude(ctx, exponent) > 64


# decisions


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


# functions


def _function(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    head, ctx = vertex.head, run.ctx
    first = operands[0]
    if isinstance(first, fmpq) and first == 0 and len(operands) == 1 and head in VANISHING:
        return fmpq(VANISHING[head])
    arguments = []
    for slot, operand in enumerate(operands):
        number = run.number(operand)
        arguments.append(number if head in ENTIRE else run.real((position, slot), number))
    if head in SATURATION:
        factor, power = SATURATION[head]
        largest = max(abs(argument) for argument in arguments)
        if ctx.isfinite(largest):
            run.depth = max(run.depth, int(min(factor * largest**power, 1 << 40)))
    value = FUNCTIONS[head](ctx, *arguments)
    _examine(run, position, operands, value)
    return value


def _parametric(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    """Return a function whose parameters come in groups: hyper and meijerg."""
    numbers = [run.number(operand) for operand in operands]
    groups, start = [], 0
    for length in vertex.payload:
        groups.append(numbers[start : start + length])
        start += length
    compute = hypergeometric if vertex.head is sympy.hyper else meijer
    return compute(run.ctx, groups, numbers[-1])


def _examine(run: Run, position: int, operands: list[Value], value: Any) -> None:
    """Doubt a zero, a pole or an infinity that a rounded argument may have hit by accident."""
    if value != 0 and run.ctx.isfinite(value):
        return
    if any(_rounds(run, operand) for operand in operands):
        key = (position, WHOLE if value == 0 else POLE)
        if key not in run.snapped:
            run.doubts.add(key)


def _rounds(run: Run, operand: Value) -> bool:
    if isinstance(operand, fmpq):
        return not is_power_of_two(int(operand.q)) or operand.height_bits() > run.ctx.prec
    return bool(run.ctx.isfinite(operand))


def is_power_of_two(number: int) -> bool:
    """Return whether a positive integer is a power of two."""
    return number & (number - 1) == 0


ENTIRE = frozenset(
    [
        sympy.exp,
        sympy.sin,
        sympy.cos,
        sympy.tan,
        sympy.sinh,
        sympy.cosh,
        sympy.tanh,
        sympy.erf,
        sympy.erfc,
        sympy.erfi,
        sympy.gamma,
        sympy.airyai,
        sympy.airybi,
    ]
)

RULES: dict[type, Rule] = {
    sympy.hyper: _parametric,
    sympy.meijerg: _parametric,
    sympy.Add: _add,
    sympy.Mul: _mul,
    sympy.Pow: _pow,
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
