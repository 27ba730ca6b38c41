"""Inequalities over integers: finitely many looked at, the rest as real numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import sympy
from sympy import Dummy, Expr, Integer

from symnum.derivation.provers.field import TooLargeError
from symnum.derivation.provers.goal import Goal, joined
from symnum.derivation.provers.nonnegative import prove_nonnegative
from symnum.derivation.provers.normalform import normal_form
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import sign_of_number
from symnum.derivation.provers.task import CounterexampleError, Proof
from symnum.expressions.domains import Integers, Interval

__all__ = ["prove_on_integers"]

_MOST_MEMBERS = 600
_FIRST_MEMBERS = (0, 12)


def prove_on_integers(
    setting: Setting, expr: Expr, lemmas: tuple[Callable[[Goal], Proof | None], ...] = ()
) -> tuple[Proof | None, str]:
    """Prove that an expression is nonnegative where some symbols are integers.

    A small range is enumerated. Otherwise the integers are taken as real numbers; if that fails
    from the first member on, the first dozen are looked at and the real numbers beyond them.

    Parameters
    ----------
    setting : Setting
    expr : sympy.Expr
    lemmas : sequence of rungs

    Returns
    -------
    Proof or None
    str
        Where it got stuck.
    """
    ranges = {s: d for s, d in setting.domains.items() if isinstance(d, Integers)}
    sizes = [d.high - d.low + 1 for d in ranges.values()]
    if all(size.is_Integer for size in sizes) and sympy.prod(sizes) <= _MOST_MEMBERS:
        return _enumerated(setting, expr, ranges, lemmas)
    induction = _by_ratios(setting, expr, ranges, lemmas)
    if induction is not None:
        return induction, ""
    stuck = ""
    for skipped in _FIRST_MEMBERS if len(ranges) == 1 else (0,):
        head, tail = _split(ranges, skipped)
        proofs = []
        if head:
            proof, stuck = _enumerated(setting, expr, head, lemmas)
            if proof is None:
                return None, stuck
            proofs.append(proof)
        try:
            proof, stuck = _as_reals(setting, expr, tail, lemmas)
        except CounterexampleError:
            continue  # between the integers the claim need not hold
        if proof is not None:
            return joined("integers as real numbers", [*proofs, proof]), ""
    return None, stuck


def _by_ratios(
    setting: Setting,
    expr: Expr,
    ranges: dict[sympy.Symbol, Integers],
    lemmas: tuple[Callable[[Goal], Proof | None], ...],
) -> Proof | None:
    """Prove ``a(n) >= b(n) > 0`` by the first case and ``a(n+1)/a(n) >= b(n+1)/b(n)``."""
    if len(ranges) != 1 or not isinstance(expr, sympy.Add) or len(expr.args) != 2:
        return None
    ((symbol, domain),) = ranges.items()
    larger = [term for term in expr.args if setting.signs(term) == {1}]
    smaller = [-term for term in expr.args if setting.signs(term) == {-1}]
    if domain.left_open or not larger or not smaller:
        return None
    steps = []
    for term in (larger[0], smaller[0]):
        ratio = _plain_ratio(term, symbol, setting)
        if ratio is None:
            return None
        steps.append(ratio)
    first, stuck = prove_nonnegative(
        setting.without(symbol, domain.low), expr.subs(symbol, domain.low), lemmas
    )
    if first is None or stuck:
        return None
    try:
        step, _ = _as_reals(setting, steps[0] - steps[1], ranges, lemmas)
    except CounterexampleError:
        return None  # the ratios may cross where the claim still holds
    if step is None:
        return None
    return joined("induction by ratios", [first, step], ("base", f"{domain.low}"))


def _plain_ratio(term: Expr, symbol: sympy.Symbol, setting: Setting) -> Expr | None:
    """Return the ratio of neighbouring members where factorials and powers cancel in it."""
    try:
        form, (above, below) = normal_form(setting, term.subs(symbol, symbol + 1), term)
        ratio = form.expression(form.field.reduced(above / below))
    except (TooLargeError, ZeroDivisionError):
        return None
    return None if ratio.has(sympy.gamma, sympy.factorial) else ratio


def _split(
    ranges: dict[sympy.Symbol, Integers], skipped: int
) -> tuple[dict[sympy.Symbol, Integers], dict[sympy.Symbol, Integers]]:
    """Return the first members, and the rest, of a range that is bounded below."""
    if not skipped:
        return {}, ranges
    ((symbol, domain),) = ranges.items()
    if domain.left_open:
        return {}, ranges
    first = domain.low + skipped - 1
    return {symbol: Integers(domain.low, first)}, {symbol: Integers(first + 1, domain.high)}


def _as_reals(
    setting: Setting,
    expr: Expr,
    ranges: dict[sympy.Symbol, Integers],
    lemmas: tuple[Callable[[Goal], Proof | None], ...],
) -> tuple[Proof | None, str]:
    domains = dict(setting.domains)
    replaced: dict[sympy.Symbol, Dummy] = {}
    for symbol, domain in ranges.items():
        interval = Interval(domain.low, domain.high)
        replaced[symbol] = Dummy(symbol.name, **interval.assumptions())
        del domains[symbol]
        domains[replaced[symbol]] = interval
    names = {**setting.names, **{d: setting.original(s) for s, d in replaced.items()}}
    facts = tuple((fact.xreplace(replaced), signs) for fact, signs in setting.facts)
    return prove_nonnegative(Setting(domains, facts, names), expr.xreplace(replaced), lemmas)


def _enumerated(
    setting: Setting,
    expr: Expr,
    ranges: dict[sympy.Symbol, Integers],
    lemmas: tuple[Callable[[Goal], Proof | None], ...],
) -> tuple[Proof | None, str]:
    members = [
        [Integer(value) for value in range(int(d.low), int(d.high) + 1)] for d in ranges.values()
    ]
    count, proofs = 0, []
    for values in itertools.product(*members):
        point = dict(zip(ranges, values, strict=True))
        inside = setting
        for symbol, value in point.items():
            inside = inside.without(symbol, value)
        fixed = [(fact.subs(point), signs) for fact, signs in setting.facts]
        if any(not f.free_symbols and not sign_of_number(f) & signs for f, signs in fixed):
            continue
        placed = expr.subs(point)
        placed = placed.doit() if placed.has(sympy.Sum, sympy.Product) else placed
        try:
            proof, stuck = prove_nonnegative(inside, placed, lemmas)
        except CounterexampleError as found:
            raise CounterexampleError({**point, **found.point}) from None
        if proof is None:
            where = ", ".join(f"{setting.original(s)} = {v}" for s, v in point.items())
            return None, f"{where} {stuck}".strip()
        proofs.append(proof)
        count += 1
    return joined("finite enumeration", proofs, ("members", str(count))), ""
