"""The steps of iterations as expressions in x, f(x) and the derivatives of f."""

from __future__ import annotations

import sympy as sp
from sympy.core.function import AppliedUndef

from symnum.expressions import parse_expression
from symnum.rootfinding.householder_steps import HouseholderStep

__all__ = ["X", "differentiated", "iteration_step"]

#: The iterations known by name; m is the multiplicity.
METHODS: dict[str, str] = {
    "newton": "x - f/f'",
    "halley": "x - 2*f*f'/(2*f'**2 - f*f'')",
    "householder": "x - (6*f*f'**2 - 3*f**2*f'')/(6*f'**3 - 6*f*f'*f'' + f**2*f''')",
    "chebyshev": "x - f/f' - f**2*f''/(2*f'**3)",
    "schroeder": "x - f*f'/(f'**2 - f*f'')",
    "modified_newton": "x - m*f/f'",
    "ostrowski": "x - f/f' - f(x - f/f')/f' * f/(f - 2*f(x - f/f'))",
}

#: The variable of a step, and the function.
X = sp.Symbol("x")
_F = sp.Function("f")


def iteration_step(method_or_step: str | sp.Expr) -> sp.Expr:
    """Return the step of a method, or the step itself, as an expression in x and f(x).

    Parameters
    ----------
    method_or_step : str or Expr
        As in `convergence_order`.

    Returns
    -------
    Expr

    Raises
    ------
    ValueError
        If it is a bare word that names no method.
    TypeError
        If it is neither text nor an expression.

    Examples
    --------
    >>> iteration_step("newton")
    x - f(x)/Derivative(f(x), x)
    """
    if isinstance(method_or_step, (sp.Expr, HouseholderStep)):
        return sp.sympify(method_or_step)
    if not isinstance(method_or_step, str):
        kind = type(method_or_step).__name__
        raise TypeError(f"method_or_step: expected a method, a text or an expression, got {kind}")
    text = METHODS.get(method_or_step.strip().lower(), method_or_step)
    if text.strip().isidentifier() and text.strip() != "x":
        raise ValueError(
            f"method_or_step: unknown method {method_or_step!r}; known are {', '.join(METHODS)}, "
            'or a step such as "x - f/f\'"'
        )
    return parse_expression(text, {"x": X}, unknowns={"f": (_F, X)})


def differentiated(expr: sp.Expr) -> tuple[int, sp.Expr]:
    """Return the order of a derivative of f and the point at which it is taken.

    Parameters
    ----------
    expr : Derivative or Subs
        A part of a step.

    Returns
    -------
    tuple of (int, Expr)

    Raises
    ------
    ValueError
        If it is the derivative of anything else than an undefined function.
    """
    inner, point = expr, None
    if isinstance(expr, sp.Subs):
        inner, point = expr.expr, expr.point[0]
    if isinstance(inner, sp.Derivative) and isinstance(inner.expr, AppliedUndef):
        return inner.derivative_count, inner.expr.args[0] if point is None else point
    raise ValueError(f"a step is made of x, f and its derivatives by arithmetic, not of {expr}")
