"""The steps of iterations as expressions in x, f(x) and the derivatives of f."""

from __future__ import annotations

import re

import sympy as sp
from sympy.core.function import AppliedUndef

from symnum.expressions import parse_expression
from symnum.rootfinding.analysis.householder_steps import HouseholderStep, householder

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
    "jarratt": "x - f/f' * (3*f'(x - 2*f/(3*f')) + f')/(6*f'(x - 2*f/(3*f')) - 2*f')",
    "steffensen": "x - f**2/(f(x + f) - f)",
}

#: Other names of the same iterations.
_ALIASES = {"newton times m": "modified_newton", "newton_times_m": "modified_newton"}

#: Householder's iteration of any order, such as "householder4".
_HOUSEHOLDER = re.compile(r"householder[ _-]?(\d+)")

#: f1, f2, ... stand for the derivatives in a step.
MOST_PRIMES = 9

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
        return _normalised(sp.sympify(method_or_step))
    if not isinstance(method_or_step, str):
        kind = type(method_or_step).__name__
        raise TypeError(f"method_or_step: expected a method, a text or an expression, got {kind}")
    name = method_or_step.strip().lower()
    numbered = _HOUSEHOLDER.fullmatch(name)
    if numbered is not None:
        return sp.sympify(householder(_F(X), X, int(numbered.group(1))))
    text = METHODS.get(_ALIASES.get(name, name), method_or_step)
    if text.strip().isidentifier() and text.strip() != "x":
        raise ValueError(
            f"method_or_step: unknown method {method_or_step!r}; known are {', '.join(METHODS)}, "
            'or a step such as "x - f/f\'"'
        )
    return parse_expression(text, {"x": X, **_primes()}, unknowns={"f": (_F, X)})


def _primes() -> dict[str, sp.Expr]:
    return {f"f{k}": sp.Derivative(_F(X), (X, k)) for k in range(1, MOST_PRIMES + 1)}


def _normalised(step: sp.Expr) -> sp.Expr:
    """Return a step with the function called f and the variable x, whatever they were."""
    functions = sorted({node.func for node in step.atoms(AppliedUndef)}, key=str)
    if not functions:
        symbols = {symbol.name: symbol for symbol in step.free_symbols}
        meaning = {"x": X, "f": _F(X), **_primes()}
        return step.xreplace({symbol: meaning[n] for n, symbol in symbols.items() if n in meaning})
    if len(functions) > 1:
        names = ", ".join(map(str, functions))
        raise ValueError(f"method_or_step: expected one function in a step, got {names}")
    (function,) = functions
    variables = sorted(
        {node.args[0] for node in step.atoms(function) if isinstance(node.args[0], sp.Symbol)}
        & step.free_symbols,
        key=str,
    )
    if len(variables) != 1:
        raise ValueError(
            f"method_or_step: expected a step that contains {function} at one variable"
        )
    return step.xreplace({variables[0]: X}).replace(function, _F)


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
