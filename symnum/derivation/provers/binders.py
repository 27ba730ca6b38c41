"""Sums, products, integrals and derivatives: bound symbols that know their range, trivial cases."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Dummy, Expr, Integer, Symbol
from sympy.concrete.expr_with_limits import ExprWithLimits

__all__ = ["BINDERS", "tidied"]

BINDERS = (sympy.Integral, sympy.Sum, sympy.Product)
_MOST_TERMS = 60


def tidied(expr: Expr, images: Mapping[Symbol, Expr]) -> Expr:
    """Return an expression over the symbols of a setting, with derivatives carried out.

    Bound symbols become dummies that assume what their limits imply; empty integrals and short
    sums are evaluated.

    Parameters
    ----------
    expr : sympy.Expr
    images : mapping from sympy.Symbol to sympy.Expr

    Returns
    -------
    sympy.Expr
    """
    if not expr.has(*BINDERS, sympy.Derivative, sympy.Subs):
        return expr.xreplace(dict(images))
    return _walked(expr, dict(images))


def _walked(expr: sympy.Basic, images: dict[Symbol, Expr]) -> sympy.Basic:
    if isinstance(expr, sympy.Derivative | sympy.Subs):
        value = expr.doit(integrals=False, sums=False)
        if value == expr or isinstance(value, sympy.Derivative | sympy.Subs):
            return _placed(expr, images)
        return _walked(value, images)
    if isinstance(expr, BINDERS):
        return _rebound(expr, images)
    if not expr.args:
        return images.get(expr, expr)
    if not expr.has(*BINDERS, sympy.Derivative, sympy.Subs):
        return expr.xreplace(images)
    return expr.func(*(_walked(argument, images) for argument in expr.args))


def _placed(expr: Expr, images: dict[Symbol, Expr]) -> sympy.Basic:
    """Put values in; a derivative that cannot be carried out is taken before, then at the value."""
    if all(isinstance(value, Symbol) for value in images.values()):
        return expr.xreplace(images)
    return expr.subs(images, simultaneous=True)


def _rebound(expr: ExprWithLimits, images: dict[Symbol, Expr]) -> Expr:
    """Replace the bound symbols from the outermost inwards, then the body."""
    inside = dict(images)
    limits = []
    for bound, *ends in reversed(expr.limits):
        low, high = (_walked(end, inside) for end in ends) if len(ends) == 2 else (None, None)
        dummy = Dummy(bound.name, **_assumptions(expr, low, high))
        limits.append((dummy, low, high) if low is not None else (dummy,))
        inside = {**inside, bound: dummy}
    body = _walked(expr.function, inside)
    return evaluated(expr.func(body, *reversed(limits)))


def _assumptions(expr: ExprWithLimits, low: Expr | None, high: Expr | None) -> dict[str, bool]:
    kind = {"real": True} if isinstance(expr, sympy.Integral) else {"integer": True}
    if low is not None and high is not None:
        if low.is_positive and high.is_extended_positive:
            kind["positive"] = True
        elif low.is_nonnegative and high.is_extended_nonnegative:
            # An integral does not see its ends, so its symbol may be taken as positive.
            kind["positive" if isinstance(expr, sympy.Integral) else "nonnegative"] = True
    return kind


def evaluated(expr: ExprWithLimits) -> Expr:
    """Return the value of an empty integral or a short sum, the expression itself otherwise.

    Parameters
    ----------
    expr : sympy.Integral, sympy.Sum or sympy.Product

    Returns
    -------
    sympy.Expr
    """
    if len(expr.limits) != 1 or len(expr.limits[0]) != 3:
        return expr
    _, low, high = expr.limits[0]
    if isinstance(expr, sympy.Integral):
        return Integer(0) if low == high or expr.function == 0 else expr
    if low.is_Integer and high.is_Integer and 0 <= high - low < _MOST_TERMS:
        return expr.doit()
    if (high - low).is_Integer and -1 <= high - low <= 2:
        return expr.doit()
    return expr
