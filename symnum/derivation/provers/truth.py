"""Conditions on a setting: whether they hold, what assuming them adds, branches of `Piecewise`."""

from __future__ import annotations

from collections.abc import Iterator

import sympy
from sympy import Expr
from sympy.logic.boolalg import Boolean

from symnum.derivation.provers.setting import Setting

__all__ = ["HOLDS", "assumed", "branches", "truth_of"]

# Relation -> signs of lhs - rhs with which it holds.
HOLDS: dict[type, frozenset[int]] = {
    sympy.StrictLessThan: frozenset({-1}),
    sympy.LessThan: frozenset({-1, 0}),
    sympy.StrictGreaterThan: frozenset({1}),
    sympy.GreaterThan: frozenset({0, 1}),
    sympy.Equality: frozenset({0}),
    sympy.Unequality: frozenset({-1, 1}),
}
_ALL = frozenset({-1, 0, 1})

Guards = tuple[tuple[Boolean, bool], ...]


def branches(expr: sympy.Piecewise) -> Iterator[tuple[Expr, Guards]]:
    """Yield the values of a `Piecewise` with the conditions under which each is taken.

    Parameters
    ----------
    expr : sympy.Piecewise

    Yields
    ------
    sympy.Expr
    tuple of (condition, truth)
        The branch's own condition holds, those before it do not.
    """
    before: Guards = ()
    for value, condition in expr.args:
        own: Guards = () if condition == sympy.true else ((condition, True),)
        yield value, (*before, *own)
        before = (*before, (condition, False))


def truth_of(condition: Boolean, setting: Setting) -> bool | None:
    """Return whether a condition holds on the whole domain, None where it may depend.

    Parameters
    ----------
    condition : sympy Boolean
    setting : Setting

    Returns
    -------
    bool or None
    """
    if condition in (sympy.true, sympy.false):
        return bool(condition)
    if isinstance(condition, sympy.Not):
        inner = truth_of(condition.args[0], setting)
        return None if inner is None else not inner
    if isinstance(condition, sympy.And | sympy.Or):
        ends = isinstance(condition, sympy.Or)
        parts = [truth_of(part, setting) for part in sorted(condition.args, key=str)]
        if ends in parts:
            return ends
        return None if None in parts else not ends
    holds = HOLDS.get(type(condition))
    if holds is None:
        return None
    signs = setting.signs(condition.lhs - condition.rhs)
    if signs <= holds:
        return True
    return False if not signs & holds else None


def assumed(condition: Boolean, setting: Setting, *, wanted: bool = True) -> Setting | None:
    """Return the setting in which a condition has a truth value, as far as signs can say.

    Parameters
    ----------
    condition : sympy Boolean
    setting : Setting
    wanted : bool

    Returns
    -------
    Setting or None
        None where the condition never has that value. A disjunction adds nothing.
    """
    if condition in (sympy.true, sympy.false):
        return setting if bool(condition) is wanted else None
    if isinstance(condition, sympy.Not):
        return assumed(condition.args[0], setting, wanted=not wanted)
    joint = sympy.And if wanted else sympy.Or
    if isinstance(condition, joint):
        part: Setting | None = setting
        for piece in sorted(condition.args, key=str):
            if part is None:
                return None
            part = assumed(piece, part, wanted=wanted)
        return part
    holds = HOLDS.get(type(condition))
    if holds is None:
        return setting
    difference, signs = condition.lhs - condition.rhs, holds if wanted else _ALL - holds
    known = setting.assume(difference, signs)
    if 0 not in signs and difference.is_Mul:
        # A product that is not 0 has no factor that is 0.
        for factor in difference.args:
            known = None if known is None else known.assume(factor, _ALL - {0})
    return known
