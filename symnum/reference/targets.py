"""Expressions with their derivatives, compiled for boxes when they are first needed."""

from __future__ import annotations

from typing import Any

import sympy

from symnum.errors import UnsupportedNodeError
from symnum.reference.ranges import RangeFunction

__all__ = ["Target", "differentiated"]

# Derivatives with more operations than this cost more than they save.
LARGEST_DERIVATIVE = 4_000
# How far the chain of derivatives may go.
DEEPEST = 8
# Functions that are constant between their jumps, and those that are written with them.
FLAT = (sympy.floor, sympy.ceiling, sympy.sign, sympy.Heaviside)
STEPPED: dict[type, Any] = {
    sympy.Mod: lambda p, q: p - q * sympy.floor(p / q),
    sympy.frac: lambda u: u - sympy.floor(u),
}


class Target:
    """An expression with its derivatives, compiled when they are first needed."""

    def __init__(self, expr: Any, where: tuple[Any, ...] = (), depth: int = 0) -> None:
        self.expr = expr
        self.where = where
        self.depth = depth
        self.range = RangeFunction(expr)
        self.conditions = RangeFunction(*where) if where else None
        self._derivatives: dict[sympy.Symbol, Target | None] = {}
        self._gradient: list[RangeFunction | None] = []
        self._opposite: Target | None = None
        # Whose partial derivatives `gradient` holds, in this order.
        self.partials = self.range.symbols

    @property
    def symbols(self) -> tuple[sympy.Symbol, ...]:
        """The free symbols of the expression and the conditions, in a fixed order."""
        own = dict.fromkeys(self.range.symbols)
        if self.conditions is not None:
            own.update(dict.fromkeys(self.conditions.symbols))
        return tuple(own)

    def gradient(self) -> RangeFunction | None:
        """Return the partial derivatives, in the order of `partials`, or None."""
        if not self._gradient:
            self._gradient.append(self._compile_gradient())
        return self._gradient[0]

    def _compile_gradient(self) -> RangeFunction | None:
        partials = [differentiated(self.expr, symbol) for symbol in self.partials]
        if not partials or any(partial is None for partial in partials):
            return None
        try:
            return RangeFunction(*partials)
        except UnsupportedNodeError:
            return None

    def derivative(self, symbol: sympy.Symbol) -> Target | None:
        """Return the derivative as a target of its own, or None."""
        if symbol not in self._derivatives:
            partial = differentiated(self.expr, symbol)
            made = None
            if partial is not None and self.depth < DEEPEST:
                try:
                    made = Target(partial, self.where, self.depth + 1)
                except UnsupportedNodeError:
                    made = None
            self._derivatives[symbol] = made
        return self._derivatives[symbol]

    def opposite(self) -> Target:
        """Return the target with the other sign."""
        if self._opposite is None:
            self._opposite = Target(-self.expr, self.where, self.depth)
        return self._opposite


def differentiated(expr: Any, symbol: sympy.Symbol) -> Any:
    """Return the derivative off the kinks, or None where SymPy has none or it is too long.

    The symbols are taken as real, so that Abs becomes sign and not Derivative(re(x), x). What is
    constant between its jumps, such as floor, counts as constant: at a jump there is no derivative.
    """
    real = {s: sympy.Dummy(s.name, real=True) for s in expr.free_symbols if not s.is_real}
    expr = expr.xreplace(real)
    for head, form in STEPPED.items():
        expr = expr.replace(head, form) if expr.has(head) else expr
    held = {node: sympy.Dummy(real=True) for node in expr.atoms(*FLAT)}
    try:
        slope = expr.xreplace(held).diff(real.get(symbol, symbol))
    except (RecursionError, NotImplementedError, ValueError, TypeError):
        return None
    if slope.has(sympy.Derivative, sympy.Subs, sympy.DiracDelta, sympy.Integral):
        return None
    if slope.count_ops() > LARGEST_DERIVATIVE:
        return None
    slope = slope.xreplace({dummy: node for node, dummy in held.items()})
    return slope.xreplace({dummy: s for s, dummy in real.items()})
