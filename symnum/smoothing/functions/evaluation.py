"""SymPy's evalf for functions whose values come from numbers of an mpmath context."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Expr

from symnum.expressions.named_functions import NamedFunction
from symnum.reference.precision import private_context

__all__ = ["evaluated_function"]

_GUARD = 24


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
