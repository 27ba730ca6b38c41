"""Householder's iterations of any order, generated from the derivatives of 1/f."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from symnum.expressions import as_expression, as_symbol
from symnum.rootfinding.kinks import derivatives

if TYPE_CHECKING:
    from symnum.compiler import Kernel
    from symnum.derivation import Derivation

__all__ = ["HouseholderStep", "function_numerators", "householder", "reciprocal_numerators"]

#: Above this order the expression has thousands of terms and nothing is gained.
HIGHEST_ORDER = 12


@dataclass(frozen=True)
class HouseholderStep:
    """One Householder step as an expression; SymPy functions take the object for its `expr`.

    Attributes
    ----------
    expr : Expr
        The next iterate.
    function : Expr
        f.
    unknown : Symbol
        x.
    order : int
        d; the order of convergence is d + 1.
    """

    expr: sp.Expr
    function: sp.Expr
    unknown: sp.Symbol
    order: int

    @property
    def derivation(self) -> Derivation:
        """The checked chain from the derivatives of 1/f to the step."""
        from symnum.rootfinding.proofs import householder_derivation

        return householder_derivation(self)

    @property
    def free_symbols(self) -> set[sp.Symbol]:
        """The symbols of the expression."""
        return set(self.expr.free_symbols)

    def subs(self, *args: Any, **kwargs: Any) -> sp.Expr:
        """Substitute in the expression, as SymPy does."""
        return self.expr.subs(*args, **kwargs)

    def compile(self, **options: Any) -> Kernel:
        """Return the step as a kernel of x and the parameters; options of `lambdify`."""
        return self.derivation.compile(**options)

    def _sympy_(self) -> sp.Expr:
        return self.expr

    def __str__(self) -> str:
        text = str(self.expr)
        return text if len(text) <= 400 else f"{text[:400]}... ({len(text)} characters)"

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle x_{{n+1}} = {sp.latex(self.expr)}$"


def householder(f: sp.Expr | str, x: sp.Symbol | str, order: int) -> HouseholderStep:
    """Return the next iterate of Householder's method of order d as an expression.

    ``x + d * (1/f)^(d-1) / (1/f)^(d)``: Newton's method for d = 1, Halley's for d = 2. Its order of
    convergence at a simple root is d + 1.

    Parameters
    ----------
    f : Expr or str
        The function whose root is wanted.
    x : Symbol or str
        The unknown.
    order : int
        d, from 1 to 12.

    Returns
    -------
    HouseholderStep
        With `expr`, `derivation` and `compile`.

    Raises
    ------
    ValueError
        If the order is out of range, or f does not depend on x.

    Examples
    --------
    >>> householder("x**2 - 2", "x", 1).expr
    x - (x**2 - 2)/(2*x)

    Notes
    -----
    A. S. Householder, The Numerical Treatment of a Single Nonlinear Equation, 1970.
    """
    unknown = as_symbol(x, "x")
    function = as_expression(f, "f", {unknown.name: unknown})
    if isinstance(order, bool) or not isinstance(order, (int, sp.Integer)):
        raise TypeError(f"order: expected a positive integer, got {order!r}")
    if not 1 <= order <= HIGHEST_ORDER:
        raise ValueError(f"order: expected 1 to {HIGHEST_ORDER}, got {order}")
    if unknown not in function.free_symbols:
        raise ValueError(f"f: {function} does not depend on {unknown}")
    *_, before, last = function_numerators(function, unknown, int(order))
    if sp.expand(last) == 0:
        raise ValueError(f"f: the derivative of order {order} of 1/({function}) vanishes")
    # The leading terms of P_d alternate: written so that it is x - (...)/(...) for every order.
    sign = -1 if order % 2 else 1
    step = unknown - order * function * (-sign * before) / (sign * last)
    return HouseholderStep(step, function, unknown, int(order))


def function_numerators(f: sp.Expr, x: sp.Symbol, order: int) -> list[sp.Expr]:
    """Return the P_k of `reciprocal_numerators` for a given function.

    Parameters
    ----------
    f : Expr
        The function.
    x : Symbol
        Its variable.
    order : int
        The last k.

    Returns
    -------
    list of Expr

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> function_numerators(x**2 - 2, x, 1)
    [1, -2*x]
    """
    values = sp.symbols(f"_f:{order + 1}", cls=sp.Dummy)
    meaning = dict(zip(values, [f, *derivatives(f, x, order)], strict=True))
    return [sp.sympify(p).xreplace(meaning) for p in reciprocal_numerators(values, order)]


def reciprocal_numerators(values: tuple[sp.Symbol, ...], order: int) -> list[sp.Expr]:
    """Return P_0 ... P_order with ``(1/f)^(k) = P_k / f**(k + 1)``, polynomials in f, f', f'', ...

    They follow from ``P_(k+1) = f * P_k' - (k + 1) * f' * P_k``.

    Parameters
    ----------
    values : tuple of Symbol
        Symbols for f, f', ..., at least order + 1 of them.
    order : int
        The last k.

    Returns
    -------
    list of Expr

    Examples
    --------
    >>> f, f1, f2 = sp.symbols("f f1 f2")
    >>> reciprocal_numerators((f, f1, f2), 2)
    [1, -f1, -f*f2 + 2*f1**2]
    """
    numerators = [sp.Integer(1)]
    for k in range(order):
        total = sum(sp.diff(numerators[-1], values[j]) * values[j + 1] for j in range(k + 1))
        following = values[0] * total - (k + 1) * values[1] * numerators[-1]
        numerators.append(sp.expand(following))
    return numerators
