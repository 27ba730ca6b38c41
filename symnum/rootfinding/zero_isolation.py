"""Zeros of a function without poles in a closed interval, simple and multiple ones, with proofs."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp
from flint import arb, ctx, fmpq, fmpz

from symnum.reference import isolate_roots
from symnum.rootfinding.enclosure import isolate_near
from symnum.rootfinding.multiple_roots import multiple_root
from symnum.rootfinding.scalar_functions import ScalarFunction

__all__ = ["Zero", "zeros_between"]

Ends = tuple[sp.Expr, sp.Expr]

#: Bits to which a zero is narrowed so that its double is the nearest one.
NARROW_BITS = (128, 512)


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
    """

    ball: arb
    proved: bool
    multiplicity: int | None


def zeros_between(
    function: ScalarFunction, low: sp.Expr, high: sp.Expr
) -> tuple[list[Zero], list[Ends]]:
    """Return the zeros in a closed interval and the parts that are undecided.

    Parameters
    ----------
    function : ScalarFunction
        Without poles.
    low, high : Expr
        Exact real numbers.

    Returns
    -------
    tuple of list
        Zeros, and pairs of exact numbers.
    """
    isolation = isolate_roots(function.expr, function.unknown, low, high)
    zeros: list[Zero] = []
    unresolved: list[Ends] = []
    for root in isolation.roots:
        hull = hull_of(root.lower, root.upper)
        if root.proved and root.multiplicity == 1:
            zeros.append(Zero(_narrowed(function, hull), True, 1))
            continue
        settled = _cluster(function, root.lower, root.upper)
        zeros.append(settled or Zero(hull, root.proved, root.multiplicity))
    for ends in isolation.unresolved:
        settled = _cluster(function, *ends)
        if settled is not None and settled.proved:
            zeros.append(settled)
        else:
            unresolved.append(ends)
    return zeros, unresolved


def hull_of(low: sp.Rational, high: sp.Rational) -> arb:
    """Return a ball around a closed interval with rational ends."""
    with ctx.workprec(256):
        ends = [arb(fmpq(fmpz(int(end.p)), fmpz(int(end.q)))) for end in (low, high)]
        return ends[0].union(ends[1])


def _narrowed(function: ScalarFunction, hull: arb) -> arb:
    """Return a narrower ball around the only zero in a hull, if Newton's iteration finds it."""
    found = isolate_near(function, hull.mid(), 0, NARROW_BITS)
    return found.root if found is not None and hull.contains(found.root) else hull


def _cluster(function: ScalarFunction, low: sp.Rational, high: sp.Rational) -> Zero | None:
    """Prove that a narrow interval holds one multiple zero and nothing else.

    If the m-th derivative has no zero there, f has at most m zeros, counted with multiplicity: a
    zero of multiplicity m leaves no room for another.
    """
    hull = hull_of(low, high)
    verdict = multiple_root(function, float(hull.mid()))
    if verdict is None or not verdict.status.success or verdict.multiplicity is None:
        return None
    if verdict.enclosure is None or not hull.overlaps(verdict.enclosure.root):
        return None
    both = hull.union(verdict.enclosure.root)
    highest = function.ball(verdict.multiplicity, both, 128)
    alone = highest.is_finite() and not highest.contains(0)
    proved = alone and verdict.exact is not None and function.is_smooth_over(both, 128)
    return Zero(verdict.enclosure.root, proved, verdict.multiplicity)
