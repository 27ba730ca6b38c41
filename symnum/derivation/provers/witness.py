"""Points of a setting: where its facts hold, to see whether a case is empty or a claim fails."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping

from sympy import Expr, Symbol

from symnum.derivation.provers.enclosures import enclosed_at, signs_of
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import sign_of_number
from symnum.errors import UnsupportedNodeError
from symnum.reference.bounds import prove_nonnegative

__all__ = ["points_of", "satisfies"]

_ATTEMPTS = 40
_SEARCH_BOXES = 400

Point = dict[Symbol, Expr]


def satisfies(setting: Setting, point: Mapping[Symbol, Expr]) -> bool:
    """Tell whether the domains and facts of a setting hold at a point, with certainty.

    Parameters
    ----------
    setting : Setting
    point : mapping from sympy.Symbol to sympy.Expr

    Returns
    -------
    bool
    """
    if any(point[symbol] not in domain for symbol, domain in setting.domains.items()):
        return False
    return all(_sign_at(fact, point) <= signs for fact, signs in setting.facts)


def _sign_at(fact: Expr, point: Mapping[Symbol, Expr]) -> frozenset[int]:
    found = signs_of(enclosed_at(fact, point))
    return found if len(found) == 1 else sign_of_number(fact.subs(dict(point)))


def points_of(setting: Setting, count: int = 4) -> Iterator[Point]:
    """Yield points of a setting: random ones, and where these fail points found by subdivision.

    Parameters
    ----------
    setting : Setting
    count : int
        How many at most.

    Yields
    ------
    dict from sympy.Symbol to sympy.Expr
    """
    rng = random.Random("points of a setting")
    found = 0
    for _ in range(_ATTEMPTS):
        point = {symbol: domain.sample(rng) for symbol, domain in setting.domains.items()}
        if satisfies(setting, point):
            found += 1
            yield point
            if found >= count:
                return
    if not found:
        yield from _searched(setting)


def _searched(setting: Setting) -> Iterator[Point]:
    """Yield a point at which a strict fact holds, found where its negative is violated."""
    for fact, signs in setting.facts:
        for sign in (1, -1):
            if sign not in signs or -sign in signs:
                continue
            used = {s: d for s, d in setting.domains.items() if s in fact.free_symbols}
            try:
                report = prove_nonnegative(-sign * fact, used, budget=_SEARCH_BOXES)
            except UnsupportedNodeError:
                continue
            if report.refuted_at is None or report.reason != "negative":
                continue
            rest = random.Random("the other symbols")
            point = {s: d.sample(rest) for s, d in setting.domains.items()}
            point.update(report.refuted_at)
            if satisfies(setting, point):
                yield point
                return
