"""The sides from which a point is approached, and the values seen on the way."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, final

import sympy
from sympy import Dummy, Expr, Rational, Symbol

from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import sign_of_number
from symnum.derivation.provers.witness import points_of
from symnum.derivation.refuter import value_at
from symnum.expressions.domains import Integers, Interval

__all__ = ["Side", "Trend", "sides_of", "trend_of"]

_INFINITIES = (sympy.oo, -sympy.oo)
_DIGITS = 40
_STEPS = (6, 12, 24, 48)
_PLAIN_STEPS = (3, 4, 5, 6)


@final
@dataclass(frozen=True, slots=True)
class Side:
    """One way to approach a point: the variable as a function of a t that falls to zero."""

    variable: Dummy
    value: Expr
    name: str


def sides_of(symbol: Symbol, place: Expr, domain: Interval | Integers | None) -> tuple[Side, ...]:
    """Return the sides from which a domain approaches a point of its closure.

    Parameters
    ----------
    symbol : sympy.Symbol
        For the names.
    place : sympy.Expr
        The point, or an infinity.
    domain : Interval or Integers or None
        None stands for the whole line.

    Returns
    -------
    tuple of Side

    Raises
    ------
    ValueError
        The point is not in the closure of the domain.
    """
    t = Dummy("t", positive=True)
    if place in _INFINITIES:
        sign = 1 if place == sympy.oo else -1
        end = None if domain is None else (domain.high if sign > 0 else domain.low)
        if end is not None and end != place:
            raise ValueError(f"x0: {symbol} does not reach {place} on {domain}")
        return (Side(t, sign / t, f"{symbol} -> {place}"),)
    right = Side(t, place + t, f"from the right of {symbol} = {place}")
    left = Side(t, place - t, f"from the left of {symbol} = {place}")
    if domain is None or place.free_symbols:
        return (right, left)
    if isinstance(domain, Integers):
        raise ValueError(f"x0: {symbol} takes integers, which approach only the infinities")
    below = Interval(-sympy.oo, sympy.oo) == domain or _above(place, domain.low)
    above = Interval(-sympy.oo, sympy.oo) == domain or _above(domain.high, place)
    if below is None or above is None or below < 0 or above < 0:
        raise ValueError(f"x0: {place} is not in the closure of {domain}")
    return tuple(side for side, counts in ((right, bool(above)), (left, bool(below))) if counts)


def _above(high: Expr, low: Expr) -> int | None:
    """Return the sign of the distance between two ends, 1 where one of them is infinite."""
    if high == sympy.oo or low == -sympy.oo:
        return 1
    signs = sign_of_number(high - low)
    return next(iter(signs)) if len(signs) == 1 else None


@final
@dataclass(frozen=True, slots=True)
class Trend:
    """Differences from a claimed limit, seen while the point is approached.

    Attributes
    ----------
    gaps : tuple of float
        Moduli of the differences; of an infinite limit the reciprocals of the values.
    verdict : str
        ``"tends"``, ``"settles elsewhere"``, ``"does not tend"`` or ``"unseen"``.
    point : dict
        The values of the other symbols, and of the variable at the last step.
    shown : object
        The last value.
    """

    gaps: tuple[float, ...]
    verdict: str
    point: dict[Symbol, Expr]
    shown: Any = None


def trend_of(expr: Expr, value: Expr, side: Side, symbol: Symbol, setting: Setting) -> Trend:
    """Watch an expression on the way to a point.

    Parameters
    ----------
    expr : sympy.Expr
        In `symbol` and the symbols of the setting.
    value : sympy.Expr
        The claimed limit, without `symbol`.
    side : Side
    symbol : sympy.Symbol
    setting : Setting
        Of the other symbols.

    Returns
    -------
    Trend
        The worst over a few values of the other symbols.
    """
    found = Trend((), "unseen", {})
    for others in points_of(setting, 3) if setting.symbols else [{}]:
        trend = _watched(expr, value, side, symbol, dict(others))
        if trend.verdict in ("settles elsewhere", "does not tend"):
            return trend
        if trend.verdict == "tends" or found.verdict == "unseen":
            found = trend
    return found


def _watched(
    expr: Expr, value: Expr, side: Side, symbol: Symbol, others: dict[Symbol, Expr]
) -> Trend:
    steps = _PLAIN_STEPS if expr.has(sympy.Integral, sympy.Sum, sympy.Product) else _STEPS
    is_sequence = bool(symbol.is_integer)
    gaps: list[float] = []
    point: dict[Symbol, Expr] = {}
    seen: Any = None
    for step in steps:
        small = Rational(1, 10**step) if is_sequence else Rational(7, 10 ** (step + 1))
        place = side.value.subs({side.variable: small, **others})
        point = {**others, symbol: place}
        seen = value_at(expr, point, _DIGITS)
        goal = value_at(value, others, _DIGITS) if value not in _INFINITIES else None
        gap = _gap(seen, goal, value)
        if gap is None:
            return Trend(tuple(gaps), "unseen", point)
        gaps.append(gap)
    return Trend(tuple(gaps), _verdict(gaps), point, seen)


def _gap(seen: Any, goal: Any, value: Expr) -> float | None:
    if seen is None or seen != seen:
        return None
    if value in _INFINITIES:
        if seen.imag != 0 or (seen.real > 0) is not (value == sympy.oo):
            return 1.0
        return float(1 / abs(seen)) if abs(seen) > 1 else 1.0
    if goal is None or goal != goal:
        return None
    if abs(seen) == float("inf"):
        return 1.0
    size = max(abs(goal), 1)
    return float(min(abs(seen - goal) / size, 1e300))


def _verdict(gaps: list[float]) -> str:
    falling = all(after <= before for before, after in itertools.pairwise(gaps))
    last, before = gaps[-1], gaps[-2]
    if last > 1e-60 and abs(last - before) < 1e-4 * last:
        return "settles elsewhere"
    if gaps[-1] < 1e-3 or (falling and gaps[-1] < 0.7 * gaps[0]):
        return "tends" if falling or gaps[-1] < 1e-6 else "unseen"
    return "does not tend" if last > 1e-3 else "unseen"
