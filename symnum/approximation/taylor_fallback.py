"""Taylor series of functions that Arb's series lack, from SymPy's derivatives and Arb's balls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import flint
import sympy
from flint import arb, arb_series

from symnum.approximation.taylor_rules import Value, compose, is_series
from symnum.errors import UnsupportedNodeError
from symnum.reference.balls import BallFunction

__all__ = ["derivative_rule"]

DISCONTINUOUS = (sympy.floor, sympy.ceiling, sympy.frac)


def derivative_rule(expr: Any) -> tuple[Sequence[Any], Callable[..., Value]]:
    """Return the operands and the rule of a function in which one argument varies.

    Parameters
    ----------
    expr : Expr
        An applied function that has an implementation in balls.

    Raises
    ------
    UnsupportedNodeError
        Where it has none, or several arguments vary.
    """
    if not isinstance(expr, sympy.Function) or isinstance(expr, DISCONTINUOUS):
        raise UnsupportedNodeError(f"{type(expr).__name__} has no Taylor series here: {expr}")
    varying = [index for index, part in enumerate(expr.args) if part.free_symbols]
    if len(varying) > 1:
        raise UnsupportedNodeError(f"{expr.func.__name__} of several varying arguments: {expr}")
    index = varying[0] if varying else 0
    z = sympy.Symbol("z_inner")
    plain = expr.func(*[z if k == index else part for k, part in enumerate(expr.args)])
    if plain.has(z) is False:
        raise UnsupportedNodeError(f"{expr.func.__name__} has no Taylor series here: {expr}")
    return [expr.args[index]], _Derivatives(plain, z)


class _Derivatives:
    """The Taylor coefficients of a function of one variable, compiled as they are needed."""

    def __init__(self, expr: Any, z: sympy.Symbol) -> None:
        self.z = z
        self.latest = expr
        self.compiled = [BallFunction([z], expr)]

    def __call__(self, u: Value) -> Value:
        prec = flint.ctx.prec
        if not is_series(u):
            return self.compiled[0]([u], prec)
        while len(self.compiled) < u.prec:
            self.latest = sympy.diff(self.latest, self.z)
            scaled = self.latest / sympy.factorial(len(self.compiled))
            self.compiled.append(BallFunction([self.z], scaled))
        outer = [function([u[0]], prec) for function in self.compiled[: u.prec]]
        if u.prec == 1:
            return arb_series([outer[0]], 1)
        return compose([arb(value) for value in outer], u)
