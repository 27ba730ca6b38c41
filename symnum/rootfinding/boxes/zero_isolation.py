"""Zeros of a function without poles in a closed interval, simple and multiple ones, with proofs."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from flint import arb, ctx, fmpq, fmpz

from symnum.errors import UnsupportedNodeError
from symnum.reference import isolate_roots
from symnum.rootfinding.breaks import zeros_at_break
from symnum.rootfinding.enclosure import isolate_near
from symnum.rootfinding.scalar.multiple_roots import multiple_root
from symnum.rootfinding.scalar_functions import ScalarFunction

__all__ = ["Zero", "hull_of", "multiple_zero", "zeros_between"]

Ends = tuple[sp.Expr, sp.Expr]

#: Digits to which zeros are isolated, and those of a zero at a kink, which nothing else narrows.
FIRST_DIGITS = 5
LAST_DIGITS = 20

#: Bits to which a zero is narrowed so that its double is the nearest one.
NARROW_BITS = (128, 512)


#: Boxes that the search may look at.
BUDGET = 20_000

#: Places that the search left open and that are looked at one by one.
MOST_DOUBTS = 100

#: What is left open and wider than this, relative to its place or 1, is no place of one zero.
WIDEST = sp.Rational(1, 10**6)


@dataclass(frozen=True, slots=True)
class Zero:
    """A zero of one factor of an equation.

    Attributes
    ----------
    ball : arb
        Holds exactly this zero, if it is proved.
    proved : bool
        Whether it is there at all, and alone.
    multiplicity : int or None
        Where it is known.
    factor : Expr or None
        The function that vanishes there.
    """

    ball: arb
    proved: bool
    multiplicity: int | None
    factor: sp.Expr | None = None


def zeros_between(
    function: ScalarFunction, low: sp.Expr, high: sp.Expr
) -> tuple[list[Zero], list[Ends], int]:
    """Return the zeros in a closed interval, the parts that are undecided, and a count of boxes.

    Parameters
    ----------
    function : ScalarFunction
        Without poles.
    low, high : Expr
        Exact real numbers.

    Returns
    -------
    tuple of (list, list, int)
        Zeros, and pairs of exact numbers.
    """
    isolation = isolate_roots(
        function.expr, function.unknown, low, high, budget=BUDGET, digits=FIRST_DIGITS
    )
    zeros: list[Zero] = []
    unresolved: list[Ends] = []
    doubtful = list(isolation.unresolved)
    for root in isolation.roots:
        if root.proved and root.multiplicity == 1:
            zeros.append(Zero(_narrowed(function, (root.lower, root.upper)), True, 1))
        elif root.proved:
            hull = hull_of(root.lower, root.upper)
            settled = multiple_zero(function, hull)
            zeros.append(settled or Zero(hull, True, root.multiplicity))
        else:
            doubtful.append((root.lower, root.upper))
    for index, ends in enumerate(doubtful):
        found = _settled(function, ends) if index < MOST_DOUBTS else None
        if found is None:
            unresolved.append(ends)
        else:
            zeros += found
    return zeros, unresolved, isolation.boxes


def _settled(function: ScalarFunction, ends: Ends) -> list[Zero] | None:
    """Return the zeros in a part that the search left open, None where it is open and wide."""
    low, high = ends
    if high - low > WIDEST * max(1, abs(low), abs(high)):
        return None
    hull = hull_of(low, high)
    zero = multiple_zero(function, hull) if function.is_smooth_over(hull, 64) else None
    if zero is not None:
        return [zero]
    at_break = zeros_at_break(function, low, high)
    if at_break is not None:
        return [Zero(ball, True, None) for ball in at_break]
    return [Zero(hull, False, None)] if _changes_sign(function, ends) else None


def _changes_sign(function: ScalarFunction, ends: Ends) -> bool:
    """Whether a function is continuous on a narrow interval and has both signs at its ends."""
    signs = []
    for end in ends:
        value = function.ball(0, hull_of(end, end), 256)
        if not value.is_finite() or value.contains(0):
            return False
        signs.append(bool(value > 0))
    return signs[0] != signs[1] and function.is_smooth_over(hull_of(*ends), 64)


def hull_of(low: sp.Rational, high: sp.Rational) -> arb:
    """Return a ball around a closed interval with rational ends."""
    with ctx.workprec(256):
        ends = [arb(fmpq(fmpz(int(end.p)), fmpz(int(end.q)))) for end in (low, high)]
        return ends[0].union(ends[1])


def _narrowed(function: ScalarFunction, ends: Ends) -> arb:
    """Return a narrow ball around the only zero between two numbers."""
    hull = hull_of(*ends)
    if hull.is_exact():
        return hull
    try:
        found = isolate_near(function, hull.mid(), 0, NARROW_BITS)
    except UnsupportedNodeError:
        found = None
    if found is not None and hull.contains(found.root):
        narrow: arb = found.root
        return narrow
    finer = isolate_roots(function.expr, function.unknown, *ends, digits=LAST_DIGITS)
    proved = len(finer.roots) == 1 and finer.roots[0].proved
    return hull_of(finer.roots[0].lower, finer.roots[0].upper) if proved else hull


def multiple_zero(function: ScalarFunction, hull: arb) -> Zero | None:
    """Prove that a narrow interval holds one multiple zero and nothing else.

    If the m-th derivative has no zero there, f has at most m zeros, counted with multiplicity: a
    zero of multiplicity m leaves no room for another.

    Parameters
    ----------
    function : ScalarFunction
        f.
    hull : arb
        The interval.

    Returns
    -------
    Zero or None
        None where that is not proved.
    """
    try:
        verdict = multiple_root(function, float(hull.mid()))
    except UnsupportedNodeError:
        return None
    if verdict is None or not verdict.status.success or verdict.multiplicity is None:
        return None
    if verdict.enclosure is None or verdict.exact is None:
        return None
    both = hull.union(verdict.enclosure.root)
    highest = function.ball(verdict.multiplicity, both, 128)
    alone = highest.is_finite() and not highest.contains(0)
    if not alone or not function.is_smooth_over(both, 128):
        return None
    return Zero(verdict.enclosure.root, True, verdict.multiplicity)
