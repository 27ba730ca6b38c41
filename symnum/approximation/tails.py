"""Unbounded intervals: a finite part that is searched, and a bound of the error beyond it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import mpmath
import sympy

from symnum.approximation.errors import NoBestApproximation
from symnum.approximation.result import BOUND_BITS, Minimax
from symnum.approximation.tail_bounds import bound_beyond
from symnum.approximation.tail_forms import Tail, tail_of

__all__ = ["on_unbounded"]

Ends = tuple[sympy.Expr, sympy.Expr]
FIRST_REACH = 8
LAST_REACH = 4096
ROUGH_DIGITS = 8
PREC = 4096
#: By how many digits more than are asked for the tails fall below an error at infinity.
SPARE_DIGITS = 8
#: Below this a bound of the error of a member beyond the cut counts as zero.
SPARE_OF_ZERO = 10


@dataclass(frozen=True, slots=True)
class _Side:
    """One infinite end.

    Attributes
    ----------
    sign : int
        1 for the end at oo, -1 for the one at -oo.
    target : Tail
        What the target is for large values of `away`, the distance from 0.
    away : Symbol
    """

    sign: int
    target: Tail
    away: sympy.Symbol


@dataclass(frozen=True, slots=True)
class _Beyond:
    """What is known of the error outside a bounded interval.

    Attributes
    ----------
    gap : mpf
        The size of the error at infinity.
    tails : mpf
        Nowhere outside the error is larger than gap and tails together.
    """

    gap: mpmath.mpf
    tails: mpmath.mpf

    @property
    def largest(self) -> mpmath.mpf:
        """A bound of the error."""
        return mpmath.fadd(self.gap, self.tails, prec=PREC, rounding="u")


def on_unbounded(
    solve: Callable[[Ends, int], Minimax],
    target: sympy.Expr,
    x: sympy.Symbol,
    ends: Ends,
    digits: int,
) -> Minimax:
    """Return the best member on an unbounded interval.

    Beyond some R target f and member g are both close to lines L and M that differ by a number:
    there |f - g| <= |f - L| + |L - M| + |M - g|, and the first and the last have envelopes that
    fall from R on.

    Parameters
    ----------
    solve : callable
        From a bounded interval and a number of digits to the best member there.
    target : Expr
    x : Symbol
    ends : pair of Expr
        At least one of them infinite.
    digits : int

    Raises
    ------
    NoBestApproximation
        Where no such R is found.
    """
    sides = [_side(target, x, end) for end in ends if not end.is_finite]
    reach, failure = FIRST_REACH, None
    while reach <= LAST_REACH:
        bounded = _bounded(ends, reach)
        try:
            rough = solve(bounded, ROUGH_DIGITS)
        except NoBestApproximation as reason:
            failure = failure or reason
            reach *= 2
            continue
        reach = _enough(rough, ends, sides, reach, digits)
        if reach > LAST_REACH:
            break
        fit = solve(_bounded(ends, reach), digits)
        beyond = _beyond(_member_tails(fit, sides), sides, reach, ends)
        if _is_covered(fit, beyond, digits):
            return _extended(fit, ends, beyond)
        reach *= 2
    if failure is not None and reach > LAST_REACH:
        raise failure
    raise NoBestApproximation(
        f"no bound of the error was found beyond {LAST_REACH}; give a finite interval", [], 0
    )


def _side(target: sympy.Expr, x: sympy.Symbol, end: sympy.Expr) -> _Side:
    away = sympy.Dummy(x.name, positive=True)
    sign = 1 if end == sympy.oo else -1
    tail = tail_of(target.subs(x, sign * away), away)
    if tail is None:
        raise NoBestApproximation(
            f"{target} approaches no line as {x} tends to {end}; give a finite interval", [], 0
        )
    return _Side(sign, tail, away)


def _bounded(ends: Ends, reach: int) -> Ends:
    """Return the part of an interval that lies in [-R, R], or about so."""
    low, high = ends
    if low.is_finite:
        return low, max(sympy.Integer(0), sympy.ceiling(low)) + reach
    if high.is_finite:
        return min(sympy.Integer(0), sympy.floor(high)) - reach, high
    return sympy.Integer(-reach), sympy.Integer(reach)


def _enough(fit: Minimax, ends: Ends, sides: Sequence[_Side], reach: int, digits: int) -> int:
    """Return the first reach at which the tails of a rough fit allow the proof."""
    members = _member_tails(fit, sides)
    while reach <= LAST_REACH:
        if _is_covered(fit, _beyond(members, sides, reach, ends), digits, rough=True):
            break
        reach *= 2
    return reach


def _is_covered(fit: Minimax, beyond: _Beyond, digits: int, rough: bool = False) -> bool:
    if fit.error == 0:
        return bool(beyond.largest < mpmath.mpf(10) ** -(digits + SPARE_OF_ZERO))
    if beyond.gap == 0:
        return bool(beyond.tails < fit.error)
    if beyond.tails > fit.error * mpmath.mpf(10) ** -(digits + SPARE_DIGITS):
        return False
    above = mpmath.fsub(beyond.gap, fit.error, prec=PREC)
    return rough or bool(above <= fit.error * mpmath.mpf(10) ** -(digits + 1))


def _member_tails(fit: Minimax, sides: Sequence[_Side]) -> list[Tail]:
    """Return what a fit is at the infinite ends.

    Raises
    ------
    NoBestApproximation
        Where fit and target drift apart.
    """
    members = []
    for side in sides:
        member = tail_of(fit.exact_expr.subs(fit.x, side.sign * side.away), side.away)
        if member is None or sympy.expand(side.target.line - member.line).has(side.away):
            line = "no line" if member is None else _shown(member, side, fit.x)
            raise NoBestApproximation(
                f"as {fit.x} tends to {side.sign * sympy.oo} the target approaches "
                f"{_shown(side.target, side, fit.x)}, the fit {line}; give a finite interval",
                [],
                0,
            )
        members.append(member)
    return members


def _beyond(members: Sequence[Tail], sides: Sequence[_Side], reach: int, ends: Ends) -> _Beyond:
    """Return what is known of the error of a fit outside a bounded interval."""
    gap, tails = mpmath.mpf(0), mpmath.mpf(0)
    low, high = _bounded(ends, reach)
    for side, member in zip(sides, members, strict=True):
        start = high if side.sign > 0 else -low
        total = mpmath.mpf(0)
        for term in (*side.target.rest, *member.rest):
            size = bound_beyond(term, side.away, start)
            total = mpmath.fadd(total, size, prec=PREC, rounding="u")
        difference = sympy.expand(side.target.line - member.line)
        gap = max(gap, bound_beyond(difference, side.away, start))
        tails = max(tails, total)
    return _Beyond(gap, tails)


def _shown(tail: Tail, side: _Side, x: sympy.Symbol) -> str:
    return str(sympy.N(tail.line.subs(side.away, side.sign * x), 8))


def _extended(fit: Minimax, ends: Ends, beyond: _Beyond) -> Minimax:
    low, high = fit.interval
    note = (
        f"holds on [{ends[0]}, {ends[1]}]: outside [{low}, {high}] the error is proved to be at "
        f"most {mpmath.nstr(beyond.largest, 5)}"
    )
    if beyond.gap:
        note += ", and takes its largest size again at infinity"
    beyond_them = mpmath.fadd(beyond.largest, 0, prec=BOUND_BITS, rounding="u")
    bounds = (fit.error_bounds[0], max(fit.error_bounds[1], beyond_them))
    return dataclasses.replace(fit, error_bounds=bounds, notes=(*fit.notes, note))
