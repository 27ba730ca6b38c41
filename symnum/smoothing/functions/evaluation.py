"""Expressions as functions of numbers of an mpmath context, and SymPy's evalf by such functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mpmath
import sympy
from sympy import Expr, Symbol

from symnum.expressions.named_functions import NamedFunction, unfold
from symnum.reference.precision import private_context

__all__ = ["context_function", "evaluated_function"]

_GUARD = 24
# Exponents beyond this are cut: quadrature comes to exp(-exp(10^40)), which has no end.
_LARGEST_EXPONENT = 10**30


def context_function(context: Any, expr: Expr, arguments: Sequence[Symbol]) -> Callable[..., Any]:
    """Return an expression as a function of numbers of an mpmath context.

    Parameters
    ----------
    context : mpmath context
        Whose precision counts at the time of the call.
    expr : Expr
        Named functions are called by their `value`, or by their definition.
    arguments : sequence of Symbol
    """
    plain = unfold(expr)
    names = ((name, getattr(context, name, None)) for name in dir(mpmath))
    known = {name: value for name, value in names if value is not None}
    known["exp"] = lambda number: _exponential(context, number)
    for node in plain.atoms(NamedFunction):
        kind = type(node)
        known[kind.__name__] = lambda *numbers, kind=kind: kind.value(context, *numbers)
    function: Callable[..., Any] = sympy.lambdify(arguments, plain, modules=[known, "mpmath"])
    return function


def _exponential(context: Any, number: Any) -> Any:
    if context.re(number) > _LARGEST_EXPONENT:
        return context.exp(_LARGEST_EXPONENT)
    return context.zero if context.re(number) < -_LARGEST_EXPONENT else context.exp(number)


def evaluated_function(node: NamedFunction, precision: int) -> Expr | None:
    """Return the value of a function at numbers as a SymPy number, or None at anything else.

    Parameters
    ----------
    node : NamedFunction
        Its class has `value`.
    precision : int
        In bits.
    """
    if any(argument.free_symbols for argument in node.args):
        return None
    context = private_context()
    with context.workprec(precision + _GUARD):
        numbers = []
        for argument in node.args:
            number = _number(context, argument)
            if number is None:
                return None
            numbers.append(number)
        value = type(node).value(context, *numbers)
    if not context.isfinite(value):
        return sympy.nan
    return sympy.Float._new(value._mpf_, precision)


def _number(context: Any, argument: Expr) -> Any:
    """Return an argument with as many digits behind its point as the precision, or None."""
    digits = context.dps + 2
    number = argument.evalf(digits, maxn=1000)
    if not (number.is_Float or number.is_Rational):
        return None
    size = max(0, context.mag(context.mpf(number._to_mpmath(context.prec))))
    if size and not argument.is_Rational:
        number = argument.evalf(digits + size // 3 + 1, maxn=1000)
    with context.workprec(context.prec + size):
        return context.mpf(number._to_mpmath(context.prec))
