"""Limits: an expansion at the point or SymPy's limit, checked against values on the way there.

A limit is two-sided where the point is inside the domain and one-sided at its end. SymPy's own
answer is never enough: values at points closer and closer to the limit have to tend to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy
from sympy import Expr, Integer, Symbol

from symnum.derivation.claims import LimitClaim
from symnum.derivation.evidence import Evidence
from symnum.derivation.provers.approach import Side, Trend, sides_of, trend_of
from symnum.derivation.provers.binders import tidied
from symnum.derivation.provers.enclosures import enclosed_at, excludes_zero
from symnum.derivation.provers.equality import require_defined
from symnum.derivation.provers.expansions import Expander, NoExpansionError
from symnum.derivation.provers.ladder import prove_equal
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.task import CounterexampleError, Proof
from symnum.derivation.provers.witness import points_of
from symnum.derivation.refuter import allows_complex
from symnum.errors import Refuted, Undecided
from symnum.expressions.box import Box
from symnum.expressions.domains import Interval

__all__ = ["expanded_limit", "prove_limit"]

_INFINITIES = (sympy.oo, -sympy.oo)
_MOST_OPERATIONS = 100
_COUNTS = (2, 5, 9)
# Closer than this a side has to be defined, with given parameters closer than the second.
_NEAR, _NEARER = sympy.Rational(1, 2**20), sympy.Rational(1, 2**400)
_MOST_PARAMETERS = 4
_HINT = "state the limit of an equal expression that is simpler, or prove that one first"


def prove_limit(claim: LimitClaim, box: Box, lemmas: tuple[str, ...] = ()) -> Evidence:
    """Prove that an expression tends to a value.

    Parameters
    ----------
    claim : LimitClaim
    box : symnum.expressions.Box
    lemmas : tuple of str
        Not needed here.

    Returns
    -------
    Evidence

    Raises
    ------
    Refuted, Undecided
    ValueError
        The point is not in the closure of the domain.
    """
    domain = box.get(claim.x)
    sides = sides_of(claim.x, claim.x0, domain)
    setting, images = Setting.of(box)
    rest, images = _without(setting, images, claim.x)
    symbol = (
        sympy.Dummy(claim.x.name, integer=True)
        if _is_integer(domain)
        else (sympy.Dummy(claim.x.name, real=True))
    )
    images = {**images, claim.x: symbol}
    expr, value, place = (tidied(part, images) for part in (claim.expr, claim.value, claim.x0))
    _check_vanishing_parameters(claim, box)
    rows: list[tuple[str, str]] = []
    for side in sides:
        _require_defined_near(claim, box, side)
        moved = Side(side.variable, side.value.subs(claim.x0, place), side.name)
        rows.append((side.name, _one_side(claim, expr, value, moved, symbol, rest)))
    method = "expansion" if all(how.startswith("expansion") for _, how in rows) else "limit"
    return Evidence("exact", f"{method}, checked on the way to the point", tuple(rows))


def _require_defined_near(claim: LimitClaim, box: Box, side: Side) -> None:
    """Refuse an expression that is not defined and real close to the point, on this side of it."""
    near = _neighbourhood(claim, box, side, _NEAR)
    if near is None:
        return
    try:
        _require_defined(claim, near)
    except Undecided:
        # The values on the way to the point will show it, unless it depends on a parameter.
        if len(near.symbols) > 1:
            raise
    except Refuted as flaw:
        # With other values of the parameters the flaw may be further away than the point is near.
        fixed = {s: v for s, v in flaw.point.items() if s != claim.x and s in box}
        nearer = _neighbourhood(claim, Box({claim.x: box[claim.x]}), side, _NEARER)
        there = LimitClaim(*_at(claim, fixed))
        if not fixed or nearer is None or there.expr.has(sympy.nan, sympy.zoo):
            raise
        _require_defined(there, nearer)


def _at(claim: LimitClaim, values: Mapping[Symbol, Expr]) -> tuple[Expr, Symbol, Expr, Expr]:
    expr, value = (part.xreplace(dict(values)) for part in (claim.expr, claim.value))
    return expr, claim.x, claim.x0, value


def _require_defined(claim: LimitClaim, near: Box) -> None:
    setting, images = Setting.of(near)
    needs_real = not allows_complex(claim.expr, claim.value)
    require_defined(claim, (claim.expr,), setting, images, near, needs_real=needs_real)


def _neighbourhood(claim: LimitClaim, box: Box, side: Side, width: Expr) -> Box | None:
    """Return the box whose x is within `width` of the point, or beyond 1/width; None if empty."""
    domain = box.get(claim.x)
    if not isinstance(domain, Interval) or claim.x0.free_symbols:
        return None
    if claim.x0 == sympy.oo:
        ends = (1 / width, claim.x0)
    elif claim.x0 == -sympy.oo:
        ends = (claim.x0, -1 / width)
    elif side.value.subs(side.variable, 1) > claim.x0:
        ends = (claim.x0, claim.x0 + width)
    else:
        ends = (claim.x0 - width, claim.x0)
    low, high = sympy.Max(ends[0], domain.low), sympy.Min(ends[1], domain.high)
    if not low < high:
        return None
    piece = Interval(low, high, left_open=low == claim.x0, right_open=high == claim.x0)
    return Box({**dict(box.items()), claim.x: piece}, box.where)


def _check_vanishing_parameters(claim: LimitClaim, box: Box) -> None:
    """Look at the limit where a parameter is 0: a leading coefficient may vanish there."""
    parameters = [s for s in box.symbols if s != claim.x and 0 in box[s]]
    if box.where or len(box.symbols) > _MOST_PARAMETERS:
        return
    for parameter in parameters:
        if parameter not in claim.expr.free_symbols | claim.value.free_symbols:
            continue
        there = LimitClaim(*_at(claim, {parameter: Integer(0)}))
        try:
            prove_limit(there, box.restricted(there.free_symbols))
        except Undecided:
            continue
        except Refuted as verdict:
            point = {**verdict.point, parameter: Integer(0)}
            raise Refuted(claim, point, verdict.lhs, verdict.rhs, verdict.reason) from None


def _is_integer(domain: object) -> bool:
    return type(domain).__name__ == "Integers"


def _without(
    setting: Setting, images: Mapping[Symbol, Expr], symbol: Symbol
) -> tuple[Setting, dict[Symbol, Expr]]:
    """Return the setting of the other symbols; conditions that involve the symbol are dropped."""
    dummy = images.get(symbol)
    domains = {s: d for s, d in setting.domains.items() if s != dummy}
    facts = tuple((f, signs) for f, signs in setting.facts if dummy not in f.free_symbols)
    return Setting(domains, facts, setting.names), dict(images)


def _one_side(
    claim: LimitClaim, expr: Expr, value: Expr, side: Side, symbol: Symbol, setting: Setting
) -> str:
    """Return how the limit from one side was found; raise where it is another one or unknown."""
    trend = trend_of(expr, value, side, symbol, setting)
    placed = expr.subs(symbol, side.value)
    found, how = limit_from(placed, side.variable, setting)
    if found is not None and _agrees(found, value, setting):
        if trend.verdict in ("tends", "unseen") and (
            trend.verdict == "tends" or how == "expansion"
        ):
            seen = f"; differences {_shown(trend)}" if trend.gaps else ""
            return f"{how}{seen}"
    elif found is not None and _differs(found, value, setting):
        sure = how == "expansion" or trend.verdict in ("settles elsewhere", "does not tend")
        if sure:
            reason = f"{side.name} the limit is {setting.original(found)}"
            raise Refuted(claim, _point(claim, trend, setting), trend.shown, claim.value, reason)
    if trend.verdict == "settles elsewhere" or (
        trend.verdict == "does not tend" and (found is None or how != "expansion")
    ):
        reason = f"{side.name} the values do not tend to it: differences {_shown(trend)}"
        raise Refuted(claim, _point(claim, trend, setting), trend.shown, claim.value, reason)
    tried = [
        f"{side.name}: {how or 'expansion and limit'}, which gives {setting.original(found)}",
        f"values on the way, whose differences are {_shown(trend) or 'not computable'}",
    ]
    raise Undecided(claim, tried, _HINT)


def _shown(trend: Trend) -> str:
    return ", ".join(f"{gap:.2g}" for gap in trend.gaps)


def _point(claim: LimitClaim, trend: Trend, setting: Setting) -> dict[Any, Expr]:
    names = {**setting.names}
    point: dict[Any, Expr] = {}
    for symbol, value in trend.point.items():
        point[names.get(symbol, claim.x)] = value
    return point


def expanded_limit(expr: Expr, variable: Symbol, setting: Setting) -> Expr | None:
    """Return the limit as a positive variable falls to zero, where an expansion shows it.

    Parameters
    ----------
    expr : sympy.Expr
    variable : sympy.Symbol
        Positive.
    setting : Setting
        Of the other symbols.

    Returns
    -------
    sympy.Expr or None
        An infinity where the expansion says so.
    """
    if variable not in expr.free_symbols:
        return expr
    for count in _COUNTS:
        try:
            found = Expander(variable, setting, Integer(count)).expand(expr).limit()
        except NoExpansionError:
            continue
        if found is not None:
            return found
    return None


def limit_from(expr: Expr, variable: Symbol, setting: Setting) -> tuple[Expr | None, str]:
    """Return the limit as a positive variable falls to zero, and by what it was found.

    Parameters
    ----------
    expr : sympy.Expr
    variable : sympy.Symbol
        Positive.
    setting : Setting
        Of the other symbols.

    Returns
    -------
    sympy.Expr or None
    str
    """
    found = expanded_limit(expr, variable, setting)
    if found is not None:
        return found, "expansion"
    if sympy.count_ops(expr) > _MOST_OPERATIONS:
        return None, ""
    try:
        value = sympy.limit(expr, variable, 0, "+")
    except (ValueError, TypeError, NotImplementedError, RecursionError, AttributeError):
        return None, ""
    if value.has(sympy.Limit, sympy.AccumBounds, sympy.nan, sympy.zoo, variable):
        return None, ""
    return value, "Gruntz's algorithm"


def _agrees(found: Expr, value: Expr, setting: Setting) -> bool:
    if found == value:
        return True
    if found in _INFINITIES or value in _INFINITIES:
        return False
    try:
        proof: Proof | None = prove_equal(setting, found, value)
    except CounterexampleError:
        return False
    return proof is not None


def _differs(found: Expr, value: Expr, setting: Setting) -> bool:
    """Tell whether two limits are different numbers at some point of the setting."""
    if found in _INFINITIES or value in _INFINITIES:
        return bool(found != value)
    for point in points_of(setting, 2) if setting.symbols else [{}]:
        if excludes_zero(enclosed_at(found - value, point)):
            return True
    return False
