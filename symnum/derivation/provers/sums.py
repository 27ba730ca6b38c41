"""Rungs for sums and products with symbolic ends: closed forms, and induction."""

from __future__ import annotations

import sympy
from sympy import Expr, Integer

from symnum.derivation.provers.binders import evaluated
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.task import Proof, Task
from symnum.derivation.provers.truth import truth_of
from symnum.expressions.domains import Integers

__all__ = ["by_induction", "by_summation"]

_MOST_OPERATIONS = 80
_SERIES = (sympy.Sum, sympy.Product)


def by_induction(task: Task) -> Proof | None:
    """Prove the step from n to n + 1 and the first case."""
    if not task.difference.has(*_SERIES) and not task.difference.has(sympy.factorial):
        return None
    for symbol, domain in task.setting.domains.items():
        if not isinstance(domain, Integers) or domain.left_open or task.setting.facts:
            continue
        proof = _induction(task, symbol, domain)
        if proof is not None:
            return proof
    return None


def _induction(task: Task, symbol: sympy.Symbol, domain: Integers) -> Proof | None:
    series = sorted(
        (node for node in task.difference.atoms(*_SERIES) if symbol in node.free_symbols),
        key=sympy.default_sort_key,
    )
    if not series or any(_next(node, symbol) is None for node in series):
        return None
    gap = task.difference
    following = gap.subs(symbol, symbol + 1)
    for node in series:
        following = following.xreplace({node.subs(symbol, symbol + 1): _next(node, symbol)})
    hypothesis = _solved(gap, series[0])
    if hypothesis is not None and len(series) == 1:
        following = following.xreplace({series[0]: hypothesis})
        goal = Integer(0)
    else:
        goal = gap
    base = task.setting.with_domains({})
    rest = {s: d for s, d in base.domains.items() if s != symbol}
    first = (_at(side, symbol, domain.low) for side in (task.lhs, task.rhs))
    if task.prove(Setting(rest, (), task.setting.names), *first) is None:
        return None
    if task.prove(task.setting, following, goal) is None:
        return None
    return Proof("induction", (("base", f"{symbol} = {domain.low}"), ("step", "exact")))


def _at(side: Expr, symbol: sympy.Symbol, value: Expr) -> Expr:
    placed = side.subs(symbol, value)
    short = {node: evaluated(node) for node in placed.atoms(*_SERIES)}
    return placed.xreplace(short)


def _next(node: Expr, symbol: sympy.Symbol) -> Expr | None:
    """Return a sum or product for n + 1 in terms of that for n."""
    if len(node.limits) != 1:
        return None
    bound, low, high = node.limits[0]
    if symbol in node.function.free_symbols or symbol in low.free_symbols:
        return None
    step = sympy.expand(high.subs(symbol, symbol + 1) - high)
    if not step.is_Integer or not 0 < step <= 4:
        return None
    total: Expr = node
    for place in range(1, int(step) + 1):
        term = node.function.subs(bound, high + place)
        total = total + term if isinstance(node, sympy.Sum) else total * term
    return total


def _solved(gap: Expr, node: Expr) -> Expr | None:
    """Solve the hypothesis, linear in a sum or product, for it."""
    mark = sympy.Dummy("sum")
    line = sympy.expand(gap.xreplace({node: mark}))
    slope = line.coeff(mark, 1)
    rest = line.coeff(mark, 0)
    if slope == 0 or line.has(node) or sympy.expand(line - slope * mark - rest) != 0:
        return None
    return -rest / slope if not slope.has(mark) else None


def by_summation(task: Task) -> Proof | None:
    """Replace small sums and products by closed forms that SymPy knows."""
    nodes = sorted(task.difference.atoms(*_SERIES), key=sympy.default_sort_key)
    if not nodes or task.depth > 3:
        return None
    found = {}
    for node in nodes:
        if sympy.count_ops(node) > _MOST_OPERATIONS:
            return None
        value = _closed_form(node, task.setting)
        if value is None:
            return None
        found[node] = value
    proof = task.prove(task.setting, task.lhs.xreplace(found), task.rhs.xreplace(found))
    if proof is None:
        return None
    return Proof("closed form of the sum", (("sums", str(len(found))), *proof.details))


def _closed_form(node: Expr, setting: Setting) -> Expr | None:
    try:
        value = node.doit()
    except (ValueError, TypeError, NotImplementedError, ZeroDivisionError, RecursionError):
        return None
    # Where a series converges only under a condition, the condition has to hold on the domain.
    while isinstance(value, sympy.Piecewise):
        first, condition = value.args[0]
        if truth_of(condition, setting) is not True:
            return None
        value = first
    return None if value.has(*_SERIES, sympy.Piecewise, sympy.nan, sympy.zoo) else value
