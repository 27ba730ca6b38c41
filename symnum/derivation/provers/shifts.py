"""Linear conditions put into the variables: ``x >= y`` becomes ``x = y + d`` with ``d >= 0``."""

from __future__ import annotations

import sympy
from sympy import Dummy, Expr, Poly, Symbol

from symnum.derivation.provers.goal import Goal, joined
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import NEGATIVE, POSITIVE
from symnum.derivation.provers.task import Proof
from symnum.expressions.domains import Interval

__all__ = ["by_shift"]

_INFINITIES = (sympy.oo, -sympy.oo)
_WEAK = (frozenset({0, 1}), frozenset({-1, 0}))


def by_shift(goal: Goal) -> Proof | None:
    """Replace a symbol by a condition that is linear in it, and prove the goal without it."""
    for place, (fact, signs) in enumerate(goal.setting.facts):
        side = 1 if signs in (POSITIVE, _WEAK[0]) else -1 if signs in (NEGATIVE, _WEAK[1]) else 0
        if not side:
            continue
        gap = side * fact
        symbol = _linear_symbol(gap, goal)
        if symbol is None:
            continue
        strict = 0 not in signs
        distance = Dummy("d", **({"positive": True} if strict else {"nonnegative": True}))
        slope = sympy.diff(gap, symbol)
        value = sympy.expand((distance - gap.subs(symbol, 0)) / slope)
        setting = _shifted(goal.setting, place, symbol, value, distance)
        proof = goal.prove(setting, goal.expr.subs(symbol, value))
        if proof is not None:
            condition = f"{goal.setting.original(gap)} = d"
            return joined("condition as a variable", [proof], ("with", condition))
    return None


def _linear_symbol(gap: Expr, goal: Goal) -> Symbol | None:
    """Return a symbol in which a gap is linear with a constant slope, the least bounded first."""
    candidates = []
    for symbol, domain in goal.setting.domains.items():
        if symbol not in gap.free_symbols or not isinstance(domain, Interval):
            continue
        if not gap.is_polynomial(symbol):
            continue
        poly = Poly(gap, symbol)
        if poly.degree() != 1 or poly.LC().free_symbols:
            continue
        ends = sum(end not in _INFINITIES for end in (domain.low, domain.high))
        candidates.append((ends, -int(poly.LC().is_positive or 0), symbol))
    return min(candidates, key=lambda row: row[:2])[2] if candidates else None


def _shifted(
    setting: Setting, place: int, symbol: Symbol, value: Expr, distance: Symbol
) -> Setting:
    """Return the setting with the distance for a symbol; what its domain said becomes facts."""
    domain = setting.domains[symbol]
    rest = {s: d for s, d in setting.domains.items() if s != symbol}
    strict = bool(distance.is_positive)
    rest[distance] = Interval(0, sympy.oo, left_open=strict)
    facts = [
        (fact.subs(symbol, value), signs)
        for index, (fact, signs) in enumerate(setting.facts)
        if index != place
    ]
    if domain.low not in _INFINITIES:
        facts.append((value - domain.low, POSITIVE if domain.left_open else _WEAK[0]))
    if domain.high not in _INFINITIES:
        facts.append((value - domain.high, NEGATIVE if domain.right_open else _WEAK[1]))
    bare = Setting(rest, (), setting.names)
    kept = tuple((f, s) for f, s in facts if f.free_symbols and not bare.signs(f) <= s)
    return Setting(rest, kept, setting.names, is_exact=setting.is_exact)
