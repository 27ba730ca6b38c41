r"""Jensen's inequality for a sum of values of one convex or concave function.

.. math:: f\left(\sum w_i u_i\right) \le \sum w_i f(u_i), \quad w_i \ge 0, \; \sum w_i = 1,
          \; f'' \ge 0
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import sympy
from sympy import Dummy, Expr, Rational, Symbol

from symnum.derivation.provers.constancy import vanishes
from symnum.derivation.provers.goal import Goal, joined
from symnum.derivation.provers.signs import POSITIVE
from symnum.derivation.provers.task import Proof
from symnum.expressions.domains import Interval

__all__ = ["by_jensen"]

_MOST_OPERATIONS = 200


@final
@dataclass(frozen=True, slots=True)
class _Mean:
    """A weighted mean of values of one function: ``scale * sum w_i f(x_i)``."""

    function: Expr
    variable: Symbol
    symbols: tuple[Symbol, ...]
    weights: tuple[Expr, ...]
    scale: Expr


def by_jensen(goal: Goal) -> Proof | None:
    """Recognise ``sum w_i f(x_i) - f(sum w_i x_i)`` and prove that f is convex.

    Parameters
    ----------
    goal : Goal

    Returns
    -------
    Proof or None
    """
    if not goal.setting.is_product or sympy.count_ops(goal.expr) > _MOST_OPERATIONS:
        return None
    terms = sympy.Add.make_args(sympy.expand_mul(goal.expr))
    groups: dict[Symbol, list[Expr]] = {}
    for term in terms:
        symbols = [s for s in term.free_symbols if s in goal.setting.domains]
        if len(symbols) == 1:
            groups.setdefault(symbols[0], []).append(term)
    if len(groups) < 2:
        return None
    mean = _mean_of({s: sympy.Add(*parts) for s, parts in groups.items()}, goal)
    if mean is None:
        return None
    rest = goal.expr - sympy.Add(*(part for parts in groups.values() for part in parts))
    centre = sympy.Add(*(w * s for w, s in zip(mean.weights, mean.symbols, strict=True)))
    value = mean.scale * mean.function.subs(mean.variable, centre)
    if not vanishes(goal.setting, rest + value):
        return None
    return _convex(goal, mean)


def _mean_of(parts: dict[Symbol, Expr], goal: Goal) -> _Mean | None:
    """Return the function and the weights with which each part is a multiple of it."""
    symbols = tuple(sorted(parts, key=lambda symbol: symbol.name))
    variable = Dummy("u", real=True)
    function = parts[symbols[0]].subs(symbols[0], variable)
    ratios: list[Expr] = []
    for symbol in symbols:
        ratio = sympy.simplify(parts[symbol].subs(symbol, variable) / function)
        if ratio.free_symbols or goal.setting.signs(ratio) != POSITIVE:
            return None
        ratios.append(ratio)
    total = sympy.Add(*ratios)
    weights = tuple(ratio / total for ratio in ratios)
    return _Mean(function, variable, symbols, weights, total)


def _convex(goal: Goal, mean: _Mean) -> Proof | None:
    """Prove that the function is convex on the hull of the domains of its arguments."""
    domains = [goal.setting.domains[symbol] for symbol in mean.symbols]
    if not all(isinstance(domain, Interval) for domain in domains):
        return None
    low = min((domain.low for domain in domains), key=_order)
    high = max((domain.high for domain in domains), key=_order)
    open_low = all(domain.left_open for domain in domains if domain.low == low)
    open_high = all(domain.right_open for domain in domains if domain.high == high)
    if low == high:
        return None
    hull = Interval(low, high, open_low, open_high)
    argument = Dummy("u", **hull.assumptions())
    bend = sympy.diff(mean.function, mean.variable, 2).subs(mean.variable, argument)
    setting = type(goal.setting)({argument: hull}, (), goal.setting.names)
    premise = goal.prove(setting, bend)
    if premise is None:
        return None
    weights = ", ".join(str(weight) for weight in mean.weights)
    return joined("Jensen", [premise], ("weights", weights))


def _order(end: Expr) -> Rational:
    if end == sympy.oo:
        return Rational(10) ** 400
    return -(Rational(10) ** 400) if end == -sympy.oo else Rational(end.evalf(40))
