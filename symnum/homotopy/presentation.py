r"""Deformation equations as they are read: SymPy equations for one order.

The zeroth-order deformation equation, with embedding parameter q, is

    (1 - q) L[phi - u_0] = c0 q N[phi, W(q)],   L[v] = scale (v'' + v),

and its coefficient of ``q**m`` the deformation equation of order m.
"""

from __future__ import annotations

import sympy

from symnum.algebra.coefficients import ExpressionAlgebra
from symnum.algebra.jets import JetProgram
from symnum.homotopy.oscillator import Oscillator

__all__ = ["deformation_equation_of", "shortened", "squared_frequency_symbol"]

LONGEST_TEXT = 600
TAU = sympy.Symbol("tau")


def shortened(expr: sympy.Expr, *, latex: bool = False) -> str:
    """Return the text of an expression, cut where it is huge."""
    count = len(sympy.Add.make_args(expr))
    kept = sympy.Add.make_args(expr)[:12] if count > 12 else None
    text = sympy.latex(expr) if latex else str(expr)
    if kept is None and len(text) <= LONGEST_TEXT:
        return text
    if latex:
        return (
            rf"\text{{{count} terms}}"
            if kept is None
            else sympy.latex(sympy.Add(*kept, evaluate=False))
            + rf" + \cdots \text{{({count} terms)}}"
        )
    return f"{text[:LONGEST_TEXT]} ... ({count} terms)"


def squared_frequency_symbol(m: int) -> sympy.Symbol:
    """Return the symbol W_m of a term of the squared frequency."""
    return sympy.Symbol(f"W_{m}")


def deformation_equation_of(
    oscillator: Oscillator, m: int, c0: sympy.Expr, scale: sympy.Expr
) -> sympy.Eq:
    """Return the deformation equation of order m, with the unknown functions as such.

    Parameters
    ----------
    oscillator : Oscillator
    m : int
        0 for the equation with the embedding parameter itself.
    c0 : Expr
    scale : Expr
        The factor of the linear operator.

    Returns
    -------
    Eq
    """
    if m == 0:
        return _zeroth_order(oscillator, c0, scale)
    name = oscillator.position.name
    motions = [sympy.Function(f"{name}_{k}")(TAU) for k in range(m + 1)]
    side = force_coefficient(oscillator, motions[:m], m - 1)
    for j in range(m):
        acceleration = sympy.Derivative(motions[m - 1 - j], (TAU, 2))
        side += squared_frequency_symbol(j) * acceleration
    difference = motions[m] - (motions[m - 1] if m > 1 else 0)
    linear = scale * (sympy.Derivative(difference, (TAU, 2)).doit() + difference)
    return sympy.Eq(linear, c0 * side, evaluate=False)


def _zeroth_order(oscillator: Oscillator, c0: sympy.Expr, scale: sympy.Expr) -> sympy.Eq:
    q = sympy.Symbol("q")
    phi = sympy.Function("phi")(TAU, q)
    start = sympy.Function(f"{oscillator.position.name}_0")(TAU)
    squared = sympy.Function("W")(q)
    difference = phi - start
    linear = scale * (sympy.Derivative(difference, (TAU, 2)).doit() + difference)
    force = oscillator.force.xreplace({oscillator.position: phi})
    full = squared * sympy.Derivative(phi, (TAU, 2)) + force
    return sympy.Eq((1 - q) * linear, c0 * q * full, evaluate=False)


def force_coefficient(oscillator: Oscillator, motions: list[sympy.Expr], power: int) -> sympy.Expr:
    """Return the coefficient of ``q**power`` of the force on ``sum(motions[k] q**k)``."""
    program: JetProgram[sympy.Expr] = JetProgram(ExpressionAlgebra())
    program.declare(oscillator.position, list(motions))
    return program.compile(oscillator.force).coefficient(power)
