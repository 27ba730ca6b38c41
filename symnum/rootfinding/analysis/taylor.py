"""Taylor's formula around a root: f and its derivatives at r + e, with remainders."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symnum.rootfinding.analysis.iteration_steps import differentiated

__all__ = ["local_error", "local_expansion"]


def local_expansion(
    order: int, terms: int, multiplicity: int | sp.Expr = 1, *, place: str = ""
) -> sp.Expr:
    """Return a derivative of f at r + e by Taylor's formula with a remainder.

    ``f(r + e) = f1*e**m*(1 + c2*e + ... + c_n*e**(n-1) + R0*e**n)``; the derivative of order k has
    the derivatives of these terms and a remainder ``f1*Rk*e**(m + n - k)`` of its own, in which Rk
    is a number about which nothing is known.

    Parameters
    ----------
    order : int
        k, not negative.
    terms : int
        n, at least 1 and at least k at a simple root.
    multiplicity : int or Expr, optional
        m, an integer or a symbol.
    place : str, optional
        Appended to the name of the remainder, for expansions at several points.

    Returns
    -------
    Expr
        In ``e``, ``f1``, ``c2``, ... and ``Rk``.

    Examples
    --------
    >>> local_expansion(1, 2)
    f1*(R1*e**2 + 2*c2*e + 1)
    """
    e, m = sp.Symbol("e"), sp.sympify(multiplicity)
    total = sp.Symbol(f"R{order}{place}") * e**terms
    for k, ratio in enumerate([sp.Integer(1), *sp.symbols(f"c2:{terms + 1}")]):
        total += sp.expand_func(sp.ff(m + k, order)) * ratio * e**k
    if m.is_Integer:
        # Powers below zero belong to coefficients that vanish.
        return sp.Symbol("f1") * sp.expand(total * e ** (m - order))
    return sp.Symbol("f1") * e ** (m - order) * total


def local_error(step: sp.Expr, terms: int, multiplicity: sp.Expr) -> sp.Expr:
    """Return the error after one step, f and its derivatives written out by Taylor's formula.

    Parameters
    ----------
    step : Expr
        In x, f(x) and its derivatives, as `iteration_step` returns it.
    terms : int
        Terms of f.
    multiplicity : Expr
        m, an integer or a symbol.

    Returns
    -------
    Expr
        In ``e``, ``c2``, ..., ``f1`` and remainders ``R0``, ``R1``, ..., those of another point
        than x with the number of the point behind.

    Examples
    --------
    >>> x, f = sp.Symbol("x"), sp.Function("f")
    >>> local_error(x - f(x) / f(x).diff(x), 1, sp.Integer(1))
    e - (R0*e**2 + e)/(R1*e + 1)
    """
    x, e, r = sp.symbols("x e r")
    points: list[sp.Expr] = [e]

    def expansion(point: sp.Expr, order: int) -> sp.Expr:
        if point not in points:
            points.append(point)
        place = "" if point == e else f"_{points.index(point)}"
        value = local_expansion(order, terms, multiplicity, place=place)
        if not multiplicity.is_Integer:
            # The step is a quotient of equal degree in f: the common factor e**m cancels.
            value = sp.powsimp(value * e**-multiplicity)
        return value.xreplace({e: point})

    def written_out(expr: sp.Expr) -> sp.Expr:
        if isinstance(expr, AppliedUndef):
            return expansion(displacement(expr.args[0]), 0)
        if isinstance(expr, (sp.Derivative, sp.Subs)):
            order, point = differentiated(expr)
            return expansion(displacement(point), order)
        if not expr.args:
            return r + e if expr == x else expr
        return expr.func(*(written_out(argument) for argument in expr.args))

    def displacement(point: sp.Expr) -> sp.Expr:
        return e if point == x else written_out(point) - r

    return written_out(step) - r
