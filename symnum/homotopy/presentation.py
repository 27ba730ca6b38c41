r"""Deformation equations as they are read: SymPy equations for one order.

The zeroth-order deformation equation, with embedding parameter q, is

    (1 - q) L[phi - u_0] = c0 q N[phi, W(q)],   L[v] = scale (v'' + v),

and its coefficient of ``q**m`` the deformation equation of order m.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import sympy
from sympy.core.function import FunctionClass

from symnum.algebra.coefficients import ExpressionAlgebra
from symnum.algebra.jets import JetProgram
from symnum.homotopy.equation_reading import MotionEquation
from symnum.homotopy.periodic.collocation import Array, Force, GridFunction
from symnum.homotopy.periodic.dynamics import solved_form
from symnum.homotopy.periodic.oscillator import Oscillator

__all__ = [
    "deformation_equation_of",
    "original_residuals",
    "shortened",
    "squared_frequency_symbol",
    "wave",
]

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


def wave(odd: bool) -> FunctionClass:
    """Return the sine where `odd`, else the cosine."""
    return sympy.sin if odd else sympy.cos


def original_residuals(
    oscillator: Oscillator | MotionEquation, u: Array, v: Array, a: Array
) -> Array:
    """Return the left side of the equation as it was given, on arrays."""
    if isinstance(oscillator, MotionEquation):
        symbols = (oscillator.position, oscillator.velocity, oscillator.acceleration)
        return GridFunction(symbols, [oscillator.left])([u, v, a])[0]
    mass = Force(oscillator.mass, oscillator.position)(u)
    return np.asarray(mass * (a + Force(oscillator.force, oscillator.position)(u)))


def deformation_equation_of(
    oscillator: Oscillator | MotionEquation,
    m: int,
    c0: sympy.Expr,
    scale: sympy.Expr,
    *,
    damped: bool = False,
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
    damped : bool
        Add the damping ``d u'`` whose terms d_0, d_1, ... are unknowns beside those of W.

    Returns
    -------
    Eq
    """
    if m == 0:
        return _zeroth_order(oscillator, c0, scale, damped)
    name = oscillator.position.name
    motions = [sympy.Function(f"{name}_{k}")(TAU) for k in range(m + 1)]
    side = equation_coefficient(oscillator, motions[:m], m - 1, damped=damped)
    difference = motions[m] - (motions[m - 1] if m > 1 else 0)
    linear = scale * (sympy.Derivative(difference, (TAU, 2)).doit() + difference)
    return sympy.Eq(linear, c0 * side, evaluate=False)


def _zeroth_order(
    oscillator: Oscillator | MotionEquation, c0: sympy.Expr, scale: sympy.Expr, damped: bool
) -> sympy.Eq:
    q = sympy.Symbol("q")
    phi = sympy.Function("phi")(TAU, q)
    start = sympy.Function(f"{oscillator.position.name}_0")(TAU)
    squared = sympy.Function("W")(q)
    difference = phi - start
    linear = scale * (sympy.Derivative(difference, (TAU, 2)).doit() + difference)
    velocity = sympy.sqrt(squared) * sympy.Derivative(phi, TAU)
    full = left_side(oscillator, phi, velocity, squared * sympy.Derivative(phi, (TAU, 2)))
    if damped:
        full += sympy.Function("d")(q) * velocity
    return sympy.Eq((1 - q) * linear, c0 * q * full, evaluate=False)


def left_side(oscillator: Oscillator | MotionEquation, u: Any, v: Any, a: Any) -> sympy.Expr:
    """Return the left side ``u'' + f(u)`` or ``F(u, u', u'')`` on expressions."""
    if isinstance(oscillator, MotionEquation):
        symbols = (oscillator.position, oscillator.velocity, oscillator.acceleration)
        rules = dict(zip(symbols, (u, v, a), strict=True))
        return solved_form(oscillator).xreplace(rules)
    return a + oscillator.force.xreplace({oscillator.position: u})


def equation_coefficient(
    oscillator: Oscillator | MotionEquation,
    motions: list[sympy.Expr],
    power: int,
    squares: list[sympy.Expr] | None = None,
    *,
    damped: bool = False,
) -> sympy.Expr:
    """Return the coefficient of ``q**power`` of the equation on ``sum(motions[k] q**k)``.

    The terms of the squared frequency are the symbols W_0, W_1, ... unless they are given; the
    derivatives of the motions are not carried out.
    """
    program: JetProgram[sympy.Expr] = JetProgram(ExpressionAlgebra())
    position, speed, bend, squared = (
        sympy.Dummy(name, positive=name == "W") for name in ("u", "v", "a", "W")
    )
    if squares is None:
        squares = [squared_frequency_symbol(j) for j in range(power + 1)]
    program.declare(position, list(motions))
    program.declare(speed, [sympy.Derivative(term, TAU) for term in motions])
    program.declare(bend, [sympy.Derivative(term, (TAU, 2)) for term in motions])
    program.declare(squared, list(squares))
    whole = left_side(oscillator, position, sympy.sqrt(squared) * speed, squared * bend)
    if damped:
        damping = sympy.Dummy("d")
        program.declare(damping, [sympy.Symbol(f"d_{j}") for j in range(power + 1)])
        whole += damping * sympy.sqrt(squared) * speed
    return program.compile(sympy.expand_power_base(whole)).coefficient(power)
