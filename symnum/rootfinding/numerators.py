"""Numerator and denominator of an equation, poles of the trigonometric functions included."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

__all__ = ["numerator_and_denominator"]

#: Functions with poles on the real line, as quotients of functions without.
_QUOTIENTS: dict[type[sp.Basic], Callable[[sp.Expr], sp.Expr]] = {
    sp.tan: lambda g: sp.sin(g) / sp.cos(g),
    sp.cot: lambda g: sp.cos(g) / sp.sin(g),
    sp.sec: lambda g: 1 / sp.cos(g),
    sp.csc: lambda g: 1 / sp.sin(g),
    sp.coth: lambda g: sp.cosh(g) / sp.sinh(g),
    sp.csch: lambda g: 1 / sp.sinh(g),
}


def numerator_and_denominator(expr: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Write an equation as a quotient; its roots are the zeros of the numerator off the poles.

    Parameters
    ----------
    expr : Expr
        The left side of an equation.

    Returns
    -------
    tuple of Expr
        Nothing is cancelled, so that the denominator vanishes wherever the equation is undefined.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> numerator_and_denominator(sp.tan(x) - x)
    (-x*cos(x) + sin(x), cos(x))
    """
    quotient = expr
    for function, form in _QUOTIENTS.items():
        if quotient.has(function):
            quotient = quotient.replace(function, form)
    if quotient.has(sp.Piecewise):
        return quotient, sp.Integer(1)
    masks = {node: sp.Dummy() for node in sorted(_exponentials(quotient), key=sp.default_sort_key)}
    numerator, denominator = sp.fraction(sp.together(quotient.xreplace(masks)))
    back = {mask: node for node, mask in masks.items()}
    return numerator.xreplace(back), denominator.xreplace(back)


def _exponentials(expr: sp.Expr) -> set[sp.Expr]:
    """Return the outermost parts exp(g) and a**g.

    SymPy would write exp(-g) below the bar, and multiplying by exp(g), which has no zeros, only
    makes numbers large.
    """
    found: set[sp.Expr] = set()
    walk = sp.preorder_traversal(expr)
    for node in walk:
        power = isinstance(node, sp.Pow) and not node.exp.is_Rational
        if (power or isinstance(node, sp.exp)) and node.free_symbols:
            found.add(node)
            walk.skip()
    return found
