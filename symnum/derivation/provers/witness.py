"""Points of a setting: where its facts hold, to see whether a case is empty or a claim fails."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from sympy import Expr, Rational, Symbol

from symnum.derivation.provers.setting import Setting, sign_of_number
from symnum.derivation.provers.subdivision import Subdivision

__all__ = ["exact_rational", "points_of", "satisfies"]

_ATTEMPTS = 40
_SEARCH_BOXES = 400

Point = dict[Symbol, Expr]


def exact_rational(ball: Any) -> Rational:
    """Return the middle of a ball as the rational number that it is."""
    mantissa, exponent = ball.mid().man_exp()
    mantissa, exponent = int(mantissa), int(exponent)
    value = Fraction(mantissa) * Fraction(2) ** exponent
    return Rational(value.numerator, value.denominator)


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
    return all(sign_of_number(fact.subs(point)) <= signs for fact, signs in setting.facts)


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
    sides = setting.sides()
    gaps = [
        sign * fact
        for fact, signs in setting.facts
        for sign in (1, -1)
        if sign in signs and -sign not in signs
    ]
    for gap in gaps:
        others = tuple(condition for condition in setting.conditions if condition != gap)
        cover = Subdivision(-gap, sides, others).prove_nonnegative(_SEARCH_BOXES)
        if cover.counterexample is None:
            continue
        point = {
            symbol: exact_rational(value)
            for symbol, value in zip(sides, cover.counterexample, strict=True)
        }
        if satisfies(setting, point):
            yield point
            return
