"""What each kind of vertex computes in a run: arithmetic, functions, constants."""

from __future__ import annotations

from functools import reduce
from typing import Any

import sympy
from flint import fmpq

from symnum.errors import UnsupportedNodeError
from symnum.expressions.named_functions import NamedFunction
from symnum.reference.binders import BINDERS
from symnum.reference.decisions import DECISIONS
from symnum.reference.exact import POLE, WHOLE, exact_power, leaf_rational
from symnum.reference.function_rows import LARGEST_EXPONENT, magnitude
from symnum.reference.functions import FUNCTIONS, SATURATION, VANISHING
from symnum.reference.graph import Graph, Vertex
from symnum.reference.machine import Rule, Run, Value
from symnum.reference.special_functions import hypergeometric, meijer

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
    if vertex.head in BINDERS:
        return BINDERS[vertex.head](vertex, plan)
    rule = ARITHMETIC.get(vertex.head) or DECISIONS.get(vertex.head)
    if rule is None and (vertex.head in FUNCTIONS or issubclass(vertex.head, NamedFunction)):
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
        return (
            FUNCTIONS[sympy.exp](ctx, exponent * ctx.ln(base))
            if _long(ctx, exponent)
            else (ctx.power(base, exponent))
        )
    if base == 0:
        return ctx.zero if ctx.re(exponent) > 0 else ctx.nan
    return ctx.exp(exponent * ctx.ln(base))


def _long(ctx: Any, exponent: Any) -> bool:
    return magnitude(ctx, exponent) > 64


# functions


def _function(run: Run, position: int, vertex: Vertex, operands: list[Value]) -> Value:
    head, ctx = vertex.head, run.ctx
    first = operands[0]
    if isinstance(first, fmpq) and first == 0 and len(operands) == 1 and head in VANISHING:
        return fmpq(VANISHING[head])
    arguments = []
    for slot, operand in enumerate(operands):
        number = run.number(operand)
        if number != number:
            return ctx.nan
        arguments.append(number if head in ENTIRE else run.real((position, slot), number))
    if head in SATURATION:
        factor, power = SATURATION[head]
        largest = max(abs(argument) for argument in arguments)
        if ctx.isfinite(largest):
            run.depth = max(run.depth, int(min(factor * largest**power, 1 << 40)))
    compute = head.value if issubclass(head, NamedFunction) else FUNCTIONS[head]
    value = compute(ctx, *arguments)
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

ARITHMETIC: dict[type, Rule] = {
    sympy.Add: _add,
    sympy.Mul: _mul,
    sympy.Pow: _pow,
    sympy.hyper: _parametric,
    sympy.meijerg: _parametric,
}
