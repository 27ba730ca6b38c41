"""The rung of calculus: a difference with derivative zero is its value at one point."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer, Rational, Symbol

from symnum.derivation.provers.binders import BINDERS, evaluated
from symnum.derivation.provers.continuity import is_continuous
from symnum.derivation.provers.field import TooLargeError
from symnum.derivation.provers.normalform import normal_form
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.task import CounterexampleError, Proof, Task, differs

__all__ = ["by_derivative", "vanishes"]

_MOST_OPERATIONS = 2500
_DERIVATIVE_OPERATIONS = 400


def by_derivative(task: Task) -> Proof | None:
    """Prove that the difference has derivative zero, and is zero at one point."""
    if not task.setting.is_product or sympy.count_ops(task.difference) > _DERIVATIVE_OPERATIONS:
        return None
    for symbol in task.setting.symbols:
        if symbol not in task.difference.free_symbols:
            continue
        if not is_continuous(task.difference, task.setting):
            return None
        slope = sympy.diff(task.difference, symbol)
        if slope.has(sympy.Derivative, sympy.Subs):
            continue
        if slope == 0 or vanishes(task.setting, slope):
            return _at_base_point(task, symbol)
    return None


def vanishes(setting: Setting, expr: Expr) -> bool:
    """Tell whether the normal form of an expression is zero.

    Parameters
    ----------
    setting : Setting
    expr : sympy.Expr

    Returns
    -------
    bool
    """
    if sympy.count_ops(expr) > _MOST_OPERATIONS:
        return False
    try:
        form, (value,) = normal_form(setting, expr)
        return form.field.vanishes(value)
    except (TooLargeError, ZeroDivisionError):
        return False


def _at_base_point(task: Task, symbol: Symbol) -> Proof | None:
    domain = task.setting.domains[symbol]
    plain = [Integer(0), Integer(1), Integer(-1), Rational(1, 2), Integer(2), Rational(-1, 2)]
    candidates = [*plain, domain.low, domain.high, domain.midpoint]
    rest = {s: d for s, d in task.setting.domains.items() if s != symbol}
    setting = Setting(rest, (), task.setting.names)
    tried = 0
    ends = [end for node in task.difference.atoms(sympy.Integral) for end in node.limits[0][1:]]
    candidates = [end for end in ends if end.is_number] + candidates
    for base in dict.fromkeys(candidates):
        if base not in domain:
            continue
        lhs, rhs = (_at(side, symbol, base) for side in (task.lhs, task.rhs))
        if lhs.has(sympy.nan, sympy.zoo, sympy.oo) or rhs.has(sympy.nan, sympy.zoo, sympy.oo):
            continue
        proof = task.prove(setting, lhs, rhs)
        if proof is not None:
            return Proof("derivative 0 and one exact value", (("value at", f"{symbol} = {base}"),))
        if not rest and differs(lhs, rhs, {}):
            raise CounterexampleError({symbol: base})
        tried += 1
        if tried >= 4:
            break
    return None


def _at(side: Expr, symbol: Symbol, base: Expr) -> Expr:
    placed = side.subs(symbol, base)
    return placed.xreplace({node: evaluated(node) for node in placed.atoms(*BINDERS)})
