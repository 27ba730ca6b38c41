"""Exact values of rational expressions at rational points, without SymPy's overhead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import prod

import sympy
from sympy import Expr, Symbol


def fraction_at(expr: Expr, point: Mapping[Symbol, Fraction]) -> Fraction | None:
    """Return the value of a rational expression, some hundred times faster than by substitution.

    Parameters
    ----------
    expr : sympy.Expr
        Sums, products, integer powers, ``Abs``, ``Max`` and ``Min`` of symbols and numbers.
    point : mapping from sympy.Symbol to fractions.Fraction
        Values of symbols.

    Returns
    -------
    fractions.Fraction or None
        None where the expression is of another kind, has no value, or a symbol has no value.

    Examples
    --------
    >>> x = Symbol("x")
    >>> fraction_at(x**2 / 3 - 1, {x: Fraction(1, 2)})
    Fraction(-11, 12)
    """
    if expr.is_Rational:
        return Fraction(int(expr.p), int(expr.q))
    if isinstance(expr, Symbol):
        return point.get(expr)
    if isinstance(expr, sympy.Pow) and expr.exp.is_Integer:
        base = fraction_at(expr.base, point)
        if base is None or (base == 0 and expr.exp < 0):
            return None
        return base ** int(expr.exp)
    combine = _COMBINE.get(type(expr))
    if combine is None:
        return None
    values = []
    for arg in expr.args:
        value = fraction_at(arg, point)
        if value is None:
            return None
        values.append(value)
    return Fraction(combine(values))


_COMBINE: dict[type, Callable[[list[Fraction]], Fraction | int]] = {
    sympy.Add: sum,
    sympy.Mul: prod,
    sympy.Max: max,
    sympy.Min: min,
    sympy.Abs: lambda values: abs(values[0]),
}


def as_fractions(point: Mapping[Symbol, Expr]) -> dict[Symbol, Fraction]:
    """Return the rational coordinates of a point.

    Parameters
    ----------
    point : mapping from sympy.Symbol to sympy.Expr
        Exact values.

    Returns
    -------
    dict from sympy.Symbol to fractions.Fraction
        Without the coordinates that are not rational.

    Examples
    --------
    >>> as_fractions({Symbol("x"): sympy.Rational(1, 2), Symbol("y"): sympy.pi})
    {x: Fraction(1, 2)}
    """
    return {
        symbol: Fraction(int(value.p), int(value.q))
        for symbol, value in point.items()
        if value.is_Rational
    }
