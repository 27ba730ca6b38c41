"""Derivatives that every evaluator understands, also of functions with kinks and jumps.

SymPy's own derivatives of Abs, sign, Max or Heaviside contain DiracDelta, Derivative(re) or Subs.
Away from the kink these functions are elementary, and only there a derivative is wanted. So each is
exchanged for a stand-in that knows its derivative, and put back afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from symnum.errors import UnsupportedNodeError
from symnum.rootfinding.fast_derivatives import quick_derivative

__all__ = ["derivatives", "has_kinks", "may_jump"]


class _Flat(sp.Function):  # type: ignore[misc]
    """A stand-in for a function that is constant between its jumps."""

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """Return the derivative with respect to one argument."""
        return sp.Integer(0)


class _Sign(_Flat):
    pass


class _Step(_Flat):
    pass


class _Floor(_Flat):
    pass


class _Ceiling(_Flat):
    pass


class _IsLargest(_Flat):
    """1 where the first argument is the largest, else 0."""


class _IsSmallest(_Flat):
    """1 where the first argument is the smallest, else 0."""


class _Absolute(sp.Function):  # type: ignore[misc]
    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return _Sign(self.args[0])


class _Largest(sp.Function):  # type: ignore[misc]
    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return _IsLargest(*_chosen_first(self.args, argindex))


class _Smallest(sp.Function):  # type: ignore[misc]
    def fdiff(self, argindex: int = 1) -> sp.Expr:
        return _IsSmallest(*_chosen_first(self.args, argindex))


def _chosen_first(args: tuple[sp.Expr, ...], argindex: int) -> tuple[sp.Expr, ...]:
    return (args[argindex - 1], *args[: argindex - 1], *args[argindex:])


def _largest_indicator(first: sp.Expr, *others: sp.Expr) -> sp.Expr:
    return sp.Piecewise((1, sp.And(*(first >= other for other in others))), (0, True))


def _smallest_indicator(first: sp.Expr, *others: sp.Expr) -> sp.Expr:
    return sp.Piecewise((1, sp.And(*(first <= other for other in others))), (0, True))


_Exchange = tuple[type[sp.Basic], Callable[..., sp.Expr]]

#: Function with a kink or a jump, and what stands for it while the derivative is taken.
_OUT: tuple[_Exchange, ...] = (
    (sp.Mod, lambda p, q: p - q * sp.floor(p / q)),
    (sp.frac, lambda g: g - sp.floor(g)),
    (sp.Abs, _Absolute),
    (sp.sign, _Sign),
    (sp.Heaviside, _Step),
    (sp.Max, _Largest),
    (sp.Min, _Smallest),
    (sp.floor, _Floor),
    (sp.ceiling, _Ceiling),
)

#: The way back.
_BACK: tuple[_Exchange, ...] = (
    (_Absolute, sp.Abs),
    (_Sign, sp.sign),
    (_Step, sp.Heaviside),
    (_Largest, sp.Max),
    (_Smallest, sp.Min),
    (_Floor, sp.floor),
    (_Ceiling, sp.ceiling),
    (_IsLargest, _largest_indicator),
    (_IsSmallest, _smallest_indicator),
)

_JUMPS = (sp.sign, sp.Heaviside, sp.Mod, sp.floor, sp.ceiling, sp.frac, sp.Piecewise, sp.arg)


def has_kinks(expr: sp.Expr) -> bool:
    """Whether the expression contains a function that is not differentiable everywhere."""
    return bool(expr.has(*_JUMPS, sp.Abs, sp.Max, sp.Min))


def may_jump(expr: sp.Expr) -> bool:
    """Whether the expression contains a function whose change of sign may be a jump."""
    return bool(expr.has(*_JUMPS))


def derivatives(expr: sp.Expr, unknown: sp.Symbol, count: int) -> list[sp.Expr]:
    """Return the first derivatives of an expression, correct wherever they exist.

    Parameters
    ----------
    expr : Expr
        The function.
    unknown : Symbol
        The variable.
    count : int
        How many derivatives.

    Returns
    -------
    list of Expr
        The derivatives of order 1 to `count`.

    Raises
    ------
    UnsupportedNodeError
        If SymPy leaves a derivative unevaluated; the message names it.

    Examples
    --------
    >>> x = sp.Symbol("x", real=True)
    >>> derivatives(sp.Abs(x**3 - x), x, 1)
    [(3*x**2 - 1)*sign(x**3 - x)]
    """
    kinked = has_kinks(expr)
    current = _exchanged(expr, _OUT) if kinked else expr
    found = []
    for _ in range(count):
        current = quick_derivative(current, unknown)
        left = sorted(current.atoms(sp.Derivative, sp.Subs, sp.DiracDelta), key=str)
        if any(not node.has(AppliedUndef) for node in left):
            raise UnsupportedNodeError(f"no derivative in closed form is known: {left[0]}")
        found.append(_exchanged(current, _BACK) if kinked else current)
    return found


def _exchanged(expr: sp.Expr, table: tuple[_Exchange, ...]) -> sp.Expr:
    result: Any = expr
    for function, form in table:
        if result.has(function):
            result = result.replace(function, form)
    return result
