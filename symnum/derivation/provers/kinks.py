"""Kinks resolved: an expression with each `Abs`, `Max` or `Piecewise` replaced by its branch."""

from __future__ import annotations

from collections.abc import Callable

import sympy
from sympy import Expr

from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.truth import HOLDS, truth_of

__all__ = ["resolved"]

_MOST_STEPS = 12

Found = dict[Expr, bool]


def resolved(expr: Expr, setting: Setting) -> tuple[Expr, Found]:
    """Return an expression with the branches that are taken on the whole domain.

    Parameters
    ----------
    expr : sympy.Expr
    setting : Setting

    Returns
    -------
    sympy.Expr
    dict from sympy.Expr to bool
        The expressions whose sign would have to be known for the rest, and whether the expression
        may jump where one vanishes.
    """
    found: Found = {}
    return _walk(expr, setting, found), found


def _walk(expr: Expr, setting: Setting, found: Found) -> Expr:
    if not expr.args or not expr.free_symbols or not expr.has(*_ROWS):
        return expr
    if isinstance(expr, sympy.Piecewise):
        return _branch(expr, setting, found)
    arguments = [
        _walk(argument, setting, found) if isinstance(argument, Expr) else argument
        for argument in expr.args
    ]
    plain = expr.func(*arguments)
    row = _ROWS.get(plain.func)
    return plain if row is None else row(plain, setting, found)


def _side(gap: Expr, setting: Setting, found: Found, *, jumps: bool = False) -> int | None:
    """Return the sign of a switch, zero counting as positive where nothing jumps there."""
    signs = setting.signs(gap)
    if len(signs) == 1:
        return next(iter(signs))
    if not jumps and signs <= {0, 1}:
        return 1
    if not jumps and signs <= {-1, 0}:
        return -1
    found[gap] = found.get(gap, False) or jumps
    return None


def _modulus(expr: Expr, setting: Setting, found: Found) -> Expr:
    side = _side(expr.args[0], setting, found)
    return expr if side is None else side * expr.args[0]


def _sign(expr: Expr, setting: Setting, found: Found) -> Expr:
    side = _side(expr.args[0], setting, found, jumps=True)
    return expr if side is None else sympy.Integer(side)


def _heaviside(expr: Expr, setting: Setting, found: Found) -> Expr:
    side = _side(expr.args[0], setting, found, jumps=True)
    if side is None:
        return expr
    return sympy.Integer(side > 0) if side else expr.args[1]


def _extreme(expr: Expr, setting: Setting, found: Found) -> Expr:
    arguments = sorted(expr.args, key=sympy.default_sort_key)
    largest = isinstance(expr, sympy.Max)
    best = arguments[0]
    for argument in arguments[1:]:
        side = _side(best - argument, setting, found)
        if side is None:
            return expr
        if side != 0 and (side > 0) is not largest:
            best = argument
    return best


def _floor(expr: Expr, setting: Setting, found: Found) -> Expr:
    argument = expr.args[0]
    low, high = setting.bounds(argument)
    if not -1e9 < low <= high < 1e9 or high - low > _MOST_STEPS:
        return expr
    below: int | None = None
    for place in range(int(sympy.floor(low)), int(sympy.floor(high)) + 1):
        side = _side(argument - place, setting, found, jumps=True)
        signs = setting.signs(argument - place)
        if side is None and not signs <= {0, 1}:
            return expr
        if signs <= {0, 1}:
            below = place
            found.pop(argument - place, None)
    return expr if below is None else sympy.Integer(below)


def _branch(expr: sympy.Piecewise, setting: Setting, found: Found) -> Expr:
    for value, condition in expr.args:
        truth = truth_of(condition, setting)
        if truth:
            return _walk(value, setting, found)
        if truth is None:
            for relation in condition.atoms(*HOLDS):
                gap = relation.lhs - relation.rhs
                if len(setting.signs(gap)) > 1:
                    found[gap] = True
            return expr
    return sympy.nan


_ROWS: dict[type, Callable[[Expr, Setting, Found], Expr]] = {
    sympy.Abs: _modulus,
    sympy.sign: _sign,
    sympy.Heaviside: _heaviside,
    sympy.Max: _extreme,
    sympy.Min: _extreme,
    sympy.ceiling: lambda expr, setting, found: (
        -_floor(sympy.floor(-expr.args[0], evaluate=False), setting, found)
    ),
    sympy.floor: _floor,
    sympy.Piecewise: lambda expr, setting, found: expr,
}
