"""Series about zero: coefficients compared one by one, and the remainder watched."""

from __future__ import annotations

from collections.abc import Mapping

import sympy
from sympy import Expr, Integer, Rational, Symbol

from symnum.derivation.claims import SeriesClaim
from symnum.derivation.evidence import Evidence
from symnum.derivation.provers.approach import Side
from symnum.derivation.provers.binders import tidied
from symnum.derivation.provers.enclosures import enclosed_at, excludes_zero
from symnum.derivation.provers.expansions import Expander, Expansion, NoExpansionError
from symnum.derivation.provers.ladder import prove_equal
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.task import CounterexampleError
from symnum.derivation.provers.witness import points_of
from symnum.derivation.refuter import value_at
from symnum.errors import Refuted, Undecided
from symnum.expressions.box import Box
from symnum.expressions.domains import Integers, Interval

__all__ = ["prove_series"]

_EXTRA = (0, 3, 8, 16)
_DIGITS = 60
_STEPS = (8, 16)
_LARGEST_ORDER = 60
_HINT = "expand the parts in steps of their own, or lower the order"


def prove_series(claim: SeriesClaim, box: Box, lemmas: tuple[str, ...] = ()) -> Evidence:
    """Prove that a value holds every term of an expansion about zero below an order.

    Parameters
    ----------
    claim : SeriesClaim
    box : symnum.expressions.Box
    lemmas : tuple of str
        Not needed here.

    Returns
    -------
    Evidence

    Raises
    ------
    Refuted
        A coefficient is wrong or missing, or the value has terms from the order on.
    Undecided
        The expression has no expansion that could be found.
    """
    if claim.order > _LARGEST_ORDER:
        raise Undecided(claim, [f"orders up to {_LARGEST_ORDER}"], _HINT)
    setting, images = Setting.of(box)
    dummy = images.get(claim.x)
    domains = {s: d for s, d in setting.domains.items() if s != dummy}
    facts = tuple((f, signs) for f, signs in setting.facts if dummy not in f.free_symbols)
    rest = Setting(domains, facts, setting.names)
    symbol = sympy.Dummy(claim.x.name, real=True)
    value = claim.value.removeO() if claim.value.has(sympy.Order) else claim.value
    expr, value = (tidied(part, {**images, claim.x: symbol}) for part in (claim.expr, value))
    rows = (
        (side.name, _one_side(claim, expr, value, side, symbol, rest))
        for side in _sides(claim.x, box.get(claim.x))
    )
    return Evidence("exact", "coefficients of the expansion", tuple(rows))


def _sides(symbol: Symbol, domain: Interval | Integers | None) -> tuple[Side, ...]:
    """Return the sides of zero on which the expansion is claimed: those that the domain has."""
    t = sympy.Dummy("t", positive=True)
    right, left = Side(t, t, f"{symbol} > 0"), Side(t, -t, f"{symbol} < 0")
    if domain is None or (domain.low.is_extended_negative and domain.high.is_extended_positive):
        return (right, left)
    return (left,) if domain.high.is_extended_nonpositive else (right,)


def _one_side(
    claim: SeriesClaim, expr: Expr, value: Expr, side: Side, symbol: Symbol, setting: Setting
) -> str:
    placed, polynomial = (part.subs(symbol, side.value) for part in (expr, value))
    given = _expanded(polynomial, side.variable, setting, claim.order + 40, (0,))
    if given is None:
        raise Undecided(claim, [f"{side.name}: the expansion of the value"], _HINT)
    _refuse_high_terms(claim, given, side)
    true = _expanded(placed, side.variable, setting, claim.order, _EXTRA)
    if true is None:
        _refute_by_remainder(claim, placed - polynomial, side, setting)
        raise Undecided(claim, [f"{side.name}: an expansion in powers and logarithms"], _HINT)
    keys = sorted({key for key in (*true.terms, *given.terms) if key[0] < claim.order})
    for key in keys:
        wanted = true.terms.get(key, Integer(0))
        written = given.terms.get(key, Integer(0))
        _compare(claim, wanted, written, key, side, setting)
    _refute_by_remainder(claim, placed - polynomial, side, setting)
    return f"{len(keys)} coefficients"


def _expanded(
    expr: Expr, variable: Symbol, setting: Setting, order: int, extra: tuple[int, ...]
) -> Expansion | None:
    for more in extra:
        try:
            found = Expander(variable, setting, Integer(order + more)).expand(expr)
        except NoExpansionError:
            continue
        if found.order >= order:
            return found
    return None


def _refuse_high_terms(claim: SeriesClaim, given: Expansion, side: Side) -> None:
    high = sorted(key for key in given.terms if key[0] >= claim.order)
    if high or given.order != sympy.oo:
        power = high[0][0] if high else given.order
        reason = f"the value has terms of order {power}, which is not below {claim.order}"
        raise Refuted(claim, {}, reason=reason)


def _compare(
    claim: SeriesClaim,
    wanted: Expr,
    written: Expr,
    key: tuple[Rational, int],
    side: Side,
    setting: Setting,
) -> None:
    try:
        proof = prove_equal(setting, wanted, written)
    except CounterexampleError:
        proof = None
    if proof is not None:
        return
    factor = side.value.subs(side.variable, 1)
    term = f"{claim.x}**{key[0]}" + (f"*log({claim.x})**{key[1]}" if key[1] else "")
    sign = factor ** key[0] if key[0].is_Integer else Integer(1)
    for point in points_of(setting, 3) if setting.symbols else [{}]:
        if excludes_zero(enclosed_at(wanted - written, point)):
            place = {setting.names.get(s, s): v for s, v in point.items()}
            reason = f"the coefficient of {term} is {setting.original(sign * wanted)}"
            shown = setting.original(sign * written), setting.original(sign * wanted)
            raise Refuted(claim, place, *shown, reason=reason)
    tried = [f"to compare the coefficients of {term}: {setting.original(wanted - written)}"]
    raise Undecided(claim, tried, _HINT)


def _refute_by_remainder(claim: SeriesClaim, remainder: Expr, side: Side, setting: Setting) -> None:
    """Refute where the remainder, divided by the power of the order, grows towards zero."""
    for point in points_of(setting, 1) if setting.symbols else [{}]:
        sizes = _remainders(claim, remainder, side, point)
        if sizes is None:
            return
        coarse, fine = sizes
        # Over eight decades a missing term of half an order less grows by 1e4, a logarithm by 2.
        if fine > 100 * max(coarse, 1e-30):
            place = {setting.names.get(s, s): v for s, v in point.items()}
            place[claim.x] = side.value.subs(side.variable, Rational(1, 10 ** _STEPS[1]))
            reason = f"the remainder over {claim.x}**{claim.order} grows to {fine:.3g}"
            raise Refuted(claim, place, reason=reason)


def _remainders(
    claim: SeriesClaim, remainder: Expr, side: Side, point: Mapping[Symbol, Expr]
) -> tuple[float, float] | None:
    sizes = []
    for step in _STEPS:
        small = Rational(1, 10**step)
        # The remainder itself is about small**order, so that many more digits are needed.
        digits = _DIGITS + step * int(claim.order)
        value = value_at(remainder, {**point, side.variable: small}, digits)
        if value is None or value != value:
            return None
        sizes.append(float(min(abs(value) * 10 ** (step * int(claim.order)), 1e300)))
    return sizes[0], sizes[1]
