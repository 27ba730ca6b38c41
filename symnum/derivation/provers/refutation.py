"""Counterexamples: a relation that fails at a point, exactly or by balls."""

from __future__ import annotations

from typing import Any

import mpmath
import sympy
from sympy import Eq, Expr, Ge, Gt, Le, Lt, Ne, Symbol

from symnum.derivation.claims import Refutation
from symnum.derivation.evidence import Evidence
from symnum.derivation.provers.binders import tidied
from symnum.derivation.provers.ladder import prove_equal
from symnum.derivation.provers.setting import Setting
from symnum.derivation.provers.signs import sign_of_number
from symnum.derivation.provers.task import CounterexampleError
from symnum.derivation.refuter import allows_complex
from symnum.errors import Refuted, Undecided, UnsupportedNodeError
from symnum.expressions.box import Box
from symnum.reference.balls import BallFunction
from symnum.reference.evaluator import evaluate

__all__ = ["prove_refutation"]

_PRECISIONS = (128, 1024, 8192)
_SHOWN = 20
_DIGITS = 50
# How a difference became known -> how strong that is.
_LEVELS = {
    "rational numbers": "exact",
    "algebra": "exact",
    "balls": "interval",
    "digits": "identity",
}
_UNDEFINED = (sympy.nan, sympy.zoo, sympy.oo, -sympy.oo, sympy.AccumBounds)

# The signs of lhs - rhs with which each relation holds; of complex sides only zero counts.
_HOLDS: dict[type, frozenset[int]] = {
    Eq: frozenset({0}),
    Ne: frozenset({-1, 1}),
    Le: frozenset({-1, 0}),
    Lt: frozenset({-1}),
    Ge: frozenset({0, 1}),
    Gt: frozenset({1}),
}


def prove_refutation(claim: Refutation, box: Box, lemmas: tuple[str, ...] = ()) -> Evidence:
    """Prove that a relation is false at a point of the domain.

    A relation with a side that is undefined there, or an order between numbers that are not real,
    is false.

    Parameters
    ----------
    claim : Refutation
    box : symnum.expressions.Box
    lemmas : tuple of str
        Not needed here.

    Returns
    -------
    Evidence

    Raises
    ------
    Refuted
        The relation holds at this point.
    Undecided
        It cannot be told.
    ValueError
        The point lies outside of the domain, or does not give a value to each symbol.
    """
    point = claim.point
    _check_point(claim, point, box)
    relation = claim.relation
    for name, side in (("left", relation.lhs), ("right", relation.rhs)):
        flaw = _flaw(side, point, relation)
        if flaw:
            return Evidence("exact", f"the {name} side is {flaw}", (("point", _place(point)),))
    lhs, rhs = (tidied(side, point).doit() for side in (relation.lhs, relation.rhs))
    signs, how = _signs(claim, lhs, rhs)
    shown = _shown(lhs), _shown(rhs)
    if signs <= _HOLDS[type(relation)]:
        raise Refuted(claim, point, *shown, reason="the relation holds at this point")
    details = (("left side", shown[0]), ("right side", shown[1]))
    level = _LEVELS[how]
    return Evidence(level, f"counterexample in {how}", details)


def _check_point(claim: Refutation, point: dict[Symbol, Expr], box: Box) -> None:
    missing = sorted(str(symbol) for symbol in claim.free_symbols - set(point))
    if missing:
        raise ValueError(f"at: no value for {', '.join(missing)}")
    inside = {symbol: value for symbol, value in point.items() if symbol in box}
    if inside and not box.restricted(inside).contains(inside):
        raise ValueError(f"at: {_place(inside)} is outside of the domain {box}")


def _flaw(side: Expr, point: dict[Symbol, Expr], relation: Any) -> str:
    """Return what is wrong with a side at the point, as far as exact substitution shows."""
    value = tidied(side, point)
    if value.has(*_UNDEFINED) and not side.has(*_UNDEFINED):
        return "undefined or infinite there"
    if isinstance(relation, Eq | Ne) and allows_complex(relation.lhs, relation.rhs):
        return ""
    is_ordered = not isinstance(relation, Eq | Ne)
    if is_ordered and value.is_number and value.is_extended_real is False:
        return "not real there"
    return ""


def _signs(claim: Refutation, lhs: Expr, rhs: Expr) -> tuple[frozenset[int], str]:
    """Return the signs that are possible for lhs - rhs, and by what that is known."""
    gap = lhs - rhs
    plain = sympy.expand(gap)
    if plain.is_Rational:
        return sign_of_number(plain), "rational numbers"
    is_ordered = not isinstance(claim.relation, Eq | Ne)
    try:
        function = BallFunction((), gap)
    except UnsupportedNodeError:
        return _by_digits(claim, lhs, rhs)
    for precision in _PRECISIONS:
        if is_ordered:
            ball = function((), precision)
            if ball > 0 or ball < 0:
                return frozenset({1 if ball > 0 else -1}), "balls"
        else:
            complex_ball = function.complex((), precision)
            if complex_ball.is_finite() and not complex_ball.contains(0):
                return frozenset({-1, 1}), "balls"
    try:
        proof = prove_equal(Setting({}), lhs, rhs)
    except CounterexampleError:
        return frozenset({-1, 1}), "algebra"
    if proof is not None:
        return frozenset({0}), "algebra"
    tried = [f"balls of up to {_PRECISIONS[-1]} bits", "algebra, to show that the sides are equal"]
    raise Undecided(claim, tried, "a point at which the sides are further apart")


def _by_digits(claim: Refutation, lhs: Expr, rhs: Expr) -> tuple[frozenset[int], str]:
    """Compare numbers without balls, as of sums and integrals, at two precisions."""
    gaps = []
    for digits in (_DIGITS // 2, _DIGITS):
        values = [evaluate(side, {}, digits) for side in (lhs, rhs)]
        gap = values[0] - values[1]
        size = max(abs(values[0]), abs(values[1]), 1)
        gaps.append((gap, size))
    (coarse, _), (fine, size) = gaps
    # Within a millionth of each other, and far above the last digit of the finer value.
    settled = abs(coarse - fine) <= abs(fine) / 10**6 and abs(fine) > size / 10**12
    if not settled or fine.imag != 0:
        tried = [f"values at {_DIGITS} digits, which do not settle the difference"]
        raise Undecided(claim, tried, "a closed form of the sums and integrals")
    return frozenset({1 if fine.real > 0 else -1}), "digits"


def _shown(side: Expr) -> str:
    try:
        return str(mpmath.nstr(evaluate(side, {}, 30), _SHOWN))
    except UnsupportedNodeError:
        return str(side)


def _place(point: dict[Any, Any]) -> str:
    return ", ".join(f"{symbol} = {value}" for symbol, value in point.items())
